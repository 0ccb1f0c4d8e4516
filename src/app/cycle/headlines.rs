//! What happens in a frame, in a sentence with its numbers.

use std::cmp::Reverse;

use super::stop::Stop;
use crate::app::figures::count;
use crate::engine::view::Queued;
use crate::model::{NodeId, Pod};
use crate::scheduling::queue::Place;
use crate::scheduling::trace::{Decision, FilterColumn, PostFilterResult, PreFilterResult, ScoreColumn};
use crate::scheduling::{Code, Status, Trace, message};

/// `1 node`, `12 nodes`.
pub(super) fn nodes(number: usize) -> String {
    plural(number, "node")
}

/// `1 thing`, `12 things`.
fn plural(number: usize, thing: &str) -> String {
    format!("{} {thing}{}", count(number), if number == 1 { "" } else { "s" })
}

/// `verb` for so many.
const fn do_or_does(number: usize, does: &'static str, r#do: &'static str) -> &'static str {
    if number == 1 { does } else { r#do }
}

pub(super) fn pre_enqueue(plugin: &str, status: &Status) -> String {
    match status.code {
        Code::Success | Code::Skip => format!("{plugin} lets the pod into the queue"),
        _ => format!("{plugin} holds the pod back: {}", status.message()),
    }
}

pub(super) fn queue(trace: &Trace, pod: &Pod, queued: Option<&Queued>) -> String {
    if trace.gated() {
        return "The pod does not enter the queue".to_owned();
    }
    let priority = pod.spec.priority;
    let Some(queued) = queued else {
        return format!("The pod is in the queue with priority {priority}");
    };
    let tried = match queued.attempts {
        0 => "not tried yet".to_owned(),
        1 => "tried once".to_owned(),
        times => format!("tried {times} times"),
    };
    let place = match &queued.place {
        Place::Active => "It is in its turn to be tried",
        Place::Trying { .. } => "It is being tried",
        Place::Held => "It was tried and fits, and waits for you",
        Place::Backoff { .. } => "It was tried not long ago and backs off",
        Place::Unschedulable => "It was tried and fits nowhere, and waits for something to change",
        Place::Gated { .. } => "It is held back",
    };
    format!("{place}: priority {priority}, {tried}")
}

pub(super) fn pre_filter(trace: &Trace, result: &PreFilterResult, falls: usize, left: usize) -> String {
    let (plugin, all) = (result.plugin, trace.nodes.ids.len());
    match (result.status.code.is_rejection(), &result.nodes) {
        (true, _) => format!(
            "{plugin} rejects the pod on every node: {}",
            result.status.message()
        ),
        (false, Some(_)) => format!(
            "{plugin} narrows the search: {} {} out, {} of {} left",
            nodes(falls),
            do_or_does(falls, "is", "are"),
            count(left),
            count(all)
        ),
        (false, None) => format!("{plugin} has prepared what it will ask of each node"),
    }
}

pub(super) fn skipped(stop: Stop, plugins: &[&str]) -> String {
    let then = if stop == Stop::PreScore { "Score" } else { "Filter" };
    format!(
        "{} {} nothing to say about this pod: {} {then} is skipped",
        plural(plugins.len(), "plugin"),
        do_or_does(plugins.len(), "has", "have"),
        do_or_does(plugins.len(), "its", "their"),
    )
}

pub(super) fn not_run(trace: &Trace) -> String {
    if trace.nodes.ids.is_empty() {
        message::unschedulable(trace)
    } else {
        "No plugin is asked: PreFilter left no node".to_owned()
    }
}

pub(super) fn filter(
    trace: &Trace,
    column: &FilterColumn,
    fallen: &[NodeId],
    also: usize,
    left: usize,
) -> String {
    let (plugin, all) = (column.plugin, trace.nodes.ids.len());
    let of = format!("{} of {}", count(left), nodes(all));
    let stay = do_or_does(left, "stays", "stay");
    let too = match also {
        0 => String::new(),
        also => format!(
            "; {} that {} out it rejects, too",
            count(also),
            do_or_does(also, "is", "are")
        ),
    };
    if fallen.is_empty() {
        return format!("{plugin} has no objection: {of} {stay}{too}");
    }
    let falls = do_or_does(fallen.len(), "falls", "fall");
    let why = reasons(column, fallen);
    format!("{} {falls} out: {why}; {of} {stay}{too}", nodes(fallen.len()))
}

/// Why the nodes fall, the most frequent reason first.
fn reasons(column: &FilterColumn, fallen: &[NodeId]) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for &node in fallen {
        let text = column.get(node).message();
        match counts.iter_mut().find(|(known, _)| *known == text) {
            Some((_, count)) => *count += 1,
            None => counts.push((text, 1)),
        }
    }
    counts.sort_by_key(|&(_, count)| Reverse(count));
    if let [(only, _)] = counts.as_slice() {
        return only.clone();
    }
    let more = counts.len().saturating_sub(2);
    let shown = counts
        .iter()
        .take(2)
        .map(|(text, number)| format!("{} {text}", count(*number)));
    let mut parts: Vec<String> = shown.collect();
    if more > 0 {
        parts.push(format!("and {more} more reasons"));
    }
    parts.join(" · ")
}

