//! Servers and connections that fail in the middle of a placement.

use std::time::Duration;

use berth::placing::Refusal;

use super::outcomes::{Scene, refusal};
use super::*;

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_lost_answer_is_looked_up() {
    let plane = ControlPlane::shared().await;
    let proxy = Proxy::start(&plane.kubeconfig()).await;
    let placer = placer(proxy.kubeconfig(&plane.kubeconfig())).await;
    for request_arrives in [true, false] {
        let (scene, web) = Scene::set(&plane, "lost").await;
        let stages = Mutex::new(Vec::new());
        let during = |stage: Stage| {
            stages.lock().unwrap().push(stage.clone());
            match (stage, request_arrives) {
                (Stage::Binding, true) => proxy.lose_answer(),
                (Stage::Binding, false) => proxy.lose_request(),
                _ => {}
            }
        };
        let judge = ApiJudge::new(&scene.client);
        let outcome = placer
            .place(&judge, intent(&web, &scene.nodes[0]), DryRun::None, &during)
            .await;
        assert!(proxy.has_lost());
        assert!(stages.lock().unwrap().contains(&Stage::Resolving), "{stages:?}");
        if request_arrives {
            assert!(
                matches!(
                    outcome,
                    Outcome::Placed {
                        event_error: None,
                        ..
                    }
                ),
                "{outcome:?}"
            );
            assert_eq!(scene.bound_to().await.as_ref(), Some(&scene.nodes[0]));
            assert_eq!(events(&scene.client, &scene.namespace).await.len(), 1);
        } else {
            assert!(matches!(refusal(&outcome), Refusal::NotBound(_)), "{outcome:?}");
            assert_eq!(scene.bound_to().await, None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_server_that_dies_during_a_placement_leaves_no_doubt() {
    let mut plane = ControlPlane::start().await;
    let (scene, web) = Scene::set(&plane, "dies").await;
    let proxy = Proxy::start(&plane.kubeconfig()).await;
    let judge = ApiJudge::new(&scene.client);

    // It dies before the Binding is sent: nothing was placed, and that is certain.
    let direct = placer(plane.kubeconfig()).await;
    let plane_cell = Mutex::new(&mut plane);
    let dies = |stage| {
        if stage == Stage::Binding {
            plane_cell.lock().unwrap().kill_api_server();
        }
    };
    let outcome = direct
        .place(&judge, intent(&web, &scene.nodes[0]), DryRun::None, &dies)
        .await;
    match refusal(&outcome) {
        Refusal::Unreachable(_) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(outcome.exit_code(), 6);
    plane.start_api_server().await;
    assert_eq!(scene.bound_to().await, None);

    // It dies after the Binding arrived, and comes back while we ask.
    let through = placer(proxy.kubeconfig(&plane.kubeconfig())).await;
    let web = scene.pods().get("web").await.unwrap();
    let plane_cell = tokio::sync::Mutex::new(&mut plane);
    let dies_and_returns = |stage| match stage {
        Stage::Binding => proxy.lose_answer(),
        Stage::Resolving => tokio::task::block_in_place(|| {
            let mut plane = plane_cell.blocking_lock();
            plane.kill_api_server();
            tokio::runtime::Handle::current().block_on(plane.start_api_server());
        }),
        _ => {}
    };
    let outcome = through
        .place(
            &judge,
            intent(&web, &scene.nodes[0]),
            DryRun::None,
            &dies_and_returns,
        )
        .await;
    assert!(
        matches!(
            outcome,
            Outcome::Placed {
                event_error: None,
                ..
            }
        ),
        "{outcome:?}"
    );
    assert_eq!(scene.bound_to().await.as_ref(), Some(&scene.nodes[0]));

    // It dies after the Binding arrived, and stays away: nobody knows.
    let other = pod("other").create(&scene.client, &scene.namespace).await;
    let plane_cell = Mutex::new(&mut plane);
    let dies_for_good = |stage| match stage {
        Stage::Binding => proxy.lose_answer(),
        Stage::Resolving => plane_cell.lock().unwrap().kill_api_server(),
        _ => {}
    };
    let outcome = through
        .place(
            &judge,
            intent(&other, &scene.nodes[1]),
            DryRun::None,
            &dies_for_good,
        )
        .await;
    let Outcome::Unknown { node, error } = &outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(**node, scene.nodes[1]);
    assert!(
        error.contains("binding pod") && error.contains("reading pod"),
        "{error}"
    );
    assert_eq!(outcome.exit_code(), 6);
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_server_that_freezes_during_a_placement_is_asked_when_it_wakes() {
    let plane = ControlPlane::start().await;
    let (scene, web) = Scene::set(&plane, "freezes").await;
    let options = ConnectOptions {
        kubeconfig: Some(plane.kubeconfig()),
        request_timeout: Some(Duration::from_secs(2)),
        ..ConnectOptions::default()
    };
    let connection = connect(&options).await.unwrap();
    let identity = connection.whoami().await;
    let placer = Placer::new(connection, identity, vec!["berth".into()]);
    let freezes = |stage| match stage {
        Stage::Binding => plane.freeze_api_server(),
        Stage::Resolving => plane.thaw_api_server(),
        _ => {}
    };
    let judge = ApiJudge::new(&scene.client);
    let outcome = placer
        .place(&judge, intent(&web, &scene.nodes[0]), DryRun::None, &freezes)
        .await;
    // The request lay in the server's socket, or was cut off: whichever it was, the outcome says what is.
    match (&outcome, scene.bound_to().await) {
        (Outcome::Placed { .. }, Some(node)) => assert_eq!(node, scene.nodes[0]),
        (Outcome::Refused(Refusal::NotBound(_)), None) => {}
        other => panic!("{other:?}"),
    }
}
