//! Planning, changing the plan, and carrying it out: keys in, effects and screen out, on a real cache and cycle.

use std::sync::Arc;

use berth::app::overlay::Overlay;
use berth::app::plan::Stage;
use berth::app::{Effect, Link, Msg, State, update};
use berth::engine::Core;
use berth::engine::study::{self, Progress, Study};
use berth::model::cluster::WatchEvent;
use berth::model::from_api::PodObject;
use berth::model::{Change, PodKey};
use berth::placing::{Intent, Outcome, Refusal, Verdict};
use berth::scheduling::Profiles;
use crossterm::event::KeyCode;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Node, Pod};
use serde_json::json;

use crate::plan::changes;
use crate::screens::{key, text};
use crate::screens_world::{blank, live, now};
use crate::support::{node, pod};

/// A person at the Plan screen, and the engine behind it.
pub(crate) struct Desk {
    pub(crate) state: State,
    core: Core,
    at: Timestamp,
    effects: Vec<Effect>,
    pods: Vec<Pod>,
    /// Whether studies are answered.
    answers: bool,
}

impl Desk {
    pub(crate) fn at(nodes: Vec<Node>, pods: Vec<Pod>, size: (u16, u16)) -> Self {
        let mut core = Core::new(&["berth".into()], Profiles::default());
        core.apply(changes(nodes, pods.clone()));
        let mut desk = Self {
            state: blank(size),
            core,
            at: now(),
            effects: Vec::new(),
            pods,
            answers: true,
        };
        desk.tell(Msg::Link(live()));
        desk.look();
        desk
    }

    /// Three nodes, five pods, of which one fits nowhere and one is gated.
    fn small() -> Self {
        let nodes = vec![
            node("n1")
                .cpu("2")
                .label("topology.kubernetes.io/zone", "a")
                .build(),
            node("n2")
                .cpu("2")
                .label("topology.kubernetes.io/zone", "a")
                .build(),
            node("n3")
                .cpu("4")
                .label("topology.kubernetes.io/zone", "b")
                .build(),
        ];
        let pods = vec![
            pod("one").requests("1", "1Gi").build(),
            pod("two").requests("1", "1Gi").build(),
            pod("three").requests("1", "1Gi").build(),
            pod("huge").requests("9", "1Gi").build(),
            pod("gated").gate("example.com/wait").build(),
        ];
        Self::at(nodes, pods, (120, 36))
    }

    /// The engine's latest.
    fn look(&mut self) {
        let view = self.core.view(self.at);
        self.tell(Msg::View(Arc::new(view)));
    }

    /// Gives `msg`, draws, and answers what was asked of the engine.
    fn tell(&mut self, msg: Msg) {
        let mut queue = vec![msg, Msg::Drawn];
        while !queue.is_empty() {
            for effect in update(&mut self.state, queue.remove(0), self.at) {
                match &effect {
                    Effect::Look(interest) => {
                        self.core.look(interest.clone());
                        let view = self.core.view(self.at);
                        queue.push(Msg::View(Arc::new(view)));
                    }
                    Effect::Study(id, asked) if self.answers => {
                        let mut snapshot = self.core.snapshot(self.at).expect("the lists are complete");
                        let mut asked = asked.clone();
                        if let Study::Plan {
                            search: Some(search), ..
                        } = &mut asked
                        {
                            search.evaluations = 1_500;
                        }
                        let found = study::run(&mut snapshot, &asked, &mut |_: Progress| {
                            std::ops::ControlFlow::Continue(())
                        });
                        queue.push(Msg::Studied(*id, found.map(Arc::new)));
                        queue.push(Msg::Drawn);
                    }
                    _ => {}
                }
                self.effects.push(effect);
            }
        }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        for c in keys.chars() {
            self.tell(key(KeyCode::Char(c)));
        }
    }

    pub(crate) fn hit(&mut self, code: KeyCode) {
        self.tell(key(code));
    }

