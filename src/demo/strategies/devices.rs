//! `DeviceClasses`, `DeviceTaintRules` and `ResourceSlices`.
//!
//! CEL expressions are not compiled: an empty one is refused, any other taken. Not checked: opaque parameters, shared
//! counters, node selectors of slices.

use serde_json::{Map, Value, json};

use super::fields::{array, fill, has, immutable, number};
use crate::demo::{
    clock,
    failure::Cause,
    names,
    object::str_at,
    strategy::{self, Part, Strategy},
};

/// What the server does with device classes.
pub(crate) static CLASSES: Strategy = Strategy {
    default: |tree| fill(tree, "/spec", json!({})),
    validate: validate_class,
    validate_update: |_, _, new| validate_class(new),
    ..strategy::PLAIN
};

/// What the server does with device taint rules.
pub(crate) static TAINT_RULES: Strategy = Strategy {
    default: |tree| {
        if has(tree, "/spec/taint") {
            fill(tree, "/spec/taint/timeAdded", clock::now().into());
        }
    },
    validate: validate_rule,
    validate_update: |part, _, new| match part {
        Part::Status => Vec::new(),
        Part::Main | Part::Sub(_) => validate_rule(new),
    },
    ..strategy::PLAIN
};

/// What the server does with resource slices.
pub(crate) static SLICES: Strategy = Strategy {
    validate: validate_slice,
    validate_update: |_, old, new| {
        let mut causes = validate_slice(new);
        let fixed = ["/spec/pool/name", "/spec/driver", "/spec/nodeName"];
        immutable(old, new, &fixed, &mut causes);
        causes
    },
    ..strategy::PLAIN
};

/// The selectors of devices at that pointer.
pub(super) fn selectors(tree: &Value, at: &str, shown: &str, causes: &mut Vec<Cause>) {
    for (i, selector) in array(tree, at).enumerate() {
        if !has(selector, "/cel") {
            causes.push(Cause::required(format!("{shown}[{i}].cel"), ""));
        } else if str_at(selector, "/cel/expression").trim().is_empty() {
            let why = "compilation failed: ERROR: <input>:1:0: Syntax error: mismatched input '<EOF>' expecting {'[', '{', \
                       '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, \
                       IDENTIFIER}";
            let expression = str_at(selector, "/cel/expression");
            let at = format!("{shown}[{i}].cel.expression");
            causes.push(Cause::invalid(at, expression, why));
        }
    }
}

fn validate_class(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    selectors(tree, "/spec/selectors", "spec.selectors", &mut causes);
    for (i, config) in array(tree, "/spec/config").enumerate() {
        if !has(config, "/opaque") {
            causes.push(Cause::required(format!("spec.config[{i}].opaque"), ""));
        }
    }
    causes
}

fn validate_rule(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    taint(
        tree.pointer("/spec/taint").unwrap_or(&Value::Null),
        "spec.taint",
        &mut causes,
    );
    causes
}

fn taint(taint: &Value, at: &str, causes: &mut Vec<Cause>) {
    let key = str_at(taint, "/key");
    let wrong = names::qualified(key);
    causes.extend(
        wrong
            .iter()
            .map(|why| Cause::invalid(format!("{at}.key"), key, why)),
    );
    let value = str_at(taint, "/value");
    let wrong = names::label_value(value);
    causes.extend(
        wrong
            .iter()
            .map(|why| Cause::invalid(format!("{at}.value"), value, why)),
    );
    let effects = ["NoExecute", "NoSchedule", "None"];
    match str_at(taint, "/effect") {
        "" => causes.push(Cause::required(format!("{at}.effect"), "")),
        effect if !effects.contains(&effect) => {
            causes.push(Cause::unsupported(format!("{at}.effect"), effect, &effects));
        }
        _ => {}
    }
}

