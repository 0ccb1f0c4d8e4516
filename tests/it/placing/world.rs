//! An engine that follows an API server, embedded or real, and a placer beside it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use berth::cluster::watch::{self, FeedEvent, WatchKind, Watches};
use berth::cluster::{Connection, Identity};
use berth::demo::{Pace, Scenario, Server, Settings};
use berth::engine::Engine;
use berth::journal::{Entry, File, Record as _, Story, story};
use berth::model::PodKey;
use berth::placing::{DryRun, Intent, Outcome, Placer, Reason, Refusal, Stage, Verdict};
use berth::scheduling::Profiles;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Method, Request, Response};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tower::{BoxError, service_fn};

use crate::support::eventually;

/// What goes wrong with the writes of a placer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It never reaches the server, and the connection breaks.
    RequestLost,
    /// It is carried out, and the connection breaks before the answer.
    AnswerLost,
    /// The server answers so, and does nothing.
    Status(u16),
    /// The request, and all after it, hang for ever: the placer is as good as dead.
    Hangs,
}

/// Somebody who does something just before a request is handed on.
pub(crate) type Meddler = Arc<dyn Fn(&str, &str) -> Option<BoxFuture<'static, ()>> + Send + Sync>;

/// The road from the placer to the server.
#[derive(Clone, Default)]
pub(crate) struct Road {
    writes: Arc<AtomicUsize>,
    faults: Arc<Mutex<Vec<(usize, Fault)>>>,
    meddler: Arc<Mutex<Option<Meddler>>>,
}

impl Road {
    /// The `at`-th write from now on (from 1; reviews and dry runs are none) meets `fault`.
    pub(crate) fn fault(&self, at: usize, fault: Fault) {
        self.writes.store(0, Ordering::SeqCst);
        *self.faults.lock().expect("it is there") = vec![(at, fault)];
    }

    /// How many writes there were since the fault was set.
    pub(crate) fn writes(&self) -> usize {
        self.writes.load(Ordering::SeqCst)
    }

    pub(crate) fn meddle(&self, meddler: Meddler) {
        *self.meddler.lock().expect("it is there") = Some(meddler);
    }

    /// A client that takes this road to where `client` leads.
    fn client(&self, client: Client) -> Client {
        let road = self.clone();
        Client::new(
            service_fn(move |request: Request<Body>| {
                let (road, client) = (road.clone(), client.clone());
                async move { road.pass(request, client).await }.boxed()
            }),
            "default",
        )
    }

    async fn pass(self, request: Request<Body>, client: Client) -> Result<Response<Body>, BoxError> {
        let path = request.uri().path().to_owned();
        let is_write = request.method() != Method::GET
            && !path.contains("reviews")
            && request
                .uri()
                .query()
                .is_none_or(|query| !query.contains("dryRun"));
        let mut fault = None;
        if is_write {
            let number = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
            let faults = self.faults.lock().expect("it is there");
            let met =
                |&&(at, fault): &&(usize, Fault)| at == number || (fault == Fault::Hangs && at < number);
            fault = faults.iter().find(met).map(|(_, fault)| *fault);
        }
        let meddler = self.meddler.lock().expect("it is there").clone();
        if let Some(meddling) = meddler.and_then(|meddle| meddle(request.method().as_str(), &path)) {
            meddling.await;
        }
        match fault {
            None => Ok(client.send(request).await?),
            Some(Fault::RequestLost) => Err(broken()),
            Some(Fault::AnswerLost) => {
                client.send(request).await?;
                Err(broken())
            }
            Some(Fault::Status(code)) => {
                let body = json!({"kind": "Status", "code": code, "message": format!("injected {code}")});
                let response = Response::builder().status(code);
                Ok(response.body(Body::from(body.to_string().into_bytes()))?)
            }
            Some(Fault::Hangs) => futures::future::pending().await,
        }
    }
}

fn broken() -> BoxError {
    std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()
}

pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) namespace: String,
    pub(crate) engine: Engine,
    pub(crate) placer: Placer,
    pub(crate) road: Road,
    journal: PathBuf,
    _folder: tempfile::TempDir,
    _watches: Watches,
    _server: Option<Server>,
}

