//! Overruling what the kubelet rejects, and taking back a placement that waits.

use berth::app::Effect;
use berth::app::Msg;
use berth::app::confirm::Step;
use berth::app::overlay::Overlay;
use berth::placing::Stage;
use crossterm::event::KeyCode;

use super::Person;
use crate::screens::text;

impl Person {
    /// Goes from node to node until the cursor is on `node`.
    fn go_to(&mut self, node: &str) {
        for _ in 0..100 {
            if self.state.node_name().is_some_and(|name| **name == *node) {
                return;
            }
            self.press("o");
        }
        panic!("{node} is not there");
    }
}

#[test]
fn what_the_kubelet_rejects_wants_the_nodes_name() {
    let mut person = Person::at_cart();
    person.go_to("gpu-3");
    person.hit(KeyCode::Enter);
    let screen = text(&person.state);
    assert!(
        screen.contains("This placement would be lost: the pod would end as Failed (OutOfcpu"),
        "{screen}"
    );
    assert!(screen.contains("type gpu-3 to insist on it"), "{screen}");
    person.press("it has to be");
    assert!(
        !text(&person.state).contains("dry run, then place"),
        "not armed yet"
    );
    person.hit(KeyCode::Enter);
    assert_eq!(person.intents(), []);
    assert!(text(&person.state).contains("type the node's name, gpu-3, to place the pod there all the same"));
    // The keys go to the name now.
    person.press("gpu-2");
    person.hit(KeyCode::Enter);
    assert_eq!(person.intents(), [], "another node's name");
    person.hit(KeyCode::Backspace);
    person.press("3");
    person.hit(KeyCode::Enter);
    let [intent] = &person.intents()[..] else {
        panic!("{:?}", person.intents())
    };
    assert!(intent.insists);
    assert_eq!(
        intent.reason.as_ref().map(berth::placing::Reason::as_str),
        Some("it has to be")
    );
}

#[test]
fn tab_goes_from_field_to_field_only_where_there_are_two() {
    let mut person = Person::at_cart();
    person.hit(KeyCode::Enter);
    person.press("why");
    person.hit(KeyCode::Tab);
    person.press(" not");
    assert!(text(&person.state).contains("berth.dev/reason: why not"));
    person.hit(KeyCode::Esc);
    person.go_to("gpu-3");
    person.hit(KeyCode::Enter);
    person.hit(KeyCode::Tab);
    person.press("gpu-3");
    person.hit(KeyCode::Tab);
    person.press("because");
    person.hit(KeyCode::Enter);
    assert!(person.intents()[0].insists);
}

#[test]
fn a_placement_that_waits_is_taken_back_at_a_key() {
    let mut person = Person::at_cart();
    person.hit(KeyCode::Enter);
    person.wait(700);
    person.hit(KeyCode::Enter);
    person.press("c");
    assert!(
        !person.effects.contains(&Effect::TakeBack),
        "nothing is prepared yet"
    );
    assert!(
        person.message().contains("nothing is being prepared"),
        "{}",
        person.message()
    );
    let waiting = "waiting for volume data: provisioning, 3 s";
    person.tell(Msg::Placing(Stage::Waiting(waiting.into())));
    let screen = text(&person.state);
    assert!(
        screen.contains(waiting) && screen.contains("c take back"),
        "{screen}"
    );
    // Hidden, and shown again.
    person.hit(KeyCode::Esc);
    assert!(person.state.overlay.is_none());
    person.press("p");
    assert!(
        matches!(&person.state.overlay, Some(Overlay::Confirm(open)) if matches!(open.step, Step::Running))
    );
    person.press("c");
    assert!(person.effects.contains(&Effect::TakeBack));
    let screen = text(&person.state);
    assert!(screen.contains("To be taken back"), "{screen}");
    assert!(!screen.contains("c take back"), "once is enough");
}
