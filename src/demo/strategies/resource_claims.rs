//! `ResourceClaims` and their templates.
//!
//! Not checked: tolerations, configurations, capacity requests, what was allocated, and the devices' own status.

use serde_json::{Value, json};

use super::{
    devices,
    fields::{array, fill, fill_text, has, immutable_unseen, texts},
};
use crate::demo::{
    failure::Cause,
    names,
    object::str_at,
    strategy::{self, Part, Strategy},
};

/// What the server does with claims to devices.
pub(crate) static CLAIMS: Strategy = Strategy {
    default: |tree| default(tree, "/spec/devices"),
    validate: |tree| validate(tree, "/spec/devices"),
    validate_update: |part, old, new| {
        if part == Part::Status {
            return validate_status(old, new);
        }
        let mut causes = Vec::new();
        immutable_unseen(old, new, &["/spec"], &mut causes);
        causes
    },
    ..strategy::PLAIN
};

/// What the server does with templates of claims.
pub(crate) static TEMPLATES: Strategy = Strategy {
    default: |tree| {
        fill(tree, "/spec/metadata", json!({}));
        default(tree, "/spec/spec/devices");
    },
    validate: |tree| validate(tree, "/spec/spec/devices"),
    validate_update: |_, old, new| {
        let mut causes = Vec::new();
        immutable_unseen(old, new, &["/spec"], &mut causes);
        causes
    },
    ..strategy::PLAIN
};

fn validate_status(old: &Value, new: &Value) -> Vec<Cause> {
    const AT: &str = "status.reservedFor";
    let mut causes = Vec::new();
    let consumers: Vec<&Value> = array(new, "/status/reservedFor").collect();
    for (i, consumer) in consumers.iter().enumerate() {
        for field in ["resource", "name", "uid"] {
            if str_at(consumer, &format!("/{field}")).is_empty() {
                causes.push(Cause::required(format!("{AT}[{i}].{field}"), ""));
            }
        }
    }
    let allocated = |claim: &Value| has(claim, "/status/allocation");
    if !consumers.is_empty() && !allocated(new) {
        let why = "may not be specified when `allocated` is not set";
        causes.push(Cause::forbidden(AT, why));
    } else if has(new, "/metadata/deletionTimestamp") {
        let before: Vec<&Value> = array(old, "/status/reservedFor").collect();
        if consumers.iter().any(|consumer| !before.contains(consumer)) {
            let why =
                "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set";
            causes.push(Cause::forbidden(AT, why));
        }
    }
    if allocated(old) && allocated(new) {
        immutable_unseen(old, new, &["/status/allocation"], &mut causes);
    }
    causes
}

fn default(tree: &mut Value, at: &str) {
    let requests = tree
        .pointer_mut(&format!("{at}/requests"))
        .and_then(Value::as_array_mut);
    for request in requests.into_iter().flatten() {
        if has(request, "/exactly") {
            default_request(request, "/exactly");
        }
        let first = request.get_mut("firstAvailable").and_then(Value::as_array_mut);
        for one in first.into_iter().flatten() {
            default_request(one, "");
        }
    }
}

fn default_request(tree: &mut Value, at: &str) {
    fill_text(tree, &format!("{at}/allocationMode"), "ExactCount");
    let mode = str_at(tree, &format!("{at}/allocationMode"));
    let count = format!("{at}/count");
    if mode == "ExactCount" {
        if tree.pointer(&count) == Some(&json!(0))
            && let Some(zero) = tree.pointer_mut(&count)
        {
            *zero = Value::Null;
        }
        fill(tree, &count, json!(1));
    }
}

