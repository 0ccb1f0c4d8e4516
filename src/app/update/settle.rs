//! What follows from the state, worked out after every message: rows, running text, the picture, what the engine is
//! to look at. Each part is done again only when what it is made from is another.

use std::sync::Arc;

use super::{covering, details, lesson, plan, screens, viewing};
use crate::app::banner;
use crate::app::effect::Effect;
use crate::app::layout::{Layout, Pane};
use crate::app::overlay::Overlay;
use crate::app::picture::{Aspect, Picture};
use crate::app::prose::wrap;
use crate::app::queueing;
use crate::app::screen::Screen;
use crate::app::scroll::Scroll;
use crate::app::state::{PictureOf, State, WhyOf};
use crate::app::why;
use crate::engine::view::Interest;

/// Works out what follows.
pub(super) fn settle(state: &mut State) -> Vec<Effect> {
    if covering::veil(state) {
        viewing::keep_selection(state);
    }
    state.banner = banner::line(state);
    let layout = state.layout();
    waiting(state, &layout);
    nodes(state, &layout);
    why(state, &layout);
    cluster(state, &layout);
    let mut effects = plan::advance(state);
    effects.extend(lesson::settle(state, layout.lesson));
    effects.extend(screens::settle(state, layout.body));
    effects.extend(interest(state));
    effects.extend(doing(state));
    effects.extend(details::settle(state));
    effects.extend(covering::silence(state));
    effects
}

/// What other operators are to know. A pod is open while it is asked about or placed, and while its nodes are looked at.
fn doing(state: &mut State) -> Option<Effect> {
    let looked_at = match state.screen {
        Screen::Home => matches!(state.focus, Pane::Nodes | Pane::Why),
        Screen::Matrix | Screen::Compare | Screen::Cycle => true,
        _ => false,
    };
    let open = match (&state.overlay, &state.flight) {
        (Some(Overlay::Confirm(confirm)), _) => Some(&confirm.pod.key),
        (_, Some(flight)) => Some(&flight.pod.key),
        _ if looked_at => state.pod().map(|row| &row.pod.key),
        _ => None,
    };
    let adopts = state
        .adoptions
        .iter()
        .map(|adoption| Arc::clone(&adoption.scheduler));
    let now = (open.cloned(), adopts.collect());
    if state.doing == now {
        return None;
    }
    state.doing = now;
    let (open, adopts) = state.doing.clone();
    Some(Effect::Doing { open, adopts })
}

fn waiting(state: &mut State, layout: &Layout) {
    let rows = state.waiting.rows.len();
    let pane = &mut state.waiting;
    pane.scroll.step(0, rows);
    let (cursor, height) = (pane.scroll.cursor, layout.rows(Pane::Waiting).height as usize);
    if height > 0 {
        pane.scroll.show(cursor, rows, height);
    }
    let chosen = pane
        .rows
        .get(cursor)
        .map(|row| (row.pod.key.clone(), Arc::clone(&row.pod.uid)));
    if pane.chosen.as_ref().map(|(_, uid)| uid) != chosen.as_ref().map(|(_, uid)| uid) {
        pane.chosen = chosen;
        state.nodes.chosen = None;
        state.nodes.steps = 0;
        state.nodes.scroll = Scroll::default();
        state.why.offset = 0;
    }
}

/// While the decision on the selected pod is to come, the rows of the last one stay, so that nothing flickers.
fn nodes(state: &mut State, layout: &Layout) {
    let judging = state.judging();
    let trace = state.decision().map(|selected| Arc::clone(&selected.trace));
    let pane = &mut state.nodes;
    let on_screen = pane
        .rows
        .row_of(pane.scroll.cursor)
        .saturating_sub(pane.scroll.offset);
    if !judging && pane.rows.refresh(trace.as_ref(), &pane.filter) && trace.is_some() {
        let found = pane.chosen.as_ref().and_then(|name| pane.rows.position(name));
        pane.scroll.cursor = found.unwrap_or(0);
        let steps = std::mem::take(&mut pane.steps);
        if steps != 0 {
            pane.scroll.step(steps, pane.rows.nodes());
            pane.chosen = pane.rows.name(pane.scroll.cursor).cloned();
        }
        pane.scroll.offset = pane.rows.row_of(pane.scroll.cursor).saturating_sub(on_screen);
    }
    pane.scroll.step(0, pane.rows.nodes());
    let height = layout.rows(Pane::Nodes).height as usize;
    if height > 0 {
        let first = pane.scroll.cursor == 0;
        let row = pane.rows.row_of(pane.scroll.cursor);
        if first && row < height {
            pane.scroll.offset = 0;
        }
        pane.scroll.show(row, pane.rows.len(), height);
    }
}

