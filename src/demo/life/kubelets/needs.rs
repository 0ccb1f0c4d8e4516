//! What a pod needs before its containers can be made: volumes, configuration, claims to devices.

use serde_json::Value;

use crate::demo::{
    kinds::Table,
    life::{World, verbs::list},
    object::{Key, Object, str_at},
};

/// Something that is missing.
#[derive(Debug)]
pub(super) struct Need {
    /// What has to change for the kubelet to look again.
    pub(super) on: (Table, Key),
    /// The container that cannot be made for it; `None` where the whole pod waits.
    pub(super) container: Option<String>,
    /// The event: reason and message.
    pub(super) reason: &'static str,
    pub(super) message: String,
}

/// The first thing that a pod lacks.
pub(super) fn lacking(pod: &Object, tree: &Value, world: &World) -> Option<Need> {
    let namespace = &*pod.key.namespace;
    let claims = list(tree, "/spec/resourceClaims");
    let mut needs = claims.filter_map(|entry| resource_claim(pod, tree, entry, world));
    if let Some(need) = needs.next() {
        return Some(need);
    }
    for volume in list(tree, "/spec/volumes") {
        let need = claimed_volume(pod, volume, world).or_else(|| mounted(namespace, volume, world));
        if need.is_some() {
            return need;
        }
    }
    let mut containers = list(tree, "/spec/initContainers").chain(list(tree, "/spec/containers"));
    containers.find_map(|container| environment(namespace, container, world))
}

/// The name of the claim behind a volume of a pod, where there is one.
pub(crate) fn claim_of(pod: &str, volume: &Value) -> Option<String> {
    let claimed = str_at(volume, "/persistentVolumeClaim/claimName");
    if !claimed.is_empty() {
        Some(claimed.to_owned())
    } else if volume.get("ephemeral").is_some_and(Value::is_object) {
        Some(format!("{pod}-{}", str_at(volume, "/name")))
    } else {
        None
    }
}

fn claimed_volume(pod: &Object, volume: &Value, world: &World) -> Option<Need> {
    let name = str_at(volume, "/name");
    let claim = claim_of(&pod.key.name, volume)?;
    let key = Key::new(&pod.key.namespace, &claim);
    let why = match world.store.get(Table::Claims, &key) {
        None => {
            format!("failed to fetch PVC from API server: persistentvolumeclaims \"{claim}\" not found")
        }
        Some(object) => {
            let tree = object.tree();
            if object.deleting {
                "PVC is being deleted".to_owned()
            } else if str_at(&tree, "/status/phase") != "Bound"
                || str_at(&tree, "/spec/volumeName").is_empty()
            {
                "PVC is not bound".to_owned()
            } else {
                return None;
            }
        }
    };
    Some(Need {
        on: (Table::Claims, key),
        container: None,
        reason: "FailedMount",
        message: format!(
            "Unable to attach or mount volumes: unmounted volumes=[{name}], unattached volumes=[], failed to process \
             volumes=[{name}]: error processing PVC {}/{claim}: {why}",
            pod.key.namespace
        ),
    })
}

fn optional(source: &Value) -> bool {
    source.get("optional") == Some(&Value::Bool(true))
}

/// ConfigMaps and Secrets that are mounted, by themselves or as parts of one volume.
fn mounted(namespace: &str, volume: &Value, world: &World) -> Option<Need> {
    let parts = list(volume, "/projected/sources");
    let sources = parts.chain(std::iter::once(volume));
    for source in sources {
        for (field, name_field, table, what) in [
            ("configMap", "name", Table::ConfigMaps, "configmap"),
            ("secret", "name", Table::Secrets, "secret"),
            ("secret", "secretName", Table::Secrets, "secret"),
        ] {
            let Some(named) = source.get(field) else { continue };
            let name = named.get(name_field).and_then(Value::as_str).unwrap_or_default();
            let key = Key::new(namespace, name);
            if name.is_empty() || optional(named) || world.store.get(table, &key).is_some() {
                continue;
            }
            return Some(Need {
                on: (table, key),
                container: None,
                reason: "FailedMount",
                message: format!(
                    "MountVolume.SetUp failed for volume \"{}\" : {what} \"{name}\" not found",
                    str_at(volume, "/name")
                ),
            });
        }
    }
    None
}

