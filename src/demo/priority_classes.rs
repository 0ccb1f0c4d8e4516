//! What the server does with priority classes.
//!
//! Source of the rules: `pkg/apis/scheduling/validation` and the `Priority` plugin.

use serde_json::{Value, json};

use super::{
    failure::{Cause, Failure},
    kinds::{PRIORITY_CLASS, Table},
    object::str_at,
    store::Store,
    strategy::{self, Strategy},
};

/// The highest value that is not the cluster's own.
const HIGHEST: i64 = 1_000_000_000;
/// The cluster's own.
const SYSTEM: [(&str, i64); 2] = [
    ("system-node-critical", 2_000_001_000),
    ("system-cluster-critical", 2_000_000_000),
];

/// What the server does with priority classes.
pub(crate) static STRATEGY: Strategy = Strategy {
    default,
    admit,
    validate,
    validate_update: |_, old, new| {
        let mut causes = Vec::new();
        let value = |tree: &Value| tree.get("value").and_then(Value::as_i64).unwrap_or(0);
        if value(old) != value(new) {
            let why = "may not be changed in an update.";
            causes.push(Cause::forbidden("value", why));
        }
        if str_at(old, "/preemptionPolicy") != str_at(new, "/preemptionPolicy") {
            let why = "field is immutable";
            let policy = str_at(new, "/preemptionPolicy");
            causes.push(Cause::invalid("preemptionPolicy", policy, why));
        }
        causes
    },
    ..strategy::PLAIN
};

fn default(tree: &mut Value) {
    if str_at(tree, "/preemptionPolicy").is_empty() {
        tree["preemptionPolicy"] = "PreemptLowerPriority".into();
    }
    if tree.get("value").is_none_or(Value::is_null) {
        tree["value"] = json!(0);
    }
}

/// One class at most is that of pods that name none.
fn admit(store: &Store, old: Option<&Value>, tree: &mut Value) -> Result<(), Failure> {
    let is_default = |tree: &Value| tree.get("globalDefault") == Some(&Value::Bool(true));
    if !is_default(tree) || old.is_some_and(is_default) {
        if !is_default(tree)
            && let Some(map) = tree.as_object_mut()
        {
            map.remove("globalDefault");
        }
        return Ok(());
    }
    let name = str_at(tree, "/metadata/name").to_owned();
    let others = store.list(Table::PriorityClasses, None).objects;
    let other = others
        .iter()
        .find(|other| *other.key.name != *name && is_default(&other.tree()));
    if let Some(other) = other {
        let why = format!(
            "PriorityClass {} is already marked as default. Only one default can exist",
            other.key.name
        );
        return Err(Failure::forbidden(&PRIORITY_CLASS, &name, &why));
    }
    Ok(())
}

fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let name = str_at(tree, "/metadata/name");
    let value = tree.get("value").and_then(Value::as_i64).unwrap_or(0);
    if name.starts_with("system-") {
        let why = match SYSTEM.iter().find(|(known, _)| *known == name) {
            None => Some(format!("{name} is not a known system priority class")),
            Some((_, known)) if *known != value => {
                Some(format!("value of {name} PriorityClass must be {known}"))
            }
            Some(_) if tree.get("globalDefault") == Some(&Value::Bool(true)) => {
                Some(format!("globalDefault of {name} PriorityClass must be false"))
            }
            Some(_) => None,
        };
        if let Some(why) = why {
            let why = format!(
                "priority class names with 'system-' prefix are reserved for system use only. error: {why}"
            );
            causes.push(Cause::forbidden("metadata.name", &why));
        }
    } else if value > HIGHEST {
        let why = format!("maximum allowed value of a user defined priority is {HIGHEST}");
        causes.push(Cause::forbidden("value", &why));
    }
    let policies = ["PreemptLowerPriority", "Never"];
    let policy = str_at(tree, "/preemptionPolicy");
    if !policies.contains(&policy) {
        causes.push(Cause::unsupported("preemptionPolicy", policy, &policies));
    }
    causes
}
