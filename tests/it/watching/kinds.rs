//! Every kind that decisions depend on comes in; those that are not there or not to be seen hold nothing up.

use std::sync::Arc;

use axum::body::Body;
use berth::cluster::watch::{self, FeedEvent, WatchKind, WatchStatus};
use berth::cluster::{Connection, load, preflight, probe};
use berth::demo::{Scenario, Server};
use berth::engine::Core;
use berth::model::Cluster;
use berth::model::cluster::{ObjectKind, Table};
use http::{Request, Response, StatusCode};
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::discovery::Scope;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, channel};
use tower::ServiceExt as _;

use crate::placing::{Proxy, connection};
use crate::support::{ControlPlane, DEADLINE};

const NAME: &str = "berth-kinds";

/// What the engine knows, fed by the watches.
struct Watched {
    feed: Receiver<FeedEvent>,
    core: Core,
    status: std::collections::BTreeMap<WatchKind, WatchStatus>,
    _watches: watch::Watches,
}

impl Watched {
    fn start(connection: &Connection) -> Self {
        let (sender, feed) = channel(64);
        Self {
            _watches: watch::start(connection, WatchKind::all(), &sender),
            feed,
            core: Core::new(&[Arc::from("berth")], berth::scheduling::Profiles::default()),
            status: std::collections::BTreeMap::new(),
        }
    }

    async fn until(&mut self, what: &str, enough: impl Fn(&Self) -> bool) {
        let wait = async {
            while !enough(self) {
                match self.feed.recv().await.expect("the watches live") {
                    FeedEvent::Changes(changes) => {
                        self.core.apply(changes);
                    }
                    FeedEvent::Status(kind, status) => {
                        self.status.insert(kind, status);
                    }
                }
            }
        };
        let came = tokio::time::timeout(DEADLINE, wait).await;
        assert!(came.is_ok(), "waited in vain: {what}; {:?}", self.status);
    }

    fn is(&self, kind: ObjectKind, wanted: fn(&WatchStatus) -> bool) -> bool {
        self.status.get(&WatchKind::Other(kind)).is_some_and(wanted)
    }
}

fn unseen(status: &WatchStatus) -> bool {
    matches!(status, WatchStatus::Unseen { .. })
}

/// The least object of each kind, as the API server takes it.
fn manifest(kind: ObjectKind) -> Value {
    let labels = json!({"app": "kinds"});
    let selector = json!({"matchLabels": labels});
    let template = json!({
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "c", "image": "example.com/c"}]},
    });
    let body = match kind {
        ObjectKind::Service => json!({"spec": {"selector": labels, "ports": [{"port": 80}]}}),
        ObjectKind::ReplicationController => {
            json!({"spec": {"replicas": 0, "selector": labels, "template": template}})
        }
        ObjectKind::ReplicaSet => {
            json!({"spec": {"replicas": 0, "selector": selector, "template": template}})
        }
        ObjectKind::StatefulSet => json!({
            "spec": {"replicas": 0, "serviceName": "kinds", "selector": selector, "template": template},
        }),
        ObjectKind::PodDisruptionBudget => json!({"spec": {"minAvailable": 1, "selector": selector}}),
        ObjectKind::PersistentVolume => json!({"spec": {
            "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "kinds",
            "csi": {"driver": "example.com", "volumeHandle": "1"},
        }}),
        ObjectKind::PersistentVolumeClaim => json!({"spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": "kinds",
            "resources": {"requests": {"storage": "1Gi"}},
        }}),
        ObjectKind::StorageClass => json!({"provisioner": "example.com"}),
        ObjectKind::CsiNode => json!({"spec": {"drivers": []}}),
        ObjectKind::CsiDriver | ObjectKind::DeviceClass => json!({"spec": {}}),
        ObjectKind::CsiStorageCapacity => {
            json!({"storageClassName": "kinds", "nodeTopology": selector, "capacity": "1Gi"})
        }
        ObjectKind::VolumeAttachment => json!({"spec": {
            "attacher": "example.com", "nodeName": "n1", "source": {"persistentVolumeName": "v"},
        }}),
        ObjectKind::ResourceClaim => json!({"spec": {"devices": {
            "requests": [{"name": "gpu", "exactly": {"deviceClassName": "kinds"}}],
        }}}),
        ObjectKind::ResourceSlice => json!({"spec": {
            "driver": "example.com", "nodeName": "n1", "devices": [{"name": "d0"}],
            "pool": {"name": "n1", "generation": 1, "resourceSliceCount": 1},
        }}),
        ObjectKind::DeviceTaintRule => json!({"spec": {
            "deviceSelector": {"driver": "example.com"},
            "taint": {"key": "example.com/broken", "effect": "NoSchedule"},
        }}),
    };
    let api = kind.api();
    let mut object = json!({
        "apiVersion": if api.group.is_empty() { api.version.to_owned() } else { format!("{}/{}", api.group, api.version) },
        "kind": api.kind,
        "metadata": {"name": NAME},
    });
    let whole = object.as_object_mut().expect("an object");
    whole.extend(body.as_object().expect("an object").clone());
    object
}

