//! The controllers of persistent volumes: binding, provisioning, reclaiming, and the protection of what is in use.
//!
//! Source: `pkg/controller/volume/persistentvolume`, `pvcprotection`, `pvprotection`, `ephemeral`. Every provisioner but
//! `kubernetes.io/no-provisioner` is played here: its volumes are made up. A claim is looked at when it changes, when a
//! volume or a class of its class changes, and when a pod that names it comes, is scheduled, or goes.

mod binding;
mod matching;
mod provisioning;
mod reclaiming;

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Controller, Queue, World, events, kubelets::needs::claim_of, verbs::list};
use crate::demo::{
    kinds::{
        Kind, POD, Table,
        storage::{CLAIM, VOLUME},
    },
    object::{Key, Object, metadata, str_at},
    store::Change,
    strategy::Part,
};

const NAME: &str = "persistentvolume-controller";
/// What keeps a claim, or a volume, that is in use.
const CLAIM_PROTECTION: &str = "kubernetes.io/pvc-protection";
const VOLUME_PROTECTION: &str = "kubernetes.io/pv-protection";
/// What keeps a volume until its provisioner has removed what is behind it.
const PROVISIONER: &str = "external-provisioner.volume.kubernetes.io/finalizer";

/// The controller. Its keys are claims, volumes (which have no namespace), and pods with volumes of their own.
#[derive(Default)]
pub(super) struct Volumes {
    /// Volumes that no claim is bound to, by class.
    free: HashMap<String, BTreeSet<Key>>,
    /// Volumes by the claim that they name.
    named: HashMap<Key, BTreeSet<Key>>,
    /// The class of each volume, and the claim that it names.
    places: HashMap<Key, (String, Key)>,
    /// Claims without a volume, by class.
    unbound: HashMap<String, BTreeSet<Key>>,
    claims: HashMap<Key, String>,
    /// Pods by the claims that they name.
    users: HashMap<Key, BTreeSet<Key>>,
    pods: HashMap<Key, Vec<Key>>,
    /// Claims, by uid, whose volume is being made, and when it will be.
    making: HashMap<Box<str>, Instant>,
}

impl Controller for Volumes {
    fn name(&self) -> &'static str {
        NAME
    }

    fn watches(&self) -> &'static [Table] {
        &[Table::StorageClasses, Table::Volumes, Table::Claims, Table::Pods]
    }

    fn see(&mut self, change: &Change, world: &World, queue: &mut Queue) {
        let object = &change.after;
        match object.table {
            Table::Pods => self.see_pod(change, world, queue),
            Table::Volumes => self.see_volume(change, queue),
            Table::Claims => self.see_claim(change, queue),
            _ => {
                for claim in self.unbound.get(&*object.key.name).into_iter().flatten() {
                    queue.add(claim.clone());
                }
            }
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, queue: &mut Queue) {
        if key.namespace.is_empty() {
            reclaiming::look(key, world);
        } else {
            self.look_at_claim(key, world, queue);
        }
    }
}

impl Volumes {
    fn see_pod(&mut self, change: &Change, world: &World, queue: &mut Queue) {
        let pod = &change.after;
        if change.before.is_some() && !change.deleted {
            let scheduled = |pod: &Object| !pod.field(&POD, "spec.nodeName").is_empty();
            if change
                .before
                .as_deref()
                .is_some_and(|before| scheduled(before) != scheduled(pod))
            {
                self.queue_claims(&pod.key, queue);
            }
            return;
        }
        if change.deleted {
            self.queue_claims(&pod.key, queue);
            for claim in self.pods.remove(&pod.key).unwrap_or_default() {
                take(&mut self.users, &claim, &pod.key);
            }
            return;
        }
        // Most pods have no claims, and are not read.
        if !pod.claims.volumes {
            return;
        }
        let tree = pod.tree();
        let mut claims = Vec::new();
        for volume in list(&tree, "/spec/volumes") {
            let Some(name) = claim_of(&pod.key.name, volume) else {
                continue;
            };
            let claim = Key::new(&pod.key.namespace, &name);
            if volume.get("ephemeral").is_some() && world.store.get(Table::Claims, &claim).is_none() {
                make_ephemeral(pod, volume, &name, world);
            }
            self.users
                .entry(claim.clone())
                .or_default()
                .insert(pod.key.clone());
            claims.push(claim);
        }
        self.pods.insert(pod.key.clone(), claims);
        self.queue_claims(&pod.key, queue);
    }

    fn queue_claims(&self, pod: &Key, queue: &mut Queue) {
        for claim in self.pods.get(pod).into_iter().flatten() {
            queue.add(claim.clone());
        }
    }

