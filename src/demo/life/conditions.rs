//! Conditions in a status.

use serde_json::{Value, json};

use crate::demo::{clock, object::str_at};

/// The condition of that type.
pub(crate) fn find<'a>(status: &'a Value, kind: &str) -> Option<&'a Value> {
    let mut conditions = status["conditions"].as_array().into_iter().flatten();
    conditions.find(|condition| condition["type"] == kind)
}

/// Whether the condition of that type is `True`.
pub(crate) fn is_true(status: &Value, kind: &str) -> bool {
    find(status, kind).is_some_and(|condition| condition["status"] == "True")
}

/// Sets a condition as most controllers do: one with the same status and reason stays as it is, and the time of
/// transition stays where the status does.
pub(crate) fn set(status: &mut Value, kind: &str, is: bool, (reason, message): (&str, &str)) {
    let is = if is { "True" } else { "False" };
    let now = clock::now();
    let mut condition = json!({"type": kind, "status": is, "lastTransitionTime": now});
    if !reason.is_empty() {
        condition["reason"] = reason.into();
    }
    if !message.is_empty() {
        condition["message"] = message.into();
    }
    put(status, condition);
}

/// The same for a condition that was made elsewhere.
pub(crate) fn put(status: &mut Value, mut condition: Value) {
    let kind = str_at(&condition, "/type").to_owned();
    if let Some(before) = find(status, &kind)
        && before["status"] == condition["status"]
    {
        if before.get("reason") == condition.get("reason") {
            return;
        }
        condition["lastTransitionTime"] = before["lastTransitionTime"].clone();
    }
    remove(status, &kind);
    push(status, condition);
}

/// Appends a condition.
pub(crate) fn push(status: &mut Value, condition: Value) {
    match status.get_mut("conditions").and_then(Value::as_array_mut) {
        Some(conditions) => conditions.push(condition),
        None => status["conditions"] = json!([condition]),
    }
}

pub(crate) fn remove(status: &mut Value, kind: &str) {
    if let Some(conditions) = status.get_mut("conditions").and_then(Value::as_array_mut) {
        conditions.retain(|condition| condition["type"] != kind);
        if conditions.is_empty()
            && let Some(status) = status.as_object_mut()
        {
            status.remove("conditions");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_keeps_its_time_while_its_status_stays() {
        let mut status = json!({"conditions": [
            {"type": "A", "status": "True", "reason": "Old", "lastTransitionTime": "then", "message": "m"},
        ]});
        set(&mut status, "A", true, ("Old", "other words"));
        assert_eq!(find(&status, "A").unwrap()["message"], "m");
        set(&mut status, "A", true, ("New", "words"));
        let condition = find(&status, "A").unwrap();
        assert_eq!(
            (&condition["lastTransitionTime"], &condition["reason"]),
            (&json!("then"), &json!("New"))
        );
        set(&mut status, "A", false, ("New", "words"));
        assert_ne!(find(&status, "A").unwrap()["lastTransitionTime"], "then");
        assert!(!is_true(&status, "A"));
        remove(&mut status, "A");
        assert_eq!(status, json!({}));
    }
}
