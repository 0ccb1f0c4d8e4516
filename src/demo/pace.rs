//! How fast the life behind the server goes.

use std::time::Duration;

/// The times that kubelets and controllers keep to. The default has upstream's numbers where upstream has some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Whether kubelets renew leases and repeat their status. Without, nothing is written at rest, and no node is
    /// taken for silent.
    pub heartbeats: bool,
    /// Between two renewals of a node's lease (a kubelet renews at a quarter of `nodeLeaseDurationSeconds`).
    pub lease_renewal: Duration,
    /// Between two reports of a node that nothing happens on (`nodeStatusReportFrequency`).
    pub status_report: Duration,
    /// How long a node may be silent before it is `Unknown` (`--node-monitor-grace-period`).
    pub node_grace: Duration,
    /// The same for a node that has never reported.
    pub node_startup_grace: Duration,
    /// How long a node has to be missing before its pods are collected.
    pub orphan_quarantine: Duration,
    /// Finished pods kept, the oldest go first (`--terminated-pod-gc-threshold`).
    pub finished_pods: usize,
    /// From the binding to the kubelet's first word.
    pub notice: Duration,
    /// How long a container takes to start; up to as much again is added at random.
    pub start: Duration,
    /// How long the containers of a pod take to stop.
    pub stop: Duration,
    /// How long a pod of a Job runs that does not say so itself.
    pub job_run: Duration,
    /// Before a container that has failed twice is started again; doubled each time, at most thirty times as long.
    pub crash_back_off: Duration,
    /// How long a provisioner takes to make a volume.
    pub provision: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            heartbeats: true,
            lease_renewal: Duration::from_secs(10),
            status_report: Duration::from_secs(300),
            node_grace: Duration::from_secs(50),
            node_startup_grace: Duration::from_secs(60),
            orphan_quarantine: Duration::from_secs(40),
            finished_pods: 12_500,
            notice: Duration::from_millis(150),
            start: Duration::from_millis(600),
            stop: Duration::from_millis(600),
            job_run: Duration::from_secs(4),
            crash_back_off: Duration::from_secs(10),
            provision: Duration::from_millis(500),
        }
    }
}
