//! Taints of nodes and the tolerations of pods, as kubelets and the eviction of pods read them.

use std::time::Duration;

use serde_json::Value;

use super::verbs::list;
use crate::demo::object::str_at;

/// The taints of a node that drive pods off it.
pub(super) fn no_execute(node: &Value) -> Vec<Value> {
    list(node, "/spec/taints")
        .filter(|taint| str_at(taint, "/effect") == "NoExecute")
        .cloned()
        .collect()
}

/// How long a pod may stay on a node with these taints.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stay {
    /// Some taint is not tolerated.
    No,
    For(Duration),
    Forever,
}

/// What the tolerations of a pod allow, of each taint the first that matches; the shortest time counts.
pub(super) fn stay(pod: &Value, taints: &[Value]) -> Stay {
    let mut shortest: Option<i64> = None;
    for taint in taints {
        let Some(toleration) = list(pod, "/spec/tolerations").find(|t| tolerates(t, taint)) else {
            return Stay::No;
        };
        if let Some(seconds) = toleration.get("tolerationSeconds").and_then(Value::as_i64) {
            shortest = Some(shortest.map_or(seconds, |other| other.min(seconds)));
        }
    }
    match shortest {
        None => Stay::Forever,
        Some(seconds) => Stay::For(Duration::from_secs(u64::try_from(seconds).unwrap_or(0))),
    }
}

/// Source: `ToleratesTaint` of `k8s.io/component-helpers`.
pub(super) fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let (of_toleration, of_taint) = (|at| str_at(toleration, at), |at| str_at(taint, at));
    let effect = of_toleration("/effect");
    let key = of_toleration("/key");
    if !effect.is_empty() && effect != of_taint("/effect") || !key.is_empty() && key != of_taint("/key") {
        return false;
    }
    let (wanted, value) = (of_toleration("/value"), of_taint("/value"));
    let numbers = || Some((value.parse::<i64>().ok()?, wanted.parse::<i64>().ok()?));
    match of_toleration("/operator") {
        "" | "Equal" => wanted == value,
        "Exists" => true,
        "Lt" => numbers().is_some_and(|(value, bound)| value < bound),
        "Gt" => numbers().is_some_and(|(value, bound)| value > bound),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_shortest_stay_counts_and_one_taint_too_many_ends_it() {
        let taint = |key: &str, value: &str| json!({"key": key, "value": value, "effect": "NoExecute"});
        let pod = |tolerations: Value| json!({"spec": {"tolerations": tolerations}});
        let (a, b) = (taint("a", "1"), taint("b", ""));
        let both = pod(json!([
            {"key": "a", "operator": "Exists", "tolerationSeconds": 9},
            {"key": "b", "effect": "NoExecute", "tolerationSeconds": 4},
        ]));
        assert_eq!(
            stay(&both, &[a.clone(), b.clone()]),
            Stay::For(Duration::from_secs(4))
        );
        assert_eq!(
            stay(&both, std::slice::from_ref(&a)),
            Stay::For(Duration::from_secs(9))
        );
        assert_eq!(stay(&both, &[a.clone(), taint("c", "")]), Stay::No);
        assert_eq!(stay(&both, &[]), Stay::Forever);
        assert_eq!(
            stay(&pod(json!([{"operator": "Exists"}])), &[a.clone(), b]),
            Stay::Forever
        );
        assert_eq!(
            stay(
                &pod(json!([{"key": "a", "value": "2"}])),
                std::slice::from_ref(&a)
            ),
            Stay::No
        );
        assert_eq!(
            stay(
                &pod(json!([{"operator": "Exists", "tolerationSeconds": -5}])),
                &[a]
            ),
            Stay::For(Duration::ZERO)
        );
    }
}
