//! The watches against a real API server: nothing lost, nothing doubled, and an honest word on how fresh it is.

mod kinds;
mod streams;

use std::collections::{BTreeMap, BTreeSet};

use berth::cluster::watch::{self, FeedEvent, WatchKind, WatchStatus, Watches};
use berth::cluster::{Connection, load, probe};
use berth::model::from_api::PodObject;
use berth::model::{Change, WatchEvent};
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::Client;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams};
use tokio::sync::mpsc::{Receiver, channel};

use crate::placing::{Proxy, connection};
use crate::support::{ControlPlane, DEADLINE, node, pod};

/// What a cache would hold that does what the watches say, and what they said of themselves.
struct Mirror {
    feed: Receiver<FeedEvent>,
    watches: Watches,
    pods: BTreeMap<String, String>,
    nodes: BTreeSet<String>,
    namespaces: BTreeSet<String>,
    listed: Option<BTreeSet<String>>,
    status: BTreeMap<WatchKind, WatchStatus>,
    lists_of_pods: usize,
}

impl Mirror {
    fn start(connection: &Connection) -> Self {
        let (sender, feed) = channel(64);
        Self {
            feed,
            watches: watch::start(connection, WatchKind::all(), &sender),
            pods: BTreeMap::new(),
            nodes: BTreeSet::new(),
            namespaces: BTreeSet::new(),
            listed: None,
            status: BTreeMap::new(),
            lists_of_pods: 0,
        }
    }

    /// Takes what comes until `enough`.
    async fn until(&mut self, what: &str, enough: impl Fn(&Self) -> bool) {
        let wait = async {
            while !enough(self) {
                let event = self.feed.recv().await.expect("the watches live");
                self.take(event);
            }
        };
        let came = tokio::time::timeout(DEADLINE, wait).await;
        assert!(
            came.is_ok(),
            "waited {DEADLINE:?} in vain: {what}; {:?}; pods {:?}",
            self.status,
            self.pods.keys().collect::<Vec<_>>()
        );
    }

