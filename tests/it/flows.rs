//! What keys do: keys and news in, effects and screen out.

pub(crate) mod adopt;
mod compare;
mod contexts;
pub(crate) mod cycle;
mod details;
mod early;
mod finding;
mod matrix;
mod overruling;
pub(crate) mod plan;
mod room;
mod what_if;
mod wire;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use berth::app::confirm::Step;
use berth::app::layout::Pane;
use berth::app::overlay::Overlay;
use berth::app::{Effect, Msg, State, update};
use berth::engine::view::Interest;
use berth::placing::{Intent, Outcome, Refusal, Stage};
use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use jiff::{SignedDuration, Timestamp};

use crate::screens::{key, text};
use crate::screens_world::{World, blank, edit, live, now};

/// A person at the screen, with a clock that only moves when told.
pub(crate) struct Person {
    pub(crate) state: State,
    pub(crate) world: World,
    at: Timestamp,
    pub(crate) effects: Vec<Effect>,
}

impl Person {
    pub(crate) fn at(world: World, size: (u16, u16)) -> Self {
        let mut person = Self {
            state: blank(size),
            world,
            at: now(),
            effects: Vec::new(),
        };
        person.tell(Msg::Link(live()));
        let view = person.world.view();
        person.tell(Msg::View(view));
        person
    }

    /// At a screen of two columns, with the cart selected and judged.
    pub(crate) fn at_cart() -> Self {
        let mut person = Self::at(World::shop(), (120, 36));
        person.press("jj");
        person
    }

