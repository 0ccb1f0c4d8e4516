//! Finding a field by the path that explanations give: `spec.taints[1]`, `metadata.labels.topology.kubernetes.io/zone`,
//! `spec.containers[*].image`.

use serde_json::Value;

/// The paths of the fields in `object` that `field` means.
///
/// Keys may have dots of their own: where several keys fit, the longest that leads on is meant.
pub(super) fn find(object: &Value, field: &str) -> Vec<String> {
    let mut found = Vec::new();
    walk(object, field, String::new(), &mut found);
    found
}

fn walk(value: &Value, rest: &str, path: String, found: &mut Vec<String>) -> bool {
    if rest.is_empty() {
        found.push(path);
        return true;
    }
    match value {
        Value::Object(map) => {
            let rest = if path.is_empty() {
                rest
            } else if let Some(rest) = rest.strip_prefix('.') {
                rest
            } else {
                return false;
            };
            let mut keys: Vec<(&String, &str)> = map
                .keys()
                .filter_map(|key| Some((key, after(rest, key)?)))
                .collect();
            keys.sort_by_key(|(key, _)| std::cmp::Reverse(key.len()));
            keys.into_iter().any(|(key, rest)| {
                map.get(key)
                    .is_some_and(|value| walk(value, rest, joined(&path, key), found))
            })
        }
        Value::Array(items) => {
            let Some((index, rest)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
                return false;
            };
            if index == "*" {
                let mut any = false;
                for (at, item) in items.iter().enumerate() {
                    any |= walk(item, rest, format!("{path}[{at}]"), found);
                }
                return any;
            }
            let item = index.parse().ok().and_then(|at: usize| items.get(at));
            item.is_some_and(|item| walk(item, rest, format!("{path}[{index}]"), found))
        }
        _ => false,
    }
}

/// What follows `key` in `rest`, where it stands there as a whole.
fn after<'a>(rest: &'a str, key: &str) -> Option<&'a str> {
    let after = rest.strip_prefix(key)?;
    (after.is_empty() || after.starts_with(['.', '['])).then_some(after)
}

/// The path of `key` under `path`.
pub(super) fn joined(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// Whether `path` is `of` or lies below it.
pub(super) fn is_within(path: &str, of: &str) -> bool {
    after(path, of).is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_found_whatever_dots_their_keys_have() {
        let node = json!({
            "metadata": {"labels": {"topology": "x", "topology.kubernetes.io/zone": "a", "a.b": "1", "a": "2"}},
            "spec": {"taints": [{"key": "k"}, {"key": "l"}]},
            "status": {"allocatable": {"nvidia.com/gpu": "8"}},
        });
        let one = |field: &str| find(&node, field);
        assert_eq!(
            one("metadata.labels.topology.kubernetes.io/zone"),
            ["metadata.labels.topology.kubernetes.io/zone"]
        );
        assert_eq!(one("metadata.labels.a.b"), ["metadata.labels.a.b"]);
        assert_eq!(one("metadata.labels.a"), ["metadata.labels.a"]);
        assert_eq!(one("spec.taints[1]"), ["spec.taints[1]"]);
        assert_eq!(
            one("spec.taints[*].key"),
            ["spec.taints[0].key", "spec.taints[1].key"]
        );
        assert_eq!(
            one("status.allocatable.nvidia.com/gpu"),
            ["status.allocatable.nvidia.com/gpu"]
        );
        for none in [
            "spec.taints[2]",
            "spec.unschedulable",
            "metadata.labels.topology.other",
            "spec.taints.key",
            "spectaints",
        ] {
            assert_eq!(one(none), Vec::<String>::new(), "{none}");
        }
    }

    #[test]
    fn a_path_lies_within_another_at_whole_steps_only() {
        assert!(is_within("spec.taints[1].key", "spec.taints[1]"));
        assert!(is_within("spec.taints[1]", "spec.taints"));
        assert!(!is_within("spec.taints[11]", "spec.taints[1]"));
        assert!(!is_within("spec.taintsx", "spec.taints"));
    }
}
