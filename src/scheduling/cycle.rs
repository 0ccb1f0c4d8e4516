//! The scheduling cycle.

mod post_filter;
mod refresh;

pub use refresh::refresh;

use std::sync::Arc;

use super::explanation::Explanation;
use super::normalize;
use super::plugin::{Cycle, Failed, Filter, Phase, PreFilter, PreScore, alone};
use super::profile::{Enabled, Profile};
use super::status::{Code, Status};
use super::trace::{Allocations, Decision, FilterColumn, NodeIndex, PreFilterResult, ScoreColumn, Trace};
use super::unprepared::unprepared;
use super::unseen::unseen;
use crate::model::{Cluster, NodeId, Pod};

/// The nodes of `cluster`, to share among the traces of one generation.
pub fn node_index(cluster: &Cluster) -> NodeIndex {
    let mut names = vec![Arc::from(""); cluster.nodes.slots()];
    let mut ids = Vec::new();
    for (id, node) in cluster.nodes.iter() {
        names[id.index()] = Arc::clone(&node.name);
        ids.push(id);
    }
    ids.sort_by(|a, b| names[a.index()].cmp(&names[b.index()]));
    NodeIndex { ids, names }
}

/// Judges `cycle.pod` on every node: all filters on all nodes, all scores on the feasible ones; where no node is
/// feasible, looks for room to be made.
///
/// `nodes` is the [`node_index`] of the same cluster. A gated pod is judged as it would be without its gates. A filter
/// that meets a fault on one node rejects that node alone.
pub fn run(cycle: Cycle<'_>, profile: &Profile, nodes: &Arc<NodeIndex>) -> Trace {
    let (mut trace, filters) = judge(cycle, profile, nodes);
    if trace.feasible.is_empty() && trace.decision == Decision::Unschedulable {
        let failed = Failed {
            trace: &trace,
            filters: &filters,
        };
        trace.post_filter = post_filter::run(cycle, profile, &failed);
    }
    trace
}

/// As [`run`], without PostFilter: whether and where the pod fits, not whether room can be made.
pub fn evaluate(cycle: Cycle<'_>, profile: &Profile, nodes: &Arc<NodeIndex>) -> Trace {
    judge(cycle, profile, nodes).0
}

fn judge<'a>(cycle: Cycle<'a>, profile: &'a Profile, nodes: &Arc<NodeIndex>) -> (Trace, Filters<'a>) {
    let mut trace = Trace {
        pod: cycle.pod.key.clone(),
        profile: Arc::clone(&profile.scheduler_name),
        nodes: Arc::clone(nodes),
        pre_enqueue: Vec::new(),
        pre_filter: Vec::new(),
        filters: Vec::new(),
        feasible: Vec::new(),
        allocations: Vec::new(),
        post_filter: None,
        pre_score: Vec::new(),
        scores: Vec::new(),
        totals: Vec::new(),
        decision: Decision::Unschedulable,
        unseen: Vec::new(),
        prepared: Vec::new(),
        unprepared: Vec::new(),
    };
    for enabled in profile.in_phase(Phase::PreEnqueue) {
        if let Some(status) = enabled.plugin.pre_enqueue(cycle) {
            trace.pre_enqueue.push((enabled.row.name, status));
        }
    }
    let filters = filter(cycle, profile, &mut trace);
    trace.feasible = feasible(&trace);
    // Without a node, kube-scheduler ends the cycle before it asks any plugin.
    let error = if trace.nodes.ids.is_empty() {
        None
    } else {
        filter_error(&trace)
    };
    if let Some(text) = error {
        trace.decision = Decision::Error(text);
    } else if !trace.feasible.is_empty() {
        trace.allocations = allocations(&filters, &trace.feasible);
        let scored = score(cycle, profile, &filters, &mut trace);
        trace.decision = decide(cycle, &trace, scored);
    }
    trace.unseen = unseen(cycle.cluster, cycle.pod, trace.feasible.is_empty());
    (trace.prepared, trace.unprepared) = unprepared(cycle, profile);
    (trace, filters)
}

/// The filters that ran, by plugin in order.
type Filters<'a> = Vec<(&'static str, Box<dyn Filter + 'a>)>;

