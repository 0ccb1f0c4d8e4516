//! Random clusters that reach every field the plugins read, odd and extreme values among them.

use fastrand::Rng;
use serde_json::{Map, Value, json};

const CPU: &[&str] = &["100m", "250m", "1", "2", "500m", "0.5", "1500m", "4", "0"];
const MEMORY: &[&str] = &[
    "64Mi",
    "1Gi",
    "128974848",
    "129e6",
    "129M",
    "123Mi",
    "1.5Gi",
    "2Gi",
    "0",
];
const ODD: &[&str] = &[
    "1n",
    "1u",
    "999999n",
    ".5",
    "1.",
    "1e3",
    "1E3",
    "0.0001",
    "1k",
    "12Ei",
    "8Ei",
    "7Ei",
    "1E",
    "-1",
    "1e-3",
    "0.1m",
    "100e-3",
    "3000000000n",
    "9223372036854775807",
    "9223372036854775808",
    "1.5Gi",
    "1e18",
    "1e19",
    "-500m",
    "-5Mi",
    "1.0001Gi",
    "0.5",
    "1Ei",
    "12E",
    "1.23456789012345678901",
    "+3",
    "00012",
    "1Pi",
    "3e2",
    "-1n",
    "1000000000000000001m",
    "9223372036854775807m",
    "1e-12",
    "0.000000001Ki",
    "123456789.987654321Mi",
];
const EXTENDED: &[&str] = &[
    "example.com/gpu",
    "nvidia.com/gpu",
    "hugepages-2Mi",
    "hugepages-1Gi",
    "attachable-volumes-x",
    "kubernetes.io/thing",
    "ephemeral-storage",
    "storage",
    "bare",
    "requests.example.com/gpu",
    "UPPER.com/gpu",
    "pods",
];
const KEYS: &[&str] = &[
    "zone",
    "disk",
    "size",
    "example.com/pool",
    "kubernetes.io/hostname",
];
const VALUES: &[&str] = &[
    "a",
    "b",
    "c",
    "ssd",
    "1",
    "5",
    "10",
    "-3",
    "007",
    "+4",
    "9223372036854775808",
    "",
    "x.y",
];
const EFFECTS: &[&str] = &["NoSchedule", "PreferNoSchedule", "NoExecute"];
const TAINTS: &[&str] = &[
    "a",
    "b",
    "gpu",
    "node.kubernetes.io/unschedulable",
    "example.com/team",
];

/// The cluster of `seed`, as a `List`.
pub(crate) fn cluster(seed: u64) -> Value {
    let mut random = Random(Rng::with_seed(seed));
    let nodes = random.0.usize(0..=9);
    let nodes = if random.one_in(12) {
        nodes.min(1)
    } else {
        nodes.max(2)
    };
    let mut items: Vec<Value> = (0..nodes).map(|at| random.node(at)).collect();
    for at in 0..random.0.usize(0..=3 * nodes + 1) {
        items.push(random.bound(at, nodes));
    }
    for at in 0..random.0.usize(1..=9) {
        items.push(random.pending(at, nodes));
    }
    random.0.shuffle(&mut items);
    json!({ "apiVersion": "v1", "kind": "List", "items": items })
}

struct Random(Rng);

