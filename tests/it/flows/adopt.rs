//! A scheduler falls, its pods are adopted, it comes back.

use std::sync::Arc;

use berth::app::link::{Operator, OtherScheduler};
use berth::app::overlay::Overlay;
use berth::app::plan::Stage;
use berth::app::{Effect, Link, Msg};
use berth::model::PodKey;
use berth::model::situation::State;
use berth::placing::{Adoption, Intent, Outcome, Reason, Refusal};
use crossterm::event::KeyCode;
use serde_json::Value;

use crate::desk::{Desk, uncordoned};
use crate::screens::text;
use crate::screens_world::{before, live};

const THEIRS: &str = "default-scheduler";

/// The shop, its cart waiting for kube-scheduler, which is not to be seen yet.
fn shop() -> Desk {
    let mut objects = uncordoned();
    let cart = objects.last_mut().expect("the cart");
    cart["spec"]["schedulerName"] = THEIRS.into();
    Desk::at(&objects, (120, 36))
}

/// What is known of kube-scheduler, with a Lease that was renewed so many seconds ago.
pub(crate) fn link(state: State, seconds: i64) -> Link {
    let down = state.alive() != Some(true);
    Link {
        schedulers: vec![OtherScheduler {
            name: THEIRS.into(),
            state,
            evidence: match state {
                State::Expired => "lease expired",
                State::HandedBack => "lease handed back: it was ended in good order",
                State::Silent => {
                    "there is no lease kube-system/kube-scheduler, and nobody has looked at 1 pod of its"
                }
                State::Stuck => "lease renewed 1 s ago, but nobody has looked at 1 pod of its for 3 min",
                State::Alive => "lease renewed",
                State::Unknown => "there is no lease kube-system/kube-scheduler",
            }
            .to_owned(),
            since: (down || state == State::Stuck).then(|| before(seconds)),
            lease_seen: down.then(|| before(seconds)),
            has_lease: state != State::Silent,
        }],
        ..live()
    }
}

fn adoptions(desk: &Desk) -> Vec<Arc<Adoption>> {
    let all = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Adopt(adoption) | Effect::Renew(adoption) => Some(Arc::clone(adoption)),
        _ => None,
    });
    all.collect()
}

fn released(desk: &Desk) -> Vec<&str> {
    let all = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Release(_, why) => Some(why.as_str()),
        _ => None,
    });
    all.collect()
}

fn placed(desk: &Desk) -> Vec<&Intent> {
    let all = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Place(intent) => Some(intent),
        _ => None,
    });
    all.collect()
}

/// The line below the first.
fn banner(desk: &Desk) -> String {
    text(&desk.state)
        .lines()
        .nth(1)
        .expect("a line")
        .trim()
        .to_owned()
}

/// Adopts its pods for a quarter of an hour.
fn adopt(desk: &mut Desk) {
    desk.press("A");
    desk.press("disk full");
    desk.hit(KeyCode::Enter);
}

#[test]
fn the_banner_says_what_is_known() {
    let mut desk = shop();
    assert_eq!(desk.state.banner, None);
    let mut said = |state, seconds| {
        desk.tell(Msg::Link(link(state, seconds)));
        desk.state.banner.as_ref().map(|_| banner(&desk))
    };
    assert_eq!(
        said(State::Expired, 192).as_deref(),
        Some("▲ kube-scheduler is down for 3m (lease expired) · 1 pod waits for it · berth: A adopts")
    );
    assert_eq!(
        said(State::HandedBack, 60).as_deref(),
        Some(
            "▲ kube-scheduler was stopped 1m ago (lease handed back) · 1 pod waits for it · berth: A adopts"
        )
    );
    assert_eq!(
        said(State::Stuck, 60).as_deref(),
        Some(
            "▲ kube-scheduler renews its lease, but has placed nothing for 1m · 1 pod waits for it · berth: A adopts"
        )
    );
    assert_eq!(said(State::Alive, 0), None);
    // A pod of a scheduler that was never there, as in every demonstration, is no outage.
    assert_eq!(said(State::Silent, 60), None);
    assert!(
        !desk.message().contains("does not schedule"),
        "{}",
        desk.message()
    );
    assert!(
        text(&desk.state)
            .lines()
            .next()
            .expect("a line")
            .contains("nothing is seen of kube-scheduler")
    );
}

#[test]
fn a_pod_of_another_scheduler_says_how_it_can_be_adopted() {
    let mut desk = shop();
    desk.tell(Msg::Link(link(State::Expired, 192)));
    desk.press("p");
    let shown = text(&desk.state);
    assert!(
        shown.contains("kube-scheduler is not at work: lease expired"),
        "{shown}"
    );
    assert!(
        shown.contains("its pods can be adopted for a while: A"),
        "{shown}"
    );
}

