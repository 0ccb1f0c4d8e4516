//! The provisioners behind storage classes, played: their volumes are made up.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{NAME, PROVISIONER, VOLUME_PROTECTION, Volumes, post};
use crate::demo::{
    kinds::{
        Table,
        storage::{CLAIM, VOLUME},
    },
    life::{Queue, World, events, verbs::list},
    object::{Key, Object, metadata, str_at},
    strategy::Part,
};

const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";
const ZONE: &str = "topology.kubernetes.io/zone";

/// What is to be made.
pub(super) struct Provisioning<'a> {
    pub(super) class: &'a Value,
    /// The node that the scheduler chose; `None` where the class does not wait for one.
    pub(super) node: Option<&'a str>,
}

impl Volumes {
    /// Asks the provisioner of a class for a volume, or, once the time that it takes is over, makes it.
    pub(super) fn provision(
        &mut self,
        claim: &Object,
        tree: &Value,
        wish: &Provisioning<'_>,
        world: &World,
        queue: &mut Queue,
    ) {
        let provisioner = str_at(wish.class, "/provisioner");
        if provisioner == NO_PROVISIONER {
            if wish.node.is_none() {
                let text = format!("no volume plugin matched name: {NO_PROVISIONER}");
                post(claim, world, "Warning", ("ProvisioningFailed", &text));
            }
            return;
        }
        let now = Instant::now();
        match self.making.get(&claim.uid) {
            None => {
                self.making.insert(claim.uid.clone(), now + world.pace.provision);
                queue.add_after(claim.key.clone(), world.pace.provision);
                announce(claim, provisioner, world);
            }
            Some(at) if *at > now => queue.add_after(claim.key.clone(), *at - now),
            Some(_) => {
                self.making.remove(&claim.uid);
                make(claim, tree, wish, world);
            }
        }
    }
}

fn announce(claim: &Object, provisioner: &str, world: &World) {
    let text = format!(
        "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system \
         administrator. If volume creation is delayed, please verify that the provisioner is running and correctly \
         registered."
    );
    post(claim, world, "Normal", ("ExternalProvisioning", &text));
    world.change(NAME, (&CLAIM, Part::Main), &claim.key, |tree| {
        let annotations = metadata(tree).entry("annotations").or_insert_with(|| json!({}));
        if let Some(annotations) = annotations.as_object_mut() {
            for key in [
                "volume.beta.kubernetes.io/storage-provisioner",
                "volume.kubernetes.io/storage-provisioner",
            ] {
                annotations.insert(key.into(), provisioner.into());
            }
        }
    });
    let text = format!(
        "External provisioner is provisioning volume for claim \"{}/{}\"",
        claim.key.namespace, claim.key.name
    );
    let said = ("Provisioning", text.as_str());
    events::post(&world.store, provisioner, "", (&CLAIM, claim), "Normal", said);
}