fn validate(tree: &Value, at: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    let shown = super::fields::path(at);
    let requests: Vec<&Value> = array(tree, &format!("{at}/requests")).collect();
    let mut seen = Vec::new();
    let mut known = Vec::new();
    for (i, request) in requests.iter().enumerate() {
        let at = format!("{shown}.requests[{i}]");
        let name = str_at(request, "/name");
        request_name(name, &at, &mut causes);
        known.push(name.to_owned());
        let first: Vec<&Value> = array(request, "/firstAvailable").collect();
        match (has(request, "/exactly"), first.is_empty()) {
            (true, true) => {
                let exactly = request.get("exactly").unwrap_or(&Value::Null);
                one_request(exactly, &format!("{at}.exactly"), &mut causes);
            }
            (false, false) => {
                for (i, one) in first.iter().enumerate() {
                    let at = format!("{at}.firstAvailable[{i}]");
                    let own = str_at(one, "/name");
                    request_name(own, &at, &mut causes);
                    known.push(format!("{name}/{own}"));
                    one_request(one, &at, &mut causes);
                }
            }
            (false, true) => {
                let why = "exactly one of `exactly` or `firstAvailable` is required";
                causes.push(Cause::required(at.as_str(), why));
            }
            (true, false) => {
                let why =
                    "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set";
                causes.push(Cause::invalid(at.as_str(), "", why));
            }
        }
    }
    for (i, request) in requests.iter().enumerate() {
        let name = str_at(request, "/name");
        if seen.contains(&name) {
            let at = format!("{shown}.requests[{i}]");
            causes.push(Cause::duplicate_as(at, &request.to_string()));
        }
        seen.push(name);
    }
    constraints(tree, at, &shown, &known, &mut causes);
    causes
}

fn request_name(name: &str, at: &str, causes: &mut Vec<Cause>) {
    if name.is_empty() {
        causes.push(Cause::required(format!("{at}.name"), ""));
        return;
    }
    let wrong = names::label(name);
    causes.extend(
        wrong
            .iter()
            .map(|why| Cause::invalid(format!("{at}.name"), name, why)),
    );
}

fn one_request(request: &Value, at: &str, causes: &mut Vec<Cause>) {
    let class = str_at(request, "/deviceClassName");
    if class.is_empty() {
        causes.push(Cause::required(format!("{at}.deviceClassName"), ""));
    } else {
        let wrong = names::subdomain(class);
        causes.extend(
            wrong
                .iter()
                .map(|why| Cause::invalid(format!("{at}.deviceClassName"), class, why)),
        );
    }
    devices::selectors(request, "/selectors", &format!("{at}.selectors"), causes);
    let count = request.get("count").and_then(Value::as_i64);
    let modes = ["All", "ExactCount"];
    match str_at(request, "/allocationMode") {
        "ExactCount" => {
            if count.unwrap_or(0) <= 0 {
                let why = "must be greater than zero";
                causes.push(Cause::invalid(format!("{at}.count"), count.unwrap_or(0), why));
            }
        }
        "All" => {
            if let Some(count) = count.filter(|count| *count != 0) {
                let why = "must not be specified when allocationMode is 'All'";
                causes.push(Cause::invalid(format!("{at}.count"), count, why));
            }
        }
        other => causes.push(Cause::unsupported(format!("{at}.allocationMode"), other, &modes)),
    }
}

fn constraints(tree: &Value, at: &str, shown: &str, known: &[String], causes: &mut Vec<Cause>) {
    for (i, constraint) in array(tree, &format!("{at}/constraints")).enumerate() {
        let at = format!("{shown}.constraints[{i}]");
        for (i, name) in texts(constraint, "/requests").into_iter().enumerate() {
            if !known.iter().any(|known| known == name) {
                let why = "must be the name of a request in the claim or the name of a request and a subrequest separated \
                           by '/'";
                causes.push(Cause::invalid(format!("{at}.requests[{i}]"), name, why));
            }
        }
        let attribute = str_at(constraint, "/matchAttribute");
        if has(constraint, "/matchAttribute") && !attribute.contains('/') {
            let why = "a fully qualified name must be a domain and a name separated by a slash";
            causes.push(Cause::invalid(format!("{at}.matchAttribute"), attribute, why));
        }
    }
}