    /// Gives `msg`, draws, and lets the engine answer what the screen looks at.
    pub(crate) fn tell(&mut self, msg: Msg) {
        let mut queue = vec![msg, Msg::Drawn];
        while !queue.is_empty() {
            for effect in update(&mut self.state, queue.remove(0), self.at) {
                if let Effect::Look(Interest {
                    pod: Some(pod),
                    nodes,
                }) = &effect
                {
                    let found = self.world.pods.iter().position(|have| have.key == *pod);
                    self.world.selected = found.unwrap_or(0);
                    self.world.focus = nodes.first().cloned();
                    self.world.revision += 1;
                    queue.push(Msg::View(self.world.view()));
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

    /// What was sent to be placed.
    pub(crate) fn intents(&self) -> Vec<Intent> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Place(intent) => Some(intent.clone()),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn selected(&self) -> &str {
        &self.state.pod().expect("a pod").pod.key.name
    }

    pub(crate) fn message(&self) -> &str {
        self.state.notices.current().map_or("", |notice| &notice.text)
    }

    pub(crate) fn quits(&self) -> bool {
        self.effects.contains(&Effect::Quit)
    }

    pub(crate) fn change(&mut self, change: impl FnOnce(&mut World)) {
        change(&mut self.world);
        self.world.revision += 1;
        let view = self.world.view();
        self.tell(Msg::View(view));
    }
}

#[test]
fn enter_twice_with_a_look_between_places_on_the_best_node() {
    let mut person = Person::at_cart();
    person.hit(KeyCode::Enter);
    assert!(text(&person.state).contains("Place shop/cart-7f9c4d8b6f-w8kzp on worker-03?"));
    assert!(person.effects.contains(&Effect::Wake(Duration::from_millis(700))));
    person.wait(700);
    person.hit(KeyCode::Enter);
    let [intent] = &person.intents()[..] else {
        panic!("{:?}", person.intents())
    };
    assert_eq!(intent.pod.to_string(), "shop/cart-7f9c4d8b6f-w8kzp");
    assert_eq!(&*intent.uid, "6c1d2f3a-shop-cart-7f9c4d8b6f-w8kzp");
    assert_eq!(&*intent.resource_version, "88123");
    assert_eq!(&*intent.node, "worker-03");
    assert!(intent.verdict.is_feasible() && intent.verdict.best);
    assert_eq!(intent.reason, None);

    person.tell(Msg::Placing(Stage::Binding));
    assert!(text(&person.state).contains("▸ sending the Binding"));
    person.change(|world| world.pods.retain(|pod| &*pod.key.name != "cart-7f9c4d8b6f-w8kzp"));
    person.tell(Msg::Placed(Outcome::Placed {
        node: "worker-03".into(),
        event_error: None,
    }));
    assert!(
        person.state.overlay.is_none(),
        "a placement that went well closes its dialog"
    );
    assert_eq!(person.message(), "shop/cart-7f9c4d8b6f-w8kzp placed on worker-03");
    assert_eq!(
        person.selected(),
        "front-5d6f7c9b4-2q2lm",
        "the cursor goes to the neighbour"
    );
}

#[test]
fn a_held_enter_never_places() {
    let mut person = Person::at_cart();
    person.hit(KeyCode::Enter);
    person.wait(660);
    for _ in 0..100 {
        person.hit(KeyCode::Enter);
        person.wait(33);
    }
    assert_eq!(person.intents(), []);
    let repeat = KeyEvent {
        kind: KeyEventKind::Repeat,
        ..KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)
    };
    person.wait(1000);
    person.tell(Msg::Key(repeat));
    assert_eq!(person.intents(), [], "a terminal that marks repeats is believed");
    person.hit(KeyCode::Enter);
    assert_eq!(person.intents().len(), 1, "Enter after a pause places");
}

#[test]
fn a_dialog_that_was_not_drawn_never_places() {
    let mut person = Person::at_cart();
    let later = person.at + SignedDuration::from_secs(10);
    update(&mut person.state, key(KeyCode::Enter), person.at);
    let effects = update(&mut person.state, key(KeyCode::Enter), later);
    assert!(
        !effects.iter().any(|effect| matches!(effect, Effect::Place(_))),
        "{effects:?}"
    );
    assert!(matches!(person.state.overlay, Some(Overlay::Confirm(_))));
}

#[test]
fn overruling_wants_a_reason() {
    let mut person = Person::at_cart();
    person.press("ooooooo");
    assert_eq!(person.state.node_name().map(|name| &**name), Some("gpu-1"));
    person.hit(KeyCode::Enter);
    let screen = text(&person.state);
    assert!(
        screen.contains("gpu-1 is rejected by 1 rule, which you would overrule"),
        "{screen}"
    );
    assert!(screen.contains("NoSchedule is the"), "{screen}");
    person.wait(1000);
    person.hit(KeyCode::Enter);
    assert_eq!(person.intents(), []);
    assert!(text(&person.state).contains("the reason is empty"));
    person.press("only node with room");
    assert!(text(&person.state).contains("berth.dev/reason: only node with room"));
    person.hit(KeyCode::Enter);
    let [intent] = &person.intents()[..] else {
        panic!("{:?}", person.intents())
    };
    assert_eq!(
        intent.reason.as_ref().map(berth::placing::Reason::as_str),
        Some("only node with room")
    );
    assert_eq!(intent.verdict.broken[0].plugin, "TaintToleration");
}

#[test]
fn a_reason_that_is_no_text_is_not_sent() {
    let mut person = Person::at_cart();
    person.hit(KeyCode::Enter);
    person.wait(1000);
    person.tell(Msg::Paste("plain \u{1b}[2J then\nmore".into()));
    person.hit(KeyCode::Enter);
    assert_eq!(person.intents(), []);
    assert!(text(&person.state).contains("U+001B"));
    person.hit(KeyCode::Esc);
    assert!(person.state.overlay.is_none());
    assert_eq!(person.intents(), []);
}

#[test]
fn a_decision_that_changes_under_the_dialog_is_asked_again() {
    let mut person = Person::at_cart();
    person.hit(KeyCode::Enter);
    person.wait(1000);
    person.change(|world| {
        let best = world
            .nodes
            .iter_mut()
            .find(|node| &*node.name == "worker-03")
            .expect("the node");
        best.unschedulable = true;
        edit(&mut world.pods[2], |pod, _| pod.resource_version = "88200".into());
    });
    let screen = text(&person.state);
    assert!(screen.contains("The decision changed meanwhile"), "{screen}");
    assert!(screen.contains("rejected by NodeUnschedulable"), "{screen}");
    person.press("cordoned by mistake");
    person.hit(KeyCode::Enter);
    assert_eq!(&*person.intents()[0].resource_version, "88200");
    assert_eq!(person.intents()[0].verdict.broken.len(), 1);
}

#[test]
fn a_change_found_on_the_way_is_confirmed_anew() {
    let mut person = Person::at_cart();
    person.hit(KeyCode::Enter);
    person.wait(1000);
    person.hit(KeyCode::Enter);
    let confirmed = person.intents()[0].verdict.clone();
    let judged = Box::new(person.world.view().selected.clone().expect("a decision"));
    let now = berth::placing::Verdict {
        best: false,
        ..confirmed.clone()
    };
    person.tell(Msg::Placed(Outcome::Changed {
        confirmed,
        now,
        judged,
    }));
    person.hit(KeyCode::Enter);
    assert_eq!(person.intents().len(), 1, "too soon after it changed");
    person.wait(1000);
    person.hit(KeyCode::Enter);
    assert_eq!(person.intents().len(), 2);
    assert!(!person.intents()[1].verdict.best);
}

#[test]
fn a_pod_that_goes_while_the_dialog_is_open_is_not_sent() {
    let mut person = Person::at_cart();
    person.hit(KeyCode::Enter);
    person.wait(1000);
    person.change(|world| world.pods.retain(|pod| &*pod.key.namespace != "shop"));
    assert!(
        matches!(&person.state.overlay, Some(Overlay::Confirm(dialog)) if matches!(dialog.step, Step::Gone))
    );
    person.hit(KeyCode::Enter);
    assert_eq!(person.intents(), []);
    assert!(person.state.overlay.is_none());
}

#[test]
fn failures_stay_until_they_are_read() {
    let mut person = Person::at_cart();
    person.hit(KeyCode::Enter);
    person.wait(1000);
    person.hit(KeyCode::Enter);
    person.tell(Msg::Placed(Outcome::Refused(Refusal::NodeGone(
        "worker-03".into(),
    ))));
    let screen = text(&person.state);
    assert!(screen.contains("was not placed on worker-03"), "{screen}");
    assert!(screen.contains("choose another node"), "{screen}");
    person.hit(KeyCode::Esc);
    person.wait(600_000);
    assert!(
        person.message().contains("does not exist"),
        "{}",
        person.message()
    );
    person.press("e");
    assert!(text(&person.state).contains("Messages"));
}

#[test]
fn pods_of_others_and_gated_pods_are_explained_not_placed() {
    let mut person = Person::at(World::shop(), (120, 36));
    for (row, words) in [
        (0, "belongs to the scheduler"),
        (4, "held back by scheduling gates"),
    ] {
        person.hit(KeyCode::Home);
        for _ in 0..row {
            person.press("j");
        }
        person.hit(KeyCode::Enter);
        person.wait(2000);
        let screen = text(&person.state);
        assert!(screen.contains(words), "{screen}");
        person.hit(KeyCode::Enter);
        assert!(person.state.overlay.is_none(), "Enter only closes it");
    }
    assert_eq!(person.intents(), []);
}

#[test]
fn quitting_a_placement_asks_first() {
    let mut person = Person::at_cart();
    person.hit(KeyCode::Enter);
    person.wait(1000);
    person.hit(KeyCode::Enter);
    person.hit(KeyCode::Esc);
    person.press("q");
    assert!(!person.quits());
    assert!(text(&person.state).contains("is being placed on worker-03"));
    person.hit(KeyCode::Esc);
    person.press("qy");
    assert!(person.quits());
}

#[test]
fn control_c_leaves_from_anywhere() {
    for open in ["", "?", "n", "/x", "p", "e"] {
        let mut person = Person::at_cart();
        person.press(open);
        person.tell(Msg::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)));
        assert!(person.quits(), "after {open:?}");
    }
}

#[test]
fn the_cursor_stays_on_its_pod() {
    let mut person = Person::at_cart();
    person.change(|world| {
        let urgent = crate::screens_world::pod("shop", "urgent", 5000, 1, 100);
        world.pods.insert(0, urgent);
    });
    assert_eq!(person.selected(), "cart-7f9c4d8b6f-w8kzp");
    person.change(|world| world.pods.retain(|pod| !pod.key.name.starts_with("cart")));
    assert_eq!(person.selected(), "front-5d6f7c9b4-2q2lm");
    assert!(
        person.message().contains("cart-7f9c4d8b6f-w8kzp waits no longer"),
        "{}",
        person.message()
    );
}

#[test]
fn a_pod_bound_by_another_is_told() {
    let mut person = Person::at_cart();
    let mut view = (*person.world.view()).clone();
    view.revision += 1;
    let mut bound = Arc::clone(&person.world.pods[2]);
    edit(&mut bound, |pod, _| pod.node_name = Some("worker-09".into()));
    view.selected.as_mut().expect("a decision").pod = bound;
    view.waiting = view
        .waiting
        .iter()
        .filter(|row| row.pod.key.namespace.as_ref() != "shop")
        .cloned()
        .collect();
    update(&mut person.state, Msg::View(Arc::new(view)), now());
    assert_eq!(
        person.message(),
        "shop/cart-7f9c4d8b6f-w8kzp placed on worker-09 by berth"
    );
}

#[test]
fn the_best_node_is_followed_until_another_is_chosen() {
    let mut person = Person::at_cart();
    let cordon = |name: &'static str| {
        move |world: &mut World| {
            let node = world
                .nodes
                .iter_mut()
                .find(|node| &*node.name == name)
                .expect("the node");
            node.unschedulable = true;
        }
    };
    assert_eq!(person.state.node_name().map(|name| &**name), Some("worker-03"));
    person.change(cordon("worker-03"));
    assert_eq!(person.state.node_name().map(|name| &**name), Some("worker-17"));
    person.press("o");
    assert_eq!(person.state.node_name().map(|name| &**name), Some("worker-29"));
    person.change(cordon("worker-17"));
    assert_eq!(
        person.state.node_name().map(|name| &**name),
        Some("worker-29"),
        "the chosen one stays"
    );
    person.press("b");
    person.change(cordon("worker-29"));
    assert_eq!(person.state.node_name().map(|name| &**name), Some("worker-21"));
}

