//! The command line's grammar: options and subcommands with their help.

mod auto;
mod help;
mod parse;
mod timeout;

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use auto::{AutoArgs, Policy};
pub use parse::{command, parse, program_name};

use super::rules::Rules;
use crate::model::label_selector::LabelSelector;
use crate::placing::Reason;
use crate::scheduling::profile::DEFAULT_SCHEDULER_NAME;

/// The Kubernetes minor version whose scheduling rules are applied.
pub const RULES_OF: &str = "1.37";

/// The version, and of which Kubernetes the scheduling rules are.
const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (scheduling rules of Kubernetes 1.37)"
);

/// See why a pod waits, choose its node, place it.
///
/// berth is a scheduler with a person in it. Without a command it opens a screen on the current context: the pods that
/// wait, the nodes with live filter and score results, and a key to place a pod. The commands do the same in lines.
#[derive(Debug, Parser)]
#[command(name = "berth", version = VERSION, propagate_version = false, max_term_width = 100)]
pub struct Args {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do; the screen where there is none.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options of every command.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Global {
    /// Context of the kubeconfig to use
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,

    /// Kubeconfig file; otherwise $KUBECONFIG (several are merged), the home file, then in-cluster
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,

    /// Namespace of the pods; otherwise the context's
    #[arg(short, long, global = true, value_name = "NAMESPACE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub namespace: Option<String>,

    /// Pods of all namespaces
    #[arg(short = 'A', long, global = true)]
    pub all_namespaces: bool,

    /// User to impersonate
    #[arg(long = "as", global = true, value_name = "USER")]
    pub as_user: Option<String>,

    /// Group to impersonate, with --as; may be repeated
    #[arg(long = "as-group", global = true, value_name = "GROUP")]
    pub as_groups: Vec<String>,

    /// How long to wait for one answer of the API server, such as 5s or 1m30s; 0 waits for ever
    #[arg(long, global = true, value_name = "DURATION", value_parser = timeout::parse)]
    pub request_timeout: Option<Duration>,