#[test]
fn adopted_pods_are_placed_under_the_adoption() {
    let mut desk = shop();
    desk.tell(Msg::Link(link(State::Expired, 192)));
    desk.press("A");
    // Without a reason nothing comes of it.
    desk.wait(800);
    desk.hit(KeyCode::Enter);
    assert!(text(&desk.state).contains("the reason is empty"));
    desk.press("disk full");
    desk.hit(KeyCode::Enter);
    let adoption = adoptions(&desk).pop().expect("an adoption");
    assert_eq!(
        (&*adoption.scheduler, adoption.reason.as_str()),
        (THEIRS, "disk full")
    );
    assert_eq!(adoption.until.duration_since(adoption.began), Adoption::TIME);
    assert!(!adoption.race);
    assert_eq!(adoption.lease_seen, Some(before(192)));
    assert_eq!(
        banner(&desk),
        "◆ pods of default-scheduler are adopted for 15:00 more · 1 pod waits for it · berth: A renews or ends"
    );

    desk.press("p");
    let shown = text(&desk.state);
    assert!(shown.contains("adopted for 15m more"), "{shown}");
    assert!(
        shown.contains(&format!("berth.dev/adopted: {}", adoption.id)),
        "{shown}"
    );
    assert!(shown.contains("berth.dev/reason: disk full"), "{shown}");
    desk.wait(800);
    desk.hit(KeyCode::Enter);
    let [intent] = placed(&desk)[..] else {
        panic!("{:?}", desk.effects)
    };
    assert_eq!(intent.adoption, Some(adoption));
    assert_eq!(intent.reason.as_ref().map(Reason::as_str), Some("disk full"));
}

#[test]
fn an_adoption_runs_out_and_can_be_renewed_before() {
    let mut desk = shop();
    desk.tell(Msg::Link(link(State::Expired, 192)));
    adopt(&mut desk);
    desk.wait(13 * 60_000 + 30_000);
    assert!(banner(&desk).contains("for 1:30 more"), "{}", banner(&desk));
    desk.press("A");
    desk.hit(KeyCode::Up);
    desk.wait(800);
    desk.hit(KeyCode::Enter);
    let all = adoptions(&desk);
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].id, all[1].id);
    assert!(banner(&desk).contains("for 30:00 more"), "{}", banner(&desk));
    assert_eq!(released(&desk), Vec::<&str>::new());
    desk.wait(30 * 60_000);
    assert_eq!(released(&desk), ["its time is over"]);
    assert!(desk.state.adoptions.is_empty());
    assert!(
        banner(&desk).starts_with("▲ kube-scheduler is down"),
        "{}",
        banner(&desk)
    );
    assert!(!desk.state.pod().expect("the cart").ours);
}

#[test]
fn an_adoption_is_ended_by_hand() {
    let mut desk = shop();
    desk.tell(Msg::Link(link(State::Expired, 192)));
    adopt(&mut desk);
    desk.press("A");
    for _ in 0..3 {
        desk.hit(KeyCode::Down);
    }
    assert!(text(&desk.state).contains("[end it]"));
    desk.wait(800);
    desk.hit(KeyCode::Enter);
    assert_eq!(released(&desk), ["ended by hand"]);
}

#[test]
fn when_the_scheduler_comes_back_the_adoption_ends() {
    let mut desk = shop();
    desk.tell(Msg::Link(link(State::Expired, 192)));
    adopt(&mut desk);
    desk.press("p");
    assert!(matches!(desk.state.overlay, Some(Overlay::Confirm(_))));
    desk.tell(Msg::Link(link(State::Alive, 0)));
    assert_eq!(released(&desk), ["it is at work again: lease renewed"]);
    assert!(
        desk.state.overlay.is_none(),
        "nothing is asked that may not be done"
    );
    assert_eq!(
        banner(&desk),
        "✓ kube-scheduler is at work again: adoption ended 0s ago, its pods are left to it"
    );
    assert!(!desk.state.pod().expect("the cart").ours);
    desk.wait(61_000);
    assert_eq!(desk.state.banner, None);
}

#[test]
fn one_that_was_there_for_a_moment_ends_it_too() {
    let mut desk = shop();
    desk.tell(Msg::Link(link(State::Expired, 192)));
    adopt(&mut desk);
    // It came and died between two looks: its Lease was renewed meanwhile.
    desk.tell(Msg::Link(link(State::Expired, 20)));
    let [why] = released(&desk)[..] else {
        panic!("{:?}", desk.effects)
    };
    assert!(why.contains("lease expired"), "{why}");
}

#[test]
fn what_the_placer_finds_ends_it_at_once() {
    let mut desk = shop();
    desk.tell(Msg::Link(link(State::Expired, 192)));
    adopt(&mut desk);
    desk.press("p");
    desk.wait(800);
    desk.hit(KeyCode::Enter);
    desk.tell(Msg::Placed(Outcome::Refused(Refusal::SchedulerBack {
        scheduler: THEIRS.to_owned(),
        evidence: "lease renewed 0 s ago".to_owned(),
    })));
    assert_eq!(released(&desk), ["it is at work again: lease renewed 0 s ago"]);
    assert!(
        banner(&desk).starts_with("✓ kube-scheduler is at work again"),
        "{}",
        banner(&desk)
    );
    let shown = text(&desk.state);
    assert!(shown.contains("its own scheduler places it"), "{shown}");
}

