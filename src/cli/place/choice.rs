//! Which pod goes where: what the command line asks for, against what the rules say.

use std::sync::Arc;

use crate::cli::adopt::Adoptions;
use crate::cli::args::{Global, PlaceArgs};
use crate::cli::decide::Decider;
use crate::cli::exit::{Exit, Failure};
use crate::cli::source::Snapshot;
use crate::cli::table::some_of;
use crate::cli::{names, program};
use crate::model::{NodeId, Pod, PodKey};
use crate::placing::consequence::NodeFacts;
use crate::placing::{Adoption, Intent, Refusal, Verdict};
use crate::scheduling::trace::Decision;
use crate::scheduling::{Trace, message, unseen};

/// A placement to be confirmed.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) intent: Intent,
    /// The pod as it was judged.
    pub(super) pod: Arc<Pod>,
    /// What of the node decides what its kubelet does.
    pub(super) facts: NodeFacts,
    /// What is worth knowing about how the node was chosen, and by which rules it was not.
    pub(super) remarks: Vec<String>,
}

/// What was chosen.
#[derive(Debug)]
pub(super) enum Chosen {
    /// A node to place the pod on as it is.
    Fits(Box<Choice>),
    /// A node on which room has to be made first.
    Room {
        pod: PodKey,
        node: Arc<str>,
        /// Under which the pod is placed, where it is another scheduler's.
        adoption: Option<Arc<Adoption>>,
    },
}

/// Chooses.
pub(super) async fn choose(
    args: &PlaceArgs,
    snapshot: &Snapshot,
    global: &Global,
    adoptions: &Adoptions,
) -> Result<Chosen, Failure> {
    let doing = match &args.node {
        Some(node) => format!("place {} on {node}", args.pod),
        None => format!("place {}", args.pod),
    };
    let pod = names::pod(&args.pod, snapshot, &doing).await?;
    can_be_placed(&pod, &global.ours(), &doing)?;
    let asked = match &args.node {
        Some(name) => Some(names::node(name, &snapshot.cluster, &doing)?),
        None => None,
    };
    let trace = Decider::new(&snapshot.cluster, &global.rules.profiles).judge(&pod);
    if args.preempt {
        let fits = match asked {
            Some(node) => trace.feasible_index(node).is_some(),
            None => !trace.decision.chosen().is_empty(),
        };
        if !fits {
            let node = room(&trace, &pod, asked)?;
            return Ok(Chosen::Room {
                adoption: adoptions.of(&pod),
                pod: pod.key.clone(),
                node,
            });
        }
    }
    let (node, remark) = match asked {
        Some(node) => (node, better(&trace, node)),
        None => best(&trace, &pod)?,
    };
    let name: Arc<str> = trace.nodes.name(node).into();
    let verdict = Verdict::of(&trace, node);
    acceptable(&pod.key, &name, &verdict, args.overrule)?;
    let names = &snapshot.cluster.interner.resources;
    let facts = snapshot.cluster.nodes.get(node);
    let facts = facts.map(|node| NodeFacts::of(node, names)).unwrap_or_default();
    let caveats = unseen::lines(&trace.unseen);
    let not_needed = args
        .preempt
        .then(|| format!("{name} fits as it is: nobody has to go"));
    Ok(Chosen::Fits(Box::new(Choice {
        remarks: remark.into_iter().chain(not_needed).chain(caveats).collect(),
        intent: Intent {
            pod: pod.key.clone(),
            uid: Arc::clone(&pod.uid),
            resource_version: Arc::clone(&pod.resource_version),
            node: name,
            verdict,
            reason: global.reason.clone(),
            adoption: adoptions.of(&pod),
            insists: false,
        },
        facts,
        pod,
    })))
}

/// The node on which room is to be made: the one that was asked for, or one that kube-scheduler may nominate.
fn room(trace: &Trace, pod: &Pod, asked: Option<NodeId>) -> Result<Arc<str>, Failure> {
    let found = trace.post_filter.as_ref();
    let candidates = || found.into_iter().flat_map(|found| &found.candidates);
    let chosen = match asked {
        Some(node) => candidates()
            .map(|candidate| candidate.node)
            .find(|&id| id == node),
        None => found.and_then(|found| found.best.first().copied()),
    };
    // Room may be on its way already.
    let nominated = || {
        let name = pod.nominated_node.as_deref()?;
        let node = trace.nodes.id(name)?;
        asked.is_none_or(|asked| asked == node).then_some(node)
    };
    if let Some(node) = chosen.or_else(nominated) {
        return Ok(trace.nodes.name(node).into());
    }
    let (key, program) = (&pod.key, program());
    let (message, hint) = match asked {
        Some(node) => {
            let name = trace.nodes.name(node);
            let broken: Vec<String> = Verdict::of(trace, node)
                .broken
                .iter()
                .map(|rule| format!("\n  {rule}"))
                .collect();
            (
                format!(
                    "cannot make room for {key} on {name}: deleting pods of lower priority does not help:{}",
                    broken.concat()
                ),
                format!("Where it would help: {program} explain {key}"),
            )
        }
        None => (
            format!("cannot make room for {key}: {}", message::unschedulable(trace)),
            format!("Node by node: {program} explain {key} -o wide"),
        ),
    };
    Err(Failure::new(Exit::Infeasible, message).hint(hint))
}

