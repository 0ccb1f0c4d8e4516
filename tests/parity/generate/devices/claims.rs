//! Claims of devices: what is asked for, and what was given.

use serde_json::{Value, json};

use super::super::Generator;
use super::classes::CLASSES;

impl Generator {
    pub(super) fn claim_of_devices(&mut self, namespace: &str, name: &str) -> Value {
        let mut requests = Vec::new();
        for at in 0..=self.random.below(10) / 4 {
            let name = format!("r{at}");
            if self.random.one_in(3) {
                let mut alternatives = Vec::new();
                for at in 0..=self.random.below(3) {
                    let mut alternative = self.exactly();
                    alternative["name"] = json!(format!("alt-{at}"));
                    alternatives.push(alternative);
                }
                requests.push(json!({ "name": name, "firstAvailable": alternatives }));
                continue;
            }
            let mut exactly = self.exactly();
            if self.random.one_in(12) {
                exactly["adminAccess"] = json!(true);
            }
            requests.push(json!({ "name": name, "exactly": exactly }));
        }
        let mut devices = json!({ "requests": requests.clone() });
        if self.random.one_in(4) {
            devices["constraints"] = (0..=self.random.below(4) / 3)
                .map(|_| self.constraint(&requests))
                .collect();
        }
        if self.random.one_in(10) {
            let opaque = json!({ "driver": super::GPU, "parameters": { "share": 1 } });
            devices["config"] = json!([{ "requests": ["r0"], "opaque": opaque }]);
        }
        let mut claim = json!({
            "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
            "metadata": { "name": name, "namespace": namespace, "uid": format!("uid-{namespace}-{name}") },
            "spec": { "devices": devices }, "status": {},
        });
        if self.random.one_in(60) {
            claim["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        }
        claim
    }

    fn exactly(&mut self) -> Value {
        let class = if self.random.one_in(4) {
            self.random.pick(CLASSES)
        } else {
            self.random.pick(&["gpu", "gpu", "any"])
        };
        let mut exactly = json!({ "deviceClassName": class, "allocationMode": "ExactCount", "count": 1 });
        if self.random.one_in(4) {
            exactly["count"] = json!(self.random.between(1, 3));
        }
        if self.random.one_in(14) {
            exactly["allocationMode"] = json!("All");
            exactly.as_object_mut().expect("an object").remove("count");
        }
        if self.theme.odd && self.random.one_in(20) {
            exactly["count"] = json!(40);
        }
        if self.random.one_in(3) {
            exactly["selectors"] = (0..=self.random.below(2))
                .map(|_| self.device_selector())
                .collect();
        }
        if self.random.one_in(4) {
            exactly["tolerations"] = json!([self.device_toleration()]);
        }
        if self.random.one_in(5) {
            let asked = self.quantity(&["1Gi", "3Gi", "5Gi", "20Gi", "500Mi"]);
            exactly["capacity"] = json!({ "requests": { "memory": asked } });
        }
        exactly
    }

    fn constraint(&mut self, requests: &[Value]) -> Value {
        let attribute = self.random.pick(&[
            "gpu.example.com/model",
            "gpu.example.com/model",
            "rack.example.com/row",
            "gpu.example.com/index",
            "gpu.example.com/absent",
        ]);
        let kind = self
            .random
            .pick(&["matchAttribute", "matchAttribute", "distinctAttribute"]);
        let mut constraint = json!({ kind: attribute });
        if self.random.one_in(2) {
            let at = self.random.below(requests.len());
            let mut request = format!("r{at}");
            // One of the alternatives alone.
            if requests[at]["firstAvailable"].is_array() && self.random.one_in(2) {
                request.push_str("/alt-0");
            }
            constraint["requests"] = json!([request]);
        }
        constraint
    }

    /// Gives a device to `claim` that nobody else has, as if it had been allocated before.
    pub(super) fn allocate(&mut self, claim: &mut Value) {
        let count = self.devices.devices.len();
        let Some(at) = (0..4)
            .map(|_| self.random.below(count))
            .find(|at| *at < count && !self.devices.taken.contains(at))
        else {
            return;
        };
        let device = &self.devices.devices[at];
        let mut result = json!({
            "request": claim["spec"]["devices"]["requests"][0]["name"],
            "driver": device.driver, "pool": device.pool, "device": device.name,
        });
        let node = device.node.clone();
        if device.shared {
            let consumed = self.random.pick(&["1Gi", "4Gi", "12Gi"]);
            result["shareID"] = json!(format!("00000000-0000-4000-8000-{at:012}"));
            result["consumedCapacity"] = json!({ "memory": consumed });
        }
        if self.random.one_in(20) {
            result["adminAccess"] = json!(true);
        } else {
            self.devices.taken.push(at);
        }
        let mut allocation =
            json!({ "devices": { "results": [] }, "allocationTimestamp": "2026-01-01T00:00:00Z" });
        if let Some(node) = node {
            let field = json!({ "key": "metadata.name", "operator": "In", "values": [node] });
            allocation["nodeSelector"] = json!({ "nodeSelectorTerms": [{ "matchFields": [field] }] });
        }
        if self.random.one_in(5) {
            result["bindingConditions"] = json!(["example.com/attached"]);
            result["bindingFailureConditions"] = json!(["example.com/failed"]);
            self.report(claim, &result);
        }
        allocation["devices"]["results"] = json!([result]);
        claim["status"]["allocation"] = allocation;
    }

    /// What the driver says about a device that is to be attached first. Silence has lasted too long, as nothing here
    /// may depend on the time of day.
    fn report(&mut self, claim: &mut Value, result: &Value) {
        let kind = match self.random.below(3) {
            0 => return,
            1 => "example.com/failed",
            _ => "example.com/attached",
        };
        let condition = json!({
            "type": kind, "status": "True", "reason": "Reported", "message": "so",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        });
        let mut device = json!({ "conditions": [condition] });
        for key in ["driver", "pool", "device", "shareID"] {
            if result[key].is_string() {
                device[key] = result[key].clone();
            }
        }
        claim["status"]["devices"] = json!([device]);
    }

    pub(super) fn reserve_for_others(&mut self, claim: &mut Value) {
        let others = match self.random.below(4) {
            0 => 0,
            1 => 3,
            _ => 1,
        };
        let others: Vec<Value> = (0..others)
            .map(|at| json!({ "resource": "pods", "name": format!("other-{at}"), "uid": format!("uid-other-{at}") }))
            .collect();
        if !others.is_empty() {
            claim["status"]["reservedFor"] = json!(others);
        }
    }
}