pub(super) fn post_filter(trace: &Trace, found: &PostFilterResult) -> String {
    let all = trace.nodes.ids.len();
    let removed = |node: &NodeId| {
        let candidate = found.candidates.iter().find(|candidate| candidate.node == *node);
        let victims = candidate.map_or(0, |candidate| candidate.victims.len());
        let against = match candidate.map_or(0, |candidate| candidate.pdb_violations) {
            0 => String::new(),
            against => format!(", {against} of them against a budget"),
        };
        format!("{} of lower priority{against}", plural(victims, "pod"))
    };
    let room = format!(
        "Room can be made on {} of {}",
        count(found.candidates.len()),
        nodes(all)
    );
    match found.best.as_slice() {
        [] if found.status.code == Code::Success => {
            format!("{} has a way: {}", found.plugin, found.status.message())
        }
        [] => format!("No room can be made: {}", found.status.message()),
        [one] => format!(
            "{room}: kube-scheduler would nominate {} and remove {}",
            trace.nodes.name(*one),
            removed(one)
        ),
        [first, ..] => format!(
            "{room}: kube-scheduler would nominate one of {} that cost the same, and remove {}",
            nodes(found.best.len()),
            removed(first)
        ),
    }
}

pub(super) fn pre_score(plugin: &str, status: &Status) -> String {
    if status.code.is_rejection() {
        format!("{plugin} ends the cycle: {}", status.message())
    } else {
        format!("{plugin} has prepared its scores")
    }
}

pub(super) fn score(column: &ScoreColumn) -> String {
    let range = |values: &[i64]| match (values.iter().min(), values.iter().max()) {
        (Some(low), Some(high)) if low == high => (low.to_string(), true),
        (Some(low), Some(high)) => (format!("{low} to {high}"), false),
        _ => (String::new(), true),
    };
    let (normalized, same) = range(&column.normalized);
    let scores = if column.raw == column.normalized {
        format!("{} scores {normalized}", column.plugin)
    } else {
        let (raw, _) = range(&column.raw);
        format!(
            "{} scores {raw}, brought into 0 to 100: {normalized}",
            column.plugin
        )
    };
    let weight = column.weight;
    let weighted: Vec<i64> = column
        .normalized
        .iter()
        .map(|&score| score.saturating_mul(weight))
        .collect();
    let (added, _) = range(&weighted);
    let decides = if same && column.normalized.len() > 1 {
        ", the same for all"
    } else {
        ""
    };
    format!("{scores}; × weight {weight} adds {added}{decides}")
}

pub(super) fn total(trace: &Trace) -> String {
    let whole: i64 = trace
        .scores
        .iter()
        .map(|column| column.weight.saturating_mul(100))
        .sum();
    match (trace.totals.iter().min(), trace.totals.iter().max()) {
        (Some(low), Some(high)) if low != high => format!("The sums are {low} to {high}, of at most {whole}"),
        (Some(low), _) => format!("The sum is {low}, of at most {whole}"),
        _ => String::new(),
    }
}

pub(super) fn choice(trace: &Trace) -> String {
    let name = |node: &NodeId| trace.nodes.name(*node).to_owned();
    match &trace.decision {
        Decision::Scored(best) => match best.as_slice() {
            [one] => {
                let total = trace.total(*one).unwrap_or(0);
                let next = trace.totals.iter().filter(|&&other| other < total).max();
                let before =
                    next.map_or_else(String::new, |next| format!(", {} before the next", total - next));
                format!("{} has the highest sum, {total}{before}: it is taken", name(one))
            }
            best => {
                let total = best.first().and_then(|&one| trace.total(one)).unwrap_or(0);
                format!(
                    "{} tie at {total}: one of them is taken at random",
                    nodes(best.len())
                )
            }
        },
        Decision::Single(one) => format!("{} is the only node that is left: it is taken", name(one)),
        Decision::Nominated(one) => format!("{} was nominated for the pod and fits: it is taken", name(one)),
        Decision::Unschedulable => message::unschedulable(trace),
        Decision::Error(text) => format!("The cycle ends with an error: {text}"),
    }
}

pub(super) fn reserve(trace: &Trace) -> String {
    match trace.prepared.len() {
        0 => "Nothing but the room on the node is to be set aside".to_owned(),
        claims => format!("{} would be set aside for the pod", plural(claims, "claim")),
    }
}

pub(super) fn pre_bind(trace: &Trace) -> String {
    let own = "Once you confirm, pod and node are read, the pod is judged again, and the server rehearses the Binding";
    match trace.prepared.len() {
        0 => own.to_owned(),
        claims => format!("{own}; then {} of the pod is seen to", plural(claims, "claim")),
    }
}