impl World {
    /// An embedded cluster in a hurry, with one node `n1` of zone `z1` and one `n2` of zone `z2`.
    pub(crate) async fn demo() -> Self {
        Self::demo_with(|_| (), Profiles::default()).await
    }

    pub(crate) async fn demo_with(change: impl FnOnce(&mut Pace), profiles: Profiles) -> Self {
        let moment = std::time::Duration::from_millis(10);
        let mut pace = Pace {
            heartbeats: false,
            notice: moment,
            start: moment,
            stop: moment,
            provision: moment,
            ..Pace::default()
        };
        change(&mut pace);
        let settings = Settings {
            pace,
            ..Settings::default()
        };
        let server = Server::start_with(Scenario::empty(), settings);
        let world = Self::of(server.client(), "default", profiles, Some(server));
        world.nodes(["n1", "n2"]).await;
        world
    }

    /// A real one.
    pub(crate) async fn real(plane: &crate::support::ControlPlane, name: &str) -> Self {
        let namespace = plane.namespace(name).await;
        let world = Self::of(plane.client().await, &namespace, Profiles::default(), None);
        world.nodes(["n1", "n2"]).await;
        world
    }

    fn of(client: Client, namespace: &str, profiles: Profiles, server: Option<Server>) -> Self {
        let engine = Engine::start(&["berth".into()], profiles).expect("a thread");
        let (feed, mut events) = tokio::sync::mpsc::channel(16);
        let connection = Connection::in_process(client.clone(), "the cluster");
        let watches = watch::start(&connection, WatchKind::all(), &feed);
        let fed = engine.clone();
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                if let FeedEvent::Changes(changes) = event {
                    fed.apply(changes).await;
                }
            }
        });
        let (road, folder) = (Road::default(), tempfile::tempdir().expect("a folder"));
        let journal = folder.path().join("journal");
        let identity = Identity {
            name: "ana".to_owned(),
            ..Identity::default()
        };
        let connection = Connection::in_process(road.client(client.clone()), "the cluster");
        let mut placer = Placer::new(connection, identity, vec!["berth".into()]);
        placer.journal = Arc::new(File::new(&journal));
        Self {
            client,
            namespace: namespace.to_owned(),
            engine,
            placer,
            road,
            journal,
            _folder: folder,
            _watches: watches,
            _server: server,
        }
    }

    /// Another operator, with a way of their own to the server.
    pub(crate) fn beside(&self, name: &str) -> Placer {
        let identity = Identity {
            name: name.to_owned(),
            ..Identity::default()
        };
        let connection = Connection::in_process(self.client.clone(), "the cluster");
        Placer::new(connection, identity, vec!["berth".into()])
    }

    /// The node's real name.
    pub(crate) fn node(&self, name: &str) -> String {
        format!("{}-{name}", self.namespace)
    }

    async fn nodes(&self, names: [&str; 2]) {
        for (name, zone) in names.into_iter().zip(["z1", "z2"]) {
            let name = self.node(name);
            let amounts = json!({"cpu": "4", "memory": "8Gi", "pods": "20"});
            let node = json!({
                "apiVersion": "v1", "kind": "Node",
                "metadata": {"name": name, "labels": {
                    "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone,
                }},
                "status": {
                    "allocatable": amounts, "capacity": amounts,
                    "conditions": [{"type": "Ready", "status": "True"}],
                },
            });
            self.make("/api/v1/nodes", node).await;
        }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> Result<Value, kube::Error> {
        let kind = if method == "PATCH" {
            "application/merge-patch+json"
        } else {
            "application/json"
        };
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", kind)
            .body(body)
            .expect("a request");
        self.client.request(request).await
    }

    pub(crate) async fn make(&self, path: &str, object: Value) -> Value {
        let made = self.send("POST", path, &object).await;
        made.unwrap_or_else(|error| panic!("POST {path} {object}: {error}"))
    }

    pub(crate) async fn patch(&self, path: &str, patch: Value) -> Value {
        let patched = self.send("PATCH", path, &patch).await;
        patched.unwrap_or_else(|error| panic!("PATCH {path} {patch}: {error}"))
    }

    pub(crate) async fn get(&self, path: &str) -> Option<Value> {
        match self.send("GET", path, &Value::Null).await {
            Ok(object) => Some(object),
            Err(kube::Error::Api(status)) if status.code == 404 => None,
            Err(error) => panic!("GET {path}: {error}"),
        }
    }

    /// A path in the namespace, such as `pods/web`.
    pub(crate) fn within(&self, rest: &str) -> String {
        format!("/api/v1/namespaces/{}/{rest}", self.namespace)
    }

    /// The path of ResourceClaims, or of one of them.
    pub(crate) fn device_claims(&self, rest: &str) -> String {
        format!(
            "/apis/resource.k8s.io/v1/namespaces/{}/resourceclaims{rest}",
            self.namespace
        )
    }

    /// Waits for `wanted`.
    pub(crate) async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        eventually(path, async || {
            self.get(path).await.filter(|object| wanted(object))
        })
        .await
    }

    pub(crate) async fn class(&self, name: &str, provisioner: &str) {
        let class = json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
            "provisioner": provisioner, "volumeBindingMode": "WaitForFirstConsumer",
        });
        self.make("/apis/storage.k8s.io/v1/storageclasses", class).await;
    }

    pub(crate) async fn claim(&self, name: &str, class: &str) -> Value {
        let claim = json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
            "spec": {
                "storageClassName": class, "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "1Gi"}},
            },
        });
        self.make(&self.within("persistentvolumeclaims"), claim).await
    }

    /// A volume that only `node` reaches.
    pub(crate) async fn volume(&self, name: &str, class: &str, node: &str) {
        let volume = json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
            "spec": {
                "storageClassName": class, "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Retain", "local": {"path": "/data"},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                    {"key": "kubernetes.io/hostname", "operator": "In", "values": [self.node(node)]},
                ]}]}},
            },
        });
        self.make("/api/v1/persistentvolumes", volume).await;
        self.until(&format!("/api/v1/persistentvolumes/{name}"), |volume| {
            volume["status"]["phase"] == "Available"
        })
        .await;
    }

    /// A class of devices, and `count` of them on `node`.
    pub(crate) async fn devices(&self, driver: &str, node: &str, count: usize, more: Value) {
        let node = self.node(node);
        let class = json!({
            "apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": driver},
            "spec": {"selectors": [{"cel": {"expression": format!("device.driver == \"{driver}\"")}}]},
        });
        if self
            .get(&format!("/apis/resource.k8s.io/v1/deviceclasses/{driver}"))
            .await
            .is_none()
        {
            self.make("/apis/resource.k8s.io/v1/deviceclasses", class).await;
        }
        let devices: Vec<Value> = (0..count)
            .map(|at| {
                let mut device = json!({"name": format!("dev-{at}")});
                json_patch::merge(&mut device, &more);
                device
            })
            .collect();
        let slice = json!({
            "apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice",
            "metadata": {"name": format!("{driver}-{node}")},
            "spec": {
                "driver": driver, "nodeName": node,
                "pool": {"name": node, "generation": 1, "resourceSliceCount": 1}, "devices": devices,
            },
        });
        self.make("/apis/resource.k8s.io/v1/resourceslices", slice).await;
    }

    pub(crate) async fn device_claim(&self, name: &str, class: &str) -> Value {
        let claim = json!({
            "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": {"name": name},
            "spec": {"devices": {"requests": [{"name": "one", "exactly": {"deviceClassName": class}}]}},
        });
        self.make(&self.device_claims(""), claim).await
    }

    /// A pod with these volumes' claims and these ResourceClaims.
    pub(crate) async fn pod(&self, name: &str, volumes: &[&str], devices: &[&str]) -> Value {
        let pod = user_of(name, volumes, devices);
        self.make(&self.within("pods"), pod).await
    }

    pub(crate) async fn bound_to(&self, pod: &str) -> Option<String> {
        let pod = self
            .get(&self.within(&format!("pods/{pod}")))
            .await
            .expect("the pod");
        pod["spec"]["nodeName"].as_str().map(ToOwned::to_owned)
    }

    /// What a person confirms who looks at the pod once the engine knows all about it (`ready` says so of the verdict).
    pub(crate) async fn intent(&self, pod: &str, node: &str, ready: impl Fn(&Verdict) -> bool) -> Intent {
        let key = PodKey::new(self.namespace.as_str(), pod);
        let node = self.node(node);
        eventually("the engine knows the pod", async || {
            let fresh = self.get(&self.within(&format!("pods/{pod}"))).await?;
            let selected = self.engine.judge(key.clone()).await?;
            let id = selected.trace.nodes.id(&node)?;
            let verdict = Verdict::of(&selected.trace, id);
            let known = fresh["metadata"]["resourceVersion"] == *selected.pod.resource_version;
            (known && ready(&verdict)).then(|| Intent {
                pod: key.clone(),
                uid: Arc::clone(&selected.pod.uid),
                resource_version: Arc::clone(&selected.pod.resource_version),
                node: node.as_str().into(),
                reason: verdict
                    .needs_reason()
                    .then(|| Reason::parse("a test").expect("it is there")),
                adoption: None,
                insists: false,
                verdict,
            })
        })
        .await
    }

    /// That for a pod that fits and needs `prepared` things first.
    pub(crate) async fn intent_for(&self, pod: &str, node: &str, prepared: usize) -> Intent {
        let ready = |verdict: &Verdict| verdict.is_feasible() && verdict.prepared.len() == prepared;
        self.intent(pod, node, ready).await
    }

    /// Places, and tells the stages.
    pub(crate) async fn place(&self, intent: Intent) -> (Outcome, Vec<Stage>) {
        let stages = Mutex::new(Vec::new());
        let outcome = self
            .place_watching(intent, |stage| stages.lock().expect("it is there").push(stage))
            .await;
        (outcome, stages.into_inner().expect("it is there"))
    }

    pub(crate) async fn place_watching(&self, intent: Intent, watch: impl Fn(Stage) + Sync) -> Outcome {
        self.placer
            .place(&self.engine, intent, DryRun::None, &watch)
            .await
    }

    /// What the journal tells.
    pub(crate) fn stories(&self) -> Vec<Story> {
        story::stories(self.entries())
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        let (entries, torn) = File::new(&self.journal).read().expect("a journal");
        assert_eq!(torn, 0);
        entries
    }
}

