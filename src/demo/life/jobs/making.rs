//! The pods of a job: how they are made, and what keeps them until they are counted.

use serde_json::{Value, json};

use super::indexes::INDEX;
use crate::demo::{
    kinds::{POD, workload::JOB},
    life::{garbage::take_finalizer, owned_pods, statuses, world::World},
    object::{Object, child, metadata},
    strategy::Part,
};

/// Keeps a pod until its job has counted it.
const TRACKING: &str = "batch.kubernetes.io/job-tracking";
/// Longest beginning of a generated name.
const MOST_PREFIX: usize = 58;

/// A pod of a job, of one index where its pods have such.
pub(super) fn pod(job: &Object, tree: &Value, index: Option<i64>) -> Value {
    let mut pod = owned_pods::from_template(&tree["spec"]["template"], &JOB, job);
    let finalizers = metadata(&mut pod)
        .entry("finalizers")
        .or_insert_with(|| json!([]));
    if let Some(finalizers) = finalizers.as_array_mut()
        && !finalizers.iter().any(|finalizer| finalizer == TRACKING)
    {
        finalizers.push(TRACKING.into());
    }
    if let Some(index) = index {
        let text = index.to_string();
        for holder in ["labels", "annotations"] {
            child(&mut pod["metadata"], holder).insert(INDEX.into(), text.clone().into());
        }
        let name = &job.key.name;
        let suffix = format!("-{index}-");
        let base: String = name
            .chars()
            .take(MOST_PREFIX.saturating_sub(suffix.len()))
            .collect();
        pod["metadata"]["generateName"] = format!("{base}{suffix}").into();
        pod["spec"]["hostname"] = format!("{name}-{index}").into();
        for containers in ["containers", "initContainers"] {
            let containers = pod["spec"].get_mut(containers).and_then(Value::as_array_mut);
            containers.into_iter().flatten().for_each(tell_index);
        }
    }
    pod
}

/// Tells a container its index in its environment, unless it says something else there.
fn tell_index(container: &mut Value) {
    const NAME: &str = "JOB_COMPLETION_INDEX";
    let variable = json!({"name": NAME, "valueFrom": {"fieldRef": {
        "apiVersion": "v1", "fieldPath": format!("metadata.labels['{INDEX}']"),
    }}});
    match container.get_mut("env").and_then(Value::as_array_mut) {
        Some(env) if env.iter().any(|variable| variable["name"] == NAME) => {}
        Some(env) => env.push(variable),
        None => container["env"] = json!([variable]),
    }
}

/// Whether a pod still waits to be counted.
pub(super) fn is_tracked(tree: &Value) -> bool {
    let finalizers = tree["metadata"]["finalizers"].as_array();
    finalizers.is_some_and(|finalizers| finalizers.iter().any(|finalizer| finalizer == TRACKING))
}

/// Lets a pod go; answers whether that could be done.
pub(super) fn untrack(world: &World, pod: &Object) -> bool {
    if !is_tracked(&pod.tree()) {
        return true;
    }
    let written = statuses::change(&world.store, &POD, pod, Part::Main, |tree| {
        take_finalizer(tree, TRACKING);
    });
    written.is_ok()
}
