//! What a ResourceClaim says of who holds it: its finalizer, its users, its allocation, the mark of who goes by it.

use serde_json::{Map, Value, json};

use super::volumes::text;

/// Keeps a claim until its devices are given back.
const FINALIZER: &str = "resource.kubernetes.io/delete-protection";
/// On a claim, with a pod's uid behind it: the placement that went last by the pod's reservation without having made it.
const TAKEN_OVER: &str = "berth.dev/taken-over.";

pub(super) fn is_allocated(claim: &Value) -> bool {
    claim
        .pointer("/status/allocation")
        .is_some_and(|allocation| !allocation.is_null())
}

fn users(claim: &Value) -> impl Iterator<Item = &str> {
    let users = claim.pointer("/status/reservedFor").and_then(Value::as_array);
    users.into_iter().flatten().map(|user| text(user, "/uid"))
}

pub(super) fn is_reserved(claim: &Value, pod_uid: &str) -> bool {
    users(claim).any(|user| user == pod_uid)
}

fn finalizers(claim: &mut Value) -> Option<&mut Vec<Value>> {
    let metadata = claim.get_mut("metadata")?.as_object_mut()?;
    let finalizers = metadata.entry("finalizers").or_insert_with(|| json!([]));
    finalizers.as_array_mut()
}

/// Adds the finalizer; whether it was missing.
pub(super) fn add_finalizer(claim: &mut Value) -> bool {
    let Some(finalizers) = finalizers(claim).filter(|all| !all.iter().any(|one| one == FINALIZER)) else {
        return false;
    };
    finalizers.push(json!(FINALIZER));
    true
}

/// Takes the finalizer away; whether it was there.
pub(super) fn drop_finalizer(claim: &mut Value) -> bool {
    let Some(finalizers) = finalizers(claim) else {
        return false;
    };
    let before = finalizers.len();
    finalizers.retain(|finalizer| finalizer != FINALIZER);
    finalizers.len() < before
}

/// The placement that went last by the reservation of the pod without having made it.
pub(super) fn mark<'a>(claim: &'a Value, pod_uid: &str) -> Option<&'a str> {
    let annotations = claim.pointer("/metadata/annotations")?;
    annotations.get(format!("{TAKEN_OVER}{pod_uid}"))?.as_str()
}

/// Says that `placement` goes by the reservation of the pod. Marks of pods that have none any more go.
pub(super) fn set_mark(claim: &mut Value, pod_uid: &str, placement: &str) -> bool {
    let users: Vec<String> = users(claim).map(ToOwned::to_owned).collect();
    let Some(metadata) = claim.get_mut("metadata").and_then(Value::as_object_mut) else {
        return false;
    };
    let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
    if annotations.is_null() {
        *annotations = json!({});
    }
    let Some(annotations) = annotations.as_object_mut() else {
        return false;
    };
    annotations.retain(|key, _| {
        key.strip_prefix(TAKEN_OVER)
            .is_none_or(|uid| users.iter().any(|user| user == uid))
    });
    let key = format!("{TAKEN_OVER}{pod_uid}");
    annotations.insert(key, json!(placement)) != Some(json!(placement))
}

/// Takes the pod out of those that the claim is reserved for, and frees what was allocated for it alone; whether there is
/// anything to write.
pub(super) fn give_back(claim: &mut Value, pod_uid: &str, allocation: Option<&Value>) -> bool {
    if !is_reserved(claim, pod_uid) {
        return false;
    }
    let frees =
        allocation.is_some_and(|ours| is_allocation(claim, ours)) && users(claim).all(|user| user == pod_uid);
    let Some(status) = status(claim) else {
        return false;
    };
    if frees {
        for field in ["allocation", "reservedFor", "devices"] {
            status.remove(field);
        }
    } else if let Some(users) = status.get_mut("reservedFor").and_then(Value::as_array_mut) {
        users.retain(|user| text(user, "/uid") != pod_uid);
    }
    true
}

pub(super) fn status(claim: &mut Value) -> Option<&mut Map<String, Value>> {
    let status = claim
        .as_object_mut()?
        .entry("status")
        .or_insert_with(|| json!({}));
    if status.is_null() {
        *status = json!({});
    }
    status.as_object_mut()
}

/// Whether the claim has the devices of `allocation`. Shares of them have ids by chance.
pub(super) fn is_allocation(claim: &Value, allocation: &Value) -> bool {
    let devices = |allocation: &Value| -> Vec<[String; 4]> {
        let results = allocation.pointer("/devices/results").and_then(Value::as_array);
        let device = |device: &Value| {
            ["/request", "/driver", "/pool", "/device"].map(|at| text(device, at).to_owned())
        };
        results.into_iter().flatten().map(device).collect()
    };
    claim
        .pointer("/status/allocation")
        .is_some_and(|now| devices(now) == devices(allocation))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(users: &[&str]) -> Value {
        let users: Vec<Value> = users.iter().map(|uid| json!({"uid": uid})).collect();
        json!({
            "metadata": {"uid": "c"},
            "status": {
                "allocation": {"devices": {"results": [
                    {"request": "one", "driver": "d", "pool": "p", "device": "x", "shareID": "by-chance"},
                ]}},
                "reservedFor": users,
            },
        })
    }

    fn allocation(device: &str) -> Value {
        json!({"devices": {"results": [{"request": "one", "driver": "d", "pool": "p", "device": device}]}})
    }

    #[test]
    fn only_what_was_allocated_for_the_pod_alone_is_freed() {
        let freed = |users: &[&str], allocation: Option<Value>| {
            let mut claim = claim(users);
            assert!(give_back(&mut claim, "a", allocation.as_ref()));
            claim["status"].clone()
        };
        assert_eq!(freed(&["a"], Some(allocation("x"))), json!({}));
        let kept = freed(&["a"], Some(allocation("y")));
        assert_eq!(kept["reservedFor"], json!([]), "it was allocated anew: {kept}");
        assert!(kept["allocation"].is_object());
        let shared = freed(&["a", "b"], Some(allocation("x")));
        assert_eq!(shared["reservedFor"], json!([{"uid": "b"}]));
        assert!(shared["allocation"].is_object());
        assert!(freed(&["a"], None)["allocation"].is_object(), "it had it before");
        assert!(!give_back(&mut claim(&["b"]), "a", None));
    }

    #[test]
    fn marks_go_with_the_pods_that_they_are_about() {
        let mut claim = claim(&["a", "b"]);
        assert_eq!(mark(&claim, "a"), None);
        assert!(set_mark(&mut claim, "b", "one"));
        assert!(set_mark(&mut claim, "a", "two"));
        assert!(!set_mark(&mut claim, "a", "two"), "it is there");
        assert_eq!((mark(&claim, "a"), mark(&claim, "b")), (Some("two"), Some("one")));
        claim["status"]["reservedFor"] = json!([{"uid": "a"}]);
        assert!(set_mark(&mut claim, "a", "three"));
        assert_eq!((mark(&claim, "a"), mark(&claim, "b")), (Some("three"), None));
    }
}
