//! A person at the screen of a small real cluster: the engine without its thread answers what the screen asks.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use berth::app::{Effect, Msg, State, update};
use berth::engine::Core;
use berth::engine::study::{self, Study, StudyId};
use berth::model::from_api::list;
use berth::scheduling::Profiles;
use crossterm::event::KeyCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::screens::key;
use crate::screens_world::{blank, live, now};

/// The person.
pub(crate) struct Desk {
    pub(crate) state: State,
    pub(crate) effects: Vec<Effect>,
    /// Whether studies are left unanswered.
    pub(crate) held: bool,
    /// Those that were.
    pub(crate) unanswered: Vec<(StudyId, Study)>,
    core: Core,
    at: Timestamp,
}

impl Desk {
    pub(crate) fn at(objects: &[Value], size: (u16, u16)) -> Self {
        let mut desk = Self {
            state: blank(size),
            effects: Vec::new(),
            held: false,
            unanswered: Vec::new(),
            core: Core::new(&[Arc::from("berth")], Profiles::default()),
            at: now(),
        };
        desk.tell(Msg::Link(live()));
        desk.change(objects);
        desk
    }

    /// The cluster is these objects now.
    pub(crate) fn change(&mut self, objects: &[Value]) {
        let text = json!({ "kind": "List", "items": objects }).to_string();
        let loaded = list::read(text.as_bytes(), "objects").expect("objects");
        self.core.apply(loaded.changes);
        self.publish();
    }

    fn publish(&mut self) {
        while self
            .core
            .next_work(Instant::now())
            .is_some_and(|due| due <= Instant::now())
        {
            self.core.work(Instant::now() + Duration::from_secs(5), self.at);
        }
        let view = self.core.view(self.at);
        self.tell(Msg::View(Arc::new(view)));
    }

    /// Gives `msg`, and has the engine answer.
    pub(crate) fn tell(&mut self, msg: Msg) {
        let mut queue = vec![msg, Msg::Drawn];
        while !queue.is_empty() {
            for effect in update(&mut self.state, queue.remove(0), self.at) {
                match &effect {
                    Effect::Look(interest) => {
                        self.core.look(interest.clone());
                        queue.push(Msg::View(Arc::new(self.core.view(self.at))));
                    }
                    Effect::Adopt(_) | Effect::Release(..) => {
                        let adopted = self.state.adoptions.iter().map(|one| Arc::clone(&one.scheduler));
                        let ours = std::iter::once(Arc::from("berth")).chain(adopted).collect();
                        self.core.answer_for(ours);
                        queue.push(Msg::View(Arc::new(self.core.view(self.at))));
                    }
                    Effect::Study(id, study) if self.held => self.unanswered.push((*id, study.clone())),
                    Effect::Study(id, study) => queue.push(self.answer(*id, study)),
                    _ => {}
                }
                self.effects.push(effect);
            }
        }
    }

    fn answer(&mut self, id: StudyId, study: &Study) -> Msg {
        let Some(mut snapshot) = self.core.snapshot(self.at) else {
            return Msg::Studied(id, None);
        };
        let found = study::run(&mut snapshot, study, &mut |_| ControlFlow::Continue(()));
        Msg::Studied(id, found.map(Arc::new))
    }

    /// Answers the studies that were left.
    pub(crate) fn release(&mut self) {
        self.held = false;
        for (id, study) in std::mem::take(&mut self.unanswered) {
            let answer = self.answer(id, &study);
            self.tell(answer);
        }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        for c in keys.chars() {
            self.hit(KeyCode::Char(c));
        }
    }

    pub(crate) fn hit(&mut self, code: KeyCode) {
        self.tell(key(code));
    }

    /// Types a line and has it taken.
    pub(crate) fn suppose(&mut self, line: &str) {
        self.press("a");
        self.press(line);
        self.hit(KeyCode::Enter);
    }

    pub(crate) fn wait(&mut self, millis: i64) {
        self.at += SignedDuration::from_millis(millis);
        self.tell(Msg::Tick);
    }

    pub(crate) fn message(&self) -> &str {
        self.state.notices.current().map_or("", |notice| &notice.text)
    }

    pub(crate) fn copied(&self) -> Vec<&str> {
        let copies = self.effects.iter().filter_map(|effect| match effect {
            Effect::Copy(text) => Some(text.as_str()),
            _ => None,
        });
        copies.collect()
    }

    /// How many studies were begun, and how many broken off.
    pub(crate) fn studies(&self) -> (usize, usize) {
        let count = |is: fn(&Effect) -> bool| self.effects.iter().filter(|effect| is(effect)).count();
        (
            count(|effect| matches!(effect, Effect::Study(..))),
            count(|effect| matches!(effect, Effect::Abandon(_))),
        )
    }
}

fn node(name: &str, zone: &str, cpu: &str) -> Value {
    json!({
        "kind": "Node",
        "metadata": { "name": name, "uid": name, "labels": {
            "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone,
        } },
        "spec": {},
        "status": {
            "allocatable": { "cpu": cpu, "memory": "16Gi", "pods": "110" },
            "conditions": [{ "type": "Ready", "status": "True" }],
        },
    })
}

fn placed(name: &str, node: &str, cpu: &str, priority: i32) -> Value {
    json!({
        "kind": "Pod",
        "metadata": { "namespace": "shop", "name": name, "uid": name, "labels": { "app": "stock" } },
        "spec": { "nodeName": node, "priority": priority, "containers": [
            { "name": "app", "resources": { "requests": { "cpu": cpu, "memory": "2Gi" } } },
        ] },
        "status": { "phase": "Running" },
    })
}

/// A small shop: full workers, a cordoned one, and two nodes with devices that are tainted. The cart fits nowhere.
pub(crate) fn shop() -> Vec<Value> {
    let taint = json!([{ "key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule" }]);
    let mut nodes = vec![
        node("gpu-0", "eu-1a", "8"),
        node("gpu-1", "eu-1b", "8"),
        node("worker-1", "eu-1a", "4"),
        node("worker-2", "eu-1b", "4"),
        node("worker-3", "eu-1c", "4"),
        node("worker-4", "eu-1c", "4"),
    ];
    nodes[0]["spec"]["taints"] = taint.clone();
    nodes[1]["spec"]["taints"] = taint;
    nodes[5]["spec"]["unschedulable"] = json!(true);
    nodes[5]["spec"]["taints"] =
        json!([{ "key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule" }]);
    let cart = json!({
        "kind": "Pod",
        "metadata": {
            "namespace": "shop", "name": "cart-7f9c4-w8kzp", "uid": "cart", "resourceVersion": "7",
            "creationTimestamp": "2026-03-02T12:02:05Z",
            "labels": { "app": "cart", "pod-template-hash": "7f9c4" },
            "ownerReferences": [
                { "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "cart-7f9c4", "controller": true },
            ],
        },
        "spec": { "schedulerName": "berth", "priority": 1000, "containers": [
            { "name": "app", "resources": { "requests": { "cpu": "2", "memory": "2Gi" } } },
        ] },
        "status": { "phase": "Pending" },
    });
    let mut objects = vec![json!({ "kind": "Namespace", "metadata": { "name": "shop" } })];
    objects.extend(nodes);
    objects.extend([
        placed("stock-1", "worker-1", "2500m", 1000),
        placed("stock-2", "worker-2", "2200m", 100),
        placed("stock-3", "worker-3", "3", 5000),
        cart,
    ]);
    objects
}

/// The same with the cordon lifted.
pub(crate) fn uncordoned() -> Vec<Value> {
    let mut objects = shop();
    objects[6]["spec"] = json!({});
    objects
}