/// Whether the object of `kind` has come.
fn has(cluster: &Cluster, kind: ObjectKind) -> bool {
    fn there<T>(table: &Table<T>) -> bool {
        table.named(NAME).or_else(|| table.get("default", NAME)).is_some()
    }
    let objects = &cluster.objects;
    match kind {
        ObjectKind::Service => there(&objects.services),
        ObjectKind::ReplicationController => there(&objects.replication_controllers),
        ObjectKind::ReplicaSet => there(&objects.replica_sets),
        ObjectKind::StatefulSet => there(&objects.stateful_sets),
        ObjectKind::PodDisruptionBudget => there(&objects.budgets),
        ObjectKind::PersistentVolume => there(&objects.volumes),
        ObjectKind::PersistentVolumeClaim => there(&objects.claims),
        ObjectKind::StorageClass => there(&objects.storage_classes),
        ObjectKind::CsiNode => there(&objects.csi_nodes),
        ObjectKind::CsiDriver => there(&objects.csi_drivers),
        ObjectKind::CsiStorageCapacity => there(&objects.capacities),
        ObjectKind::VolumeAttachment => there(&objects.attachments),
        ObjectKind::ResourceClaim => there(&objects.device_claims),
        ObjectKind::ResourceSlice => there(&objects.slices),
        ObjectKind::DeviceClass => there(&objects.device_classes),
        ObjectKind::DeviceTaintRule => there(&objects.device_taint_rules),
    }
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn an_object_of_each_kind_comes_in_and_goes_while_the_engine_runs() {
    let plane = ControlPlane::start().await;
    let connection = connection(plane.kubeconfig()).await;
    let mut watched = Watched::start(&connection);
    watched
        .until("the first lists are complete", |watched| watched.core.is_synced())
        .await;
    let served: Vec<ObjectKind> = ObjectKind::ALL
        .iter()
        .copied()
        .filter(|&kind| !watched.is(kind, |status| *status == WatchStatus::NotServed))
        .collect();
    assert!(served.len() >= 15, "{:?}", watched.status);
    let file = plane.folder().join("kinds.json");
    let items: Vec<Value> = served.iter().map(|&kind| manifest(kind)).collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    std::fs::write(&file, list.to_string()).expect("a file");
    let file = file.display().to_string();
    plane.kubectl(&["create", "-f", &file]);
    for &kind in &served {
        watched
            .until(kind.api().plural, |watched| has(watched.core.cluster(), kind))
            .await;
    }
    let loaded = load::load(&connection).await.expect("the lists");
    assert!(served.iter().all(|&kind| has(&loaded, kind)));
    // No controller is there to let the volumes' finalizers go.
    plane.kubectl(&["delete", "--wait=false", "-f", &file]);
    for &kind in &served {
        let kept = matches!(
            kind,
            ObjectKind::PersistentVolume | ObjectKind::PersistentVolumeClaim
        );
        if !kept {
            watched
                .until(kind.api().plural, |watched| !has(watched.core.cluster(), kind))
                .await;
        }
    }
}

#[tokio::test]
async fn the_embedded_server_has_every_kind() {
    let server = Server::start(Scenario::empty());
    let client = server.client();
    let connection = Connection::in_process(client.clone(), "demo");
    let mut watched = Watched::start(&connection);
    watched
        .until("every watch is live", |watched| {
            WatchKind::all().all(|kind| watched.status.get(&kind) == Some(&WatchStatus::Live))
        })
        .await;
    for &kind in ObjectKind::ALL {
        let api = kind.api();
        let sent: DynamicObject = serde_json::from_value(manifest(kind)).expect("an object");
        let version = kube::core::GroupVersion::gv(api.group, api.version);
        let found = kube::discovery::pinned_kind(&client, &version.with_kind(api.kind)).await;
        let (resource, able) = found.expect("discovery has it");
        assert_eq!(resource.plural, api.plural);
        let mut rights = preflight::rights(None).into_iter().map(|(right, ..)| right);
        let right = rights.find(|right| right.verb == "list" && right.resource == api.plural);
        let everywhere = right
            .expect("a right to list it")
            .to_string()
            .ends_with(" in all namespaces");
        assert_eq!(everywhere, able.scope == Scope::Namespaced, "{}", api.plural);
        let objects: Api<DynamicObject> = if able.scope == Scope::Namespaced {
            Api::namespaced_with(client.clone(), "default", &resource)
        } else {
            Api::all_with(client.clone(), &resource)
        };
        let made = objects
            .create(&PostParams::default(), &sent)
            .await
            .expect(api.kind);
        for (field, value) in sent.data.as_object().into_iter().flatten() {
            let kept = contains(&made.data[field], value);
            assert!(kept, "{}: {field} is {}", api.kind, made.data[field]);
        }
        watched
            .until(api.plural, |watched| has(watched.core.cluster(), kind))
            .await;
        let labels = Patch::Merge(json!({"metadata": {"labels": {"a": "b"}}}));
        let patched = objects.patch(NAME, &PatchParams::default(), &labels).await;
        let patched = patched.expect(api.kind);
        assert_eq!(patched.metadata.labels.as_ref().expect("labels")["a"], "b");
        let replaced = objects.replace(NAME, &PostParams::default(), &patched).await;
        assert_eq!(replaced.expect(api.kind).data, patched.data);
        assert_eq!(
            objects
                .list(&ListParams::default())
                .await
                .expect("a list")
                .items
                .len(),
            1
        );
        objects
            .delete(NAME, &DeleteParams::default())
            .await
            .expect(api.kind);
        watched
            .until(api.plural, |watched| !has(watched.core.cluster(), kind))
            .await;
        assert!(objects.get_opt(NAME).await.expect("an answer").is_none());
    }
}

/// Whether `whole` has everything that `part` says.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part.iter().all(|(key, part)| {
            let empty = part.as_array().is_some_and(Vec::is_empty);
            whole.get(key).map_or(empty, |whole| contains(whole, part))
        }),
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(whole, part)| contains(whole, part))
        }
        (whole, part) => whole == part,
    }
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_kind_that_we_may_not_see_holds_nothing_up_and_is_looked_at_again() {
    let plane = ControlPlane::start().await;
    let grant = |name: &str, groups: &str, resources: &str| {
        let verbs = "--verb=get,list,watch";
        let resources = format!("--resource={resources}");
        plane.kubectl(&["create", "clusterrole", name, verbs, &resources]);
        let role = format!("--clusterrole={name}");
        plane.kubectl(&["create", "clusterrolebinding", name, &role, groups]);
    };
    grant("essential", "--user=bo", "pods,nodes,namespaces");
    let proxy = Proxy::start(&plane.kubeconfig_for("bo", None)).await;
    let kubeconfig = proxy.kubeconfig(&plane.kubeconfig_for("bo", None));
    let connection = connection(kubeconfig).await;
    let _probe = probe::start(&connection);
    let mut watched = Watched::start(&connection);
    watched
        .until("the first lists are complete", |watched| watched.core.is_synced())
        .await;
    let cluster = watched.core.cluster();
    assert_eq!(
        cluster.unseen.keys().copied().collect::<Vec<_>>(),
        ObjectKind::ALL,
        "what we may not list is forbidden, whether it is served or not"
    );
    let why = &cluster.unseen[&ObjectKind::PersistentVolume];
    assert_eq!(&**why, "listing or watching them is forbidden");
    watched
        .until("all are told", |watched| {
            ObjectKind::ALL.iter().all(|&kind| watched.is(kind, unseen))
        })
        .await;
    let Some(WatchStatus::Unseen { error }) = watched
        .status
        .get(&WatchKind::Other(ObjectKind::PersistentVolume))
    else {
        panic!("{:?}", watched.status)
    };
    assert!(error.contains("the right to list persistentvolumes"), "{error}");

    grant("volumes", "--user=bo", "persistentvolumes");
    proxy.block(true);
    watched
        .until("the server is silent", |watched| {
            matches!(
                watched.status.get(&WatchKind::Pods),
                Some(WatchStatus::Down { .. })
            ) && connection.pulse().borrow().is_silent()
        })
        .await;
    proxy.block(false);
    watched
        .until("volumes are seen", |watched| {
            !watched
                .core
                .cluster()
                .unseen
                .contains_key(&ObjectKind::PersistentVolume)
        })
        .await;
    assert!(watched.is(ObjectKind::StorageClass, unseen));
}

