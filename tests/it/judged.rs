//! A person at the screen with a real engine behind it: decisions, explanations and manifests are computed, not made up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use berth::app::manifest::{Manifest, Subject};
use berth::app::{Effect, Msg, State, update};
use berth::engine::Core;
use berth::model::from_api::list;
use berth::scheduling::Profiles;
use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::screens::key;
use crate::screens_world::{blank, live, now};

/// The person.
pub(crate) struct Judged {
    /// The screen.
    pub(crate) state: State,
    /// All that was asked of the world.
    pub(crate) effects: Vec<Effect>,
    core: Core,
    objects: Vec<Value>,
    at: Timestamp,
}

impl Judged {
    /// At a screen of `size` on a cluster of `objects`.
    pub(crate) fn at(objects: Vec<Value>, size: (u16, u16)) -> Self {
        let text = json!({"kind": "List", "items": objects}).to_string();
        let loaded = list::read(text.as_bytes(), "test").expect("a cluster");
        let mut core = Core::new(&[Arc::from("berth")], Profiles::default());
        core.apply(loaded.changes);
        let mut person = Self {
            state: blank(size),
            effects: Vec::new(),
            core,
            objects,
            at: now(),
        };
        person.tell(Msg::Link(live()));
        let view = person.view();
        person.tell(view);
        person
    }

    fn view(&mut self) -> Msg {
        while self.core.next_work(Instant::now()).is_some() {
            self.core.work(Instant::now() + Duration::from_secs(60), self.at);
        }
        Msg::View(Arc::new(self.core.view(self.at)))
    }

    /// Gives `msg`, and lets the world answer.
    pub(crate) fn tell(&mut self, msg: Msg) {
        let mut queue = vec![msg, Msg::Drawn];
        while !queue.is_empty() {
            for effect in update(&mut self.state, queue.remove(0), self.at) {
                match &effect {
                    Effect::Look(interest) => {
                        self.core.look(interest.clone());
                        let view = self.view();
                        queue.push(view);
                    }
                    Effect::Fetch(subject) => {
                        let read = self.read(subject).ok_or_else(|| "it is gone".to_owned());
                        queue.push(Msg::Manifest(subject.clone(), read));
                    }
                    _ => {}
                }
                self.effects.push(effect);
            }
        }
    }

    fn read(&self, subject: &Subject) -> Option<Arc<Manifest>> {
        let (kind, namespace, name) = match subject {
            Subject::Pod(key) => ("Pod", &*key.namespace, &*key.name),
            Subject::Node(name) => ("Node", "", &**name),
        };
        let found = self.objects.iter().find(|object| {
            let metadata = &object["metadata"];
            object["kind"] == kind
                && metadata["name"] == name
                && metadata["namespace"].as_str().unwrap_or("") == namespace
        });
        found.map(|object| Arc::new(Manifest::new(object.clone())))
    }

    /// Presses a key for each of `keys`.
    pub(crate) fn press(&mut self, keys: &str) {
        for c in keys.chars() {
            self.tell(key(KeyCode::Char(c)));
        }
    }

    /// Presses `code`.
    pub(crate) fn hit(&mut self, code: KeyCode) {
        self.tell(key(code));
    }

    /// Clicks, long after the last time.
    pub(crate) fn click(&mut self, column: u16, row: u16) {
        self.at += SignedDuration::from_secs(5);
        self.click_again(column, row);
    }

    /// Clicks at once.
    pub(crate) fn click_again(&mut self, column: u16, row: u16) {
        self.tell(Msg::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }));
    }

    /// What the screen shows.
    pub(crate) fn text(&self) -> String {
        crate::screens::text(&self.state)
    }

    /// The text that was copied last.
    pub(crate) fn copied(&self) -> &str {
        let copied = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Copy(text) => Some(text.as_str()),
            _ => None,
        });
        copied.unwrap_or("")
    }
}

const ZONE: &str = "topology.kubernetes.io/zone";

/// A node.
pub(crate) fn node(name: &str, zone: &str, cpu: &str, spec: &Value) -> Value {
    let amounts = json!({"cpu": cpu, "memory": "16Gi", "pods": "110", "ephemeral-storage": "100Gi"});
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "uid": format!("uid-{name}"),
            "labels": {ZONE: zone, "kubernetes.io/hostname": name, "disk": if cpu == "8" { "ssd" } else { "hdd" }},
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
        },
        "spec": spec,
        "status": {
            "allocatable": amounts,
            "capacity": amounts,
            "conditions": [{"type": "Ready", "status": "True"}],
            "images": [{"names": ["example.org/cart:7"], "sizeBytes": 300_000_000}],
        },
    })
}

/// A pod that asks for `cpu`.
pub(crate) fn pod(namespace: &str, name: &str, cpu: &str, spec: &Value) -> Value {
    let mut pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "uid": format!("uid-{name}"), "labels": {"app": name.split('-').next()}},
        "spec": {
            "schedulerName": "berth",
            "containers": [{
                "name": "main",
                "image": "example.org/cart:7",
                "env": [{"name": "PASSWORD", "value": "hunter2"}],
                "resources": {"requests": {"cpu": cpu, "memory": "1Gi"}},
            }],
        },
        "status": {"phase": "Pending"},
    });
    let more = spec.as_object().cloned().unwrap_or_default();
    pod["spec"].as_object_mut().expect("a spec").extend(more);
    pod
}

/// A shop: twelve workers in three zones, two nodes with GPUs, and a cart that waits for a place near its disk.
pub(crate) fn shop() -> Vec<Value> {
    let mut all: Vec<Value> = (1..=12_u32)
        .map(|at| {
            let zone = ["eu-1a", "eu-1b", "eu-1c"][at as usize % 3];
            let spec = if at == 5 {
                json!({"unschedulable": true})
            } else {
                json!({})
            };
            node(
                &format!("worker-{at:02}"),
                zone,
                if at % 4 == 0 { "8" } else { "4" },
                &spec,
            )
        })
        .collect();
    let taint = json!({"taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]});
    all.extend(["gpu-0", "gpu-1"].map(|name| node(name, "eu-1a", "8", &taint)));
    for at in 1..=12_u32 {
        let cpu = ["500m", "1", "3500m", "2", "2500m"][at as usize % 5];
        let spec = json!({"nodeName": format!("worker-{at:02}")});
        all.push(pod("shop", &format!("web-{at}"), cpu, &spec));
    }
    let preferred = json!([{"weight": 10, "preference": {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}}]);
    let spread = json!([{
        "maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {"app": "web"}},
    }]);
    let cart = json!({
        "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}},
        "topologySpreadConstraints": spread,
        "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}],
    });
    all.push(pod("shop", "cart-7f9c4", "1500m", &cart));
    all
}
