//! What the server does with priority classes.
//!
//! Source: `pkg/apis/scheduling/validation` and the `Priority` admission plugin.

use serde_json::Value;

use super::{
    failure::{Cause, Failure},
    fields::{is_true, number, text},
    kinds::PRIORITY_CLASS,
    object::str_at,
    pods::default_class,
    store::Store,
    strategy::{self, Strategy},
};

/// The highest value of a class that is not the system's.
const HIGHEST: i64 = 1_000_000_000;
/// The system's classes, and their values.
const SYSTEM: [(&str, i64); 2] = [
    ("system-node-critical", 2 * HIGHEST + 1000),
    ("system-cluster-critical", 2 * HIGHEST),
];

/// What the server does with priority classes.
pub(crate) static STRATEGY: Strategy = Strategy {
    default,
    admit,
    validate,
    validate_update: |_, old, new| validate_update(old, new),
    begin_deletion: |class, _, _| {
        let name = &*class.key.name;
        if SYSTEM.iter().any(|(known, _)| *known == name) {
            let why = "this is a system priority class and cannot be deleted";
            return Err(Failure::forbidden(&PRIORITY_CLASS, name, why));
        }
        Ok(None)
    },
    ..strategy::PLAIN
};

fn default(tree: &mut Value) {
    if text(tree, "preemptionPolicy").is_empty()
        && let Some(class) = tree.as_object_mut()
    {
        class.insert("preemptionPolicy".into(), "PreemptLowerPriority".into());
    }
}

/// There is one default at most.
fn admit(store: &Store, _: Option<&Value>, class: &mut Value) -> Result<(), Failure> {
    let name = str_at(class, "/metadata/name");
    if !is_true(class, "globalDefault") {
        return Ok(());
    }
    let Some(other) = default_class(store) else {
        return Ok(());
    };
    let other = str_at(&other, "/metadata/name");
    if other == name {
        return Ok(());
    }
    let why = format!("PriorityClass {other} is already marked as default. Only one default can exist");
    Err(Failure::forbidden(&PRIORITY_CLASS, name, &why))
}

fn validate(class: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let name = str_at(class, "/metadata/name");
    let value = number(class, "value").unwrap_or(0);
    if name.starts_with("system-") {
        let why = match SYSTEM.iter().find(|(known, _)| *known == name) {
            None => Some(format!("{name} is not a known system priority class")),
            Some((_, own)) if *own != value => Some(format!("value of {name} PriorityClass must be {own}")),
            Some(_) if is_true(class, "globalDefault") => {
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
    let policy = text(class, "preemptionPolicy");
    let words = ["PreemptLowerPriority", "Never"];
    if !words.contains(&policy) {
        causes.push(Cause::unsupported("preemptionPolicy", policy, &words));
    }
    causes
}

fn validate_update(old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if number(old, "value") != number(new, "value") {
        causes.push(Cause::forbidden("value", "may not be changed in an update."));
    }
    let policy = text(new, "preemptionPolicy");
    if text(old, "preemptionPolicy") != policy {
        causes.push(Cause::invalid("preemptionPolicy", policy, "field is immutable"));
    }
    causes
}
