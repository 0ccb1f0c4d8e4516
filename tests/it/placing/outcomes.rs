//! What can happen between choosing and placing.

use std::future::Future;
use std::sync::Arc;

use berth::placing::Refusal;
use k8s_openapi::api::core::v1::{Namespace, Node};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use super::*;

/// Something that happens while a pod is being placed.
type Happening = Arc<dyn Fn(Scene) -> futures::future::BoxFuture<'static, ()> + Send + Sync>;

/// A pod `web` of its own namespace and two nodes.
#[derive(Clone)]
pub(super) struct Scene {
    pub(super) client: Client,
    pub(super) namespace: String,
    pub(super) nodes: [String; 2],
}

impl Scene {
    pub(super) async fn set(plane: &ControlPlane, name: &str) -> (Self, Pod) {
        let client = plane.client().await;
        let namespace = plane.namespace(name).await;
        let nodes = ["a", "b"].map(|which| format!("{namespace}-{which}"));
        for name in &nodes {
            node(name).without_kubelet().create(&client).await;
        }
        let web = pod("web").create(&client, &namespace).await;
        let scene = Self {
            client,
            namespace,
            nodes,
        };
        (scene, web)
    }

    pub(super) fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    async fn delete(&self) {
        let now = DeleteParams::default().grace_period(0);
        self.pods()
            .delete("web", &now)
            .await
            .expect("the pod can be deleted");
    }

    async fn make(&self) -> Pod {
        pod("web").create(&self.client, &self.namespace).await
    }

    async fn patch(&self, patch: Value) {
        let patch = Patch::Merge(patch);
        self.pods()
            .patch("web", &PatchParams::default(), &patch)
            .await
            .expect("the pod can be changed");
    }

    /// As another scheduler does it.
    async fn bind(&self, node: &str) {
        let binding = json!({
            "apiVersion": "v1", "kind": "Binding", "metadata": {"name": "web"},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        });
        let bound: Result<Value, _> = self
            .pods()
            .create_subresource("binding", "web", &PostParams::default(), &binding)
            .await;
        bound.expect("the pod can be bound");
    }

    pub(super) async fn bound_to(&self) -> Option<String> {
        bound_to(&self.client, &self.namespace, "web").await
    }
}

fn happening<F>(what: impl Fn(Scene) -> F + Send + Sync + 'static) -> Happening
where
    F: Future<Output = ()> + Send + 'static,
{
    Arc::new(move |scene| Box::pin(what(scene)))
}

/// Places `web` on the first node while `what` happens just before the stage `when`, or before it is begun.
async fn place_while(
    plane: &ControlPlane,
    name: &str,
    when: Option<Stage>,
    what: Happening,
) -> (Scene, Outcome) {
    let (scene, web) = Scene::set(plane, name).await;
    let intent = intent(&web, &scene.nodes[0]);
    let placer = placer(plane.kubeconfig()).await;
    let judge = ApiJudge::new(&scene.client);
    if when.is_none() {
        what(scene.clone()).await;
    }
    let during = |stage| {
        if Some(&stage) == when.as_ref() {
            let happens = what(scene.clone());
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(happens));
        }
    };
    let outcome = placer.place(&judge, intent, DryRun::None, &during).await;
    let sent = placer.connection.wire().latest();
    let real: Vec<_> = sent
        .iter()
        .filter(|exchange| exchange.path.ends_with("/binding"))
        .collect();
    assert!(real.len() <= 1, "a Binding is never sent twice: {real:?}");
    if when.is_none() {
        assert_eq!(real.len(), 0, "nothing is sent where it is known to be wrong");
    }
    if !matches!(outcome, Outcome::Placed { .. }) {
        assert_eq!(
            events(&scene.client, &scene.namespace).await,
            [],
            "no event without a placement"
        );
    }
    (scene, outcome)
}

pub(super) fn refusal(outcome: &Outcome) -> &Refusal {
    let Outcome::Refused(refusal) = outcome else {
        panic!("{outcome:?}")
    };
    refusal
}

