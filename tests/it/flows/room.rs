//! Making room: keys and news in, effects and screen out.

use std::sync::Arc;

use berth::app::overlay::Overlay;
use berth::app::{Effect, Msg, State};
use berth::model::PodKey;
use berth::model::workload::Owner;
use berth::placing::preempt::{End, Loss, Surveyed};
use berth::placing::{Outcome, Preempted, Preemption, Refusal, Stage, Survey};
use berth::scheduling::Room;
use berth::scheduling::room::{Budget, Victim};
use berth::scheduling::trace;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::Person;
use crate::screens::{snap, text};
use crate::screens_world::World;

fn found(name: &str, protected: bool) -> trace::Victim {
    trace::Victim {
        key: PodKey::new("batch", name),
        priority: -10,
        started: None,
        protected,
    }
}

fn victim(name: &str, owner: Option<(&str, &str)>, protected: bool) -> Victim {
    Victim {
        key: PodKey::new("batch", name),
        uid: format!("uid-{name}").into(),
        priority: -10,
        started: None,
        owner: owner.map(|(kind, name)| {
            Arc::new(Owner {
                api_version: "apps/v1".into(),
                kind: kind.into(),
                name: name.into(),
            })
        }),
        takes: vec!["cpu 3500m".to_owned(), "memory 2Gi".to_owned()],
        protected,
    }
}

/// A pod that fits nowhere is selected; on `gpu-1` two pods could go, on `gpu-2` one that a budget protects.
fn person(size: (u16, u16)) -> Person {
    let mut world = World::shop();
    world.room = vec![
        ("gpu-1", vec![found("sweep-4", false), found("scratch", false)]),
        ("gpu-2", vec![found("index-0", true)]),
    ];
    let mut person = Person::at(world, size);
    person.press("jjjjj");
    assert_eq!(person.selected(), "train-0");
    person
}

fn surveyed(person: &Person, node: &str) -> Surveyed {
    let (victims, losses, budgets) = if node == "gpu-1" {
        let cache = Loss {
            grace: 30,
            local: vec!["emptyDir cache".to_owned()],
            ..Loss::default()
        };
        let none = Loss {
            grace: 120,
            ..Loss::default()
        };
        let victims = vec![
            victim("sweep-4", Some(("Job", "sweep")), false),
            victim("scratch", None, false),
        ];
        (victims, vec![none, cache], Vec::new())
    } else {
        let budget = Budget {
            key: PodKey::new("batch", "index"),
            allowed: 0,
            concerned: 1,
        };
        let victims = vec![victim("index-0", Some(("StatefulSet", "index")), true)];
        let loss = Loss {
            grace: 30,
            ..Loss::default()
        };
        (victims, vec![loss], vec![budget])
    };
    Surveyed {
        pod: Arc::clone(&person.state.pod().expect("a pod").pod),
        under_way: false,
        survey: Some(Survey {
            losses,
            room: Room {
                violations: victims.iter().filter(|victim| victim.protected).count(),
                victims,
                budgets,
                outranked: vec![(PodKey::new("web", "later"), "uid-later".into())],
                ..Room::without_victims(node.into())
            },
        }),
    }
}

impl Person {
    /// Answers what was asked last of making room.
    fn survey(&mut self) {
        let asked = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Survey(pod, node) => Some((pod.clone(), Arc::clone(node))),
            _ => None,
        });
        let (pod, node) = asked.expect("it was asked");
        let surveyed = surveyed(self, &node);
        self.tell(Msg::Surveyed(pod, node, Ok(surveyed)));
    }

    fn wishes(&self) -> Vec<&Preemption> {
        let wishes = self.effects.iter().filter_map(|effect| match effect {
            Effect::Preempt(wish) => Some(&**wish),
            _ => None,
        });
        wishes.collect()
    }

    fn other_node(&mut self) {
        self.tell(Msg::Key(KeyEvent::new(KeyCode::Char('n'), KeyModifiers::CONTROL)));
    }
}

/// Asked and answered.
fn asked(size: (u16, u16)) -> Person {
    let mut person = person(size);
    person.press("V");
    person.survey();
    person
}

fn state(person: Person) -> State {
    person.state
}

#[test]
fn who_has_to_go_is_looked_up_and_nobody_goes_before_a_reason_is_given() {
    let mut person = person((120, 36));
    assert!(text(&person.state).contains("V make room"));
    person.press("V");
    assert!(text(&person.state).contains("Looking up who would have to go"));
    person.wait(2000);
    person.hit(KeyCode::Enter);
    assert!(person.wishes().is_empty(), "not before it is known");
    person.survey();
    let screen = text(&person.state);
    assert!(
        screen.contains("2 pods of lower priority would be deleted"),
        "{screen}"
    );
    assert!(screen.contains("owner Job/sweep"), "{screen}");
    assert!(screen.contains("owner nobody: it will not come back"), "{screen}");
    assert!(screen.contains("loses emptyDir cache"), "{screen}");
    person.hit(KeyCode::Enter);
    person.wait(1000);
    person.hit(KeyCode::Enter);
    assert!(person.wishes().is_empty());
    assert!(text(&person.state).contains("the reason is empty"));
    person.press("training is due");
    person.hit(KeyCode::Enter);
    let [wish] = person.wishes()[..] else {
        panic!("{:?}", person.effects)
    };
    assert_eq!(
        (wish.pod.to_string().as_str(), &*wish.room.node),
        ("batch/train-0", "gpu-1")
    );
    assert_eq!(wish.room.victims.len(), 2);
    assert!(!wish.violates);
    assert_eq!(wish.reason.as_str(), "training is due");
}

