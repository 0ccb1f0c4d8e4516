//! Workloads in short: their pods run already, or wait, and their owners are there.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    ScenarioError,
    base::{ensure_namespace, template},
    owners::{APP, Owned, Owner, Workload},
    place::Place,
};
use crate::demo::{
    clock,
    kinds::POD,
    schema,
    shapes::{self, NodeShape, Placement, running},
    store::Store,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct WorkloadEntry {
    namespace: String,
    name: String,
    /// How its pods are named and owned.
    #[serde(default)]
    owner: Owner,
    image: String,
    /// The nodes that its pods run on, a pod each; `"*"` alone: every node.
    #[serde(default)]
    on: Vec<String>,
    /// So many more that have no node yet.
    #[serde(default)]
    waiting: usize,
    #[serde(default)]
    waiting_age: Option<String>,
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

/// Pods that one entry may ask for to wait.
const MOST_WAITING: usize = 10_000;

/// What the workloads of a file are placed on, and what they have come to.
pub(super) struct Workloads<'a> {
    pub(super) store: &'a Store,
    pub(super) nodes: &'a [NodeShape],
    pub(super) random: &'a mut Rng,
    names: BTreeSet<(String, String)>,
    pods: Vec<Value>,
}

impl<'a> Workloads<'a> {
    pub(super) fn new(store: &'a Store, nodes: &'a [NodeShape], random: &'a mut Rng) -> Self {
        Self {
            store,
            nodes,
            random,
            names: BTreeSet::new(),
            pods: Vec::new(),
        }
    }

    /// Puts what has come together into the store.
    pub(super) fn load(self) {
        self.store.load(&POD, self.pods);
    }

    /// Makes the `i`th workload.
    pub(super) fn add(
        &mut self,
        place: &Place<'_>,
        i: usize,
        entry: &WorkloadEntry,
    ) -> Result<(), ScenarioError> {
        let at = |field: &str| format!("workloads[{i}].{field}");
        if !self.names.insert((entry.namespace.clone(), entry.name.clone())) {
            let message = format!(
                "{}: there is a workload {:?} in {:?} already",
                at("name"),
                entry.name,
                entry.namespace
            );
            return Err(place.error(message));
        }
        let age = match &entry.age {
            Some(age) => place.duration(&at("age"), age)?,
            None => SignedDuration::from_mins(self.random.i64(90..12_000)),
        };
        let waiting_age = match &entry.waiting_age {
            Some(age) => place.duration(&at("waitingAge"), age)?,
            None => SignedDuration::from_mins(2),
        };
        if entry.waiting > MOST_WAITING {
            return Err(place.error(format!("{}: {MOST_WAITING} at most", at("waiting"))));
        }
        let chosen = self.chosen(place, i, entry)?;
        let workload = Workload {
            owner: entry.owner,
            namespace: &entry.namespace,
            name: &entry.name,
            labels: entry.all_labels(),
            spec: entry.whole_spec(place, i)?,
            age,
        };
        ensure_namespace(self.store, &entry.namespace);
        let owned = workload.own(self.random);
        let template = template(self.store, owned.pod.clone())
            .map_err(|why| place.error(format!("workloads[{i}]: {why}")))?;
        let ready = chosen.iter().filter(|node| node.ready).count();
        let owners = workload
            .owners(self.store, &owned, (chosen.len() + entry.waiting, ready))
            .map_err(|why| place.error(format!("workloads[{i}]: {why}")))?;
        for (kind, tree) in owners {
            self.store.load(kind, [tree]);
        }
        for (n, node) in chosen.iter().enumerate() {
            let serial = self
                .pods
                .iter()
                .filter(|pod| pod["spec"]["nodeName"].is_string())
                .count();
            let placement = Placement {
                node,
                pod_ip: format!("10.64.{}.{}", serial / 250, serial % 250 + 2),
                age: age.min(node.age),
            };
            let name = self.pod_name(entry, &owned, n);
            let mut pod = running(&template, &name, &placement, self.random);
            entry.own_touch(&mut pod, n, Some(&node.name));
            self.pods.push(pod);
        }
        for n in chosen.len()..chosen.len() + entry.waiting {
            let mut pod = template.clone();
            pod["metadata"]["name"] = self.pod_name(entry, &owned, n).into();
            pod["metadata"]["uid"] = clock::uid(self.random).into();
            pod["metadata"]["creationTimestamp"] = shapes::ago(waiting_age).into();
            entry.own_touch(&mut pod, n, None);
            self.pods.push(pod);
        }
        Ok(())
    }

    fn pod_name(&mut self, entry: &WorkloadEntry, owned: &Owned, n: usize) -> String {
        match entry.owner {
            Owner::StatefulSet => format!("{}{n}", owned.prefix),
            _ => format!("{}{}", owned.prefix, clock::suffix(self.random, 5)),
        }
    }

    fn chosen(
        &self,
        place: &Place<'_>,
        i: usize,
        entry: &WorkloadEntry,
    ) -> Result<Vec<&'a NodeShape>, ScenarioError> {
        if entry.everywhere() {
            return Ok(self.nodes.iter().collect());
        }
        let find = |name: &String| {
            let found = self.nodes.iter().find(|node| node.name == *name);
            found.ok_or_else(|| place.error(format!("workloads[{i}].on: there is no node {name:?}")))
        };
        entry.on.iter().map(find).collect()
    }
}

