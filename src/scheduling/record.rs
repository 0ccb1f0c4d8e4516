//! The decision record: a trace as `berth explain -o json` prints it.

use serde_json::{Map, Value, json};

use super::message;
use super::status::{Code, Status};
use super::trace::{Decision, PostFilterResult, Trace};
use crate::model::NodeId;

/// The record of `trace`: one object with sorted keys.
pub fn record(trace: &Trace) -> Value {
    let name = |node: &NodeId| trace.nodes.name(*node);
    let names = |nodes: &[NodeId]| nodes.iter().map(name).collect::<Vec<_>>();
    let best = trace.best();
    let mut pre_filter = Map::new();
    for result in &trace.pre_filter {
        let mut value = status(&result.status);
        if result.nodes.is_some() {
            value["nodes"] = json!(result.names);
        }
        pre_filter.insert(result.plugin.to_owned(), value);
    }
    // Where PreFilters leave no node between them, upstream counts none of them as left out.
    let apart = trace.disjoint().is_some();
    let nodes: Map<String, Value> = trace
        .nodes
        .ids
        .iter()
        .map(|&id| (name(&id).to_owned(), node(trace, id, apart)))
        .collect();
    let mut record = json!({
        "pod": trace.pod.to_string(),
        "profile": trace.profile,
        "gated": trace.gated(),
        "preEnqueue": statuses(&trace.pre_enqueue),
        "preFilter": pre_filter,
        "preFilterFailure": trace.pre_filter_failure().map_or("", |(plugin, _)| plugin),
        "nodes": nodes,
        "preScore": statuses(&trace.pre_score),
        "feasible": trace.feasible.len(),
        "best": names(&best),
        "decision": trace.decision.as_str(),
        "chosen": names(trace.decision.chosen()),
        "message": message::unschedulable(trace),
        "unschedulablePlugins": trace.blamed(),
        "postFilter": trace.post_filter.as_ref().map_or(json!({}), |result| post_filter(trace, result)),
    });
    if let Decision::Error(text) = &trace.decision {
        record["error"] = json!(text);
    }
    if !trace.unseen.is_empty() {
        let unseen = trace.unseen.iter();
        record["notJudgedBy"] = unseen
            .map(|(kind, why)| (kind.api().plural.to_owned(), json!(why)))
            .collect();
    }
    record
}

fn post_filter(trace: &Trace, result: &PostFilterResult) -> Value {
    let mut reasons = result.status.reasons.clone();
    reasons.sort();
    let mut value = json!({ "code": result.status.code.as_str(), "reasons": reasons });
    if result.status.code == Code::Success {
        let candidates = result.candidates.iter().map(|candidate| {
            let victims = candidate.victims.iter();
            let victims: Vec<String> = victims.map(|victim| victim.key.to_string()).collect();
            json!({
                "node": trace.nodes.name(candidate.node),
                "pdbViolations": candidate.pdb_violations,
                "victims": victims,
            })
        });
        value["candidates"] = candidates.collect();
        value["best"] = result.best.iter().map(|&node| trace.nodes.name(node)).collect();
    } else {
        value["plugin"] = json!(result.plugin);
    }
    value
}

fn status(status: &Status) -> Value {
    json!({ "code": status.code.as_str(), "reasons": status.reasons })
}

fn statuses(all: &[(&'static str, Status)]) -> Map<String, Value> {
    all.iter()
        .map(|(plugin, of)| ((*plugin).to_owned(), status(of)))
        .collect()
}

fn node(trace: &Trace, node: NodeId, apart: bool) -> Value {
    let filter: Map<String, Value> = trace
        .filters
        .iter()
        .map(|column| (column.plugin.to_owned(), status(column.get(node))))
        .collect();
    let index = trace.feasible_index(node);
    let mut value = json!({
        "feasible": index.is_some(),
        "filter": filter,
        "firstFailure": trace.first_failure(node).map_or("", |(plugin, _)| plugin),
    });
    if trace.excluded(node) && !apart {
        value["excludedByPreFilter"] = json!(true);
    }
    let allocations = index.and_then(|at| trace.allocations.get(at));
    if let Some(allocations) = allocations.filter(|allocations| !allocations.is_empty()) {
        value["allocations"] = json!(allocations);
    }
    let Some(total) = trace.total(node) else {
        return value;
    };
    let mut scores = Map::new();
    for column in &trace.scores {
        let figure = |of: &[i64]| index.and_then(|at| of.get(at).copied()).unwrap_or(0);
        let (raw, normalized) = (figure(&column.raw), figure(&column.normalized));
        let weighted = column.weight * normalized;
        let score =
            json!({ "raw": raw, "normalized": normalized, "weight": column.weight, "weighted": weighted });
        scores.insert(column.plugin.to_owned(), score);
    }
    value["score"] = Value::Object(scores);
    value["total"] = json!(total);
    value
}
