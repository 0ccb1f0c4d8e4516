//! `StatefulSets`. Claim templates get the defaults of claims and are not checked; the status is taken as it comes.

use serde_json::{Value, json};

use super::{
    claims,
    fields::{
        amount, amount_or_percent, at_most_all, counts, fill, fill_text, has, immutable, not_negative, one_of,
    },
    templates,
};
use crate::demo::{
    failure::Cause,
    label_selectors, names,
    object::str_at,
    strategy::{self, Part, Strategy},
};

/// What the server does with stateful sets.
pub(crate) static STRATEGY: Strategy = Strategy {
    default,
    validate,
    validate_update,
    name: names::label,
    ..strategy::PLAIN
};

fn default(tree: &mut Value) {
    fill_text(tree, "/spec/podManagementPolicy", "OrderedReady");
    if str_at(tree, "/spec/updateStrategy/type").is_empty() {
        fill_text(tree, "/spec/updateStrategy/type", "RollingUpdate");
        fill(tree, "/spec/updateStrategy/rollingUpdate", json!({}));
    }
    if str_at(tree, "/spec/updateStrategy/type") == "RollingUpdate"
        && has(tree, "/spec/updateStrategy/rollingUpdate")
    {
        fill(tree, "/spec/updateStrategy/rollingUpdate/partition", json!(0));
        fill(
            tree,
            "/spec/updateStrategy/rollingUpdate/maxUnavailable",
            json!(1),
        );
    }
    for event in ["whenDeleted", "whenScaled"] {
        let at = format!("/spec/persistentVolumeClaimRetentionPolicy/{event}");
        fill_text(tree, &at, "Retain");
    }
    fill(tree, "/spec/replicas", json!(1));
    fill(tree, "/spec/revisionHistoryLimit", json!(10));
    // Upstream always writes it.
    fill(tree, "/spec/serviceName", json!(""));
    templates::default(tree, "/spec/template");
    let claims = tree.pointer_mut("/spec/volumeClaimTemplates");
    for claim in claims.and_then(Value::as_array_mut).into_iter().flatten() {
        fill(claim, "/apiVersion", json!("v1"));
        fill(claim, "/kind", json!("PersistentVolumeClaim"));
        claims::default(claim);
    }
    counts(tree, &["replicas", "availableReplicas"]);
}

fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let policy = str_at(tree, "/spec/podManagementPolicy");
    if !matches!(policy, "OrderedReady" | "Parallel") {
        let why = "must be 'OrderedReady' or 'Parallel'";
        causes.push(Cause::invalid("spec.podManagementPolicy", policy, why));
    }
    validate_strategy(tree, &mut causes);
    for event in ["whenDeleted", "whenScaled"] {
        let at = format!("/spec/persistentVolumeClaimRetentionPolicy/{event}");
        one_of(tree, &at, &["Retain", "Delete"], &mut causes);
    }
    let numbers = ["/spec/replicas", "/spec/minReadySeconds", "/spec/ordinals/start"];
    not_negative(tree, &numbers, &mut causes);
    let service = str_at(tree, "/spec/serviceName");
    if !service.is_empty() {
        let wrong = names::label(service);
        causes.extend(
            wrong
                .iter()
                .map(|why| Cause::invalid("spec.serviceName", service, why)),
        );
    }
    let readable = templates::validate_selector(tree, "statefulset", "", &mut causes);
    let selector = tree.pointer("/spec/selector").unwrap_or(&Value::Null);
    if readable {
        if selector.is_null() || !label_selectors::is_empty(selector) {
            templates::validate_match(tree, selector, &mut causes);
        }
        templates::validate(&with_claims(tree), &mut causes);
    }
    templates::validate_lasting(tree, "StatefulSet", &mut causes);
    causes
}

/// The set as its pods will be: each claim template is a volume, too.
fn with_claims(tree: &Value) -> Value {
    let mut tree = tree.clone();
    let claims = tree.pointer("/spec/volumeClaimTemplates").cloned();
    let names: Vec<String> = claims
        .as_ref()
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|claim| str_at(claim, "/metadata/name").to_owned())
        .collect();
    if names.is_empty() {
        return tree;
    }
    fill(&mut tree, "/spec/template/spec/volumes", json!([]));
    if let Some(volumes) = tree
        .pointer_mut("/spec/template/spec/volumes")
        .and_then(Value::as_array_mut)
    {
        volumes.retain(|volume| !names.iter().any(|name| name == str_at(volume, "/name")));
        volumes.extend(
            names
                .iter()
                .map(|name| json!({"name": name, "persistentVolumeClaim": {"claimName": name}})),
        );
    }
    tree
}

fn validate_strategy(tree: &Value, causes: &mut Vec<Cause>) {
    let rolling = "/spec/updateStrategy/rollingUpdate";
    match str_at(tree, "/spec/updateStrategy/type") {
        "OnDelete" => {
            if let Some(value) = tree.pointer(rolling).filter(|value| !value.is_null()) {
                let why = "only allowed for updateStrategy 'RollingUpdate'";
                let part = |name: &str| value.get(name).cloned().unwrap_or_default();
                let (partition, most) = (part("partition"), part("maxUnavailable"));
                let shown = format!("{{\"Partition\":{partition},\"MaxUnavailable\":{most}}}");
                let at = "spec.updateStrategy.rollingUpdate";
                causes.push(Cause::invalid_as(at, &shown, why));
            }
        }
        "RollingUpdate" => {
            if has(tree, rolling) {
                let unavailable = "/spec/updateStrategy/rollingUpdate/maxUnavailable";
                not_negative(tree, &["/spec/updateStrategy/rollingUpdate/partition"], causes);
                amount_or_percent(tree, unavailable, causes);
                if has(tree, unavailable) && amount(tree, unavailable) == 0 {
                    let value = tree.pointer(unavailable).cloned().unwrap_or_default();
                    let at = "spec.updateStrategy.rollingUpdate.maxUnavailable";
                    causes.push(Cause::invalid(at, value, "cannot be 0"));
                }
                at_most_all(tree, unavailable, causes);
            }
        }
        other => {
            let shown = format!("{{\"Type\":{other:?},\"RollingUpdate\":null}}");
            let why = "must be 'RollingUpdate' or 'OnDelete'";
            causes.push(Cause::invalid_as("spec.updateStrategy", &shown, why));
        }
    }
}

fn validate_update(part: Part, old: &Value, new: &Value) -> Vec<Cause> {
    if part == Part::Status {
        return Vec::new();
    }
    let mut causes = validate(new);
    let fixed = [
        "/spec/selector",
        "/spec/volumeClaimTemplates",
        "/spec/serviceName",
        "/spec/podManagementPolicy",
    ];
    immutable(old, new, &fixed, &mut causes);
    causes
}
