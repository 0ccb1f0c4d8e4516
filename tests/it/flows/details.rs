//! The dialog with a pod's details: who made it is asked while it is open, and no longer.

use std::sync::Arc;

use berth::app::overlay::Overlay;
use berth::app::{Effect, Msg};
use berth::model::PodKey;
use berth::model::workload::{Maker, Owner};
use crossterm::event::KeyCode;

use super::Person;
use crate::screens::text;
use crate::screens_world::{World, edit};

fn owner(api_version: &str, kind: &str, name: &str) -> Owner {
    Owner {
        api_version: api_version.into(),
        kind: kind.into(),
        name: name.into(),
    }
}

fn maker(owner: Owner, unknown: Option<&str>) -> Maker {
    Maker {
        owner,
        unknown: unknown.map(str::to_owned),
    }
}

/// At the first pod, which a ReplicaSet has made.
fn at_owned(size: (u16, u16)) -> (Person, PodKey, Arc<Owner>) {
    let mut world = World::shop();
    let set = Arc::new(owner("apps/v1", "ReplicaSet", "web-1"));
    edit(&mut world.pods[0], |pod, _| pod.owner = Some(Arc::clone(&set)));
    let person = Person::at(world, size);
    let key = person.state.pod().expect("a pod").pod.key.clone();
    (person, key, set)
}

fn asked(person: &Person) -> Vec<&Option<(PodKey, Arc<Owner>)>> {
    let effects = person.effects.iter().filter_map(|effect| match effect {
        Effect::FollowOwners(of) => Some(of),
        _ => None,
    });
    effects.collect()
}

#[test]
fn it_is_asked_while_it_is_looked_at() {
    let (mut person, key, set) = at_owned((120, 36));
    assert!(asked(&person).is_empty());
    person.press("D");
    assert_eq!(asked(&person), [&Some((key.clone(), Arc::clone(&set)))]);
    assert!(text(&person.state).contains("asking the API server"));
    // What is told of another pod is not for this dialog.
    let other = Msg::Owners(PodKey::new("a", "b"), Ok(Vec::new()));
    person.tell(other);
    assert!(text(&person.state).contains("asking the API server"));
    person.hit(KeyCode::Esc);
    assert_eq!(asked(&person).last(), Some(&&None), "it is called off");
    assert!(person.state.overlay.is_none());
    // The answer may be under way already.
    person.tell(Msg::Owners(key, Ok(vec![maker((*set).clone(), None)])));
    assert!(person.state.overlay.is_none());
}

#[test]
fn the_chain_is_shown_with_what_is_not_known_of_it() {
    let (mut person, key, set) = at_owned((80, 24));
    person.press("D");
    let makers = vec![
        maker((*set).clone(), None),
        maker(
            owner("example.com/v1", "Shop", "corner"),
            Some("it may not be read"),
        ),
    ];
    person.tell(Msg::Owners(key, Ok(makers)));
    let screen = text(&person.state);
    for part in [
        "made by       ReplicaSet/web-1",
        "of            Shop.example.com/corner (it may not be read)",
    ] {
        assert!(screen.contains(part), "{part}\n{screen}");
    }
    assert_eq!(asked(&person).last(), Some(&&None), "nothing more is asked");
}

#[test]
fn where_it_cannot_be_told_that_is_said() {
    let (mut person, key, _) = at_owned((80, 24));
    person.press("D");
    person.tell(Msg::Owners(
        key,
        Err("who made that is not looked up in a file".to_owned()),
    ));
    let screen = text(&person.state);
    assert!(screen.contains("ReplicaSet/web-1"), "{screen}");
    assert!(screen.contains("not looked up in a file"), "{screen}");
}

#[test]
fn a_pod_that_nobody_controls_asks_nobody() {
    let mut person = Person::at(World::shop(), (80, 24));
    assert!(person.state.pod().expect("a pod").pod.owner.is_none());
    person.press("D");
    assert!(matches!(person.state.overlay, Some(Overlay::Details(_))));
    assert!(text(&person.state).contains("it has no controller"));
    assert!(asked(&person).is_empty());
}
