//! What the settings change on the screen.

use std::sync::Arc;
use std::time::Duration;

use berth::app::overlay::Overlay;
use berth::app::{Effect, Msg, Settings, State, update};
use crossterm::event::KeyCode;
use jiff::{SignedDuration, Timestamp};

use crate::screens::{broken, cart, key, snap, text};
use crate::screens_world::now;

fn with(state: &mut State, text: &str) {
    let settings = Settings::read(text, "settings.yaml").expect("settings");
    state.options.keymap = Arc::clone(&settings.keymap);
    state.options.settings = Arc::new(settings);
}

fn later(millis: i64) -> Timestamp {
    now() + SignedDuration::from_millis(millis)
}

fn places(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Place(_)))
}

#[test]
fn columns_are_those_that_are_wanted() {
    snap("columns", |size| {
        let mut state = cart(size, 0).0;
        with(
            &mut state,
            "columns: {waiting: [fit, age, scheduler], nodes: [total, zone, scores]}",
        );
        state
    });
    snap("columns_few", |size| {
        let mut state = cart(size, 7).0;
        with(&mut state, "columns: {waiting: [], nodes: [zone]}");
        state
    });
}

#[test]
fn keys_do_what_they_are_set_to_and_are_shown_so() {
    let mut state = cart((120, 36), 0).0;
    with(
        &mut state,
        "keys: {place: F5, messages: F6, pane-before: Left, quit: Ctrl-q}",
    );
    update(&mut state, key(KeyCode::F(5)), now());
    assert!(matches!(state.overlay, Some(Overlay::Confirm(_))), "F5 asks");
    update(&mut state, key(KeyCode::Esc), now());
    update(&mut state, key(KeyCode::F(6)), now());
    assert!(
        matches!(state.overlay, Some(Overlay::Notices(_))),
        "F6 shows messages"
    );
    update(&mut state, key(KeyCode::Esc), now());
    assert!(text(&state).contains("^q quit"), "{}", text(&state));
    assert!(!update(&mut state, key(KeyCode::Char('q')), now()).contains(&Effect::Quit));
}

#[test]
fn a_fitting_node_may_be_taken_without_asking() {
    let overruling = "confirm: {place: overruling}";
    let mut state = cart((120, 36), 0).0;
    assert!(
        !places(&update(&mut state, key(KeyCode::Char('p')), now())),
        "by default it is asked"
    );

    let mut state = cart((120, 36), 0).0;
    with(&mut state, overruling);
    let effects = update(&mut state, key(KeyCode::Char('p')), now());
    assert!(places(&effects) && state.overlay.is_none() && state.flight.is_some());

    let mut state = cart((120, 36), 0).0;
    with(&mut state, overruling);
    assert!(
        !places(&update(&mut state, key(KeyCode::Enter), now())),
        "Enter opens things: it always asks"
    );

    let mut state = cart((120, 36), 7).0;
    with(&mut state, overruling);
    assert!(
        !places(&update(&mut state, key(KeyCode::Char('p')), now())),
        "a rule is never overruled unasked"
    );
    assert!(matches!(state.overlay, Some(Overlay::Confirm(_))));

    let mut state = cart((120, 36), 0).0;
    with(&mut state, overruling);
    update(&mut state, Msg::Link(broken(14)), now());
    assert!(
        !places(&update(&mut state, key(KeyCode::Char('p')), now())),
        "what is shown is old"
    );
}

#[test]
fn a_key_that_is_held_down_places_one_pod() {
    let mut state = cart((120, 36), 0).0;
    with(&mut state, "confirm: {place: overruling}");
    assert!(places(&update(&mut state, key(KeyCode::Char('p')), now())));
    state.flight = None;
    assert!(!places(&update(&mut state, key(KeyCode::Char('p')), later(100))));
    assert!(
        matches!(state.overlay, Some(Overlay::Confirm(_))),
        "then it is asked"
    );
}

#[test]
fn dialogs_wait_as_long_as_is_set_but_never_less_where_a_rule_is_overruled() {
    let short = "confirm: {wait: 200ms}";
    for (down, waits) in [(0, 200), (7, 700)] {
        let mut state = cart((120, 36), down).0;
        with(&mut state, short);
        update(&mut state, key(KeyCode::Char('p')), now());
        let effects = update(&mut state, Msg::Drawn, now());
        assert_eq!(effects, [Effect::Wake(Duration::from_millis(waits))]);
        let armed = |state: &State, at| match &state.overlay {
            Some(Overlay::Confirm(confirm)) => confirm.hears(at),
            _ => panic!("the dialog is open"),
        };
        let waits = i64::try_from(waits).expect("a few");
        assert!(!armed(&state, later(waits - 1)) && armed(&state, later(waits)));
    }
}

#[test]
fn leaving_may_go_unasked() {
    let mut state = cart((120, 36), 0).0;
    with(&mut state, "confirm: {place: overruling, leave: false}");
    update(&mut state, key(KeyCode::Char('p')), now());
    assert!(state.flight.is_some());
    assert_eq!(update(&mut state, key(KeyCode::Char('q')), now()), [Effect::Quit]);
}
