//! What a person does with the requests, and how they come.

use crate::app::actions::Action;
use crate::app::effect::Effect;
use crate::app::layout::Area;
use crate::app::notices::Level;
use crate::app::prose::wrap;
use crate::app::state::{FilterTarget, Filtering, State};
use crate::app::wire::{Exchange, in_full};

/// Takes requests down.
pub(super) fn heard(state: &mut State, exchanges: Vec<Exchange>) {
    for exchange in exchanges {
        state.wire.log.put(exchange);
    }
}

/// Does `action`.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let page = page(state);
    match action {
        Action::Up => step(state, -1),
        Action::Down => step(state, 1),
        Action::PageUp => step(state, -page),
        Action::PageDown => step(state, page),
        Action::HalfUp => step(state, -(page / 2).max(1)),
        Action::HalfDown => step(state, (page / 2).max(1)),
        Action::First => step(state, isize::MIN / 2),
        Action::Last => step(state, isize::MAX / 2),
        Action::Open => state.wire.opened = !state.wire.opened && !state.wire.rows.is_empty(),
        Action::Filter => {
            state.wire.opened = false;
            state.filtering = Some(Filtering {
                target: FilterTarget::Wire,
                input: state.wire.filter.clone().into(),
            });
        }
        Action::Copy => return copy(state),
        Action::Back if state.wire.opened => state.wire.opened = false,
        Action::Back if !state.wire.filter.is_empty() => state.wire.filter.clear(),
        Action::Back => state.leave(),
        _ => {}
    }
    Vec::new()
}

/// Scrolls the request that is read, or moves the cursor.
fn step(state: &mut State, by: isize) {
    if state.wire.opened {
        let (_, detail) = state.wire.parts(state.layout().body);
        let last = state
            .wire
            .lines
            .len()
            .saturating_sub(detail.inner().height as usize);
        state.wire.offset = state.wire.offset.saturating_add_signed(by).min(last);
    } else {
        move_by(state, by);
    }
}

/// Moves the cursor by `by` requests; on the last one, it follows those that come.
pub(super) fn move_by(state: &mut State, by: isize) {
    let wire = &mut state.wire;
    wire.scroll.step(by, wire.rows.len());
    wire.follows = wire.scroll.cursor + 1 >= wire.rows.len();
    wire.on = wire.rows.get(wire.scroll.cursor).map(|row| row.id);
}

fn page(state: &State) -> isize {
    let (table, detail) = state.wire.parts(state.layout().body);
    let area = if state.wire.opened { detail } else { table };
    isize::try_from(area.inner().height)
        .unwrap_or(1)
        .saturating_sub(2)
        .max(1)
}

fn copy(state: &mut State) -> Vec<Effect> {
    let Some(row) = state.wire.rows.get(state.wire.scroll.cursor) else {
        state.notices.tell(state.now, Level::Hint, "nothing to copy here");
        return Vec::new();
    };
    let lines = in_full(row, &state.options.zone);
    let lines: Vec<String> = lines
        .iter()
        .map(|line| line.text().trim_end().to_owned())
        .collect();
    state
        .notices
        .tell(state.now, Level::Hint, "copied the request and its answer");
    vec![Effect::Copy(lines.join("\n"))]
}

/// Takes a click on a row.
pub(super) fn click(state: &mut State, (x, y): (u16, u16), double: bool) {
    let (table, _) = state.wire.parts(state.layout().body);
    let rows = table.inner().below(1);
    if !rows.contains(x, y) {
        return;
    }
    let at = state.wire.scroll.offset + (y - rows.y) as usize;
    if at < state.wire.rows.len() {
        let by = isize::try_from(at).unwrap_or(0) - isize::try_from(state.wire.scroll.cursor).unwrap_or(0);
        move_by(state, by);
        state.wire.opened = double;
    }
}

/// Works out what the screen shows.
pub(super) fn settle(state: &mut State, body: Area) {
    let wire = &mut state.wire;
    let filter = &wire.filter;
    let shown = wire.log.iter().filter(|exchange| exchange.holds(filter));
    wire.rows = shown.cloned().collect();
    let last = wire.rows.len().saturating_sub(1);
    let found = wire.on.filter(|_| !wire.follows);
    let found = found.map(|id| wire.rows.partition_point(|row| row.id < id).min(last));
    wire.scroll.cursor = found.unwrap_or(last);
    let (table, detail) = wire.parts(body);
    let rows = table.inner().below(1).height as usize;
    if rows > 0 {
        wire.scroll.show(wire.scroll.cursor, wire.rows.len(), rows);
    }
    let row = wire.rows.get(wire.scroll.cursor);
    let another = wire.on != row.map(|row| row.id);
    wire.on = row.map(|row| row.id);
    let columns = (detail.inner().width as usize).saturating_sub(2);
    wire.lines = match row {
        Some(row) if columns > 0 => wrap(in_full(row, &state.options.zone), columns),
        _ => Vec::new(),
    };
    if another {
        wire.offset = 0;
    }
    let last = wire.lines.len().saturating_sub(detail.inner().height as usize);
    wire.offset = wire.offset.min(last);
}
