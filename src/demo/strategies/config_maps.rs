//! `ConfigMaps`: two bags of keys, which may be made final.

use serde_json::Value;

use super::fields::same;
use crate::demo::{
    failure::Cause,
    names,
    strategy::{self, Strategy},
};

/// Bytes that the values of a config map or a secret may have together.
pub(super) const MOST: usize = 1024 * 1024;
const FINAL: &str = "field is immutable when `immutable` is set";

/// What the server does with config maps.
pub(crate) static STRATEGY: Strategy = Strategy {
    validate,
    validate_update: |_, old, new| {
        let mut causes = final_fields(old, new, &["data", "binaryData"]);
        causes.extend(validate(new));
        causes
    },
    ..strategy::PLAIN
};

fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let (text, binary) = (tree.get("data"), tree.get("binaryData"));
    let size = keys(text, "data", &mut causes, |key, causes| {
        if binary.is_some_and(|binary| binary.get(key).is_some()) {
            let why = "duplicate of key present in binaryData";
            causes.push(Cause::invalid(format!("data[{key}]"), key, why));
        }
    });
    let binary = keys(binary, "binaryData", &mut causes, |_, _| ());
    // A byte in three is one of four characters of base64.
    if size.saturating_add(binary / 4 * 3) > MOST {
        causes.push(Cause::too_long("", MOST));
    }
    causes
}

/// Checks the keys of a bag; answers how long its values are as they are written.
pub(super) fn keys(
    bag: Option<&Value>,
    at: &str,
    causes: &mut Vec<Cause>,
    also: impl Fn(&str, &mut Vec<Cause>),
) -> usize {
    let mut size = 0;
    for (key, value) in bag.and_then(Value::as_object).into_iter().flatten() {
        let wrong = names::config_key(key);
        causes.extend(
            wrong
                .iter()
                .map(|why| Cause::invalid(format!("{at}[{key}]"), key.as_str(), why)),
        );
        also(key, causes);
        size += value.as_str().map_or(0, str::len);
    }
    size
}

/// What was made final must stay as it is, and final.
pub(super) fn final_fields(old: &Value, new: &Value, fields: &[&str]) -> Vec<Cause> {
    let is_final = |tree: &Value| tree.get("immutable") == Some(&Value::Bool(true));
    let mut causes = Vec::new();
    if is_final(old) {
        if !is_final(new) {
            causes.push(Cause::forbidden("immutable", FINAL));
        }
        for field in fields {
            if !same(old.get(field), new.get(field)) {
                causes.push(Cause::forbidden(*field, FINAL));
            }
        }
    }
    causes
}
