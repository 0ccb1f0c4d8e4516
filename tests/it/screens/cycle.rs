//! Step by step at three sizes.

use berth::app::wire::Answer;
use berth::app::{Msg, State, update};
use berth::placing::Stage;
use crossterm::event::KeyCode;
use jiff::SignedDuration;

use super::{cart, key, on, select, snap};
use crate::flows::cycle::exchange;
use crate::screens_world::{World, now};

/// The film of the pod in row `row`, `steps` on.
fn film(size: (u16, u16), mut world: World, row: usize, steps: usize) -> State {
    let mut state = on(&world, size);
    select(&mut state, &mut world, row);
    update(&mut state, key(KeyCode::Char('s')), now());
    for _ in 0..steps {
        update(&mut state, key(KeyCode::Right), now());
    }
    world.focus = state.cycle.node_name().cloned();
    world.revision += 1;
    update(&mut state, Msg::View(world.view()), now());
    state
}

#[test]
fn a_filter_takes_nodes_out() {
    snap("cycle_filter", |size| film(size, World::shop(), 2, 4));
}

#[test]
fn a_score_lets_bars_grow() {
    snap("cycle_score", |size| film(size, World::shop(), 3, 7));
}

#[test]
fn many_nodes_share_cells() {
    snap("cycle_large", |size| film(size, World::large(5000, 60), 0, 4));
}

#[test]
fn what_is_sent_is_seen() {
    snap("cycle_bind", |size| {
        let (mut state, _) = cart(size, 0);
        update(&mut state, key(KeyCode::Char('s')), now());
        update(&mut state, key(KeyCode::Char('p')), now());
        update(&mut state, Msg::Drawn, now());
        let later = now() + SignedDuration::from_secs(1);
        update(&mut state, Msg::Tick, later);
        update(&mut state, key(KeyCode::Enter), later);
        update(&mut state, Msg::Placing(Stage::Binding), later);
        let pod = "/api/v1/namespaces/shop/pods/cart-7f9c4d8b6f-w8kzp";
        let requests = vec![
            exchange(1, "get", pod, Answer::Status(200)),
            exchange(2, "get", "/api/v1/nodes/worker-03", Answer::Status(200)),
            exchange(
                3,
                "create",
                &format!("{pod}/binding?dryRun=All"),
                Answer::Status(201),
            ),
            exchange(4, "create", &format!("{pod}/binding"), Answer::Open),
        ];
        update(&mut state, Msg::Wire(requests), later);
        state
    });
}

#[test]
fn requests_are_listed() {
    snap("wire", |size| {
        let (mut state, _) = cart(size, 0);
        update(&mut state, key(KeyCode::Char('W')), now());
        let requests = vec![
            exchange(
                1,
                "list",
                "/api/v1/pods?limit=500&resourceVersion=0",
                Answer::Status(200),
            ),
            exchange(
                2,
                "watch",
                "/api/v1/pods?watch=1&resourceVersion=88123",
                Answer::Open,
            ),
            exchange(
                3,
                "get",
                "/apis/resource.k8s.io/v1/deviceclasses",
                Answer::Status(403),
            ),
            exchange(
                4,
                "create",
                "/api/v1/namespaces/shop/pods/cart/binding",
                Answer::Status(201),
            ),
            exchange(
                5,
                "get",
                "/version",
                Answer::Lost("the connection is refused".into()),
            ),
        ];
        update(&mut state, Msg::Wire(requests), now());
        update(&mut state, key(KeyCode::Up), now());
        state
    });
}
