//! What may be a name, a label or an annotation, and the sentence upstream refuses the rest with.
//!
//! Source of the rules: `k8s.io/apimachinery/pkg/api/validate/content`.

use serde_json::Value;

use super::failure::Cause;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
     '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
     '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
     start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
     '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. \
     'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const QUALIFIED: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
     alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
     '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
     and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used \
     for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
/// Bytes that the keys and values of an object's annotations may have together.
const ANNOTATIONS: usize = 256 * 1024;

fn dns_part(part: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    part.starts_with(legal) && part.ends_with(legal) && part.chars().all(|c| legal(c) || c == '-')
}

fn wordlike(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(edge)
        && text.ends_with(edge)
        && text.chars().all(|c| edge(c) || matches!(c, '-' | '_' | '.'))
}

fn too_long(limit: usize) -> String {
    format!("must be no more than {limit} bytes")
}

/// What is wrong with a DNS subdomain: the names of pods, nodes, events and most others.
pub(crate) fn subdomain(name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if name.len() > 253 {
        wrong.push(too_long(253));
    }
    if !name.split('.').all(dns_part) {
        wrong.push(SUBDOMAIN.to_owned());
    }
    wrong
}

/// What is wrong with a DNS label: the names of namespaces.
pub(crate) fn label(name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if name.len() > 63 {
        wrong.push(too_long(63));
    }
    if !dns_part(name) {
        let dots = name.split('.').all(dns_part);
        let why = if dots { "must not contain dots" } else { LABEL };
        wrong.push(why.to_owned());
    }
    wrong
}

/// What is wrong with the name of a port.
pub(crate) fn port(name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut say = |bad: bool, why: &str| {
        if bad {
            wrong.push(why.to_owned());
        }
    };
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    say(name.len() > 15, &too_long(15));
    say(
        name.is_empty() || !name.chars().all(legal),
        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
    );
    say(
        !name.contains(|c: char| c.is_ascii_lowercase()),
        "must contain at least one letter (a-z)",
    );
    say(name.contains("--"), "must not contain consecutive hyphens");
    say(
        name.starts_with('-') || name.ends_with('-'),
        "must not begin or end with a hyphen",
    );
    wrong
}

/// What is wrong with a key of a config map or of a secret.
pub(crate) fn config_key(key: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if key.len() > 253 {
        wrong.push(too_long(253));
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if key.is_empty() || !key.chars().all(legal) {
        wrong.push(CONFIG_KEY.to_owned());
    }
    match key {
        "." => wrong.push("must not be '.'".to_owned()),
        ".." => wrong.push("must not be '..'".to_owned()),
        _ if key.starts_with("..") => wrong.push("must not start with '..'".to_owned()),
        _ => {}
    }
    wrong
}

/// What is wrong with a qualified name: the keys of labels and annotations, the reporter of an event.
pub(crate) fn qualified(name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let parts: Vec<&str> = name.split('/').collect();
    let base = match parts.as_slice() {
        [base] => *base,
        [prefix, base] => {
            if prefix.is_empty() {
                wrong.push("prefix part must be non-empty".to_owned());
            } else {
                wrong.extend(
                    subdomain(prefix)
                        .into_iter()
                        .map(|text| format!("prefix part {text}")),
                );
            }
            *base
        }
        _ => {
            let hint = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("a valid label key {QUALIFIED}{hint}")];
        }
    };
    if base.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else if base.len() > 63 {
        wrong.push(format!("name part {}", too_long(63)));
    }
    if !wordlike(base) {
        wrong.push(format!("name part {QUALIFIED}"));
    }
    wrong
}

/// What is wrong with the value of a label.
pub(crate) fn label_value(value: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if value.len() > 63 {
        wrong.push(too_long(63));
    }
    if !value.is_empty() && !wordlike(value) {
        wrong.push(VALUE.to_owned());
    }
    wrong
}

/// What is wrong with an object's labels and annotations.
pub(crate) fn metadata(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let entries = |at: &str| tree.pointer(at).and_then(Value::as_object).into_iter().flatten();
    for (key, value) in entries("/metadata/labels") {
        let wrong = |text: &str, why: &String| Cause::invalid("metadata.labels", text, why);
        causes.extend(qualified(key).iter().map(|why| wrong(key, why)));
        let value = value.as_str().unwrap_or_default();
        causes.extend(label_value(value).iter().map(|why| wrong(value, why)));
    }
    let mut size = 0;
    for (key, value) in entries("/metadata/annotations") {
        size += key.len() + value.as_str().map_or(0, str::len);
        let wrong = qualified(&key.to_lowercase());
        causes.extend(
            wrong
                .iter()
                .map(|why| Cause::invalid("metadata.annotations", key.as_str(), why)),
        );
    }
    if size > ANNOTATIONS {
        causes.push(Cause::too_long("metadata.annotations", ANNOTATIONS));
    }
    let generation = tree.pointer("/metadata/generation").and_then(Value::as_i64);
    if let Some(generation) = generation.filter(|generation| *generation < 0) {
        let why = "must be greater than or equal to 0";
        causes.push(Cause::invalid("metadata.generation", generation, why));
    }
    causes.extend(owners(tree));
    causes.extend(finalizers(tree));
    causes
}

