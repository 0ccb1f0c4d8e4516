//! Pods: containers, and what each subject adds to them.

use serde_json::{Value, json};

use super::{Generator, NAMESPACES, odd};

impl Generator {
    fn container(&mut self, name: &str, init: bool) -> Value {
        let mut container = json!({ "name": name, "image": self.image() });
        if !self.random.one_in(6) {
            container["resources"] = json!({ "requests": self.requests() });
        }
        if init && self.random.one_in(2) {
            let policies = ["Always", "Always", "OnFailure"];
            container["restartPolicy"] = json!(self.random.pick(&policies));
        }
        if self.theme.ports && self.random.one_in(3) {
            let ports = (0..self.random.below(3)).map(|_| self.port()).collect();
            container["ports"] = Value::Array(ports);
        }
        if self.theme.features && self.random.one_in(8) {
            self.needing_container(&mut container);
        }
        container
    }

    fn port(&mut self) -> Value {
        let mut port =
            json!({ "containerPort": 80, "protocol": self.random.pick(&["TCP", "TCP", "UDP", "SCTP"]) });
        if !self.random.one_in(4) {
            port["hostPort"] = json!(self.random.between(0, 3) * 40);
        }
        if self.random.one_in(2) {
            let addresses = ["0.0.0.0", "10.0.0.1", "10.0.0.2", "::", ""];
            port["hostIP"] = json!(self.random.pick(&addresses));
        }
        if self.theme.odd && self.random.one_in(3) {
            port["protocol"] = json!("");
        }
        port
    }

