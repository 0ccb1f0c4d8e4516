//! Claims and volumes that find each other.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{NAME, Volumes, matching, post, provisioning::Provisioning};
use crate::demo::{
    kinds::{
        POD, Table,
        storage::{CLAIM, VOLUME},
    },
    life::{Queue, World},
    object::{Key, Object, child, metadata, str_at},
    strategy::Part,
};

const BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";
const COMPLETED: &str = "/metadata/annotations/pv.kubernetes.io~1bind-completed";
const NODE: &str = "/metadata/annotations/volume.kubernetes.io~1selected-node";

/// Whether claim and volume have found each other for good.
pub(super) fn is_complete(claim: &Value) -> bool {
    claim.pointer(COMPLETED).is_some()
}

/// What a claim's class says; `None` for claims without one.
struct Class {
    tree: Value,
    waits: bool,
}

fn class_of(claim: &Value, world: &World) -> Option<Class> {
    let name = str_at(claim, "/spec/storageClassName");
    let class = world.store.get(Table::StorageClasses, &Key::new("", name))?;
    let tree = class.tree();
    let waits = str_at(&tree, "/volumeBindingMode") == "WaitForFirstConsumer";
    Some(Class { tree, waits })
}

impl Volumes {
    pub(super) fn bind_claim(&mut self, claim: &Object, tree: &Value, world: &World, queue: &mut Queue) {
        let named = str_at(tree, "/spec/volumeName");
        if is_complete(tree) {
            keep(claim, tree, named, world);
        } else if !named.is_empty() {
            let volume = world.store.get(Table::Volumes, &Key::new("", named));
            match volume {
                None => set_phase(claim, tree, "Pending", world),
                Some(volume) if is_free_for(&volume.tree(), claim) => bind(&volume, claim, world),
                Some(_) => {
                    let text = format!("volume {named:?} already bound to a different claim.");
                    post(claim, world, "Warning", ("FailedBinding", &text));
                }
            }
        } else {
            self.find_volume(claim, tree, world, queue);
        }
    }

    fn find_volume(&mut self, claim: &Object, tree: &Value, world: &World, queue: &mut Queue) {
        let class = class_of(tree, world);
        let waits = class.as_ref().is_some_and(|class| class.waits);
        if let Some(volume) = self.best(claim, tree, waits, world) {
            bind(&volume, claim, world);
            return;
        }
        set_phase(claim, tree, "Pending", world);
        let class_name = str_at(tree, "/spec/storageClassName");
        let node = str_at(tree, NODE);
        match class {
            Some(_) if waits && node.is_empty() => {
                let unscheduled = self.unscheduled(&claim.key, world);
                if unscheduled.is_empty() {
                    let text = "waiting for first consumer to be created before binding";
                    post(claim, world, "Normal", ("WaitForFirstConsumer", text));
                } else {
                    let text = format!("waiting for pod {} to be scheduled", unscheduled.join(","));
                    post(claim, world, "Normal", ("WaitForPodScheduled", &text));
                }
            }
            Some(class) => {
                let wish = Provisioning {
                    class: &class.tree,
                    node: waits.then_some(node),
                };
                self.provision(claim, tree, &wish, world, queue);
            }
            None if class_name.is_empty() => {
                let text = "no persistent volumes available for this claim and no storage class is set";
                post(claim, world, "Normal", ("FailedBinding", text));
            }
            None => {
                let text = format!("storageclass.storage.k8s.io {class_name:?} not found");
                post(claim, world, "Warning", ("ProvisioningFailed", &text));
            }
        }
    }

    /// A volume that names the claim, or else the smallest that fits it; where the claim waits for its first consumer, the
    /// scheduler names one.
    fn best(&self, claim: &Object, tree: &Value, waits: bool, world: &World) -> Option<Arc<Object>> {
        let get = |key: &Key| world.store.get(Table::Volumes, key);
        let mut named = self.named.get(&claim.key).into_iter().flatten().filter_map(get);
        let named = named.find(|volume| {
            let volume = volume.tree();
            is_free_for(&volume, claim)
                && str_at(&volume, "/spec/storageClassName") == str_at(tree, "/spec/storageClassName")
        });
        if named.is_some() || waits {
            return named;
        }
        let free = self.free.get(str_at(tree, "/spec/storageClassName"));
        free.into_iter()
            .flatten()
            .filter_map(get)
            .map(|volume| (volume.tree(), volume))
            .filter(|(volume, _)| matching::fits(volume, tree) && is_free_for(volume, claim))
            .min_by_key(|(volume, _)| matching::capacity(volume))
            .map(|(_, volume)| volume)
    }

