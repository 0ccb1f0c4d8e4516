//! What a person does on the Plan screen.

mod asking;
mod editing;
mod pinning;
mod running;

use std::sync::Arc;

pub(super) use asking::{confirm, typed};
pub(super) use pinning::{candidates, pin};
pub(super) use running::{adoption_over, advance, landed};

use crate::app::actions::Action;
use crate::app::effect::Effect;
use crate::app::layout::Area;
use crate::app::notices::Level;
use crate::app::plan::usage::bars;
use crate::app::plan::{Asked, Places, Planning, Rows, Side, Stage, rows, say};
use crate::app::prose::wrap;
use crate::app::state::{FilterTarget, Filtering, State};
use crate::engine::study::{Planned, StudyId};

/// The screen is opened: plans what is marked, unless that is what is planned already.
pub(super) fn entered(state: &mut State) -> Vec<Effect> {
    if state.plan.run.is_running() {
        return Vec::new();
    }
    let wanted = Asked::of_marks(state.marks.values());
    let same = state
        .plan
        .asked
        .as_ref()
        .is_some_and(|asked| asked.request.pods == wanted.request.pods);
    if same && (state.plan.planned.is_some() || state.plan.study.is_some()) {
        return Vec::new();
    }
    state.plan.edits = crate::app::history::History::default();
    state.plan.run.done.clear();
    state.plan.run.stage = Stage::Idle;
    state.plan.planned = None;
    state.plan.scroll = crate::app::scroll::Scroll::default();
    state.plan.chosen = None;
    state.plan.asked = Some(wanted);
    begin(state)
}

/// Plans what is asked for.
fn begin(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    if let Some(study) = state.plan.study.take() {
        state.studies.end(study);
        effects.push(Effect::Abandon(study));
    }
    if let Some(asked) = &state.plan.asked {
        let id = state.studies.begin();
        effects.push(Effect::Study(id, asked.study()));
        state.plan.study = Some(id);
    }
    effects
}

/// A plan has come; nothing where the first lists are not complete.
pub(super) fn planned(state: &mut State, id: StudyId, planned: Option<Arc<Planned>>) {
    if state.plan.study != Some(id) {
        return;
    }
    state.plan.study = None;
    let Some(planned) = planned else {
        return;
    };
    state.plan.planned = Some(planned);
    state.plan.seen = None;
    if !state.plan.run.is_running() {
        state.plan.run.stage = Stage::Idle;
    }
    if std::mem::take(&mut state.plan.go_on) {
        asking::ask(state);
    }
}

/// Does `action`.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Up => move_by(state, -1),
        Action::Down => move_by(state, 1),
        Action::PageUp => move_by(state, -page(state)),
        Action::PageDown => move_by(state, page(state)),
        Action::HalfUp => move_by(state, -(page(state) / 2).max(1)),
        Action::HalfDown => move_by(state, (page(state) / 2).max(1)),
        Action::First => move_by(state, isize::MIN / 2),
        Action::Last => move_by(state, isize::MAX / 2),
        Action::NextPane | Action::PreviousPane => {
            state.plan.side = match state.plan.side {
                Side::Table => Side::Cluster,
                Side::Cluster => Side::Table,
            };
        }
        Action::Open => return asking::enter(state),
        Action::MoveUp => return editing::shift(state, -1),
        Action::MoveDown => return editing::shift(state, 1),
        Action::Skip => return editing::skip(state),
        Action::Pin => return pinning::open(state),
        Action::Optimize => return editing::optimize(state),
        Action::Again => return again(state),
        Action::Undo => {
            return editing::undo(state, crate::app::history::History::undo, "nothing to undo here");
        }
        Action::Redo => {
            return editing::undo(
                state,
                crate::app::history::History::redo,
                "nothing to do again here",
            );
        }
        Action::Filter => {
            state.filtering = Some(Filtering {
                target: FilterTarget::Plan,
                input: state.plan.filter.clone().into(),
            });
        }
        Action::Copy => return copy(state),
        Action::Back => back(state),
        _ => {}
    }
    Vec::new()
}

/// Plans again on the cluster as it is now.
fn again(state: &mut State) -> Vec<Effect> {
    if editing::refused(state) {
        return Vec::new();
    }
    if matches!(state.plan.run.stage, Stage::Finished) {
        // What was carried out is over: from here on it is another plan.
        state.plan.run.done.clear();
        state.plan.run.stage = Stage::Idle;
    }
    begin(state)
}