/// Before it is begun; when all checks are done; when the server's dry run went well.
const MOMENTS: [Option<Stage>; 3] = [None, Some(Stage::DryRun), Some(Stage::Binding)];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn another_pod_of_the_same_name_is_not_meant() {
    let plane = ControlPlane::shared().await;
    let made_again = happening(async |scene: Scene| {
        scene.delete().await;
        scene.make().await;
    });
    for moment in MOMENTS {
        let (scene, outcome) = place_while(&plane, "again", moment.clone(), Arc::clone(&made_again)).await;
        assert_eq!(*refusal(&outcome), Refusal::PodReplaced, "{moment:?}");
        assert_eq!(outcome.exit_code(), 4);
        assert_eq!(scene.bound_to().await, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_pod_that_another_scheduler_placed_stays_there() {
    let plane = ControlPlane::shared().await;
    // The same node does not make it ours.
    for to in [1, 0] {
        let bound = happening(move |scene: Scene| async move { scene.bind(&scene.nodes[to]).await });
        for moment in MOMENTS {
            let (scene, outcome) = place_while(&plane, "bound", moment.clone(), Arc::clone(&bound)).await;
            let node = scene.nodes[to].clone();
            assert_eq!(scene.bound_to().await.as_ref(), Some(&node));
            assert_eq!(*refusal(&outcome), Refusal::AlreadyBound { node }, "{moment:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_pod_that_is_gone_or_going_is_not_placed() {
    let plane = ControlPlane::shared().await;
    let gone = happening(async |scene: Scene| scene.delete().await);
    for moment in MOMENTS {
        let (_, outcome) = place_while(&plane, "gone", moment.clone(), Arc::clone(&gone)).await;
        assert_eq!(*refusal(&outcome), Refusal::PodGone, "{moment:?}");
    }
    let going = happening(async |scene: Scene| {
        scene
            .patch(json!({"metadata": {"finalizers": ["berth.dev/test"]}}))
            .await;
        scene.delete().await;
    });
    for moment in MOMENTS {
        let (scene, outcome) = place_while(&plane, "going", moment.clone(), Arc::clone(&going)).await;
        assert_eq!(*refusal(&outcome), Refusal::Deleting, "{moment:?}");
        scene.patch(json!({"metadata": {"finalizers": null}})).await;
    }
    let over = happening(async |scene: Scene| {
        let failed = Patch::Merge(json!({"status": {"phase": "Failed"}}));
        let patched = scene
            .pods()
            .patch_status("web", &PatchParams::default(), &failed)
            .await;
        patched.expect("the status can be written");
    });
    let (_, outcome) = place_while(&plane, "over", None, over).await;
    assert_eq!(*refusal(&outcome), Refusal::Over("Failed".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_pod_that_changed_is_shown_again_and_can_then_be_placed() {
    let plane = ControlPlane::shared().await;
    let changed = happening(async |scene: Scene| {
        scene
            .patch(json!({"metadata": {"labels": {"new": "label"}}}))
            .await;
    });
    for moment in MOMENTS {
        let (scene, outcome) = place_while(&plane, "changed", moment.clone(), Arc::clone(&changed)).await;
        let Outcome::Changed { judged, now, .. } = outcome else {
            panic!("{moment:?}: {outcome:?}")
        };
        assert_eq!(scene.bound_to().await, None);
        // What is shown again is what holds: confirmed like that, it goes through.
        let web = scene.pods().get("web").await.unwrap();
        let mut again = intent(&web, &scene.nodes[0]);
        assert_eq!(judged.pod.resource_version, again.resource_version);
        again.verdict = now;
        let outcome = place(
            &placer(plane.kubeconfig()).await,
            &ApiJudge::new(&scene.client),
            again,
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
    }
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_decision_that_changed_is_confirmed_again() {
    let plane = ControlPlane::shared().await;
    let (scene, web) = Scene::set(&plane, "verdict").await;
    let judge = ApiJudge::new(&scene.client).rejecting(&scene.nodes[0], "NodeResourcesFit");
    let placer = placer(plane.kubeconfig()).await;
    let outcome = place(&placer, &judge, intent(&web, &scene.nodes[0])).await;
    let Outcome::Changed { confirmed, now, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert!(confirmed.is_feasible() && !now.is_feasible());
    assert_eq!(now.broken[0].plugin, "NodeResourcesFit");

    // Overruling takes a reason, whoever asks.
    let mut overruling = intent(&web, &scene.nodes[0]);
    overruling.verdict = now;
    let before = placer.connection.wire().latest().len();
    let outcome = place(&placer, &judge, overruling.clone()).await;
    assert!(
        matches!(refusal(&outcome), Refusal::NotFeasible { .. }),
        "{outcome:?}"
    );
    assert_eq!(outcome.exit_code(), 3);
    assert_eq!(
        placer.connection.wire().latest().len(),
        before,
        "nothing is asked"
    );
    overruling.reason = Some(Reason::parse("it is urgent").unwrap());
    // The kubelet would not take the pod: that takes more.
    let outcome = place(&placer, &judge, overruling.clone()).await;
    assert!(
        matches!(refusal(&outcome), Refusal::NotInsisted { .. }),
        "{outcome:?}"
    );
    overruling.insists = true;
    let outcome = place(&placer, &judge, overruling).await;
    assert!(matches!(outcome, Outcome::Placed { .. }), "{outcome:?}");
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_node_that_is_gone_is_never_bound_to() {
    let plane = ControlPlane::shared().await;
    let deleted = happening(async |scene: Scene| {
        let nodes: Api<Node> = Api::all(scene.client.clone());
        nodes
            .delete(&scene.nodes[0], &DeleteParams::default())
            .await
            .expect("the node can be deleted");
    });
    let (scene, outcome) = place_while(&plane, "node-gone", None, deleted).await;
    assert_eq!(*refusal(&outcome), Refusal::NodeGone(scene.nodes[0].clone()));
    assert_eq!(scene.bound_to().await, None);
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn pods_that_wait_for_others_are_left_alone() {
    let plane = ControlPlane::shared().await;
    let (scene, _) = Scene::set(&plane, "others").await;
    let placer = placer(plane.kubeconfig()).await;
    let judge = ApiJudge::new(&scene.client);
    let gated = pod("gated")
        .gate("example.com/budget")
        .create(&scene.client, &scene.namespace)
        .await;
    let outcome = place(&placer, &judge, intent(&gated, &scene.nodes[0])).await;
    assert_eq!(
        *refusal(&outcome),
        Refusal::Gated("example.com/budget".to_owned())
    );
    let theirs = pod("theirs")
        .scheduler("default-scheduler")
        .create(&scene.client, &scene.namespace)
        .await;
    let outcome = place(&placer, &judge, intent(&theirs, &scene.nodes[0])).await;
    assert_eq!(
        *refusal(&outcome),
        Refusal::NotOurs("default-scheduler".to_owned())
    );
    assert_eq!(bound_to(&scene.client, &scene.namespace, "theirs").await, None);
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn what_is_known_may_lag_a_little_and_not_for_long() {
    let plane = ControlPlane::shared().await;
    let (scene, web) = Scene::set(&plane, "lag").await;
    let placer = placer(plane.kubeconfig()).await;
    let behind = ApiJudge::new(&scene.client).lagging(usize::MAX);
    let outcome = place(&placer, &behind, intent(&web, &scene.nodes[0])).await;
    assert!(matches!(refusal(&outcome), Refusal::Lagging(_)), "{outcome:?}");
    assert_eq!(scene.bound_to().await, None);
    let a_little = ApiJudge::new(&scene.client).lagging(3);
    let outcome = place(&placer, &a_little, intent(&web, &scene.nodes[0])).await;
    assert!(matches!(outcome, Outcome::Placed { .. }), "{outcome:?}");
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn annotations_that_do_not_fit_are_not_sent() {
    let plane = ControlPlane::shared().await;
    let (scene, _) = Scene::set(&plane, "full").await;
    let full = pod("full").with(|pod| {
        let annotations = [("example.com/full".to_owned(), "x".repeat(256 * 1024 - 40))];
        pod.metadata.annotations = Some(annotations.into());
    });
    let full = full.create(&scene.client, &scene.namespace).await;
    let mut intent = intent(&full, &scene.nodes[0]);
    intent.reason = Some(Reason::parse("a reason for which there is no room left").unwrap());
    let outcome = place(
        &placer(plane.kubeconfig()).await,
        &ApiJudge::new(&scene.client),
        intent,
    )
    .await;
    let Refusal::Rejected(why) = refusal(&outcome) else {
        panic!("{outcome:?}")
    };
    assert!(why.contains("annotations would have"), "{why}");
    assert_eq!(bound_to(&scene.client, &scene.namespace, "full").await, None);
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn what_admission_forbids_is_not_called_a_missing_right() {
    let plane = ControlPlane::shared().await;
    let (scene, _) = Scene::set(&plane, "ending").await;
    // A namespace that is going away takes nothing new, and a Binding counts as that.
    scene
        .patch(json!({"metadata": {"finalizers": ["berth.dev/test"]}}))
        .await;
    let web = scene.pods().get("web").await.unwrap();
    let namespaces: Api<Namespace> = Api::all(scene.client.clone());
    namespaces
        .delete(&scene.namespace, &DeleteParams::default())
        .await
        .unwrap();
    let placer = placer(plane.kubeconfig()).await;
    let outcome = place(
        &placer,
        &ApiJudge::new(&scene.client),
        intent(&web, &scene.nodes[0]),
    )
    .await;
    let Refusal::Forbidden(why) = refusal(&outcome) else {
        panic!("{outcome:?}")
    };
    assert!(
        why.contains("is being terminated") && !why.contains("right"),
        "{why}"
    );
    assert_eq!((outcome.exit_code(), scene.bound_to().await), (5, None));
    scene.patch(json!({"metadata": {"finalizers": null}})).await;
}
