//! The kubelets of all nodes, as far as they run pods.
//!
//! A pod bound to a node whose kubelet lives is rejected, or waits for what it needs, and then becomes Running in the
//! steps of a real one; a pod that is being deleted goes. On a node that is missing, silent or not Ready all of this
//! waits. Each step is decided from the pod's status as it stands, so that one that comes twice or late does no harm.

mod admission;
mod ephemeral;
pub(crate) mod needs;
mod reports;
mod runs;
mod steps;

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use self::admission::Usage;
use super::{Controller, Queue, World, events, heartbeats::is_silent, verbs::status_of};
use crate::demo::{
    kinds::{POD, Table},
    object::{Key, Object, str_at},
    store::Change,
    strategy::Part,
};

const NAME: &str = "kubelet";

struct Node {
    /// Its kubelet lives, and takes pods.
    works: bool,
    address: Box<str>,
}

/// The kubelets.
#[derive(Default)]
pub(super) struct Kubelets {
    nodes: HashMap<Box<str>, Node>,
    /// What pods take of their nodes, by uid: of all that were taken in here, and of others that were asked about.
    usage: HashMap<Box<str>, Usage>,
    /// Pods that wait for something else to change.
    waiting: HashMap<(Table, Key), HashSet<Key>>,
    /// Pods that were given an address.
    addresses: u32,
}

impl Controller for Kubelets {
    fn name(&self) -> &'static str {
        NAME
    }

    fn watches(&self) -> &'static [Table] {
        &[
            Table::Nodes,
            Table::Pods,
            Table::Claims,
            Table::ConfigMaps,
            Table::Secrets,
            Table::ResourceClaims,
        ]
    }

    fn see(&mut self, change: &Change, world: &World, queue: &mut Queue) {
        let object = &change.after;
        match object.table {
            Table::Nodes => self.see_node(change, world, queue),
            Table::Pods => self.see_pod(change, world, queue),
            table => {
                let waiting = self.waiting.remove(&(table, object.key.clone()));
                for pod in waiting.unwrap_or_default() {
                    queue.add_after(pod, world.pace.notice);
                }
            }
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, queue: &mut Queue) {
        let Some(pod) = world.store.get(Table::Pods, key) else {
            return;
        };
        let Some(node) = self.nodes.get(pod.field(&POD, "spec.nodeName")) else {
            return;
        };
        if !node.works {
            return;
        }
        let tree = pod.tree();
        let phase = pod.field(&POD, "status.phase");
        if pod.deleting {
            steps::stop(&pod, &tree, world);
        } else if matches!(phase, "Succeeded" | "Failed") {
            // A pod that has ended stays as it is.
        } else if str_at(&tree, "/status/startTime").is_empty() {
            let address = node.address.clone();
            self.admit(&pod, &tree, &address, world);
        } else if phase == "Running" {
            steps::keep(&pod, &tree, world, queue);
        } else {
            self.advance(&pod, &tree, world);
        }
    }
}

impl Kubelets {
    fn see_node(&mut self, change: &Change, world: &World, queue: &mut Queue) {
        let name = &change.after.key.name;
        let tree = change.after.tree();
        let node = Node {
            works: !change.deleted && !is_silent(&tree) && status_of(&tree, "Ready") == Some("True"),
            address: reports::address(&tree).into(),
        };
        let works = node.works;
        let before = self.nodes.insert((&**name).into(), node);
        if works && !before.as_ref().is_some_and(|before| before.works) {
            for pod in world.pods_on(name) {
                // A pod that runs when its node is first seen is as its kubelet left it.
                if before.is_some() || pod.deleting || pod.field(&POD, "status.phase") != "Running" {
                    queue.add_after(pod.key.clone(), world.pace.notice);
                }
            }
        } else if change.deleted && world.pods_on(name).is_empty() {
            self.nodes.remove(&**name);
        }
    }

    fn see_pod(&mut self, change: &Change, world: &World, queue: &mut Queue) {
        let pod = &change.after;
        let phase = pod.field(&POD, "status.phase");
        let over = matches!(phase, "Succeeded" | "Failed");
        if change.deleted || over {
            self.usage.remove(&pod.uid);
        }
        let node = pod.field(&POD, "spec.nodeName");
        if change.deleted || node.is_empty() || over && !pod.deleting {
            return;
        }
        let before = change.before.as_ref();
        let pace = &world.pace;
        if pod.deleting {
            queue.add_after(pod.key.clone(), pace.stop);
        } else if phase == "Running" {
            // One that runs from the beginning is as its kubelet left it.
            if before.is_some() {
                queue.add(pod.key.clone());
            }
        } else if before.is_none_or(|before| before.field(&POD, "spec.nodeName").is_empty()) {
            queue.add_after(pod.key.clone(), pace.notice);
        } else {
            queue.add_after(pod.key.clone(), pace.start.mul_f64(1.0 + fastrand::f64()));
        }
    }

    /// Takes the pod in, or rejects it.
    fn admit(&mut self, pod: &Object, tree: &Value, address: &str, world: &World) {
        let name = pod.field(&POD, "spec.nodeName");
        let Some(node) = world.store.get(Table::Nodes, &Key::new("", name)) else {
            return;
        };
        let others = world.pods_on(name);
        let others: Vec<_> = others
            .iter()
            .filter(|other| other.key != pod.key)
            .filter(|other| match other.field(&POD, "status.phase") {
                "Succeeded" | "Failed" => false,
                "Running" => true,
                // A pod that its kubelet has not taken in yet has no claim on room.
                _ => self.usage.contains_key(&other.uid),
            })
            .collect();
        for other in &others {
            if !self.usage.contains_key(&other.uid) {
                self.usage.insert(other.uid.clone(), Usage::of(&other.tree()));
            }
        }
        let taken: Vec<&Usage> = others
            .iter()
            .filter_map(|other| self.usage.get(&other.uid))
            .collect();
        let usage = Usage::of(tree);
        let status = (&POD, Part::Status);
        if let Some(rejection) = admission::reject(tree, &usage, &node.tree(), &taken) {
            let said = (rejection.reason.as_str(), rejection.message.as_str());
            events::post(&world.store, NAME, name, (&POD, pod), "Warning", said);
            world.change(NAME, status, &pod.key, |pod| reports::rejected(pod, &rejection));
        } else {
            self.usage.insert(pod.uid.clone(), usage);
            world.change(NAME, status, &pod.key, |pod| reports::taken_in(pod, address));
        }
    }

    /// The next step to Running.
    fn advance(&mut self, pod: &Object, tree: &Value, world: &World) {
        if !self.usage.contains_key(&pod.uid) {
            self.usage.insert(pod.uid.clone(), Usage::of(tree));
        }
        if let Some(need) = needs::lacking(pod, tree, world) {
            steps::wait_for(pod, &need, world);
            self.waiting.entry(need.on).or_default().insert(pod.key.clone());
            return;
        }
        let address = if tree.pointer("/spec/hostNetwork") == Some(&Value::Bool(true)) {
            str_at(tree, "/status/hostIP").to_owned()
        } else if str_at(tree, "/status/podIP").is_empty() {
            self.addresses = self.addresses.wrapping_add(1);
            let number = self.addresses;
            format!(
                "10.{}.{}.{}",
                128 + number / 62_500 % 128,
                number / 250 % 250,
                number % 250 + 2
            )
        } else {
            str_at(tree, "/status/podIP").to_owned()
        };
        steps::advance(pod, tree, &address, world);
    }
}