/// Moves the cursor, or scrolls the cluster, by `by` rows.
pub(super) fn move_by(state: &mut State, by: isize) {
    if state.plan.side == Side::Cluster {
        state.plan.usage_offset = state.plan.usage_offset.saturating_add_signed(by);
        return;
    }
    let rows = state.plan.rows.len();
    state.plan.scroll.step(by, rows);
    state.plan.run.follows = false;
    state.plan.chosen = state.plan.row().map(|row| Arc::clone(&row.pod.uid));
}

fn page(state: &State) -> isize {
    let places = Places::of(state.layout().body, state.plan.side);
    (places.lines().height.max(places.cluster.inner().height) as isize - 1).max(1)
}

fn copy(state: &mut State) -> Vec<Effect> {
    let Some(row) = state.plan.row() else {
        state.notices.tell(state.now, Level::Hint, "nothing to copy here");
        return Vec::new();
    };
    let text = say::copied(row);
    state
        .notices
        .tell(state.now, Level::Hint, format!("copied {text}"));
    vec![Effect::Copy(text)]
}

fn back(state: &mut State) {
    if !state.plan.filter.is_empty() {
        state.plan.filter.clear();
    } else if state.plan.side == Side::Cluster && !Places::of(state.layout().body, Side::Cluster).both {
        state.plan.side = Side::Table;
    } else {
        state.leave();
    }
}

/// Takes a click into the body.
pub(super) fn click(state: &mut State, (x, y): (u16, u16), double: bool) -> Vec<Effect> {
    let places = Places::of(state.layout().body, state.plan.side);
    if places.cluster.contains(x, y) {
        state.plan.side = Side::Cluster;
        return Vec::new();
    }
    let lines = places.lines();
    if !lines.contains(x, y) {
        return Vec::new();
    }
    state.plan.side = Side::Table;
    let line = state.plan.scroll.offset + (y - lines.y) as usize;
    if let Some(&rows::Entry::Row(at)) = state.plan.rows.entries().get(line) {
        state.plan.scroll.cursor = at;
        state.plan.chosen = state.plan.row().map(|row| Arc::clone(&row.pod.uid));
        if double {
            state.clicked = None;
            return pinning::open(state);
        }
    }
    Vec::new()
}

/// Works out what follows from the state.
pub(super) fn settle(state: &mut State, body: Area) {
    outdated(state);
    let flying = state.flight.as_ref().map(|flight| &flight.pod.uid);
    let source = rows::Source::of(&state.plan, flying);
    let plan = &mut state.plan;
    if !plan.of.as_ref().is_some_and(|of| of.is(&source)) {
        plan.rows = Rows::of(&source, &plan.run.done);
        plan.of = Some(source);
        let found = plan.chosen.as_ref().and_then(|uid| plan.rows.position(uid));
        plan.scroll.cursor = found.unwrap_or(plan.scroll.cursor);
    }
    let rows = plan.rows.len();
    plan.scroll.step(0, rows);
    let places = Places::of(body, plan.side);
    usage(plan, places.cluster.inner().height as usize);
    let height = places.lines().height as usize;
    if height > 0 {
        let line = plan.rows.line_of(plan.scroll.cursor);
        let lines = plan.rows.entries().len();
        plan.scroll.show(line, lines, height);
    }
    let columns = (places.about.width as usize).saturating_sub(4);
    state.plan.about = wrap(say::about(state), columns);
}

/// The cluster before and after, in `height` lines if that is enough for every node.
fn usage(plan: &mut Planning, height: usize) {
    let height = height.saturating_sub(1);
    let same = match (&plan.usage_of, &plan.planned) {
        (Some((of, lines)), Some(planned)) => Arc::ptr_eq(of, planned) && *lines == height,
        (None, None) => true,
        _ => false,
    };
    if !same {
        plan.usage = plan
            .planned
            .as_ref()
            .map_or_else(Vec::new, |planned| bars(&planned.plan.usage, height));
        plan.usage_of = plan.planned.clone().map(|planned| (planned, height));
    }
    plan.usage_offset = plan.usage_offset.min(plan.usage.len().saturating_sub(height));
}

/// Whether the cluster is another one by now; looked at where something came, and not while our own placements change it.
fn outdated(state: &mut State) {
    let seen = (
        state.view.generation,
        Arc::as_ptr(&state.view.waiting).cast::<()>() as usize,
    );
    if state.plan.seen == Some(seen) || state.plan.planned.is_none() {
        return;
    }
    state.plan.seen = Some(seen);
    state.plan.stale = matches!(state.plan.run.stage, Stage::Idle) && state.plan.is_outdated(&state.view);
}
