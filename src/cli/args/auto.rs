//! Arguments of `auto`.

use clap::ValueEnum;

/// Arguments of `auto`.
#[derive(Clone, Debug, clap::Args)]
pub struct AutoArgs {
    /// How a node is chosen
    #[arg(long, value_name = "POLICY", default_value = "profile")]
    pub policy: Policy,
    /// End once every pod that waits had its turn; 3 where some are left
    #[arg(long)]
    pub once: bool,
    /// Draws among nodes that are best alike, and what `random` draws: the same number draws the same
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Place only while we hold a Lease, so that of several copies one places at a time
    #[arg(long)]
    pub leader_elect: bool,
    /// The Lease [default: kube-scheduler for default-scheduler, so that it and kube-scheduler never both place; otherwise
    /// the first schedulerName]
    #[arg(long, value_name = "NAME", requires = "leader_elect")]
    pub leader_elect_resource_name: Option<String>,
    /// The Lease's namespace
    #[arg(
        long,
        value_name = "NAMESPACE",
        requires = "leader_elect",
        default_value = "kube-system"
    )]
    pub leader_elect_resource_namespace: String,
    /// Serve /healthz, /livez, /readyz and /metrics there, over plain HTTP; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<std::net::SocketAddr>,
    /// Pods that may be written to at once, to place them or to say why not; those that wait for volumes or devices do not count
    #[arg(long, value_name = "N", default_value = "64", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub bindings: u16,
}

/// How `auto` chooses nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Policy {
    /// By the profile of the pod's schedulerName, as kube-scheduler does
    #[default]
    Profile,
    /// The first node by name
    First,
    /// RandomFilter lets nodes pass or not, RandomScore gives them 0 to 99; the best wins
    Random,
}
