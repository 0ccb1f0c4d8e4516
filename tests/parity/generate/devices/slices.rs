//! Slices: pools of devices on one node, on some and on all.

use serde_json::{Value, json};

use super::super::Generator;
use super::super::nodes::{ZONE, ZONES};
use super::{Device, GPU, NIC};

/// Whom a slice's devices are for.
enum Reach {
    Node(String),
    Zone(String),
    All,
    /// Each device says so for itself.
    Each,
}

impl Generator {
    pub(super) fn slices(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        for node in 0..self.nodes {
            if self.random.one_in(4) {
                continue;
            }
            let name = format!("n{node}");
            match self.random.below(12) {
                0 | 1 => all.extend(self.partitioned(&name)),
                2 => all.extend(self.renewed(&name)),
                3 => all.extend(self.incomplete(&name)),
                4 => all.extend(self.split(&name)),
                _ => all.push(self.slice(GPU, &name, &Reach::Node(name.clone()))),
            }
            if self.random.one_in(4) {
                all.push(self.slice(NIC, &name, &Reach::Node(name.clone())));
            }
        }
        if self.random.one_in(2) {
            all.push(self.slice(NIC, "fabric", &Reach::All));
        }
        if self.random.one_in(3) {
            let zone = self.random.pick(ZONES).to_owned();
            all.push(self.slice(GPU, &format!("shelf-{zone}"), &Reach::Zone(zone)));
        }
        if self.random.one_in(3) {
            all.push(self.slice(GPU, "mixed", &Reach::Each));
        }
        all
    }

    fn slice(&mut self, driver: &str, pool: &str, reach: &Reach) -> Value {
        let count = 1 + self.random.below(5);
        let node = match reach {
            Reach::Node(node) => Some(node.as_str()),
            _ => None,
        };
        let mut devices = Vec::new();
        for at in 0..count {
            let mut device = self.device(driver, at);
            if matches!(reach, Reach::Each) {
                let own = match self.random.below(3) {
                    0 => Reach::Node(self.node_name()),
                    1 => Reach::Zone(self.random.pick(ZONES).to_owned()),
                    _ => Reach::All,
                };
                own.say(&mut device);
            }
            self.note(driver, pool, &device, node);
            devices.push(device);
        }
        let mut slice = slice(driver, pool, "", 1, 1);
        reach.say(&mut slice["spec"]);
        // Two devices of one name make the pool invalid.
        if count > 1 && self.random.one_in(24) {
            devices[1]["name"] = devices[0]["name"].clone();
        }
        slice["spec"]["devices"] = json!(devices);
        slice
    }

    fn note(&mut self, driver: &str, pool: &str, device: &Value, node: Option<&str>) {
        self.devices.devices.push(Device {
            driver: driver.to_owned(),
            pool: pool.to_owned(),
            name: device["name"].as_str().unwrap_or_default().to_owned(),
            node: node.map(str::to_owned),
            shared: device["allowMultipleAllocations"] == true,
        });
    }

    fn device(&mut self, driver: &str, at: usize) -> Value {
        let mut device = json!({ "name": format!("dev-{at}") });
        if driver == GPU {
            let models = ["a100", "a100", "h100", "t4"];
            device["attributes"] = json!({
                "model": { "string": self.random.pick(&models) }, "index": { "int": at },
                "version": { "version": self.random.pick(&["1.0.0", "1.2.3", "2.0.0-rc.1"]) },
            });
            if self.random.one_in(2) {
                device["attributes"]["healthy"] = json!({ "bool": !self.random.one_in(3) });
            }
            if self.random.one_in(8) {
                device["attributes"] = json!({});
            }
            let memory = self.quantity(&["16Gi", "40Gi", "80Gi"]);
            device["capacity"] = json!({ "memory": { "value": memory } });
            if self.random.one_in(4) {
                self.consumable(&mut device);
            }
        } else {
            device["attributes"] = json!({ "speed": { "int": self.random.between(1, 4) * 100 } });
            device["capacity"] = json!({ "bandwidth": { "value": "10G" } });
        }
        if self.random.one_in(2) {
            let row = self.random.pick(&["one", "two"]);
            device["attributes"]["rack.example.com/row"] = json!({ "string": row });
        }
        if self.random.one_in(8) {
            device["taints"] = json!([self.device_taint()]);
        }
        if self.random.one_in(8) {
            device["bindsToNode"] = json!(self.random.one_in(2));
            device["bindingConditions"] = json!(["example.com/attached"]);
            device["bindingFailureConditions"] = json!(["example.com/failed"]);
        }
        device
    }