fn validate_slice(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let driver = str_at(tree, "/spec/driver");
    if driver.is_empty() {
        causes.push(Cause::required("spec.driver", ""));
    } else {
        let wrong = names::subdomain(driver);
        causes.extend(wrong.iter().map(|why| Cause::invalid("spec.driver", driver, why)));
    }
    let pool = str_at(tree, "/spec/pool/name");
    if pool.is_empty() {
        causes.push(Cause::required("spec.pool.name", ""));
    }
    for part in pool.split('/').filter(|_| !pool.is_empty()) {
        let wrong = names::subdomain(part);
        causes.extend(
            wrong
                .iter()
                .map(|why| Cause::invalid("spec.pool.name", part, why)),
        );
    }
    let count = number(tree, "/spec/pool/resourceSliceCount").unwrap_or(0);
    if count <= 0 {
        let why = "must be greater than zero";
        causes.push(Cause::invalid("spec.pool.resourceSliceCount", count, why));
    }
    if let Some(generation) = number(tree, "/spec/pool/generation").filter(|generation| *generation < 0) {
        let why = "must be greater than or equal to 0";
        causes.push(Cause::invalid("spec.pool.generation", generation, why));
    }
    places(tree, &mut causes);
    let mut seen = Vec::new();
    for (i, device) in array(tree, "/spec/devices").enumerate() {
        let at = format!("spec.devices[{i}]");
        let name = str_at(device, "/name");
        if name.is_empty() {
            causes.push(Cause::required(format!("{at}.name"), ""));
        } else {
            let wrong = names::label(name);
            causes.extend(
                wrong
                    .iter()
                    .map(|why| Cause::invalid(format!("{at}.name"), name, why)),
            );
        }
        attributes(device, &at, &mut causes);
        for (i, one) in array(device, "/taints").enumerate() {
            taint(one, &format!("{at}.taints[{i}]"), &mut causes);
        }
        if seen.contains(&name) {
            causes.push(Cause::duplicate(at, name));
        }
        seen.push(name);
    }
    causes
}

/// Which nodes a slice is for must be said in one way.
fn places(tree: &Value, causes: &mut Vec<Cause>) {
    const WAYS: [&str; 4] = ["nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"];
    let empty = |value: &Value| matches!(value, Value::Null | Value::Bool(false)) || *value == json!("");
    let said: Vec<String> = WAYS
        .iter()
        .filter(|way| {
            let value = tree.pointer(&format!("/spec/{way}"));
            value.is_some_and(|value| !empty(value))
        })
        .map(|way| format!("`{way}`"))
        .collect();
    let ways = WAYS.map(|way| format!("`{way}`")).join(", ");
    let why = format!("exactly one of {ways} is required");
    match said.len() {
        1 => {}
        0 => causes.push(Cause::required("spec", &why)),
        _ => {
            let shown = format!("\"{{{}}}\"", said.join(", "));
            let why = format!("{why}, but multiple fields are set");
            causes.push(Cause::invalid_as("spec", &shown, &why));
        }
    }
}

/// Each attribute has one value.
fn attributes(device: &Value, at: &str, causes: &mut Vec<Cause>) {
    const KINDS: [&str; 8] = [
        "int", "bool", "string", "version", "ints", "bools", "strings", "versions",
    ];
    let all = KINDS.map(|kind| format!("`{kind}`")).join(", ");
    let attributes = device.get("attributes").and_then(Value::as_object);
    for (name, value) in attributes.into_iter().flatten() {
        let at = format!("{at}.attributes[{name}]");
        let none = Map::new();
        let value = value.as_object().unwrap_or(&none);
        let said: Vec<&str> = KINDS
            .into_iter()
            .filter(|kind| value.get(*kind).is_some_and(|value| !value.is_null()))
            .collect();
        match said.len() {
            1 => {}
            0 => {
                let why = format!("must specify one of: {all}");
                causes.push(Cause::invalid(at, "", &why));
            }
            _ => {
                let why = format!("must specify exactly one of: {all}");
                let shown = format!("\"{{{}}}\"", said.join(", "));
                causes.push(Cause::invalid_as(at, &shown, &why));
            }
        }
    }
}
