//! How a deployment that is scaled during a rollout shares the difference among its ReplicaSets.

use serde_json::Value;

use super::{
    limits::max_surge,
    sets::{Set, total},
};
use crate::demo::life::replica_sets::replicas;

/// The new size of each active set, the largest set first, as upstream's `scale` finds them.
pub(super) fn share(tree: &Value, active: &mut [&mut Set]) -> Vec<i64> {
    let wanted = replicas(tree);
    let allowed = if wanted > 0 {
        wanted.saturating_add(max_surge(tree))
    } else {
        0
    };
    let to_add = allowed - total(active.iter().map(|set| &**set), Set::wanted);
    active.sort_by(|a, b| {
        let age = a.by_age(b);
        let age = if to_add > 0 { age.reverse() } else { age };
        b.wanted().cmp(&a.wanted()).then(age)
    });
    let mut added: i64 = 0;
    let mut sizes: Vec<i64> = active
        .iter()
        .map(|set| {
            let part = proportion(tree, set, to_add, added);
            added += part;
            set.wanted() + part
        })
        .collect();
    // The largest takes what rounding left over.
    if let Some(first) = sizes.first_mut().filter(|_| to_add != 0) {
        *first = (*first + to_add - added).max(0);
    }
    sizes
}

fn proportion(tree: &Value, set: &Set, to_add: i64, added: i64) -> i64 {
    if set.wanted() == 0 || to_add == 0 || to_add == added {
        return 0;
    }
    let fraction = fraction(tree, set);
    if to_add > 0 {
        fraction.min(to_add - added)
    } else {
        fraction.max(to_add - added)
    }
}

fn fraction(tree: &Value, set: &Set) -> i64 {
    let wanted = replicas(tree);
    if wanted == 0 {
        return -set.wanted();
    }
    let now = wanted.saturating_add(max_surge(tree));
    let before = match set.max() {
        Some(max) if max != 0 => max,
        _ => tree["status"]["replicas"].as_i64().unwrap_or(0),
    };
    if before == 0 {
        return 0;
    }
    let size = set.wanted() as f64 * now as f64 / before as f64;
    size.round() as i64 - set.wanted()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::demo::{kinds::REPLICA_SET, object::Object};

    fn set(name: &str, size: i64, max: &str) -> Set {
        let tree = json!({
            "metadata": {
                "name": name, "creationTimestamp": format!("2026-01-0{name}T00:00:00Z"),
                "annotations": {"deployment.kubernetes.io/max-replicas": max},
            },
            "spec": {"replicas": size},
        });
        Set::of(&Arc::new(Object::freeze(&REPLICA_SET, tree, 1)))
    }

    fn sizes(replicas: i64, surge: i64, sets: &[(&str, i64)], max: &str) -> Vec<(String, i64)> {
        let tree = json!({"spec": {"replicas": replicas, "strategy": {
            "rollingUpdate": {"maxSurge": surge, "maxUnavailable": 1},
        }}});
        let mut sets: Vec<Set> = sets.iter().map(|(name, size)| set(name, *size, max)).collect();
        let mut active: Vec<&mut Set> = sets.iter_mut().collect();
        let sizes = share(&tree, &mut active);
        active
            .iter()
            .map(|set| set.name().to_owned())
            .zip(sizes)
            .collect()
    }

    #[test]
    fn sets_grow_and_shrink_in_proportion() {
        let named = |sizes: &[(&str, i64)]| -> Vec<(String, i64)> {
            sizes
                .iter()
                .map(|(name, size)| ((*name).to_owned(), *size))
                .collect()
        };
        // Ten wanted and three more at most, scaled to fifteen: upstream's documentation shares 5 as 3 and 2.
        assert_eq!(
            sizes(15, 3, &[("1", 8), ("2", 5)], "13"),
            named(&[("1", 11), ("2", 7)])
        );
        assert_eq!(
            sizes(5, 3, &[("1", 8), ("2", 5)], "13"),
            named(&[("1", 5), ("2", 3)])
        );
        // Of equal sizes the newer grows first and the older shrinks first.
        assert_eq!(
            sizes(11, 0, &[("1", 5), ("2", 5)], "10"),
            named(&[("2", 6), ("1", 5)])
        );
        assert_eq!(
            sizes(0, 0, &[("1", 5), ("2", 5)], "10"),
            named(&[("1", 0), ("2", 0)])
        );
    }
}
