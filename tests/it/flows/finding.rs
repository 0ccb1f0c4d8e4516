//! Finding the way: palette, namespaces, contexts, profiles, undo, going back.

use std::sync::Arc;

use berth::app::layout::Pane;
use berth::app::overlay::Overlay;
use berth::app::{Effect, Msg, Screen};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::Person;
use crate::screens::text;
use crate::screens_world::World;

fn pods(person: &Person) -> usize {
    person.state.waiting.rows.len()
}

#[test]
fn the_palette_does_what_is_typed_in_parts() {
    let mut person = Person::at(World::shop(), (120, 36));
    person.press(":");
    assert!(text(&person.state).contains("Palette"));
    person.press("nmspc shp");
    assert!(text(&person.state).contains("namespace shop"));
    person.hit(KeyCode::Enter);
    assert_eq!(person.state.namespace.as_deref(), Some("shop"));
    assert_eq!(pods(&person), 1);
}

#[test]
fn the_palette_opens_screens_and_shows_their_keys() {
    let mut person = Person::at_cart();
    person.press(":every node against");
    let screen = text(&person.state);
    let row = screen
        .lines()
        .find(|line| line.contains("every node against every plugin"));
    assert!(row.expect("the action").contains(" x "), "{row:?}");
    person.hit(KeyCode::Enter);
    assert_eq!(person.state.screen, Screen::Matrix);
}

#[test]
fn what_matches_nothing_is_said_and_chooses_nothing() {
    let mut person = Person::at_cart();
    person.press(":qqqqq");
    assert!(text(&person.state).contains("No action has this in its name"));
    person.hit(KeyCode::Enter);
    assert!(matches!(person.state.overlay, Some(Overlay::Choose(_))));
    person.hit(KeyCode::Esc);
    assert!(person.state.overlay.is_none());
    assert!(!person.quits());
}

#[test]
fn escape_leads_back_through_the_screens() {
    let mut person = Person::at_cart();
    person.press("xs");
    assert_eq!(person.state.screen, Screen::Cycle);
    person.hit(KeyCode::Esc);
    assert_eq!(person.state.screen, Screen::Matrix);
    person.press("q");
    assert_eq!(person.state.screen, Screen::Home);
    assert!(!person.quits(), "q leaves a screen before it leaves the program");
    person.press("q");
    assert!(person.quits());
}

#[test]
fn a_filter_a_namespace_and_marks_are_undone_and_done_again() {
    let mut person = Person::at(World::shop(), (120, 36));
    let all = pods(&person);
    person.press("/train");
    person.hit(KeyCode::Enter);
    assert_eq!(pods(&person), 2);
    person.press("gmm");
    assert_eq!(person.state.marks.len(), 2);
    person.press("uu");
    assert_eq!((person.state.marks.len(), pods(&person)), (0, 2));
    person.press("u");
    assert_eq!(pods(&person), all);
    person.press("u");
    assert!(
        person.message().contains("nothing to undo"),
        "{}",
        person.message()
    );
    person.press("UUU");
    assert_eq!((person.state.marks.len(), pods(&person)), (2, 2));
    person.press("U");
    assert!(
        person.message().contains("nothing to do again"),
        "{}",
        person.message()
    );
}

#[test]
fn a_filter_that_was_left_as_it_was_is_no_step() {
    let mut person = Person::at(World::shop(), (120, 36));
    person.press("/train");
    person.hit(KeyCode::Enter);
    person.press("/");
    person.hit(KeyCode::Enter);
    person.press("u");
    assert_eq!(person.state.waiting.filter, "");
}

#[test]
fn a_profile_is_chosen_where_there_are_some() {
    let mut person = Person::at_cart();
    person.press("R");
    assert!(person.message().contains("--config"), "{}", person.message());
    person.state.options.profiles = Arc::from([Arc::from("binpack")]);
    person.press("Rbin");
    person.hit(KeyCode::Enter);
    assert!(person.effects.contains(&Effect::JudgeBy(Some("binpack".into()))));
    person.change(|world| world.profile = Some("binpack".into()));
    assert!(
        text(&person.state)
            .lines()
            .next()
            .expect("a header")
            .contains("profile binpack")
    );
    person.press("Reach");
    person.hit(KeyCode::Enter);
    assert!(person.effects.contains(&Effect::JudgeBy(None)));
}

#[test]
fn marking_moves_on_and_unmarks() {
    let mut person = Person::at(World::shop(), (120, 36));
    assert_eq!(person.state.focus, Pane::Waiting);
    person.press("m");
    assert_eq!(person.state.waiting.scroll.cursor, 1);
    person.press("km");
    assert_eq!(person.state.marks.len(), 0);
}

#[test]
fn esc_and_a_key_that_follows_at_once_are_two_keys() {
    let mut person = Person::at_cart();
    person.press("xW");
    let alt = |letter| Msg::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::ALT));
    person.tell(alt('c'));
    assert_eq!(person.state.screen, Screen::Compare);
    person.hit(KeyCode::Esc);
    assert_eq!(person.state.screen, Screen::Matrix, "the wire was left");
    person.press("?");
    person.tell(alt('j'));
    assert!(person.state.overlay.is_none(), "a dialog that is read is closed");
    person.press(":pl");
    person.tell(alt('z'));
    assert!(person.state.overlay.is_some(), "what is typed into keeps it");
}
