//! What pods take with them that are placed on a copy of the cluster: their claims, as Reserve and PreBind leave them.
//!
//! Volumes are bound to claims, or made for them; devices are allocated and reserved. Where a volume that is to be made can
//! be reached is what its driver says of the chosen node (`topologyKeys` of the CSINode). Where nothing is said, the claim
//! has that node selected and no volume, so that others who use it go to the same node: surely they can.
//!
//! Source of the rule: the assume caches of `pkg/scheduler/framework/plugins/volumebinding` and `…/dynamicresources`.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::Deserialize as _;

use super::plugin::Cycle;
use super::profile::Profile;
use super::reserve::{self, DeviceAllocation, Preparation};
use crate::model::device::{Allocation, ClaimOwner, ResourceClaim};
use crate::model::fault::Fault;
use crate::model::from_api::AllocationObject;
use crate::model::selector::{NodeSelector, NodeSelectorTerm, Operator, Requirement};
use crate::model::storage::{
    ClaimRef, CsiSource, InTreePlugin, PersistentVolume, PersistentVolumeClaim, VolumeSource,
};
use crate::model::{Cluster, Node, NodeId, Pod, PodKey};

/// What was taken by pods that are placed on one copy of a cluster, and how it was before.
#[derive(Clone, Debug, Default)]
pub struct Assumed {
    claims: FxHashMap<Key, Held>,
    by_pod: FxHashMap<PodKey, Vec<Key>>,
}

/// A claim.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    kind: Kind,
    namespace: Arc<str>,
    name: Arc<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Volume,
    Devices,
}

/// A claim that is not as it was.
#[derive(Clone, Debug)]
struct Held {
    /// The pods that use it, by uid.
    users: Vec<Arc<str>>,
    node: NodeId,
    before: Before,
}

#[derive(Clone, Debug)]
enum Before {
    /// The claim, and the volume that it got.
    Volume(
        Arc<PersistentVolumeClaim>,
        Option<(Arc<str>, Option<Arc<PersistentVolume>>)>,
    ),
    /// The claim; `None` where it was made for the pod.
    Devices(Option<Arc<ResourceClaim>>),
}

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

    /// Takes the pod called `key` off its node again. What it had by its claims is free, where no other uses it.
    pub fn take_off(&mut self, cluster: &mut Cluster, key: &PodKey) {
        let uid = cluster.pod(key).map(|pod| Arc::clone(&pod.uid));
        cluster.forget(key);
        for claim in self.by_pod.remove(key).unwrap_or_default() {
            let Some(held) = self.claims.get_mut(&claim) else {
                continue;
            };
            held.users.retain(|user| Some(user) != uid.as_ref());
            if held.users.is_empty() {
                if let Some(held) = self.claims.remove(&claim) {
                    held.give_back(cluster, &claim);
                }
            } else if let (Kind::Devices, Some(uid)) = (claim.kind, &uid) {
                let node = held.node;
                change_devices(cluster, node, &claim, |now| {
                    now.reserved_for.retain(|user| user != uid);
                });
            }
        }
    }
}

impl Held {
    fn give_back(self, cluster: &mut Cluster, key: &Key) {
        match self.before {
            Before::Volume(claim, volume) => {
                cluster.assume_claim(self.node, claim);
                if let Some((name, before)) = volume {
                    cluster.assume_volume(self.node, &name, before);
                }
            }
            Before::Devices(before) => {
                cluster.assume_device_claim(self.node, (&key.namespace, &key.name), before);
            }
        }
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
        if let Some(extended) = &devices.extended {
            self.make(&extended.allocation);
        }
        self.use_volumes();
    }

    fn claim(&self, name: &str) -> Option<Arc<PersistentVolumeClaim>> {
        let claims = &self.cluster.objects.claims;
        claims.get(&self.pod.key.namespace, name).cloned()
    }

    fn key(&self, kind: Kind, name: &Arc<str>) -> Key {
        Key {
            kind,
            namespace: Arc::clone(&self.pod.key.namespace),
            name: Arc::clone(name),
        }
    }

    /// The pod uses what it took, or another before it.
    fn uses(&mut self, key: Key, before: impl FnOnce() -> Before) {
        let held = self.assumed.claims.entry(key.clone()).or_insert_with(|| Held {
            users: Vec::new(),
            node: self.id,
            before: before(),
        });
        if !held.users.contains(&self.pod.uid) {
            held.users.push(Arc::clone(&self.pod.uid));
            let keys = self.assumed.by_pod.entry(self.pod.key.clone()).or_default();
            keys.push(key);
        }
    }