impl WorkloadEntry {
    fn everywhere(&self) -> bool {
        self.on.len() == 1 && self.on.iter().all(|name| name == "*")
    }

    fn all_labels(&self) -> Map<String, Value> {
        let mut labels = Map::from_iter([(APP.to_owned(), Value::from(self.name.clone()))]);
        labels.extend(self.labels.iter().map(|(k, v)| (k.clone(), v.clone().into())));
        labels
    }

    /// The spec of the pods of the `i`th entry.
    fn whole_spec(&self, place: &Place<'_>, i: usize) -> Result<Map<String, Value>, ScenarioError> {
        let at = |field: &str| format!("workloads[{i}].{field}");
        let spec = schema::of_kind("v1", "Pod").and_then(|pod| pod.field("spec")?.shape.object());
        if let Some(spec) = spec {
            place.known(&at("spec"), &self.spec.clone().into(), spec)?;
        }
        let mut requests = Map::new();
        for (resource, amount) in [("cpu", &self.cpu), ("memory", &self.memory)] {
            if let Some(amount) = amount {
                place.quantity(&at(resource), amount)?;
                requests.insert(resource.into(), amount.clone().into());
            }
        }
        for (resource, amount) in &self.limits {
            place.quantity(&at(&format!("limits[{resource}]")), amount)?;
        }
        let mut resources = json!({"requests": requests});
        if !self.limits.is_empty() {
            resources["limits"] = json!(self.limits);
        }
        let mut container = json!({"name": self.name, "image": self.image, "resources": resources});
        if let Some(port) = self.host_port {
            container["ports"] = json!([{"containerPort": port, "hostPort": port}]);
        }
        let mut spec = self.spec.clone();
        if let Some(field) = ["containers", "nodeName"]
            .into_iter()
            .find(|field| spec.contains_key(*field))
        {
            let message = format!("{}: {field} follows from the entry's other fields", at("spec"));
            return Err(place.error(message));
        }
        spec.insert("containers".into(), json!([container]));
        // A daemon that is on some nodes says so, or its controller would bring it to the others.
        if self.owner == Owner::DaemonSet
            && !self.everywhere()
            && !spec.contains_key("nodeSelector")
            && !spec.contains_key("affinity")
        {
            spec.insert(
                "affinity".into(),
                only_on("matchExpressions", "kubernetes.io/hostname", &self.on),
            );
        }
        Ok(spec)
    }

    /// What a controller says of each single pod.
    fn own_touch(&self, pod: &mut Value, n: usize, node: Option<&str>) {
        match (self.owner, node) {
            (Owner::StatefulSet, _) => {
                pod["spec"]["hostname"] = pod["metadata"]["name"].clone();
                pod["metadata"]["labels"]["apps.kubernetes.io/pod-index"] = n.to_string().into();
                pod["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] =
                    pod["metadata"]["name"].clone();
            }
            (Owner::DaemonSet, Some(node)) => {
                let own = only_on("matchFields", "metadata.name", &[node.to_owned()]);
                let required = "requiredDuringSchedulingIgnoredDuringExecution";
                if pod["spec"]["affinity"].is_null() {
                    pod["spec"]["affinity"] = own;
                } else {
                    pod["spec"]["affinity"]["nodeAffinity"][required] = own["nodeAffinity"][required].clone();
                }
            }
            _ => {}
        }
    }
}

fn only_on(how: &str, key: &str, values: &[String]) -> Value {
    json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {how: [{"key": key, "operator": "In", "values": values}]},
    ]}}})
}
