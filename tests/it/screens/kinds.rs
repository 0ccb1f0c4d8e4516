//! What the screen says of the many kinds that are watched.

use std::sync::Arc;

use berth::app::link::{Watch, WatchState};
use berth::app::{Link, Msg, State, update};
use berth::cluster::watch::WatchKind;
use berth::engine::View;
use berth::model::cluster::ObjectKind;
use crossterm::event::KeyCode;

use super::{cart, key, snap, text};
use crate::screens_world::{blank, live, now};

/// The connection as it is with every kind that is watched, all live.
fn whole() -> Link {
    let watches = WatchKind::all().map(|kind| Watch {
        resource: kind.as_str(),
        state: WatchState::Live,
    });
    Link {
        watches: watches.collect(),
        ..live()
    }
}

#[test]
fn a_slow_list_is_named() {
    snap("slow_list", |size| {
        let mut state = blank(size);
        let mut link = whole();
        link.watches[0].state = WatchState::Listing { objects: 12_000 };
        link.watches[11].state = WatchState::Connecting;
        update(&mut state, Msg::Link(link), now());
        update(&mut state, Msg::View(Arc::new(View::default())), now());
        state
    });
}

#[test]
fn kinds_that_are_not_to_be_seen_are_summed_up_and_told_where_they_count() {
    let mut state = cart((120, 36), 0).0;
    let mut link = whole();
    for watch in &mut link.watches[3..] {
        watch.state = WatchState::Unseen {
            error: format!("listing {}: not allowed", watch.resource),
        };
    }
    update(&mut state, Msg::Link(link), now());
    let screen = text(&state);
    assert!(
        screen.lines().next().unwrap().contains("16 kinds unseen"),
        "{screen}"
    );
    let notice = "services, replicationcontrollers and 14 more not seen";
    assert!(screen.contains(notice), "{screen}");

    let mut view = View::clone(&state.view);
    let selected = view.selected.as_mut().expect("a decision");
    let mut trace = berth::scheduling::Trace::clone(&selected.trace);
    trace.unseen = vec![(
        ObjectKind::PersistentVolume,
        "listing or watching them is forbidden".into(),
    )];
    selected.trace = Arc::new(trace);
    view.revision += 1;
    update(&mut state, Msg::View(Arc::new(view)), now());
    let why = "▲ not judged by persistentvolumes: listing or watching them is forbidden";
    let flat = |state: &State| text(state).split_whitespace().collect::<Vec<_>>().join(" ");
    update(&mut state, key(KeyCode::Char('p')), now());
    let dialog = flat(&state);
    assert!(dialog.contains(why), "{dialog}");
}
