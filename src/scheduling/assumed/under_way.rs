//! Pods that are being prepared: what they are to get is gone for others.
//!
//! A volume is for its claim, and a claim has its node selected; who uses the claim as well goes by that, and waits for the same.
//! A ResourceClaim has its devices, and whoever wants to share it has to wait until they are written
//! ([`ResourceClaim::pending`](crate::model::device::ResourceClaim::pending)). That it is to be reserved for one pod more
//! is nothing to others.

use std::sync::Arc;

use super::{Assumed, allocated, change_devices, claim_key, device_key, extended, volume_key};
use crate::model::storage::ClaimRef;
use crate::model::{Cluster, NodeId, Pod};
use crate::scheduling::reserve::Preparation;

impl Assumed {
    /// Has what `preparation` is to bring for `pod` on `node` count as taken, until the pod lets go of it or the watches bring
    /// it.
    pub fn hold(&mut self, cluster: &mut Cluster, pod: &Pod, id: NodeId, preparation: &Preparation) {
        let Some(node) = cluster.nodes.get(id).map(|node| Arc::clone(&node.name)) else {
            return;
        };
        let Preparation { volumes, devices } = preparation;
        let namespace = &pod.key.namespace;
        for binding in &volumes.bindings {
            let Some(volume) = cluster.objects.volumes.named(&binding.volume) else {
                continue;
            };
            let mut volume = (**volume).clone();
            volume.claim.get_or_insert_with(|| ClaimRef {
                namespace: Arc::clone(namespace),
                name: Arc::clone(&binding.claim),
                uid: Arc::clone(&binding.claim_uid),
            });
            cluster.assume_volume(id, Arc::new(volume));
            self.uses(pod, volume_key(&binding.volume), id);
        }
        for provision in &volumes.provisions {
            let Some(claim) = cluster.objects.claims.get(namespace, &provision.claim) else {
                continue;
            };
            let mut claim = (**claim).clone();
            claim.selected_node.get_or_insert_with(|| Arc::clone(&node));
            cluster.assume_claim(id, Arc::new(claim));
            self.uses(pod, claim_key(pod, &provision.claim), id);
        }
        for reservation in &devices.reservations {
            let Some(allocation) = &reservation.allocation else {
                continue;
            };
            let key = device_key(pod, &reservation.claim);
            let object = format!("ResourceClaim {namespace}/{}", key.name);
            let (allocation, faults) = allocated(cluster, allocation, object);
            let changed = change_devices(cluster, id, &key, |claim| {
                claim.allocation = Some(allocation);
                claim.pending = true;
                claim.faults.extend(faults);
            });
            if changed {
                self.uses(pod, key, id);
            }
        }
        if let Some(made) = &devices.extended {
            let (key, claim) = extended(cluster, pod, &made.allocation, true);
            cluster.assume_device_claim(id, Arc::new(claim));
            self.uses(pod, key, id);
        }
    }
}
