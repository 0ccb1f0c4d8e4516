//! The scenario file: nodes and running workloads in short, everything else as manifests.

use std::collections::BTreeMap;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use serde_saphyr::Spanned;

use super::{ScenarioError, ensure_namespace, settled, template};
use crate::demo::{
    clock, events, kinds,
    object::{Key, metadata, str_at},
    quantities::nanos,
    shapes::{self, NodeShape, Placement, running},
    store::{Store, Write},
};

/// A scenario file. All that it does not name, the server decides as it would for any client.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// One sentence on what there is to see.
    description: String,
    /// Seeds names and uids, so that a scenario looks the same each time.
    #[serde(default)]
    seed: u64,
    region: String,
    nodes: Vec<Spanned<NodeEntry>>,
    /// Workloads whose pods run already.
    #[serde(default)]
    workloads: Vec<Spanned<WorkloadEntry>>,
    /// Any other objects, in order: what is needed first comes first.
    #[serde(default)]
    objects: Vec<Spanned<ObjectEntry>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NodeEntry {
    name: String,
    zone: String,
    instance_type: String,
    #[serde(default = "amd64")]
    arch: String,
    cpu: String,
    memory: String,
    #[serde(default = "most_pods")]
    pods: u64,
    /// Extended resources.
    #[serde(default)]
    extended: BTreeMap<String, String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    taints: Vec<Taint>,
    #[serde(default)]
    cordoned: bool,
    #[serde(default = "yes")]
    ready: bool,
    #[serde(default = "weeks")]
    age: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Taint {
    key: String,
    #[serde(default)]
    value: String,
    effect: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WorkloadEntry {
    namespace: String,
    name: String,
    /// `ReplicaSet` (the default), `StatefulSet` or `DaemonSet`: how its pods are named and owned.
    #[serde(default)]
    owner: Owner,
    image: String,
    /// The nodes that its pods run on, a pod each; `"*"` alone: every node.
    on: Vec<String>,
    #[serde(default)]
    cpu: Option<String>,
    #[serde(default)]
    memory: Option<String>,
    #[serde(default)]
    limits: BTreeMap<String, String>,
    #[serde(default)]
    age: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// Fields of the pod's spec beyond the one container.
    #[serde(default)]
    spec: Map<String, Value>,
    #[serde(default)]
    host_port: Option<u16>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[expect(clippy::enum_variant_names, reason = "the kinds are called so")]
enum Owner {
    #[default]
    ReplicaSet,
    StatefulSet,
    DaemonSet,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectEntry {
    /// How long ago it was made.
    #[serde(default)]
    age: Option<String>,
    manifest: Value,
}

fn amd64() -> String {
    "amd64".into()
}

fn most_pods() -> u64 {
    110
}

fn yes() -> bool {
    true
}

fn weeks() -> String {
    "400h".into()
}

/// Where in which file something is wrong.
struct Place<'a> {
    file: &'a str,
    line: u64,
}

impl Place<'_> {
    fn error(&self, message: impl Into<String>) -> ScenarioError {
        ScenarioError::Content {
            file: self.file.to_owned(),
            line: self.line,
            message: message.into(),
        }
    }

    fn duration(&self, field: &str, text: &str) -> Result<SignedDuration, ScenarioError> {
        text.parse().map_err(|error| {
            self.error(format!(
                "{field}: {text:?} is no duration such as 90s or 12m ({error})"
            ))
        })
    }

    fn quantity(&self, field: &str, text: &str) -> Result<i128, ScenarioError> {
        nanos(text)
            .filter(|amount| *amount >= 0)
            .ok_or_else(|| self.error(format!("{field}: {text:?} is no quantity such as 500m or 2Gi")))
    }
}

/// Fills a store as the file says, and answers its description.
pub(super) fn fill(store: &Store, file: &str, text: &str) -> Result<String, ScenarioError> {
    let parsed: File = serde_saphyr::from_str(text).map_err(|error| unreadable(file, text, &error))?;
    let mut random = Rng::with_seed(parsed.seed);
    let mut nodes: Vec<NodeShape> = Vec::new();
    for (i, entry) in parsed.nodes.iter().enumerate() {
        let place = Place {
            file,
            line: entry.referenced.line(),
        };
        let shape = node(&place, &parsed.region, i, &entry.value)?;
        if nodes.iter().any(|other| other.name == shape.name) {
            return Err(place.error(format!(
                "nodes[{i}].name: there is a node {:?} already",
                shape.name
            )));
        }
        nodes.push(shape);
    }
    let trees: Vec<Value> = nodes.iter().map(|shape| shape.build(&mut random)).collect();
    store.load(&kinds::LEASE, shapes::leases(&nodes, &trees));
    store.load(&kinds::NODE, trees);
    // Objects come before the pods of workloads: these may name a priority class.
    for (i, entry) in parsed.objects.iter().enumerate() {
        object(
            store,
            &Place {
                file,
                line: entry.referenced.line(),
            },
            i,
            &entry.value,
        )?;
    }
    let mut pods = Vec::new();
    for (i, entry) in parsed.workloads.iter().enumerate() {
        let place = Place {
            file,
            line: entry.referenced.line(),
        };
        workload(store, &place, i, &entry.value, &nodes, &mut random, &mut pods)?;
    }
    store.load(&kinds::POD, pods);
    Ok(parsed.description)
}

/// An error of the YAML reader: it knows the place; what stands there says which field it is.
fn unreadable(file: &str, text: &str, error: &serde_saphyr::Error) -> ScenarioError {
    let line = error.location().map_or(1, |location| location.line());
    let whole = error.to_string();
    let first = whole.lines().next().unwrap_or_default();
    let why = first
        .split_once("column ")
        .and_then(|(_, rest)| rest.split_once(": "))
        .map_or(first, |(_, why)| why);
    let here = usize::try_from(line)
        .ok()
        .and_then(|line| text.lines().nth(line.saturating_sub(1)));
    let message = format!("{why}, in `{}`", here.unwrap_or_default().trim());
    ScenarioError::Content {
        file: file.to_owned(),
        line,
        message,
    }
}

fn node(place: &Place<'_>, region: &str, i: usize, entry: &NodeEntry) -> Result<NodeShape, ScenarioError> {
    let at = |field: &str| format!("nodes[{i}].{field}");
    let text =
        |map: &BTreeMap<String, String>| map.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect();
    let taint = |taint: &Taint| {
        let mut tree = json!({"key": taint.key, "effect": taint.effect});
        if !taint.value.is_empty() {
            tree["value"] = taint.value.clone().into();
        }
        tree
    };
    if let Some(taint) = entry
        .taints
        .iter()
        .find(|t| !matches!(t.effect.as_str(), "NoSchedule" | "PreferNoSchedule" | "NoExecute"))
    {
        return Err(place.error(format!(
            "{}: {:?} is no effect of a taint",
            at("taints"),
            taint.effect
        )));
    }
    Ok(NodeShape {
        name: entry.name.clone(),
        region: region.to_owned(),
        zone: entry.zone.clone(),
        instance_type: entry.instance_type.clone(),
        architecture: entry.arch.clone(),
        address: format!("10.20.{}.{}", i / 200, i % 200 + 10),
        cpu_milli: (place.quantity(&at("cpu"), &entry.cpu)? / 1_000_000) as u64,
        memory_mib: (place.quantity(&at("memory"), &entry.memory)? / 1_000_000_000 / (1 << 20)) as u64,
        pods: entry.pods,
        extended: text(&entry.extended),
        labels: text(&entry.labels),
        taints: entry.taints.iter().map(taint).collect(),
        cordoned: entry.cordoned,
        ready: entry.ready,
        age: place.duration(&at("age"), &entry.age)?,
    })
}

fn object(store: &Store, place: &Place<'_>, i: usize, entry: &ObjectEntry) -> Result<(), ScenarioError> {
    let (api_version, kind_name) = (
        str_at(&entry.manifest, "/apiVersion"),
        str_at(&entry.manifest, "/kind"),
    );
    let at = format!("objects[{i}].manifest");
    let kind = kinds::find_by_manifest(api_version, kind_name)
        .filter(|kind| kind.is_stored())
        .ok_or_else(|| {
            place.error(format!(
                "{at}.kind: there is no {kind_name:?} in {api_version:?} here"
            ))
        })?;
    let mut manifest = entry.manifest.clone();
    if let Some(age) = &entry.age {
        let age = place.duration(&format!("objects[{i}].age"), age)?;
        let made = Timestamp::now().checked_sub(age).unwrap_or(Timestamp::UNIX_EPOCH);
        metadata(&mut manifest).insert("creationTimestamp".into(), clock::seconds(made).into());
    }
    if kind.namespaced {
        let namespace = metadata(&mut manifest)
            .entry("namespace")
            .or_insert_with(|| "default".into());
        ensure_namespace(store, namespace.as_str().unwrap_or_default());
    }
    let tree = settled(store, kind, manifest).map_err(|why| place.error(format!("{at}: {why}")))?;
    let key = Key::new(
        str_at(&tree, "/metadata/namespace"),
        str_at(&tree, "/metadata/name"),
    );
    store
        .write(events::stored_row(kind), &key, |current| match current {
            Some(_) => Err(crate::demo::failure::Failure::already_exists(kind, &key.name)),
            None => Ok(Write::Put(tree.clone())),
        })
        .map_err(|failure| place.error(format!("{at}.metadata.name: {}", failure.message())))?;
    Ok(())
}

fn workload(
    store: &Store,
    place: &Place<'_>,
    i: usize,
    entry: &WorkloadEntry,
    nodes: &[NodeShape],
    random: &mut Rng,
    pods: &mut Vec<Value>,
) -> Result<(), ScenarioError> {
    let at = |field: &str| format!("workloads[{i}].{field}");
    ensure_namespace(store, &entry.namespace);
    let age = match &entry.age {
        Some(age) => place.duration(&at("age"), age)?,
        None => SignedDuration::from_mins(random.i64(90..12_000)),
    };
    for (field, amount) in [("cpu", &entry.cpu), ("memory", &entry.memory)] {
        if let Some(amount) = amount {
            place.quantity(&at(field), amount)?;
        }
    }
    let hash = clock::suffix(random, 9);
    let manifest = manifest(entry, &hash, random);
    let template = template(store, manifest).map_err(|why| place.error(format!("{}: {why}", at("spec"))))?;
    let everywhere = entry.on.len() == 1 && entry.on.iter().all(|name| name == "*");
    let chosen: Vec<&NodeShape> = if everywhere {
        nodes.iter().collect()
    } else {
        let find = |name: &String| {
            let found = nodes.iter().find(|node| node.name == *name);
            found.ok_or_else(|| place.error(format!("{}: there is no node {name:?}", at("on"))))
        };
        entry.on.iter().map(find).collect::<Result<_, _>>()?
    };
    for (n, node) in chosen.into_iter().enumerate() {
        let name = match entry.owner {
            Owner::ReplicaSet => format!("{}-{hash}-{}", entry.name, clock::suffix(random, 5)),
            Owner::DaemonSet => format!("{}-{}", entry.name, clock::suffix(random, 5)),
            Owner::StatefulSet => format!("{}-{n}", entry.name),
        };
        let serial = pods.len();
        let placement = Placement {
            node,
            pod_ip: format!("10.64.{}.{}", serial / 250, serial % 250 + 2),
            age: age.min(node.age),
        };
        pods.push(running(&template, &name, &placement, random));
    }
    Ok(())
}

fn manifest(entry: &WorkloadEntry, hash: &str, random: &mut Rng) -> Value {
    let mut labels = json!({"app.kubernetes.io/name": entry.name});
    let (owner, owner_name) = match entry.owner {
        Owner::ReplicaSet => {
            labels["pod-template-hash"] = hash.into();
            ("ReplicaSet", format!("{}-{hash}", entry.name))
        }
        Owner::StatefulSet => ("StatefulSet", entry.name.clone()),
        Owner::DaemonSet => ("DaemonSet", entry.name.clone()),
    };
    for (key, value) in &entry.labels {
        labels[key.as_str()] = value.clone().into();
    }
    let mut requests = Map::new();
    for (resource, amount) in [("cpu", &entry.cpu), ("memory", &entry.memory)] {
        if let Some(amount) = amount {
            requests.insert(resource.into(), amount.clone().into());
        }
    }
    let mut resources = json!({"requests": requests});
    if !entry.limits.is_empty() {
        resources["limits"] = json!(entry.limits);
    }
    let mut container = json!({"name": entry.name, "image": entry.image, "resources": resources});
    if let Some(port) = entry.host_port {
        container["ports"] = json!([{"containerPort": port, "hostPort": port}]);
    }
    let mut spec = entry.spec.clone();
    spec.insert("containers".into(), json!([container]));
    json!({
        "metadata": {
            "namespace": entry.namespace,
            "generateName": format!("{owner_name}-"),
            // Only there to be valid: each pod gets its own.
            "name": entry.name,
            "labels": labels,
            "ownerReferences": [{
                "apiVersion": "apps/v1",
                "kind": owner,
                "name": owner_name,
                "uid": clock::uid(random),
                "controller": true,
                "blockOwnerDeletion": true,
            }],
        },
        "spec": spec,
    })
}