#[test]
fn keys_pressed_before_the_decision_never_choose_a_node_of_another_pod() {
    let mut person = Person::at_cart();
    update(&mut person.state, key(KeyCode::Down), person.at);
    assert!(person.state.judging());
    update(&mut person.state, key(KeyCode::Tab), person.at);
    update(&mut person.state, key(KeyCode::Down), person.at);
    update(&mut person.state, key(KeyCode::Char('p')), person.at);
    assert!(
        person.state.overlay.is_none(),
        "nothing can be placed before it is judged"
    );
    person.change(|world| world.selected = 3);
    let rows = &person.state.nodes.rows;
    assert_eq!(
        person.state.node_name(),
        rows.name(1),
        "one step from the best node of this pod"
    );
}

#[test]
fn every_node_is_reached_by_the_cursor() {
    let mut person = Person::at_cart();
    person.hit(KeyCode::Tab);
    let mut seen = HashSet::new();
    for _ in 0..person.world.nodes.len() {
        seen.insert(person.state.node_name().expect("a node").to_string());
        let name = person.state.node_name().expect("a node").to_string();
        assert!(
            text(&person.state).contains(&name),
            "the cursor's row is on the screen"
        );
        person.press("j");
    }
    assert_eq!(seen.len(), person.world.nodes.len());
    person.press("G");
    let last = person.state.node_name().cloned();
    person.press("g");
    assert_ne!(person.state.node_name().cloned(), last);
}

