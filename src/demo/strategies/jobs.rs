//! Jobs, and the selector that the server makes for each.
//!
//! Not checked: pod failure policies, success policies, the limits of very large indexed jobs, and the status, which is
//! taken as it comes.

use serde_json::{Map, Value, json};

use super::{
    fields::{fill, has, immutable, not_negative, number, one_of, same},
    templates,
};
use crate::demo::{
    failure::Cause,
    label_selectors,
    object::{metadata, str_at},
    strategy::{self, Dependents, Part, Strategy},
};

const UIDS: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];
const NAMES: [&str; 2] = ["job-name", "batch.kubernetes.io/job-name"];

/// What the server does with jobs.
pub(crate) static STRATEGY: Strategy = Strategy {
    default,
    prepare,
    validate,
    validate_update,
    dependents: Dependents::Orphan,
    ..strategy::PLAIN
};

fn default(tree: &mut Value) {
    if !has(tree, "/spec/completions") && !has(tree, "/spec/parallelism") {
        fill(tree, "/spec/completions", json!(1));
    }
    fill(tree, "/spec/parallelism", json!(1));
    let limit = if has(tree, "/spec/backoffLimitPerIndex") {
        i32::MAX
    } else {
        6
    };
    fill(tree, "/spec/backoffLimit", limit.into());
    fill(tree, "/spec/completionMode", json!("NonIndexed"));
    fill(tree, "/spec/suspend", json!(false));
    let replaced = if has(tree, "/spec/podFailurePolicy") {
        "Failed"
    } else {
        "TerminatingOrFailed"
    };
    fill(tree, "/spec/podReplacementPolicy", replaced.into());
    fill(tree, "/spec/manualSelector", json!(false));
    templates::default(tree, "/spec/template");
    let labels = tree.pointer("/spec/template/metadata/labels").cloned();
    let own = tree.pointer("/metadata/labels").and_then(Value::as_object);
    if let Some(labels) = labels.filter(Value::is_object)
        && own.is_none_or(Map::is_empty)
    {
        metadata(tree).insert("labels".into(), labels);
    }
}

/// Makes the selector of this job alone, unless its maker makes one.
fn prepare(tree: &mut Value) {
    if tree.pointer("/spec/manualSelector") == Some(&Value::Bool(true)) {
        return;
    }
    let uid = str_at(tree, "/metadata/uid").to_owned();
    let name = str_at(tree, "/metadata/name").to_owned();
    let template = tree.pointer("/spec/template/metadata/labels");
    // Where the job has its template's labels, it has these, too.
    let shared = same(tree.pointer("/metadata/labels"), template);
    let mut labels = template.and_then(Value::as_object).cloned().unwrap_or_default();
    for (keys, value) in [(NAMES, &name), (UIDS, &uid)] {
        for key in keys {
            labels.entry(key).or_insert_with(|| Value::from(value.as_str()));
        }
    }
    if shared {
        metadata(tree).insert("labels".into(), labels.clone().into());
    }
    fill(tree, "/spec/template/metadata/labels", json!({}));
    if let Some(old) = tree.pointer_mut("/spec/template/metadata/labels") {
        *old = labels.into();
    }
    fill(tree, "/spec/selector/matchLabels", json!({}));
    if let Some(wanted) = tree
        .pointer_mut("/spec/selector/matchLabels")
        .and_then(Value::as_object_mut)
    {
        wanted.entry(UIDS[1]).or_insert_with(|| uid.into());
    }
}

fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    validate_generated(tree, &mut causes);
    causes.extend(validate_spec(tree));
    causes
}

/// What the server makes for a job must be there, and be alone.
fn validate_generated(tree: &Value, causes: &mut Vec<Cause>) {
    if tree.pointer("/spec/manualSelector") == Some(&Value::Bool(true)) {
        return;
    }
    let (uid, name) = (str_at(tree, "/metadata/uid"), str_at(tree, "/metadata/name"));
    let labels = tree
        .pointer("/spec/template/metadata/labels")
        .cloned()
        .unwrap_or_default();
    for (keys, wanted) in [(UIDS, uid), (NAMES, name)] {
        for key in keys {
            let at = format!("spec.template.metadata.labels[{key}]");
            let why = format!("must be '{wanted}'");
            match labels.get(key).and_then(Value::as_str) {
                None => causes.push(Cause::required(at, &why)),
                Some(value) if value != wanted => {
                    causes.push(Cause::invalid(at, labels.clone(), &why));
                }
                Some(_) => {}
            }
        }
    }
    let selector = tree.pointer("/spec/selector").cloned().unwrap_or_default();
    let generated = UIDS
        .iter()
        .any(|key| selector == json!({"matchLabels": {*key: uid}}));
    if !generated {
        let why = "`selector` not auto-generated";
        causes.push(Cause::invalid("spec.selector", selector, why));
    }
}