    /// A pod that is neither bound nor waiting yet.
    fn pod(&mut self, name: &str) -> Value {
        let mut spec = json!({ "schedulerName": "default-scheduler" });
        let containers = (0..=self.random.below(3)).map(|at| self.container(&format!("c{at}"), false));
        spec["containers"] = containers.collect();
        if self.random.one_in(4) {
            let init = (0..=self.random.below(4)).map(|at| self.container(&format!("i{at}"), true));
            spec["initContainers"] = init.collect();
        }
        if self.random.one_in(10) {
            spec["overhead"] = self.requests();
        }
        if self.random.one_in(8) {
            spec["resources"] = json!({ "requests": self.requests() });
            if spec["overhead"].is_object() {
                // Upstream adds the overhead to the pod's own copy of a request that is no 64-bit number, again with
                // every call: plain ones only.
                let requests = json!({ "cpu": self.random.pick(&["1", "500m"]), "memory": "512Mi" });
                spec["resources"]["requests"] = requests;
            }
        }
        let namespace = NAMESPACES[[0, 0, 0, 0, 0, 1, 1, 2][self.random.below(8)]];
        let metadata = json!({
            "name": name, "namespace": namespace, "uid": format!("uid-{name}"),
            "creationTimestamp": "2026-01-01T00:00:00Z",
        });
        let mut pod =
            json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {} });
        self.label(&mut pod);
        if self.theme.workloads {
            self.own(&mut pod);
        }
        if self.theme.pod_affinity {
            self.pod_affinity(&mut pod);
        }
        if self.theme.spread && self.random.one_in(2) {
            pod["spec"]["topologySpreadConstraints"] = self.spread_constraints(&pod);
        }
        if self.theme.volumes && self.random.one_in(2) {
            self.mount(&mut pod);
        }
        if self.theme.images && self.random.one_in(4) {
            self.mount_image(&mut pod);
        }
        if self.theme.devices && self.random.one_in(2) {
            self.claim_devices(&mut pod);
        }
        if self.theme.features && self.random.one_in(6) {
            self.needing_pod(&mut pod);
        }
        pod
    }

    pub(super) fn bound(&mut self, at: usize) -> Value {
        let mut pod = self.pod(&format!("b{at}"));
        let node = self.node_name();
        self.settle_ports(&mut pod, &node);
        pod["spec"]["nodeName"] = json!(node);
        let phases = [
            "Running",
            "Running",
            "Running",
            "Running",
            "Pending",
            "Succeeded",
            "Failed",
            "Unknown",
        ];
        pod["status"]["phase"] = json!(self.random.pick(&phases));
        // No two pods started at once: among such, upstream goes by chance.
        let started = format!(
            "2026-01-{:02}T{:02}:00:{:02}Z",
            1 + self.random.below(28),
            self.random.below(24),
            at % 60
        );
        pod["status"]["startTime"] = json!(started);
        let most = if self.theme.preemption { 2 } else { 10 };
        pod["spec"]["priority"] = json!(self.random.between(-1, most) * 100);
        if self.random.one_in(8) {
            pod["metadata"]["deletionTimestamp"] = json!("2026-02-01T00:00:00Z");
            if self.random.one_in(2) {
                pod["status"]["conditions"] = json!([{ "type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler" }]);
            }
        }
        if self.theme.resize && self.random.one_in(2) {
            self.resizing(&mut pod);
        }
        pod
    }

    /// Takes away the host ports that a pod on the node has already: upstream forgets such a port where one of the two
    /// is taken off.
    fn settle_ports(&mut self, pod: &mut Value, node: &str) {
        let mut own = Vec::new();
        for group in ["containers", "initContainers"] {
            let containers = pod["spec"][group].as_array_mut();
            for port in containers
                .into_iter()
                .flatten()
                .filter_map(|container| container["ports"].as_array_mut())
                .flatten()
            {
                let word = |key: &str, otherwise: &str| match port[key].as_str() {
                    None | Some("") => otherwise.to_owned(),
                    Some(word) => word.to_owned(),
                };
                let (address, protocol) = (word("hostIP", "0.0.0.0"), word("protocol", "TCP"));
                let used = format!("{node} {address} {protocol} {}", port["hostPort"]);
                if self.ports.contains(&used) {
                    port["hostPort"] = json!(0);
                }
                own.push(used);
            }
        }
        self.ports.extend(own);
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
            let all = names.into_iter().filter_map(|name| self.container_status(&name));
            pod["status"][statuses] = all.collect();
        }
        if self.random.one_in(3) {
            pod["status"]["resources"] = json!({});
            if !self.random.one_in(3) {
                pod["status"]["resources"]["requests"] = self.requests();
            }
        }
        if self.random.one_in(3) {
            pod["status"]["allocatedResources"] = self.requests();
        }
        if self.random.one_in(3) {
            let reason = self.random.pick(&["Infeasible", "Deferred"]);
            pod["status"]["conditions"] =
                json!([{ "type": "PodResizePending", "status": "True", "reason": reason }]);
        }
    }

    fn container_status(&mut self, name: &Value) -> Option<Value> {
        if self.random.one_in(4) {
            return None;
        }
        let mut status =
            json!({ "name": name, "image": "i", "imageID": "i", "ready": true, "restartCount": 0 });
        if !self.random.one_in(3) {
            status["allocatedResources"] = self.requests();
        }
        if !self.random.one_in(3) {
            status["resources"] = json!({});
            if !self.random.one_in(4) {
                status["resources"]["requests"] = self.requests();
            }
        }
        Some(status)
    }

    pub(super) fn pending(&mut self, at: usize) -> Value {
        let mut pod = self.pod(&format!("p{at}"));
        let spec = &mut pod["spec"];
        spec["priority"] = json!(self.random.between(-1, 10) * 100);
        if self.theme.odd && self.random.one_in(6) {
            spec["priority"] = json!([i32::MIN, i32::MAX, 2_000_001_000][self.random.below(3)]);
        }
        spec["preemptionPolicy"] = json!("PreemptLowerPriority");
        if self.random.one_in(12) {
            spec["preemptionPolicy"] = json!("Never");
        }
        if self.theme.taints && self.random.one_in(2) {
            spec["tolerations"] = self.tolerations();
        }
        if self.theme.node_affinity {
            self.node_affinity(spec);
        }
        if self.random.one_in(12) {
            spec["schedulingGates"] = json!([{ "name": "example.com/one" }, { "name": "two" }]);
            if self.theme.odd {
                spec["schedulingGates"][1]["name"] = json!(odd::TEXT);
            }
        }
        if self.random.one_in(10) {
            pod["status"]["nominatedNodeName"] = json!(self.node_name());
        }
        pod
    }
}
