//! Schedulers that place without asking, on the embedded cluster; `real.rs` on a real one.

mod claims;
mod classic;
mod counting;
mod deployed;
mod faults;
mod full;
mod leader;
mod real;
mod turns;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use berth::auto::{Classic, Ended, Happened, Metrics, Scheduler, Settings, Tell};
use berth::cluster::{ConnectOptions, Connection, connect};
use berth::scheduling::Profiles;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::scene::Scene;
use crate::support::DEADLINE;

/// A scheduler at work.
struct AtWork {
    told: Arc<Mutex<Vec<Happened>>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Ended>,
}

pub(crate) async fn connection(scene: &Scene) -> Connection {
    let options = ConnectOptions {
        kubeconfig: Some(scene.folder.path().join("kubeconfig")),
        ..ConnectOptions::default()
    };
    connect(&options).await.expect("a connection")
}

fn ears() -> (Arc<Mutex<Vec<Happened>>>, Tell) {
    let told: Arc<Mutex<Vec<Happened>>> = Arc::default();
    let tell = Arc::clone(&told);
    (
        told,
        Arc::new(move |what| tell.lock().expect("it is there").push(what)),
    )
}

fn settings() -> Settings {
    Settings {
        scheduler_names: vec!["berth".into()],
        profiles: Profiles::default(),
        seed: 7,
        once: false,
        bindings: 16,
    }
}

impl AtWork {
    async fn full(scene: &Scene) -> Self {
        Self::full_with(scene, settings(), Arc::default()).await
    }

    async fn full_with(scene: &Scene, settings: Settings, metrics: Arc<Metrics>) -> Self {
        let connection = connection(scene).await;
        let scheduler = Scheduler::new(connection, settings).counting_in(metrics);
        Self::begin(|stop, tell| tokio::spawn(scheduler.run(stop, tell)))
    }

    async fn classic(scene: &Scene, classic: Classic) -> Self {
        let connection = connection(scene).await;
        Self::begin(|stop, tell| tokio::spawn(classic.run(connection, stop, tell)))
    }

    fn begin(run: impl FnOnce(futures::future::BoxFuture<'static, ()>, Tell) -> JoinHandle<Ended>) -> Self {
        let (told, tell) = ears();
        let (stop, stopped) = oneshot::channel::<()>();
        let stop_future = Box::pin(async move {
            let _ = stopped.await;
        });
        Self {
            told,
            stop,
            task: run(stop_future, tell),
        }
    }

    async fn end(self) -> Ended {
        let _ = self.stop.send(());
        self.task.await.expect("no panic")
    }

    fn count(&self, which: impl Fn(&Happened) -> bool) -> usize {
        let told = self.told.lock().expect("it is there");
        told.iter().filter(|what| which(what)).count()
    }
}

const PODS: &str = "/api/v1/namespaces/default/pods";

async fn node(scene: &Scene, name: &str, cpu: &str) {
    let amounts = json!({"cpu": cpu, "memory": "16Gi", "pods": "110"});
    let node = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {
            "allocatable": amounts, "capacity": amounts, "conditions": [{"type": "Ready", "status": "True"}],
        },
    });
    scene.post("/api/v1/nodes", &node).await;
}

fn asking(name: &str, scheduler: &str, cpu: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": "web"}},
        "spec": {"schedulerName": scheduler, "containers": [
            {"name": "c", "image": "nginx", "resources": {"requests": {"cpu": cpu}}},
        ]},
    })
}

async fn pod(scene: &Scene, name: &str, cpu: &str) {
    scene.post(PODS, &asking(name, "berth", cpu)).await;
}

/// The pod, once `which` holds of it.
async fn until(scene: &Scene, name: &str, which: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    let look = async {
        loop {
            last = scene.get(&format!("{PODS}/{name}")).await;
            if which(&last) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let found = tokio::time::timeout(DEADLINE, look).await;
    assert!(
        found.is_ok(),
        "pod {name} does not become what it is to be: {last:#}"
    );
    last
}

async fn bound(scene: &Scene, name: &str) -> String {
    let pod = until(scene, name, |pod| pod["spec"]["nodeName"].is_string()).await;
    pod["spec"]["nodeName"].as_str().expect("a node").to_owned()
}

/// The condition `PodScheduled`.
fn scheduled(pod: &Value) -> &Value {
    let conditions = pod["status"]["conditions"].as_array();
    let mut conditions = conditions.into_iter().flatten();
    conditions
        .find(|condition| condition["type"] == "PodScheduled")
        .unwrap_or(&Value::Null)
}

/// The events of this reason: how many about which pod.
async fn events(scene: &Scene, reason: &str) -> BTreeMap<String, usize> {
    let all = scene
        .get("/apis/events.k8s.io/v1/namespaces/default/events")
        .await;
    let mut counts = BTreeMap::new();
    for event in all["items"].as_array().expect("a list") {
        if event["reason"] == reason {
            let name = event["regarding"]["name"].as_str().expect("a name").to_owned();
            *counts.entry(name).or_default() += 1;
        }
    }
    counts
}

/// Nobody has more CPU than there is on its node.
async fn nothing_is_overcommitted(scene: &Scene) {
    let mut used: BTreeMap<String, u64> = BTreeMap::new();
    let pods = scene.get(PODS).await;
    for pod in pods["items"].as_array().expect("a list") {
        if let Some(node) = pod["spec"]["nodeName"].as_str() {
            let request = &pod["spec"]["containers"][0]["resources"]["requests"]["cpu"];
            *used.entry(node.to_owned()).or_default() += millis(request);
        }
    }
    let nodes = scene.get("/api/v1/nodes").await;
    for node in nodes["items"].as_array().expect("a list") {
        let name = node["metadata"]["name"].as_str().expect("a name");
        let there = millis(&node["status"]["allocatable"]["cpu"]);
        assert!(
            used.get(name).copied().unwrap_or_default() <= there,
            "{name}: {used:?}"
        );
    }
}

fn millis(amount: &Value) -> u64 {
    let text = amount.as_str().unwrap_or("0");
    match text.strip_suffix('m') {
        Some(text) => text.parse().expect("a number"),
        None => text.parse::<u64>().expect("a number") * 1000,
    }
}
