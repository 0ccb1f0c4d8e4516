//! What pods take with them that are not on their node yet, as the cluster has it: their claims.
//!
//! - [`Assumed::place`] is for plans, on a copy of the cluster: claims are as Reserve and PreBind leave them (`placed.rs`).
//! - [`Assumed::hold`] is for what is being prepared, on the cluster itself: what the pod gets is gone for others, and nothing
//!   that takes a write is taken for done (`under_way.rs`). When the watches bring it as it is to be, that holds.
//!
//! Source of the rule: the assume caches of `pkg/scheduler/framework/plugins/volumebinding` and `…/dynamicresources`, and the
//! latter's allocations in flight.

mod placed;
mod under_way;

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::Deserialize as _;

use super::reserve::DeviceAllocation;
use crate::model::cluster::{AssumedKind, ObjectKey, Showing};
use crate::model::device::{Allocation, ClaimOwner, ResourceClaim};
use crate::model::fault::Fault;
use crate::model::from_api::AllocationObject;
use crate::model::{Cluster, NodeId, Pod, PodKey};

/// What was taken by pods on one cluster.
#[derive(Clone, Debug, Default)]
pub struct Assumed {
    held: FxHashMap<ObjectKey, Held>,
    /// By the pod's uid.
    by_pod: FxHashMap<Arc<str>, Taken>,
}

/// An object that is assumed.
#[derive(Clone, Debug)]
struct Held {
    /// The pods that use it, by uid.
    users: Vec<Arc<str>>,
    node: NodeId,
}

/// What one pod has.
#[derive(Clone, Debug, Default)]
struct Taken {
    objects: Vec<ObjectKey>,
    /// Whether the pod is bound, so that all is written.
    bound: bool,
}

impl Assumed {
    /// Whether the pod of this uid has anything.
    pub fn has(&self, uid: &str) -> bool {
        self.by_pod.contains_key(uid)
    }

    /// Takes the pod called `key` off its node again. What it had by its claims is free, where no other uses it.
    pub fn take_off(&mut self, cluster: &mut Cluster, key: &PodKey) {
        let uid = cluster.pod(key).map(|pod| Arc::clone(&pod.uid));
        cluster.forget(key);
        if let Some(uid) = uid {
            self.let_go(cluster, &uid);
        }
    }

    /// What the pod of this uid had is free, where no other uses it.
    pub fn let_go(&mut self, cluster: &mut Cluster, uid: &str) {
        for object in self.by_pod.remove(uid).unwrap_or_default().objects {
            let Some(node) = self.leave(cluster, &object, uid) else {
                continue;
            };
            // It is another's, too.
            if object.kind == AssumedKind::DeviceClaim {
                change_devices(cluster, node, &object, |claim| {
                    claim.reserved_for.retain(|user| **user != *uid);
                });
            }
        }
    }

    /// The pod of this uid uses `object` no more. Gives the node where others do.
    fn leave(&mut self, cluster: &mut Cluster, object: &ObjectKey, uid: &str) -> Option<NodeId> {
        let held = self.held.get_mut(object)?;
        held.users.retain(|user| **user != *uid);
        let node = held.node;
        if !held.users.is_empty() {
            return Some(node);
        }
        self.held.remove(object);
        cluster.show(node, object, Showing::BroughtForGood);
        None
    }

    /// Has `judge` look at the cluster as if the pod of this uid had taken nothing.
    pub fn without<T>(&self, cluster: &mut Cluster, uid: &str, judge: impl FnOnce(&mut Cluster) -> T) -> T {
        let taken = self.by_pod.get(uid).map_or(&[][..], |taken| &taken.objects);
        let alone = |object: &&ObjectKey| {
            let held = self.held.get(*object)?;
            matches!(&*held.users, [_]).then_some(held.node)
        };
        let own: Vec<_> = taken
            .iter()
            .filter_map(|object| Some((object, alone(&object)?)))
            .collect();
        for &(object, node) in &own {
            cluster.show(node, object, Showing::Brought);
        }
        let judged = judge(cluster);
        for &(object, node) in &own {
            cluster.show(node, object, Showing::Assumed);
        }
        judged
    }

    /// The pod of this uid is bound: what it has is written, and the watches will bring it.
    pub fn bound(&mut self, cluster: &mut Cluster, uid: &str) {
        if let Some(taken) = self.by_pod.get_mut(uid) {
            taken.bound = true;
            self.settle(cluster);
        }
    }

