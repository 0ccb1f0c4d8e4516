//! The first line: which cluster, and whether the screen can be trusted.

use ratatui::buffer::Buffer;

use super::paint;
use super::theme::Theme;
use crate::app::State;
use crate::app::banner;
use crate::app::figures::{age, count, latency};
use crate::app::layout::Area;
use crate::app::link::Trust;
use crate::app::measure::{cut_end, cut_middle};
use crate::app::prose::Line;
use crate::engine::view::Summary;
use crate::model::situation::State as Word;

/// Draws the first line.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    let columns = area.width as usize;
    let trust = trust(state, columns / 2);
    let room = columns.saturating_sub(trust.width() + 4);
    let left = (0..5)
        .map(|brevity| cluster(state, brevity))
        .find(|line| line.width() <= room)
        .unwrap_or_else(|| Line::new().strong(cut_end(&state.link.context, room)));
    let inside = Area {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    };
    paint::line(buffer, inside, 0, &left, theme);
    let at = inside.width.saturating_sub(trust.width() as u16);
    let right = Area {
        x: inside.x + at,
        width: inside.width - at,
        ..inside
    };
    paint::line(buffer, right, 0, &trust, theme);
}

/// The cluster in numbers; the greater `brevity`, the fewer words.
fn cluster(state: &State, brevity: usize) -> Line {
    let summary = &state.view.summary;
    let context = if state.link.context.is_empty() {
        "cluster"
    } else {
        &state.link.context
    };
    let name = cut_middle(context, [40, 28, 24, 16, 16][brevity]);
    let namespace = match &state.namespace {
        Some(namespace) => cut_middle(namespace, 24).into_owned(),
        None if brevity == 0 => "all namespaces".to_owned(),
        None => "all".to_owned(),
    };
    let line = Line::new().strong(name).dim(" ▸ ").plain(namespace);
    if !state.view.synced && summary.nodes == 0 && summary.waiting == 0 {
        // Nothing has come: there may be many.
        return line;
    }
    let line = line.dim(" · ");
    let line = if brevity < 4 {
        nodes(line, summary, brevity).dim(" · ")
    } else {
        line
    };
    let line = line.plain(format!("{} waiting", count(summary.waiting)));
    let line = match summary.critical {
        0 => line,
        critical => line.dim(", ").bad(format!("! {} critical", count(critical))),
    };
    let line = match &state.view.profile {
        Some(profile) if brevity < 2 => line.dim(" · profile ").accent(cut_middle(profile, 24)),
        _ => line,
    };
    let line = match summary.gated {
        gated if gated > 0 && brevity == 0 => line.dim(", ").plain(format!("{} gated", count(gated))),
        _ => line,
    };
    operators(others(line, state, brevity), state, brevity)
}

fn nodes(line: Line, summary: &Summary, brevity: usize) -> Line {
    let (nodes, ready) = (count(summary.nodes), count(summary.ready));
    let (line, ready) = match brevity {
        0 | 1 => (line.plain(format!("{nodes} nodes, ")), format!("{ready} ready")),
        _ => (line, format!("{ready}/{nodes} ready")),
    };
    if summary.ready < summary.nodes {
        line.warn(ready)
    } else {
        line.plain(ready)
    }
}

/// Who else works here with berth.
fn operators(line: Line, state: &State, brevity: usize) -> Line {
    match state.link.operators.as_slice() {
        [] => line,
        [one] if brevity < 2 => line.dim(" · ").warn(format!("◇ {}", cut_middle(&one.who, 24))),
        all => line.dim(" · ").warn(format!("◇ {} more", all.len())),
    }
}

/// Who else places pods: those that should and do not, and whether kube-scheduler does.
fn others(mut line: Line, state: &State, brevity: usize) -> Line {
    // What the banner tells is not told twice.
    let told = state.banner.as_ref().and_then(|_| banner::subject(state));
    for other in &state.link.schedulers {
        if told.is_some_and(|told| told.name == other.name) {
            continue;
        }
        let name = cut_middle(other.called(), [24, 24, 18, 16, 16][brevity]);
        line = match (other.alive(), other.since) {
            (Some(false), _) if other.state == Word::Silent => match brevity {
                0 => line.dim(" · ").dim(format!("nothing is seen of {name}")),
                _ => line,
            },
            (Some(false), Some(since)) if brevity < 2 => {
                let silent = age(since, state.now);
                line.dim(" · ").bad(format!("▲ {name} silent {silent}"))
            }
            (Some(false), _) => line.dim(" · ").bad(format!("▲ no {name}")),
            (Some(true), _) if brevity == 0 => line.dim(" · ").dim(format!("{name} alive")),
            _ => line,
        };
    }
    line
}

fn trust(state: &State, columns: usize) -> Line {
    match state.link.trust() {
        Trust::Connecting => Line::new().warn("◌ connecting"),
        Trust::Syncing {
            resource,
            objects,
            others,
        } => {
            let what = match objects {
                0 => format!("◌ waiting for {resource}"),
                objects => format!("◌ syncing {} {resource}", count(objects)),
            };
            Line::new().warn(match others {
                0 => what,
                others => format!("{what} and {others} more"),
            })
        }
        Trust::File { written } => Line::new().plain(format!("▪ a file, {} old", age(written, state.now))),
        Trust::Live {
            latency: time,
            unseen,
        } => {
            let line = match time {
                None => Line::new().good("● live"),
                Some(time) => Line::new().good("● live ").dim(latency(time)),
            };
            match unseen {
                0 => line,
                1 => line.warn(", 1 kind unseen"),
                kinds => line.warn(format!(", {kinds} kinds unseen")),
            }
        }
        Trust::Stale { what, since, error } => {
            let text = format!("▲ {what} stale {}: {error}", age(since, state.now));
            Line::new().bad(cut_end(&text, columns))
        }
    }
}