#[test]
fn budgets_want_a_word_of_their_own() {
    let mut person = asked((120, 36));
    person.other_node();
    person.survey();
    let screen = text(&person.state);
    assert!(screen.contains("against its budget"), "{screen}");
    assert!(
        screen.contains("batch/index: 0 of its pods may go now, 1 of these are under it"),
        "{screen}"
    );
    person.press("it has to be");
    person.hit(KeyCode::Enter);
    assert!(person.wishes().is_empty());
    assert!(text(&person.state).contains("it goes against budgets: type violate"));
    person.press("violate");
    person.hit(KeyCode::Enter);
    assert!(person.wishes()[0].violates);
    assert_eq!(&*person.wishes()[0].room.node, "gpu-2");
}

#[test]
fn where_others_would_have_to_go_it_is_asked_again() {
    let mut person = asked((120, 36));
    person.press("why");
    person.hit(KeyCode::Enter);
    person.tell(Msg::Placing(Stage::Judging));
    person.tell(Msg::Preempted(Preempted {
        removed: Vec::new(),
        end: End::Changed(None),
    }));
    person.survey();
    assert!(text(&person.state).contains("Others would have to go by now. Nothing was deleted"));
    person.hit(KeyCode::Enter);
    assert_eq!(person.wishes().len(), 1, "too soon");
    person.wait(1000);
    person.hit(KeyCode::Enter);
    assert_eq!(person.wishes().len(), 2);
}

#[test]
fn the_wait_is_told_and_ended_at_a_key_and_what_was_deleted_is_said() {
    let mut person = asked((120, 36));
    person.press("why");
    person.hit(KeyCode::Enter);
    let waiting = "waiting for batch/scratch (terminating, until 03:12:40Z); 1 of 2 gone";
    person.tell(Msg::Placing(Stage::Waiting(waiting.into())));
    let screen = text(&person.state);
    assert!(
        screen.contains(waiting) && screen.contains("c take back"),
        "{screen}"
    );
    person.hit(KeyCode::Esc);
    person.press("V");
    assert!(
        matches!(person.state.overlay, Some(Overlay::Room(_))),
        "shown again"
    );
    person.press("c");
    assert!(person.effects.contains(&Effect::TakeBack));
    person.tell(Msg::Preempted(Preempted {
        removed: vec![PodKey::new("batch", "sweep-4"), PodKey::new("batch", "scratch")],
        end: End::Over(Box::new(Outcome::Refused(Refusal::Cancelled))),
    }));
    let screen = text(&person.state);
    assert!(
        screen.contains("Deleted for it, for good: batch/sweep-4, batch/scratch")
            && screen.contains("gpu-1 stays nominated for it"),
        "{screen}"
    );
    person.hit(KeyCode::Esc);
    assert!(
        person.message().contains("deleted for it: batch/sweep-4"),
        "{}",
        person.message()
    );
}

#[test]
fn a_pod_that_fits_needs_nobody_to_go_and_one_without_candidates_is_told_so() {
    let mut person = Person::at_cart();
    person.press("V");
    assert!(person.state.overlay.is_none());
    assert!(person.message().contains("fits as it is"), "{}", person.message());
    let mut person = Person::at(World::shop(), (120, 36));
    person.press("jjjjjV");
    assert!(person.state.overlay.is_none());
    assert!(
        person.message().contains("no room can be made"),
        "{}",
        person.message()
    );
    assert!(!text(&person.state).contains("V make room"));
}

#[test]
fn the_dialog_at_three_sizes() {
    snap("room_asked", |size| state(asked(size)));
    snap("room_budgets", |size| {
        let mut person = asked(size);
        person.other_node();
        person.survey();
        person.press("it has to be");
        state(person)
    });
    snap("room_running", |size| {
        let mut person = asked(size);
        person.press("why");
        person.hit(KeyCode::Enter);
        let text = "waiting for batch/scratch (terminating, until 03:12:40Z); 1 of 2 gone";
        person.tell(Msg::Placing(Stage::Waiting(text.into())));
        state(person)
    });
    snap("room_placed", |size| {
        let mut person = asked(size);
        person.press("why");
        person.hit(KeyCode::Enter);
        person.tell(Msg::Preempted(Preempted {
            removed: vec![PodKey::new("batch", "sweep-4"), PodKey::new("batch", "scratch")],
            end: End::Over(Box::new(Outcome::Placed {
                node: "gpu-1".into(),
                event_error: None,
            })),
        }));
        state(person)
    });
}
