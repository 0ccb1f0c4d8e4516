//! The life behind the server: the kubelets of all nodes in one task, and what little of the controllers they need.
//!
//! It sleeps until an object changes or something is due; it never polls. Every step looks at the object again and
//! acts on what it finds, so that a step that comes twice or too late does nothing.
//!
//! Kubelets: a node that is made becomes Ready; a pod bound to a Ready node is rejected, or becomes Running after a
//! moment; a pod that is being deleted goes. A node that says it is not Ready has a kubelet that is silent.
//! Controllers: the taint that follows a cordon, the pod garbage collector for pods on nodes that do not exist.

mod admission;
mod reports;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{sync::watch::Receiver, time::Instant};

use super::{
    deletions::{self, Deletion},
    kinds::{NODE, POD, Table},
    nodes,
    object::{Key, Object, child, str_at},
    store::{Store, Write},
    strategy::Part,
    writes::{self, Options},
};

/// From the binding to the kubelet's first word.
const NOTICE: Duration = Duration::from_millis(150);
/// From there to Running, at least; half a second at most is added.
const START: Duration = Duration::from_millis(700);
/// How long containers take to stop, where the grace period allows.
const STOP: Duration = Duration::from_millis(600);
/// When the garbage collector comes for a pod whose node does not exist: upstream takes 40 to 60 s.
const ORPHANED: Duration = Duration::from_secs(45);
/// Changes read from the log at a time.
const BATCH: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// Take the pod in, or reject it.
    Admit,
    /// Its containers have started.
    Run,
    /// Its containers have stopped.
    Remove,
    /// Nobody will ever run it.
    Collect,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Instant,
    step: Step,
    key: Key,
    uid: Box<str>,
}

struct Kubelets {
    store: Arc<Store>,
    due: BinaryHeap<Reverse<Due>>,
    /// Pods whose node is silent or missing, until that node changes.
    parked: HashMap<Box<str>, HashSet<Key>>,
    addresses: u32,
}

