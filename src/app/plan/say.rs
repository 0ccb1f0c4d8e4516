//! What the Plan screen says in words.

use std::sync::Arc;

use super::dialog::pods;
use super::rows::{Row, Section, Sign};
use super::run::Stage;
use super::{Planning, Side};
use crate::app::figures::count;
use crate::app::prose::Line;
use crate::app::state::State;
use crate::scheduling::plan::{Difference, Fate, Mode, Why};

/// The title of the table.
pub fn title(planning: &Planning) -> String {
    let Some(planned) = &planning.planned else {
        return "Plan".to_owned();
    };
    let (placed, over) = (planned.plan.placements().count(), planned.plan.unplaced().count());
    match &planning.run.stage {
        Stage::Running => format!("Placing {} of {}", planning.run.done.len() + 1, planning.run.of),
        Stage::Finished => format!("Placed {}", pods(planning.run.done.len())),
        Stage::Stopped(_) => format!("Stopped after {} of {}", planning.run.done.len(), planning.run.of),
        Stage::Idle if over > 0 => format!("Plan: {placed} of {} placed", placed + over),
        Stage::Idle => format!("Plan: {}", pods(placed)),
    }
}

/// What stands at the right of the title: what goes on, or how the plan was made.
pub fn aside(state: &State) -> String {
    let planning = &state.plan;
    if let Some(progress) = planning.study.and_then(|study| state.studies.progress(study)) {
        return if progress.of == 0 {
            "planning …".to_owned()
        } else {
            format!("planning {}/{} …", count(progress.done), count(progress.of))
        };
    }
    if planning.planned.is_some() && planning.stale && matches!(planning.run.stage, Stage::Idle) {
        return "the cluster changed: r plans again".to_owned();
    }
    let filter = if planning.filter.is_empty() {
        String::new()
    } else {
        format!("/{}  ", planning.filter)
    };
    let mode = match planning.planned.as_ref().map(|planned| planned.plan.mode) {
        Some(Mode::OneByOne) => "one by one",
        Some(Mode::Optimized { .. }) => "optimized",
        None => "",
    };
    format!("{filter}{mode}")
}

/// The head of a section.
pub fn head(section: Section, count: usize) -> String {
    match section {
        Section::Placed => String::new(),
        Section::Over if count == 1 => "Left over: 1 pod fits nowhere by then".to_owned(),
        Section::Over => format!("Left over: {count} pods fit nowhere by then"),
        Section::Out => format!("Left out: {}", pods(count)),
    }
}

/// The pod under the cursor, and what matters about the plan.
pub fn about(state: &State) -> Vec<Line> {
    let planning = &state.plan;
    let mut lines = Vec::new();
    if let Stage::Stopped(stop) = &planning.run.stage {
        lines.push(match &stop.pod {
            Some((pod, _, node)) => Line::hanging(2)
                .bad("✗ ")
                .strong(format!("Stopped at {pod} → {node}: "))
                .plain(&stop.text),
            None => Line::hanging(2).warn("▲ ").strong(&stop.text),
        });
        lines.push(
            Line::hanging(2)
                .plain("  ")
                .dim("⏎ plans what is left anew and asks again"),
        );
    }
    if let Some(row) = planning.row() {
        lines.extend(of_row(planning, row));
    }
    if let Some(planned) = &planning.planned {
        lines.extend(planned.difference.iter().map(difference));
        lines.extend(
            planned
                .plan
                .caveats
                .iter()
                .map(|caveat| Line::hanging(2).warn("▲ ").plain(caveat)),
        );
        lines.extend(
            planned
                .plan
                .gone
                .iter()
                .map(|pod| Line::hanging(2).dim(format!("  {pod} is gone"))),
        );
    }
    lines
}