fn why(state: &mut State, layout: &Layout) {
    if state.judging() {
        return;
    }
    let area = layout.inside(Pane::Why);
    let columns = (area.width as usize).saturating_sub(2);
    let of = state.decision().zip(state.node()).map(|(selected, node)| WhyOf {
        trace: Arc::clone(&selected.trace),
        node,
        explanation: selected.explanation(node).cloned(),
        columns,
        queued: state.pod().and_then(|row| row.queued.clone()),
    });
    let same = match (&state.why.of, &of) {
        (Some(old), Some(new)) => old.same_as(new),
        (None, None) => true,
        _ => false,
    };
    if !same && columns > 0 {
        let another = state.why.of.as_ref().map(|of| of.node) != of.as_ref().map(|of| of.node);
        let lines = match (&of, state.decision()) {
            (Some(of), Some(selected)) => {
                let mut lines = why::explain(selected, of.node, columns);
                let queue = of
                    .queued
                    .iter()
                    .flat_map(|queued| queueing::lines(queued, &state.options.zone));
                lines.splice(1..1, queue);
                wrap(lines, columns)
            }
            _ => Vec::new(),
        };
        state.why.lines = lines;
        state.why.of = of;
        if another {
            state.why.offset = 0;
        }
    }
    state.why.offset = state
        .why
        .offset
        .min(state.why.lines.len().saturating_sub(area.height as usize));
}

impl WhyOf {
    fn same_as(&self, other: &Self) -> bool {
        let same_explanation = match (&self.explanation, &other.explanation) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        same_explanation
            && Arc::ptr_eq(&self.trace, &other.trace)
            && self.node == other.node
            && self.queued == other.queued
            && self.columns == other.columns
    }
}

fn cluster(state: &mut State, layout: &Layout) {
    let area = layout.inside(Pane::Cluster);
    if area.height == 0 || area.width == 0 {
        return;
    }
    let aspect = state.cluster.aspect;
    let trace = match (aspect, &state.cluster.of) {
        (Aspect::Fit, Some(of)) if state.judging() => of.trace.clone(),
        (Aspect::Fit, _) => state.decision().map(|selected| Arc::clone(&selected.trace)),
        _ => None,
    };
    let of = PictureOf {
        nodes: Arc::clone(&state.view.nodes),
        area,
        aspect,
        trace,
    };
    if !state.cluster.of.as_ref().is_some_and(|had| had.same_as(&of)) {
        state.cluster.picture = Picture::of(&of.nodes, aspect, of.trace.as_deref(), area);
        state.cluster.of = Some(of);
    }
    let node = state.node_name().and_then(|name| state.summary_of(name));
    let marked = node.and_then(|node| state.cluster.picture.find(&state.view.nodes, node));
    state.cluster.marked = marked;
}

impl PictureOf {
    fn same_as(&self, other: &Self) -> bool {
        let same_trace = match (&self.trace, &other.trace) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        same_trace
            && Arc::ptr_eq(&self.nodes, &other.nodes)
            && self.area == other.area
            && self.aspect == other.aspect
    }
}

fn interest(state: &mut State) -> Option<Effect> {
    let pod = state.pod().map(|row| row.pod.key.clone());
    let known = state.decision().is_some();
    let nodes = if known {
        screens::looked_at(state)
    } else {
        Vec::new()
    };
    let interest = Interest { pod, nodes };
    if interest == state.interest {
        return None;
    }
    state.interest = interest.clone();
    Some(Effect::Look(interest))
}
