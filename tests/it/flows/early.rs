//! Keys that come before what they are for.

use std::sync::Arc;

use berth::app::actions::{Action, Context, TABLE};
use berth::app::layout::Pane;
use berth::app::overlay::Overlay;
use berth::app::{Effect, Msg, Screen, State, update};
use berth::engine::View;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::screens::{key, text};
use crate::screens_world::{World, blank, live, now};

/// A screen to which nothing has come yet but that there is a connection.
fn early() -> State {
    let mut state = blank((120, 36));
    update(&mut state, Msg::Link(live()), now());
    state
}

fn press(state: &mut State, keys: &str) -> Vec<Effect> {
    let pressed = keys.chars().map(|c| match c {
        '→' => KeyCode::Right,
        '⏎' => KeyCode::Enter,
        '␛' => KeyCode::Esc,
        c => KeyCode::Char(c),
    });
    pressed.flat_map(|code| update(state, key(code), now())).collect()
}

/// The lists come, and what is looked at is judged.
fn arrive(state: &mut State, world: &mut World) {
    for _ in 0..4 {
        let pod = state.pod().map(|row| row.pod.key.clone());
        let found = world.pods.iter().position(|have| Some(&have.key) == pod.as_ref());
        world.selected = found.unwrap_or(0);
        world.revision += 1;
        update(state, Msg::View(world.view()), now());
    }
}

#[test]
fn keys_wait_for_the_lists_and_for_the_decision_in_their_order() {
    let mut state = early();
    press(&mut state, "jjs→→");
    assert_eq!((state.screen, state.early.len()), (Screen::Home, 5));
    let message = state.notices.current().expect("it is said").text.clone();
    assert_eq!(
        message,
        "5 keys wait for the first list of pods; Esc forgets them"
    );
    let mut world = World::shop();
    update(&mut state, Msg::View(world.view()), now());
    assert_eq!(
        &*state.pod().expect("a pod").pod.key.name,
        "cart-7f9c4d8b6f-w8kzp"
    );
    assert_eq!(
        (state.screen, state.early.len()),
        (Screen::Cycle, 0),
        "the view has a decision on the cart, so that the film has begun"
    );
    assert_eq!(state.cycle.at, 2);
    arrive(&mut state, &mut world);

    // Another pod is not judged yet: the screen opens at once, and what is done on it waits.
    press(&mut state, "␛js→");
    assert_eq!((state.screen, state.early.len()), (Screen::Cycle, 1));
    let message = &state.notices.current().expect("it is said").text;
    assert!(
        message.starts_with("the key waits for the decision on web/front-5d6f7c9b4-2q2lm"),
        "{message}"
    );
    arrive(&mut state, &mut world);
    assert_eq!((state.cycle.at, state.early.len()), (1, 0));
}

#[test]
fn each_screen_takes_them() {
    for (keys, screen) in [
        ("jjxl", Screen::Matrix),
        ("jjc", Screen::Compare),
        ("jjw", Screen::WhatIf),
        ("jjf", Screen::Fixes),
        ("jjP", Screen::Plan),
    ] {
        let mut state = early();
        press(&mut state, keys);
        assert_eq!(state.screen, Screen::Home, "{keys}");
        arrive(&mut state, &mut World::shop());
        assert_eq!((state.screen, state.early.len()), (screen, 0), "{keys}");
        assert!(!text(&state).contains("No pod is chosen"), "{}", text(&state));
    }
}

#[test]
fn nothing_that_places_waits() {
    let mut state = early();
    press(&mut state, "jj");
    let effects = press(&mut state, "p⏎");
    assert_eq!(state.early.len(), 2);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Place(_))));
    let message = &state.notices.current().expect("it is said").text;
    assert_eq!(
        message,
        "nothing can be placed before the first list of pods is there"
    );
    arrive(&mut state, &mut World::shop());
    assert!(state.overlay.is_none());
}

#[test]
fn they_can_be_forgotten_and_do_not_go_into_what_was_opened_meanwhile() {
    let mut state = early();
    press(&mut state, "jjs␛");
    assert!(state.early.is_empty());
    arrive(&mut state, &mut World::shop());
    assert_eq!((state.screen, state.waiting.scroll.cursor), (Screen::Home, 0));

    let mut state = early();
    press(&mut state, "jjx?");
    assert!(
        matches!(state.overlay, Some(Overlay::Help(0))),
        "help does not wait"
    );
    arrive(&mut state, &mut World::shop());
    assert_eq!(state.early.len(), 3, "help takes none of them");
    assert!(matches!(state.overlay, Some(Overlay::Help(0))));
    press(&mut state, "␛");
    assert_eq!((state.screen, state.early.len()), (Screen::Matrix, 0));
}

#[test]
fn where_nothing_comes_they_are_not_kept_for_ever() {
    let mut state = early();
    press(&mut state, &"j".repeat(500));
    assert_eq!(state.early.len(), 64);
    let mut empty = World::shop();
    empty.pods.clear();
    update(&mut state, Msg::View(empty.view()), now());
    assert!(state.early.is_empty(), "the lists are complete, and no pod waits");
    let text = text(&state);
    assert!(text.contains("No pod waits for a node"), "{text}");
}

/// Before anything has come, every key of every screen does something or says what it waits for.
#[test]
fn no_key_is_silent_before_anything_has_come() {
    let focus = [Pane::Waiting, Pane::Nodes];
    let mut pressed = 0;
    for row in TABLE {
        let here = row.holds_in(Context::Screen(Screen::Home));
        // There is no way back from the first screen, and an end of what is filtered.
        if !here || matches!(row.action, Action::Back) {
            continue;
        }
        for chord in row.keys {
            for pane in focus {
                let mut state = early();
                update(&mut state, Msg::View(Arc::new(View::default())), now());
                state.focus = pane;
                update(&mut state, Msg::Tick, now());
                let before = text(&state);
                let modifiers = if chord.ctrl {
                    KeyModifiers::CONTROL
                } else {
                    KeyModifiers::NONE
                };
                let effects = update(&mut state, Msg::Key(KeyEvent::new(chord.code, modifiers)), now());
                let after = text(&state);
                assert!(
                    before != after || !effects.is_empty(),
                    "{:?} by {chord:?} in {pane:?} is silent",
                    row.action
                );
                pressed += 1;
            }
        }
    }
    assert!(pressed > 60, "{pressed}");
}
