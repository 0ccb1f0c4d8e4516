//! What is left out of a manifest before anybody sees it.

use serde_json::Value;

/// What stands in the place of a value that is not shown.
const HIDDEN: &str = "(not shown)";

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

pub(super) fn tidy(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
        // It repeats the whole manifest, environment too.
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(LAST_APPLIED);
            if annotations.is_empty() {
                metadata.remove("annotations");
            }
        }
    }
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        let containers = object
            .pointer_mut(&format!("/spec/{list}"))
            .and_then(Value::as_array_mut);
        containers.into_iter().flatten().for_each(hide_environment);
    }
}

/// No rule of scheduling looks at the environment, and passwords are often in it.
fn hide_environment(container: &mut Value) {
    let variables = container.get_mut("env").and_then(Value::as_array_mut);
    for variable in variables.into_iter().flatten() {
        if let Some(value) = variable.get_mut("value") {
            *value = Value::from(HIDDEN);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_and_bookkeeping_stay_out() {
        let mut pod = json!({
            "metadata": {
                "name": "a",
                "managedFields": [{"manager": "kubectl"}],
                "annotations": {LAST_APPLIED: "{\"env\": \"hunter2\"}"},
            },
            "spec": {
                "containers": [{"name": "c", "env": [
                    {"name": "PASSWORD", "value": "hunter2"},
                    {"name": "FROM", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
                ]}],
                "initContainers": [{"name": "i", "env": [{"name": "TOKEN", "value": "hunter2"}]}],
            },
        });
        tidy(&mut pod);
        assert!(!pod.to_string().contains("hunter2"), "{pod}");
        assert_eq!(pod["metadata"], json!({"name": "a"}));
        assert_eq!(
            pod["spec"]["containers"][0]["env"][0],
            json!({"name": "PASSWORD", "value": HIDDEN})
        );
        assert!(pod["spec"]["containers"][0]["env"][1]["valueFrom"].is_object());
    }

    #[test]
    fn what_is_no_object_is_left_alone() {
        for odd in [
            json!(null),
            json!([1]),
            json!({"metadata": 3, "spec": {"containers": "x"}}),
        ] {
            let mut tidied = odd.clone();
            tidy(&mut tidied);
            assert_eq!(tidied, odd);
        }
    }
}
