//! Classes of devices, and rules that taint devices.

use serde_json::{Value, json};

use super::super::Generator;
use super::{GPU, NIC};

/// What claims name; the last is a class that is not there.
pub(super) const CLASSES: &[&str] = &["gpu", "gpu", "gpu", "nic", "any", "large", "picky", "gone"];

impl Generator {
    pub(super) fn device_classes(&mut self) -> Vec<Value> {
        let driver = |name: &str| json!({ "cel": { "expression": format!("device.driver == \"{name}\"") } });
        let large = json!({ "cel": { "expression":
            "\"memory\" in device.capacity[\"gpu.example.com\"] && \
             device.capacity[\"gpu.example.com\"].memory.compareTo(quantity(\"40Gi\")) >= 0" } });
        let picky = self.device_selector();
        let mut all = Vec::new();
        for (at, (name, selectors)) in [
            ("gpu", vec![driver(GPU)]),
            ("nic", vec![driver(NIC)]),
            ("any", Vec::new()),
            ("large", vec![driver(GPU), large]),
            ("picky", vec![driver(GPU), picky]),
        ]
        .into_iter()
        .enumerate()
        {
            if self.random.one_in(40) {
                continue;
            }
            let created = format!("2026-01-0{}T00:00:00Z", 1 + (at + self.random.below(3)) % 9);
            let mut class = json!({
                "apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass",
                "metadata": { "name": name, "creationTimestamp": created }, "spec": {},
            });
            if !selectors.is_empty() {
                class["spec"]["selectors"] = json!(selectors);
            }
            // Of several classes for one resource, the youngest counts.
            if name == "gpu" && self.random.one_in(2) || name == "large" && self.random.one_in(5) {
                class["spec"]["extendedResourceName"] = json!("example.com/gpu");
            }
            if self.random.one_in(5) {
                class["spec"]["config"] =
                    json!([{ "opaque": { "driver": GPU, "parameters": { "mode": "fast" } } }]);
            }
            all.push(class);
        }
        all
    }

    pub(super) fn taint_rules(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        for at in 0..self.random.below(3) {
            let mut selector = json!({});
            if self.random.one_in(3) {
                selector["driver"] = json!(self.random.pick(&[GPU, NIC]));
            }
            if self.random.one_in(2) {
                selector["pool"] = json!(self.node_name());
            }
            if self.random.one_in(2) {
                selector["device"] = json!(format!("dev-{}", self.random.below(3)));
            }
            if selector.as_object().is_some_and(serde_json::Map::is_empty) && !self.random.one_in(4) {
                selector["driver"] = json!("absent.example.com");
            }
            let mut spec = json!({ "taint": self.device_taint() });
            if !self.random.one_in(6) {
                spec["deviceSelector"] = selector;
            }
            all.push(json!({
                "apiVersion": "resource.k8s.io/v1", "kind": "DeviceTaintRule",
                "metadata": { "name": format!("rule-{at}") }, "spec": spec,
            }));
        }
        all
    }

    pub(super) fn device_taint(&mut self) -> Value {
        let mut taint = json!({
            "key": self.random.pick(&["example.com/broken", "example.com/hot"]),
            "effect": self.random.pick(&["NoSchedule", "NoSchedule", "NoExecute", "None"]),
            "timeAdded": "2026-01-01T00:00:00Z",
        });
        if self.random.one_in(2) {
            taint["value"] = json!(self.random.pick(&["yes", "very"]));
        }
        taint
    }

    pub(super) fn device_toleration(&mut self) -> Value {
        let mut toleration = json!({ "operator": self.random.pick(&["Exists", "Equal"]) });
        if !self.random.one_in(4) {
            toleration["key"] = json!(self.random.pick(&["example.com/broken", "example.com/hot"]));
        }
        if toleration["operator"] == "Equal" {
            toleration["value"] = json!(self.random.pick(&["yes", ""]));
        }
        if self.random.one_in(2) {
            toleration["effect"] = json!(self.random.pick(&["NoSchedule", "NoExecute"]));
        }
        toleration
    }
}
