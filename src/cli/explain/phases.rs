//! The phases of a decision, plugin by plugin.

use crate::cli::exit::Failure;
use crate::cli::output::{Output, Span, Style};
use crate::cli::table::{Align, Table};
use crate::scheduling::{Code, Phase, Status, Trace};

/// Prints a line for every plugin in every phase in which it spoke.
pub(super) fn print(trace: &Trace, output: &mut Output) -> Result<(), Failure> {
    let mut rows = Rows::default();
    for (plugin, status) in &trace.pre_enqueue {
        rows.status(Phase::PreEnqueue, plugin, status, None);
    }
    for result in &trace.pre_filter {
        let left = result.nodes.as_ref().map(|nodes| {
            let left = trace
                .nodes
                .ids
                .iter()
                .filter(|node| nodes.contains(node.index()))
                .count();
            format!("leaves {left} of {} nodes to look at", trace.nodes.ids.len())
        });
        rows.status(Phase::PreFilter, result.plugin, &result.status, left);
    }
    rows.skipped(Phase::PreFilter);
    for column in &trace.filters {
        let rejected = trace
            .nodes
            .ids
            .iter()
            .filter(|&&node| column.rejects(node))
            .count();
        let all = trace.nodes.ids.len();
        let mark = if rejected == 0 { PASSED } else { REJECTED };
        rows.push(
            Phase::Filter,
            column.plugin,
            mark,
            format!("{} of {all} nodes pass", all - rejected),
        );
    }
    if let Some(result) = &trace.post_filter {
        let found = result.candidates.len();
        let all = trace.nodes.ids.len();
        let found = format!("room can be made on {found} of {all} nodes");
        // Upstream puts all reasons under the name of the first plugin, whoever gave them.
        let preemption = result
            .status
            .reasons
            .iter()
            .any(|reason| reason.starts_with("preemption: "));
        let plugin = if preemption {
            "DefaultPreemption"
        } else {
            result.plugin
        };
        rows.status(Phase::PostFilter, plugin, &result.status, Some(found));
    }
    for (plugin, status) in &trace.pre_score {
        rows.status(Phase::PreScore, plugin, status, None);
    }
    rows.skipped(Phase::PreScore);
    for column in &trace.scores {
        let (low, high) = (column.normalized.iter().min(), column.normalized.iter().max());
        let range = match (low, high) {
            (Some(low), Some(high)) if low == high => format!("{low} each"),
            (Some(low), Some(high)) => format!("{low} to {high}"),
            _ => String::new(),
        };
        rows.push(
            Phase::Score,
            column.plugin,
            PASSED,
            format!("{range}, weight {}", column.weight),
        );
    }
    rows.table.unwrap_or_else(new_table).print(output)
}

type Mark = (&'static str, Style);
const PASSED: Mark = ("✓", Style::Good);
const REJECTED: Mark = ("✗", Style::Bad);
const SKIPPED: Mark = ("–", Style::Dim);

#[derive(Default)]
struct Rows {
    table: Option<Table>,
    last: Option<Phase>,
    /// The plugins of the phase that have nothing to do.
    skipped: Vec<&'static str>,
}

impl Rows {
    /// Tells of the plugins that have nothing to do, which are most: they share a line.
    fn skipped(&mut self, phase: Phase) {
        if self.skipped.is_empty() {
            return;
        }
        let names = std::mem::take(&mut self.skipped).join(", ");
        self.push(
            phase,
            "others",
            SKIPPED,
            format!("nothing to do for this pod: {names}"),
        );
    }

    fn status(&mut self, phase: Phase, plugin: &'static str, status: &Status, passed: Option<String>) {
        if status.code == Code::Skip {
            self.skipped.push(plugin);
            return;
        }
        let (mark, text) = match status.code {
            Code::Success => (PASSED, passed.unwrap_or_default()),
            _ => (REJECTED, status.reasons.join(", ")),
        };
        self.push(phase, plugin, mark, text);
    }

    fn push(&mut self, phase: Phase, plugin: &str, mark: Mark, text: String) {
        let name = if self.last == Some(phase) {
            ""
        } else {
            phase.as_str()
        };
        self.last = Some(phase);
        let style = if mark == SKIPPED { Style::Dim } else { Style::Plain };
        self.table.get_or_insert_with(new_table).row(vec![
            name.into(),
            Span::new(plugin, style),
            Span::new(mark.0, mark.1),
            Span::new(text, style),
        ]);
    }
}

fn new_table() -> Table {
    Table::new(["", "", "", ""].map(|head| (head, Align::Left)))
        .indent(2)
        .flowing()
}