/// Runs until the store is gone, which is never: whoever starts it ends it.
pub(crate) async fn run(store: Arc<Store>) {
    let (Some(mut pods_wake), Some(mut nodes_wake)) =
        (store.subscribe(Table::Pods), store.subscribe(Table::Nodes))
    else {
        return;
    };
    let mut life = Kubelets {
        store,
        due: BinaryHeap::new(),
        parked: HashMap::new(),
        addresses: 0,
    };
    let (mut pods_seen, mut nodes_seen) = (0, 0);
    loop {
        nodes_seen = life.catch_up(Table::Nodes, nodes_seen, &mut nodes_wake);
        pods_seen = life.catch_up(Table::Pods, pods_seen, &mut pods_wake);
        life.work();
        let next = life.due.peek().map(|Reverse(due)| due.at);
        let sleep = async {
            match next {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            woken = nodes_wake.changed() => if woken.is_err() { return },
            woken = pods_wake.changed() => if woken.is_err() { return },
            () = sleep => {}
        }
    }
}

impl Kubelets {
    /// Looks at everything that changed since that revision, or, where the log does not reach back, at everything.
    fn catch_up(&mut self, table: Table, mut seen: u64, wake: &mut Receiver<u64>) -> u64 {
        wake.borrow_and_update();
        loop {
            let changed: Vec<Arc<Object>> =
                if let Ok((changes, reached)) = self.store.changes(table, seen, BATCH) {
                    seen = reached;
                    changes
                        .into_iter()
                        .filter(|c| !c.deleted)
                        .map(|c| c.after)
                        .collect()
                } else {
                    let snapshot = self.store.list(table, None);
                    seen = snapshot.revision;
                    snapshot.objects
                };
            let done = changed.len() < BATCH;
            for object in changed {
                match table {
                    Table::Nodes => self.see_node(&object),
                    _ => self.see_pod(&object),
                }
            }
            if done {
                return seen;
            }
        }
    }

    fn see_node(&mut self, node: &Object) {
        let tree = node.tree();
        let name = node.key.name.to_string();
        if reports::ready(&tree).is_none() {
            self.register(&node.key);
        }
        self.follow_cordon(&node.key, &tree);
        for key in self.parked.remove(name.as_str()).unwrap_or_default() {
            if let Some(pod) = self.store.get(POD.table, &key) {
                self.see_pod(&pod);
            }
        }
    }

    fn see_pod(&mut self, pod: &Object) {
        let node: Box<str> = pod.field(&POD, "spec.nodeName").into();
        let phase = pod.field(&POD, "status.phase");
        if node.is_empty() || matches!(phase, "Succeeded" | "Failed") {
            return;
        }
        let deleting = pod.deleting;
        if !deleting && phase != "Pending" {
            return;
        }
        let tree = pod.tree();
        match self.store.get(NODE.table, &Key::new("", &node)) {
            None => {
                self.schedule(ORPHANED, Step::Collect, pod);
                self.parked.entry(node).or_default().insert(pod.key.clone());
            }
            Some(node_object) if reports::ready(&node_object.tree()) != Some(true) => {
                self.parked.entry(node).or_default().insert(pod.key.clone());
            }
            Some(_) if deleting => {
                let grace = tree
                    .pointer("/metadata/deletionGracePeriodSeconds")
                    .and_then(Value::as_u64);
                self.schedule(
                    STOP.min(Duration::from_secs(grace.unwrap_or(0))),
                    Step::Remove,
                    pod,
                );
            }
            Some(_) if str_at(&tree, "/status/startTime").is_empty() => {
                self.schedule(NOTICE, Step::Admit, pod);
            }
            Some(_) => {
                self.schedule(
                    START + Duration::from_millis(fastrand::u64(..500)),
                    Step::Run,
                    pod,
                );
            }
        }
    }

    fn schedule(&mut self, after: Duration, step: Step, pod: &Object) {
        let (key, uid) = (pod.key.clone(), pod.uid.clone());
        self.due.push(Reverse(Due {
            at: Instant::now() + after,
            step,
            key,
            uid,
        }));
    }

    fn work(&mut self) {
        let now = Instant::now();
        while self.due.peek().is_some_and(|Reverse(due)| due.at <= now) {
            if let Some(Reverse(due)) = self.due.pop() {
                self.act(&due);
            }
        }
    }

    fn act(&mut self, due: &Due) {
        let Some(pod) = self
            .store
            .get(POD.table, &due.key)
            .filter(|pod| pod.uid == due.uid)
        else {
            return;
        };
        let tree = pod.tree();
        let node = self
            .store
            .get(NODE.table, &Key::new("", str_at(&tree, "/spec/nodeName")));
        let deleting = pod.deleting;
        let started = !str_at(&tree, "/status/startTime").is_empty();
        let pending = str_at(&tree, "/status/phase") == "Pending";
        match (due.step, node) {
            (Step::Collect, None) => self.remove(&pod),
            (Step::Remove, Some(_)) if deleting => self.remove(&pod),
            (Step::Admit, Some(node)) if pending && !started && !deleting => {
                let others = self.pods_on(&node.key.name, &pod.key);
                let node = node.tree();
                let rejection = admission::reject(&tree, &node, &others);
                self.report(&pod, |pod| match &rejection {
                    Some(rejection) => reports::rejected(pod, rejection),
                    None => reports::creating(pod, reports::address(&node)),
                });
            }
            (Step::Run, Some(_)) if pending && started && !deleting => {
                self.addresses += 1;
                let ip = format!(
                    "10.128.{}.{}",
                    self.addresses / 250 % 250,
                    self.addresses % 250 + 1
                );
                self.report(&pod, |pod| reports::running(pod, &ip));
            }
            _ => {}
        }
    }

    /// The pods that take room on a node, less one.
    fn pods_on(&self, node: &str, but: &Key) -> Vec<Value> {
        let pods = self.store.find(Table::Pods, |pod| {
            pod.field(&POD, "spec.nodeName") == node
                && !matches!(pod.field(&POD, "status.phase"), "Succeeded" | "Failed")
                && pod.key != *but
        });
        // A pod that its kubelet has not taken in yet has no claim on room.
        let admitted = |pod: &Value| !str_at(pod, "/status/startTime").is_empty();
        pods.iter().map(|pod| pod.tree()).filter(admitted).collect()
    }

    /// Writes a status as a kubelet does: through the server, which may refuse it.
    fn report(&self, pod: &Object, change: impl Fn(&mut Value)) {
        let written = writes::update(
            &self.store,
            &POD,
            &pod.key,
            Part::Status,
            &Options::by("kubelet"),
            |mut tree| {
                change(&mut tree);
                Ok(tree)
            },
        );
        if let Err(failure) = written {
            tracing::warn!(pod = %pod.key.name, code = %failure.code(), "the kubelet's report was refused: {}", failure.message());
        }
    }

    fn remove(&self, pod: &Object) {
        let deletion = Deletion {
            grace_seconds: Some(0),
            uid: pod.uid.to_string(),
            ..Deletion::default()
        };
        if let Err(failure) = deletions::delete(&self.store, &POD, &pod.key, &deletion) {
            tracing::debug!(pod = %pod.key.name, "not removed: {}", failure.message());
        }
    }

    /// A new node's kubelet reports for the first time, and the taint that waited for it goes.
    fn register(&self, node: &Key) {
        self.change_node(node, |tree| {
            reports::register(tree);
            set_taint(tree, nodes::NOT_READY, false);
        });
    }

    /// The node controller's taint for cordoned nodes.
    fn follow_cordon(&self, node: &Key, tree: &Value) {
        const TAINT: &str = "node.kubernetes.io/unschedulable";
        let cordoned = tree.pointer("/spec/unschedulable") == Some(&json!(true));
        let taints = tree.pointer("/spec/taints").and_then(Value::as_array);
        let tainted = taints.is_some_and(|taints| taints.iter().any(|t| t["key"] == TAINT));
        if cordoned != tainted {
            self.change_node(node, |tree| set_taint(tree, TAINT, cordoned));
        }
    }

    fn change_node(&self, node: &Key, change: impl Fn(&mut Value)) {
        let written = self.store.write(&NODE, node, |current| {
            let Some(current) = current else {
                return Ok(Write::Keep);
            };
            let mut tree = current.tree();
            change(&mut tree);
            Ok(Write::Put(tree))
        });
        if let Err(failure) = written {
            tracing::warn!(node = %node.name, "the node was not changed: {}", failure.message());
        }
    }
}

fn set_taint(node: &mut Value, key: &str, wanted: bool) {
    let spec = child(node, "spec");
    let taints = spec.entry("taints").or_insert_with(|| json!([]));
    if let Some(taints) = taints.as_array_mut() {
        taints.retain(|taint| taint["key"] != key);
        if wanted {
            taints.push(json!({"key": key, "effect": "NoSchedule"}));
        }
        if taints.is_empty() {
            spec.remove("taints");
        }
    }
}