    /// Of pods that are bound nothing is assumed that the watches have brought.
    pub fn settle(&mut self, cluster: &mut Cluster) {
        let mut settled = Vec::new();
        for (uid, taken) in self.by_pod.iter_mut().filter(|(_, taken)| taken.bound) {
            taken.objects.retain(|object| {
                let stays = !cluster.is_settled(object);
                if !stays {
                    settled.push((Arc::clone(uid), object.clone()));
                }
                stays
            });
        }
        for (uid, object) in settled {
            self.leave(cluster, &object, &uid);
        }
        self.by_pod.retain(|_, taken| !taken.objects.is_empty());
    }

    /// The claim that was made for the extended resources of a pod is there: the one that stood for it is not needed.
    pub fn made(&mut self, cluster: &mut Cluster, claim: &ResourceClaim) {
        if !claim.for_extended_resources || claim.allocation.is_none() {
            return;
        }
        for owner in &claim.controllers {
            let object = for_extended_resources(&claim.namespace, &owner.uid);
            if let Some(held) = self.held.remove(&object) {
                cluster.drop_stand_in(held.node, &object);
            }
        }
    }

    /// The pod uses `object`, as others may.
    fn uses(&mut self, pod: &Pod, object: ObjectKey, node: NodeId) {
        let held = self.held.entry(object.clone()).or_insert_with(|| Held {
            users: Vec::new(),
            node,
        });
        if !held.users.contains(&pod.uid) {
            held.users.push(Arc::clone(&pod.uid));
            let taken = self.by_pod.entry(Arc::clone(&pod.uid)).or_default();
            taken.objects.push(object);
        }
    }
}

fn claim_key(pod: &Pod, name: &Arc<str>) -> ObjectKey {
    ObjectKey {
        kind: AssumedKind::Claim,
        namespace: Arc::clone(&pod.key.namespace),
        name: Arc::clone(name),
    }
}

fn volume_key(name: &Arc<str>) -> ObjectKey {
    ObjectKey {
        kind: AssumedKind::Volume,
        namespace: "".into(),
        name: Arc::clone(name),
    }
}

fn device_key(pod: &Pod, name: &Arc<str>) -> ObjectKey {
    ObjectKey {
        kind: AssumedKind::DeviceClaim,
        namespace: Arc::clone(&pod.key.namespace),
        name: Arc::clone(name),
    }
}

/// The claim that stands for the one to be made for the extended resources of the pod of this uid.
fn for_extended_resources(namespace: &Arc<str>, pod_uid: &str) -> ObjectKey {
    ObjectKey {
        kind: AssumedKind::DeviceClaim,
        namespace: Arc::clone(namespace),
        name: format!("<extended resources of {pod_uid}>").into(),
    }
}

/// Changes a ResourceClaim, if it is there.
fn change_devices(
    cluster: &mut Cluster,
    node: NodeId,
    key: &ObjectKey,
    change: impl FnOnce(&mut ResourceClaim),
) -> bool {
    let claim = cluster.objects.device_claims.get(&key.namespace, &key.name);
    let Some(mut changed) = claim.map(|claim| (**claim).clone()) else {
        return false;
    };
    change(&mut changed);
    cluster.assume_device_claim(node, Arc::new(changed));
    true
}

/// The claim for a pod's extended resources. Nobody else uses it, so that what it asks for is no matter.
fn extended(
    cluster: &mut Cluster,
    pod: &Pod,
    allocation: &DeviceAllocation,
    pending: bool,
) -> (ObjectKey, ResourceClaim) {
    let key = for_extended_resources(&pod.key.namespace, &pod.uid);
    let (allocation, faults) = allocated(cluster, allocation, format!("ResourceClaim {}", key.name));
    let claim = ResourceClaim {
        namespace: Arc::clone(&key.namespace),
        name: Arc::clone(&key.name),
        uid: "".into(),
        deleting: false,
        for_extended_resources: true,
        controllers: vec![ClaimOwner {
            name: Arc::clone(&pod.key.name),
            uid: Arc::clone(&pod.uid),
        }],
        requests: None,
        constraints: Vec::new(),
        config: Vec::new(),
        reserved_for: vec![Arc::clone(&pod.uid)],
        allocation: Some(allocation),
        pending,
        devices: Vec::new(),
        faults,
    };
    (key, claim)
}

fn allocated(
    cluster: &mut Cluster,
    allocation: &DeviceAllocation,
    object: String,
) -> (Allocation, Vec<Fault>) {
    // It was made by us, in the API's form.
    let read = AllocationObject::deserialize(&allocation.result).unwrap_or_default();
    let (mut allocated, faults) = read.to_model(&mut cluster.interner, object);
    for &at in &allocation.shared {
        if let Some(device) = allocated.devices.get_mut(at) {
            device.shared = true;
        }
    }
    (allocated, faults)
}
