//! Step by step: keys in, frames and requests out.

use berth::app::cycle::Stop;
use berth::app::overlay::Overlay;
use berth::app::wire::{Answer, Body, Exchange};
use berth::app::{Effect, Msg, Screen};
use berth::placing::{Outcome, Stage};
use crossterm::event::KeyCode;
use jiff::SignedDuration;
use std::time::Duration;

use super::Person;
use crate::screens::text;
use crate::screens_world::now;

const POD: &str = "/api/v1/namespaces/shop/pods/cart-7f9c4d8b6f-w8kzp";

fn stop(person: &Person) -> Stop {
    person.state.cycle.frame().expect("a frame").stop
}

fn at_film() -> Person {
    let mut person = Person::at_cart();
    person.press("s");
    person
}

pub(crate) fn exchange(id: u64, verb: &'static str, path: &str, answer: Answer) -> Exchange {
    Exchange {
        id,
        started: now() + SignedDuration::from_secs(60),
        verb,
        method: match verb {
            "create" => "POST",
            "patch" => "PATCH",
            "update" => "PUT",
            "delete" => "DELETE",
            _ => "GET",
        }
        .to_owned(),
        path: path.to_owned(),
        sent: (verb == "create").then(|| Body::Text("{\n  \"kind\": \"Binding\"\n}".into(), 18)),
        received: None,
        latency: Duration::from_millis(if answer == Answer::Open { 0 } else { 12 }),
        answer,
    }
}

#[test]
fn the_film_is_walked_forward_and_back() {
    let mut person = at_film();
    assert_eq!(person.state.screen, Screen::Cycle);
    assert_eq!(stop(&person), Stop::Queue);
    person.hit(KeyCode::Right);
    assert_eq!(stop(&person), Stop::PreFilter);
    person.hit(KeyCode::Tab);
    assert_eq!(stop(&person), Stop::Filter);
    person.press("l");
    let frame = person.state.cycle.frame().expect("a frame");
    assert_eq!((frame.plugin, frame.falls), (Some("TaintToleration"), 5));
    assert!(text(&person.state).contains("5 nodes fall out: node(s) had untolerated taint(s)"));
    person.hit(KeyCode::Left);
    person.hit(KeyCode::Left);
    assert_eq!(stop(&person), Stop::PreFilter);
    person.hit(KeyCode::Left);
    person.hit(KeyCode::Left);
    assert_eq!(person.state.cycle.at, 0, "it stops at the first frame");
    person.hit(KeyCode::End);
    assert_eq!(stop(&person), Stop::Event);
    person.hit(KeyCode::Right);
    assert_eq!(stop(&person), Stop::Event);
    person.hit(KeyCode::BackTab);
    assert_eq!(stop(&person), Stop::Bind);
    person.press("g");
    assert_eq!(person.state.cycle.at, 0);
    person.hit(KeyCode::Esc);
    assert_eq!(person.state.screen, Screen::Home);
}

#[test]
fn it_plays_until_a_person_decides_and_any_key_stops_it() {
    let mut person = at_film();
    person.effects.clear();
    person.press(" ");
    assert!(person.effects.contains(&Effect::Wake(Duration::from_secs(1))));
    person.wait(400);
    assert_eq!(person.state.cycle.at, 0, "not yet");
    person.wait(600);
    assert_eq!(person.state.cycle.at, 1);
    person.hit(KeyCode::Down);
    person.wait(5000);
    assert_eq!(person.state.cycle.at, 1, "a key stops it");
    person.press(" ");
    for _ in 0..50 {
        person.wait(1000);
    }
    assert_eq!(stop(&person), Stop::Permit);
    assert!(person.state.cycle.next.is_none());
    person.press("  ");
    assert!(person.state.cycle.next.is_none(), "twice is off again");
}

