//! `PersistentVolumes`: one source each, which is final.
//!
//! Not checked: what is in a source, beside that there is one, and node affinity.

use serde_json::{Value, json};

use super::{
    claims,
    fields::{fill, one_of, same, texts},
};
use crate::demo::{
    clock,
    failure::Cause,
    object::{child, str_at},
    quantities,
    strategy::{self, Part, Strategy},
};

const PROTECTION: &str = "kubernetes.io/pv-protection";
/// What a volume can be, in upstream's order of looking.
const SOURCES: [&str; 22] = [
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "scaleIO",
    "local",
    "storageos",
    "csi",
    "flexVolume",
];

/// What the server does with volumes.
pub(crate) static STRATEGY: Strategy = Strategy {
    default,
    prepare,
    prepare_update: |_, old, new| {
        let phase = |tree: &Value| str_at(tree, "/status/phase").to_owned();
        if phase(old) != phase(new) {
            child(new, "status").insert("lastPhaseTransitionTime".into(), clock::now().into());
        }
    },
    validate,
    validate_update,
    ..strategy::PLAIN
};

fn default(tree: &mut Value) {
    fill(tree, "/spec/persistentVolumeReclaimPolicy", json!("Retain"));
    fill(tree, "/spec/volumeMode", json!("Filesystem"));
    if tree.pointer("/spec/hostPath").is_some_and(Value::is_object) {
        fill(tree, "/spec/hostPath/type", json!(""));
    }
    fill(tree, "/status/phase", json!("Pending"));
}

fn prepare(tree: &mut Value) {
    tree["status"] = json!({"phase": "Pending", "lastPhaseTransitionTime": clock::now()});
    claims::protect(tree, PROTECTION);
}

fn sources(tree: &Value) -> Vec<&'static str> {
    let spec = tree.get("spec").unwrap_or(&Value::Null);
    let said = |source: &&str| spec.get(*source).is_some_and(|source| !source.is_null());
    SOURCES.into_iter().filter(said).collect()
}

fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    claims::access_modes(tree, "", &mut causes);
    let capacity = tree.pointer("/spec/capacity").cloned().unwrap_or_default();
    let amounts = capacity.as_object();
    if amounts.is_none_or(serde_json::Map::is_empty) {
        causes.push(Cause::required("spec.capacity", ""));
    }
    if capacity.get("storage").is_none() || amounts.is_some_and(|amounts| amounts.len() > 1) {
        let shown = capacity.to_string();
        causes.push(Cause::unsupported_as("spec.capacity", &shown, &["storage"]));
    }
    for (name, amount) in amounts.into_iter().flatten() {
        let amount = amount.as_str().unwrap_or_default();
        if quantities::nanos(amount).is_none_or(|amount| amount <= 0) {
            let why = "must be greater than zero";
            causes.push(Cause::invalid(format!("spec.capacity[{name}]"), amount, why));
        }
    }
    let policies = ["Delete", "Recycle", "Retain"];
    one_of(
        tree,
        "/spec/persistentVolumeReclaimPolicy",
        &policies,
        &mut causes,
    );
    let sources = sources(tree);
    for more in sources.iter().skip(1) {
        let why = "may not specify more than 1 volume type";
        causes.push(Cause::forbidden(format!("spec.{more}"), why));
    }
    if sources.is_empty() {
        causes.push(Cause::required("spec", "must specify a volume type"));
    }
    claims::class_name(tree, &mut causes);
    one_of(tree, "/spec/volumeMode", &["Block", "Filesystem"], &mut causes);
    if texts(tree, "/spec/mountOptions")
        .iter()
        .any(|option| option.is_empty())
    {
        causes.push(Cause::invalid("spec.mountOptions", "", "must not be empty"));
    }
    causes
}

fn validate_update(part: Part, old: &Value, new: &Value) -> Vec<Cause> {
    if part == Part::Status {
        return Vec::new();
    }
    let mut causes = validate(new);
    let changed = SOURCES.iter().any(|source| {
        let at = format!("/spec/{source}");
        !same(old.pointer(&at), new.pointer(&at))
    });
    if changed {
        let why = "spec.persistentvolumesource is immutable after creation";
        causes.push(Cause::forbidden("spec.persistentvolumesource", why));
    }
    let mode = |tree: &Value| tree.pointer("/spec/volumeMode").cloned().unwrap_or_default();
    if mode(old) != mode(new) {
        causes.push(Cause::invalid("volumeMode", mode(new), "field is immutable"));
    }
    causes
}
