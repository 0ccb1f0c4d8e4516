//! Labels and selectors of labels.

use serde_json::Value;

use super::each;
use crate::demo::{
    failure::Cause,
    fields::{items, text},
    names,
};

/// What is wrong with a set of labels.
pub(super) fn labels(labels: Option<&Value>, at: &str, causes: &mut Vec<Cause>) {
    for (key, value) in labels.and_then(Value::as_object).into_iter().flatten() {
        key_of_label(key, at, causes);
        let value = value.as_str().unwrap_or_default();
        each(&names::label_value(value), causes, |why| {
            Cause::invalid(at, value, why)
        });
    }
}

pub(super) fn key_of_label(key: &str, at: &str, causes: &mut Vec<Cause>) {
    each(&names::qualified(key), causes, |why| Cause::invalid(at, key, why));
}

/// What is wrong with a `LabelSelector`.
pub(super) fn selector(selector: Option<&Value>, at: &str, causes: &mut Vec<Cause>) {
    let Some(selector) = selector.filter(|selector| !selector.is_null()) else {
        return;
    };
    labels(selector.get("matchLabels"), &format!("{at}.matchLabels"), causes);
    for (i, requirement) in items(selector, "matchExpressions").iter().enumerate() {
        let at = format!("{at}.matchExpressions[{i}]");
        operator(requirement, &at, causes);
        key_of_label(text(requirement, "key"), &format!("{at}.key"), causes);
        values(requirement, &at, causes);
    }
}

/// Operator and number of values of a requirement that has no order.
pub(super) fn operator(requirement: &Value, at: &str, causes: &mut Vec<Cause>) {
    let count = items(requirement, "values").len();
    match text(requirement, "operator") {
        "In" | "NotIn" if count == 0 => {
            let why = "must be specified when `operator` is 'In' or 'NotIn'";
            causes.push(Cause::required(format!("{at}.values"), why));
        }
        "Exists" | "DoesNotExist" if count > 0 => {
            let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            causes.push(Cause::forbidden(format!("{at}.values"), why));
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => {
            let why = "not a valid selector operator";
            causes.push(Cause::invalid(format!("{at}.operator"), other, why));
        }
    }
}

/// Values that must be such as a label can have.
pub(super) fn values(requirement: &Value, at: &str, causes: &mut Vec<Cause>) {
    for (i, value) in items(requirement, "values").iter().enumerate() {
        let value = value.as_str().unwrap_or_default();
        each(&names::label_value(value), causes, |why| {
            Cause::invalid(format!("{at}.values[{i}]"), value, why)
        });
    }
}

/// Keys whose values the pod's own labels give: `matchLabelKeys`, and `mismatchLabelKeys` where there are such.
pub(super) fn label_keys(term: &Value, at: &str, causes: &mut Vec<Cause>) {
    let selector = term.get("labelSelector").filter(|selector| !selector.is_null());
    for list in ["matchLabelKeys", "mismatchLabelKeys"] {
        let keys = items(term, list);
        if selector.is_none() && !keys.is_empty() {
            let why = "must not be specified when labelSelector is not set";
            causes.push(Cause::forbidden(format!("{at}.{list}"), why));
            continue;
        }
        for (i, key) in keys.iter().enumerate() {
            key_of_label(
                key.as_str().unwrap_or_default(),
                &format!("{at}.{list}[{i}]"),
                causes,
            );
        }
    }
    let keys = items(term, "matchLabelKeys");
    if let Some(selector) = selector {
        let labels = selector.get("matchLabels");
        let mut seen: Vec<&str> = labels
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|labels| labels.keys())
            .map(String::as_str)
            .collect();
        for expression in items(selector, "matchExpressions") {
            let key = text(expression, "key");
            if let Some(i) = keys.iter().rposition(|known| known == key)
                && seen.contains(&key)
            {
                // Upstream leaves the name of the list out of the path.
                let why = "exists in both matchLabelKeys and labelSelector";
                causes.push(Cause::invalid(format!("{at}[{i}]"), key, why));
            }
            seen.push(key);
        }
    }
    for (i, key) in keys.iter().enumerate() {
        if items(term, "mismatchLabelKeys").contains(key) {
            let why = "exists in both matchLabelKeys and mismatchLabelKeys";
            causes.push(Cause::invalid(
                format!("{at}.matchLabelKeys[{i}]"),
                key.clone(),
                why,
            ));
        }
    }
}