#[test]
fn a_race_takes_the_typed_name() {
    let mut desk = shop();
    desk.tell(Msg::Link(link(State::Alive, 0)));
    desk.press("A");
    assert!(text(&desk.state).contains("kube-scheduler is at work: lease renewed"));
    desk.press("it hangs");
    desk.hit(KeyCode::Enter);
    assert!(adoptions(&desk).is_empty());
    desk.press("kube-scheduler");
    desk.hit(KeyCode::Enter);
    assert!(text(&desk.state).contains("that is not its name: type default-scheduler"));
    for _ in 0..14 {
        desk.hit(KeyCode::Backspace);
    }
    desk.press(THEIRS);
    desk.hit(KeyCode::Enter);
    let adoption = adoptions(&desk).pop().expect("an adoption");
    assert!(adoption.race);
    assert!(banner(&desk).contains("racing it"), "{}", banner(&desk));
    // Its life ends nothing any more.
    desk.tell(Msg::Link(link(State::Alive, 0)));
    assert_eq!(released(&desk), Vec::<&str>::new());
}

#[test]
fn a_plan_under_way_stops_before_its_next_pod() {
    let mut objects = uncordoned();
    let cart: &mut Value = objects.last_mut().expect("the cart");
    cart["spec"]["schedulerName"] = THEIRS.into();
    let mut second = cart.clone();
    second["metadata"]["name"] = "cart-second".into();
    second["metadata"]["uid"] = "second".into();
    objects.push(second);
    let mut desk = Desk::at(&objects, (120, 36));
    desk.tell(Msg::Link(link(State::Expired, 192)));
    adopt(&mut desk);
    desk.press("P");
    desk.hit(KeyCode::Enter);
    desk.wait(800);
    desk.hit(KeyCode::Enter);
    assert!(desk.state.plan.run.is_running(), "{}", text(&desk.state));
    assert_eq!(placed(&desk).len(), 1);
    assert!(placed(&desk)[0].adoption.is_some());
    // Back while the first is under way: that one is the placer's to refuse, the next is never sent.
    desk.tell(Msg::Link(link(State::Alive, 0)));
    assert!(matches!(desk.state.plan.run.stage, Stage::Stopped(_)));
    desk.tell(Msg::Placed(Outcome::Placed {
        node: "worker-4".into(),
        event_error: None,
    }));
    desk.wait(5000);
    assert_eq!(placed(&desk).len(), 1);
    let shown = text(&desk.state);
    assert!(shown.contains("it is at work again"), "{shown}");
}

#[test]
fn a_journal_that_cannot_be_written_ends_it() {
    let mut desk = shop();
    desk.tell(Msg::Link(link(State::Expired, 192)));
    adopt(&mut desk);
    let id = Arc::clone(&adoptions(&desk)[0].id);
    desk.tell(Msg::NotAdopted(id, "the disk is full".to_owned()));
    assert!(desk.state.adoptions.is_empty());
    assert!(desk.message().contains("the disk is full"), "{}", desk.message());
}

#[test]
fn where_there_is_nothing_to_adopt_it_says_so() {
    let mut desk = Desk::at(&uncordoned(), (120, 36));
    desk.press("A");
    assert!(desk.state.overlay.is_none());
    assert!(desk.message().contains("nothing to adopt"), "{}", desk.message());
}

#[test]
fn another_operator_is_seen_with_what_is_open() {
    let mut desk = shop();
    let ben = Operator {
        who: "ben@laptop".to_owned(),
        open: Some(PodKey::new("shop", "cart-7f9c4-w8kzp")),
        adopts: vec![THEIRS.to_owned()],
    };
    let both = Link {
        operators: vec![ben],
        ..link(State::Expired, 192)
    };
    desk.tell(Msg::Link(both.clone()));
    assert!(
        desk.message().contains("ben@laptop works on this cluster"),
        "{}",
        desk.message()
    );
    let shown = text(&desk.state);
    assert!(
        shown.lines().next().expect("a line").contains("◇ ben@laptop"),
        "{shown}"
    );
    assert!(
        shown.contains("◇ shop/cart") || shown.contains("◇shop/cart"),
        "{shown}"
    );
    desk.press("A");
    assert!(text(&desk.state).contains("ben@laptop has adopted them already"));
    desk.press("disk full");
    desk.hit(KeyCode::Enter);
    desk.press("p");
    assert!(text(&desk.state).contains("ben@laptop has this pod open, too"));
    // What we do is told to others, once each time it changes.
    let told: Vec<_> = desk
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Doing { open, adopts } => Some((open.as_ref().map(ToString::to_string), adopts.len())),
            _ => None,
        })
        .collect();
    assert_eq!(told, [(None, 1), (Some("shop/cart-7f9c4-w8kzp".to_owned()), 1)]);
    desk.hit(KeyCode::Esc);
    desk.tell(Msg::Link(link(State::Expired, 192)));
    assert!(
        desk.message().contains("ben@laptop has left"),
        "{}",
        desk.message()
    );
}