    pub(crate) fn wait(&mut self, millis: i64) {
        self.at += SignedDuration::from_millis(millis);
        self.tell(Msg::Tick);
    }

    fn intents(&self) -> Vec<&Intent> {
        let sent = self.effects.iter().filter_map(|effect| match effect {
            Effect::Place(intent) => Some(intent),
            _ => None,
        });
        sent.collect()
    }

    /// The pod is bound as far as the API server is concerned; the watches bring it.
    pub(crate) fn bind(&mut self, name: &str, node: &str) {
        let at = self
            .pods
            .iter()
            .position(|pod| pod.metadata.name.as_deref() == Some(name))
            .expect("a pod");
        let mut object = serde_json::to_value(&self.pods[at]).expect("JSON");
        object["metadata"]["namespace"] = json!("shop");
        object["metadata"]["uid"] = json!(format!("uid-{at}"));
        object["metadata"]["resourceVersion"] = json!("900");
        object["spec"]["nodeName"] = json!(node);
        let object: PodObject = serde_json::from_value(object).expect("a pod");
        self.core
            .apply(vec![Change::Pod(WatchEvent::Applied(Box::new(object)))]);
    }

    /// The placement under way succeeds, and the watches bring it.
    pub(crate) fn land(&mut self) {
        let intent = (*self.intents().last().expect("a placement")).clone();
        let outcome = Outcome::Placed {
            node: Arc::clone(&intent.node),
            event_error: None,
        };
        self.tell(Msg::Placed(outcome));
        self.bind(&intent.pod.name, &intent.node);
        self.look();
    }

    /// The placement under way is refused: the pod is gone.
    pub(crate) fn refuse(&mut self) {
        self.tell(Msg::Placed(Outcome::Refused(Refusal::PodGone)));
    }

    /// What is said of the pod under the cursor and of the plan.
    fn about(&self) -> String {
        let lines: Vec<String> = self
            .state
            .plan
            .about
            .iter()
            .map(|line| line.text().trim().to_owned())
            .collect();
        lines.join(" ")
    }

    fn screen(&self) -> String {
        text(&self.state)
    }

    /// Names and nodes of the plan, in order.
    fn plan(&self) -> Vec<(String, String)> {
        let planned = self.state.plan.planned.as_ref().expect("a plan");
        let placements = planned.plan.placements();
        placements
            .map(|(pod, at)| (pod.key.name.to_string(), at.node.to_string()))
            .collect()
    }

    /// Opens the dialog and confirms.
    pub(crate) fn confirm(&mut self) {
        self.hit(KeyCode::Enter);
        assert!(
            matches!(self.state.overlay, Some(Overlay::Plan(_))),
            "{}",
            self.screen()
        );
        self.wait(800);
        self.hit(KeyCode::Enter);
    }
}

fn names(plan: &[(String, String)]) -> Vec<&str> {
    plan.iter().map(|(pod, _)| &**pod).collect()
}

#[test]
fn without_marks_all_that_are_ours_are_planned() {
    let mut desk = Desk::small();
    desk.press("P");
    assert_eq!(names(&desk.plan()), ["one", "two", "three"]);
    let screen = desk.screen();
    for says in [
        "Plan: 3 of 4 placed",
        "one by one",
        "Left over: 1 pod fits nowhere by then",
        "Left out: 1 pod",
    ] {
        assert!(screen.contains(says), "{says}\n{screen}");
    }
    desk.hit(KeyCode::End);
    desk.hit(KeyCode::Up);
    assert!(
        desk.about()
            .contains("shop/huge stays unplaced: 0/3 nodes are available: 3 Insufficient cpu."),
        "{}",
        desk.about()
    );
    // Going away and coming back plans nothing anew.
    let studies = |desk: &Desk| {
        desk.effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Study(..)))
            .count()
    };
    let before = studies(&desk);
    desk.hit(KeyCode::Esc);
    desk.press("P");
    assert_eq!(studies(&desk), before);
}

