//! Menus and what is said on the way at three sizes.

use std::sync::Arc;

use berth::app::wire::Answer;
use berth::app::{Link, Msg, State, update};
use berth::engine::View;
use crossterm::event::KeyCode;
use jiff::SignedDuration;

use super::{asked, cart, key, snap};
use crate::flows::cycle::exchange;
use crate::judged::{Judged, shop};
use crate::screens_world::{World, before, blank, live, now};

fn typed(state: &mut State, text: &str) {
    for letter in text.chars() {
        update(state, key(KeyCode::Char(letter)), now());
    }
}

fn open(size: (u16, u16), keys: &str) -> State {
    let (mut state, _) = cart(size, 0);
    typed(&mut state, keys);
    state
}

#[test]
fn contexts_are_chosen_from_a_list() {
    snap("contexts", |size| open(size, "C"));
}

#[test]
fn profiles_are_chosen_from_a_list() {
    snap("profiles", |size| {
        let mut state = cart(size, 0).0;
        state.options.profiles = Arc::from([Arc::from("berth"), Arc::from("packing")]);
        typed(&mut state, "R");
        state
    });
}

#[test]
fn nodes_to_compare_with_are_chosen_from_a_list() {
    snap("compare_with", |size| {
        let mut person = Judged::at(shop(), size);
        person.press("co");
        person.state
    });
}

#[test]
fn connecting_to_another_context_can_be_called_off() {
    snap("connecting", |size| {
        let mut state = open(size, "Cstag");
        update(&mut state, key(KeyCode::Enter), now());
        let later = now() + SignedDuration::from_secs(7);
        let step = Arc::from("asking https://staging.example.org:6443");
        update(&mut state, Msg::Connecting(step), later);
        state
    });
}

#[test]
fn keys_that_come_too_early_wait() {
    snap("early", |size| {
        let mut state = blank(size);
        update(&mut state, Msg::Link(live()), now());
        update(&mut state, Msg::View(Arc::new(View::default())), now());
        typed(&mut state, "jjs");
        state
    });
}

#[test]
fn leaving_a_placement_asks() {
    snap("leave", |size| {
        let mut state = asked(size, 0).0;
        let later = now() + SignedDuration::from_secs(2);
        update(&mut state, key(KeyCode::Enter), later);
        update(&mut state, key(KeyCode::Esc), later);
        update(&mut state, key(KeyCode::Char('q')), later);
        state
    });
}

#[test]
fn a_theme_says_how_it_is_kept() {
    snap("theme_chosen", |size| {
        let mut state = open(size, "Tlight");
        update(&mut state, key(KeyCode::Enter), now());
        state
    });
}

#[test]
fn a_request_is_read_in_full() {
    snap("wire_opened", |size| {
        let mut state = open(size, "W");
        let path = "/api/v1/namespaces/shop/pods/cart-7f9c4d8b6f-w8kzp/binding";
        let requests = vec![
            exchange(1, "get", "/api/v1/nodes/worker-03", Answer::Status(200)),
            exchange(2, "create", path, Answer::Status(201)),
        ];
        update(&mut state, Msg::Wire(requests), now());
        update(&mut state, key(KeyCode::Enter), now());
        state
    });
}

#[test]
fn requests_are_seen_beside_the_nodes_where_there_is_room() {
    snap("home_wire", |size| {
        let mut state = cart(size, 0).0;
        let path = "/api/v1/namespaces/shop/pods/cart-7f9c4d8b6f-w8kzp/binding";
        let requests = vec![
            exchange(1, "list", "/api/v1/pods?limit=500", Answer::Status(200)),
            exchange(
                2,
                "get",
                "/apis/resource.k8s.io/v1/deviceclasses",
                Answer::Status(403),
            ),
            exchange(3, "create", &format!("{path}?dryRun=All"), Answer::Status(201)),
            exchange(4, "create", path, Answer::Open),
        ];
        update(&mut state, Msg::Wire(requests), now());
        state
    });
}

#[test]
fn a_file_says_how_old_it_is_and_places_nothing() {
    snap("file", |size| {
        let mut state = cart(size, 0).0;
        let link = Link {
            context: "snap.json".to_owned(),
            file: Some(before(5 * 3600)),
            ..Link::default()
        };
        update(&mut state, Msg::Link(link), now());
        update(&mut state, key(KeyCode::Char('p')), now());
        assert!(state.overlay.is_none());
        state
    });
}

#[test]
fn help_is_that_of_the_screen() {
    snap("help_of_cycle", |size| open(size, "s?"));
}

#[test]
fn a_matrix_is_filtered_by_what_is_typed() {
    snap("matrix_typing", |size| open(size, "x/worker-1"));
}

#[test]
fn a_film_that_ends_early_goes_on_as_it_would() {
    snap("cycle_gated", |size| {
        let mut world = World::shop();
        let mut state = super::on(&world, size);
        super::select(&mut state, &mut world, 4);
        typed(&mut state, "s");
        state
    });
}
