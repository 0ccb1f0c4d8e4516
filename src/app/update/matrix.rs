//! What a person does on the matrix screen, and what follows from it.

use std::sync::Arc;

use super::confirming;
use crate::app::actions::Action;
use crate::app::effect::Effect;
use crate::app::layout::Area;
use crate::app::manifest::Subject;
use crate::app::matrix::explained::Explained;
use crate::app::matrix::{ExplainedOf, Grid, Head};
use crate::app::notices::Level;
use crate::app::prose::{Line, wrap};
use crate::app::state::{FilterTarget, Filtering, State};
use crate::app::why;
use crate::engine::view::Selected;

/// Begins with the node under the cursor of the home screen.
pub(super) fn open(state: &mut State) {
    if let Some(node) = state.node_name() {
        state.matrix.chosen = Some(Arc::clone(node));
    }
    state.manifests.forget();
}

/// Does `action`.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let page = page(state);
    match action {
        Action::Up => go(state, -1),
        Action::Down => go(state, 1),
        Action::PageUp => go(state, -page),
        Action::PageDown => go(state, page),
        Action::HalfUp => go(state, -(page / 2).max(1)),
        Action::HalfDown => go(state, (page / 2).max(1)),
        Action::First => go(state, isize::MIN / 2),
        Action::Last => go(state, isize::MAX / 2),
        Action::Left => across(state, -1),
        Action::Right => across(state, 1),
        Action::NextPane => state.matrix.reading = state.matrix.open && !state.matrix.reading,
        Action::Open => explain(state),
        Action::Place => place(state),
        Action::Sort => sort(state, state.matrix.at_head()),
        Action::Filter => filter(state),
        Action::Copy => return copy(state),
        Action::Back => back(state),
        _ => {}
    }
    Vec::new()
}

/// Scrolls what is read, or moves the cursor.
fn go(state: &mut State, by: isize) {
    if reads(state) {
        scroll(state, by);
    } else {
        move_by(state, by);
    }
}

/// Whether keys go to the explanation.
fn reads(state: &State) -> bool {
    let grid = grid(state);
    state.matrix.open && (state.matrix.reading || grid.frame.width == 0)
}

fn grid(state: &State) -> Grid {
    Grid::of(&state.matrix, state.layout().body)
}

fn page(state: &State) -> isize {
    let grid = grid(state);
    let area = if reads(state) {
        grid.pane.inner()
    } else {
        grid.rows
    };
    (area.height as isize - 1).max(1)
}

fn scroll(state: &mut State, by: isize) {
    let height = grid(state).pane.inner().height as usize;
    let last = state.matrix.lines.len().saturating_sub(height);
    state.matrix.offset = state.matrix.offset.saturating_add_signed(by).min(last);
}

/// Moves the cursor by `by` rows.
pub(super) fn move_by(state: &mut State, by: isize) {
    let screen = &mut state.matrix;
    screen.scroll.step(by, screen.matrix.len());
    screen.chosen = screen.matrix.name(screen.scroll.cursor).cloned();
}

/// Moves the cursor by `by` columns.
fn across(state: &mut State, by: isize) {
    let last = state.matrix.heads().len().saturating_sub(1);
    state.matrix.head = state.matrix.head.saturating_add_signed(by).min(last);
}

fn explain(state: &mut State) {
    if state.matrix.open {
        state.matrix.reading = !state.matrix.reading;
    } else if !state.matrix.matrix.is_empty() {
        state.matrix.open = true;
        state.matrix.reading = false;
        state.manifests.forget();
    }
}

fn place(state: &mut State) {
    if state.judging() {
        let text = "still judging this pod: in a moment";
        state.notices.tell(state.now, Level::Hint, text);
        return;
    }
    let node = state.matrix.matrix.node(state.matrix.scroll.cursor);
    confirming::ask_for(state, node);
}

fn sort(state: &mut State, head: Head) {
    let screen = &mut state.matrix;
    screen.sort = screen.sort.chosen(screen.sort_of(head));
}

fn filter(state: &mut State) {
    state.matrix.reading = false;
    state.filtering = Some(Filtering {
        target: FilterTarget::Matrix,
        input: state.matrix.filter.clone().into(),
    });
}

fn copy(state: &mut State) -> Vec<Effect> {
    let text = if state.matrix.open {
        let lines: Vec<String> = state.matrix.lines.iter().map(copied).collect();
        Some((lines.join("\n"), "the explanation".to_owned()))
    } else {
        let name = state.matrix.matrix.name(state.matrix.scroll.cursor);
        name.map(|name| (name.to_string(), name.to_string()))
    };
    let Some((text, what)) = text else {
        state.notices.tell(state.now, Level::Hint, "nothing to copy here");
        return Vec::new();
    };
    state
        .notices
        .tell(state.now, Level::Hint, format!("copied {what}"));
    vec![Effect::Copy(text)]
}

/// A line as it is copied.
pub(super) fn copied(line: &Line) -> String {
    line.text().trim_end().replace('\u{a0}', " ")
}

/// Leaves the explanation, the filter, the screen.
fn back(state: &mut State) {
    let screen = &mut state.matrix;
    if screen.open {
        (screen.open, screen.reading) = (false, false);
    } else if screen.filter.is_empty() {
        state.leave();
    } else {
        screen.filter.clear();
    }
}