fn validate_spec(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let numbers = [
        "/spec/parallelism",
        "/spec/completions",
        "/spec/activeDeadlineSeconds",
        "/spec/backoffLimit",
        "/spec/ttlSecondsAfterFinished",
        "/spec/backoffLimitPerIndex",
        "/spec/maxFailedIndexes",
    ];
    not_negative(tree, &numbers, &mut causes);
    validate_mode(tree, &mut causes);
    let replaced = ["Failed", "TerminatingOrFailed"];
    one_of(tree, "/spec/podReplacementPolicy", &replaced, &mut causes);
    templates::validate(tree, &mut causes);
    let at = "spec.template.spec.restartPolicy";
    match str_at(tree, "/spec/template/spec/restartPolicy") {
        "Always" | "" => {
            let why = "valid values: \"OnFailure\", \"Never\"";
            causes.push(Cause::required(at, why));
        }
        "Never" => {}
        "OnFailure" => {
            if has(tree, "/spec/podFailurePolicy") {
                let why = "only \"Never\" is supported when podFailurePolicy is specified";
                causes.push(Cause::invalid(at, "OnFailure", why));
            }
        }
        other => causes.push(Cause::unsupported(at, other, &["OnFailure", "Never"])),
    }
    match tree
        .pointer("/spec/selector")
        .filter(|selector| !selector.is_null())
    {
        None => {
            causes.push(Cause::required("spec.selector", ""));
            templates::validate_match(tree, &Value::Null, &mut causes);
        }
        Some(selector) => {
            let wrong = label_selectors::validate(selector, "spec.selector");
            if wrong.is_empty() {
                templates::validate_match(tree, selector, &mut causes);
            }
            causes.extend(wrong);
        }
    }
    causes
}

fn validate_mode(tree: &Value, causes: &mut Vec<Cause>) {
    const MOST: i64 = 100_000;
    let modes = ["NonIndexed", "Indexed"];
    one_of(tree, "/spec/completionMode", &modes, causes);
    if str_at(tree, "/spec/completionMode") == "Indexed" {
        let completions = number(tree, "/spec/completions");
        if completions.is_none() {
            let why = "when completion mode is Indexed";
            causes.push(Cause::required("spec.completions", why));
        }
        if has(tree, "/spec/maxFailedIndexes") && !has(tree, "/spec/backoffLimitPerIndex") {
            let why = "when maxFailedIndexes is specified";
            causes.push(Cause::required("spec.backoffLimitPerIndex", why));
        }
        if let Some(many) = number(tree, "/spec/parallelism").filter(|many| *many > MOST) {
            let why = format!("must be less than or equal to {MOST} when completion mode is Indexed");
            causes.push(Cause::invalid("spec.parallelism", many, &why));
        }
        if let (Some(most), Some(all)) = (number(tree, "/spec/maxFailedIndexes"), completions)
            && most > all
        {
            let why = "must be less than or equal to completions";
            causes.push(Cause::invalid("spec.maxFailedIndexes", most, why));
        }
        return;
    }
    if str_at(tree, "/spec/completionMode") != "NonIndexed" {
        return;
    }
    for field in ["backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"] {
        if let Some(value) = tree.pointer(&format!("/spec/{field}")).filter(|v| !v.is_null()) {
            let why = "requires indexed completion mode";
            causes.push(Cause::invalid(format!("spec.{field}"), value.clone(), why));
        }
    }
}

fn validate_update(part: Part, old: &Value, new: &Value) -> Vec<Cause> {
    if part == Part::Status {
        return Vec::new();
    }
    let mut causes = validate_spec(new);
    let completions = "/spec/completions";
    if str_at(new, "/spec/completionMode") != "Indexed" {
        immutable(old, new, &[completions], &mut causes);
    } else if number(old, completions) != number(new, completions)
        && number(new, completions) != number(new, "/spec/parallelism")
    {
        let value = new.pointer(completions).cloned().unwrap_or_default();
        let why = "can only be modified in tandem with spec.parallelism";
        causes.push(Cause::invalid("spec.completions", value, why));
    }
    immutable(old, new, &["/spec/selector"], &mut causes);
    let compared = if never_started(old) {
        with_directives_of(old, new)
    } else {
        new.clone()
    };
    immutable(old, &compared, &["/spec/template"], &mut causes);
    let fixed = [
        "/spec/completionMode",
        "/spec/podFailurePolicy",
        "/spec/backoffLimitPerIndex",
        "/spec/managedBy",
        "/spec/successPolicy",
    ];
    immutable(old, new, &fixed, &mut causes);
    causes
}

/// Suspended, and no pod has been made yet: where its pods go may still change.
fn never_started(old: &Value) -> bool {
    old.pointer("/spec/suspend") == Some(&Value::Bool(true)) && !has(old, "/status/startTime")
}

/// The new job with what says where its pods go as it was.
fn with_directives_of(old: &Value, new: &Value) -> Value {
    let mut new = new.clone();
    for (holder, field) in [
        ("/spec/template/spec", "nodeSelector"),
        ("/spec/template/spec", "affinity"),
        ("/spec/template/spec", "tolerations"),
        ("/spec/template/spec", "schedulingGates"),
        ("/spec/template/metadata", "labels"),
        ("/spec/template/metadata", "annotations"),
    ] {
        let before = old.pointer(&format!("{holder}/{field}")).cloned();
        if let Some(holder) = new.pointer_mut(holder).and_then(Value::as_object_mut) {
            match before {
                Some(before) => holder.insert(field.into(), before),
                None => holder.remove(field),
            };
        }
    }
    new
}
