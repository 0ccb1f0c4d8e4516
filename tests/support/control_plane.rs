//! A real etcd and kube-apiserver, and where wanted kwok and kube-scheduler, for one test or shared by several.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use etcetera::BaseStrategy as _;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, ObjectMeta, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tokio::sync::OnceCell;

use super::authority::Authority;
use super::{Process, ProcessGroup, eventually};

/// An API server with RBAC on its own etcd. Both end with this value, and with the test process however that ends.
pub(crate) struct ControlPlane {
    // Dropped in this order: kube-apiserver must not look for an etcd that is gone.
    api_server: Process,
    etcd: Process,
    group: ProcessGroup,
    authority: Authority,
    programs: PathBuf,
    port: u16,
    etcd_port: u16,
}

impl ControlPlane {
    /// Starts one that belongs to the test alone. Takes some three seconds.
    pub(crate) async fn start() -> Self {
        let programs = programs();
        let group = ProcessGroup::new();
        let authority = Authority::new();
        write_credentials(group.folder(), &authority);
        let (port, etcd_port) = (free_port(), free_port());
        fs::write(
            group.folder().join("admin.kubeconfig"),
            authority.kubeconfig(port, "admin", Some("system:masters")),
        )
        .expect("the admin's kubeconfig");
        let etcd = group.start("etcd", &mut etcd(&programs, etcd_port));
        let api_server = group.start("kube-apiserver", &mut api_server(&programs, port, etcd_port));
        let mut plane = Self {
            api_server,
            etcd,
            group,
            authority,
            programs,
            port,
            etcd_port,
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
        self.group.folder().join("admin.kubeconfig")
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
        let mut command = api_server(&self.programs, self.port, self.etcd_port);
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

    /// Starts kwok, which plays the kubelets of the nodes that [`node`](super::node) makes: the nodes become Ready,
    /// pods that are bound to them become Running.
    pub(crate) fn start_kwok(&self) -> Process {
        let mut command = Command::new(self.program("kwok"));
        command
            .args(["--kubeconfig", "admin.kubeconfig"])
            .arg("--config")
            .arg(self.program("kwok-stages.yaml"))
            .arg(format!(
                "--manage-nodes-with-annotation-selector={KWOK_ANNOTATION}={KWOK_VALUE}"
            ));
        self.group.start("kwok", &mut command)
    }

    /// Starts the real kube-scheduler, holding its Lease as in any cluster, but not held back by client limits.
    pub(crate) fn start_scheduler(&self) -> Process {
        let config = serde_json::json!({
            "apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration",
            "clientConnection": {"kubeconfig": "admin.kubeconfig", "qps": 5000, "burst": 5000},
            "leaderElection": {"leaderElect": true},
        });
        fs::write(self.group.folder().join("scheduler.json"), config.to_string())
            .expect("the scheduler's configuration");
        let mut command = Command::new(self.program("kube-scheduler"));
        command.args(["--config", "scheduler.json", "--secure-port=0"]);
        self.group.start("kube-scheduler", &mut command)
    }

    /// The folder with everything that belongs to this control plane, the logs (`NAME.log`) among it.
    pub(crate) fn folder(&self) -> &Path {
        self.group.folder()
    }

    /// Where one of the control plane's programs lies: `kubectl`, ...
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
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

/// Marks a node as one that kwok plays.
pub(crate) const KWOK_ANNOTATION: &str = "kwok.x-k8s.io/node";
pub(crate) const KWOK_VALUE: &str = "fake";

/// The folder that holds etcd, kube-apiserver and the others: `KUBEBUILDER_ASSETS`, or where
/// `tests/control-plane/build` puts them.
fn programs() -> PathBuf {
    let folder = std::env::var_os("KUBEBUILDER_ASSETS")
        .filter(|folder| !folder.is_empty())
        .map_or_else(
            || {
                let base = etcetera::base_strategy::Xdg::new().expect("a home folder");
                base.cache_dir().join("berth/control-plane")
            },
            PathBuf::from,
        );
    for program in ["etcd", "kube-apiserver"] {
        assert!(
            folder.join(program).is_file(),
            "there is no {program} in {}: run tests/control-plane/build first, or set KUBEBUILDER_ASSETS",
            folder.display(),
        );
    }
    // The programs start in a folder of their own.
    std::path::absolute(folder).expect("a working directory")
}

/// A port that is free now, and stays free while the API server is down for a while: it lies outside the range from
/// which systems take ports for outgoing connections.
fn free_port() -> u16 {
    std::iter::repeat_with(|| fastrand::u16(20_000..32_000))
        .take(1_000)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .expect("a free port")
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

fn etcd(programs: &Path, port: u16) -> Command {
    let mut command = Command::new(programs.join("etcd"));
    // With certificates here, too, no API server can end up on a neighbour's etcd by a mix-up of ports.
    command.args([
        "--data-dir=etcd",
        &format!("--listen-client-urls=https://127.0.0.1:{port}"),
        &format!("--advertise-client-urls=https://127.0.0.1:{port}"),
        "--listen-peer-urls=http://127.0.0.1:0",
        "--cert-file=server.crt",
        "--key-file=server.key",
        "--trusted-ca-file=ca.crt",
        "--client-cert-auth",
        "--log-level=warn",
    ]);
    command
}

fn api_server(programs: &Path, port: u16, etcd_port: u16) -> Command {
    let mut command = Command::new(programs.join("kube-apiserver"));
    command.args([
        &format!("--etcd-servers=https://127.0.0.1:{etcd_port}"),
        "--etcd-cafile=ca.crt",
        "--etcd-certfile=server.crt",
        "--etcd-keyfile=server.key",
        "--bind-address=127.0.0.1",
        &format!("--secure-port={port}"),
        "--tls-cert-file=server.crt",
        "--tls-private-key-file=server.key",
        "--client-ca-file=ca.crt",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-key-file=server.crt",
        "--service-account-signing-key-file=server.key",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--endpoint-reconciler-type=none",
        // The first refuses every pod where no controller makes service accounts; the second marks each new node as
        // not ready until a controller takes that away.
        "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
    ]);
    command
}