#[test]
fn marked_pods_alone_are_planned() {
    let mut desk = Desk::small();
    desk.press("mjm");
    assert!(desk.screen().contains("2 marked"), "{}", desk.screen());
    desk.press("P");
    assert_eq!(names(&desk.plan()), ["one", "three"]);
    // Other marks, another plan.
    desk.hit(KeyCode::Esc);
    desk.press("uuP");
    assert_eq!(names(&desk.plan()), ["one", "two", "three"]);
}

#[test]
fn pods_are_moved_and_skipped_and_that_is_undone() {
    let mut desk = Desk::small();
    desk.press("P");
    desk.press("J");
    assert_eq!(names(&desk.plan()), ["two", "one", "three"]);
    assert_eq!(
        desk.state.plan.row().map(|row| &*row.pod.key.name),
        Some("one"),
        "the cursor goes with the pod"
    );
    desk.press("K");
    assert_eq!(names(&desk.plan()), ["one", "two", "three"]);
    desk.press(" ");
    assert_eq!(names(&desk.plan()), ["two", "three"]);
    assert!(desk.screen().contains("skipped"), "{}", desk.screen());
    assert_eq!(
        desk.state.plan.row().map(|row| &*row.pod.key.name),
        Some("two"),
        "the cursor goes on"
    );
    desk.press("u");
    assert_eq!(names(&desk.plan()), ["one", "two", "three"]);
    desk.press("U");
    assert_eq!(names(&desk.plan()), ["two", "three"]);
    // A gated pod cannot be taken in by a key.
    desk.press("G ");
    assert!(
        desk.screen().contains("not to be placed in any case"),
        "{}",
        desk.screen()
    );
}

#[test]
fn a_pod_is_pinned_to_another_node_that_fits() {
    let mut desk = Desk::small();
    desk.press("P");
    let first = desk.plan()[0].1.clone();
    desk.press("i");
    assert!(
        desk.screen().contains("Pin to a node that fits"),
        "{}",
        desk.screen()
    );
    desk.press("n1");
    desk.hit(KeyCode::Enter);
    assert_ne!(first, "n1");
    assert_eq!(desk.plan()[0], ("one".to_owned(), "n1".to_owned()));
    assert!(desk.screen().contains("pinned by you"), "{}", desk.screen());
    desk.press("u");
    assert_eq!(desk.plan()[0].1, first);
}

#[test]
fn the_search_says_what_it_does_otherwise() {
    let nodes = vec![node("n1").cpu("4").build(), node("n2").cpu("4").build()];
    let mut pods: Vec<Pod> = (1..=4)
        .map(|at| pod(&format!("s{at}")).requests("1", "1Gi").build())
        .collect();
    pods.push(pod("large").requests("4", "1Gi").build());
    let mut desk = Desk::at(nodes, pods, (120, 36));
    desk.press("P");
    assert_eq!(desk.plan().len(), 4);
    desk.press("O");
    assert_eq!(desk.plan().len(), 5);
    let screen = desk.screen();
    assert!(screen.contains("optimized"), "{screen}");
    assert!(
        desk.about().contains("5 placed instead of 4 (+1 −0)"),
        "{}",
        desk.about()
    );
    desk.press("O");
    assert_eq!(desk.plan().len(), 4);
}

