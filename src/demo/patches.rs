//! Patches: merge (RFC 7386), JSON (RFC 6902) and strategic merge.
//!
//! Strategic merge knows the list keys of the kinds in [`super::kinds`] (see [`MERGE_KEYS`]), `$patch: delete` and
//! `$patch: replace`. `$setElementOrder` and `$retainKeys` only order or prune what the merge has done already and are
//! passed over; `$deleteFromPrimitiveList` is honoured. Server-side apply is refused with 415.

use serde_json::{Map, Value};

use super::failure::Failure;

/// How a patch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Merge,
    Strategic,
}

impl Form {
    /// The media types, as the refusal of others lists them.
    pub(crate) const ACCEPTED: [&str; 3] = [
        "application/json-patch+json",
        "application/merge-patch+json",
        "application/strategic-merge-patch+json",
    ];

    pub(crate) fn parse(content_type: &str) -> Result<Self, Failure> {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        match Self::ACCEPTED.iter().position(|known| *known == essence) {
            Some(0) => Ok(Self::Json),
            Some(1) => Ok(Self::Merge),
            Some(_) => Ok(Self::Strategic),
            None => Err(Failure::unsupported_media_type(&Self::ACCEPTED)),
        }
    }
}

/// Operations that a JSON patch may have, as upstream.
const MOST_OPERATIONS: usize = 10_000;
/// Bytes that the `copy` operations of a JSON patch may copy together, as upstream: each could double the object.
const MOST_COPIED: usize = 3 * 1024 * 1024;

/// Lists of objects that merge element by element: the field, and the key that tells elements apart. `podIPs`,
/// `taints`, `tolerations` and all others are replaced as a whole.
const MERGE_KEYS: [(&str, &str); 17] = [
    ("addresses", "type"),
    ("conditions", "type"),
    ("containers", "name"),
    ("drivers", "name"),
    ("env", "name"),
    ("ephemeralContainers", "name"),
    ("hostAliases", "ip"),
    ("imagePullSecrets", "name"),
    ("initContainers", "name"),
    ("ownerReferences", "uid"),
    ("ports", "containerPort"),
    // Of Services.
    ("ports", "port"),
    ("reservedFor", "uid"),
    ("schedulingGates", "name"),
    ("topologySpreadConstraints", "topologyKey"),
    ("volumeMounts", "mountPath"),
    ("volumes", "name"),
];

/// The object that a patch makes of this one.
pub(crate) fn apply(form: Form, target: Value, patch: &[u8]) -> Result<Value, Failure> {
    let malformed = |error: serde_json::Error| Failure::bad_request(format!("error decoding patch: {error}"));
    match form {
        Form::Json => apply_operations(target, &serde_json::from_slice(patch).map_err(malformed)?),
        Form::Merge => {
            let patch: Value = serde_json::from_slice(patch).map_err(malformed)?;
            let mut target = target;
            json_patch::merge(&mut target, &patch);
            Ok(target)
        }
        Form::Strategic => {
            let patch: Value = serde_json::from_slice(patch).map_err(malformed)?;
            let Value::Object(patch) = patch else {
                return Err(Failure::bad_request(
                    "error decoding patch: an object is expected",
                ));
            };
            let mut target = target;
            merge_map(&mut target, patch)?;
            Ok(target)
        }
    }
}

fn apply_operations(mut target: Value, patch: &json_patch::Patch) -> Result<Value, Failure> {
    if patch.len() > MOST_OPERATIONS {
        return Err(Failure::too_many_operations(MOST_OPERATIONS, patch.len()));
    }
    let mut copied = 0;
    for operation in patch.iter() {
        if let json_patch::PatchOperation::Copy(copy) = operation {
            copied += target
                .pointer(copy.from.as_str())
                .map_or(0, |value| value.to_string().len());
            if copied > MOST_COPIED {
                return Err(Failure::invalid_patch("the patch copies too much"));
            }
        }
        json_patch::patch(&mut target, std::slice::from_ref(operation))
            .map_err(|error| Failure::invalid_patch(&error.to_string()))?;
    }
    Ok(target)
}

fn merge_map(target: &mut Value, patch: Map<String, Value>) -> Result<(), Failure> {
    match patch.get("$patch").and_then(Value::as_str) {
        Some("replace") => {
            *target = Value::Object(patch.into_iter().filter(|(key, _)| key != "$patch").collect());
            return Ok(());
        }
        Some("delete") => {
            *target = Value::Object(Map::new());
            return Ok(());
        }
        Some("merge") | None => {}
        Some(other) => return Err(Failure::bad_request(format!("Unknown patch type found: {other}"))),
    }
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(map) = target else { return Ok(()) };
    for (key, value) in patch {
        if let Some(list) = key.strip_prefix("$deleteFromPrimitiveList/") {
            let gone = value.as_array().cloned().unwrap_or_default();
            if let Some(list) = map.get_mut(list).and_then(Value::as_array_mut) {
                list.retain(|element| !gone.contains(element));
            }
        } else if !key.starts_with('$') {
            merge_field(map, key, value)?;
        }
    }
    Ok(())
}