    /// Output format
    #[arg(
        short,
        long,
        global = true,
        value_name = "FORMAT",
        default_value = "table",
        hide_default_value = true
    )]
    pub output: Format,

    /// No colours (as with NO_COLOR in the environment)
    #[arg(long, global = true)]
    pub no_color: bool,

    /// The screen without the settings' file (see 'berth settings')
    #[arg(long, global = true)]
    pub no_settings: bool,

    /// Whose pending pods are ours: pods with this schedulerName; may be repeated [default: berth, or those of --config]
    #[arg(long = "scheduler-name", global = true, value_name = "NAME")]
    pub scheduler_names: Vec<String>,

    /// Profiles from a KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1, YAML or JSON)
    ///
    /// A pod is judged by the profile with its schedulerName, otherwise by kube-scheduler's default one. The
    /// schedulerNames of its profiles are ours, save default-scheduler, unless --scheduler-name says otherwise.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Judge every pod by this profile of --config, named by its schedulerName
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,

    /// Feature gates as kube-scheduler takes them, such as A=true,B=false [default: those of 1.37]
    #[arg(long, global = true, value_name = "GATES")]
    pub feature_gates: Option<String>,

    /// What --config, --profile and --feature-gates come to; filled in once they are read.
    #[arg(skip)]
    pub rules: Rules,

    /// Also place pods of this other scheduler, which is not at work; may be repeated; wants --reason
    ///
    /// Refused while it is at work: both would place the same pods, and nothing keeps two schedulers from filling a node
    /// twice. Looked at again before each placement: when it comes back, nothing more is placed.
    #[arg(long, global = true, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub adopt: Vec<String>,

    /// How long --adopt holds [default: 15m]
    #[arg(long, global = true, value_name = "DURATION", value_parser = timeout::parse)]
    pub adopt_for: Option<Duration>,

    /// Adopt pods of a scheduler that is at work: it may place them at the same time
    #[arg(long, global = true)]
    pub race: bool,

    /// Why: kept on each pod that is placed, in the annotation berth.dev/reason, and in the journal
    #[arg(long, global = true, value_name = "TEXT", value_parser = Reason::parse)]
    pub reason: Option<Reason>,

    /// No cluster: read a List from a file, or from standard input with -
    ///
    /// As `kubectl get nodes,pods,namespaces -A -o json` (or `-o yaml`) prints it. Everything that only reads works on
    /// it; pods of all namespaces are looked at unless -n is given.
    #[arg(long, global = true, value_name = "FILE")]
    pub from: Option<PathBuf>,

    /// Keep no journal of what is sent to the cluster (otherwise in $XDG_STATE_HOME/berth/journal)
    #[arg(long, global = true)]
    pub no_journal: bool,

    /// Append a log to this file; the screen never shows it
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,

    /// Log more, with --log-file: -v what happens, -vv requests, -vvv everything
    #[arg(short, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// For people, with everything
    Wide,
    /// JSON
    Json,
    /// YAML
    Yaml,
    /// Markdown: of `journal` the report of an incident, of `learn` handouts
    Markdown,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the screen on an embedded cluster: nothing needed but berth
    ///
    /// Without options a small cluster made up for a first look; with --nodes, --pods, --pending or --seed a generated
    /// one.
    Demo(DemoArgs),
    /// Take a lesson, on an embedded cluster of its own; without a name, list them with progress
    ///
    /// A lesson opens the screen with a panel beside it: what to do, and whether it is done, which is told from the
    /// cluster. kubectl can be used on the same cluster. Progress is kept; a lesson that was left goes on with its step, on a
    /// new cluster on which the earlier steps are done. docs/lessons.md says how to write one.
    Learn(LearnArgs),
    /// List the pods that wait for a node, in queue order, and why
    ///
    /// Pods of the context's namespace (-n and -A as in kubectl; with --from, of all). Pods of other schedulers are
    /// listed, too: the SCHEDULER column says whose they are. `-o json` prints one array with an object a pod.
    Pods,
    /// Explain a decision: phase by phase, plugin by plugin
    ///
    /// Without NODE: every phase, the feasible nodes by total with each plugin's weighted score, and the others with
    /// every reason (grouped; `-o wide` lists each node). With NODE: each plugin's verdict and score there, with the
    /// numbers that went in. Without POD: every pending pod. A pod that is bound is first taken off its node.
    ///
    /// `-o json` prints the decision record, one object a pod and line, ordered by pod; the same bytes for the same
    /// input. With NODE it holds that node alone, and what explains it under `explanation`.
    Explain(ExplainArgs),
    /// Place one pod: on NODE, or on the best one
    ///
    /// Judges the pod on the latest state, asks, judges again, has the API server try the Binding (a dry run), then
    /// posts the Binding and the Event. Where several nodes are best, the first by name is taken, and a line says so
    /// (kube-scheduler picks one at random). Only pods whose schedulerName is ours (--scheduler-name) are placed.
    Place(PlaceArgs),
    /// Plan a node for every waiting pod that is ours, each judged after those before it
    ///
    /// Pods of the context's namespace (-n and -A as in kubectl; with --from, of all), the higher priority first, so that
    /// system-critical ones lead, then the older. Nothing is sent. `-o yaml` or `-o json` prints the plan as a file for a
    /// second person to look at and for `apply` to carry out; docs/plan.md describes it. Where several nodes are best, the
    /// first by name is taken, or with --seed any.
    Plan(PlanArgs),
    /// Carry out a plan: judge again pod by pod, place, and stop at the first surprise
    ///
    /// May be run again, after a crash in the middle too: pods that are where the plan has them are passed over. A surprise
    /// is a pod that changed, went away or is somewhere else, and a node that fits no longer, or is no longer the best
    /// where the plan says it is. Ctrl-C lets the placement under way end, and says how far it came.
    Apply(ApplyArgs),
    /// Place without asking: the loop of a scheduler, until interrupted
    ///
    /// Pods whose schedulerName is ours (--scheduler-name), of all namespaces. As `profile` it does what kube-scheduler does:
    /// its queue, rules, preemption, volumes and devices, the condition PodScheduled=False and the event FailedScheduling
    /// where nothing fits. `first` and `random` are the small schedulers that people write to learn how it goes: they look
    /// at no rule, so that a kubelet may reject what they bind.
    ///
    /// A line for each pod on standard output, or with -o json an object. docs/auto.md tells more.
    Auto(AutoArgs),
    /// Print a line for every change in the cluster, until interrupted
    ///
    /// What a scheduler's watches bring: pods that are not over, nodes and namespaces. With -n, pods of that namespace
    /// alone.
    Watch,
    /// Check connection, versions, rights and other schedulers
    ///
    /// Exits with 0 where all that placing needs is held, otherwise with 5. Whether another scheduler is at work is told
    /// from its Lease, and where that does not tell from its pods and events; docs/emergency.md says how.
    Check(CheckArgs),
    /// Tell who placed what where, when and why, and look up what was left open
    ///
    /// What berth sent to clusters from this machine, each request written down before it was sent. A placement that did
    /// not come to its end (a crash, an answer that was lost) is looked up in the cluster: where the pod is, and what was
    /// prepared for it. Events that could not be posted are posted then. `-o markdown` is the report of an incident.
    Journal(JournalArgs),
    /// Save what scheduling reads, as a file that --from reads
    ///
    /// Pods that are not over, nodes, namespaces, and everything else that decisions depend on, in one List. Never
    /// secrets: Secrets and ConfigMaps are not read, and containers' environments, commands and arguments, managed fields
    /// and what kubectl applied last are left out.
    Snapshot(SnapshotArgs),
    /// List the plugins with their phases and weights, or show one's documentation
    ///
    /// With --config: what each of its profiles runs (--profile: that one alone), and how that differs from
    /// kube-scheduler's default.
    Plugins(PluginsArgs),
    /// Say where the settings of the screen are, and what holds
    ///
    /// Theme, keys, columns, confirmations. Nothing needs the file. $BERTH_CONFIG names another one.
    Settings(SettingsArgs),
    /// Print the completion script for a shell
    Completion(CompletionArgs),
    /// Print the manual page, of one command where it is named
    Man(ManArgs),
}