fn of_row(planning: &Planning, row: &Row) -> Vec<Line> {
    let name = Line::hanging(2).strong(row.pod.key.to_string());
    let planned = planning.planned.as_ref();
    let found = planned.and_then(|planned| planned.plan.rows.iter().find(|have| have.pod.uid == row.pod.uid));
    if matches!(row.sign, Sign::Done | Sign::DoneBut) {
        let node = row.node.as_deref().unwrap_or_default();
        let line = name.plain(" is on ").strong(node);
        return vec![if row.grave {
            line.plain(": ").warn(&row.note)
        } else {
            line.plain(", placed by this plan")
        }];
    }
    let Some(found) = found else {
        return vec![name];
    };
    match &found.fate {
        Fate::Placed(placement) => {
            let all = planned.map_or(0, |planned| planned.plan.nodes);
            let fits = format!("{} of {} nodes fit by then", placement.fit, all);
            let total = placement
                .total
                .map_or_else(String::new, |total| format!(", total {total}"));
            let why = match placement.why {
                Why::Scored { alike: 0 | 1 } => "the best node".to_owned(),
                Why::Scored { alike } => format!("the first by name of {alike} best nodes"),
                Why::Single => "the only node that fits".to_owned(),
                Why::Nominated => "the node that it is nominated for".to_owned(),
                Why::Pinned if placement.best => "pinned by you, and the best node".to_owned(),
                Why::Pinned => "pinned by you; the profile would choose another".to_owned(),
                Why::Search => "leaves room for others; the profile would choose another".to_owned(),
            };
            let mut lines = vec![
                name.plain(" → ")
                    .strong(&*placement.node)
                    .plain(format!(": {why}{total}; {fits}")),
            ];
            lines.extend(
                placement
                    .unprepared
                    .iter()
                    .map(|left| Line::hanging(2).bad("✗ ").bad(left.to_string())),
            );
            lines
        }
        Fate::Unplaced(unplaced) => {
            let mut lines = vec![name.plain(" stays unplaced: ").plain(&*unplaced.message)];
            if unplaced.fit > 0 {
                let text = format!(
                    "  {} other nodes fit: i pins it to one of them, or to none",
                    unplaced.fit
                );
                lines.push(Line::hanging(2).dim(text));
            }
            lines
        }
        Fate::LeftOut(why) => vec![name.plain(format!(": {why}"))],
    }
}

/// What the search does otherwise than one by one.
fn difference(difference: &Difference) -> Line {
    let line = Line::hanging(2).accent("≠ ");
    if difference.is_none() {
        return line.plain("the search found nothing better than going one by one");
    }
    let (before, after) = difference.counts;
    let (less, more) = difference.totals;
    line.plain(format!(
        "against one by one: {after} placed instead of {before} (+{} −{}), {} elsewhere, sum of totals {more} instead of {less}",
        difference.placed.len(),
        difference.dropped.len(),
        difference.moved.len(),
    ))
}

/// What an empty table says.
pub fn nothing(state: &State) -> Vec<Line> {
    let planning = &state.plan;
    if planning.study.is_some() {
        return vec![
            Line::new().strong("Planning …"),
            Line::new(),
            Line::new()
                .plain("Each pod is judged on a copy of the cluster in which those before it are placed."),
            Line::new().dim("Esc goes back; the plan goes on"),
        ];
    }
    if !planning.filter.is_empty() {
        return vec![
            Line::new().strong("No pod of the plan matches"),
            Line::new().dim("Esc clears the filter"),
        ];
    }
    if !state.view.synced {
        return vec![Line::new().dim("The first lists are still coming in: r plans once they are complete")];
    }
    vec![
        Line::hanging(2).good("✓ ").strong("There is nothing to plan"),
        Line::new(),
        Line::new().plain(format!(
            "A plan has a node for each of many pods. No pod with schedulerName {} waits.",
            state.options.scheduler_name()
        )),
        Line::new()
            .dim("On Home, m marks pods and P plans those that are marked; without marks, all that are ours"),
    ]
}

/// The tabs of a small screen.
pub const fn tab(side: Side) -> &'static str {
    match side {
        Side::Table => "Plan",
        Side::Cluster => "Cluster",
    }
}

/// The name of a pod's node in the plan, for the clipboard.
pub fn copied(row: &Row) -> String {
    let node: Option<&Arc<str>> = row.node.as_ref();
    node.map_or_else(
        || row.pod.key.to_string(),
        |node| format!("{} → {node}", row.pod.key),
    )
}