/// Whether the pod waits, and for us.
fn can_be_placed(pod: &Pod, ours: &[String], doing: &str) -> Result<(), Failure> {
    let spec = &pod.spec;
    let refusal = if let Some(node) = &pod.node_name {
        let refused = format!("cannot {doing}: pod {} is on node {node} already", pod.key);
        return Err(
            Failure::new(Exit::Changed, refused).hint(format!("Pods that wait: {} pods -A", program()))
        );
    } else if pod.deleting {
        Refusal::Deleting
    } else if !ours.iter().any(|name| **name == *spec.scheduler_name) {
        Refusal::NotOurs(spec.scheduler_name.to_string())
    } else if pod.is_gated() {
        let gates: Vec<&str> = spec.scheduling_gates.iter().map(|gate| &**gate).collect();
        Refusal::Gated(gates.join(", "))
    } else {
        return Ok(());
    };
    let failure = Failure::new(
        Exit::from_code(refusal.exit_code()),
        format!("cannot {doing}: {refusal}"),
    );
    Err(match refusal {
        Refusal::NotOurs(name) => failure
            .hint(format!(
                "Ours are the pods of {}. Where that scheduler is yours to stand in for: --scheduler-name {name}",
                ours.join(", ")
            ))
            .hint(format!(
                "Where it is down, for the time being: --adopt {name} --reason TEXT"
            )),
        _ => failure,
    })
}

/// Refuses a node that breaks rules, or where something is left to nobody, unless that is overruled.
pub(super) fn acceptable(pod: &PodKey, node: &str, verdict: &Verdict, overrule: bool) -> Result<(), Failure> {
    if overrule || !verdict.needs_reason() {
        return Ok(());
    }
    let program = program();
    let override_hint =
        format!("To place it all the same: {program} place {pod} {node} --override --reason TEXT");
    if verdict.is_feasible() {
        let left: Vec<String> = verdict
            .unprepared
            .iter()
            .map(|left| format!("\n  {left}"))
            .collect();
        let message = format!(
            "cannot place {pod} on {node}: it fits, but something is left to nobody:{}",
            left.concat()
        );
        return Err(Failure::new(Exit::Infeasible, message).hint(override_hint));
    }
    let broken: Vec<String> = verdict.broken.iter().map(|rule| format!("\n  {rule}")).collect();
    let rules = if broken.len() == 1 {
        "a rule rejects"
    } else {
        "rules reject"
    };
    let message = format!("cannot place {pod} on {node}: {rules} it:{}", broken.concat());
    Err(Failure::new(Exit::Infeasible, message)
        .hint(format!("With the numbers: {program} explain {pod} {node}"))
        .hint(override_hint))
}

/// The node that the profile would choose: of several, the first by name.
fn best(trace: &Trace, pod: &Pod) -> Result<(NodeId, Option<String>), Failure> {
    let mut chosen = trace.decision.chosen().to_vec();
    chosen.sort_by(|&a, &b| trace.nodes.name(a).cmp(trace.nodes.name(b)));
    let Some(&first) = chosen.first() else {
        let (pod, program) = (&pod.key, program());
        let (exit, why) = if let Decision::Error(error) = &trace.decision {
            (Exit::Failed, format!("it cannot be judged: {error}"))
        } else {
            let message = message::unschedulable(trace);
            (Exit::Infeasible, format!("no node fits: {message}"))
        };
        let failure = Failure::new(exit, format!("cannot place {pod}: {why}"));
        return Err(failure.hint(format!("Node by node: {program} explain {pod} -o wide")));
    };
    let remark = (chosen.len() > 1).then(|| {
        let (count, names) = (chosen.len(), chosen.iter().map(|&node| trace.nodes.name(node)));
        let names = some_of(names, 60);
        format!("{count} nodes are best alike; the first by name is taken: {names}")
    });
    Ok((first, remark))
}

/// What to say where a feasible node is not the best.
fn better(trace: &Trace, node: NodeId) -> Option<String> {
    let best = *trace.decision.chosen().first()?;
    let (total, most) = (trace.total(node)?, trace.total(best)?);
    (total < most).then(|| {
        let (name, best) = (trace.nodes.name(node), trace.nodes.name(best));
        format!("{name} has a total of {total}; the best is {best} with {most}")
    })
}