/// Arguments of `demo`.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArgs {
    /// A cluster that was made up for a purpose (an unknown name lists them), or a file with one
    #[arg(long, value_name = "NAME", conflicts_with_all = ["nodes", "pods", "pending", "seed"])]
    pub scenario: Option<String>,
    /// A generated cluster with so many nodes
    #[arg(long, value_name = "N")]
    pub nodes: Option<usize>,
    /// So many pods that run already
    #[arg(long, value_name = "P")]
    pub pods: Option<usize>,
    /// So many pods that wait
    #[arg(long, value_name = "K")]
    pub pending: Option<usize>,
    /// The same number makes the same cluster again
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// Serve its API there, so that kubectl can use the same cluster; port 0 takes a free one
    ///
    /// HTTPS with a certificate authority of its own and a token, both made anew at each start. Without a kubeconfig
    /// nobody has the token, and only /version and /livez answer.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<std::net::SocketAddr>,
    /// Write a kubeconfig for that API, readable by you alone
    ///
    /// A file that an earlier demonstration wrote is replaced, any other is left alone. It stays behind at the end, and is
    /// then of no use: its token goes with the cluster.
    #[arg(long, value_name = "FILE", requires = "listen")]
    pub write_kubeconfig: Option<PathBuf>,
    /// Let --listen take an address that other machines can reach
    #[arg(long, requires = "listen")]
    pub allow_remote: bool,
    /// No screen: print the API's address, and serve until interrupted
    #[arg(long, requires = "listen")]
    pub headless: bool,
}

/// Arguments of `learn`.
#[derive(Clone, Debug, clap::Args)]
pub struct LearnArgs {
    /// The lesson, or a file with one
    #[arg(value_name = "LESSON")]
    pub lesson: Option<String>,
    /// Forget how far the lesson is; of all lessons where none is named
    #[arg(long, conflicts_with = "export")]
    pub reset: bool,
    /// Print the lesson as a handout in Markdown, with its answers; all lessons where none is named
    #[arg(long)]
    pub export: bool,
}

/// Arguments of `explain`.
#[derive(Clone, Debug, clap::Args)]
pub struct ExplainArgs {
    /// The pod; in the namespace of -n or the context where none is written
    #[arg(value_name = "[NS/]POD")]
    pub pod: Option<String>,
    /// One node, with the numbers
    #[arg(value_name = "NODE")]
    pub node: Option<String>,
    /// Measure instead: so many full evaluations a pod, nothing kept from one to the next
    ///
    /// Prints a JSON object a pod and line with the shortest and the median time of an evaluation in nanoseconds (every
    /// filter on every node, all scores, no PostFilter), then one with the time to load and the peak memory.
    #[arg(long, value_name = "N", conflicts_with = "node", value_parser = clap::value_parser!(u32).range(1..))]
    pub timing: Option<u32>,
    /// With --timing: so many threads evaluate side by side; a time is then the wall time of a round over their number
    #[arg(long, value_name = "T", requires = "timing", default_value = "1", hide_default_value = true, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: u16,
}

/// Arguments of `place`.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct PlaceArgs {
    /// The pod; in the namespace of -n or the context where none is written
    #[arg(value_name = "[NS/]POD")]
    pub pod: String,
    /// The node; otherwise the best one
    #[arg(value_name = "NODE")]
    pub node: Option<String>,
    /// Place the pod on NODE even where filters reject it; wants --reason
    #[arg(long = "override", requires = "node")]
    pub overrule: bool,
    /// With --override: the node's name once more, to place the pod although the kubelet there will not simply take it in
    ///
    /// A pod that its kubelet rejects (resources, ports, NoExecute taints, node affinity …) ends as Failed and can only be
    /// deleted. Without this option the name is asked for; -y alone is not enough.
    #[arg(long, value_name = "NODE", requires = "overrule")]
    pub override_node: Option<String>,
    /// Where nothing fits: delete pods of lower priority to make room, and place the pod once they are gone; wants --reason
    ///
    /// As kube-scheduler preempts: on NODE, or on the node that it would nominate. Who has to go, what that loses and which
    /// budgets protect it is shown before anything is asked. There is no undoing.
    #[arg(long, conflicts_with_all = ["overrule", "override_node"])]
    pub preempt: bool,
    /// With --preempt: go against PodDisruptionBudgets where it has to be; otherwise that is asked by itself
    #[arg(long, requires = "preempt")]
    pub violate_budgets: bool,
    /// client: send nothing; server: have the API server try it and store nothing
    #[arg(long, value_name = "MODE", default_value = "none")]
    pub dry_run: DryRunMode,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// Arguments of `plan`.
