//! Devices that have to get ready before the pod is bound.

use serde_json::Value;

use super::volumes::text;
use crate::model::text::inert;
use crate::placing::outcome::Refusal;

/// A device of `claim` whose binding conditions do not hold yet.
///
/// # Errors
/// Where one says that it never will.
pub(super) fn unready(claim: &Value, name: &str) -> Result<Option<String>, Refusal> {
    let list = |at: &str| {
        let all = claim.pointer(at).and_then(Value::as_array);
        all.into_iter().flatten()
    };
    for device in list("/status/allocation/devices/results") {
        let wanted = device.get("bindingConditions").and_then(Value::as_array);
        let wanted: Vec<&str> = wanted.into_iter().flatten().filter_map(Value::as_str).collect();
        if wanted.is_empty() {
            continue;
        }
        let shown = inert(text(device, "/device")).into_owned();
        let same = |status: &&Value| {
            ["/driver", "/pool", "/device"]
                .iter()
                .all(|at| text(status, at) == text(device, at))
        };
        let Some(status) = list("/status/devices").find(same) else {
            return Ok(Some(shown));
        };
        let conditions = status.get("conditions").and_then(Value::as_array);
        let holding: Vec<&Value> = conditions
            .into_iter()
            .flatten()
            .filter(|condition| text(condition, "/status") == "True")
            .collect();
        let failures = device.get("bindingFailureConditions").and_then(Value::as_array);
        let failures = failures.into_iter().flatten().filter_map(Value::as_str);
        for kind in failures {
            if let Some(failed) = holding.iter().find(|condition| text(condition, "/type") == kind) {
                return Err(Refusal::NotReady(format!(
                    "device {shown} of claim {name} cannot be made ready: {} ({})",
                    inert(text(failed, "/message")),
                    inert(kind)
                )));
            }
        }
        let holds = |kind: &&str| holding.iter().any(|condition| text(condition, "/type") == *kind);
        if !wanted.iter().all(holds) {
            return Ok(Some(shown));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn devices_get_ready_or_fail() {
        let claim = |conditions: Value| {
            json!({"status": {
                "allocation": {"devices": {"results": [{
                    "driver": "d", "pool": "p", "device": "fpga-0", "bindingConditions": ["Attached"],
                    "bindingFailureConditions": ["Broken"],
                }]}},
                "devices": [{"driver": "d", "pool": "p", "device": "fpga-0", "conditions": conditions}],
            }})
        };
        let condition = |kind: &str, status: &str| json!({"type": kind, "status": status, "message": "m"});
        let look = |conditions| unready(&claim(conditions), "c");
        assert_eq!(look(json!([])), Ok(Some("fpga-0".to_owned())));
        assert_eq!(
            look(json!([condition("Attached", "False")])),
            Ok(Some("fpga-0".to_owned()))
        );
        assert_eq!(look(json!([condition("Attached", "True")])), Ok(None));
        let failed = look(json!([
            condition("Attached", "True"),
            condition("Broken", "True")
        ]));
        assert!(matches!(failed, Err(Refusal::NotReady(_))), "{failed:?}");
    }
}
