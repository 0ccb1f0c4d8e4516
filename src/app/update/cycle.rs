//! What a person does with the film, and how it goes on by itself.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use super::confirming;
use crate::app::actions::Action;
use crate::app::confirm::Step;
use crate::app::cycle::{CycleScreen, Field, Film, Ground, Parts, Sent, Stop, rail, sending};
use crate::app::effect::Effect;
use crate::app::layout::Area;
use crate::app::notices::Level;
use crate::app::overlay::Overlay;
use crate::app::prose::{Line, wrap};
use crate::app::state::State;

/// How long a frame stands while the film plays.
const FRAME: Duration = Duration::from_secs(1);

/// The screen is opened: a film of another pod than the selected one begins anew.
pub(super) fn enter(state: &mut State) {
    let selected = state.pod().map(|row| &row.pod.uid);
    let shown = state.cycle.film.as_ref().map(|film| &film.pod.uid);
    if selected.is_some() && selected != shown {
        state.cycle = CycleScreen::default();
    }
}

/// Does `action`; whatever it is, the film stops playing.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let played = state.cycle.next.take().is_some();
    let page = page(state);
    match action {
        Action::Forward => go(state, 1),
        Action::Backward => go(state, -1),
        Action::First => go(state, isize::MIN / 2),
        Action::Last => go(state, isize::MAX / 2),
        Action::NextPhase => phase(state, true),
        Action::PreviousPhase => phase(state, false),
        Action::Up => cursor(state, -1),
        Action::Down => cursor(state, 1),
        Action::HalfUp => cursor(state, -line(state)),
        Action::HalfDown => cursor(state, line(state)),
        Action::PageUp => scroll(state, -page),
        Action::PageDown => scroll(state, page),
        Action::Play if !played => return play(state),
        Action::Latest => latest(state),
        Action::Open => open(state),
        Action::Place => place(state),
        Action::Back => state.leave(),
        _ => {}
    }
    Vec::new()
}

/// Goes `by` frames on.
fn go(state: &mut State, by: isize) {
    let screen = &mut state.cycle;
    let last = screen
        .film
        .as_ref()
        .map_or(0, |film| film.frames.len().saturating_sub(1));
    screen.at = screen.at.saturating_add_signed(by).min(last);
}

/// Goes to the first frame of the next phase, or of the one before.
fn phase(state: &mut State, on: bool) {
    let screen = &mut state.cycle;
    let (Some(film), Some(here)) = (&screen.film, screen.frame().map(|frame| frame.stop)) else {
        return;
    };
    let next = if on {
        film.frames.iter().position(|frame| frame.stop > here)
    } else {
        let before = film.frames.iter().rev().find(|frame| frame.stop < here);
        before.and_then(|frame| film.first_at(frame.stop)).or(Some(0))
    };
    if let Some(next) = next {
        screen.at = next;
    }
}

/// Moves the cursor by `by` nodes.
fn cursor(state: &mut State, by: isize) {
    let screen = &mut state.cycle;
    let last = screen.ground.len().saturating_sub(1);
    screen.cursor = screen.cursor.saturating_add_signed(by).min(last);
}

/// Nodes in a line of the field.
fn line(state: &State) -> isize {
    let field = &state.cycle.field;
    isize::try_from(field.per_row * field.group).unwrap_or(1).max(1)
}

fn page(state: &State) -> isize {
    let rows = Parts::of(state.layout().body).said.inner().height;
    isize::try_from(rows).unwrap_or(1).saturating_sub(1).max(1)
}

fn scroll(state: &mut State, by: isize) {
    let rows = Parts::of(state.layout().body).said.inner().height as usize;
    let screen = &mut state.cycle;
    let last = screen.said.len().saturating_sub(rows);
    screen.offset = screen.offset.saturating_add_signed(by).min(last);
}

fn play(state: &mut State) -> Vec<Effect> {
    let screen = &mut state.cycle;
    let Some(film) = &screen.film else {
        return Vec::new();
    };
    if screen.at + 1 >= end(film) {
        screen.at = 0;
    }
    again(state)
}

/// Where playing stops: where a person has to decide, or at the end.
fn end(film: &Film) -> usize {
    film.first_at(Stop::Permit)
        .map_or(film.frames.len(), |permit| permit + 1)
}

