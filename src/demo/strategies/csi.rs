//! `CSINodes`, `CSIDrivers` and `CSIStorageCapacities`.

use serde_json::{Value, json};

use super::fields::{array, fill, immutable, immutable_unseen, not_negative, number, one_of, same, texts};
use crate::demo::{
    failure::Cause,
    label_selectors, names,
    object::str_at,
    quantities,
    strategy::{self, Part, Strategy},
};

/// What the server does with the drivers of a node.
pub(crate) static NODES: Strategy = Strategy {
    needs_version: true,
    validate: validate_node,
    validate_update: |part, old, new| match part {
        Part::Status => Vec::new(),
        Part::Main | Part::Sub(_) => validate_node_update(old, new),
    },
    ..strategy::PLAIN
};

/// What the server does with drivers.
pub(crate) static DRIVERS: Strategy = Strategy {
    needs_version: true,
    default: |tree| {
        fill(tree, "/spec/attachRequired", json!(true));
        let off = [
            "podInfoOnMount",
            "storageCapacity",
            "requiresRepublish",
            "seLinuxMount",
            "preventPodSchedulingIfMissing",
        ];
        for field in off {
            fill(tree, &format!("/spec/{field}"), json!(false));
        }
        fill(tree, "/spec/fsGroupPolicy", json!("ReadWriteOnceWithFSType"));
        if texts(tree, "/spec/volumeLifecycleModes").is_empty() {
            tree["spec"]["volumeLifecycleModes"] = json!(["Persistent"]);
        }
    },
    validate: validate_driver,
    validate_update: |_, old, new| {
        let mut causes = validate_driver(new);
        let required = |tree: &Value| tree.pointer("/spec/attachRequired").cloned().unwrap_or_default();
        if required(old) != required(new) {
            // Upstream calls the field so.
            let at = "spec.attachedRequired";
            causes.push(Cause::invalid(at, required(new), "field is immutable"));
        }
        immutable_unseen(old, new, &["/spec/volumeLifecycleModes"], &mut causes);
        causes
    },
    ..strategy::PLAIN
};

/// What the server does with storage capacities.
pub(crate) static CAPACITIES: Strategy = Strategy {
    needs_version: true,
    validate: validate_capacity,
    validate_update: |_, old, new| {
        let mut causes = Vec::new();
        immutable(old, new, &["/nodeTopology", "/storageClassName"], &mut causes);
        causes
    },
    ..strategy::PLAIN
};

fn driver_name(name: &str, at: &str, causes: &mut Vec<Cause>) {
    if name.is_empty() {
        causes.push(Cause::required(at, ""));
        return;
    }
    if name.len() > 63 {
        causes.push(Cause::too_long(at, 63));
    }
    let wrong = names::subdomain(&name.to_lowercase());
    causes.extend(wrong.iter().map(|why| Cause::invalid(at, name, why)));
}

fn validate_node(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut seen = Vec::new();
    for (i, driver) in array(tree, "/spec/drivers").enumerate() {
        let at = format!("spec.drivers[{i}]");
        let name = str_at(driver, "/name");
        driver_name(name, &format!("{at}.name"), &mut causes);
        if str_at(driver, "/nodeID").is_empty() {
            causes.push(Cause::required(format!("{at}.nodeID"), ""));
        }
        if let Some(count) = number(driver, "/allocatable/count").filter(|count| *count < 0) {
            let why = "must be greater than or equal to 0";
            causes.push(Cause::invalid(format!("{at}.allocatable.count"), count, why));
        }
        let mut keys = Vec::new();
        for key in texts(driver, "/topologyKeys") {
            if keys.contains(&key) {
                causes.push(Cause::duplicate(at.as_str(), key));
            }
            keys.push(key);
            if key.is_empty() {
                causes.push(Cause::required(at.as_str(), ""));
            }
            let wrong = names::qualified(key);
            causes.extend(wrong.iter().map(|why| Cause::invalid(at.as_str(), key, why)));
        }
        if seen.contains(&name) {
            causes.push(Cause::duplicate(format!("{at}.name"), name));
        }
        seen.push(name);
    }
    causes
}

/// A driver that stays is as it was, but for how much it can hold.
fn validate_node_update(old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = validate_node(new);
    let bare = |driver: &Value| {
        let mut driver = driver.clone();
        if let Some(map) = driver.as_object_mut() {
            map.remove("allocatable");
        }
        driver
    };
    for before in array(old, "/spec/drivers") {
        let after = array(new, "/spec/drivers").find(|after| after["name"] == before["name"]);
        if let Some(after) = after
            && !same(Some(&bare(before)), Some(&bare(after)))
        {
            let part = |name: &str| after.get(name).cloned().unwrap_or_default();
            let shown = format!(
                "{{\"Name\":{},\"NodeID\":{},\"TopologyKeys\":{},\"Allocatable\":null}}",
                part("name"),
                part("nodeID"),
                part("topologyKeys")
            );
            let why = "field is immutable";
            causes.push(Cause::invalid_as("spec.drivers", &shown, why));
        }
    }
    causes
}

fn validate_driver(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let policies = ["File", "None", "ReadWriteOnceWithFSType"];
    one_of(tree, "/spec/fsGroupPolicy", &policies, &mut causes);
    let mut audiences = Vec::new();
    for (i, request) in array(tree, "/spec/tokenRequests").enumerate() {
        let audience = str_at(request, "/audience");
        let at = format!("spec.tokenRequests[{i}].audience");
        if audiences.contains(&audience) {
            causes.push(Cause::duplicate(at, audience));
        }
        audiences.push(audience);
    }
    let modes = ["Persistent", "Ephemeral"];
    for mode in texts(tree, "/spec/volumeLifecycleModes") {
        if !modes.contains(&mode) {
            causes.push(Cause::unsupported("spec.volumeLifecycleModes", mode, &modes));
        }
    }
    not_negative(tree, &["/spec/nodeAllocatableUpdatePeriodSeconds"], &mut causes);
    causes
}

fn validate_capacity(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if let Some(topology) = tree.get("nodeTopology").filter(|topology| !topology.is_null()) {
        causes.extend(label_selectors::validate(topology, "nodeTopology"));
    }
    let class = str_at(tree, "/storageClassName");
    let wrong = names::subdomain(class);
    causes.extend(
        wrong
            .iter()
            .map(|why| Cause::invalid("storageClassName", class, why)),
    );
    for field in ["capacity", "maximumVolumeSize"] {
        let size = tree.get(field).and_then(Value::as_str).unwrap_or_default();
        if quantities::nanos(size).is_some_and(|size| size < 0) {
            let why = "must be greater than or equal to 0";
            causes.push(Cause::invalid(field, size, why));
        }
    }
    causes
}
