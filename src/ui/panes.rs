//! Borders and titles of the panes. Panes of one column share the border between them.

use ratatui::buffer::Buffer;

use super::frame::border;
use super::paint::put;
use super::theme::Theme;
use crate::app::State;
use crate::app::figures::count;
use crate::app::layout::{Area, Layout, Pane};
use crate::app::measure::{cut_middle, width};
use crate::app::prose::Line;

/// Draws borders and titles of all panes.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, layout: &Layout) {
    let joined = |pane, at, column: &[(Pane, Area)]| {
        at + 1 < column.len() || pane == Pane::Nodes && layout.wire.height > 0
    };
    border(buffer, layout.wire, true, false, theme.border);
    for column in &layout.columns {
        for (at, &(pane, area)) in column.iter().enumerate() {
            border(buffer, area, at > 0, joined(pane, at, column), theme.border);
        }
    }
    for column in &layout.columns {
        for (at, &(pane, area)) in column.iter().enumerate() {
            let focused = pane == state.focus;
            if focused && !layout.single() {
                border(buffer, area, at > 0, joined(pane, at, column), theme.focus);
            }
        }
        for &(pane, area) in column {
            titles(buffer, state, theme, layout, pane, area);
        }
    }
}

fn titles(buffer: &mut Buffer, state: &State, theme: &Theme, layout: &Layout, pane: Pane, area: Area) {
    let room = (area.width as usize).saturating_sub(4);
    let style = if pane == state.focus {
        theme.accent.patch(theme.strong)
    } else {
        theme.strong
    };
    let mut x = 2;
    if layout.single() {
        let tabs: usize = Pane::ALL.iter().map(|pane| width(pane.as_str()) + 2).sum();
        if tabs + 8 <= room {
            for tab in Pane::ALL {
                let style = if tab == pane { style } else { theme.dim };
                let text = if tab == pane {
                    format!("▸{} ", tab.as_str())
                } else {
                    format!(" {} ", tab.as_str())
                };
                put(buffer, area, (x, 0), room, &text, style);
                x += width(&text);
            }
        } else {
            let text = format!(" {} ", pane.as_str());
            put(buffer, area, (x, 0), room, &text, style);
            x += width(&text);
        }
        let left = room.saturating_sub(x + 1);
        if let Some(aside) = subject(state, pane, left).or_else(|| aside(state, pane, left)) {
            let text = format!(" {} ", aside.text());
            let at = (area.width as usize).saturating_sub(width(&text) + 2);
            if at > x {
                put(buffer, area, (at, 0), room, &text, theme.text);
            }
        }
        return;
    }
    let aside = aside(state, pane, room.saturating_sub(width(pane.as_str()) + 6));
    let own = title(
        state,
        pane,
        room.saturating_sub(aside.as_ref().map_or(0, |a| a.width() + 3)),
    );
    let mark = if pane == state.focus { "▸" } else { " " };
    put(buffer, area, (x, 0), room, &format!("{mark}{own} "), style);
    if let Some(aside) = aside {
        let text = format!(" {} ", aside.text());
        let at = (area.width as usize).saturating_sub(width(&text) + 2);
        if at > x + width(&own) + 2 {
            put(buffer, area, (at, 0), room, &text, theme.dim);
        }
    }
}

/// The title of `pane` in at most `columns` columns.
fn title(state: &State, pane: Pane, columns: usize) -> String {
    let columns = columns.saturating_sub(2);
    match (pane, state.pod(), state.node_name()) {
        (Pane::Nodes, Some(row), _) => cut_middle(&row.pod.key.to_string(), columns).into_owned(),
        (Pane::Why, Some(_), Some(node)) => {
            format!("Why {}", cut_middle(node, columns.saturating_sub(4)))
        }
        (Pane::Cluster, ..) if columns >= 38 => {
            format!("Cluster: {}, by zone", state.cluster.aspect.as_str())
        }
        _ => pane.as_str().to_owned(),
    }
}

