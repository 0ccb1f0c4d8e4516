//! Which volumes a claim can have.

use serde_json::Value;

use crate::demo::{life::verbs::list, object::str_at, quantities::nanos};

/// Whether a volume has what a claim asks for: class, mode, size, ways of access, labels.
pub(super) fn fits(volume: &Value, claim: &Value) -> bool {
    let mode = |tree: &Value| match str_at(tree, "/spec/volumeMode") {
        "" => "Filesystem".to_owned(),
        mode => mode.to_owned(),
    };
    let deleting = !str_at(volume, "/metadata/deletionTimestamp").is_empty();
    let ways: Vec<&Value> = list(volume, "/spec/accessModes").collect();
    !deleting
        && str_at(volume, "/spec/storageClassName") == str_at(claim, "/spec/storageClassName")
        && mode(volume) == mode(claim)
        && capacity(volume) >= request(claim)
        && list(claim, "/spec/accessModes").all(|way| ways.contains(&way))
        && selected(volume, claim)
}

/// In billionths of bytes.
pub(super) fn capacity(volume: &Value) -> i128 {
    nanos(str_at(volume, "/spec/capacity/storage")).unwrap_or(0)
}

fn request(claim: &Value) -> i128 {
    nanos(str_at(claim, "/spec/resources/requests/storage")).unwrap_or(0)
}

fn selected(volume: &Value, claim: &Value) -> bool {
    let label = |key: &str| {
        volume
            .pointer("/metadata/labels")
            .and_then(|labels| labels.get(key))
    };
    let wanted = claim
        .pointer("/spec/selector/matchLabels")
        .and_then(Value::as_object);
    let equal = wanted
        .into_iter()
        .flatten()
        .all(|(key, value)| label(key) == Some(value));
    equal
        && list(claim, "/spec/selector/matchExpressions").all(|expression| {
            let value = label(str_at(expression, "/key"));
            let listed = value.is_some_and(|value| list(expression, "/values").any(|v| v == value));
            match str_at(expression, "/operator") {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => false,
            }
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn class_size_access_mode_and_labels_decide() {
        let volume = json!({
            "metadata": {"labels": {"tier": "fast"}},
            "spec": {"storageClassName": "local", "capacity": {"storage": "10Gi"}, "accessModes": ["ReadWriteOnce", "ReadOnlyMany"]},
        });
        let claim = |changes: &[(&str, Value)]| {
            let mut claim = json!({"spec": {
                "storageClassName": "local", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}},
            }});
            for (field, value) in changes {
                claim["spec"][field] = value.clone();
            }
            claim
        };
        assert!(fits(&volume, &claim(&[])));
        for (field, value) in [
            ("storageClassName", json!("other")),
            ("accessModes", json!(["ReadWriteMany"])),
            ("resources", json!({"requests": {"storage": "10.1Gi"}})),
            ("volumeMode", json!("Block")),
            ("selector", json!({"matchLabels": {"tier": "slow"}})),
            (
                "selector",
                json!({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}),
            ),
        ] {
            assert!(!fits(&volume, &claim(&[(field, value)])), "{field}");
        }
        let wanted = json!({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["fast"]}]});
        assert!(fits(&volume, &claim(&[("selector", wanted)])));
    }
}
