//! The screen on a made-up cluster, to look at: `cargo run --example preview [shop|large|empty|stale|sync]`.
#![allow(missing_docs, unused, clippy::pedantic, clippy::all)]

#[path = "../tests/it/screens_world.rs"]
mod world;

use std::sync::Arc;
use std::time::{Duration, Instant};

use berth::app::link::WatchState;
use berth::app::{Effect, Msg, update};
use berth::placing::{Outcome, Refusal, Stage};
use berth::ui::{ColorLevel, Theme, draw};
use crossterm::event::{self, Event};

fn main() {
    let scene = std::env::args().nth(1).unwrap_or_else(|| "shop".into());
    let mut terminal = ratatui::init();
    let _ = crossterm::execute!(std::io::stdout(), event::EnableMouseCapture);
    let theme = Theme::new(ColorLevel::from_env(|name| std::env::var(name).ok()));
    let size = terminal.size().unwrap();
    let mut state = world::blank((size.width, size.height));
    let mut world = if scene == "large" {
        world::World::large(5000, 3000)
    } else {
        world::World::shop()
    };
    let start = Instant::now();
    let now = || world::now() + jiff::SignedDuration::try_from(start.elapsed()).unwrap();
    let mut link = world::live();
    match scene.as_str() {
        "stale" => {
            link.watches[0].state = WatchState::Down {
                since: world::before(14),
                error: "connection refused".into(),
            }
        }
        "sync" => link.watches[0].state = WatchState::Listing { objects: 12000 },
        "empty" => world.pods.clear(),
        _ => {}
    }
    update(&mut state, Msg::Link(link), now());
    if scene == "sync" {
        let mut v = (*world.view()).clone();
        v.synced = false;
        v.waiting = Arc::from([]);
        v.selected = None;
        update(&mut state, Msg::View(Arc::new(v)), now());
    } else {
        update(&mut state, Msg::View(world.view()), now());
    }
    let mut first = vec![];
    if scene != "sync" {
        world.revision += 1;
        first = update(&mut state, Msg::View(world.view()), now());
    }
    let mut pending: Vec<(Instant, Msg)> = Vec::new();
    loop {
        terminal.draw(|frame| draw(frame, &state, &theme)).unwrap();
        let mut effects = update(&mut state, Msg::Drawn, now());
        effects.append(&mut first);
        if state.now == world::now() {}
        let msg = if let Some(at) = pending.iter().position(|(when, _)| *when <= Instant::now()) {
            Some(pending.remove(at).1)
        } else if event::poll(Duration::from_millis(50)).unwrap() {
            match event::read().unwrap() {
                Event::Key(key) => Some(Msg::Key(key)),
                Event::Mouse(mouse) => Some(Msg::Mouse(mouse)),
                Event::Resize(w, h) => Some(Msg::Resize(w, h)),
                Event::Paste(text) => Some(Msg::Paste(text)),
                _ => None,
            }
        } else {
            None
        };
        if let Some(msg) = msg {
            effects.extend(update(&mut state, msg, now()));
        }
        let mut queue = effects;
        while let Some(effect) = queue.pop() {
            match effect {
                Effect::Quit => {
                    let _ = crossterm::execute!(std::io::stdout(), event::DisableMouseCapture);
                    ratatui::restore();
                    return;
                }
                Effect::Look(interest) => {
                    if let Some(pod) = &interest.pod {
                        world.selected = world.pods.iter().position(|p| p.key == *pod).unwrap_or(0);
                    }
                    world.focus = interest.node.clone();
                    world.revision += 1;
                    if scene != "sync" {
                        queue.extend(update(&mut state, Msg::View(world.view()), now()));
                    }
                }
                Effect::Place(intent) => {
                    let at = |ms| Instant::now() + Duration::from_millis(ms);
                    for (ms, stage) in [
                        (300, Stage::Judging),
                        (600, Stage::DryRun),
                        (900, Stage::Binding),
                        (1200, Stage::Event),
                    ] {
                        pending.push((at(ms), Msg::Placing(stage)));
                    }
                    let outcome = if intent.reason.is_some() {
                        Outcome::Refused(Refusal::AlreadyBound {
                            node: "worker-03".into(),
                        })
                    } else {
                        Outcome::Placed {
                            node: intent.node.clone(),
                            event_error: None,
                        }
                    };
                    pending.push((at(1500), Msg::Placed(outcome)));
                    if intent.reason.is_none() {
                        world.pods.retain(|p| p.key != intent.pod);
                        world.revision += 1;
                        pending.push((at(1600), Msg::View(world.view())));
                    }
                }
                Effect::Wake(after) => pending.push((Instant::now() + after, Msg::Tick)),
                Effect::Copy(_) => {}
            }
        }
    }
}
