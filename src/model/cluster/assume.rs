//! Pods put on nodes in the cache before the API server says so: to see what would be, or because it soon will.

use std::sync::Arc;

use super::event::Turn;
use super::{Cluster, Event, NodeAspect};
use crate::model::device::ResourceClaim;
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

    /// Has `claim` in the place of the one of its name, as for a pod on `node`. Gives the one before.
    pub fn assume_claim(
        &mut self,
        node: NodeId,
        claim: Arc<PersistentVolumeClaim>,
    ) -> Option<Arc<PersistentVolumeClaim>> {
        let (namespace, name) = (Arc::clone(&claim.namespace), Arc::clone(&claim.name));
        let after = Some(Arc::clone(&claim));
        let before = self.objects.claims.put(&namespace, &name, Some(claim));
        let turn = Turn {
            before: before.clone(),
            after,
        };
        self.tell(|| Event::PersistentVolumeClaim(turn));
        self.node_changed(node, NodeAspect::Claims);
        before
    }

    /// Has `volume`, or nothing, in the place of the PersistentVolume called `name`, as for a pod on `node`. Gives the one
    /// before.
    pub fn assume_volume(
        &mut self,
        node: NodeId,
        name: &Arc<str>,
        volume: Option<Arc<PersistentVolume>>,
    ) -> Option<Arc<PersistentVolume>> {
        let before = self.objects.volumes.put(&Arc::from(""), name, volume.clone());
        self.storage.note_volume(before.as_ref(), volume.as_ref());
        let turn = Turn {
            before: before.clone(),
            after: volume,
        };
        self.tell(|| Event::PersistentVolume(turn));
        self.node_changed(node, NodeAspect::Claims);
        before
    }

    /// Has `claim`, or nothing, in the place of the ResourceClaim called `name`, as for a pod on `node`. Gives the one
    /// before.
    pub fn assume_device_claim(
        &mut self,
        node: NodeId,
        (namespace, name): (&Arc<str>, &Arc<str>),
        claim: Option<Arc<ResourceClaim>>,
    ) -> Option<Arc<ResourceClaim>> {
        let before = self.objects.device_claims.put(namespace, name, claim.clone());
        let turn = Turn {
            before: before.clone(),
            after: claim,
        };
        self.tell(|| Event::ResourceClaim(turn));
        self.node_changed(node, NodeAspect::Claims);
        before
    }
}