#[test]
fn the_cursor_goes_from_node_to_node_and_the_engine_explains_them() {
    let mut person = at_film();
    person.press("ll");
    let before = person.state.cycle.node_name().cloned();
    person.hit(KeyCode::Down);
    let name = person.state.cycle.node_name().cloned().expect("a node");
    assert_ne!(Some(&name), before.as_ref());
    assert_eq!(
        person.world.focus.as_ref(),
        Some(&name),
        "the engine is asked about it"
    );
    let node = person.state.cycle.node().expect("a node");
    let film = person.state.cycle.film.as_ref().expect("a film");
    assert!(film.explanation(node).is_some());
}

#[test]
fn the_film_stays_as_it_began_until_the_latest_is_taken() {
    let mut person = at_film();
    person.hit(KeyCode::End);
    let began = person
        .state
        .cycle
        .film
        .as_ref()
        .expect("a film")
        .trace
        .feasible
        .len();
    person.change(|world| {
        for node in &mut world.nodes {
            node.unschedulable = node.unschedulable || &*node.name == "worker-03";
        }
    });
    let film = person.state.cycle.film.as_ref().expect("a film");
    assert_eq!(film.trace.feasible.len(), began);
    assert!(text(&person.state).contains("moved on, r takes the latest"));
    person.press("r");
    let film = person.state.cycle.film.as_ref().expect("a film");
    assert_eq!(film.trace.feasible.len(), began - 1);
    assert_eq!(stop(&person), Stop::Event, "at the same place");
    assert!(!text(&person.state).contains("moved on"));

    // The pod goes, the film stays.
    person.change(|world| world.pods.retain(|pod| &*pod.key.name != "cart-7f9c4d8b6f-w8kzp"));
    assert!(person.state.cycle.film.is_some());
    person.press("p");
    assert!(
        person.message().contains("waits no longer"),
        "{}",
        person.message()
    );
    person.press("r");
    assert!(
        person.message().contains("no later decision"),
        "{}",
        person.message()
    );
}

#[test]
fn the_person_decides_at_permit_and_the_film_follows_what_is_sent() {
    let mut person = at_film();
    person.hit(KeyCode::Enter);
    assert!(person.state.overlay.is_none());
    assert!(person.message().contains("you decide at Permit"));
    while stop(&person) != Stop::Permit {
        person.hit(KeyCode::Tab);
    }
    person.hit(KeyCode::Down);
    let node = person.state.cycle.node_name().cloned().expect("a node");
    person.hit(KeyCode::Enter);
    assert!(text(&person.state).contains(&format!("Place shop/cart-7f9c4d8b6f-w8kzp on {node}?")));
    let node_id = person.state.cycle.node().expect("a node");
    let film = person.state.cycle.film.as_ref().expect("a film");
    if film.trace.total(node_id).is_none() {
        person.press("because");
    }
    let wants_name = matches!(&person.state.overlay, Some(Overlay::Confirm(dialog)) if dialog.wants_name());
    if wants_name {
        person.hit(KeyCode::Tab);
        person.press(&node);
    }
    person.wait(2000);
    person.hit(KeyCode::Enter);
    let [intent] = &person.intents()[..] else {
        panic!("{:?}", person.intents())
    };
    assert_eq!(intent.node, node);
    assert!(person.state.overlay.is_none(), "what is sent is seen on the film");
    assert_eq!(stop(&person), Stop::PreBind);

    let binding = format!("{POD}/binding");
    person.tell(Msg::Wire(vec![
        exchange(7, "get", POD, Answer::Status(200)),
        exchange(8, "create", &format!("{binding}?dryRun=All"), Answer::Status(201)),
    ]));
    assert!(text(&person.state).contains("✓ 201 12 ms POST"));
    person.tell(Msg::Placing(Stage::Binding));
    assert_eq!(stop(&person), Stop::Bind);
    person.tell(Msg::Wire(vec![exchange(9, "create", &binding, Answer::Open)]));
    let screen = text(&person.state);
    assert!(
        screen.contains("… sent POST") && screen.contains("\"kind\": \"Binding\""),
        "{screen}"
    );
    assert!(screen.contains("for this pod"), "{screen}");
    person.tell(Msg::Wire(vec![exchange(
        9,
        "create",
        &binding,
        Answer::Status(201),
    )]));
    assert!(!text(&person.state).contains("… sent"));
    person.tell(Msg::Placing(Stage::Event));
    assert_eq!(stop(&person), Stop::Event);
    person.tell(Msg::Placed(Outcome::Placed {
        node,
        event_error: None,
    }));
    assert_eq!(person.state.screen, Screen::Cycle, "the film stays");
}

