//! The taint eviction controller: pods leave nodes with `NoExecute` taints that they do not tolerate, or not for longer.
//!
//! Source: `pkg/controller/tainteviction`.

use std::{collections::HashMap, time::Duration};

use serde_json::Value;
use tokio::time::Instant;

use super::{
    Controller, Queue, World, events,
    taints::{Stay, no_execute, stay},
};
use crate::demo::{
    kinds::{POD, Table},
    object::{Key, Object},
    store::Change,
};

const NAME: &str = "taint-eviction-controller";

/// The taint eviction controller. Its keys are nodes and pods.
#[derive(Default)]
pub(super) struct TaintEviction {
    /// The nodes with such taints.
    tainted: HashMap<Box<str>, Vec<Value>>,
    /// Pods that have to leave, by uid: since when, and when.
    leaving: HashMap<Box<str>, (Instant, Instant)>,
}

impl Controller for TaintEviction {
    fn name(&self) -> &'static str {
        NAME
    }

    fn watches(&self) -> &'static [Table] {
        &[Table::Nodes, Table::Pods]
    }

    fn see(&mut self, change: &Change, _: &World, queue: &mut Queue) {
        let object = &change.after;
        if object.table == Table::Nodes {
            let taints = if change.deleted {
                Vec::new()
            } else {
                no_execute(&object.tree())
            };
            let before = if taints.is_empty() {
                self.tainted.remove(&*object.key.name)
            } else {
                self.tainted.insert((&*object.key.name).into(), taints.clone())
            };
            if before.unwrap_or_default() != taints {
                queue.add(object.key.clone());
            }
        } else if change.deleted {
            self.leaving.remove(&object.uid);
        } else if self.tainted.contains_key(object.field(&POD, "spec.nodeName")) {
            queue.add(object.key.clone());
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, queue: &mut Queue) {
        if key.namespace.is_empty() {
            for pod in world.pods_on(&key.name) {
                self.look(&pod, world, queue);
            }
        } else if let Some(pod) = world.store.get(Table::Pods, key) {
            self.look(&pod, world, queue);
        }
    }
}

impl TaintEviction {
    fn look(&mut self, pod: &Object, world: &World, queue: &mut Queue) {
        if pod.deleting {
            self.leaving.remove(&pod.uid);
            return;
        }
        let now = Instant::now();
        let tree = pod.tree();
        let may_stay = match self.tainted.get(pod.field(&POD, "spec.nodeName")) {
            Some(taints) => stay(&tree, taints),
            None => Stay::Forever,
        };
        let wait = match may_stay {
            Stay::Forever => {
                if self.leaving.remove(&pod.uid).is_some() {
                    let text = format!(
                        "Cancelling deletion of Pod {}/{}",
                        pod.key.namespace, pod.key.name
                    );
                    post(world, pod, &text);
                }
                return;
            }
            Stay::No => Duration::ZERO,
            Stay::For(time) => time,
        };
        // A longer stay that begins anew does not lengthen the one that has begun.
        let (since, at) = match self.leaving.get(&pod.uid) {
            Some((since, before)) => (*since, (*since + wait).min(*before)),
            None => (now, now + wait),
        };
        if at > now {
            self.leaving.insert(pod.uid.clone(), (since, at));
            queue.add_after(pod.key.clone(), at - now);
            return;
        }
        self.leaving.remove(&pod.uid);
        let text = format!("Marking for deletion Pod {}/{}", pod.key.namespace, pod.key.name);
        post(world, pod, &text);
        let why = (
            "DeletionByTaintManager",
            "Taint manager: deleting due to NoExecute taint",
        );
        world.mark_disrupted(NAME, pod, why);
        world.delete(&POD, pod, None);
    }
}

fn post(world: &World, pod: &Object, text: &str) {
    let said = ("TaintManagerEviction", text);
    events::post(&world.store, NAME, "", (&POD, pod), "Normal", said);
}
