//! What every cluster has, and manifests as the API server would store them.

use serde_json::{Value, json};

use crate::demo::{
    clock, events,
    kinds::{self, Kind, NAMESPACE, PRIORITY_CLASS},
    life::DEFAULTS,
    object::{self, Key},
    store::Store,
    writes,
};

/// Four namespaces and the two classes of the system.
pub(in crate::demo) fn base() -> Store {
    let store = Store::new(crate::demo::HISTORY);
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
        add_namespace(&store, name);
    }
    let class = |name: &str, value: i64, description: &str| {
        json!({
            "metadata": {
                "name": name,
                "uid": clock::uid(&mut fastrand::Rng::new()),
                "creationTimestamp": clock::now(),
                "generation": 1,
            },
            "value": value,
            "preemptionPolicy": "PreemptLowerPriority",
            "description": description,
        })
    };
    let cluster = "Used for system critical pods that must run in the cluster, but can be moved to another node if \
         necessary.";
    let node = "Used for system critical pods that must not be moved from their current node.";
    let classes = [
        class("system-cluster-critical", 2_000_000_000, cluster),
        class("system-node-critical", 2_000_001_000, node),
    ];
    store.load(&PRIORITY_CLASS, classes);
    store
}

/// A namespace and the service account that a controller would make in it.
fn add_namespace(store: &Store, name: &str) {
    let metadata = |name: &str| json!({"name": name, "uid": clock::uid(&mut fastrand::Rng::new()), "creationTimestamp": clock::now()});
    let mut namespace = metadata(name);
    namespace["labels"] = json!({"kubernetes.io/metadata.name": name});
    let namespace = json!({
        "metadata": namespace,
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    });
    store.load(&NAMESPACE, [namespace]);
    for (kind, own, content) in &DEFAULTS {
        let mut tree = content();
        tree["metadata"] = metadata(own);
        tree["metadata"]["namespace"] = name.into();
        store.load(kind, [tree]);
    }
}

/// Makes a namespace where it is missing.
pub(in crate::demo) fn ensure_namespace(store: &Store, name: &str) {
    let key = Key::new("", name);
    if !name.is_empty() && store.get(NAMESPACE.table, &key).is_none() {
        add_namespace(store, name);
    }
}

/// A pod that stands for all of a workload: as the API server would store it, unplaced.
pub(in crate::demo) fn template(store: &Store, manifest: Value) -> Result<Value, String> {
    prepared(store, &kinds::POD, manifest)
}

/// A manifest as the API server would store it, with the status that it brings: that of pods is the server's to say.
pub(in crate::demo) fn settled(store: &Store, kind: &'static Kind, manifest: Value) -> Result<Value, String> {
    let written = manifest.get("status").cloned();
    let mut tree = prepared(store, kind, manifest)?;
    if kind.has_status
        && kind.table != kinds::POD.table
        && let Some(Value::Object(written)) = written
    {
        object::child(&mut tree, "status").extend(written);
    }
    Ok(tree)
}

fn prepared(store: &Store, kind: &'static Kind, mut manifest: Value) -> Result<Value, String> {
    let metadata = object::metadata(&mut manifest);
    metadata
        .entry("uid")
        .or_insert_with(|| clock::uid(&mut fastrand::Rng::new()).into());
    metadata
        .entry("creationTimestamp")
        .or_insert_with(|| clock::now().into());
    if kind.counts_generation {
        metadata.entry("generation").or_insert_with(|| 1.into());
    }
    let tree = kind.read(manifest)?;
    writes::prepare(
        store,
        kind,
        events::to_stored(kind, tree),
        &writes::Options::default(),
    )
    .map_err(|failure| failure.message().to_owned())
}