    /// A device that several claims can have a part of.
    fn consumable(&mut self, device: &mut Value) {
        device["allowMultipleAllocations"] = json!(true);
        let policy = match self.random.below(4) {
            0 => return,
            1 => json!({ "default": "1Gi" }),
            2 => json!({ "default": "4Gi", "validValues": ["1Gi", "4Gi", "8Gi"] }),
            _ => {
                let mut range = json!({ "min": "1Gi" });
                if self.random.one_in(2) {
                    range["max"] = json!("12Gi");
                }
                if self.random.one_in(2) {
                    range["step"] = json!("2Gi");
                }
                json!({ "default": "1Gi", "validRange": range })
            }
        };
        device["capacity"]["memory"]["requestPolicy"] = policy;
    }

    /// One piece of hardware that is given away whole or in parts.
    fn partitioned(&mut self, node: &str) -> Vec<Value> {
        let pool = format!("parts-{node}");
        let mut counters = slice(GPU, &pool, "counters", 1, 2);
        let mut devices = slice(GPU, &pool, "devices", 1, 2);
        let memory = if self.random.one_in(2) { "80Gi" } else { "40Gi" };
        counters["spec"]["nodeName"] = json!(node);
        counters["spec"]["sharedCounters"] = json!([
            { "name": "card", "counters": { "memory": { "value": memory }, "engines": { "value": "4" } } },
        ]);
        devices["spec"]["nodeName"] = json!(node);
        let mut all = Vec::new();
        for at in 0..4 {
            let whole = at == 3;
            let mut device = self.device(GPU, at);
            let (memory, engines) = if whole {
                (memory, "4")
            } else {
                ("20Gi", self.random.pick(&["1", "2"]))
            };
            // Counters that are not there make the pool invalid.
            let set = if self.random.one_in(40) { "absent" } else { "card" };
            device["consumesCounters"] = json!([
                { "counterSet": set, "counters": { "memory": { "value": memory }, "engines": { "value": engines } } },
            ]);
            self.note(GPU, &pool, &device, Some(node));
            all.push(device);
        }
        devices["spec"]["devices"] = json!(all);
        vec![counters, devices]
    }

    /// A pool of which slices of an older generation are still there.
    fn renewed(&mut self, node: &str) -> Vec<Value> {
        let reach = Reach::Node(node.to_owned());
        let mut old = slice(GPU, node, "old", 1, 1);
        reach.say(&mut old["spec"]);
        old["spec"]["devices"] = json!([{ "name": "dev-9" }]);
        let mut new = self.slice(GPU, node, &reach);
        new["spec"]["pool"]["generation"] = json!(2);
        vec![old, new]
    }

    /// A pool of two slices.
    fn split(&mut self, node: &str) -> Vec<Value> {
        let reach = Reach::Node(node.to_owned());
        let mut first = self.slice(GPU, node, &reach);
        first["spec"]["pool"]["resourceSliceCount"] = json!(2);
        let mut second = slice(GPU, node, "second", 1, 2);
        reach.say(&mut second["spec"]);
        let mut device = self.device(GPU, 9);
        device["name"] = json!("a-device");
        self.note(GPU, node, &device, Some(node));
        second["spec"]["devices"] = json!([device]);
        vec![second, first]
    }

    /// A pool of which a slice is missing.
    fn incomplete(&mut self, node: &str) -> Vec<Value> {
        let mut slice = self.slice(GPU, node, &Reach::Node(node.to_owned()));
        slice["spec"]["pool"]["resourceSliceCount"] = json!(2);
        vec![slice]
    }
}

fn slice(driver: &str, pool: &str, part: &str, generation: u32, count: u32) -> Value {
    let driver_word = driver.split('.').next().unwrap_or_default();
    json!({
        "apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice",
        "metadata": { "name": format!("{pool}-{driver_word}{part}") },
        "spec": {
            "driver": driver,
            "pool": { "name": pool, "generation": generation, "resourceSliceCount": count },
        },
    })
}

impl Reach {
    fn say(&self, spec: &mut Value) {
        match self {
            Self::Node(node) => spec["nodeName"] = json!(node),
            Self::Zone(zone) => {
                let expression = json!({ "key": ZONE, "operator": "In", "values": [zone] });
                let term = json!({ "matchExpressions": [expression] });
                spec["nodeSelector"] = json!({ "nodeSelectorTerms": [term] });
            }
            Self::All => spec["allNodes"] = json!(true),
            Self::Each => spec["perDeviceNodeSelection"] = json!(true),
        }
    }
}
