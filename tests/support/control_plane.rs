//! A real etcd and kube-apiserver, and where wanted kwok and kube-scheduler, for one test or shared by several.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, ObjectMeta, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tokio::sync::OnceCell;

use super::authority::Authority;
use super::{Process, ProcessGroup, eventually, programs};

/// An API server with RBAC on its own etcd. Both end with this value, and with the test process however that ends.
pub(crate) struct ControlPlane {
    // Dropped in this order: kube-apiserver must not look for an etcd that is gone.
    api_server: Process,
    etcd: Process,
    group: ProcessGroup,
    authority: Authority,
    binaries: PathBuf,
    port: u16,
    etcd_port: u16,
    /// Admission plugins that are off.
    without: &'static str,
}

impl ControlPlane {
    /// Starts one that belongs to the test alone. Takes some three seconds.
    pub(crate) async fn start() -> Self {
        Self::start_without(programs::NO_ADMISSION).await
    }

    /// As [`ControlPlane::start`], with all the admission that a cluster has.
    pub(crate) async fn start_as_upstream() -> Self {
        Self::start_without("").await
    }

    async fn start_without(admission: &'static str) -> Self {
        let binaries = programs::folder();
        let group = ProcessGroup::new();
        let authority = Authority::new();
        write_credentials(group.folder(), &authority);
        let (port, etcd_port) = (free_port(), free_port());
        fs::write(
            group.folder().join(programs::KUBECONFIG),
            authority.kubeconfig(port, "admin", Some("system:masters")),
        )
        .expect("the admin's kubeconfig");
        let etcd = group.start("etcd", &mut programs::etcd(&binaries, etcd_port));
        let api_server = group.start(
            "kube-apiserver",
            &mut programs::api_server(&binaries, port, etcd_port, admission),
        );
        let mut plane = Self {
            api_server,
            etcd,
            group,
            authority,
            binaries,
            port,
            etcd_port,
            without: admission,
        };
        plane.wait_until_ready().await;
        plane
    }

    /// The one that all tests of this binary share, with kwok running. Their nodes and namespaces are side by side in
    /// it: for tests that name what they look at. A test that counts nodes, or looks at a screen that shows all of
    /// them, or kills something, needs [`ControlPlane::start`].
    pub(crate) async fn shared() -> Shared {
        static SHARED: OnceCell<(ControlPlane, Process)> = OnceCell::const_new();
        let start = async || {
            let plane = ControlPlane::start().await;
            let kwok = plane.start_kwok();
            (plane, kwok)
        };
        Shared(SHARED.get_or_init(start).await)
    }