fn make(claim: &Object, tree: &Value, wish: &Provisioning<'_>, world: &World) {
    let class = wish.class;
    let (class_name, provisioner) = (str_at(class, "/metadata/name"), str_at(class, "/provisioner"));
    let say = |kind: &str, reason: &str, text: &str| {
        events::post(
            &world.store,
            provisioner,
            "",
            (&CLAIM, claim),
            kind,
            (reason, text),
        );
    };
    let affinity = match topology(wish, world) {
        Ok(affinity) => affinity,
        Err(why) => {
            let text = format!(
                "failed to provision volume with StorageClass {class_name:?}: error generating accessibility \
                 requirements: {why}"
            );
            say("Warning", "ProvisioningFailed", &text);
            return;
        }
    };
    let name = format!("pvc-{}", claim.uid);
    let mode = match str_at(tree, "/spec/volumeMode") {
        "" => "Filesystem",
        mode => mode,
    };
    let policy = match str_at(class, "/reclaimPolicy") {
        "" => "Delete",
        policy => policy,
    };
    let mut volume = json!({
        "metadata": {
            "name": name,
            "annotations": {"pv.kubernetes.io/provisioned-by": provisioner},
            "finalizers": [PROVISIONER, VOLUME_PROTECTION],
        },
        "spec": {
            "accessModes": tree["spec"]["accessModes"],
            "capacity": {"storage": tree["spec"]["resources"]["requests"]["storage"]},
            "claimRef": {
                "kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": &*claim.key.namespace,
                "name": &*claim.key.name, "uid": &*claim.uid, "resourceVersion": claim.revision.to_string(),
            },
            "csi": {"driver": provisioner, "volumeHandle": name},
            "persistentVolumeReclaimPolicy": policy,
            "storageClassName": class_name,
            "volumeMode": mode,
        },
    });
    if let Some(options) = class.get("mountOptions") {
        volume["spec"]["mountOptions"] = options.clone();
    }
    if !affinity.is_empty() {
        let expressions: Vec<Value> = affinity
            .iter()
            .map(|(key, value)| json!({"key": key, "operator": "In", "values": [value]}))
            .collect();
        volume["spec"]["nodeAffinity"] =
            json!({"required": {"nodeSelectorTerms": [{"matchExpressions": expressions}]}});
    }
    // One that is there already is the claim's, from before.
    let there = world.store.get(Table::Volumes, &Key::new("", &name)).is_some();
    if there || world.make(provisioner, &VOLUME, None, volume).is_some() {
        say(
            "Normal",
            "ProvisioningSucceeded",
            &format!("Successfully provisioned volume {name}"),
        );
    }
}

/// The labels of the nodes that the volume can be used on; none where it can be used on all.
///
/// With a node chosen: those of its labels that its driver tells of, or that the class allows, or else its zone. Without:
/// the first that the class allows.
fn topology(wish: &Provisioning<'_>, world: &World) -> Result<BTreeMap<String, String>, String> {
    let allowed: Vec<BTreeMap<&str, Vec<&str>>> = list(wish.class, "/allowedTopologies")
        .map(|term| {
            list(term, "/matchLabelExpressions")
                .map(|label| {
                    let values = list(label, "/values").filter_map(Value::as_str).collect();
                    (str_at(label, "/key"), values)
                })
                .collect()
        })
        .collect();
    let Some(name) = wish.node else {
        let first = allowed.first().into_iter().flatten();
        return Ok(first
            .filter_map(|(key, values)| Some(((*key).to_owned(), (*values.first()?).to_owned())))
            .collect());
    };
    let node = world
        .store
        .get(Table::Nodes, &Key::new("", name))
        .ok_or_else(|| format!("error getting selected node: node {name:?} not found"))?;
    let fits = |term: &BTreeMap<&str, Vec<&str>>| {
        term.iter()
            .all(|(key, values)| node.label(key).is_some_and(|label| values.contains(&label)))
    };
    let mut keys: Vec<String> = driver_keys(name, str_at(wish.class, "/provisioner"), world);
    if !allowed.is_empty() {
        let term = allowed.iter().find(|term| fits(term));
        let term = term.ok_or_else(|| {
            format!("selected node '{name:?}' topology is not in allowed topologies of the storage class")
        })?;
        keys.extend(term.keys().map(|key| (*key).to_owned()));
    } else if keys.is_empty() {
        keys.push(ZONE.to_owned());
    }
    Ok(keys
        .into_iter()
        .filter_map(|key| {
            let value = node.label(&key)?.to_owned();
            Some((key, value))
        })
        .collect())
}

/// The labels by which a driver tells nodes apart, where its CSINode says so.
fn driver_keys(node: &str, driver: &str, world: &World) -> Vec<String> {
    let Some(csi) = world.store.get(Table::CsiNodes, &Key::new("", node)) else {
        return Vec::new();
    };
    list(&csi.tree(), "/spec/drivers")
        .filter(|entry| str_at(entry, "/name") == driver)
        .flat_map(|entry| list(entry, "/topologyKeys"))
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