    /// Binds `volume` to the claim; without one it is being made for the node, and that is all that is known.
    fn bind(&mut self, name: &Arc<str>, volume: Option<PersistentVolume>) {
        let Some(claim) = self.claim(name) else { return };
        let mut bound = (*claim).clone();
        let before = if let Some(mut volume) = volume {
            volume.claim = Some(ClaimRef {
                namespace: Arc::clone(&claim.namespace),
                name: Arc::clone(&claim.name),
                uid: Arc::clone(&claim.uid),
            });
            volume.available = false;
            bound.volume = Arc::clone(&volume.name);
            bound.bind_completed = true;
            let name = Arc::clone(&volume.name);
            let before = self.cluster.assume_volume(self.id, &name, Some(Arc::new(volume)));
            Some((name, before))
        } else {
            bound.selected_node = Some(Arc::clone(&self.node.name));
            None
        };
        self.cluster.assume_claim(self.id, Arc::new(bound));
        let key = self.key(Kind::Volume, name);
        self.uses(key, || Before::Volume(claim, before));
    }

    /// Notes which claims that others took to a volume the pod uses as well.
    fn use_volumes(&mut self) {
        let pod = Arc::clone(self.pod);
        for volume in pod.volumes.iter() {
            let Some(name) = volume.claim_name(&pod.key.name) else {
                continue;
            };
            let key = self.key(Kind::Volume, &name);
            if let Some(held) = self.assumed.claims.get(&key) {
                let before = held.before.clone();
                self.uses(key, || before);
            }
        }
    }

    /// Reserves the ResourceClaim for the pod.
    fn reserve(&mut self, name: &Arc<str>, allocation: Option<&DeviceAllocation>) {
        let key = self.key(Kind::Devices, name);
        let object = format!("ResourceClaim {}/{name}", key.namespace);
        let allocated = allocation.map(|allocation| self.allocated(allocation, object));
        let uid = Arc::clone(&self.pod.uid);
        let before = change_devices(self.cluster, self.id, &key, |claim| {
            if let Some((allocation, faults)) = allocated {
                claim.allocation = Some(allocation);
                claim.faults.extend(faults);
            }
            claim.reserved_for.push(uid);
        });
        if before.is_some() {
            self.uses(key, || Before::Devices(before));
        }
    }

    /// Makes the claim for the pod's extended resources. Nobody else uses it, so that what it asks for is no matter.
    fn make(&mut self, allocation: &DeviceAllocation) {
        let pod = Arc::clone(self.pod);
        let name: Arc<str> = format!("<extended resources of {}>", pod.key.name).into();
        let (allocation, faults) = self.allocated(allocation, format!("ResourceClaim {name}"));
        let key = self.key(Kind::Devices, &name);
        let claim = ResourceClaim {
            namespace: Arc::clone(&key.namespace),
            name,
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
            devices: Vec::new(),
            faults,
        };
        let names = (&key.namespace, &key.name);
        self.cluster
            .assume_device_claim(self.id, names, Some(Arc::new(claim)));
        self.uses(key, || Before::Devices(None));
    }

    fn allocated(&mut self, allocation: &DeviceAllocation, object: String) -> (Allocation, Vec<Fault>) {
        // It was made by us, in the API's form.
        let read = AllocationObject::deserialize(&allocation.result).unwrap_or_default();
        let (mut allocated, faults) = read.to_model(&mut self.cluster.interner, object);
        for &at in &allocation.shared {
            if let Some(device) = allocated.devices.get_mut(at) {
                device.shared = true;
            }
        }
        (allocated, faults)
    }
}

/// Changes a ResourceClaim, if it is there; gives it as it was.
fn change_devices(
    cluster: &mut Cluster,
    node: NodeId,
    key: &Key,
    change: impl FnOnce(&mut ResourceClaim),
) -> Option<Arc<ResourceClaim>> {
    let claim = cluster.objects.device_claims.get(&key.namespace, &key.name)?;
    let mut changed = (**claim).clone();
    change(&mut changed);
    cluster.assume_device_claim(node, (&key.namespace, &key.name), Some(Arc::new(changed)))
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