#[test]
fn what_is_prepared_is_seen_as_it_is_sent() {
    let mut person = at_film();
    person.press("p");
    person.wait(2000);
    person.hit(KeyCode::Enter);
    person.tell(Msg::Placing(Stage::Preparing("claim data".into())));
    assert_eq!(stop(&person), Stop::PreBind);
    let claim = "/api/v1/namespaces/shop/persistentvolumeclaims/data";
    let devices = "/apis/resource.k8s.io/v1/namespaces/shop/resourceclaims";
    let sent = [
        ("get", claim.to_owned()),
        ("patch", claim.to_owned()),
        ("patch", "/api/v1/persistentvolumes/pv-7".to_owned()),
        ("create", devices.to_owned()),
        ("update", format!("{devices}/gpu-x/status")),
        ("patch", format!("{POD}/status")),
        ("delete", format!("{devices}/gpu-x")),
    ];
    let others = [
        ("patch", claim.replace("shop", "data")),
        ("patch", "/api/v1/namespaces/shop/pods/other/status".to_owned()),
        ("watch", "/api/v1/persistentvolumeclaims?watch=1".to_owned()),
        ("list", "/api/v1/persistentvolumes?limit=500".to_owned()),
    ];
    let looks = [("get", claim.to_owned()), ("get", claim.to_owned())];
    let all = sent.iter().chain(&others).chain(&looks).zip(7..);
    let all = all.map(|((verb, path), id)| exchange(id, verb, path, Answer::Status(200)));
    person.tell(Msg::Wire(all.collect()));
    let said: Vec<String> = person
        .state
        .cycle
        .said
        .iter()
        .map(berth::app::prose::Line::text)
        .collect();
    let said = said.concat().replace(' ', "");
    for (verb, path) in &sent {
        assert!(said.contains(path.as_str()), "{verb} {path}: {said}");
    }
    assert!(
        said.contains("GET/api/v1/namespaces/shop/persistentvolumeclaims/data3times"),
        "{said}"
    );
    for (verb, path) in &others {
        assert!(!said.contains(path.as_str()), "{verb} {path}: {said}");
    }
    assert_eq!(person.state.cycle.requests.len(), sent.len() + looks.len());
}

#[test]
fn the_dialog_comes_back_where_a_placement_fails() {
    let mut person = at_film();
    person.press("p");
    person.wait(2000);
    person.hit(KeyCode::Enter);
    assert!(person.state.overlay.is_none());
    person.tell(Msg::Placed(Outcome::Refused(berth::placing::Refusal::PodGone)));
    assert!(matches!(person.state.overlay, Some(Overlay::Confirm(_))));
}

#[test]
fn another_pod_is_another_film_and_coming_back_loses_nothing() {
    let mut person = at_film();
    person.press("lll");
    person.press("W");
    assert_eq!(person.state.screen, Screen::Wire);
    person.hit(KeyCode::Esc);
    assert_eq!((person.state.screen, person.state.cycle.at), (Screen::Cycle, 3));
    person.hit(KeyCode::Esc);
    person.press("s");
    assert_eq!(person.state.cycle.at, 3, "the same pod, the same frame");
    person.hit(KeyCode::Esc);
    person.press("js");
    let film = person.state.cycle.film.as_ref().expect("a film");
    assert_eq!(
        (&*film.pod.key.name, person.state.cycle.at),
        ("front-5d6f7c9b4-2q2lm", 0)
    );
}
