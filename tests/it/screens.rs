//! What the screen looks like: every view and dialog at three sizes, as text.

mod adopt;
mod compare;
mod cycle;
mod kinds;
pub(crate) mod matrix;
mod menus;
mod plan;
mod what_if;

use std::sync::{Arc, LazyLock};

use berth::app::link::{OtherScheduler, Probe, WatchState};
use berth::app::{Link, Msg, State, update};
use berth::engine::View;
use berth::placing::{Outcome, Refusal, Stage, Verdict};
use berth::ui::{ColorLevel, Theme, draw};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::SignedDuration;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::looks::look;
use crate::screens_world::{World, before, blank, live, now};

/// A size at which one pane, two columns, three columns are shown.
pub(crate) const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 50)];

/// What `state` looks like.
pub(crate) fn cells(state: &State, level: ColorLevel) -> Buffer {
    // Themes are read from their files, which takes longer than to draw a screen.
    static TRUE: LazyLock<Theme> = LazyLock::new(|| Theme::new(ColorLevel::True));
    match level {
        ColorLevel::True => drawn(state, &TRUE),
        fewer => drawn(state, &Theme::new(fewer)),
    }
}

/// What `state` looks like in `theme`.
pub(crate) fn drawn(state: &State, theme: &Theme) -> Buffer {
    let (columns, rows) = state.size;
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(frame, state, theme)).unwrap();
    terminal.backend().buffer().clone()
}