#[test]
fn one_pane_at_a_time_leads_from_pod_to_node_to_why() {
    let mut person = Person::at(World::shop(), (80, 24));
    person.press("jj");
    person.hit(KeyCode::Enter);
    assert_eq!(person.state.focus, Pane::Nodes);
    assert!(person.state.overlay.is_none());
    person.hit(KeyCode::Tab);
    assert_eq!(person.state.focus, Pane::Why);
    assert!(text(&person.state).contains("total 511, the best"));
    person.hit(KeyCode::Esc);
    person.hit(KeyCode::Esc);
    assert_eq!(person.state.focus, Pane::Waiting);
    person.hit(KeyCode::Enter);
    assert!(
        text(&person.state).contains("shop/cart-7f9c…f-w8kzp · 6/40 fit"),
        "the pane that is shown alone names its pod"
    );
    person.hit(KeyCode::Enter);
    assert!(matches!(person.state.overlay, Some(Overlay::Confirm(_))));
    person.wait(1000);
    person.hit(KeyCode::Enter);
    person.tell(Msg::Placed(Outcome::Placed {
        node: "worker-03".into(),
        event_error: None,
    }));
    assert_eq!(
        person.state.focus,
        Pane::Waiting,
        "the next Enter chooses a pod, it places none"
    );
}

