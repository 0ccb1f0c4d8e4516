//! What a person does on the compare screen, and what follows from it.

use std::sync::Arc;

use super::matrix::copied;
use super::{choosing, confirming};
use crate::app::actions::Action;
use crate::app::chooser::Chooser;
use crate::app::compare::{ComparedOf, told};
use crate::app::effect::Effect;
use crate::app::layout::Area;
use crate::app::manifest::Subject;
use crate::app::notices::Level;
use crate::app::prose::wrap;
use crate::app::screen::Screen;
use crate::app::state::State;
use crate::model::NodeId;
use crate::scheduling::Trace;

/// Begins with the best node and the one under the cursor of the screen before; where that is the best, with the next.
pub(super) fn open(state: &mut State) {
    let under = match state.screen {
        Screen::Matrix => state.matrix.chosen.clone(),
        Screen::Compare => return,
        _ => state.node_name().cloned(),
    };
    state.manifests.forget();
    state.compare.offset = 0;
    state.compare.nodes = state
        .decision()
        .and_then(|selected| pair(&selected.trace, under.as_deref()));
}

/// The best node and `other`, or the next best; where none fits, those with the fewest rules against them are the best.
fn pair(trace: &Trace, other: Option<&str>) -> Option<[Arc<str>; 2]> {
    let mut ranked: Vec<usize> = (0..trace.feasible.len()).collect();
    ranked.sort_by_key(|&at| std::cmp::Reverse(trace.totals.get(at).copied()));
    let mut all: Vec<NodeId> = trace.nodes.ids.clone();
    all.sort_by_cached_key(|&node| trace.rejections(node).count() + usize::from(trace.excluded(node)));
    let chosen = trace.decision.chosen().iter().copied();
    let fit = ranked
        .into_iter()
        .filter_map(|at| trace.feasible.get(at).copied());
    let all = chosen.chain(fit).chain(all);
    let mut names = all.filter_map(|node| trace.nodes.names.get(node.index()));
    let best = Arc::clone(names.next()?);
    let other = other
        .and_then(|name| trace.nodes.id(name))
        .filter(|_| other != Some(&*best));
    let other = other.and_then(|node| trace.nodes.names.get(node.index()));
    let other = other.or_else(|| names.find(|name| **name != best))?;
    Some([best, Arc::clone(other)])
}

/// Compares with `node`, as the second of the two.
pub(super) fn with(state: &mut State, node: Arc<str>) {
    if let Some([_, b]) = &mut state.compare.nodes {
        *b = node;
        state.compare.offset = 0;
    }
}

/// Does `action`.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let page = (rows(state.layout().body, state.compare.head.len()).height as isize - 1).max(1);
    match action {
        Action::Up => scroll(state, -1),
        Action::Down => scroll(state, 1),
        Action::PageUp => scroll(state, -page),
        Action::PageDown => scroll(state, page),
        Action::HalfUp => scroll(state, -(page / 2).max(1)),
        Action::HalfDown => scroll(state, (page / 2).max(1)),
        Action::First => scroll(state, isize::MIN / 2),
        Action::Last => scroll(state, isize::MAX / 2),
        Action::Open => state.compare.unfolded = !state.compare.unfolded,
        Action::Swap => {
            if let Some(nodes) = &mut state.compare.nodes {
                nodes.swap(0, 1);
            }
        }
        Action::OtherNode => {
            let nodes = Chooser::nodes(state);
            choosing::open(state, nodes);
        }
        Action::Place => place(state),
        Action::Copy => return copy(state),
        Action::Back => state.leave(),
        _ => {}
    }
    Vec::new()
}

fn scroll(state: &mut State, by: isize) {
    let height = rows(state.layout().body, state.compare.head.len()).height as usize;
    let last = state.compare.lines.len().saturating_sub(height);
    state.compare.offset = state.compare.offset.saturating_add_signed(by).min(last);
}

/// Where the lines are that scroll, below `head` lines that do not.
pub(super) fn rows(body: Area, head: usize) -> Area {
    body.inner().below(head as u16)
}

fn place(state: &mut State) {
    let trace = state.decision().map(|selected| Arc::clone(&selected.trace));
    let node = trace
        .zip(state.compare.nodes.as_ref())
        .and_then(|(trace, [a, _])| trace.nodes.id(a));
    confirming::ask_for(state, node);
}

fn copy(state: &mut State) -> Vec<Effect> {
    let lines = state.compare.head.iter().chain(&state.compare.lines);
    let lines: Vec<String> = lines.map(copied).collect();
    if lines.is_empty() {
        state.notices.tell(state.now, Level::Hint, "nothing to copy here");
        return Vec::new();
    }
    state
        .notices
        .tell(state.now, Level::Hint, "copied the comparison");
    vec![Effect::Copy(lines.join("\n"))]
}

/// Takes a click: one on the line that folds does so.
pub(super) fn click(state: &mut State, (x, y): (u16, u16)) {
    let rows = rows(state.layout().body, state.compare.head.len());
    if !rows.contains(x, y) {
        return;
    }
    let at = state.compare.offset + (y - rows.y) as usize;
    let line = state.compare.lines.get(at).map(crate::app::prose::Line::text);
    if line.is_some_and(|text| text.starts_with(['▸', '▾'])) {
        state.compare.unfolded = !state.compare.unfolded;
    }
}

/// Works out what follows.
pub(super) fn settle(state: &mut State, body: Area) -> Vec<Effect> {
    if state.compare.nodes.is_none() {
        let trace = state.decision().map(|selected| Arc::clone(&selected.trace));
        state.compare.nodes = trace.and_then(|trace| pair(&trace, None));
    }
    let Some(names) = state.compare.nodes.clone() else {
        (state.compare.head, state.compare.lines, state.compare.of) = (Vec::new(), Vec::new(), None);
        return Vec::new();
    };
    let effects: Vec<Effect> = names
        .iter()
        .filter_map(|name| state.manifests.want(Subject::Node(Arc::clone(name))))
        .collect();
    if !state.judging() {
        lines(state, names, body);
    }
    scroll(state, 0);
    effects
}

fn lines(state: &mut State, names: [Arc<str>; 2], body: Area) {
    let columns = (body.inner().width as usize).saturating_sub(2);
    let found = state.decision().and_then(|selected| {
        let ids = [0, 1].map(|at: usize| selected.trace.nodes.id(&names[at]));
        let [Some(a), Some(b)] = ids else {
            return None;
        };
        Some((selected, [a, b]))
    });
    let Some((selected, ids)) = found else {
        // A node is gone: the next decision finds another.
        (state.compare.head, state.compare.lines, state.compare.of) = (Vec::new(), Vec::new(), None);
        state.compare.nodes = None;
        return;
    };
    let of = ComparedOf {
        trace: Arc::clone(&selected.trace),
        explanations: ids.map(|id| selected.explanation(id).cloned()),
        nodes: names,
        manifests: state.manifests.changes(),
        unfolded: state.compare.unfolded,
        columns,
    };
    if state.compare.of.as_ref().is_some_and(|old| old.same_as(&of)) {
        return;
    }
    let manifests = [0, 1].map(|at: usize| {
        let reading = state.manifests.get(&Subject::Node(Arc::clone(&of.nodes[at])));
        reading
            .and_then(|reading| reading.manifest())
            .map(|manifest| manifest.object())
    });
    let (head, lines) = told(state, selected, ids, manifests, columns);
    state.compare.head = wrap(head, columns);
    state.compare.lines = wrap(lines, columns);
    state.compare.of = Some(of);
}
