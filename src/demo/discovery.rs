//! Discovery: which groups, versions and resources there are, and what the server calls itself.

use std::collections::BTreeSet;

use axum::response::{IntoResponse, Response};
use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use http::{HeaderMap, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    api,
    kinds::{self, KINDS, Kind},
    negotiation::{self, Offer},
};

/// The version of Kubernetes that is followed.
pub(crate) const VERSION: &str = "1.37";

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

/// The order of groups, which is that in which kubectl looks a short name up.
const GROUPS: [&str; 12] = [
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "networking.k8s.io",
    "policy",
    "storage.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "resource.k8s.io",
];

/// The media type of discovery in one piece.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Answers `/api`, in the form that the client takes.
pub(crate) fn core(headers: &HeaderMap) -> Response {
    let legacy = || json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []});
    answer(headers, Offer::Forms, legacy, || aggregated(&[""]))
}

/// Answers `/apis`, in the form that the client takes.
pub(crate) fn groups(headers: &HeaderMap) -> Response {
    let groups = group_names();
    let legacy = || {
        let groups: Vec<Value> = groups.iter().filter_map(|name| group_entry(name)).collect();
        json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
    };
    answer(headers, Offer::Unrouted, legacy, || aggregated(&groups))
}

/// The first form that the client takes, in its own order.
fn answer(
    headers: &HeaderMap,
    offer: Offer,
    legacy: impl Fn() -> Value,
    aggregated: impl Fn() -> Value,
) -> Response {
    let accept = api::text(headers, &header::ACCEPT);
    let accept = if accept.is_empty() { "*/*" } else { accept };
    for range in accept.split(',') {
        let mut words = range.split(';').map(str::trim);
        let essence = words.next().unwrap_or_default();
        if !matches!(
            essence,
            "application/json" | "application/yaml" | "application/*" | "*/*"
        ) {
            continue;
        }
        let parameter = |name: &str| {
            let mut words = words.clone().filter_map(|word| word.split_once('='));
            words.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        match (parameter("as"), parameter("g"), parameter("v")) {
            (None, ..) => break,
            (Some("APIGroupDiscoveryList"), Some("apidiscovery.k8s.io"), Some("v2"))
                if essence == "application/json" =>
            {
                let kind = [(header::CONTENT_TYPE, AGGREGATED), (header::VARY, "Accept")];
                return (kind, aggregated().to_string()).into_response();
            }
            _ => {}
        }
    }
    match negotiation::check_whole(headers, offer) {
        Ok(()) => axum::Json(legacy()).into_response(),
        Err(failure) => failure.into_response(),
    }
}

/// `/`: where else there is something.
pub(crate) fn paths() -> Value {
    let mut paths: BTreeSet<String> = [
        "/api",
        "/apis",
        "/healthz",
        "/livez",
        "/openapi/v3",
        "/readyz",
        "/version",
    ]
    .map(str::to_owned)
    .into();
    for kind in KINDS {
        if kind.group.is_empty() {
            paths.insert(format!("/api/{}", kind.version));
        } else {
            paths.insert(format!("/apis/{}", kind.group));
            paths.insert(format!("/apis/{}", kind.api_version()));
        }
    }
    json!({"paths": paths})
}

/// The names of the groups that there are, but for the core group's.
fn group_names() -> Vec<&'static str> {
    let mut seen: Vec<&str> = Vec::new();
    for kind in KINDS {
        if !kind.group.is_empty() && !seen.contains(&kind.group) {
            seen.push(kind.group);
        }
    }
    seen.sort_by_key(|group| {
        GROUPS
            .iter()
            .position(|name| name == group)
            .unwrap_or(GROUPS.len())
    });
    seen
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

/// The kinds of a group and version, by their names in paths.
fn kinds_of(group: &str, version: &str) -> Vec<&'static Kind> {
    let mut kinds: Vec<&Kind> = KINDS
        .iter()
        .copied()
        .filter(|k| k.group == group && k.version == version)
        .collect();
    kinds.sort_by_key(|kind| kind.plural);
    kinds
}

/// `/api/v1` and `/apis/GROUP/VERSION`.
pub(crate) fn resources(group: &str, version: &str) -> Value {
    let kinds = kinds_of(group, version);
    let name = kinds.first().map_or_else(String::new, |k| k.api_version());
    let resources: Vec<Value> = kinds.iter().flat_map(|kind| entries(kind)).collect();
    let mut list = json!({"kind": "APIResourceList", "groupVersion": name, "resources": resources});
    // Upstream's oldest list does not say its version.
    if !group.is_empty() {
        list["apiVersion"] = "v1".into();
    }
    list
}

