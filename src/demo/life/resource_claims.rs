//! The resource claim controller: claims made for pods, and their end.
//!
//! Source: `pkg/controller/resourceclaim`. Claims of pod groups are not known here.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use super::{Controller, Queue, World, events, verbs::list};
use crate::demo::{
    kinds::{
        POD, Table,
        device::{RESOURCE_CLAIM, RESOURCE_CLAIM_TEMPLATE},
    },
    object::{Key, Object, child, metadata, str_at},
    store::Change,
    strategy::Part,
};

const NAME: &str = "resource-claim-controller";
const FINALIZER: &str = "resource.kubernetes.io/delete-protection";
const POD_CLAIM: &str = "resource.kubernetes.io/pod-claim-name";

fn is_done(pod: &Object) -> bool {
    matches!(pod.field(&POD, "status.phase"), "Succeeded" | "Failed")
        || pod.deleting && pod.field(&POD, "spec.nodeName").is_empty()
}

/// The claim that stands for an entry of a pod, if there is one by now.
fn claim_name<'a>(pod: &'a Value, entry: &'a Value) -> Option<&'a str> {
    let named = str_at(entry, "/resourceClaimName");
    if !named.is_empty() {
        return Some(named);
    }
    list(pod, "/status/resourceClaimStatuses")
        .find(|status| status["name"] == entry["name"])
        .map(|status| str_at(status, "/resourceClaimName"))
        .filter(|name| !name.is_empty())
}

/// Makes the claims that pods want from templates. Its keys are pods.
#[derive(Default)]
pub(super) struct FromTemplates {
    /// Pods that wait for a template.
    waiting: HashMap<Key, BTreeSet<Key>>,
}

impl Controller for FromTemplates {
    fn name(&self) -> &'static str {
        NAME
    }

    fn watches(&self) -> &'static [Table] {
        &[Table::Pods, Table::ResourceClaimTemplates]
    }

    fn see(&mut self, change: &Change, _: &World, queue: &mut Queue) {
        let object = &change.after;
        if object.table == Table::ResourceClaimTemplates {
            for pod in self.waiting.remove(&object.key).unwrap_or_default() {
                queue.add(pod);
            }
        } else if change.before.is_none() && !change.deleted && object.claims.devices {
            queue.add(object.key.clone());
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, _: &mut Queue) {
        let Some(pod) = world.store.get(Table::Pods, key) else {
            return;
        };
        if pod.deleting || is_done(&pod) {
            return;
        }
        let tree = pod.tree();
        for entry in list(&tree, "/spec/resourceClaims") {
            let template = str_at(entry, "/resourceClaimTemplateName");
            let there = claim_name(&tree, entry).is_some_and(|name| {
                let claim = Key::new(&key.namespace, name);
                world.store.get(Table::ResourceClaims, &claim).is_some()
            });
            if !template.is_empty() && !there {
                self.make(&pod, str_at(entry, "/name"), template, world);
            }
        }
    }
}

impl FromTemplates {
    fn make(&mut self, pod: &Object, entry: &str, template: &str, world: &World) {
        let key = Key::new(&pod.key.namespace, template);
        let Some(source) = world.store.get(RESOURCE_CLAIM_TEMPLATE.table, &key) else {
            let text = format!(
                "PodResourceClaim {entry}: resource claim template {template:?}: resourceclaimtemplate.resource.k8s.io \
                 {template:?} not found"
            );
            let said = ("FailedResourceClaimCreation", text.as_str());
            events::post(&world.store, NAME, "", (&POD, pod), "Warning", said);
            self.waiting.entry(key).or_default().insert(pod.key.clone());
            return;
        };
        let source = source.tree();
        let spec = source.pointer("/spec/spec").cloned().unwrap_or_default();
        let mut claim = json!({
            "metadata": {
                "generateName": format!("{}-{entry}-", pod.key.name),
                "annotations": source.pointer("/spec/metadata/annotations").cloned().unwrap_or_else(|| json!({})),
                "ownerReferences": [{
                    "apiVersion": "v1", "kind": "Pod", "name": &*pod.key.name, "uid": &*pod.uid,
                    "controller": true, "blockOwnerDeletion": true,
                }],
            },
            "spec": spec,
        });
        claim["metadata"]["annotations"][POD_CLAIM] = entry.into();
        if let Some(labels) = source.pointer("/spec/metadata/labels") {
            claim["metadata"]["labels"] = labels.clone();
        }
        let Some(made) = world.make(NAME, &RESOURCE_CLAIM, Some(&pod.key.namespace), claim) else {
            return;
        };
        let made = str_at(&made, "/metadata/name");
        world.change(NAME, (&POD, Part::Status), &pod.key, |tree| {
            let statuses = child(tree, "status")
                .entry("resourceClaimStatuses")
                .or_insert_with(|| json!([]));
            if let Some(statuses) = statuses.as_array_mut() {
                statuses.retain(|status| str_at(status, "/name") != entry);
                statuses.push(json!({"name": entry, "resourceClaimName": made}));
            }
        });
    }
}

