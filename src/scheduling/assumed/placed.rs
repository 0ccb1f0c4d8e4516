//! Pods that are placed on a copy of the cluster: their claims, as Reserve and PreBind leave them.
//!
//! Volumes are bound to claims, or made for them; devices are allocated and reserved. Where a volume that is to be made can
//! be reached is what its driver says of the chosen node (`topologyKeys` of the CSINode). Where nothing is said, the claim
//! has that node selected and no volume, so that others who use it go to the same node: surely they can.

use std::sync::Arc;

use super::{Assumed, allocated, change_devices, claim_key, device_key, extended, volume_key};
use crate::model::selector::{NodeSelector, NodeSelectorTerm, Operator, Requirement};
use crate::model::storage::{
    ClaimRef, CsiSource, InTreePlugin, PersistentVolume, PersistentVolumeClaim, VolumeSource,
};
use crate::model::{Cluster, Node, NodeId, Pod};
use crate::scheduling::plugin::Cycle;
use crate::scheduling::profile::Profile;
use crate::scheduling::reserve::{self, DeviceAllocation, Preparation};

impl Assumed {
    /// Puts `pod`, which waits, on `node` of `cluster`, with all that it takes by its claims there.
    pub fn place(&mut self, cluster: &mut Cluster, profile: &Profile, pod: &Arc<Pod>, id: NodeId) {
        let Some(node) = cluster.nodes.get(id).cloned() else {
            return;
        };
        let preparation = {
            let cycle = Cycle { cluster, pod };
            // A plugin that cannot do its part leaves it to nobody, as the plan says.
            reserve::prepare(cycle, profile, id, &[]).unwrap_or_default()
        };
        let mut taking = Taking {
            assumed: self,
            cluster,
            pod,
            id,
            node: &node,
        };
        taking.take(&preparation);
        cluster.assume(&pod.key, &node.name);
    }
}

/// One pod that takes what it needs.
struct Taking<'a> {
    assumed: &'a mut Assumed,
    cluster: &'a mut Cluster,
    pod: &'a Arc<Pod>,
    id: NodeId,
    node: &'a Node,
}

impl Taking<'_> {
    fn take(&mut self, preparation: &Preparation) {
        let Preparation { volumes, devices } = preparation;
        for binding in &volumes.bindings {
            let volume = self.cluster.objects.volumes.named(&binding.volume);
            if let Some(volume) = volume.map(|volume| (**volume).clone()) {
                self.bind(&binding.claim, Some(volume));
            }
        }
        for provision in &volumes.provisions {
            let claim = self.claim(&provision.claim);
            let volume = claim.and_then(|claim| to_be_made(self.cluster, &claim, self.node));
            self.bind(&provision.claim, volume);
        }
        for reservation in &devices.reservations {
            self.reserve(&reservation.claim, reservation.allocation.as_ref());
        }
        if let Some(made) = &devices.extended {
            let (key, claim) = extended(self.cluster, self.pod, &made.allocation, false);
            self.cluster.assume_device_claim(self.id, Arc::new(claim));
            self.assumed.uses(self.pod, key, self.id);
        }
        self.use_volumes();
    }

    fn claim(&self, name: &str) -> Option<Arc<PersistentVolumeClaim>> {
        let claims = &self.cluster.objects.claims;
        claims.get(&self.pod.key.namespace, name).cloned()
    }

    /// Binds `volume` to the claim; without one it is being made for the node, and that is all that is known.
    fn bind(&mut self, name: &Arc<str>, volume: Option<PersistentVolume>) {
        let Some(claim) = self.claim(name) else { return };
        let mut bound = (*claim).clone();
        if let Some(mut volume) = volume {
            volume.claim = Some(ClaimRef {
                namespace: Arc::clone(&claim.namespace),
                name: Arc::clone(&claim.name),
                uid: Arc::clone(&claim.uid),
            });
            volume.available = false;
            bound.volume = Arc::clone(&volume.name);
            bound.bind_completed = true;
            self.assumed.uses(self.pod, volume_key(&volume.name), self.id);
            self.cluster.assume_volume(self.id, Arc::new(volume));
        } else {
            bound.selected_node = Some(Arc::clone(&self.node.name));
        }
        self.assumed.uses(self.pod, claim_key(self.pod, name), self.id);
        self.cluster.assume_claim(self.id, Arc::new(bound));
    }

    /// Notes which claims that others took to a volume the pod uses as well.
    fn use_volumes(&mut self) {
        let pod = self.pod;
        for volume in pod.volumes.iter() {
            let Some(claim) = volume
                .claim_name(&pod.key.name)
                .and_then(|name| self.claim(&name))
            else {
                continue;
            };
            for key in [claim_key(pod, &claim.name), volume_key(&claim.volume)] {
                if self.assumed.held.contains_key(&key) {
                    self.assumed.uses(pod, key, self.id);
                }
            }
        }
    }

    /// Reserves the ResourceClaim for the pod.
    fn reserve(&mut self, name: &Arc<str>, allocation: Option<&DeviceAllocation>) {
        let key = device_key(self.pod, name);
        let object = format!("ResourceClaim {}/{name}", key.namespace);
        let allocation = allocation.map(|allocation| allocated(self.cluster, allocation, object));
        let uid = Arc::clone(&self.pod.uid);
        let changed = change_devices(self.cluster, self.id, &key, |claim| {
            if let Some((allocation, faults)) = allocation {
                claim.allocation = Some(allocation);
                claim.faults.extend(faults);
            }
            claim.reserved_for.push(uid);
        });
        if changed {
            self.assumed.uses(self.pod, key, self.id);
        }
    }
}

/// The volume that is made for `claim` on `node`; `None` where nobody knows where it can be reached.
fn to_be_made(cluster: &Cluster, claim: &PersistentVolumeClaim, node: &Node) -> Option<PersistentVolume> {
    let class = cluster.objects.storage_classes.named(&claim.class)?;
    let plugin = InTreePlugin::named(&class.provisioner).filter(|plugin| plugin.is_migrated());
    let driver: Arc<str> = match plugin {
        Some(plugin) => plugin.driver().into(),
        None => Arc::clone(&class.provisioner),
    };
    let csi = cluster.objects.csi_nodes.named(&node.name)?;
    let on_node = csi.drivers.iter().find(|have| have.name == driver)?;
    let segment = on_node.topology_keys.iter().map(|key| {
        let value = node.labels.get_shared(key)?;
        Some(Requirement {
            key: Arc::clone(key),
            operator: Operator::In,
            values: vec![Arc::clone(value)],
        })
    });
    let expressions = segment.collect::<Option<Vec<Requirement>>>()?;
    let reach = (!expressions.is_empty()).then(|| NodeSelector {
        terms: vec![NodeSelectorTerm {
            expressions,
            fields: Vec::new(),
        }],
    });
    Some(PersistentVolume {
        name: format!("pvc-{}", claim.uid).into(),
        labels: Arc::default(),
        class: Arc::clone(&claim.class),
        class_field: Arc::clone(&claim.class),
        capacity: claim.requested(),
        access_modes: claim.access_modes,
        mode: Arc::clone(&claim.mode),
        attributes_class: claim.attributes_class.clone(),
        node_affinity: reach.map(Arc::new),
        claim: None,
        available: true,
        deleting: false,
        source: VolumeSource::Csi(CsiSource {
            driver,
            handle: claim.handle_to_be(),
        }),
        faults: Vec::new(),
    })
}
