//! What is left out of a manifest before anybody sees it.

use serde_json::Value;

use crate::model::mask;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Takes out what only servers read, and masks what may be secret, as on the wire: no rule of scheduling looks at the
/// environment, and passwords are often in it, or in a command.
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
    mask::json(object, "");
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
                "initContainers": [{"name": "i", "env": [{"name": "TOKEN", "value": "hunter2"}],
                    "command": ["sh", "-c", "exec app --token hunter2 --v 3"],
                    "args": ["--password=hunter2", "--db-password", "hunter2", "postgres://app:hunter2@db/x", "--v=2"]}],
            },
        });
        tidy(&mut pod);
        assert!(!pod.to_string().contains("hunter2"), "{pod}");
        assert_eq!(pod["metadata"], json!({"name": "a"}));
        assert_eq!(
            pod["spec"]["containers"][0]["env"][0],
            json!({"name": "PASSWORD", "value": mask::MASKED})
        );
        let own = &pod["spec"]["initContainers"][0];
        assert_eq!(own["command"][2], "exec app --token (masked) --v 3");
        assert_eq!(
            own["args"],
            json!([
                "--password=(masked)",
                "--db-password",
                "(masked)",
                "postgres://app:(masked)@db/x",
                "--v=2"
            ])
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