    fn unscheduled(&self, claim: &Key, world: &World) -> Vec<String> {
        let pods = self.users.get(claim).into_iter().flatten();
        pods.filter_map(|pod| world.store.get(Table::Pods, pod))
            .filter(|pod| pod.field(&POD, "spec.nodeName").is_empty() && !pod.deleting)
            .map(|pod| pod.key.name.to_string())
            .collect()
    }
}

/// Whether no other claim has the volume.
fn is_free_for(volume: &Value, claim: &Object) -> bool {
    let Some(reference) = volume.pointer("/spec/claimRef").filter(|r| !r.is_null()) else {
        return str_at(volume, "/metadata/deletionTimestamp").is_empty();
    };
    let uid = str_at(reference, "/uid");
    str_at(reference, "/namespace") == &*claim.key.namespace
        && str_at(reference, "/name") == &*claim.key.name
        && (uid.is_empty() || uid == &*claim.uid)
}

fn annotate(tree: &mut Value, key: &str) {
    let annotations = metadata(tree).entry("annotations").or_insert_with(|| json!({}));
    if let Some(annotations) = annotations.as_object_mut() {
        annotations.insert(key.to_owned(), "yes".into());
    }
}

/// Binds both to each other, in upstream's four writes: the volume, its phase, the claim, its phase.
fn bind(volume: &Object, claim: &Object, world: &World) {
    let bound = world.change(NAME, (&VOLUME, Part::Main), &volume.key, |tree| {
        if !is_free_for(tree, claim) {
            return;
        }
        if tree.pointer("/spec/claimRef").is_none_or(Value::is_null) {
            annotate(tree, BY_CONTROLLER);
        }
        if str_at(tree, "/spec/claimRef/uid").is_empty() {
            let reference = json!({
                "kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": &*claim.key.namespace,
                "name": &*claim.key.name, "uid": &*claim.uid, "resourceVersion": claim.revision.to_string(),
            });
            child(tree, "spec").insert("claimRef".into(), reference);
        }
    });
    let now = world.store.get(Table::Volumes, &volume.key).map(|v| v.tree());
    let ours = now.filter(|volume| bound && str_at(volume, "/spec/claimRef/uid") == &*claim.uid);
    let Some(ours) = ours else { return };
    set_volume_phase(&volume.key, "Bound", world);
    world.change(NAME, (&CLAIM, Part::Main), &claim.key, |tree| {
        if str_at(tree, "/spec/volumeName").is_empty() {
            child(tree, "spec").insert("volumeName".into(), (&*volume.key.name).into());
            annotate(tree, BY_CONTROLLER);
        }
        annotate(tree, "pv.kubernetes.io/bind-completed");
    });
    complete(claim, &ours, world);
}

/// What the claim has of its volume.
fn complete(claim: &Object, volume: &Value, world: &World) {
    world.change(NAME, (&CLAIM, Part::Status), &claim.key, |tree| {
        let status = child(tree, "status");
        status.insert("phase".into(), "Bound".into());
        for (field, at) in [
            ("accessModes", "/spec/accessModes"),
            ("capacity", "/spec/capacity"),
        ] {
            if let Some(value) = volume.pointer(at) {
                status.insert(field.into(), value.clone());
            }
        }
    });
}

/// A claim that has been bound: its volume has to be there, and its own.
fn keep(claim: &Object, tree: &Value, volume: &str, world: &World) {
    let phase = str_at(tree, "/status/phase");
    let found = world.store.get(Table::Volumes, &Key::new("", volume));
    let found = found.filter(|volume| is_free_for(&volume.tree(), claim));
    if let Some(volume) = found {
        if phase != "Bound" || str_at(&volume.tree(), "/spec/claimRef/uid").is_empty() {
            bind(&volume, claim, world);
        }
    } else if phase != "Lost" {
        set_phase(claim, tree, "Lost", world);
        let text = "Bound claim has lost its PersistentVolume. Data on the volume is lost!";
        post(claim, world, "Warning", ("ClaimLost", text));
    }
}

fn set_phase(claim: &Object, tree: &Value, phase: &str, world: &World) {
    if str_at(tree, "/status/phase") != phase {
        world.change(NAME, (&CLAIM, Part::Status), &claim.key, |tree| {
            child(tree, "status").insert("phase".into(), phase.into());
        });
    }
}

pub(super) fn set_volume_phase(volume: &Key, phase: &str, world: &World) {
    world.change(NAME, (&VOLUME, Part::Status), volume, |tree| {
        let status = child(tree, "status");
        if status.get("phase").and_then(Value::as_str) != Some(phase) {
            status.insert("phase".into(), phase.into());
            status.insert("lastPhaseTransitionTime".into(), crate::demo::clock::now().into());
        }
    });
}
