//! How many pods a deployment may have too many, and how many too few.

use serde_json::{Value, json};

use crate::demo::{life::replica_sets::replicas, object::str_at};

/// Whether old pods go as new ones come; else all go before the first comes.
pub(super) fn is_rolling(tree: &Value) -> bool {
    str_at(tree, "/spec/strategy/type") != "Recreate"
}

/// How many pods there may be beyond those wanted.
pub(super) fn max_surge(tree: &Value) -> i64 {
    if is_rolling(tree) { limits(tree).0 } else { 0 }
}

/// How many of the pods wanted may be unavailable.
pub(super) fn max_unavailable(tree: &Value) -> i64 {
    let wanted = replicas(tree);
    if is_rolling(tree) && wanted > 0 {
        limits(tree).1.min(wanted)
    } else {
        0
    }
}

/// Both limits; where both would be none, one pod may be unavailable, since nothing could move else.
fn limits(tree: &Value) -> (i64, i64) {
    let at = |name: &str| {
        let value = tree
            .pointer("/spec/strategy/rollingUpdate")
            .and_then(|r| r.get(name));
        value.cloned().unwrap_or_else(|| json!("25%"))
    };
    let wanted = replicas(tree);
    let surge = scaled(&at("maxSurge"), wanted, true);
    match scaled(&at("maxUnavailable"), wanted, false) {
        0 if surge == 0 => (0, 1),
        unavailable => (surge, unavailable),
    }
}

/// A number, or a share of `whole` in percent, rounded up or down.
pub(crate) fn scaled(value: &Value, whole: i64, up: bool) -> i64 {
    if let Some(number) = value.as_i64() {
        return number;
    }
    let percent = value.as_str().and_then(|text| text.strip_suffix('%'));
    let percent: i64 = percent.and_then(|text| text.parse().ok()).unwrap_or(0);
    let hundredths = percent.saturating_mul(whole);
    if up {
        hundredths.saturating_add(99).div_euclid(100)
    } else {
        hundredths.div_euclid(100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_round_as_upstream_and_something_may_always_move() {
        let limits = |replicas: i64, surge: Value, unavailable: Value| {
            let tree = json!({"spec": {"replicas": replicas, "strategy": {
                "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
            }}});
            (max_surge(&tree), max_unavailable(&tree))
        };
        assert_eq!(limits(10, json!("25%"), json!("25%")), (3, 2));
        assert_eq!(limits(1, json!("25%"), json!("25%")), (1, 0));
        assert_eq!(limits(1, json!(0), json!("25%")), (0, 1));
        assert_eq!(limits(3, json!(0), json!(9)), (0, 3));
        assert_eq!(limits(0, json!("100%"), json!(1)), (0, 0));
        let recreate = json!({"spec": {"replicas": 4, "strategy": {"type": "Recreate"}}});
        assert_eq!((max_surge(&recreate), max_unavailable(&recreate)), (0, 0));
    }
}
