//! Pods put on nodes in the cache, and what they take by their claims, before the API server says so: to see what would be, or
//! because it soon will.

use std::sync::Arc;

use super::{Cluster, Event, NodeAspect, Showing};
use crate::model::device::ResourceClaim;
use crate::model::from_api::{PersistentVolumeClaimObject, PersistentVolumeObject, ResourceClaimObject};
use crate::model::ids::{NodeId, PodKey};
use crate::model::pod::Pod;
use crate::model::storage::{PersistentVolume, PersistentVolumeClaim};

impl Cluster {
    /// Puts the pod called `key`, which waits, on `node`, as its Binding would. Whether there is such a pod, and such a
    /// node.
    ///
    /// What a Binding alone does not do is not done here either: claims stay as they are. What a pod takes by them is known
    /// in `scheduling` (`Assumed`).
    pub fn assume(&mut self, key: &PodKey, node: &str) -> bool {
        let Some(pod) = self.pod(key).filter(|pod| pod.is_waiting()) else {
            return false;
        };
        let Some((_, found)) = self.node(node) else {
            return false;
        };
        let bound = Pod {
            node_name: Some(Arc::clone(&found.name)),
            ..(**pod).clone()
        };
        self.put_pod(bound);
        true
    }

    /// Takes back what [`Cluster::assume`] did: the pod called `key` waits again. Whether it was on a node.
    pub fn forget(&mut self, key: &PodKey) -> bool {
        let Some(pod) = self.pod(key).filter(|pod| pod.node_name.is_some()) else {
            return false;
        };
        let waiting = Pod {
            node_name: None,
            ..(**pod).clone()
        };
        self.put_pod(waiting);
        true
    }

    /// Nominates `node` for the pod called `key`, which waits, as its status soon will; with `None`, no node. Whether there
    /// is such a pod.
    pub fn nominate(&mut self, key: &PodKey, node: Option<&Arc<str>>) -> bool {
        let Some(pod) = self.pod(key).filter(|pod| pod.is_waiting()) else {
            return false;
        };
        let nominated = Pod {
            nominated_node: node.cloned(),
            ..(**pod).clone()
        };
        self.put_pod(nominated);
        true
    }

    /// Takes the claim of this name to be `claim`, for a pod on `node`, until [`Cluster::show`] says otherwise.
    pub fn assume_claim(&mut self, node: NodeId, claim: Arc<PersistentVolumeClaim>) {
        let key = (&Arc::clone(&claim.namespace), &Arc::clone(&claim.name));
        let turn = self.objects.claims.assume(key, claim);
        self.turned(node, Event::PersistentVolumeClaim(turn));
    }

    /// The same of a volume.
    pub fn assume_volume(&mut self, node: NodeId, volume: Arc<PersistentVolume>) {
        let key = (&Arc::from(""), &Arc::clone(&volume.name));
        let turn = self.objects.volumes.assume(key, volume);
        self.turned(node, Event::PersistentVolume(turn));
    }

    /// The same of a ResourceClaim.
    pub fn assume_device_claim(&mut self, node: NodeId, claim: Arc<ResourceClaim>) {
        let key = (&Arc::clone(&claim.namespace), &Arc::clone(&claim.name));
        let turn = self.objects.device_claims.assume(key, claim);
        self.turned(node, Event::ResourceClaim(turn));
    }

    /// Shows an object that is assumed, for a pod on `node`, in another way. What is not assumed stays as it is.
    pub fn show(&mut self, node: NodeId, object: &ObjectKey, showing: Showing) {
        let key = (&object.namespace, &object.name);
        let objects = &mut self.objects;
        let event = match object.kind {
            AssumedKind::Claim => {
                let turn = objects.claims.show::<PersistentVolumeClaimObject>(key, showing);
                turn.map(Event::PersistentVolumeClaim)
            }
            AssumedKind::Volume => {
                let turn = objects.volumes.show::<PersistentVolumeObject>(key, showing);
                turn.map(Event::PersistentVolume)
            }
            AssumedKind::DeviceClaim => {
                let turn = objects.device_claims.show::<ResourceClaimObject>(key, showing);
                turn.map(Event::ResourceClaim)
            }
        };
        if let Some(event) = event {
            self.turned(node, event);
        }
    }

    /// Takes out a ResourceClaim that stood for one which is there now, for a pod on `node`. Nobody is told: what it had, the
    /// other has.
    pub fn drop_stand_in(&mut self, node: NodeId, claim: &ObjectKey) {
        let key = (&claim.namespace, &claim.name);
        let claims = &mut self.objects.device_claims;
        let gone = claims.show::<ResourceClaimObject>(key, Showing::BroughtForGood);
        if gone.is_some() {
            self.node_changed(node, NodeAspect::Claims);
        }
    }

    /// Whether an object was brought as it is taken to be, or is not assumed.
    pub fn is_settled(&self, object: &ObjectKey) -> bool {
        let key = (&object.namespace, &object.name);
        let objects = &self.objects;
        match object.kind {
            AssumedKind::Claim => objects.claims.is_settled::<PersistentVolumeClaimObject>(key),
            AssumedKind::Volume => objects.volumes.is_settled::<PersistentVolumeObject>(key),
            AssumedKind::DeviceClaim => objects.device_claims.is_settled::<ResourceClaimObject>(key),
        }
    }

    /// Takes note of what became of an object for a pod on `node`.
    fn turned(&mut self, node: NodeId, event: Event) {
        let differs = match &event {
            Event::PersistentVolume(turn) => {
                self.storage
                    .note_volume(turn.before.as_ref(), turn.after.as_ref());
                turn.before != turn.after
            }
            Event::PersistentVolumeClaim(turn) => turn.before != turn.after,
            Event::ResourceClaim(turn) => turn.before != turn.after,
            _ => true,
        };
        if differs {
            self.tell(|| event);
            self.node_changed(node, NodeAspect::Claims);
        }
    }
}

/// An object that may be assumed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectKey {
    /// Of which kind.
    pub kind: AssumedKind,
    /// Its namespace; empty for a volume.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

/// A kind of objects that may be assumed: those that placing a pod changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AssumedKind {
    /// A PersistentVolumeClaim.
    Claim,
    /// A PersistentVolume.
    Volume,
    /// A ResourceClaim.
    DeviceClaim,
}
