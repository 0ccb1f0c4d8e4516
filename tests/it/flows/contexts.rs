//! Going to another context: what is shown stays until its server has answered, and it can be called off.

use std::sync::Arc;

use berth::app::notices::Level;
use berth::app::{Effect, Msg};
use berth::engine::View;
use crossterm::event::KeyCode;

use super::Person;
use crate::screens::text;

fn pods(person: &Person) -> usize {
    person.state.waiting.rows.len()
}

#[test]
fn another_context_is_connected_to_and_forgets_the_last() {
    let mut person = Person::at_cart();
    person.press("mC");
    assert!(text(&person.state).contains("staging"));
    person.press("stag");
    person.hit(KeyCode::Enter);
    assert!(person.effects.contains(&Effect::Connect("staging".into())));
    assert!(pods(&person) > 0, "what is shown stays until that has worked");
    person.tell(Msg::Connected);
    assert_eq!((pods(&person), person.state.marks.len()), (0, 0));
    assert!(person.state.pod().is_none() && person.state.node().is_none());
    let first = Arc::new(View {
        revision: 1,
        ..(*person.world.view()).clone()
    });
    person.tell(Msg::View(first));
    assert!(pods(&person) > 0, "its views count from one again");
}

#[test]
fn the_context_of_a_placement_under_way_is_not_left() {
    let mut person = Person::at_cart();
    person.hit(KeyCode::Enter);
    person.wait(700);
    person.hit(KeyCode::Enter);
    assert_eq!(person.intents().len(), 1);
    person.hit(KeyCode::Esc);
    person.press("Cstag");
    person.hit(KeyCode::Enter);
    assert!(
        person.message().contains("still being placed"),
        "{}",
        person.message()
    );
    assert!(
        !person
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Connect(_)))
    );
}

#[test]
fn how_far_it_is_is_shown_and_what_failed_is_told() {
    let mut person = Person::at_cart();
    person.press("Cstag");
    person.hit(KeyCode::Enter);
    person.wait(4000);
    person.tell(Msg::Connecting("asking https://10.0.0.7:6443".into()));
    let screen = text(&person.state);
    let line = " … connecting to staging, 4s: asking https://10.0.0.7:6443  Esc stays on prod-eu";
    assert!(screen.contains(line), "{screen}");
    let why = "cannot reach the API server at https://10.0.0.7:6443: timed out";
    person.tell(Msg::NotConnected(why.to_owned()));
    assert_eq!(
        person.message(),
        format!("not connected to staging after 4s: {why}")
    );
    assert_eq!(
        person.state.notices.current().map(|notice| notice.level),
        Some(Level::Error)
    );
    assert!(pods(&person) > 0 && person.state.connecting.is_none());
    person.tell(Msg::Connecting("what comes late".into()));
    assert!(person.state.connecting.is_none());
}

#[test]
fn esc_calls_it_off_and_the_screen_stays_as_it_is() {
    let mut person = Person::at_cart();
    person.press("xCstag");
    person.hit(KeyCode::Enter);
    person.press("j");
    let chosen = person.state.matrix.chosen.clone();
    person.hit(KeyCode::Esc);
    assert!(
        person.effects.ends_with(&[Effect::Stay]),
        "{:?}",
        person.effects.last()
    );
    assert!(
        person.message().contains("connecting to staging was called off"),
        "{}",
        person.message()
    );
    assert_eq!(person.state.matrix.chosen, chosen);
    assert!(person.state.connecting.is_none() && pods(&person) > 0);
    person.hit(KeyCode::Esc);
    assert_eq!(
        person.state.screen,
        berth::app::Screen::Home,
        "the next Esc goes back as ever"
    );

    // Another context instead of it, and the one that is shown, which is staying.
    person.press("Cstag");
    person.hit(KeyCode::Enter);
    person.press("Cprod");
    person.hit(KeyCode::Enter);
    assert!(
        person.effects.ends_with(&[Effect::Stay]),
        "{:?}",
        person.effects.last()
    );
}