/// ConfigMaps and Secrets in the environment of a container.
fn environment(namespace: &str, container: &Value, world: &World) -> Option<Need> {
    let whole = list(container, "/envFrom").flat_map(|from| {
        [
            (from.get("configMapRef"), Table::ConfigMaps),
            (from.get("secretRef"), Table::Secrets),
        ]
    });
    let single = list(container, "/env").flat_map(|variable| {
        [
            (variable.pointer("/valueFrom/configMapKeyRef"), Table::ConfigMaps),
            (variable.pointer("/valueFrom/secretKeyRef"), Table::Secrets),
        ]
    });
    for (reference, table) in whole.chain(single) {
        let Some(reference) = reference.filter(|reference| !optional(reference)) else {
            continue;
        };
        let (name, entry) = (str_at(reference, "/name"), str_at(reference, "/key"));
        let key = Key::new(namespace, name);
        let (lower, upper) = match table {
            Table::Secrets => ("secret", "Secret"),
            _ => ("configmap", "ConfigMap"),
        };
        let has = |tree: &Value| {
            ["data", "binaryData"]
                .iter()
                .any(|part| tree.get(part).is_some_and(|data| data.get(entry).is_some()))
        };
        let why = match world.store.get(table, &key) {
            None => format!("{lower} \"{name}\" not found"),
            Some(object) if !entry.is_empty() && !has(&object.tree()) => {
                format!("couldn't find key {entry} in {upper} {namespace}/{name}")
            }
            Some(_) => continue,
        };
        return Some(Need {
            on: (table, key),
            container: Some(str_at(container, "/name").to_owned()),
            reason: "Failed",
            message: why,
        });
    }
    None
}

/// A claim to devices: made, allocated, and reserved for the pod.
fn resource_claim(pod: &Object, tree: &Value, entry: &Value, world: &World) -> Option<Need> {
    let entry_name = str_at(entry, "/name");
    let named = match str_at(entry, "/resourceClaimName") {
        "" => {
            let made = list(tree, "/status/resourceClaimStatuses").find(|s| str_at(s, "/name") == entry_name);
            made.map(|status| str_at(status, "/resourceClaimName"))
        }
        name => Some(name),
    };
    let need = |claim: &str, why: String| {
        Some(Need {
            on: (Table::ResourceClaims, Key::new(&pod.key.namespace, claim)),
            container: None,
            reason: "FailedPrepareDynamicResources",
            message: format!("Failed to prepare dynamic resources: {why}"),
        })
    };
    let Some(claim) = named else {
        // The pod itself will say which one, once it is made.
        return need(
            entry_name,
            format!("ResourceClaim for {entry_name} was not created yet"),
        );
    };
    if claim.is_empty() {
        return None;
    }
    let Some(object) = world
        .store
        .get(Table::ResourceClaims, &Key::new(&pod.key.namespace, claim))
    else {
        return need(
            claim,
            format!(
                "failed to fetch ResourceClaim {claim} referenced by pod {}: resourceclaims.resource.k8s.io \"{claim}\" not found",
                pod.key.name
            ),
        );
    };
    let tree = object.tree();
    let reserved = list(&tree, "/status/reservedFor").any(|user| str_at(user, "/uid") == &*pod.uid);
    if !reserved {
        let why = format!(
            "pod {}({}) is not allowed to use ResourceClaim {claim}({})",
            pod.key.name, pod.uid, object.uid
        );
        return need(claim, why);
    }
    if tree.pointer("/status/allocation").is_none_or(Value::is_null) {
        return need(claim, format!("ResourceClaim {claim} is not allocated yet"));
    }
    None
}
