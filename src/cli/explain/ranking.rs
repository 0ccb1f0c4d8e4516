//! The nodes that fit, best first, with what each plugin gives them.

use crate::cli::args::Format;
use crate::cli::exit::Failure;
use crate::cli::output::{Output, Span, Style};
use crate::cli::table::{Align, Table};
use crate::scheduling::Trace;

/// How many nodes are listed without `-o wide`.
const LISTED: usize = 20;

/// Prints the table of nodes; scores are weighted, so that a row adds up to its total.
pub(super) fn print(trace: &Trace, output: &mut Output) -> Result<(), Failure> {
    let mut ranked: Vec<usize> = (0..trace.feasible.len()).collect();
    let total = |place: usize| trace.totals.get(place).copied();
    // Stable: nodes with equal totals stay in name order.
    ranked.sort_by_key(|&place| std::cmp::Reverse(total(place)));
    let listed = if output.format == Format::Wide {
        ranked.len()
    } else {
        LISTED
    };

    let heads = ["", "NODE", "TOTAL"].map(str::to_owned).into_iter();
    let heads = heads.chain(
        trace
            .scores
            .iter()
            .map(|column| short(column.plugin).to_uppercase()),
    );
    let aligns = [Align::Left, Align::Left]
        .into_iter()
        .chain(std::iter::repeat(Align::Right));
    let mut table = Table::new(heads.zip(aligns)).indent(2);
    for &place in ranked.iter().take(listed) {
        let Some(&node) = trace.feasible.get(place) else {
            continue;
        };
        let best = trace.decision.chosen().contains(&node);
        let mut row = vec![
            Span::new(if best { "★" } else { "" }, Style::Good),
            Span::new(
                trace.nodes.name(node),
                if best { Style::Strong } else { Style::Plain },
            ),
            total(place)
                .map_or(String::new(), |total| total.to_string())
                .into(),
        ];
        row.extend(trace.scores.iter().map(|column| {
            let weighted = column.normalized.get(place).map(|score| score * column.weight);
            Span::from(weighted.map_or(String::new(), |score| score.to_string()))
        }));
        table.row(row);
    }
    table.print(output)?;
    if ranked.len() > listed {
        output.text(format!("  and {} more; -o wide lists all", ranked.len() - listed))?;
    }
    Ok(())
}

/// A plugin's name short enough for the head of a column of numbers: `NodeResourcesFit` is `Fit`,
/// `TaintToleration` is `Taint`.
pub(super) fn short(plugin: &str) -> &str {
    match plugin {
        "DynamicResources" => return "Devices",
        "InterPodAffinity" => return "PodAff",
        "PodTopologySpread" => return "Spread",
        _ => {}
    }
    let name = ["NodeResources", "Node", "Pod"]
        .iter()
        .find_map(|prefix| plugin.strip_prefix(prefix))
        .unwrap_or(plugin);
    let end = name
        .char_indices()
        .skip(1)
        .find(|(_, c)| c.is_ascii_uppercase())
        .map_or(name.len(), |(at, _)| at);
    name.get(..end).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::short;
    use crate::scheduling::plugins::TABLE;

    #[test]
    fn heads_are_short_and_differ() {
        assert_eq!(short("NodeResourcesFit"), "Fit");
        assert_eq!(short("NodeResourcesBalancedAllocation"), "Balanced");
        assert_eq!(short("TaintToleration"), "Taint");
        let mut heads: Vec<_> = TABLE
            .iter()
            .filter(|row| row.weight > 0)
            .map(|row| short(row.name))
            .collect();
        let all = heads.len();
        heads.sort_unstable();
        heads.dedup();
        assert_eq!(heads.len(), all);
        assert!(heads.iter().all(|head| head.len() <= 9), "{heads:?}");
    }
}
