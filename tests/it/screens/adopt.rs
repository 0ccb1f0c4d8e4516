//! An outage: the banner, and the dialogs of adopting.

use berth::app::link::Operator;
use berth::app::{Msg, State, update};
use berth::model::PodKey;
use berth::model::situation::State as Word;
use crossterm::event::KeyCode;
use jiff::SignedDuration;

use super::{cart, key, select, snap, text};
use crate::flows::adopt::link;
use crate::screens_world::now;

/// The shop with kube-scheduler in this state, the DNS pod that waits for it selected.
fn outage(size: (u16, u16), word: Word) -> State {
    let (mut state, mut world) = cart(size, 0);
    select(&mut state, &mut world, 0);
    update(&mut state, Msg::Link(link(word, 192)), now());
    state
}

fn press(state: &mut State, keys: &str) {
    for c in keys.chars() {
        update(state, key(KeyCode::Char(c)), now());
    }
}

fn enter(state: &mut State) {
    update(state, Msg::Drawn, now());
    let later = now() + SignedDuration::from_secs(1);
    update(state, key(KeyCode::Enter), later);
}

/// The same with its pods adopted.
fn adopted(size: (u16, u16)) -> State {
    let mut state = outage(size, Word::Expired);
    press(&mut state, "A");
    update(&mut state, Msg::Drawn, now());
    press(&mut state, "kube-scheduler's node is gone");
    enter(&mut state);
    state
}

#[test]
fn adopting_is_asked_about() {
    snap("adopt_down", |size| {
        let mut state = outage(size, Word::Expired);
        press(&mut state, "A");
        state
    });
    snap("adopt_alive", |size| {
        let mut state = outage(size, Word::Alive);
        press(&mut state, "A");
        update(&mut state, Msg::Drawn, now());
        press(&mut state, "it hangs");
        enter(&mut state);
        state
    });
}

#[test]
fn an_adoption_is_counted_down() {
    snap("adopted", adopted);
    snap("adopt_renew", |size| {
        let mut state = adopted(size);
        press(&mut state, "A");
        state
    });
}

#[test]
fn a_scheduler_that_is_back_is_told() {
    snap("adoption_over", |size| {
        let mut state = adopted(size);
        update(&mut state, Msg::Link(link(Word::Alive, 0)), now());
        state
    });
}

#[test]
fn another_operator_is_shown() {
    snap("two_operators", |size| {
        let (mut state, _) = cart(size, 0);
        let mut both = link(Word::Expired, 192);
        both.operators = vec![Operator {
            who: "ben@laptop".to_owned(),
            open: Some(PodKey::new("shop", "cart-7f9c4d8b6f-w8kzp")),
            adopts: Vec::new(),
        }];
        update(&mut state, Msg::Link(both), now());
        press(&mut state, "p");
        state
    });
}

#[test]
fn every_banner_fits_eighty_columns_with_its_key() {
    for word in [Word::Expired, Word::HandedBack, Word::Stuck] {
        let state = outage((80, 24), word);
        let shown = text(&state);
        let line = shown.lines().nth(1).expect("a line");
        assert!(line.contains("A adopts") && line.contains("critical"), "{line}");
    }
    let line = text(&adopted((80, 24)));
    let line = line.lines().nth(1).expect("a line");
    assert!(line.contains("A renews") && line.contains("15:00 left"), "{line}");
}