fn again(state: &mut State) -> Vec<Effect> {
    let after = SignedDuration::try_from(FRAME).unwrap_or(SignedDuration::from_secs(1));
    state.cycle.next = state.now.checked_add(after).ok();
    vec![Effect::Wake(FRAME)]
}

/// Time went by: the next frame, if it is due.
pub(super) fn tick(state: &mut State) -> Vec<Effect> {
    let screen = &mut state.cycle;
    let due = screen.next.is_some_and(|next| state.now >= next);
    let Some(film) = screen.film.as_ref().filter(|_| due) else {
        return Vec::new();
    };
    if screen.at + 1 < end(film) {
        screen.at += 1;
    }
    if screen.at + 1 < end(film) {
        return again(state);
    }
    screen.next = None;
    Vec::new()
}

/// Begins a film of the latest decision, at the same stop and on the same node.
fn latest(state: &mut State) {
    let uid = state.cycle.film.as_ref().map(|film| Arc::clone(&film.pod.uid));
    let Some(selected) = state
        .decision()
        .filter(|selected| Some(&selected.pod.uid) == uid.as_ref())
    else {
        let text = "there is no later decision on this pod: it waits no longer, or another is selected";
        state.notices.tell(state.now, Level::Hint, text);
        return;
    };
    let film = Film::of(selected, queued(state), &state.view.nodes);
    let before = state.cycle.frame().map(|frame| (frame.stop, frame.plugin));
    let same = film
        .frames
        .iter()
        .position(|frame| Some((frame.stop, frame.plugin)) == before);
    let stop = || before.and_then(|(stop, _)| film.first_at(stop));
    let at = same.or_else(stop).unwrap_or(0);
    let node = state.cycle.node_name().and_then(|name| film.trace.nodes.id(name));
    let ground = Ground::of(&film);
    let screen = &mut state.cycle;
    screen.cursor = node.and_then(|node| ground.position(node)).unwrap_or(0);
    screen.ground = ground;
    screen.film = Some(film);
    screen.at = at;
    screen.said_of = None;
}

fn queued(state: &State) -> Option<&crate::engine::view::Queued> {
    state.pod().and_then(|row| row.queued.as_ref())
}

/// Enter: places where the film has come to the person's decision.
fn open(state: &mut State) {
    if state.cycle.decides() {
        place(state);
    } else if state.cycle.film.is_some() {
        let text = "you decide at Permit; p asks now";
        state.notices.tell(state.now, Level::Hint, text);
    }
}

/// Opens the dialog that places the film's pod on the node under the cursor.
fn place(state: &mut State) {
    let Some((uid, key)) = state
        .cycle
        .film
        .as_ref()
        .map(|film| (&film.pod.uid, &film.pod.key))
    else {
        return;
    };
    if state.pod().map(|row| &row.pod.uid) != Some(uid) {
        let text = format!("{key} waits no longer: the film is of how it was judged");
        state.notices.tell(state.now, Level::Hint, text);
        return;
    }
    let name = state.cycle.node_name().cloned();
    let Some(nth) = name.as_deref().and_then(|name| state.nodes.rows.position(name)) else {
        let text = "that node is not there any more, or the filter of the nodes hides it";
        state.notices.tell(state.now, Level::Hint, text);
        return;
    };
    state.nodes.scroll.cursor = nth;
    state.nodes.chosen = name;
    confirming::ask(state);
}

/// Takes a click: on a stop of the rail, or on a node of the field.
pub(super) fn click(state: &mut State, (x, y): (u16, u16)) {
    state.cycle.next = None;
    let parts = Parts::of(state.layout().body);
    let screen = &mut state.cycle;
    let rail = parts.rail.inner();
    if rail.contains(x, y) {
        let first = rail::first(&screen.rail, rail.height as usize);
        let row = screen.rail.get(first + (y - rail.y) as usize);
        if let Some(frame) = row.and_then(|row| row.frame) {
            screen.at = frame;
        }
    }
    let spots = parts.spots();
    if spots.contains(x, y) {
        let hit = screen
            .field
            .hit(&screen.ground, (x - spots.x) as usize, (y - spots.y) as usize);
        screen.cursor = hit.unwrap_or(screen.cursor);
    }
}