    fn take(&mut self, event: FeedEvent) {
        match event {
            FeedEvent::Status(kind, status) => {
                self.status.insert(kind, status);
            }
            FeedEvent::Changes(changes) => {
                for change in changes {
                    self.change(change);
                }
            }
        }
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::Pod(event) => self.pod(event),
            Change::Node(WatchEvent::Listed(node) | WatchEvent::Applied(node)) => {
                self.nodes.insert(node.metadata.name.clone());
            }
            Change::Node(WatchEvent::Deleted(node)) => {
                self.nodes.remove(&node.metadata.name);
            }
            Change::Namespace(WatchEvent::Listed(namespace) | WatchEvent::Applied(namespace)) => {
                self.namespaces.insert(namespace.metadata.name.clone());
            }
            _ => {}
        }
    }

    fn pod(&mut self, event: WatchEvent<PodObject>) {
        let key = |pod: &PodObject| format!("{}/{}", pod.metadata.namespace, pod.metadata.name);
        match event {
            WatchEvent::Restarted => {
                self.lists_of_pods += 1;
                self.listed = Some(BTreeSet::new());
            }
            WatchEvent::Listed(pod) => {
                let new = self
                    .listed
                    .as_mut()
                    .expect("a list begins with Restarted")
                    .insert(key(&pod));
                assert!(new, "{} is listed twice", key(&pod));
                self.pods.insert(key(&pod), pod.metadata.resource_version.clone());
            }
            WatchEvent::Synced => {
                let listed = self.listed.take().expect("a list begins with Restarted");
                self.pods.retain(|key, _| listed.contains(key));
            }
            WatchEvent::Applied(pod) => {
                assert!(self.listed.is_none(), "a change within a list");
                self.pods.insert(key(&pod), pod.metadata.resource_version.clone());
            }
            WatchEvent::Deleted(pod) => {
                assert!(
                    self.pods.remove(&key(&pod)).is_some(),
                    "{} was not there",
                    key(&pod)
                );
            }
        }
    }

    /// Whether every kind is as `wanted`, of which those that the server does not have stay out.
    fn all(&self, wanted: impl Fn(&WatchStatus) -> bool) -> bool {
        let wanted = |status: &WatchStatus| *status == WatchStatus::NotServed || wanted(status);
        WatchKind::all().all(|kind| self.status.get(&kind).is_some_and(&wanted))
    }

    async fn until_live(&mut self) {
        self.until("all watches are live", |mirror| {
            mirror.all(|status| *status == WatchStatus::Live)
        })
        .await;
    }

    /// Waits until it holds what the API server has, each pod in its version.
    async fn until_true(&mut self, client: &Client) {
        let pods: Api<Pod> = Api::all(client.clone());
        let selector = ListParams::default().fields("status.phase!=Succeeded,status.phase!=Failed");
        let now = pods.list(&selector).await.expect("the pods").items;
        let text = |text: Option<String>| text.unwrap_or_default();
        let now: BTreeMap<String, String> = now
            .into_iter()
            .map(|pod| pod.metadata)
            .map(|meta| {
                let key = format!("{}/{}", text(meta.namespace), text(meta.name));
                (key, text(meta.resource_version))
            })
            .collect();
        self.until(
            &format!("the pods are {:?}", now.keys().collect::<Vec<_>>()),
            |mirror| mirror.pods == now && mirror.listed.is_none(),
        )
        .await;
    }
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn what_happens_in_the_cluster_comes_in() {
    let plane = ControlPlane::start().await;
    let client = plane.client().await;
    node("n1").create(&client).await;
    pod("before").create(&client, "default").await;
    let mut mirror = Mirror::start(&connection(plane.kubeconfig()).await);
    mirror.until_live().await;
    assert!(mirror.pods.contains_key("default/before"));
    assert!(mirror.nodes.contains("n1"));
    assert!(mirror.namespaces.contains("kube-system"));

    node("n2").create(&client).await;
    let nodes: Api<Node> = Api::all(client.clone());
    nodes.delete("n1", &DeleteParams::default()).await.unwrap();
    mirror
        .until("the nodes change", |mirror| {
            mirror.nodes == BTreeSet::from(["n2".to_owned()])
        })
        .await;
    for at in 0..50 {
        pod(&format!("p{at}")).create(&client, "default").await;
    }
    let pods: Api<Pod> = Api::namespaced(client.clone(), "default");
    pods.delete("before", &DeleteParams::default().grace_period(0))
        .await
        .unwrap();
    mirror.until_true(&client).await;

    // A pod that is over leaves the list's field selector, which is as good as gone.
    let over = Patch::Merge(serde_json::json!({"status": {"phase": "Succeeded"}}));
    pods.patch_status("p7", &PatchParams::default(), &over)
        .await
        .unwrap();
    mirror
        .until("the pod that is over is gone", |mirror| {
            !mirror.pods.contains_key("default/p7")
        })
        .await;
    assert_eq!(mirror.lists_of_pods, 1, "one list is enough");

    let loaded = load::load(&connection(plane.kubeconfig()).await).await.unwrap();
    assert_eq!(loaded.pods.len(), 49);
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_server_that_is_killed_is_told_of_and_found_again() {
    let mut plane = ControlPlane::start().await;
    let client = plane.client().await;
    pod("a").create(&client, "default").await;
    let connection = connection(plane.kubeconfig()).await;
    let _probe = probe::start(&connection);
    let mut mirror = Mirror::start(&connection);
    mirror.until_live().await;

    plane.kill_api_server();
    mirror
        .until("all watches are down", |mirror| {
            mirror
                .all(|status| matches!(status, WatchStatus::Down { error, .. } if error.contains("refused")))
        })
        .await;
    plane.start_api_server().await;
    // Nothing happens in the cluster: the open watch alone must be enough.
    mirror.until_live().await;
    pod("b").create(&client, "default").await;
    mirror.until_true(&client).await;
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_server_that_is_frozen_is_noticed() {
    let plane = ControlPlane::start().await;
    let client = plane.client().await;
    let connection = connection(plane.kubeconfig()).await;
    let _probe = probe::start(&connection);
    let mut mirror = Mirror::start(&connection);
    mirror.until_live().await;
    plane.freeze_api_server();
    mirror
        .until("the watches are told to be down", |mirror| {
            mirror.all(|status| matches!(status, WatchStatus::Down { .. }))
        })
        .await;
    plane.thaw_api_server();
    mirror.until_live().await;
    pod("after").create(&client, "default").await;
    mirror.until_true(&client).await;
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_history_that_is_gone_is_listed_again() {
    let mut plane = ControlPlane::start().await;
    let client = plane.client().await;
    for name in ["stays", "goes"] {
        pod(name).create(&client, "default").await;
    }
    let proxy = Proxy::start(&plane.kubeconfig()).await;
    let connection = connection(proxy.kubeconfig(&plane.kubeconfig())).await;
    let mut mirror = Mirror::start(&connection);
    mirror.until_live().await;
    assert_eq!((mirror.pods.len(), mirror.lists_of_pods), (2, 1));

    // While we cannot look, a pod goes and one comes, and the server forgets how.
    proxy.block(true);
    mirror
        .until("all watches are down", |mirror| {
            mirror.all(|status| matches!(status, WatchStatus::Down { .. }))
        })
        .await;
    let pods: Api<Pod> = Api::namespaced(client.clone(), "default");
    let now = DeleteParams::default().grace_period(0);
    pods.delete("goes", &now).await.expect("the pod can be deleted");
    pod("comes").create(&client, "default").await;
    plane.kill_api_server();
    plane.start_api_server().await;
    proxy.block(false);
    mirror.until_live().await;
    mirror.until_true(&client).await;
    assert_eq!(
        mirror.lists_of_pods, 2,
        "the history was gone, so it was listed again"
    );
    assert!(mirror.pods.contains_key("default/comes") && !mirror.pods.contains_key("default/goes"));

    // And where the history is still there, it is only followed on.
    proxy.block(true);
    mirror
        .until("all watches are down", |mirror| {
            mirror.all(|status| matches!(status, WatchStatus::Down { .. }))
        })
        .await;
    pod("later").create(&client, "default").await;
    proxy.block(false);
    mirror.until_true(&client).await;
    assert_eq!(mirror.lists_of_pods, 2);
}