/// The characters of what `state` looks like.
pub(crate) fn text(state: &State) -> String {
    let buffer = cells(state, ColorLevel::True);
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut covered = 0;
        for x in 0..buffer.area.width {
            if covered > 0 {
                covered -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            covered = match symbol.len() {
                0 | 1 => 0,
                _ => berth::app::measure::width(symbol).saturating_sub(1),
            };
            line.push_str(symbol);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A key without modifiers.
pub(crate) fn key(code: KeyCode) -> Msg {
    Msg::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

/// The screen on `world`.
pub(crate) fn on(world: &World, size: (u16, u16)) -> State {
    let mut state = blank(size);
    update(&mut state, Msg::Link(live()), now());
    update(&mut state, Msg::View(world.view()), now());
    state
}

/// Moves the cursor to the pod in row `row`, and has it judged.
pub(crate) fn select(state: &mut State, world: &mut World, row: usize) {
    update(state, key(KeyCode::Home), now());
    for _ in 0..row {
        update(state, key(KeyCode::Down), now());
    }
    world.selected = row;
    judge(state, world);
}

/// Gives the state the view of `world` as the engine would answer it.
fn judge(state: &mut State, world: &mut World) {
    world.revision += 1;
    world.focus = state.node_name().cloned();
    update(state, Msg::View(world.view()), now());
}

/// The cart's nodes, with the node in row `down` under the cursor.
pub(crate) fn cart(size: (u16, u16), down: usize) -> (State, World) {
    let mut world = World::shop();
    let mut state = on(&world, size);
    select(&mut state, &mut world, 2);
    if down > 0 {
        state.focus = berth::app::layout::Pane::Nodes;
        for _ in 0..down {
            update(&mut state, key(KeyCode::Down), now());
        }
        judge(&mut state, &mut world);
    }
    (state, world)
}

/// The dialog on the node in row `down`, on the screen long enough to be confirmed.
pub(crate) fn asked(size: (u16, u16), down: usize) -> (State, World) {
    let (mut state, world) = cart(size, down);
    update(&mut state, key(KeyCode::Char('p')), now());
    update(&mut state, Msg::Drawn, now());
    let later = now() + SignedDuration::from_secs(1);
    update(&mut state, Msg::Tick, later);
    (state, world)
}

pub(crate) fn snap(name: &str, scene: impl Fn((u16, u16)) -> State) {
    for size in SIZES {
        taken(name, &scene(size));
    }
}

/// Takes down what `state`, the scene called `name`, looks like; at the middle size in every style, too.
pub(crate) fn taken(name: &str, state: &State) {
    let (columns, rows) = state.size;
    insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), text(state));
    if state.size == SIZES[1] {
        look(name, state);
    }
}

#[test]
fn home_shows_who_waits_and_where_it_could_go() {
    snap("home", |size| cart(size, 0).0);
}

#[test]
fn the_nodes_pane_reaches_those_that_do_not_fit() {
    snap("nodes_rejected", |size| cart(size, 7).0);
}

#[test]
fn why_tells_the_arithmetic() {
    snap("why", |size| {
        let (mut state, _) = cart(size, 0);
        state.focus = berth::app::layout::Pane::Why;
        update(&mut state, Msg::Tick, now());
        state
    });
}

#[test]
fn many_nodes_and_pods_are_grouped() {
    snap("large", |size| on(&World::large(5000, 3000), size));
}

#[test]
fn the_cluster_pane_shows_load_by_zone() {
    snap("cluster", |size| {
        let (mut state, _) = cart(size, 0);
        state.focus = berth::app::layout::Pane::Cluster;
        update(&mut state, Msg::Tick, now());
        state
    });
}

#[test]
fn the_dialog_shows_what_is_sent() {
    snap("confirm_best", |size| asked(size, 0).0);
}

#[test]
fn the_dialog_names_the_rules_that_are_broken() {
    snap("confirm_overrule", |size| asked(size, 7).0);
}

#[test]
fn the_dialog_says_when_the_kubelet_would_refuse() {
    snap("confirm_refused_by_kubelet", |size| asked(size, 12).0);
}

#[test]
fn the_dialog_shows_how_far_the_placement_is() {
    snap("confirm_running", |size| {
        let mut state = asked(size, 0).0;
        let later = now() + SignedDuration::from_secs(2);
        update(&mut state, key(KeyCode::Enter), later);
        update(&mut state, Msg::Placing(Stage::DryRun), later);
        state
    });
}

#[test]
fn the_dialog_asks_again_where_the_decision_changed() {
    snap("confirm_changed", |size| {
        let (mut state, world) = asked(size, 0);
        let later = now() + SignedDuration::from_secs(2);
        update(&mut state, key(KeyCode::Enter), later);
        let mut world = world;
        let filled = world
            .nodes
            .iter_mut()
            .find(|node| &*node.name == "worker-03")
            .unwrap();
        filled.cpu.0 += 600;
        let judged = world.view().selected.clone().unwrap();
        let node = judged.trace.nodes.id("worker-03").unwrap();
        let confirmed = Verdict {
            total: Some(511),
            best: true,
            ..Verdict::default()
        };
        let now_holds = Verdict::of(&judged.trace, node);
        let judged = Box::new(judged);
        update(
            &mut state,
            Msg::Placed(Outcome::Changed {
                confirmed,
                now: now_holds,
                judged,
            }),
            later,
        );
        state
    });
}

fn ended(outcome: &Outcome) -> impl Fn((u16, u16)) -> State {
    move |size| {
        let mut state = asked(size, 0).0;
        let later = now() + SignedDuration::from_secs(2);
        update(&mut state, key(KeyCode::Enter), later);
        update(&mut state, Msg::Placed(outcome.clone()), later);
        state
    }
}

#[test]
fn a_placement_is_told_and_listed() {
    let node: Arc<str> = "worker-03".into();
    snap(
        "placed",
        ended(&Outcome::Placed {
            node,
            event_error: None,
        }),
    );
}

#[test]
fn a_refusal_says_what_to_do_next() {
    let node = "worker-09".to_owned();
    snap(
        "refused",
        ended(&Outcome::Refused(Refusal::AlreadyBound { node })),
    );
}

#[test]
fn a_lost_answer_is_never_guessed() {
    let (node, error) = ("worker-03".into(), "timed out".to_owned());
    snap("unknown", ended(&Outcome::Unknown { node, error }));
}

#[test]
fn a_missing_event_is_told() {
    let event_error = Some("events.events.k8s.io is forbidden".to_owned());
    snap(
        "placed_without_event",
        ended(&Outcome::Placed {
            node: "worker-03".into(),
            event_error,
        }),
    );
}

#[test]
fn another_schedulers_pod_is_explained() {
    snap("not_ours", |size| {
        let mut world = World::shop();
        let mut state = on(&world, size);
        select(&mut state, &mut world, 7);
        update(&mut state, key(KeyCode::Char('p')), now());
        state
    });
}

#[test]
fn a_gated_pod_is_explained() {
    snap("gated", |size| {
        let mut world = World::shop();
        let mut state = on(&world, size);
        select(&mut state, &mut world, 4);
        update(&mut state, key(KeyCode::Char('p')), now());
        state
    });
}

#[test]
fn help_lists_all_keys() {
    snap("help", |size| {
        let mut state = on(&World::shop(), size);
        update(&mut state, key(KeyCode::Char('?')), now());
        state
    });
}

#[test]
fn messages_can_be_read_again() {
    snap("messages", |size| {
        let node: Arc<str> = "worker-03".into();
        let mut state = ended(&Outcome::Placed {
            node,
            event_error: None,
        })(size);
        let mut link = live();
        link.watches[0].state = WatchState::Down {
            since: before(3),
            error: "connection refused".into(),
        };
        update(&mut state, Msg::Link(link), now());
        update(&mut state, Msg::Link(live()), now());
        update(&mut state, key(KeyCode::Char('e')), now());
        state
    });
}

#[test]
fn namespaces_are_chosen_from_a_list() {
    snap("namespaces", |size| {
        let mut state = on(&World::shop(), size);
        update(&mut state, key(KeyCode::Char('n')), now());
        state
    });
}

#[test]
fn a_filter_leaves_what_matches() {
    snap("filter", |size| {
        let mut state = on(&World::shop(), size);
        for c in "/train".chars() {
            update(&mut state, key(KeyCode::Char(c)), now());
        }
        state
    });
}

#[test]
fn nothing_waiting_teaches() {
    snap("empty", |size| {
        let mut world = World::shop();
        world.pods.clear();
        on(&world, size)
    });
}

#[test]
fn no_nodes_teaches() {
    snap("no_nodes", |size| {
        let mut world = World::shop();
        world.nodes.clear();
        on(&world, size)
    });
}

#[test]
fn syncing_counts() {
    snap("syncing", |size| {
        let mut state = blank(size);
        let mut link = live();
        link.watches[0].state = WatchState::Listing { objects: 12_000 };
        update(&mut state, Msg::Link(link), now());
        update(&mut state, Msg::View(Arc::new(View::default())), now());
        state
    });
}

/// The connection with the watch of pods broken since `seconds`.
pub(crate) fn broken(seconds: i64) -> Link {
    let mut link = live();
    link.watches[0].state = WatchState::Down {
        since: before(seconds),
        error: "connection refused".into(),
    };
    link
}

#[test]
fn a_cluster_that_lets_nobody_in_says_why() {
    snap("kept_out", |size| {
        let mut state = blank(size);
        let mut link = broken(3);
        if let WatchState::Down { error, .. } = &mut link.watches[0].state {
            "listing pods: the API server at https://10.0.0.1:6443 does not accept the credentials (401 Unauthorized); \
             log in again, or choose another context with --context"
                .clone_into(error);
        }
        update(&mut state, Msg::Link(link), now());
        state
    });
}

#[test]
fn a_broken_watch_warns_and_greys() {
    snap("stale", |size| {
        let mut state = cart(size, 0).0;
        update(&mut state, Msg::Link(broken(14)), now());
        state
    });
    let mut state = cart((120, 36), 0).0;
    let fresh = cells(&state, ColorLevel::True);
    update(&mut state, Msg::Link(broken(14)), now());
    let old = cells(&state, ColorLevel::True);
    let colours = |buffer: &Buffer| {
        let body = (1..34).flat_map(|y| (0..120).map(move |x| (x, y)));
        body.map(|at| buffer[at].fg)
            .collect::<std::collections::HashSet<_>>()
            .len()
    };
    assert!(colours(&fresh) > 3, "a fresh screen has colours");
    assert_eq!(colours(&old), 1, "a stale one is grey throughout");
}

#[test]
fn the_dialog_warns_where_what_is_shown_is_old() {
    let mut state = asked((120, 36), 0).0;
    update(&mut state, Msg::Link(broken(14)), now());
    let screen = text(&state);
    assert!(
        screen.contains("▲ What is shown is out of date: pods stale for 14s"),
        "{screen}"
    );
}

#[test]
fn a_silent_server_warns() {
    let mut state = cart((120, 36), 0).0;
    let mut link = live();
    link.probe = Probe::Silent {
        since: before(75),
        error: "timed out".into(),
    };
    update(&mut state, Msg::Link(link), now());
    let first = text(&state).lines().next().unwrap().to_owned();
    assert!(first.contains("▲ server stale 1m: timed out"), "{first}");
}

#[test]
fn without_colours_signs_alone_carry_the_meaning() {
    let state = cart((120, 36), 7).0;
    let plain = cells(&state, ColorLevel::None);
    for cell in plain.content() {
        assert_eq!(cell.fg, ratatui::style::Color::Reset);
        assert_eq!(cell.bg, ratatui::style::Color::Reset);
    }
    let coloured = cells(&state, ColorLevel::True);
    let symbols = |buffer: &Buffer| {
        buffer
            .content()
            .iter()
            .map(|cell| cell.symbol().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        symbols(&plain),
        symbols(&coloured),
        "colour adds nothing that is not written"
    );
}

#[test]
fn sixteen_colours_are_the_terminals_own() {
    let state = cart((120, 36), 0).0;
    for cell in cells(&state, ColorLevel::Ansi16).content() {
        for colour in [cell.fg, cell.bg] {
            let own = !matches!(
                colour,
                ratatui::style::Color::Rgb(..) | ratatui::style::Color::Indexed(_)
            );
            assert!(own, "{colour:?}");
        }
    }
}

/// A cluster whose kube-scheduler has fallen silent.
fn outage(size: (u16, u16)) -> State {
    let (mut state, _) = cart(size, 0);
    let mut link = live();
    link.schedulers = vec![OtherScheduler {
        name: "default-scheduler".into(),
        state: berth::model::situation::State::Expired,
        evidence: "lease expired".to_owned(),
        since: Some(before(252)),
        lease_seen: Some(before(252)),
        has_lease: true,
    }];
    update(&mut state, Msg::Link(link), now());
    state
}

#[test]
fn a_scheduler_that_is_silent_is_told_at_once() {
    snap("outage", outage);
}

#[test]
fn the_cluster_can_be_looked_at_by_what_fits() {
    snap("cluster_fit", |size| {
        let (mut state, _) = cart(size, 0);
        for _ in 0..3 {
            update(&mut state, key(KeyCode::Char('v')), now());
        }
        if state.layout().single() {
            state.focus = berth::app::layout::Pane::Cluster;
            update(&mut state, Msg::Tick, now());
        }
        state
    });
}

#[test]
fn the_palette_finds_actions() {
    snap("palette", |size| {
        let (mut state, _) = cart(size, 0);
        for letter in ":pl".chars() {
            update(&mut state, key(KeyCode::Char(letter)), now());
        }
        state
    });
}