/// Works out what the screen shows.
pub(super) fn settle(state: &mut State, body: Area) {
    begin(state);
    follow(state);
    let parts = Parts::of(body);
    let decision = state.decision().cloned();
    let screen = &mut state.cycle;
    let Some(film) = &mut screen.film else {
        return;
    };
    if let Some(selected) = &decision {
        film.learn(selected);
        screen.outdated = film.is_outdated_by(selected);
    }
    screen.at = screen.at.min(film.frames.len().saturating_sub(1));
    screen.cursor = screen.cursor.min(screen.ground.len().saturating_sub(1));
    let node = screen.ground.node(screen.cursor);
    let cells = film.cells(screen.at);
    screen.field = Field::of(&screen.ground, &cells, node, parts.spots());

    let key = &film.pod.key;
    let (to, own) = match &screen.sent {
        Some(sent) => {
            let own = state.wire.log.iter().filter(|request| sent.holds(request, key));
            (&*sent.to, own.cloned().collect())
        }
        None => ("", Vec::new()),
    };
    let shown = parts.wire.inner().height as usize;
    let marks = sending::marks(&own, key, to);
    screen.rail = rail::rows(film, screen.at, &marks);

    let inner = |area: Area| (area.inner().width as usize).saturating_sub(2);
    let frame = film.frame(screen.at);
    let headline = frame.map(|frame| Line::new().plain(&frame.headline));
    screen.headline = wrap(headline.into_iter().collect(), inner(parts.headline));
    let columns = inner(parts.said);
    let sent = frame.map_or_else(Vec::new, |frame| sending::lines(&own, frame.stop, key, to));
    let said = film.said(screen.at, node, columns, &state.options.zone, sent);
    screen.said = wrap(said, columns);
    if screen.said_of != Some((screen.at, node)) {
        screen.said_of = Some((screen.at, node));
        screen.offset = 0;
    }
    let last = screen
        .said
        .len()
        .saturating_sub(parts.said.inner().height as usize);
    screen.offset = screen.offset.min(last);

    screen.for_pod = !own.is_empty();
    let latest = state.wire.log.iter().rev().take(shown);
    screen.requests = if own.is_empty() {
        let mut latest: Vec<_> = latest.cloned().collect();
        latest.reverse();
        latest
    } else {
        own
    };
}

/// Begins the film, once there is a decision.
fn begin(state: &mut State) {
    if state.cycle.film.is_some() {
        return;
    }
    let Some(selected) = state.decision() else {
        return;
    };
    let film = Film::of(selected, queued(state), &state.view.nodes);
    let ground = Ground::of(&film);
    let best = film.trace.decision.chosen().first().copied();
    let own = state.node_name().and_then(|name| film.trace.nodes.id(name));
    let node = own.or(best);
    state.cycle = CycleScreen {
        cursor: node.and_then(|node| ground.position(node)).unwrap_or(0),
        ground,
        film: Some(film),
        ..CycleScreen::default()
    };
}

/// Goes with a placement of the film's pod: what is sent is seen here, so that the dialog stands in the way.
fn follow(state: &mut State) {
    let Some(uid) = state.cycle.film.as_ref().map(|film| Arc::clone(&film.pod.uid)) else {
        return;
    };
    let flight = state.flight.as_ref().filter(|flight| flight.pod.uid == uid);
    let stage = flight.map(|flight| flight.stage.clone());
    let sent = &mut state.cycle.sent;
    match (flight, sent.as_mut()) {
        (Some(flight), Some(sent)) if sent.to == flight.node => sent.until = None,
        (Some(flight), _) => {
            *sent = Some(Sent {
                to: Arc::clone(&flight.node),
                since: state.now,
                until: None,
            });
        }
        (None, Some(sent)) => sent.until = sent.until.or(Some(state.now)),
        (None, None) => {}
    }
    let running = matches!(
        &state.overlay,
        Some(Overlay::Confirm(open)) if open.pod.uid == uid && matches!(open.step, Step::Running)
    );
    if running {
        state.overlay = None;
    }
    let screen = &mut state.cycle;
    if stage != screen.stage {
        let stop = stage.as_ref().map(sending::stop_of);
        screen.stage = stage;
        if let Some(at) = stop.and_then(|stop| screen.film.as_ref()?.first_at(stop)) {
            screen.at = at;
        }
    }
}