/// Takes claims back from pods that are done with them. Its keys are claims.
#[derive(Default)]
pub(super) struct Reservations;

impl Controller for Reservations {
    fn name(&self) -> &'static str {
        NAME
    }

    fn watches(&self) -> &'static [Table] {
        &[Table::ResourceClaims, Table::Pods]
    }

    fn see(&mut self, change: &Change, _: &World, queue: &mut Queue) {
        let object = &change.after;
        if object.table == Table::ResourceClaims {
            if !change.deleted {
                queue.add(object.key.clone());
            }
        } else if (change.deleted || is_done(object)) && object.claims.devices {
            let tree = object.tree();
            for entry in list(&tree, "/spec/resourceClaims") {
                if let Some(name) = claim_name(&tree, entry) {
                    queue.add(Key::new(&object.key.namespace, name));
                }
            }
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, _: &mut Queue) {
        let Some(claim) = world.store.get(Table::ResourceClaims, key) else {
            return;
        };
        let tree = claim.tree();
        let users = list(&tree, "/status/reservedFor").count();
        let staying: Vec<&Value> = list(&tree, "/status/reservedFor")
            .filter(|user| stays(user, &key.namespace, world))
            .collect();
        let finalizer = list(&tree, "/metadata/finalizers").any(|known| known == FINALIZER);
        let allocated = tree.pointer("/status/allocation").is_some_and(|a| !a.is_null());
        let unused = staying.is_empty();
        let release = unused && finalizer && (users > 0 || claim.deleting);
        if staying.len() < users || release && allocated {
            world.change(NAME, (&RESOURCE_CLAIM, Part::Status), key, |tree| {
                let status = child(tree, "status");
                if unused {
                    status.remove("reservedFor");
                } else {
                    status.insert("reservedFor".into(), json!(staying));
                }
                if release {
                    status.remove("allocation");
                }
            });
        }
        if release {
            world.change(NAME, (&RESOURCE_CLAIM, Part::Main), key, |tree| {
                if let Some(list) = metadata(tree).get_mut("finalizers").and_then(Value::as_array_mut) {
                    list.retain(|known| known != FINALIZER);
                }
            });
        }
        if unused && !claim.deleting && owner_is_done(&tree, &key.namespace, world) {
            world.delete(&RESOURCE_CLAIM, &claim, None);
        }
    }
}

/// Whether who reserved a claim may still use it; what is no pod is left alone.
fn stays(user: &Value, namespace: &str, world: &World) -> bool {
    if str_at(user, "/resource") != "pods" || !str_at(user, "/apiGroup").is_empty() {
        return true;
    }
    let pod = world
        .store
        .get(Table::Pods, &Key::new(namespace, str_at(user, "/name")));
    pod.is_some_and(|pod| &*pod.uid == str_at(user, "/uid") && !is_done(&pod))
}

/// Whether the claim was made for a pod that will not run any more.
fn owner_is_done(claim: &Value, namespace: &str, world: &World) -> bool {
    let mut owners = list(claim, "/metadata/ownerReferences");
    let owner = owners.find(|owner| owner["controller"] == true && str_at(owner, "/kind") == "Pod");
    let Some(owner) = owner else { return false };
    let pod = world
        .store
        .get(Table::Pods, &Key::new(namespace, str_at(owner, "/name")));
    pod.is_some_and(|pod| &*pod.uid == str_at(owner, "/uid") && is_done(&pod))
}