/// Takes a click.
pub(super) fn click(state: &mut State, (x, y): (u16, u16), double: bool) {
    let grid = grid(state);
    if grid.pane.contains(x, y) {
        state.matrix.reading = true;
        return;
    }
    let Some((row, head)) = grid.hit(x, y) else {
        return;
    };
    state.matrix.reading = false;
    let place = state.matrix.heads().iter().position(|&have| have == head);
    state.matrix.head = place.unwrap_or(0);
    // The column stays where it was clicked.
    state.matrix.first = first_shown(state, &grid);
    let Some(row) = row else {
        sort(state, head);
        return;
    };
    let at = state.matrix.scroll.offset + row;
    if at >= state.matrix.matrix.len() {
        return;
    }
    state.matrix.scroll.cursor = at;
    move_by(state, 0);
    if double && !state.matrix.open {
        explain(state);
    }
}

fn first_shown(state: &State, grid: &Grid) -> usize {
    let first = grid.columns.get(1).map(|(head, ..)| *head);
    let heads = state.matrix.heads();
    let found = heads.iter().position(|&head| Some(head) == first);
    found.unwrap_or(state.matrix.first)
}

/// Takes the wheel over the explanation; whether it was there.
pub(super) fn wheel(state: &mut State, (x, y): (u16, u16), by: isize) -> bool {
    let over = grid(state).pane.contains(x, y);
    if over {
        scroll(state, by);
    } else {
        move_by(state, by);
    }
    true
}

/// Works out what follows.
pub(super) fn settle(state: &mut State, body: Area) -> Vec<Effect> {
    rows(state);
    let grid = Grid::of(&state.matrix, body);
    let first = first_shown(state, &grid);
    let screen = &mut state.matrix;
    let height = grid.rows.height as usize;
    if height > 0 {
        screen.first = first;
        screen
            .scroll
            .show(screen.scroll.cursor, screen.matrix.len(), height);
    }
    if !state.matrix.open {
        return Vec::new();
    }
    let effects = read(state);
    explanation(state, &grid);
    effects
}

/// While the decision on the pod is to come, the rows of the last one stay, so that nothing flickers.
fn rows(state: &mut State) {
    let judging = state.judging();
    let gated = state.decision().is_some_and(|selected| selected.trace.gated());
    let trace = state.decision().map(|selected| Arc::clone(&selected.trace));
    let trace = trace.filter(|_| !gated);
    let screen = &mut state.matrix;
    let on_screen = screen.scroll.cursor.saturating_sub(screen.scroll.offset);
    let (sort, filter) = (screen.sort, screen.filter.clone());
    if !judging
        && screen
            .matrix
            .refresh(trace.as_ref(), &state.view.nodes, sort, &filter)
    {
        let found = screen.chosen.as_ref().and_then(|name| screen.matrix.row(name));
        screen.scroll.cursor = found.unwrap_or(0);
        screen.scroll.offset = screen.scroll.cursor.saturating_sub(on_screen);
    }
    screen.scroll.step(0, screen.matrix.len());
    screen.chosen = screen.matrix.name(screen.scroll.cursor).cloned();
    screen.head = screen.head.min(screen.heads().len().saturating_sub(1));
}

/// Asks for the manifests that the explanation shows.
fn read(state: &mut State) -> Vec<Effect> {
    let subjects = match (&state.matrix.chosen, state.matrix.matrix.trace()) {
        (Some(node), Some(trace)) => vec![Subject::Pod(trace.pod.clone()), Subject::Node(Arc::clone(node))],
        _ => Vec::new(),
    };
    subjects
        .into_iter()
        .filter_map(|subject| state.manifests.want(subject))
        .collect()
}

fn explanation(state: &mut State, grid: &Grid) {
    let inside = grid.pane.inner();
    let columns = (inside.width as usize).saturating_sub(2);
    let screen = &state.matrix;
    let node = screen.matrix.node(screen.scroll.cursor);
    let of = state.decision().zip(node).map(|(selected, node)| ExplainedOf {
        trace: Arc::clone(&selected.trace),
        node,
        head: screen.at_head(),
        explanation: selected.explanation(node).cloned(),
        manifests: state.manifests.changes(),
        columns,
    });
    let same = match (&screen.of, &of) {
        (Some(old), Some(new)) => old.same_as(new),
        (None, None) => true,
        // Judging: what was said stays until there is something new.
        (Some(_), None) => state.judging(),
        (None, Some(_)) => false,
    };
    if !same {
        let same_cell = screen
            .of
            .as_ref()
            .zip(of.as_ref())
            .is_some_and(|(old, new)| old.is_of_same_cell(new));
        let lines = state
            .decision()
            .zip(of.as_ref())
            .map_or_else(Vec::new, |(selected, of)| {
                wrap(told(state, selected, of), columns)
            });
        let screen = &mut state.matrix;
        screen.lines = lines;
        screen.of = of;
        if !same_cell {
            screen.offset = 0;
        }
    }
    let screen = &mut state.matrix;
    let last = screen.lines.len().saturating_sub(inside.height as usize);
    screen.offset = screen.offset.min(last);
}

fn told(state: &State, selected: &Selected, of: &ExplainedOf) -> Vec<Line> {
    let Some(column) = state.matrix.column(of.head) else {
        return why::explain(selected, of.node, of.columns);
    };
    let node = state.matrix.chosen.clone().unwrap_or_else(|| "".into());
    let subjects = [Subject::Pod(of.trace.pod.clone()), Subject::Node(node)];
    let explained = Explained {
        trace: &of.trace,
        node: of.node,
        column,
        explanation: of.explanation.as_ref(),
        manifests: [0, 1].map(|at: usize| state.manifests.get(&subjects[at])),
        columns: of.columns,
    };
    explained.lines()
}