/// An API server that answers `code` to whatever is about one of `plurals`.
fn without(plurals: &'static [&'static str], code: StatusCode, body: &'static str) -> Connection {
    let server = Server::start(Scenario::empty());
    let service = tower::service_fn(move |request: Request<kube::client::Body>| {
        let server = server.clone();
        async move {
            let path = request.uri().path();
            if plurals.iter().any(|plural| path.ends_with(plural)) {
                let mut response = Response::new(Body::from(body));
                *response.status_mut() = code;
                return Ok(response);
            }
            server.service().oneshot(request.map(Body::new)).await
        }
    });
    Connection::in_process(kube::Client::new(service, "default"), "test")
}

#[tokio::test]
async fn a_kind_that_is_not_served_is_empty_and_complete() {
    let connection = without(
        &["devicetaintrules", "csinodes"],
        StatusCode::NOT_FOUND,
        "404 page not found\n",
    );
    let mut watched = Watched::start(&connection);
    watched
        .until("the first lists are complete", |watched| watched.core.is_synced())
        .await;
    assert!(watched.core.cluster().unseen.is_empty());
    assert!(watched.core.cluster().objects.device_taint_rules.is_empty());
    watched
        .until("they are told", |watched| {
            let gone = |kind| watched.is(kind, |status| *status == WatchStatus::NotServed);
            gone(ObjectKind::DeviceTaintRule) && gone(ObjectKind::CsiNode)
        })
        .await;
    let loaded = load::load(&connection).await.expect("the other lists");
    assert!(loaded.unseen.is_empty() && loaded.objects.csi_nodes.is_synced());
}

#[tokio::test]
async fn a_kind_that_is_forbidden_or_cannot_be_read_is_unseen() {
    let forbidden =
        r#"{"kind":"Status","code":403,"message":"storageclasses is forbidden: User \"bo\" cannot list"}"#;
    for (code, body, why) in [
        (
            StatusCode::FORBIDDEN,
            forbidden,
            "listing or watching them is forbidden",
        ),
        (StatusCode::OK, "<html>", "they cannot be read"),
    ] {
        let connection = without(&["storageclasses"], code, body);
        let mut watched = Watched::start(&connection);
        watched
            .until("the first lists are complete", |watched| watched.core.is_synced())
            .await;
        let unseen = |cluster: &Cluster| {
            let mut all = cluster.unseen.iter();
            let told = all.next().map(|(kind, why)| (*kind, why.to_string()));
            assert!(all.next().is_none());
            told
        };
        let told = Some((ObjectKind::StorageClass, why.to_owned()));
        assert_eq!(unseen(watched.core.cluster()), told);
        let loaded = load::load(&connection).await.expect("the other lists");
        assert_eq!(unseen(&loaded), told);
    }
}