/// A subresource, as both forms of discovery tell of it.
struct Below {
    name: &'static str,
    /// Group and version, where they are not those of the resource.
    elsewhere: Option<(&'static str, &'static str)>,
    kind: &'static str,
    verbs: &'static [&'static str],
}

/// The subresources of a kind, by name.
fn below(kind: &'static Kind) -> Vec<Below> {
    let mut all: Vec<Below> = kind
        .subresources
        .iter()
        .map(|subresource| {
            let (group, version, of) = subresource.of;
            Below {
                name: subresource.name,
                elsewhere: ((group, version) != (kind.group, kind.version)).then_some((group, version)),
                kind: of,
                verbs: subresource.verbs,
            }
        })
        .collect();
    if kind.has_status {
        all.push(Below {
            name: "status",
            elsewhere: None,
            kind: kind.kind,
            verbs: &["get", "patch", "update"],
        });
    }
    all.sort_by_key(|below| below.name);
    all
}

fn entries(kind: &'static Kind) -> Vec<Value> {
    let mut main = json!({
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": kind.verbs(),
    });
    add_names(kind, &mut main);
    if let Some(stored) = kinds::of_table(kind.table) {
        main["storageVersionHash"] = storage_hash(stored).into();
    }
    let mut all = vec![main];
    for below in below(kind) {
        let mut entry = json!({
            "name": format!("{}/{}", kind.plural, below.name),
            "singularName": "",
            "namespaced": kind.namespaced,
            "kind": below.kind,
            "verbs": below.verbs,
        });
        if let Some((group, version)) = below.elsewhere {
            entry["group"] = group.into();
            entry["version"] = version.into();
        }
        all.push(entry);
    }
    all
}

/// What upstream tells of the version in which a resource is stored: the beginning of a hash of its name.
fn storage_hash(stored: &Kind) -> String {
    // Upstream still stores this one in the version before.
    let version = match stored.kind {
        "DeviceTaintRule" => "v1beta2",
        _ => stored.version,
    };
    let name = format!("{}/{version}/{}", stored.group, stored.kind);
    let hash = Sha256::digest(name);
    BASE64.encode(hash.get(..8).unwrap_or_default())
}

fn add_names(kind: &Kind, entry: &mut Value) {
    if !kind.short_names.is_empty() {
        entry["shortNames"] = kind.short_names.into();
    }
    if !kind.categories.is_empty() {
        entry["categories"] = kind.categories.into();
    }
}

/// All resources of these groups: what one request tells instead of one for each group and version.
fn aggregated(groups: &[&str]) -> Value {
    let items: Vec<Value> = groups
        .iter()
        .map(|group| {
            let versions: BTreeSet<&str> = KINDS
                .iter()
                .filter(|kind| kind.group == *group)
                .map(|kind| kind.version)
                .collect();
            let versions: Vec<Value> = versions
                .into_iter()
                .rev()
                .map(|version| {
                    let resources: Vec<Value> = kinds_of(group, version)
                        .into_iter()
                        .map(aggregated_entry)
                        .collect();
                    json!({"version": version, "resources": resources, "freshness": "Current"})
                })
                .collect();
            let metadata = if group.is_empty() {
                json!({})
            } else {
                json!({ "name": group })
            };
            json!({"metadata": metadata, "versions": versions})
        })
        .collect();
    json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    })
}

fn aggregated_entry(kind: &'static Kind) -> Value {
    let of = |elsewhere: Option<(&str, &str)>, kind: &str| {
        let (group, version) = elsewhere.unwrap_or_default();
        json!({"group": group, "version": version, "kind": kind})
    };
    let mut entry = json!({
        "resource": kind.plural,
        "responseKind": of(None, kind.kind),
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": kind.singular,
        "verbs": kind.verbs(),
    });
    add_names(kind, &mut entry);
    let subresources: Vec<Value> = below(kind)
        .into_iter()
        .map(|below| {
            json!({
                "subresource": below.name,
                "responseKind": of(below.elsewhere, below.kind),
                "verbs": below.verbs,
            })
        })
        .collect();
    if !subresources.is_empty() {
        entry["subresources"] = subresources.into();
    }
    entry
}
