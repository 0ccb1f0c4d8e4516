//! The nodes that do not fit, with every reason.

use std::collections::BTreeMap;

use crate::cli::args::Format;
use crate::cli::exit::Failure;
use crate::cli::output::{Output, Span, Style};
use crate::cli::table::{Align, Table, some_of};
use crate::model::NodeId;
use crate::placing::Verdict;
use crate::scheduling::Trace;

/// Prints them grouped by what keeps the pod off, the largest group first; with `-o wide` each node by itself.
pub(super) fn print(trace: &Trace, output: &mut Output) -> Result<(), Failure> {
    let others = || {
        let nodes = trace.nodes.ids.iter().copied();
        nodes.filter(|&node| trace.feasible_index(node).is_none())
    };
    if output.format == Format::Wide {
        let mut table = Table::new([("NODE", Align::Left), ("WHY", Align::Left)]).indent(2);
        for node in others() {
            table.row(vec![
                trace.nodes.name(node).into(),
                why(trace, node).join("; ").into(),
            ]);
        }
        return table.print(output);
    }
    let mut groups: BTreeMap<Vec<String>, Vec<NodeId>> = BTreeMap::new();
    for node in others() {
        groups.entry(why(trace, node)).or_default().push(node);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, nodes)| std::cmp::Reverse(nodes.len()));
    let width = groups
        .first()
        .map_or(0, |(_, nodes)| nodes.len().to_string().len());
    for (rules, nodes) in groups {
        let mut count = format!("{:>width$}", nodes.len());
        for rule in rules {
            output.line(&[format!("  {count}  ").into(), Span::new(rule, Style::Bad)])?;
            count = " ".repeat(width);
        }
        let names = nodes.iter().map(|&node| trace.nodes.name(node));
        let room = output.text_width().saturating_sub(width + 4);
        output.line(&[
            format!("  {}  ", " ".repeat(width)).into(),
            Span::new(some_of(names, room), Style::Dim),
        ])?;
    }
    Ok(())
}

/// Every rule that keeps the pod off `node`, with its reasons.
fn why(trace: &Trace, node: NodeId) -> Vec<String> {
    let broken = Verdict::of(trace, node).broken;
    broken.iter().map(ToString::to_string).collect()
}
