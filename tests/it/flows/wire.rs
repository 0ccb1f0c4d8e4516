//! The requests: how they come, and what keys do with them.

use berth::app::wire::Answer;
use berth::app::{Effect, Msg, Screen};
use crossterm::event::KeyCode;

use super::Person;
use super::cycle::exchange;
use crate::screens::text;

fn at_wire(count: u64) -> Person {
    let mut person = Person::at_cart();
    person.press("W");
    let pods = |id| exchange(id, "get", &format!("/api/v1/pods/{id}"), Answer::Status(200));
    person.tell(Msg::Wire((0..count).map(pods).collect()));
    person
}

fn on(person: &Person) -> u64 {
    person.state.wire.rows[person.state.wire.scroll.cursor].id
}

#[test]
fn the_cursor_follows_what_comes_until_it_is_moved() {
    let mut person = at_wire(100);
    assert_eq!(on(&person), 99);
    person.tell(Msg::Wire(vec![exchange(100, "get", "/version", Answer::Open)]));
    assert_eq!(on(&person), 100);
    person.hit(KeyCode::Up);
    person.hit(KeyCode::Up);
    assert_eq!(on(&person), 98);
    person.tell(Msg::Wire(vec![
        exchange(100, "get", "/version", Answer::Status(200)),
        exchange(101, "get", "/version", Answer::Open),
    ]));
    assert_eq!(on(&person), 98, "it stays where it was put");
    person.press("G");
    assert_eq!(on(&person), 101);
    person.tell(Msg::Wire(vec![exchange(102, "get", "/version", Answer::Open)]));
    assert_eq!(on(&person), 102, "at the end it follows again");
}

#[test]
fn the_latest_are_kept_and_the_cursor_is_not_lost_with_the_oldest() {
    let mut person = at_wire(600);
    assert_eq!(person.state.wire.log.len(), 500);
    person.press("g");
    assert_eq!(on(&person), 100);
    let more = (600..700).map(|id| exchange(id, "get", "/x", Answer::Open));
    person.tell(Msg::Wire(more.collect()));
    assert_eq!(on(&person), 200);
}

#[test]
fn one_is_opened_with_its_body_and_copied() {
    let mut person = at_wire(3);
    let path = "/api/v1/namespaces/a/pods/b/binding";
    person.tell(Msg::Wire(vec![exchange(
        3,
        "create",
        path,
        Answer::Lost("the connection is refused".into()),
    )]));
    person.hit(KeyCode::Enter);
    let screen = text(&person.state);
    assert!(
        screen.contains("\"kind\": \"Binding\"") && screen.contains("✗ the connection is refused"),
        "{screen}"
    );
    person.press("y");
    let copied = person.effects.iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text.as_str()),
        _ => None,
    });
    assert!(copied.is_some_and(|text| text.contains(path) && text.contains("Binding")));
    person.hit(KeyCode::Esc);
    assert_eq!(person.state.screen, Screen::Wire, "first the request is closed");
    person.hit(KeyCode::Esc);
    assert_eq!(person.state.screen, Screen::Home);
}

#[test]
fn a_filter_leaves_what_has_the_text() {
    let mut person = at_wire(20);
    person.tell(Msg::Wire(vec![exchange(
        20,
        "create",
        "/api/v1/x",
        Answer::Status(409),
    )]));
    person.press("/409");
    assert_eq!(person.state.wire.rows.len(), 1);
    person.hit(KeyCode::Enter);
    assert!(text(&person.state).contains("/409"));
    person.press("/");
    person.hit(KeyCode::Esc);
    assert_eq!(person.state.wire.rows.len(), 21);
    person.press("/nothing");
    person.hit(KeyCode::Enter);
    assert!(text(&person.state).contains("No request has 'nothing' in it"));
    person.hit(KeyCode::Esc);
    assert_eq!(person.state.screen, Screen::Wire, "first the filter is cleared");
    assert_eq!(person.state.wire.rows.len(), 21);
}
