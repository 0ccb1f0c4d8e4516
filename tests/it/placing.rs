//! Placements on a real API server, and what can go wrong on the way.

mod adoption;
mod answers;
mod judge;
mod outages;
mod outcomes;
mod overruling;
mod preempting;
mod prepare;
mod proxy;
mod world;

use std::sync::{Arc, Mutex};

use berth::cluster::{ConnectOptions, Connection, connect};
use berth::model::PodKey;
use berth::placing::{DryRun, Intent, Outcome, Placer, Reason, Stage, Verdict};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::events::v1::Event;
use kube::Client;
use kube::api::{Api, ListParams};

use crate::support::{ControlPlane, eventually, node, pod};
pub(crate) use judge::ApiJudge;
pub(crate) use proxy::Proxy;

pub(crate) async fn connection(kubeconfig: std::path::PathBuf) -> Connection {
    let options = ConnectOptions {
        kubeconfig: Some(kubeconfig),
        ..ConnectOptions::default()
    };
    connect(&options).await.expect("a connection")
}

pub(crate) async fn placer(kubeconfig: std::path::PathBuf) -> Placer {
    let connection = connection(kubeconfig).await;
    let identity = connection.whoami().await;
    Placer::new(connection, identity, vec!["berth".into()])
}

/// What a person confirms who sees the pod as it is now, and no objection to the node.
pub(crate) fn intent(pod: &Pod, node: &str) -> Intent {
    let text = |text: &Option<String>| -> Arc<str> { text.as_deref().unwrap_or_default().into() };
    Intent {
        pod: PodKey::new(text(&pod.metadata.namespace), text(&pod.metadata.name)),
        uid: text(&pod.metadata.uid),
        resource_version: text(&pod.metadata.resource_version),
        node: node.into(),
        verdict: Verdict {
            total: Some(100),
            best: true,
            ..Verdict::default()
        },
        reason: None,
        adoption: None,
        insists: false,
    }
}

pub(crate) async fn place(placer: &Placer, judge: &ApiJudge, intent: Intent) -> Outcome {
    placer.place(judge, intent, DryRun::None, &|_| {}).await
}

async fn bound_to(client: &Client, namespace: &str, name: &str) -> Option<String> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    pods.get(name)
        .await
        .expect("the pod")
        .spec
        .and_then(|spec| spec.node_name)
}

async fn events(client: &Client, namespace: &str) -> Vec<Event> {
    let events: Api<Event> = Api::namespaced(client.clone(), namespace);
    events
        .list(&ListParams::default())
        .await
        .expect("the events")
        .items
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_confirmed_pod_is_bound_and_announced() {
    let plane = ControlPlane::shared().await;
    let client = plane.client().await;
    let namespace = plane.namespace("place").await;
    node("place-n1").create(&client).await;
    let web = pod("web").create(&client, &namespace).await;
    let placer = placer(plane.kubeconfig()).await;
    let judge = ApiJudge::new(&client).rejecting("place-n1", "TaintToleration");
    let mut intent = intent(&web, "place-n1");
    intent.verdict = judge.verdict(&web, "place-n1").await;
    intent.reason = Some(Reason::parse("only node with room").unwrap());

    let stages = Mutex::new(Vec::new());
    let outcome = tokio::spawn({
        let (placer, judge) = (placer.clone(), judge.clone());
        let stages = Arc::new(stages);
        async move {
            let note = |stage| stages.lock().unwrap().push(stage);
            let outcome = placer.place(&judge, intent, DryRun::None, &note).await;
            drop(placer);
            (outcome, Arc::try_unwrap(stages).unwrap().into_inner().unwrap())
        }
    })
    .await
    .unwrap();
    let (Outcome::Placed { node, event_error }, stages) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((&*node, event_error), ("place-n1", None));
    assert_eq!(
        stages,
        [
            Stage::Checking,
            Stage::Judging,
            Stage::DryRun,
            Stage::Binding,
            Stage::Event
        ]
    );

    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    let after = pods.get("web").await.unwrap();
    let annotations = after.metadata.annotations.unwrap_or_default();
    let said: Vec<(&str, &str)> = annotations
        .iter()
        .filter(|(key, _)| key.starts_with("berth.dev/"))
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("berth.dev/overruled", "TaintToleration"),
            ("berth.dev/placed-by", "admin"),
            ("berth.dev/reason", "only node with room"),
        ]
    );
    let events = events(&client, &namespace).await;
    let [event] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(event.reason.as_deref(), Some("Scheduled"));
    assert_eq!(event.action.as_deref(), Some("Binding"));
    assert_eq!(event.type_.as_deref(), Some("Normal"));
    assert_eq!(event.reporting_controller.as_deref(), Some("berth"));
    let note = format!("Successfully assigned {namespace}/web to place-n1");
    assert_eq!(event.note, Some(note));
    let regarding = event.regarding.as_ref().unwrap();
    assert_eq!(
        (regarding.uid.as_ref(), regarding.kind.as_deref()),
        (web.metadata.uid.as_ref(), Some("Pod"))
    );
    assert!(
        plane
            .kubectl(&["-n", &namespace, "get", "events"])
            .contains("Successfully assigned")
    );
    eventually("kwok runs the pod", async || {
        pods.get("web")
            .await
            .ok()
            .filter(|pod| pod.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Running"))
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_dry_run_stores_nothing() {
    let plane = ControlPlane::shared().await;
    let client = plane.client().await;
    let namespace = plane.namespace("dry").await;
    node("dry-n1").create(&client).await;
    let web = pod("web").create(&client, &namespace).await;
    let placer = placer(plane.kubeconfig()).await;
    let judge = ApiJudge::new(&client);
    for (dry_run, asked) in [(DryRun::Client, false), (DryRun::Server, true)] {
        let before = placer.connection.wire().latest().len();
        let outcome = placer
            .place(&judge, intent(&web, "dry-n1"), dry_run, &|_| {})
            .await;
        assert!(
            matches!(&outcome, Outcome::DryRun { node } if &**node == "dry-n1"),
            "{outcome:?}"
        );
        let sent = placer.connection.wire().latest().split_off(before);
        let writes: Vec<_> = sent.iter().filter(|exchange| exchange.method != "GET").collect();
        assert_eq!(writes.len(), usize::from(asked), "{writes:?}");
        assert!(
            writes
                .iter()
                .all(|exchange| exchange.path.ends_with("/binding?dryRun=All")),
            "{writes:?}"
        );
    }
    assert_eq!(bound_to(&client, &namespace, "web").await, None);
    assert_eq!(events(&client, &namespace).await, []);
}