impl Random {
    fn one_in(&mut self, of: u32) -> bool {
        self.0.u32(0..of) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.0.usize(0..from.len())]
    }

    fn list(&mut self, most: usize, mut make: impl FnMut(&mut Self) -> Value) -> Vec<Value> {
        (0..self.0.usize(0..=most)).map(|_| make(self)).collect()
    }

    fn quantity(&mut self, usual: &[&str]) -> Value {
        match self.0.u32(0..24) {
            0 | 1 => json!(self.pick(ODD)),
            2 => json!(self.0.i32(0..5)),
            _ => json!(self.pick(usual)),
        }
    }

    fn requests(&mut self) -> Value {
        let mut all = Map::new();
        if !self.one_in(4) {
            all.insert("cpu".into(), self.quantity(CPU));
        }
        if !self.one_in(4) {
            all.insert("memory".into(), self.quantity(MEMORY));
        }
        if self.one_in(4) {
            let name = self.pick(EXTENDED).to_owned();
            all.insert(name, self.quantity(&["0", "1", "2", "1e1", "500m"]));
        }
        Value::Object(all)
    }

    fn node(&mut self, at: usize) -> Value {
        let mut labels = Map::new();
        for key in KEYS {
            if !self.one_in(3) {
                labels.insert((*key).into(), json!(self.pick(VALUES)));
            }
        }
        let mut metadata = json!({ "name": format!("n{at}"), "labels": labels });
        if self.one_in(8) {
            metadata["labels"] = Value::Null;
        }
        let mut allocatable = json!({
            "cpu": self.quantity(&["4", "2", "8", "3900m", "16"]),
            "memory": self.quantity(&["8Gi", "16Gi", "3Gi", "8145492Ki"]),
            "pods": self.quantity(&["110", "3", "2", "5", "1"]),
        });
        for _ in 0..self.0.usize(0..3) {
            let name = self.pick(EXTENDED).to_owned();
            allocatable[name] = self.quantity(&["0", "1", "4", "10Gi"]);
        }
        for name in ["cpu", "memory", "pods"] {
            if self.one_in(20) {
                allocatable.as_object_mut().expect("an object").remove(name);
            }
        }
        let mut spec = json!({});
        if self.one_in(3) {
            spec["taints"] = json!(self.list(4, Self::taint));
        }
        if self.one_in(6) {
            spec["unschedulable"] = json!(true);
        }
        let status = json!({ "allocatable": allocatable });
        json!({ "apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec, "status": status })
    }

    fn taint(&mut self) -> Value {
        let mut taint = json!({ "key": self.pick(TAINTS), "effect": self.pick(EFFECTS) });
        if !self.one_in(3) {
            taint["value"] = json!(self.pick(&["x", "y", "", "1"]));
        }
        taint
    }

    fn toleration(&mut self) -> Value {
        let mut toleration = json!({});
        if !self.one_in(5) {
            toleration["key"] = json!(self.pick(TAINTS));
        }
        if !self.one_in(3) {
            toleration["operator"] = json!(self.pick(&["Equal", "Exists", "Exists", "Gt", "Lt", ""]));
        }
        if !self.one_in(3) {
            toleration["value"] = json!(self.pick(&["x", "y", "", "1"]));
        }
        if self.one_in(2) {
            toleration["effect"] = json!(self.pick(&["NoSchedule", "PreferNoSchedule", "NoExecute", ""]));
        }
        toleration
    }

    fn container(&mut self, name: &str, init: bool) -> Value {
        let mut container = json!({ "name": name });
        if !self.one_in(6) {
            container["resources"] = json!({ "requests": self.requests() });
        }
        if init && self.one_in(2) {
            container["restartPolicy"] = json!(self.pick(&["Always", "Always", "OnFailure"]));
        }
        if self.one_in(4) {
            container["ports"] = json!(self.list(2, Self::port));
        }
        container
    }

    fn port(&mut self) -> Value {
        let mut port = json!({ "containerPort": 80 });
        if !self.one_in(4) {
            port["hostPort"] = json!(self.0.i32(0..4) * 40);
        }
        if self.one_in(2) {
            port["hostIP"] = json!(self.pick(&["0.0.0.0", "10.0.0.1", "10.0.0.2", "::", ""]));
        }
        if !self.one_in(3) {
            port["protocol"] = json!(self.pick(&["TCP", "UDP", "SCTP", ""]));
        }
        port
    }

    fn pod(&mut self, name: &str) -> Value {
        let containers: Vec<Value> = (0..self.0.usize(1..=3))
            .map(|at| self.container(&format!("c{at}"), false))
            .collect();
        let mut spec = json!({ "schedulerName": "default-scheduler", "containers": containers });
        if self.one_in(3) {
            let init: Vec<Value> = (0..self.0.usize(1..=4))
                .map(|at| self.container(&format!("i{at}"), true))
                .collect();
            spec["initContainers"] = json!(init);
        }
        if self.one_in(8) {
            spec["overhead"] = self.requests();
        }
        if self.one_in(6) {
            spec["resources"] = json!({ "requests": self.requests() });
            if spec["overhead"].is_object() {
                // Upstream adds the overhead to the pod's own copy of a request that is no 64-bit number, again with
                // every call: plain ones only.
                spec["resources"]["requests"] =
                    json!({ "cpu": self.pick(&["1", "500m"]), "memory": "512Mi" });
            }
        }
        let namespace = self.pick(&["default", "team-a"]);
        let metadata = json!({ "name": name, "namespace": namespace, "uid": format!("uid-{name}") });
        json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec })
    }

    fn bound(&mut self, at: usize, nodes: usize) -> Value {
        let mut pod = self.pod(&format!("b{at}"));
        pod["spec"]["nodeName"] = json!(format!("n{}", self.0.usize(0..=nodes)));
        pod["status"] = json!({ "phase": self.pick(&["Running", "Running", "Running", "Pending", "Succeeded", "Failed", "Unknown"]) });
        if self.one_in(8) {
            pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        }
        if self.one_in(3) {
            self.resizing(&mut pod);
        }
        pod
    }

    fn resizing(&mut self, pod: &mut Value) {
        for (group, statuses) in [
            ("containers", "containerStatuses"),
            ("initContainers", "initContainerStatuses"),
        ] {
            let names: Vec<Value> = pod["spec"][group]
                .as_array()
                .into_iter()
                .flatten()
                .map(|container| container["name"].clone())
                .collect();
            let mut all = Vec::new();
            for name in names {
                if self.one_in(4) {
                    continue;
                }
                let mut status =
                    json!({ "name": name, "image": "i", "imageID": "i", "ready": true, "restartCount": 0 });
                if !self.one_in(3) {
                    status["allocatedResources"] = self.requests();
                }
                if !self.one_in(3) {
                    status["resources"] = json!({});
                    if !self.one_in(4) {
                        status["resources"]["requests"] = self.requests();
                    }
                }
                all.push(status);
            }
            pod["status"][statuses] = json!(all);
        }
        if self.one_in(3) {
            pod["status"]["resources"] = json!({});
            if !self.one_in(3) {
                pod["status"]["resources"]["requests"] = self.requests();
            }
        }
        if self.one_in(3) {
            pod["status"]["allocatedResources"] = self.requests();
        }
        if self.one_in(3) {
            let reason = self.pick(&["Infeasible", "Deferred"]);
            pod["status"]["conditions"] =
                json!([{ "type": "PodResizePending", "status": "True", "reason": reason }]);
        }
    }

    fn pending(&mut self, at: usize, nodes: usize) -> Value {
        let mut pod = self.pod(&format!("p{at}"));
        let spec = &mut pod["spec"];
        spec["priority"] = json!(self.0.i32(-10..1000));
        if self.one_in(2) {
            spec["tolerations"] = json!(self.list(3, Self::toleration));
        }
        if self.one_in(3) {
            let mut selector = Map::new();
            for _ in 0..self.0.usize(0..3) {
                selector.insert(self.pick(KEYS).to_owned(), json!(self.pick(VALUES)));
            }
            spec["nodeSelector"] = Value::Object(selector);
        }
        if self.one_in(2) {
            spec["affinity"] = json!({ "nodeAffinity": self.node_affinity(nodes) });
        }
        if self.one_in(8) {
            spec["schedulingGates"] = json!([{ "name": "example.com/one" }, { "name": "two" }]);
        }
        if self.one_in(10) {
            pod["status"] = json!({ "nominatedNodeName": format!("n{}", self.0.usize(0..=nodes)) });
        }
        pod
    }

    fn node_affinity(&mut self, nodes: usize) -> Value {
        let mut affinity = json!({});
        if self.one_in(2) {
            let terms = self.list(3, |random| random.term(nodes, false));
            affinity["requiredDuringSchedulingIgnoredDuringExecution"] =
                json!({ "nodeSelectorTerms": terms });
        }
        if self.one_in(2) {
            let terms = self.list(3, |random| {
                let weight = random.0.i32(0..=100);
                json!({ "weight": weight, "preference": random.term(nodes, true) })
            });
            affinity["preferredDuringSchedulingIgnoredDuringExecution"] = json!(terms);
        }
        affinity
    }

    fn term(&mut self, nodes: usize, careful: bool) -> Value {
        let mut term = json!({});
        if !self.one_in(4) {
            term["matchExpressions"] = json!(self.list(3, |random| random.requirement(careful)));
        }
        if self.one_in(4) {
            term["matchFields"] = json!(self.list(2, |random| random.field(nodes)));
        }
        term
    }

    fn requirement(&mut self, careful: bool) -> Value {
        let operator = self.pick(&["In", "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]);
        let junk = self.one_in(if careful { 40 } else { 10 });
        let values: Vec<&str> = match operator {
            "In" | "NotIn" => (0..self.0.usize(usize::from(!junk)..=3))
                .map(|_| self.pick(VALUES))
                .collect(),
            "Gt" | "Lt" if junk => vec![self.pick(&["word", "1", ""]); self.0.usize(0..=2)],
            "Gt" | "Lt" => vec![self.pick(&["5", "0", "-3", "7", "+4"])],
            _ if junk => vec!["a"],
            _ => Vec::new(),
        };
        let key = if junk && self.one_in(3) {
            self.pick(&["not a key!", "a/b/c", "/x", "x/", "UP.com/x", "-"])
        } else {
            self.pick(KEYS)
        };
        let mut requirement = json!({ "key": key, "operator": operator });
        if !values.is_empty() {
            requirement["values"] = json!(values);
        }
        requirement
    }

    fn field(&mut self, nodes: usize) -> Value {
        let values: Vec<String> = (0..self.0.usize(0..=5).clamp(1, 2))
            .map(|_| format!("n{}", self.0.usize(0..=nodes)))
            .collect();
        let operator = self.pick(&["In", "In", "In", "In", "NotIn", "Exists"]);
        let key = if self.one_in(10) {
            "metadata.namespace"
        } else {
            "metadata.name"
        };
        json!({ "key": key, "operator": operator, "values": values })
    }
}
