//! The cell under the cursor in one line, and what the signs mean.

use super::{Cell, Head, cell};
use crate::app::measure::width;
use crate::app::prose::Line;
use crate::app::state::State;
use crate::scheduling::explanation::Explanation;

/// What the cell under the cursor says, in one line.
pub fn status(state: &State) -> Line {
    let screen = &state.matrix;
    let row = screen.scroll.cursor;
    let (Some(node), Some(name), Some(trace)) = (
        screen.matrix.node(row),
        screen.matrix.name(row),
        screen.matrix.trace(),
    ) else {
        return Line::new();
    };
    let head = screen.at_head();
    let Head::Plugin(at) = head else {
        return of_node(state, name, head);
    };
    let (Some(column), Some(cell)) = (screen.matrix.columns.get(at), screen.matrix.cell(row, at)) else {
        return Line::new();
    };
    let line = Line::new().strong(column.plugin).plain("  ");
    let line = match cell {
        Cell::Scores {
            normalized, weighted, ..
        } => line
            .accent(format!("{normalized} × {} = {weighted}", column.weight))
            .plain("  "),
        Cell::Silent => line.dim("nothing to say here"),
        Cell::Excludes => line.bad("⊝ ").plain("its PreFilter leaves other nodes"),
        _ => line,
    };
    if cell.is_against()
        && let Some(status) = cell::status(trace, column, node)
    {
        return line
            .bad(format!("{} ", cell.mark()))
            .plain(status.message())
            .dim(format!("  {}", status.code.as_str()));
    }
    let explanation = state.decision().and_then(|selected| selected.explanation(node));
    let of = |all: &[(&'static str, Explanation)]| {
        let found = all.iter().find(|(plugin, _)| *plugin == column.plugin);
        found
            .map(|(_, why)| why.summary.clone())
            .filter(|text| !text.is_empty())
    };
    let summary = explanation.and_then(|why| match cell {
        Cell::Scores { .. } => of(&why.scores).or_else(|| of(&why.filters)),
        _ => of(&why.filters),
    });
    line.dim(summary.unwrap_or_default())
}

/// Of the columns that are no plugin's.
fn of_node(state: &State, name: &str, head: Head) -> Line {
    let screen = &state.matrix;
    let row = screen.scroll.cursor;
    let line = Line::new().strong(name).plain("  ");
    let line = match screen.matrix.zone(row) {
        "" => line,
        zone => line.dim(zone).plain("  "),
    };
    let fits = screen.matrix.total(row);
    match (head, fits) {
        (Head::Total, Some(total)) if screen.matrix.best() > total => line.plain(format!(
            "total {total}, {} less than the best",
            screen.matrix.best().saturating_sub(total)
        )),
        (_, Some(total)) => line.plain(format!("total {total}")),
        (_, None) => {
            let columns = 0..screen.matrix.columns.len();
            let against = columns.filter(|&at| screen.matrix.cell(row, at).is_some_and(Cell::is_against));
            match against.count() {
                0 => line,
                1 => line.plain("1 plugin keeps the pod off"),
                many => line.plain(format!("{many} plugins keep the pod off")),
            }
        }
    }
}

/// What the signs mean, as far as there is room in `columns`.
pub fn legend(columns: usize) -> Line {
    let signs = [
        ("✓", "no objection"),
        ("✗", "Unschedulable"),
        ("⊘", "…AndUnresolvable"),
        ("·", "nothing to say"),
        ("▁▄█", "score"),
        ("⊝", "left out by PreFilter"),
        ("!", "Error"),
    ];
    let mut line = Line::new();
    for (sign, says) in signs {
        let more = width(sign) + 1 + width(says) + 2;
        if line.width() + more > columns {
            break;
        }
        line = line.accent(sign).dim(format!(" {says}  "));
    }
    line
}
