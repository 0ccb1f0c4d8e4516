//! What kubelets say of their nodes: the first report, the lease, the status from time to time.
//!
//! A node with the annotation `demo.berth.dev/kubelet: silent` has a kubelet that says nothing and does nothing, as if
//! its machine had lost its power; without the annotation it comes back. A node whose `Ready` condition somebody has
//! set to `False` has a kubelet that lives and takes no pods.

mod first_report;

use std::{
    collections::{BTreeSet, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

pub(in crate::demo) use self::first_report::HEALTHY;
use super::{Controller, Queue, World, events, verbs::status_of};
use crate::demo::{
    clock,
    kinds::{LEASE, NODE, Table},
    object::{Key, Object, child, str_at},
    store::Change,
    strategy::Part,
};

/// The annotation of a node that tells its kubelet what to do, and the word on which it falls silent.
pub(crate) const KUBELET: &str = "demo.berth.dev/kubelet";
pub(crate) const SILENT: &str = "silent";
/// Where the leases of nodes are.
const NAMESPACE: &str = "kube-node-lease";
/// Leases are renewed in so many groups, one after the other, so that they come spread over the time and cost few wakings.
const GROUPS: u32 = 100;
/// The keys of a group's renewal and of a node's report; a node itself has no namespace.
const RENEWAL: &str = "renewal";
const REPORT: &str = "report";

/// Whether a node's kubelet has fallen silent.
pub(super) fn is_silent(node: &Value) -> bool {
    let annotations = node.pointer("/metadata/annotations");
    annotations.and_then(|annotations| annotations.get(KUBELET)) == Some(&Value::from(SILENT))
}

/// The kubelets, as far as they speak for nodes.
#[derive(Default)]
pub(super) struct Heartbeats {
    /// Nodes by name, and whether they are silent.
    silent: HashMap<Key, bool>,
    groups: HashMap<u32, BTreeSet<Key>>,
    /// Nodes that were given an address.
    addresses: u32,
}

impl Controller for Heartbeats {
    fn name(&self) -> &'static str {
        "kubelet"
    }

    fn watches(&self) -> &'static [Table] {
        &[Table::Nodes]
    }

    fn see(&mut self, change: &Change, world: &World, queue: &mut Queue) {
        let key = &change.after.key;
        if change.deleted {
            self.silent.remove(key);
            if let Some(group) = self.groups.get_mut(&group(key)) {
                group.remove(key);
            }
            return;
        }
        let tree = change.after.tree();
        let silent = is_silent(&tree);
        let before = self.silent.insert(key.clone(), silent);
        if before.is_none() && world.pace.heartbeats {
            let number = group(key);
            let group = self.groups.entry(number).or_default();
            if group.is_empty() {
                let name = number.to_string();
                queue.add_after(
                    Key::new(RENEWAL, &name),
                    world.pace.lease_renewal * number / GROUPS,
                );
            }
            group.insert(key.clone());
            let share = fastrand::f64();
            queue.add_after(
                Key::new(REPORT, &key.name),
                world.pace.status_report.mul_f64(share),
            );
        }
        let mute = !matches!(status_of(&tree, "Ready"), Some("True" | "False"));
        if !silent && (mute || before == Some(true)) {
            queue.add(key.clone());
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, queue: &mut Queue) {
        match &*key.namespace {
            RENEWAL => self.renew_group(key, world, queue),
            REPORT => self.report(key, world, queue),
            _ => self.speak(key, world),
        }
    }
}

impl Heartbeats {
    /// The kubelet has just come up, or comes back.
    fn speak(&mut self, key: &Key, world: &World) {
        let Some(node) = world.store.get(Table::Nodes, key) else {
            return;
        };
        let tree = node.tree();
        if is_silent(&tree) {
            return;
        }
        renew(world, key, &node.uid);
        let ready = status_of(&tree, "Ready");
        if matches!(ready, Some("True" | "False")) {
            return;
        }
        let post = |reason: &str, message: &str| {
            events::post(
                &world.store,
                "kubelet",
                &key.name,
                (&NODE, &node),
                "Normal",
                (reason, message),
            );
        };
        if ready.is_none() {
            post("Starting", "Starting kubelet.");
            if first_report::needs_address(&tree) {
                self.addresses += 1;
            }
        }
        let number = self.addresses;
        world.change("kubelet", (&NODE, Part::Main), key, first_report::label);
        let told = world.change("kubelet", (&NODE, Part::Status), key, |tree| {
            first_report::status(tree, number);
        });
        if told {
            post(
                "NodeReady",
                &format!("Node {} status is now: NodeReady", key.name),
            );
        }
    }

    fn renew_group(&self, key: &Key, world: &World, queue: &mut Queue) {
        let number: Option<u32> = key.name.parse().ok();
        let Some(group) = number.and_then(|number| self.groups.get(&number)) else {
            return;
        };
        for node in group {
            if self.silent.get(node) == Some(&false)
                && let Some(object) = world.store.get(Table::Nodes, node)
            {
                renew(world, node, &object.uid);
            }
        }
        if !group.is_empty() {
            queue.add_after(key.clone(), world.pace.lease_renewal);
        }
    }

    /// Says again how the node is, though nothing has changed.
    fn report(&self, key: &Key, world: &World, queue: &mut Queue) {
        let node = Key::new("", &key.name);
        let Some(silent) = self.silent.get(&node) else {
            return;
        };
        if !silent {
            let now = clock::now();
            world.change("kubelet", (&NODE, Part::Status), &node, |tree| {
                let conditions = child(tree, "status").get_mut("conditions");
                for condition in conditions.and_then(Value::as_array_mut).into_iter().flatten() {
                    if !matches!(str_at(condition, "/type"), "" | "NetworkUnavailable") {
                        condition["lastHeartbeatTime"] = now.clone().into();
                    }
                }
            });
        }
        queue.add_after(key.clone(), world.pace.status_report);
    }
}

fn group(node: &Key) -> u32 {
    let mut hasher = DefaultHasher::new();
    node.name.hash(&mut hasher);
    u32::try_from(hasher.finish() % u64::from(GROUPS)).unwrap_or(0)
}

/// Renews the lease of a node, or makes it. Past the server's own update: this is most of what is written at rest.
fn renew(world: &World, node: &Key, uid: &str) {
    let key = Key::new(NAMESPACE, &node.name);
    let now = clock::micros(Timestamp::now());
    let renewed = world.store.remake(&LEASE, &key, |lease, revision| {
        let renewed = renewed(lease, &now, revision).unwrap_or_else(|| {
            // Somebody has taken the time out of it.
            let mut tree = lease.tree();
            child(&mut tree, "spec").insert("renewTime".into(), now.clone().into());
            Object::freeze(&LEASE, tree, revision)
        });
        Some(renewed)
    });
    if matches!(renewed, Ok(None)) {
        world.make("kubelet", &LEASE, Some(NAMESPACE), lease(&node.name, uid, &now));
    }
}

/// A lease with another time in the place of that of its renewal; of the rest nothing is read.
fn renewed(lease: &Object, now: &str, revision: u64) -> Option<Object> {
    #[derive(Deserialize)]
    struct Lease<'a> {
        #[serde(borrow)]
        spec: Spec<'a>,
    }
    #[derive(Deserialize)]
    struct Spec<'a> {
        #[serde(borrow, rename = "renewTime")]
        renewed: &'a RawValue,
    }
    let parts: Lease<'_> = serde_json::from_slice(lease.body()).ok()?;
    lease.spliced(parts.spec.renewed.get(), &format!("\"{now}\""), revision)
}

/// The lease of a node, renewed at that time.
pub(crate) fn lease(node: &str, uid: &str, renewed: &str) -> Value {
    json!({
        "metadata": {
            "name": node, "namespace": NAMESPACE,
            "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": node, "uid": uid}],
        },
        "spec": {"holderIdentity": node, "leaseDurationSeconds": 40, "renewTime": renewed},
    })
}

/// When a node's kubelet was last heard of, by its lease or by its status.
pub(super) fn last_heard(world: &World, node: &Value) -> Option<Timestamp> {
    let lease = world.store.get(
        Table::Leases,
        &Key::new(NAMESPACE, str_at(node, "/metadata/name")),
    );
    let renewed = lease.and_then(|lease| str_at(&lease.tree(), "/spec/renewTime").parse().ok());
    let said = super::verbs::list(node, "/status/conditions")
        .find(|condition| str_at(condition, "/type") == "Ready")
        .and_then(|condition| str_at(condition, "/lastHeartbeatTime").parse().ok());
    renewed.max(said)
}

/// How long it is from then until now; nothing where then is to come.
pub(super) fn since(then: Timestamp) -> Duration {
    Duration::try_from(Timestamp::now().duration_since(then)).unwrap_or_default()
}