    /// The kubeconfig of a user who may do everything (group `system:masters`).
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.group.folder().join(programs::KUBECONFIG)
    }

    /// A new kubeconfig for a user who may do only what RBAC grants to this name or group.
    pub(crate) fn kubeconfig_for(&self, user: &str, group: Option<&str>) -> PathBuf {
        let path = self
            .group
            .folder()
            .join(format!("{user}-{:08x}.kubeconfig", fastrand::u32(..)));
        fs::write(&path, self.authority.kubeconfig(self.port, user, group)).expect("a kubeconfig");
        path
    }

    /// A client of the user who may do everything.
    pub(crate) async fn client(&self) -> Client {
        self.client_of(&self.kubeconfig()).await
    }

    /// A client for a kubeconfig. It does not repeat what failed: tests want to see that.
    pub(crate) async fn client_of(&self, kubeconfig: &Path) -> Client {
        let kubeconfig = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
        let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
            .await
            .expect("a kubeconfig with a context");
        config.default_retry = false;
        Client::try_from(config).expect("a client")
    }

    /// Makes a namespace whose name begins with `prefix` and is nobody else's.
    pub(crate) async fn namespace(&self, prefix: &str) -> String {
        let metadata = ObjectMeta {
            generate_name: Some(format!("{prefix}-")),
            ..ObjectMeta::default()
        };
        let namespace = Namespace {
            metadata,
            ..Namespace::default()
        };
        let namespaces: Api<Namespace> = Api::all(self.client().await);
        let made = namespaces
            .create(&PostParams::default(), &namespace)
            .await
            .expect("a namespace");
        made.metadata.name.expect("the API server names it")
    }

    /// What kubectl prints when the user who may do everything runs it with these arguments.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> String {
        let output = Command::new(self.program("kubectl"))
            .arg("--kubeconfig")
            .arg(self.kubeconfig())
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("kubectl starts");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {arguments:?}: {complaint}");
        String::from_utf8(output.stdout).expect("kubectl prints UTF-8")
    }

    /// Kills the API server (SIGKILL); connections to it are then refused. Data and port are kept.
    pub(crate) fn kill_api_server(&mut self) {
        self.api_server.kill();
    }

    /// Starts the API server again after [`ControlPlane::kill_api_server`], on the same port and data.
    pub(crate) async fn start_api_server(&mut self) {
        let mut command = programs::api_server(&self.binaries, self.port, self.etcd_port, self.without);
        self.api_server = self.group.start("kube-apiserver", &mut command);
        self.wait_until_ready().await;
    }

    /// Halts the API server: it still accepts connections, and answers nothing.
    pub(crate) fn freeze_api_server(&self) {
        self.api_server.freeze();
    }

    /// Lets the API server go on after [`ControlPlane::freeze_api_server`].
    pub(crate) fn thaw_api_server(&self) {
        self.api_server.thaw();
    }

    /// Kills etcd (SIGKILL): the API server lives on without it.
    pub(crate) fn kill_etcd(&mut self) {
        self.etcd.kill();
    }

    /// Starts etcd again after [`ControlPlane::kill_etcd`], on the same port and data.
    pub(crate) async fn start_etcd(&mut self) {
        let mut command = programs::etcd(&self.binaries, self.etcd_port);
        self.etcd = self.group.start("etcd", &mut command);
        self.wait_until_ready().await;
    }

    /// Halts etcd: the API server waits for it.
    pub(crate) fn freeze_etcd(&self) {
        self.etcd.freeze();
    }

    /// Lets etcd go on after [`ControlPlane::freeze_etcd`].
    pub(crate) async fn thaw_etcd(&mut self) {
        self.etcd.thaw();
        self.wait_until_ready().await;
    }

    /// Starts kwok, which plays the kubelets of the nodes that [`node`](super::node) makes: the nodes become Ready,
    /// pods that are bound to them become Running.
    pub(crate) fn start_kwok(&self) -> Process {
        self.group.start("kwok", &mut programs::kwok(&self.binaries))
    }

    /// Starts the real kube-scheduler, holding its Lease as in any cluster, but not held back by client limits.
    pub(crate) fn start_scheduler(&self) -> Process {
        self.start_scheduler_with(true)
    }

    /// The same without leader election: it has no Lease.
    pub(crate) fn start_scheduler_without_lease(&self) -> Process {
        self.start_scheduler_with(false)
    }

    fn start_scheduler_with(&self, leader_election: bool) -> Process {
        let configuration = self.folder().join(programs::SCHEDULER_CONFIGURATION);
        fs::write(configuration, programs::scheduler_configuration(leader_election))
            .expect("the scheduler's configuration");
        self.group
            .start("kube-scheduler", &mut programs::scheduler(&self.binaries))
    }

    /// Starts kube-controller-manager's controllers of volumes and of device claims.
    pub(crate) fn start_controllers(&self) -> Process {
        self.group.start(
            "kube-controller-manager",
            &mut programs::controller_manager(&self.binaries),
        )
    }

    /// The folder with everything that belongs to this control plane, the logs (`NAME.log`) among it.
    pub(crate) fn folder(&self) -> &Path {
        self.group.folder()
    }

    /// Where one of the control plane's programs lies: `kubectl`, ...
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.binaries.join(name)
    }

    /// The ids of etcd and kube-apiserver.
    pub(crate) fn process_ids(&self) -> [u32; 2] {
        [self.etcd.id(), self.api_server.id()]
    }

    async fn wait_until_ready(&mut self) {
        let client = self.client().await;
        eventually("the API server is ready", async || {
            for process in [&mut self.etcd, &mut self.api_server] {
                if let Some(status) = process.ended() {
                    panic!("ended too soon, with {status}\n{}", process.log_tail());
                }
            }
            let request = http::Request::get("/readyz").body(Vec::new()).expect("a request");
            // While it is not ready the body lists what is ok so far, with a status that is an error.
            client
                .request_text(request)
                .await
                .ok()
                .filter(|body| body == "ok")
        })
        .await;
    }
}

/// A user of the control plane that [`ControlPlane::shared`] gives. Prints the ends of its logs if the test fails.
pub(crate) struct Shared(&'static (ControlPlane, Process));

impl Deref for Shared {
    type Target = ControlPlane;

    fn deref(&self) -> &ControlPlane {
        &self.0.0
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let (plane, kwok) = self.0;
            #[expect(clippy::print_stderr, reason = "shown with the failing test")]
            for process in [&plane.etcd, &plane.api_server, kwok] {
                eprint!("{}", process.log_tail());
            }
        }
    }
}

fn write_credentials(folder: &Path, authority: &Authority) {
    let server = authority.server();
    let files = [
        ("ca.crt", authority.certificate()),
        ("server.crt", &server.certificate),
        ("server.key", &server.key),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text).expect("a certificate or key");
    }
}

/// A port that is free now, and stays free while the API server is down for a while: it lies outside the range from
/// which systems take ports for outgoing connections.
fn free_port() -> u16 {
    std::iter::repeat_with(|| fastrand::u16(20_000..32_000))
        .take(1_000)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .expect("a free port")
}
