//! A decision as Markdown (GitHub's): outcome, nodes with their scores, reasons counted over all plugins, arithmetic.
//!
//! Whatever comes from the cluster stands in code spans: nothing in it is markup, a link or a mention.

use std::fmt::Write as _;

use crate::app::link::Link;
use crate::app::node_rows::NodeRows;
use crate::engine::view::Selected;
use crate::model::NodeId;
use crate::model::text::inert;
use crate::scheduling::explanation::{Explanation, Side};
use crate::scheduling::trace::Decision;
use crate::scheduling::{Trace, message, unseen};

/// How many rows a table has at the most: a ticket is read by people.
const ROWS: usize = 50;

/// The decision on the pod of `selected`; with the arithmetic of `node` where it is explained.
pub fn decision(selected: &Selected, node: Option<NodeId>, link: &Link) -> String {
    let trace = &*selected.trace;
    let rows = {
        let mut rows = NodeRows::default();
        rows.refresh(Some(&selected.trace), "");
        rows
    };
    let mut text = String::new();
    head(&mut text, selected, link);
    feasible(&mut text, trace, &rows);
    reasons(&mut text, &rows);
    rejected(&mut text, trace, &rows);
    let explained = node.and_then(|node| Some((node, selected.explanation(node)?)));
    if let Some((node, explanation)) = explained {
        let _ = writeln!(text, "\n## The arithmetic on {}\n", code(trace.nodes.name(node)));
        for (plugin, explanation) in explanation
            .filters
            .iter()
            .filter(|(plugin, _)| rejects(trace, node, plugin))
        {
            let _ = writeln!(text, "### {plugin}: rejects\n");
            tell(&mut text, explanation);
        }
        for (plugin, explanation) in &explanation.scores {
            let _ = writeln!(text, "### {plugin}{}\n", sum(trace, node, plugin));
            tell(&mut text, explanation);
        }
    }
    text
}

fn head(text: &mut String, selected: &Selected, link: &Link) {
    let (pod, trace) = (&selected.pod, &*selected.trace);
    let _ = writeln!(text, "# Where {} could run\n", code(&pod.key.to_string()));
    let nodes = trace.nodes.ids.len();
    let fit = format!("{} of {nodes} nodes fit", trace.feasible.len());
    let names: Vec<String> = trace
        .decision
        .chosen()
        .iter()
        .map(|&node| code(trace.nodes.name(node)))
        .collect();
    let names = names.join(", ");
    let total = trace
        .decision
        .chosen()
        .first()
        .and_then(|&node| trace.total(node));
    let total = total.map_or_else(String::new, |total| format!(" with a total of {total}"));
    let outcome = match &trace.decision {
        Decision::Scored(best) if best.len() == 1 => format!("{fit}; {names} is best{total}"),
        Decision::Scored(_) => {
            format!("{fit}; {names} are best alike{total}: kube-scheduler picks one at random")
        }
        Decision::Single(_) => format!("{fit}; {names} is the only one"),
        Decision::Nominated(_) => format!("{fit}; {names} is nominated for the pod and fits, so it is taken"),
        Decision::Unschedulable if trace.gated() => {
            "it is held back by gates: no node is looked at".to_owned()
        }
        Decision::Unschedulable => "no node fits".to_owned(),
        Decision::Error(error) => format!("the cycle ends in an error: {}", code(error)),
    };
    let _ = writeln!(text, "**{}.**\n", capital(&outcome));
    let said = message::unschedulable(trace);
    if !said.is_empty() {
        let _ = writeln!(text, "kube-scheduler's message: {}\n", code(&said));
    }
    for caveat in unseen::lines(&trace.unseen) {
        let _ = writeln!(text, "- ⚠ {}", code(&caveat));
    }
    for left in &trace.unprepared {
        let _ = writeln!(text, "- ⚠ {}", code(&left.to_string()));
    }
    let _ = writeln!(
        text,
        "- Priority {}, scheduler {}",
        pod.spec.priority,
        code(&pod.spec.scheduler_name)
    );
    let _ = writeln!(
        text,
        "- Uid {}, resourceVersion {}",
        code(&pod.uid),
        code(&pod.resource_version)
    );
    if !link.context.is_empty() {
        let version = if link.version.is_empty() {
            String::new()
        } else {
            format!(", {}", code(&link.version))
        };
        let _ = writeln!(text, "- Cluster {}{version}", code(&link.context));
    }
    let _ = writeln!(
        text,
        "- Judged {} by the profile {}",
        selected.judged,
        code(&trace.profile)
    );
}

fn feasible(text: &mut String, trace: &Trace, rows: &NodeRows) {
    if trace.feasible.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n## Nodes that fit: {}\n", trace.feasible.len());
    let heads: Vec<String> = trace
        .scores
        .iter()
        .map(|score| format!(" {} ×{} |", score.plugin, score.weight))
        .collect();
    let _ = writeln!(text, "| | node | total |{}", heads.concat());
    let _ = writeln!(text, "|---|---|--:|{}", "--:|".repeat(heads.len()));
    let chosen = trace.decision.chosen();
    let nodes = (0..trace.feasible.len()).filter_map(|nth| rows.node(nth));
    for node in nodes.take(ROWS) {
        let star = if chosen.contains(&node) { "★" } else { "" };
        let total = trace
            .total(node)
            .map_or_else(String::new, |total| total.to_string());
        let _ = write!(text, "| {star} | {} | {total} |", cell(trace.nodes.name(node)));
        let at = trace.feasible_index(node);
        for score in &trace.scores {
            let given = at.and_then(|at| score.normalized.get(at)).copied().unwrap_or(0);
            let _ = write!(text, " {} |", given.saturating_mul(score.weight));
        }
        text.push('\n');
    }
    more(text, trace.feasible.len());
}