fn filter<'a>(cycle: Cycle<'a>, profile: &'a Profile, trace: &mut Trace) -> Filters<'a> {
    let mut prepared: Filters<'a> = Vec::new();
    for enabled in profile.in_phase(Phase::PreFilter) {
        let plugin = enabled.row.name;
        let Some(said) = enabled.plugin.pre_filter(cycle) else {
            continue;
        };
        let (status, left) = match said {
            PreFilter::Skip => (Status::SKIP, None),
            PreFilter::Reject(status) => (status, None),
            PreFilter::Run { nodes, filter } => {
                prepared.push((plugin, filter));
                (Status::SUCCESS, nodes)
            }
        };
        let (nodes, names) = left.map(|left| (left.slots, left.names)).unzip();
        trace.pre_filter.push(PreFilterResult {
            plugin,
            status,
            nodes,
            names: names.unwrap_or_default(),
        });
    }
    let mut filters = Vec::new();
    for enabled in profile.in_phase(Phase::Filter) {
        let plugin = enabled.row.name;
        let filter = match prepared.iter().position(|(of, _)| *of == plugin) {
            Some(at) => Some(prepared.remove(at).1),
            None if profile.runs(plugin, Phase::PreFilter) => None,
            None => alone::filter(enabled.plugin.pre_filter(cycle)),
        };
        if let Some(filter) = filter {
            let mut column = FilterColumn::new(plugin, cycle.cluster.nodes.slots());
            filter.filter(&trace.nodes.ids, &mut column);
            trace.filters.push(column);
            filters.push((plugin, filter));
        }
    }
    filters
}

/// What ends the cycle before anything is scored: an error of PreFilter, or that of a filter on the first node, by name,
/// whose first failure it is. A fault of an object is no such error.
fn filter_error(trace: &Trace) -> Option<String> {
    if let Some((plugin, status)) = trace.pre_filter_failure() {
        let error = matches!(status.code, Code::Error | Code::Fault);
        return error.then(|| format!("running PreFilter plugin \"{plugin}\": {}", status.message()));
    }
    if !trace.filters.iter().any(|column| column.has(Code::Error)) {
        return None;
    }
    let nodes = trace.nodes.ids.iter().filter(|&&node| !trace.excluded(node));
    let mut failures = nodes.filter_map(|&node| trace.first_failure(node));
    let (plugin, status) = failures.find(|(_, status)| status.code == Code::Error)?;
    Some(format!(
        "running \"{plugin}\" filter plugin: {}",
        status.message()
    ))
}

fn allocations(filters: &Filters<'_>, feasible: &[NodeId]) -> Vec<Allocations> {
    let mut all: Vec<Allocations> = Vec::new();
    for (_, filter) in filters {
        for (at, &node) in feasible.iter().enumerate() {
            let Some(allocations) = filter.allocations(node) else {
                break;
            };
            all.resize_with(feasible.len(), Allocations::default);
            if let Some(slot) = all.get_mut(at) {
                slot.extend(allocations);
            }
        }
    }
    all
}

fn feasible(trace: &Trace) -> Vec<NodeId> {
    if trace.pre_filter_failure().is_some() {
        return Vec::new();
    }
    let mut objections = vec![0_u16; trace.nodes.names.len()];
    for column in &trace.filters {
        objections
            .iter_mut()
            .zip(column.numbers())
            .for_each(|(all, one)| *all |= one);
    }
    let narrowed: Vec<_> = trace
        .pre_filter
        .iter()
        .filter_map(|result| result.nodes.as_ref())
        .collect();
    let fits = |node: &NodeId| {
        objections.get(node.index()) == Some(&0) && narrowed.iter().all(|left| left.contains(node.index()))
    };
    trace.nodes.ids.iter().copied().filter(fits).collect()
}

fn score(
    cycle: Cycle<'_>,
    profile: &Profile,
    filters: &Filters<'_>,
    trace: &mut Trace,
) -> Result<(), String> {
    // The plugins look at the feasible nodes while their scores are written into the trace.
    let feasible = std::mem::take(&mut trace.feasible);
    let scored = score_all(cycle, profile, filters, &feasible, trace);
    trace.feasible = feasible;
    scored
}

fn score_all(
    cycle: Cycle<'_>,
    profile: &Profile,
    filters: &Filters<'_>,
    feasible: &[NodeId],
    trace: &mut Trace,
) -> Result<(), String> {
    let mut prepared = Vec::new();
    for enabled in profile.in_phase(Phase::PreScore) {
        let plugin = enabled.row.name;
        let (status, score) = match pre_score(cycle, enabled, filters, feasible) {
            None => continue,
            Some(PreScore::Skip) => (Status::SKIP, None),
            Some(PreScore::Reject(status)) => (status, None),
            Some(PreScore::Run(score)) => (Status::SUCCESS, Some(score)),
        };
        let failed = status.code.is_rejection();
        let text = status.message();
        trace.pre_score.push((plugin, status));
        if failed {
            return Err(format!("running PreScore plugin \"{plugin}\": {text}"));
        }
        prepared.extend(score.map(|score| (plugin, score)));
    }
    let mut totals = vec![0_i64; feasible.len()];
    for enabled in profile.in_phase(Phase::Score) {
        let (plugin, weight) = (enabled.row.name, enabled.weight);
        let score = match prepared.iter().position(|(of, _)| *of == plugin) {
            Some(at) => Some(prepared.remove(at).1),
            None if profile.runs(plugin, Phase::PreScore) => None,
            None => alone::score(pre_score(cycle, enabled, filters, feasible)),
        };
        let Some(score) = score else { continue };
        let mut raw = vec![0; feasible.len()];
        score
            .score(feasible, &mut raw)
            .map_err(|status| format!("plugin \"{plugin}\" failed with: {}", status.message()))?;
        let mut normalized = raw.clone();
        score.normalize(feasible, &mut normalized);
        totals
            .iter_mut()
            .zip(&normalized)
            .for_each(|(total, &score)| *total += weight * score);
        trace.scores.push(ScoreColumn {
            plugin,
            weight,
            most: normalize::most(&raw),
            raw,
            normalized,
        });
    }
    trace.totals = totals;
    Ok(())
}