#[test]
fn filters_narrow_and_clear() {
    let mut person = Person::at(World::shop(), (120, 36));
    person.press("/train");
    assert_eq!(person.state.waiting.rows.len(), 2);
    person.hit(KeyCode::Enter);
    person.press("j");
    assert_eq!(person.selected(), "train-1");
    person.hit(KeyCode::Esc);
    assert_eq!(person.state.waiting.rows.len(), 8);
    assert_eq!(person.selected(), "train-1", "the cursor stays");
    person.hit(KeyCode::Tab);
    person.press("/gpu");
    assert_eq!(person.state.nodes.rows.nodes(), 4);
    person.hit(KeyCode::Esc);
    assert_eq!(person.state.nodes.rows.nodes(), 40);
}

#[test]
fn a_namespace_is_chosen_by_typing() {
    let mut person = Person::at(World::shop(), (120, 36));
    person.press("nbat");
    person.hit(KeyCode::Enter);
    assert_eq!(person.state.namespace.as_deref(), Some("batch"));
    assert_eq!(person.state.waiting.rows.len(), 2);
    person.press("n");
    person.hit(KeyCode::Enter);
    assert_eq!(person.state.namespace, None);
    assert_eq!(person.state.waiting.rows.len(), 8);
}

#[test]
fn unknown_keys_get_a_gentle_hint_that_goes_away() {
    let mut person = Person::at(World::shop(), (120, 36));
    person.press("z");
    assert_eq!(person.message(), "'z' does nothing here; ? shows all keys");
    person.press("j");
    assert_eq!(person.message(), "");
    person.press("z");
    person.wait(5000);
    assert_eq!(person.message(), "");
    person.press("e");
    assert!(
        text(&person.state).contains("No messages yet"),
        "a hint is not kept"
    );
}

#[test]
fn pasted_text_is_never_taken_for_keys() {
    let mut person = Person::at_cart();
    person.tell(Msg::Paste("q\np\n\n".into()));
    assert!(person.state.overlay.is_none());
    assert!(!person.quits());
}

#[test]
fn the_mouse_selects_scrolls_opens_and_presses_hints() {
    let mut person = Person::at(World::shop(), (120, 36));
    let mouse = |kind, column, row| {
        Msg::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        })
    };
    let click = |column, row| mouse(MouseEventKind::Down(MouseButton::Left), column, row);
    person.tell(click(10, 5));
    assert_eq!(person.selected(), "cart-7f9c4d8b6f-w8kzp");
    person.tell(click(80, 4));
    assert_eq!(person.state.focus, Pane::Nodes);
    assert_eq!(person.state.node_name().map(|name| &**name), Some("worker-17"));
    person.tell(mouse(MouseEventKind::ScrollDown, 80, 5));
    assert_eq!(person.state.node_name().map(|name| &**name), Some("worker-00"));
    person.wait(2000);
    person.tell(click(80, 3));
    person.tell(click(80, 3));
    assert!(
        text(&person.state).contains("on worker-03?"),
        "a double click opens the dialog"
    );
    person.wait(2000);
    let screen = text(&person.state);
    let column = screen
        .lines()
        .last()
        .and_then(|line| line.find("Esc"))
        .expect("the hint") as u16;
    person.tell(click(column.saturating_sub(2), 35));
    assert!(
        person.state.overlay.is_none(),
        "a click on the hint presses its key"
    );
    assert_eq!(person.intents(), []);
}

#[test]
fn copying_gives_the_name_under_the_cursor() {
    let mut person = Person::at_cart();
    person.press("y");
    person.hit(KeyCode::Tab);
    person.press("y");
    let copied: Vec<&Effect> = person
        .effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Copy(_)))
        .collect();
    let names = ["shop/cart-7f9c4d8b6f-w8kzp", "worker-03"].map(|name| Effect::Copy(name.into()));
    assert_eq!(copied, names.iter().collect::<Vec<_>>());
}

#[test]
fn an_older_view_is_not_shown() {
    let mut person = Person::at(World::shop(), (120, 36));
    let mut old = (*person.world.view()).clone();
    old.revision = 0;
    old.waiting = Arc::from([]);
    person.tell(Msg::View(Arc::new(old)));
    assert_eq!(person.state.waiting.rows.len(), 8);
}
