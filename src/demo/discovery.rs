//! Discovery: which groups, versions and resources there are, and what the server calls itself.

use serde_json::{Value, json};

use super::kinds::{KINDS, Kind};

/// `/version`. The rules followed are those of 1.37; build and platform say what this really is.
pub(crate) fn version() -> Value {
    json!({
        "major": "1",
        "minor": "37",
        "emulationMajor": "1",
        "emulationMinor": "37",
        "gitVersion": "v1.37.2+berth",
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "",
        "goVersion": "",
        "compiler": "rustc",
        "platform": format!("embedded cluster of berth {}", env!("CARGO_PKG_VERSION")),
    })
}

/// `/api`.
pub(crate) fn core_versions() -> Value {
    json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
}

/// `/apis`.
pub(crate) fn groups() -> Value {
    let mut seen: Vec<&str> = Vec::new();
    for kind in KINDS {
        if !kind.group.is_empty() && !seen.contains(&kind.group) {
            seen.push(kind.group);
        }
    }
    let groups: Vec<Value> = seen.into_iter().filter_map(group_entry).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/GROUP`.
pub(crate) fn group(name: &str) -> Option<Value> {
    let mut entry = group_entry(name)?;
    entry["kind"] = "APIGroup".into();
    entry["apiVersion"] = "v1".into();
    Some(entry)
}

fn group_entry(name: &str) -> Option<Value> {
    let kind = KINDS.iter().find(|k| !k.group.is_empty() && k.group == name)?;
    let version = json!({"groupVersion": kind.api_version(), "version": kind.version});
    Some(json!({"name": name, "versions": [version.clone()], "preferredVersion": version}))
}

/// Whether there is anything under that group and version.
pub(crate) fn has(group: &str, version: &str) -> bool {
    KINDS.iter().any(|k| k.group == group && k.version == version)
}

/// `/api/v1` and `/apis/GROUP/VERSION`.
pub(crate) fn resources(group: &str, version: &str) -> Value {
    let of_group: Vec<&Kind> = KINDS
        .iter()
        .filter(|k| k.group == group && k.version == version)
        .copied()
        .collect();
    let name = of_group.first().map_or_else(String::new, |k| k.api_version());
    let resources: Vec<Value> = of_group.iter().flat_map(|kind| entries(kind)).collect();
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": resources})
}

fn entries(kind: &Kind) -> Vec<Value> {
    let mut main = json!({
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": kind.verbs(),
    });
    if !kind.short_names.is_empty() {
        main["shortNames"] = kind.short_names.into();
    }
    if !kind.categories.is_empty() {
        main["categories"] = kind.categories.into();
    }
    let sub = |name: &str, kind_name: &str, verbs: &[&str]| {
        json!({
            "name": format!("{}/{name}", kind.plural),
            "singularName": "",
            "namespaced": kind.namespaced,
            "kind": kind_name,
            "verbs": verbs,
        })
    };
    let mut all = vec![main];
    for subresource in kind.subresources {
        let (group, version, of) = subresource.of;
        let mut entry = sub(subresource.name, of, subresource.verbs);
        if (group, version) != (kind.group, kind.version) {
            entry["group"] = group.into();
            entry["version"] = version.into();
        }
        all.push(entry);
    }
    if kind.has_status {
        all.push(sub("status", kind.kind, &["get", "patch", "update"]));
    }
    all
}
