//! Ephemeral containers, which `kubectl debug` adds to a pod that runs.

use serde_json::{Value, json};

use super::{
    reports::{self, EPHEMERAL},
    steps,
};
use crate::demo::{
    life::{World, verbs::list},
    object::{Object, child, str_at},
};

/// Starts those that were added; answers whether there were any.
pub(super) fn start_added(pod: &Object, tree: &Value, world: &World) -> bool {
    let added: Vec<&Value> = list(tree, "/spec/ephemeralContainers")
        .filter(|container| {
            !list(tree, "/status/ephemeralContainerStatuses").any(|s| s["name"] == container["name"])
        })
        .collect();
    if added.is_empty() {
        return false;
    }
    let told = steps::report(pod, world, |tree| {
        let statuses = child(tree, "status")
            .entry(EPHEMERAL)
            .or_insert_with(|| json!([]));
        for container in &added {
            let mut status = json!({"name": container["name"], "restartCount": 0, "lastState": {}});
            reports::start(&mut status, &pod.uid, str_at(container, "/image"));
            // Nobody asks whether one is ready.
            status["ready"] = false.into();
            if let Some(status) = status.as_object_mut() {
                status.remove("started");
            }
            if let Some(statuses) = statuses.as_array_mut() {
                statuses.push(status);
            }
        }
        reports::conclude(tree);
    });
    if told {
        for container in added {
            let at = ("ephemeralContainers", str_at(container, "/name"));
            steps::post_start(pod, world, at, str_at(container, "/image"));
        }
    }
    told
}