/// What a pane that is shown alone is about: the pod whose nodes they are, the node that is explained.
fn subject(state: &State, pane: Pane, columns: usize) -> Option<Line> {
    let (name, after) = match pane {
        Pane::Nodes => {
            let trace = state.nodes.rows.trace().filter(|_| !state.judging());
            let none = if state.judging() { " · judging …" } else { "" };
            let fits = trace.map_or_else(
                || none.to_owned(),
                |trace| format!(" · {}/{} fit", trace.feasible.len(), trace.nodes.ids.len()),
            );
            (state.pod()?.pod.key.to_string(), fits)
        }
        Pane::Why => {
            let all = state.why.lines.len();
            let height = state.layout().inside(pane).height as usize;
            let last = (state.why.offset + height).min(all);
            let range = format!(" · {}–{last} of {all}", state.why.offset + 1);
            let range = if all > height { range } else { String::new() };
            (state.node_name()?.to_string(), range)
        }
        Pane::Waiting | Pane::Cluster | Pane::Placed => return None,
    };
    let room = columns.saturating_sub(width(&after) + 2);
    (room >= 8).then(|| Line::new().plain(cut_middle(&name, room)).plain(after))
}

/// What stands at the right of the title of `pane`, if it has room in `columns` columns.
fn aside(state: &State, pane: Pane, columns: usize) -> Option<Line> {
    let texts = match pane {
        Pane::Waiting => {
            let rows = state.waiting.rows.len();
            let all = state.view.waiting.len();
            if all == 0 && !state.view.synced {
                return None;
            }
            let at = if rows == 0 {
                0
            } else {
                state.waiting.scroll.cursor + 1
            };
            let filter = &state.waiting.filter;
            if !state.marks.is_empty() && filter.is_empty() {
                let marked = state.marks.len();
                let short = format!("{marked} marked");
                vec![format!("{short} · {at} of {}", count(rows)), short]
            } else if filter.is_empty() && state.namespace.is_none() {
                vec![format!("{at} of {}", count(rows))]
            } else {
                let short = format!("{at} of {}, {} in all", count(rows), count(all));
                if filter.is_empty() {
                    vec![short, format!("{at} of {}", count(rows))]
                } else {
                    vec![
                        format!("/{filter}  {short}"),
                        short,
                        format!("{at} of {}", count(rows)),
                    ]
                }
            }
        }
        Pane::Nodes if state.judging() => vec!["judging …".to_owned()],
        Pane::Nodes => {
            let trace = state.nodes.rows.trace()?;
            let (fit, all) = (trace.feasible.len(), trace.nodes.ids.len());
            let tie = trace.decision.chosen().len();
            let mut texts = Vec::new();
            let fits = format!("{} of {} nodes fit", count(fit), count(all));
            if !state.nodes.filter.is_empty() {
                texts.push(format!("/{}  {fits}", state.nodes.filter));
            } else if tie > 1 {
                texts.push(format!("{fits}, {tie} tie"));
            }
            texts.push(fits);
            texts.push(format!("{fit}/{all}"));
            texts
        }
        Pane::Why => {
            let all = state.why.lines.len();
            let height = state.layout().inside(pane).height as usize;
            if all <= height {
                return None;
            }
            vec![format!(
                "{}–{} of {all}",
                state.why.offset + 1,
                (state.why.offset + height).min(all)
            )]
        }
        Pane::Cluster => {
            let picture = &state.cluster.picture;
            let mut texts = Vec::new();
            if picture.hidden > 0 {
                texts.push(format!("{} more zones", picture.hidden));
            }
            if picture.group > 1 {
                texts.push(format!("{} nodes to a cell", picture.group));
            }
            texts
        }
        Pane::Placed => match state.placed.len() {
            0 => Vec::new(),
            placed => vec![placed.to_string()],
        },
    };
    texts
        .into_iter()
        .map(|text| Line::new().plain(text))
        .find(|line| line.width() <= columns)
}