/// What is wrong with the references to owners.
fn owners(tree: &Value) -> Vec<Cause> {
    const AT: &str = "metadata.ownerReferences";
    let owners: Vec<&Value> = list(tree, "/metadata/ownerReferences").collect();
    let mut causes = Vec::new();
    let mut controller: Option<String> = None;
    for (i, owner) in owners.iter().enumerate() {
        let said = |field: &str| owner.get(field).and_then(Value::as_str).unwrap_or_default();
        let version = said("apiVersion");
        let parts: Vec<&str> = version.split('/').collect();
        if !version.is_empty() && (parts.len() > 2 || parts.last().is_some_and(|version| version.is_empty()))
        {
            let why = "must be <group>/<version> or <version>";
            causes.push(Cause::invalid(format!("{AT}[{i}].apiVersion"), version, why));
        }
        for field in ["apiVersion", "kind", "name", "uid"] {
            if said(field).is_empty() {
                causes.push(Cause::required(format!("{AT}[{i}].{field}"), "must not be empty"));
            }
        }
        if version == "v1" && said("kind") == "Event" {
            let why = "/v1, Kind=Event is disallowed from being an owner";
            causes.push(Cause::invalid_as(format!("{AT}[{i}]"), &owner_text(owner), why));
        }
        if owner.get("controller") == Some(&Value::Bool(true)) {
            let this = format!("{}/{}", said("kind"), said("name"));
            if let Some(first) = &controller {
                let why = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {first} and \
                     {this}"
                );
                let all: Vec<String> = owners.iter().map(|owner| owner_text(owner)).collect();
                causes.push(Cause::invalid_as(AT, &format!("[{}]", all.join(",")), &why));
            } else {
                controller = Some(this);
            }
        }
    }
    causes
}

/// A reference as upstream writes it, in the order of its fields.
fn owner_text(owner: &Value) -> String {
    let mut parts = Vec::new();
    for field in ["apiVersion", "kind", "name", "uid"] {
        let value = owner.get(field).and_then(Value::as_str).unwrap_or_default();
        parts.push(format!("\"{field}\":{}", Value::from(value)));
    }
    for field in ["controller", "blockOwnerDeletion"] {
        if let Some(value) = owner.get(field).filter(|value| value.is_boolean()) {
            parts.push(format!("\"{field}\":{value}"));
        }
    }
    format!("{{{}}}", parts.join(","))
}

/// What is wrong with the finalizers.
fn finalizers(tree: &Value) -> Vec<Cause> {
    const AT: &str = "metadata.finalizers";
    let names: Vec<&str> = list(tree, "/metadata/finalizers")
        .filter_map(Value::as_str)
        .collect();
    let mut causes: Vec<Cause> = Vec::new();
    for name in &names {
        causes.extend(qualified(name).iter().map(|why| Cause::invalid(AT, *name, why)));
    }
    if names.contains(&"orphan") && names.contains(&"foregroundDeletion") {
        let why = "finalizer orphan and foregroundDeletion cannot be both set";
        causes.push(Cause::invalid(AT, names.clone(), why));
    }
    causes
}

/// Finalizers without a domain that are none of the cluster's own.
pub(crate) fn bare_finalizers(tree: &Value) -> Vec<Cause> {
    let names = list(tree, "/metadata/finalizers").map(|name| name.as_str().unwrap_or_default());
    let unknown = names.enumerate().filter(|(_, name)| {
        !name.contains('/') && !matches!(*name, "kubernetes" | "orphan" | "foregroundDeletion")
    });
    let why = "name is neither a standard finalizer name nor is it fully qualified";
    unknown
        .map(|(i, name)| Cause::invalid(format!("metadata.finalizers[{i}]"), name, why))
        .collect()
}

/// Finalizers that a change adds to an object that is being deleted: it may only lose some.
pub(crate) fn new_finalizers(old: &Value, new: &Value) -> Vec<Cause> {
    if old
        .pointer("/metadata/deletionTimestamp")
        .is_none_or(Value::is_null)
    {
        return Vec::new();
    }
    let before: Vec<&str> = list(old, "/metadata/finalizers")
        .filter_map(Value::as_str)
        .collect();
    let mut added: Vec<&str> = list(new, "/metadata/finalizers")
        .filter_map(Value::as_str)
        .filter(|name| !before.contains(name))
        .collect();
    if added.is_empty() {
        return Vec::new();
    }
    added.sort_unstable();
    added.dedup();
    let added: Vec<String> = added.iter().map(|name| format!("{name:?}")).collect();
    let why = format!(
        "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
        added.join(", ")
    );
    vec![Cause::forbidden("metadata.finalizers", &why)]
}

fn list<'a>(tree: &'a Value, at: &str) -> impl Iterator<Item = &'a Value> {
    tree.pointer(at).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert!(subdomain("pod.18a2f").is_empty());
        for bad in ["", "POD", "a_b", "-a", "a-", "a..b", "pod."] {
            assert!(!subdomain(bad).is_empty(), "{bad}");
        }
        assert!(!label("a.b").is_empty());
        for good in ["berth", "berth.dev/berth", "a_B.c"] {
            assert!(qualified(good).is_empty(), "{good}");
        }
        for bad in ["", "a b", "a/b/c", "/a", "a/", "-a", &"x".repeat(64)] {
            assert!(!qualified(bad).is_empty(), "{bad}");
        }
        assert!(
            label_value("").is_empty() && label_value("a.b").is_empty() && !label_value("a/b").is_empty()
        );
    }
}
