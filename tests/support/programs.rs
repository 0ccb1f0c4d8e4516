//! The programs of a control plane: where they lie, and how each is started. All file names are relative to the folder
//! in which they run.

use std::path::{Path, PathBuf};
use std::process::Command;

use etcetera::BaseStrategy as _;

pub(crate) const KUBECONFIG: &str = "admin.kubeconfig";
pub(crate) const SCHEDULER_CONFIGURATION: &str = "scheduler.json";

/// Marks a node as one that kwok plays.
pub(crate) const KWOK_ANNOTATION: &str = "kwok.x-k8s.io/node";
pub(crate) const KWOK_VALUE: &str = "fake";

/// The folder that holds etcd, kube-apiserver and the others: `KUBEBUILDER_ASSETS`, or where
/// `tests/control-plane/build` puts them.
pub(crate) fn folder() -> PathBuf {
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

pub(crate) fn etcd(programs: &Path, port: u16) -> Command {
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

/// Admission plugins that most tests are better off without: the first refuses every pod where no controller makes service
/// accounts; the second marks each new node as not ready until a controller takes that away.
pub(crate) const NO_ADMISSION: &str = "ServiceAccount,TaintNodesByCondition";

/// An API server without those admission plugins.
pub(crate) fn api_server(programs: &Path, port: u16, etcd_port: u16, without: &str) -> Command {
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
        &format!("--disable-admission-plugins={without}"),
    ]);
    command
}

pub(crate) fn kwok(programs: &Path) -> Command {
    let mut command = Command::new(programs.join("kwok"));
    command
        .args(["--kubeconfig", KUBECONFIG])
        .arg("--config")
        .arg(programs.join("kwok-stages.yaml"))
        .arg(format!(
            "--manage-nodes-with-annotation-selector={KWOK_ANNOTATION}={KWOK_VALUE}"
        ));
    command
}

pub(crate) fn scheduler(programs: &Path) -> Command {
    let mut command = Command::new(programs.join("kube-scheduler"));
    command.args(["--config", SCHEDULER_CONFIGURATION, "--secure-port=0"]);
    command
}

pub(crate) fn controller_manager(programs: &Path) -> Command {
    let mut command = Command::new(programs.join("kube-controller-manager"));
    command.args([
        "--kubeconfig",
        KUBECONFIG,
        "--secure-port=0",
        "--leader-elect=false",
        "--controllers=persistentvolume-binder-controller,resourceclaim-controller,\
         persistentvolumeclaim-protection-controller,persistentvolume-protection-controller",
        "--pvclaimbinder-sync-period=2s",
    ]);
    command
}

/// Without the limits that the client has by default (50 requests a second), and with a Lease that runs out sooner than after
/// 15 s: tests would only wait for either.
pub(crate) fn scheduler_configuration(leader_election: bool) -> String {
    serde_json::json!({
        "apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration",
        "clientConnection": {"kubeconfig": KUBECONFIG, "qps": 5000, "burst": 5000},
        "leaderElection": {
            "leaderElect": leader_election, "leaseDuration": "6s", "renewDeadline": "5s", "retryPeriod": "1s",
        },
    })
    .to_string()
}
