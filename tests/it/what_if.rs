//! Suppositions: read and written, made on a copy as the API would make them, and how to make them so.

mod difference;
mod lines;
mod made;
mod ways;

use std::sync::Arc;

use berth::model::cluster::WatchEvent;
use berth::model::from_api::list;
use berth::model::{Change, Cluster, Pod, PodKey};
use berth::scheduling::what_if::Supposition;
use serde_json::{Value, json};

/// The cluster of these objects.
pub(crate) fn cluster(objects: &[Value]) -> Cluster {
    let text = json!({ "kind": "List", "items": objects }).to_string();
    Cluster::from_changes(list::read(text.as_bytes(), "objects").expect("objects").changes)
}

/// The pod called `name` in `default`.
pub(crate) fn pod(cluster: &Cluster, name: &str) -> Arc<Pod> {
    let pod = cluster.pod(&PodKey::new("default", name));
    Arc::clone(pod.expect("the pod"))
}

pub(crate) fn parsed(line: &str) -> Supposition {
    Supposition::parse(line, "default").unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// Takes `object` in, as a watch brings it.
pub(crate) fn put(cluster: &mut Cluster, object: &Value) {
    for change in list::read(object.to_string().as_bytes(), "object")
        .expect("an object")
        .changes
    {
        match change {
            Change::Pod(WatchEvent::Listed(pod)) => cluster.apply(Change::Pod(WatchEvent::Applied(pod))),
            Change::Node(WatchEvent::Listed(node)) => cluster.apply(Change::Node(WatchEvent::Applied(node))),
            _ => {}
        }
    }
}