fn merge_field(map: &mut Map<String, Value>, key: String, value: Value) -> Result<(), Failure> {
    let mut merge_keys = MERGE_KEYS
        .iter()
        .filter(|(list, _)| *list == key)
        .map(|(_, key)| *key);
    let first = merge_keys.next();
    let all_have = |key: &&str| {
        let elements = value.as_array().into_iter().flatten();
        elements.into_iter().all(|element| element.get(*key).is_some())
    };
    let merge_key = first.filter(all_have).or(merge_keys.find(all_have)).or(first);
    match (value, merge_key) {
        (Value::Null, _) => {
            map.remove(&key);
        }
        (Value::Object(patch), _) => merge_map(map.entry(key).or_insert(Value::Null), patch)?,
        (Value::Array(patch), Some(merge_key)) => {
            let target = map.entry(key).or_insert_with(|| Value::Array(Vec::new()));
            match target {
                Value::Array(target) => merge_list(target, patch, merge_key)?,
                other => *other = Value::Array(patch),
            }
        }
        (Value::Array(patch), None) if key == "finalizers" => {
            let target = map.entry(key).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(target) = target {
                let new: Vec<Value> = patch
                    .into_iter()
                    .filter(|value| !target.contains(value))
                    .collect();
                target.extend(new);
            }
        }
        (value, _) => {
            map.insert(key, value);
        }
    }
    Ok(())
}

fn merge_list(target: &mut Vec<Value>, patch: Vec<Value>, merge_key: &str) -> Result<(), Failure> {
    if patch.iter().any(|element| {
        element.get("$patch").is_some_and(|p| p == "replace") && element.get(merge_key).is_none()
    }) {
        *target = patch
            .into_iter()
            .filter(|element| element.get("$patch").is_none())
            .collect();
        return Ok(());
    }
    for element in patch {
        let Value::Object(element) = element else {
            return Err(Failure::bad_request(
                "error decoding patch: a list of objects is expected",
            ));
        };
        let Some(id) = element.get(merge_key).cloned() else {
            let why = format!(
                "map: {} does not contain declared merge key: {merge_key}",
                Value::Object(element)
            );
            return Err(Failure::unclassified(why));
        };
        let at = target.iter().position(|old| old.get(merge_key) == Some(&id));
        let delete = element.get("$patch").is_some_and(|p| p == "delete");
        match at {
            Some(at) if delete => {
                target.remove(at);
            }
            Some(at) => {
                if let Some(old) = target.get_mut(at) {
                    merge_map(old, element)?;
                }
            }
            None if delete => {}
            None => target.push(Value::Object(element)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(form: Form, patch: &Value) -> Value {
        let target = json!({
            "metadata": {"labels": {"a": "1"}, "finalizers": ["x"]},
            "spec": {"containers": [{"name": "c", "image": "i:1"}], "taints": [{"key": "t"}]},
        });
        apply(form, target, patch.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn strategic() {
        let patch = json!({
            "metadata": {"labels": {"a": null, "b": "2"}, "finalizers": ["x", "y"]},
            "spec": {
                "containers": [{"name": "c", "image": "i:2"}, {"name": "d"}],
                "$setElementOrder/containers": [{"name": "c"}, {"name": "d"}],
                "taints": [{"key": "u"}],
            },
        });
        assert_eq!(
            patched(Form::Strategic, &patch),
            json!({
                "metadata": {"labels": {"b": "2"}, "finalizers": ["x", "y"]},
                "spec": {"containers": [{"name": "c", "image": "i:2"}, {"name": "d"}], "taints": [{"key": "u"}]},
            })
        );
        let patch = json!({"spec": {"containers": [{"name": "c", "$patch": "delete"}]}});
        assert_eq!(patched(Form::Strategic, &patch)["spec"]["containers"], json!([]));
    }

    #[test]
    fn merge_and_json() {
        let merged = patched(
            Form::Merge,
            &json!({"spec": {"containers": [{"name": "d"}], "taints": null}}),
        );
        assert_eq!(merged["spec"], json!({"containers": [{"name": "d"}]}));
        let operations = json!([{"op": "test", "path": "/spec/taints/0/key", "value": "t"}, {"op": "remove", "path": "/spec/taints/0"}]);
        assert_eq!(patched(Form::Json, &operations)["spec"]["taints"], json!([]));
        let doubling: Vec<Value> = (0..40)
            .map(|i| json!({"op": "copy", "from": "/spec", "path": format!("/spec/c{i}")}))
            .collect();
        let bomb = apply(
            Form::Json,
            json!({"spec": {}}),
            json!(doubling).to_string().as_bytes(),
        );
        assert!(bomb.unwrap_err().message().contains("copies too much"));
        let failing = json!([{"op": "test", "path": "/spec", "value": 1}]).to_string();
        assert!(apply(Form::Json, json!({"spec": 2}), failing.as_bytes()).is_err());
    }
}