#[test]
fn a_confirmed_plan_is_placed_one_by_one() {
    let mut desk = Desk::small();
    desk.press("P");
    desk.hit(KeyCode::Enter);
    let screen = desk.screen();
    for says in [
        "place 3 pods?",
        "3 Bindings",
        "3 Events",
        "cannot be undone",
        "berth.dev/placed-by: ana@example.org",
    ] {
        assert!(screen.contains(says), "{says}\n{screen}");
    }
    // Enter that was held down confirms nothing.
    desk.hit(KeyCode::Enter);
    assert_eq!(desk.intents().len(), 0);
    desk.hit(KeyCode::Down);
    desk.wait(800);
    desk.hit(KeyCode::Enter);
    let plan = desk.plan();
    assert_eq!(desk.intents().len(), 1);
    let intent = desk.intents()[0];
    assert_eq!((&*intent.pod.name, &*intent.node), (&*plan[0].0, &*plan[0].1));
    assert_eq!((&*intent.uid, &*intent.resource_version), ("uid-0", "0"));
    assert!(intent.verdict.best && intent.verdict.is_feasible());

    // The next one begins when the watches have brought the first, and not before its time.
    desk.tell(Msg::Placed(Outcome::Placed {
        node: plan[0].1.as_str().into(),
        event_error: None,
    }));
    desk.wait(2000);
    assert_eq!(desk.intents().len(), 1, "it has not come back");
    desk.bind("one", &plan[0].1);
    desk.look();
    assert_eq!(desk.intents().len(), 2);
    desk.land();
    assert_eq!(desk.intents().len(), 2, "one a second");
    let wakes = |effect: &Effect| *effect == Effect::Wake(std::time::Duration::from_secs(1));
    assert!(desk.effects.iter().any(wakes), "{:?}", desk.effects);
    let screen = desk.screen();
    assert!(
        screen.contains("Placing 3 of 3") && screen.contains("✓"),
        "{screen}"
    );
    assert_eq!(
        desk.state.plan.row().map(|row| &*row.pod.key.name),
        Some("two"),
        "the cursor goes with what is placed"
    );
    desk.wait(1000);
    desk.land();
    assert!(matches!(desk.state.plan.run.stage, Stage::Finished));
    let screen = desk.screen();
    assert!(
        screen.contains("the plan is carried out: 3 pods placed"),
        "{screen}"
    );
    assert_eq!(desk.state.placed.len(), 3);
    assert_eq!(desk.intents().len(), 3);
}

#[test]
fn the_first_surprise_stops_it_and_it_can_go_on() {
    let mut desk = Desk::small();
    desk.press("P");
    desk.confirm();
    desk.land();
    desk.wait(1000);
    assert_eq!(desk.intents().len(), 2);
    // Somebody else took the second pod.
    desk.bind("two", "n3");
    desk.tell(Msg::Placed(Outcome::Refused(Refusal::AlreadyBound {
        node: "n3".into(),
    })));
    desk.look();
    desk.wait(5000);
    assert_eq!(desk.intents().len(), 2, "nothing more is sent");
    let screen = desk.screen();
    assert!(
        screen.contains("Stopped after 1 of 3") && screen.contains("by somebody else"),
        "{screen}"
    );
    // What is left is planned anew, asked about, and placed.
    desk.hit(KeyCode::Enter);
    assert!(desk.screen().contains("place 1 pod?"), "{}", desk.screen());
    desk.wait(800);
    desk.hit(KeyCode::Enter);
    assert_eq!(desk.intents().len(), 3);
    assert_eq!(&*desk.intents()[2].pod.name, "three");
    desk.land();
    assert!(
        matches!(desk.state.plan.run.stage, Stage::Finished),
        "{}",
        desk.screen()
    );
    assert!(desk.screen().contains("Placed 2 pods"), "{}", desk.screen());
}

#[test]
fn a_decision_that_changed_is_a_surprise_but_a_newer_version_is_none() {
    let mut desk = Desk::small();
    desk.press("P");
    desk.confirm();
    let sent = desk.intents()[0].clone();
    let judge = |desk: &mut Desk, version: &str| {
        let mut judged = desk
            .core
            .judge(&PodKey::new("shop", "one"), desk.at)
            .expect("it waits");
        let mut newer = (*judged.pod).clone();
        newer.resource_version = version.into();
        judged.pod = Arc::new(newer);
        judged
    };
    let judged = judge(&mut desk, "77");
    desk.tell(Msg::Placed(Outcome::Changed {
        confirmed: sent.verdict.clone(),
        now: sent.verdict.clone(),
        judged: Box::new(judged),
    }));
    assert_eq!(desk.intents().len(), 2, "it is tried once more");
    assert_eq!(&*desk.intents()[1].resource_version, "77");
    let judged = judge(&mut desk, "78");
    desk.tell(Msg::Placed(Outcome::Changed {
        confirmed: sent.verdict.clone(),
        now: Verdict {
            best: false,
            ..sent.verdict
        },
        judged: Box::new(judged),
    }));
    assert_eq!(desk.intents().len(), 2);
    assert!(
        desk.screen().contains("no longer the best node"),
        "{}",
        desk.screen()
    );
}