#[derive(Clone, Debug, clap::Args)]
pub struct PlanArgs {
    /// Only pods whose labels match, as kubectl takes it: app=web,tier!=db,zone in (a,b)
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<LabelSelector>,
    /// Send this pod to that node; where a filter rejects it, the pod stays unplaced; may be repeated
    #[arg(long = "pin", value_name = "[NS/]POD=NODE", value_parser = pin)]
    pub pins: Vec<(String, String)>,
    /// Leave this pod out; may be repeated
    #[arg(long = "skip", value_name = "[NS/]POD")]
    pub skips: Vec<String>,
    /// Look for the plan that places most: a pod counts more than any number of pods of lower priority
    #[arg(long)]
    pub optimize: bool,
    /// Draws among nodes that are best alike, and the steps of --optimize: the same number gives the same plan
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// With --optimize: how many times pods may be judged [default: 20000]
    #[arg(long, value_name = "N", requires = "optimize")]
    pub evaluations: Option<usize>,
}

fn pin(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((pod, node)) if !pod.is_empty() && !node.is_empty() => Ok((pod.to_owned(), node.to_owned())),
        _ => Err("write [NAMESPACE/]POD=NODE".to_owned()),
    }
}

/// Arguments of `apply`.
#[derive(Clone, Debug, clap::Args)]
pub struct ApplyArgs {
    /// The plan, as `plan -o yaml` prints it; - reads standard input
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    /// At most so many placements a second
    #[arg(long, value_name = "N", default_value = "10", value_parser = rate)]
    pub rate: f64,
    /// client: send nothing; server: have the API server try it and store nothing
    #[arg(long, value_name = "MODE", default_value = "none")]
    pub dry_run: DryRunMode,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.01..=1000.0).contains(&rate) => Ok(rate),
        _ => Err("write a number from 0.01 to 1000".to_owned()),
    }
}

/// How much of a placement is real.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DryRunMode {
    /// Place it
    #[default]
    None,
    /// Send nothing
    Client,
    /// Let the API server check it and store nothing
    Server,
}

/// Arguments of `check`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct CheckArgs {
    /// Tell of this scheduler alone: exits with 0 where it is at work, 1 where it is not, 3 where nothing tells
    ///
    /// For probes: rights are not asked about. Its schedulerName, such as default-scheduler.
    #[arg(long, value_name = "NAME")]
    pub scheduler: Option<String>,
}

/// Arguments of `journal`.
#[derive(Clone, Debug, clap::Args)]
pub struct JournalArgs {
    /// Only placements that began within this time, such as 2h or 30m; otherwise all
    #[arg(long, value_name = "DURATION", value_parser = timeout::parse)]
    pub since: Option<Duration>,
}

/// Arguments of `snapshot`.
#[derive(Clone, Debug, clap::Args)]
pub struct SnapshotArgs {
    /// The file; standard output where there is none, or -
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Arguments of `plugins`.
#[derive(Clone, Debug, clap::Args)]
pub struct PluginsArgs {
    /// The plugin whose documentation is shown
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// Arguments of `settings`.
#[derive(Clone, Debug, clap::Args)]
pub struct SettingsArgs {
    /// Print where the file is, or would be
    #[arg(long, conflicts_with = "example")]
    pub path: bool,
    /// Print a file with everything at its default, and what it is for
    #[arg(long)]
    pub example: bool,
}

/// Arguments of `completion`.
#[derive(Clone, Debug, clap::Args)]
pub struct CompletionArgs {
    /// The shell
    pub shell: Shell,
}

/// Arguments of `man`.
#[derive(Clone, Debug, clap::Args)]
pub struct ManArgs {
    /// The command whose page is printed
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

impl Global {
    /// The schedulerNames whose pods are placed: ours, and those that are adopted.
    pub fn ours(&self) -> Vec<String> {
        let mut names = self.scheduler_names();
        for name in &self.adopt {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// The schedulerNames that are ours: as given, those of the configuration, or the default.
    pub fn scheduler_names(&self) -> Vec<String> {
        if !self.scheduler_names.is_empty() {
            return self.scheduler_names.clone();
        }
        let configured = self.rules.scheduler_names();
        if configured.is_empty() {
            vec![DEFAULT_SCHEDULER_NAME.to_owned()]
        } else {
            configured
        }
    }
}