/// What PreScore of the plugin says, or the filter in its place.
fn pre_score<'a>(
    cycle: Cycle<'a>,
    enabled: &'a Enabled,
    filters: &'a Filters<'_>,
    feasible: &'a [NodeId],
) -> Option<PreScore<'a>> {
    let filter = filters.iter().find(|(of, _)| *of == enabled.row.name);
    let by_filter = filter.and_then(|(_, filter)| filter.pre_score(feasible));
    by_filter.or_else(|| enabled.plugin.pre_score(cycle, feasible))
}

/// kube-scheduler scores neither a single feasible node nor a nominated one, so that nothing can go wrong there.
fn decide(cycle: Cycle<'_>, trace: &Trace, scored: Result<(), String>) -> Decision {
    let nominated = cycle
        .pod
        .nominated_node
        .as_deref()
        .and_then(|name| trace.nodes.id(name));
    if let Some(node) = nominated.filter(|&node| trace.feasible_index(node).is_some()) {
        return Decision::Nominated(node);
    }
    if let [node] = *trace.feasible {
        return Decision::Single(node);
    }
    match scored.err().or_else(|| out_of_range(trace)) {
        Some(text) => Decision::Error(text),
        None => Decision::Scored(trace.best()),
    }
}

/// A score outside 0 to 100, which resources beyond all measure can bring about, ends the cycle.
fn out_of_range(trace: &Trace) -> Option<String> {
    let off = |score: i64| !(0..=normalize::MAX).contains(&score);
    let columns = trace.scores.iter();
    let found = columns.flat_map(|column| column.normalized.iter().map(move |&score| (column.plugin, score)));
    let (plugin, score) = found.into_iter().find(|&(_, score)| off(score))?;
    Some(format!(
        "applying score defaultWeights on Score plugins: plugin \"{plugin}\" returns an invalid score {score}, \
         it should in the range of [0, 100] after normalizing"
    ))
}

/// Why each plugin judges and scores `node` as `trace` says, by plugin in order: filters, then scores.
///
/// `cycle` and `profile` are those that `trace` was made from.
pub fn explain(cycle: Cycle<'_>, profile: &Profile, trace: &Trace, node: NodeId) -> NodeExplanation {
    let mut explanation = NodeExplanation::default();
    let mut filters: Filters<'_> = Vec::new();
    for column in &trace.filters {
        let enabled = profile
            .in_phase(Phase::Filter)
            .find(|e| e.row.name == column.plugin);
        if let Some(filter) = enabled.and_then(|e| alone::filter(e.plugin.pre_filter(cycle))) {
            explanation.filters.push((column.plugin, filter.explain(node)));
            filters.push((column.plugin, filter));
        }
    }
    let Some(at) = trace.feasible_index(node) else {
        return explanation;
    };
    for column in &trace.scores {
        let plugin = column.plugin;
        let enabled = profile.in_phase(Phase::Score).find(|e| e.row.name == plugin);
        let figures = column.raw.get(at).zip(column.normalized.get(at));
        let (Some(enabled), Some((&raw, &normalized))) = (enabled, figures) else {
            continue;
        };
        if let Some((_, filter)) = filters.iter().find(|(of, _)| *of == plugin) {
            // What was found about every node is what the score is made of.
            let mut column = FilterColumn::new(plugin, trace.nodes.names.len());
            filter.filter(&trace.nodes.ids, &mut column);
        }
        if let Some(score) = alone::score(pre_score(cycle, enabled, &filters, &trace.feasible)) {
            explanation
                .scores
                .push((plugin, score.explain(node, raw, normalized)));
        }
    }
    explanation
}

/// Explanations for one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeExplanation {
    /// By filter that ran, in order.
    pub filters: Vec<(&'static str, Explanation)>,
    /// By score that ran, in order; empty where the node is not feasible.
    pub scores: Vec<(&'static str, Explanation)>,
}

/// The pod as it would be judged were it not bound: taken off its node.
pub fn unbound(pod: &Pod) -> Pod {
    Pod {
        node_name: None,
        ..pod.clone()
    }
}