#[test]
fn a_person_stops_it_between_two_placements() {
    let mut desk = Desk::small();
    desk.press("P");
    desk.confirm();
    desk.press(" ");
    assert!(desk.screen().contains("⏎ stops it first"), "{}", desk.screen());
    desk.hit(KeyCode::Enter);
    desk.land();
    desk.wait(5000);
    assert_eq!(desk.intents().len(), 1);
    assert!(desk.screen().contains("Stopped by you"), "{}", desk.screen());
}

#[test]
fn nothing_is_placed_on_what_is_out_of_date() {
    let mut desk = Desk::small();
    desk.press("P");
    desk.confirm();
    let mut link = live();
    link.watches[0].state = berth::app::link::WatchState::Down {
        since: now(),
        error: "connection refused".into(),
    };
    desk.tell(Msg::Link(link));
    desk.land();
    desk.wait(5000);
    assert_eq!(desk.intents().len(), 1);
    assert!(
        desk.screen().contains("Stopped after 1 of 3"),
        "{}",
        desk.screen()
    );
    assert_ne!(Link::default().context, live().context);
}

#[test]
fn that_the_cluster_changed_is_said_and_planning_again_offered() {
    let mut desk = Desk::small();
    desk.press("P");
    assert!(!desk.state.plan.stale);
    desk.bind("two", "n1");
    desk.look();
    assert!(desk.state.plan.stale);
    assert!(
        desk.screen().contains("the cluster changed: r plans again"),
        "{}",
        desk.screen()
    );
    assert_eq!(desk.plan().len(), 3, "the plan stays until it is asked for");
    desk.press("r");
    assert_eq!(names(&desk.plan()), ["one", "three"]);
    assert!(!desk.state.plan.stale);
}

#[test]
fn planning_shows_how_far_it_is_and_an_edit_breaks_it_off() {
    let mut desk = Desk::small();
    desk.press("P");
    desk.answers = false;
    desk.press("O");
    let study = desk.state.plan.study.expect("a study");
    desk.tell(Msg::Studying(
        study,
        Progress {
            done: 1200,
            of: 20_000,
        },
    ));
    assert!(
        desk.screen().contains("planning 1,200/20,000"),
        "{}",
        desk.screen()
    );
    desk.press(" ");
    assert!(desk.effects.contains(&Effect::Abandon(study)));
    assert_ne!(desk.state.plan.study, Some(study));
    // An answer that comes too late changes nothing.
    let before = desk.plan();
    desk.tell(Msg::Studied(study, None));
    assert_eq!(desk.plan(), before);
}

#[test]
fn the_table_is_filtered_and_its_columns_hold_on_a_small_screen() {
    let mut desk = Desk::small();
    desk.press("P");
    desk.press("/two");
    desk.hit(KeyCode::Enter);
    assert_eq!(desk.state.plan.rows.len(), 1);
    desk.hit(KeyCode::Esc);
    assert_eq!(desk.state.plan.rows.len(), 5);
    desk.tell(Msg::Resize(80, 24));
    desk.hit(KeyCode::Tab);
    assert!(desk.screen().contains("Before → after"), "{}", desk.screen());
    desk.hit(KeyCode::Esc);
    assert!(desk.screen().contains("Plan: 3 of 4 placed"), "{}", desk.screen());
}
