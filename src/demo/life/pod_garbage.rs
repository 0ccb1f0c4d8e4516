//! The pod garbage collector: pods whose node is gone, pods that are deleted and on no node, and too many finished ones.
//!
//! Source: `pkg/controller/podgc`.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;
use tokio::time::Instant;

use super::{
    Controller, Queue, World,
    verbs::{condition, list, status_of},
};
use crate::demo::{
    kinds::{POD, Table},
    object::{Key, Object, child, str_at},
    store::Change,
    strategy::Part,
};

const NAME: &str = "pod-garbage-collector";
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// The pod garbage collector. Its keys are nodes and pods; one without a name stands for the finished pods.
#[derive(Default)]
pub(super) struct PodGarbage {
    /// Nodes that are missing, and until when they may come back.
    quarantine: HashMap<Key, Instant>,
    /// Nodes that are out of service for good.
    out_of_service: HashSet<Key>,
    /// Finished pods in the order in which they go: evicted ones first, then by age.
    finished: BTreeSet<(bool, String, Key)>,
    /// Their places in that order.
    places: HashMap<Key, (bool, String)>,
}

impl Controller for PodGarbage {
    fn name(&self) -> &'static str {
        NAME
    }

    fn watches(&self) -> &'static [Table] {
        &[Table::Nodes, Table::Pods]
    }

    fn see(&mut self, change: &Change, world: &World, queue: &mut Queue) {
        let object = &change.after;
        if object.table == Table::Nodes {
            self.see_node(change, queue);
            return;
        }
        self.count(change, world, queue);
        if change.deleted {
            return;
        }
        let node = Key::new("", object.field(&POD, "spec.nodeName"));
        if node.name.is_empty() || self.out_of_service.contains(&node) {
            if object.deleting {
                queue.add(object.key.clone());
            }
        } else if !self.quarantine.contains_key(&node) && world.store.get(Table::Nodes, &node).is_none() {
            queue.add(node);
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, queue: &mut Queue) {
        if !key.namespace.is_empty() {
            self.collect_deleted(key, world);
        } else if key.name.is_empty() {
            self.collect_finished(world);
        } else if self.out_of_service.contains(key) {
            for pod in world.pods_on(&key.name).iter().filter(|pod| pod.deleting) {
                fail_and_delete(pod, false, world);
            }
        } else if world.store.get(Table::Nodes, key).is_some() || world.pods_on(&key.name).is_empty() {
            self.quarantine.remove(key);
        } else {
            self.collect_orphans(key, world, queue);
        }
    }
}

impl PodGarbage {
    fn see_node(&mut self, change: &Change, queue: &mut Queue) {
        let node = &change.after;
        let tree = node.tree();
        let out = !change.deleted
            && status_of(&tree, "Ready") != Some("True")
            && list(&tree, "/spec/taints").any(|taint| str_at(taint, "/key") == OUT_OF_SERVICE);
        let is_new = if out {
            self.out_of_service.insert(node.key.clone())
        } else {
            self.out_of_service.remove(&node.key);
            false
        };
        if is_new || change.deleted || self.quarantine.contains_key(&node.key) {
            queue.add(node.key.clone());
        }
    }

    fn collect_orphans(&mut self, node: &Key, world: &World, queue: &mut Queue) {
        let now = Instant::now();
        let until = *self
            .quarantine
            .entry(node.clone())
            .or_insert(now + world.pace.orphan_quarantine);
        if until > now {
            queue.add_after(node.clone(), until - now);
            return;
        }
        self.quarantine.remove(node);
        for pod in world.pods_on(&node.name) {
            fail_and_delete(&pod, true, world);
        }
    }

    fn collect_deleted(&self, key: &Key, world: &World) {
        let Some(pod) = world.store.get(Table::Pods, key) else {
            return;
        };
        let node = pod.field(&POD, "spec.nodeName");
        if pod.deleting && (node.is_empty() || self.out_of_service.contains(&Key::new("", node))) {
            fail_and_delete(&pod, false, world);
        }
    }

    /// Keeps the finished pods in order.
    fn count(&mut self, change: &Change, world: &World, queue: &mut Queue) {
        let pod = &change.after;
        let finished = !change.deleted && is_finished(pod);
        if finished == self.places.contains_key(&pod.key) {
            return;
        }
        if !finished {
            if let Some((later, made)) = self.places.remove(&pod.key) {
                self.finished.remove(&(later, made, pod.key.clone()));
            }
            return;
        }
        let tree = pod.tree();
        let evicted =
            str_at(&tree, "/status/phase") == "Failed" && str_at(&tree, "/status/reason") == "Evicted";
        let place = (!evicted, str_at(&tree, "/metadata/creationTimestamp").to_owned());
        self.finished.insert((place.0, place.1.clone(), pod.key.clone()));
        self.places.insert(pod.key.clone(), place);
        if self.finished.len() > world.pace.finished_pods {
            queue.add(Key::new("", ""));
        }
    }

    fn collect_finished(&self, world: &World) {
        let too_many = self.finished.len().saturating_sub(world.pace.finished_pods);
        let first: Vec<Key> = self
            .finished
            .iter()
            .take(too_many)
            .map(|(.., key)| key.clone())
            .collect();
        for key in first {
            // One that a finalizer holds has been asked to go already.
            if let Some(pod) = world.store.get(Table::Pods, &key)
                && is_finished(&pod)
                && !pod.deleting
            {
                fail_and_delete(&pod, false, world);
            }
        }
    }
}

fn is_finished(pod: &Object) -> bool {
    matches!(pod.field(&POD, "status.phase"), "Succeeded" | "Failed")
}

/// Makes sure that a pod that nobody runs any more counts as failed, and removes it.
fn fail_and_delete(pod: &Object, orphaned: bool, world: &World) {
    if !is_finished(pod) {
        world.change(NAME, (&POD, Part::Status), &pod.key, |tree| {
            let generation = tree.pointer("/metadata/generation").cloned();
            let status = child(tree, "status");
            status.insert("phase".into(), Value::from("Failed"));
            if let Some(generation) = generation {
                status.insert("observedGeneration".into(), generation);
            }
            if orphaned {
                let why = ("DeletionByPodGC", "PodGC: node no longer exists");
                condition(tree, "DisruptionTarget", true, why);
            }
        });
    }
    world.delete(&POD, pod, Some(0));
}