fn reasons(text: &mut String, rows: &NodeRows) {
    if rows.reasons.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n## Why {} do not fit\n", rows.unfit);
    let _ = writeln!(
        text,
        "Counted over every plugin, also where kube-scheduler stops at the first.\n"
    );
    let _ = writeln!(
        text,
        "| nodes | reason | plugin | by this alone | with others |\n|--:|---|---|--:|---|"
    );
    for reason in rows.reasons.iter().take(ROWS) {
        let also: Vec<String> = reason
            .also
            .iter()
            .take(3)
            .map(|(name, nodes)| format!("{nodes} also {}", cell(name)))
            .collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            reason.count,
            cell(&reason.text),
            reason.plugin,
            reason.alone,
            also.join(", ")
        );
    }
    more(text, rows.reasons.len());
}

fn rejected(text: &mut String, trace: &Trace, rows: &NodeRows) {
    let fit = trace.feasible.len();
    let count = rows.nodes().saturating_sub(fit);
    if count == 0 {
        return;
    }
    let _ = writeln!(text, "\n## Nodes that do not fit: {count}\n");
    let _ = writeln!(
        text,
        "Those with the fewest reasons first. kube-scheduler reports the first failure alone.\n"
    );
    let _ = writeln!(text, "| node | first failure | every reason |\n|---|---|---|");
    let nodes = (fit..rows.nodes()).filter_map(|nth| rows.node(nth));
    for node in nodes.take(ROWS) {
        let first = trace.pre_filter_failure().or_else(|| trace.first_failure(node));
        let first = first.map_or("", |(plugin, _)| plugin);
        let mut all: Vec<String> = Vec::new();
        if let Some(why) = trace.pre_filter_message() {
            all.push(cell(&why));
        } else if trace.excluded(node) {
            all.push("left out by PreFilter".to_owned());
        }
        for (plugin, status) in trace.rejections(node) {
            all.push(format!("{plugin}: {}", cell(&status.message())));
        }
        let _ = writeln!(
            text,
            "| {} | {first} | {} |",
            cell(trace.nodes.name(node)),
            all.join("; ")
        );
    }
    more(text, count);
}

fn more(text: &mut String, all: usize) {
    if all > ROWS {
        let _ = writeln!(text, "\n{} more are in the decision record (JSON).", all - ROWS);
    }
}

fn rejects(trace: &Trace, node: NodeId, plugin: &str) -> bool {
    trace.rejections(node).any(|(name, _)| name == plugin)
}

/// What `plugin` gives `node`, weighted.
fn sum(trace: &Trace, node: NodeId, plugin: &str) -> String {
    let at = trace.feasible_index(node);
    let score = trace.scores.iter().find(|score| score.plugin == plugin);
    let given = at
        .zip(score)
        .and_then(|(at, score)| Some((*score.normalized.get(at)?, score.weight)));
    given.map_or_else(String::new, |(given, weight)| {
        format!(": {given} × {weight} = {}", given.saturating_mul(weight))
    })
}

fn tell(text: &mut String, explanation: &Explanation) {
    if !explanation.summary.is_empty() {
        let _ = writeln!(text, "{}\n", code(&explanation.summary));
    }
    if !explanation.steps.is_empty() {
        let _ = writeln!(text, "| step | formula | result |\n|---|---|--:|");
        for step in &explanation.steps {
            let _ = writeln!(
                text,
                "| {} | {} | {} |",
                cell(&step.name),
                cell(&step.formula),
                cell(&step.result)
            );
        }
        text.push('\n');
    }
    if !explanation.inputs.is_empty() {
        let _ = writeln!(text, "| from | what | value | field |\n|---|---|---|---|");
        for input in &explanation.inputs {
            let side = match input.side {
                Side::Pod => "pod",
                Side::Node => "node",
                Side::Profile => "profile",
            };
            let _ = writeln!(
                text,
                "| {side} | {} | {} | {} |",
                cell(&input.name),
                cell(&input.value),
                cell(&input.field)
            );
        }
        text.push('\n');
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// `text` as a code span, in which nothing means anything.
pub(super) fn code(text: &str) -> String {
    let text = inert(text);
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A blank on either side is taken off again, so that a backtick may stand at the end.
    let blank =
        if text.starts_with('`') || text.ends_with('`') || (text.starts_with(' ') && text.ends_with(' ')) {
            " "
        } else {
            ""
        };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// `text` as a code span in a table, where a bar would end the cell.
pub(super) fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_the_cluster_is_markup() {
        for (text, span) in [
            ("worker-1", "`worker-1`"),
            ("<script>@all #1 [x](y) *b*", "`<script>@all #1 [x](y) *b*`"),
            ("a`b", "``a`b``"),
            ("``", "``` `` ```"),
            ("a\nb\u{1b}", "`a\u{fffd}b\u{fffd}`"),
            ("", ""),
        ] {
            assert_eq!(code(text), span);
        }
        assert_eq!(cell("a|b"), "`a\\|b`");
    }
}