pub(crate) fn user_of(name: &str, volumes: &[&str], devices: &[&str]) -> Value {
    let claims = devices
        .iter()
        .map(|claim| json!({"name": claim, "resourceClaimName": claim}));
    let claims: Vec<Value> = claims.collect();
    let uses: Vec<Value> = devices.iter().map(|claim| json!({"name": claim})).collect();
    let volumes = volumes
        .iter()
        .map(|claim| json!({"name": claim, "persistentVolumeClaim": {"claimName": claim}}));
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {
            "schedulerName": "berth", "volumes": volumes.collect::<Vec<_>>(), "resourceClaims": claims,
            "containers": [{"name": "app", "image": "nginx", "resources": {"claims": uses}}],
        },
    })
}

pub(crate) fn is_placed(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Placed {
            event_error: None,
            ..
        }
    )
}

pub(crate) fn refusal(outcome: &Outcome) -> &Refusal {
    let Outcome::Refused(refusal) = outcome else {
        panic!("{outcome:?}")
    };
    refusal
}

/// What is said of the undoing.
pub(crate) fn left(outcome: &Outcome) -> &str {
    match refusal(outcome) {
        Refusal::AfterPreparing { left, .. } => left,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn reserved_for(claim: &Value) -> Vec<&str> {
    let users = claim["status"]["reservedFor"].as_array();
    users
        .into_iter()
        .flatten()
        .filter_map(|user| user["uid"].as_str())
        .collect()
}