    fn see_volume(&mut self, change: &Change, queue: &mut Queue) {
        let volume = &change.after;
        if let Some((class, claim)) = self.places.remove(&volume.key) {
            take(&mut self.free, &class, &volume.key);
            take(&mut self.named, &claim, &volume.key);
            if !claim.name.is_empty() {
                // A claim that has lost its volume has to know.
                queue.add(claim);
            }
        }
        if change.deleted {
            return;
        }
        queue.add(volume.key.clone());
        let tree = volume.tree();
        let class = str_at(&tree, "/spec/storageClassName").to_owned();
        let claim = Key::new(
            str_at(&tree, "/spec/claimRef/namespace"),
            str_at(&tree, "/spec/claimRef/name"),
        );
        if claim.name.is_empty() {
            self.free
                .entry(class.clone())
                .or_default()
                .insert(volume.key.clone());
            for waiting in self.unbound.get(&class).into_iter().flatten() {
                queue.add(waiting.clone());
            }
        } else {
            self.named
                .entry(claim.clone())
                .or_default()
                .insert(volume.key.clone());
            queue.add(claim.clone());
        }
        self.places.insert(volume.key.clone(), (class, claim));
    }

    fn see_claim(&mut self, change: &Change, queue: &mut Queue) {
        let claim = &change.after;
        if let Some(class) = self.claims.remove(&claim.key) {
            take(&mut self.unbound, &class, &claim.key);
        }
        let tree = claim.tree();
        let volume = str_at(&tree, "/spec/volumeName");
        if !volume.is_empty() {
            queue.add(Key::new("", volume));
        }
        for volume in self.named.get(&claim.key).into_iter().flatten() {
            queue.add(volume.clone());
        }
        if change.deleted {
            self.making.remove(&claim.uid);
            return;
        }
        if !binding::is_complete(&tree) {
            let class = str_at(&tree, "/spec/storageClassName").to_owned();
            self.unbound
                .entry(class.clone())
                .or_default()
                .insert(claim.key.clone());
            self.claims.insert(claim.key.clone(), class);
        }
        queue.add(claim.key.clone());
    }

    fn look_at_claim(&mut self, key: &Key, world: &World, queue: &mut Queue) {
        let Some(claim) = world.store.get(Table::Claims, key) else {
            return;
        };
        let tree = claim.tree();
        if claim.deleting {
            if !self.is_used(key, world) {
                drop_finalizers(&CLAIM, key, &[CLAIM_PROTECTION], world);
            }
        } else if !has_finalizer(&tree, CLAIM_PROTECTION) {
            add_finalizer(&CLAIM, key, CLAIM_PROTECTION, world);
        } else {
            self.bind_claim(&claim, &tree, world, queue);
        }
    }

    /// Whether a pod that is on a node names the claim, even one that has ended.
    fn is_used(&self, claim: &Key, world: &World) -> bool {
        let mut pods = self.users.get(claim).into_iter().flatten();
        pods.any(|pod| {
            let pod = world.store.get(Table::Pods, pod);
            pod.is_some_and(|pod| !pod.field(&POD, "spec.nodeName").is_empty())
        })
    }
}

fn take<K: std::hash::Hash + Eq>(index: &mut HashMap<K, BTreeSet<Key>>, at: &K, key: &Key) {
    if let Some(keys) = index.get_mut(at) {
        keys.remove(key);
        if keys.is_empty() {
            index.remove(at);
        }
    }
}

/// The claim that belongs to one pod alone.
fn make_ephemeral(pod: &Object, volume: &Value, name: &str, world: &World) {
    let Some(template) = volume.pointer("/ephemeral/volumeClaimTemplate") else {
        return;
    };
    let mut claim =
        json!({"metadata": template.get("metadata").cloned().unwrap_or_default(), "spec": template["spec"]});
    let metadata = metadata(&mut claim);
    metadata.insert("name".into(), name.into());
    metadata.insert(
        "ownerReferences".into(),
        json!([{
            "apiVersion": "v1", "kind": "Pod", "name": &*pod.key.name, "uid": &*pod.uid,
            "controller": true, "blockOwnerDeletion": true,
        }]),
    );
    world.make(
        "ephemeral-volume-controller",
        &CLAIM,
        Some(&pod.key.namespace),
        claim,
    );
}

fn has_finalizer(tree: &Value, finalizer: &str) -> bool {
    list(tree, "/metadata/finalizers").any(|known| known == finalizer)
}

fn add_finalizer(kind: &'static Kind, key: &Key, finalizer: &str, world: &World) {
    world.change(NAME, (kind, Part::Main), key, |tree| {
        if !has_finalizer(tree, finalizer) {
            let list = metadata(tree).entry("finalizers").or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(finalizer.into());
            }
        }
    });
}

fn drop_finalizers(kind: &'static Kind, key: &Key, finalizers: &[&str], world: &World) {
    let Some(object) = world.store.get(kind.table, key) else {
        return;
    };
    let tree = object.tree();
    if !finalizers.iter().any(|finalizer| has_finalizer(&tree, finalizer)) {
        return;
    }
    world.change(NAME, (kind, Part::Main), key, |tree| {
        let list = metadata(tree).get_mut("finalizers").and_then(Value::as_array_mut);
        if let Some(list) = list {
            list.retain(|known| !finalizers.iter().any(|finalizer| known == finalizer));
        }
    });
}

fn post(claim: &Object, world: &World, kind: &str, said: (&str, &str)) {
    events::post(&world.store, NAME, "", (&CLAIM, claim), kind, said);
}

fn post_volume(volume: &Object, world: &World, kind: &str, said: (&str, &str)) {
    events::post(&world.store, NAME, "", (&VOLUME, volume), kind, said);
}
