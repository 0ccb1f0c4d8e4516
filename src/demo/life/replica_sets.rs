//! ReplicaSets and ReplicationControllers: so many pods of a template (`pkg/controller/replicaset`).

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Controller,
    backoff::Backoff,
    claiming, conditions,
    label_selector::LabelSelector,
    owned_pods::{self, BURST, Facts, is_active, is_finished},
    queue::Queue,
    statuses::{self, int, set_count},
    tracked::Tracked,
    world::World,
};
use crate::demo::{
    failure::Failure,
    kinds::{Kind, POD, REPLICA_SET, Table, workload::REPLICATION_CONTROLLER},
    object::{Key, Object},
    store::Change,
};

/// Keeps as many pods as each object of its kind says.
pub(crate) struct ReplicaSets {
    kind: &'static Kind,
    tracked: Tracked,
    backoff: Backoff,
}

impl ReplicaSets {
    pub(crate) fn new() -> Self {
        Self::of(&REPLICA_SET)
    }

    /// The same for ReplicationControllers.
    pub(crate) fn of_replication_controllers() -> Self {
        Self::of(&REPLICATION_CONTROLLER)
    }

    fn of(kind: &'static Kind) -> Self {
        Self {
            kind,
            tracked: Tracked::default(),
            backoff: Backoff::default(),
        }
    }

    fn selector(&self, tree: &Value) -> LabelSelector {
        if self.kind.table == Table::ReplicaSets {
            LabelSelector::read(&tree["spec"]["selector"])
        } else {
            LabelSelector::of_map(&tree["spec"]["selector"])
        }
    }

    /// Makes or deletes pods; answers whether there is more to do, or why it could not be done.
    fn manage(
        &self,
        world: &World,
        set: &Object,
        tree: &Value,
        pods: &[Arc<Object>],
    ) -> Result<bool, Failure> {
        let wanted = usize::try_from(replicas(tree)).unwrap_or(0);
        let about = (self.kind, set);
        if pods.len() < wanted {
            let missing = wanted - pods.len();
            for _ in 0..missing.min(BURST) {
                let pod = owned_pods::from_template(&tree["spec"]["template"], self.kind, set);
                match owned_pods::create(&world.store, self.name(), about, pod) {
                    Err(failure) if statuses::is_terminating(&failure) => return Ok(false),
                    made => made?,
                };
            }
            return Ok(missing > BURST);
        }
        let surplus = pods.len() - wanted;
        if surplus == 0 {
            return Ok(false);
        }
        let mut pods: Vec<Facts> = pods.iter().map(|pod| Facts::of(Arc::clone(pod))).collect();
        if surplus < pods.len() {
            let beside = self.beside(world, set);
            owned_pods::sort_for_deletion(&mut pods, &beside, Timestamp::now());
        }
        for pod in pods.iter().take(surplus.min(BURST)) {
            owned_pods::delete(&world.store, self.name(), about, &pod.object)?;
        }
        Ok(surplus > BURST)
    }

    /// By node: the active pods of this set and of those with the same owner.
    fn beside(&self, world: &World, set: &Object) -> HashMap<String, usize> {
        let mut beside = HashMap::new();
        let siblings = if set.controller.is_empty() {
            Vec::new()
        } else {
            world.controlled(self.kind.table, &set.controller)
        };
        let others = siblings.iter().filter(|other| other.uid != set.uid);
        for set in others.map(|other| &**other).chain([set]) {
            for pod in world.pods_of(&set.uid).iter().filter(|pod| is_active(pod)) {
                *beside
                    .entry(pod.field(&POD, "spec.nodeName").to_owned())
                    .or_default() += 1;
            }
        }
        beside
    }

    /// The status, and in how many seconds the next pod becomes available.
    fn status(
        &self,
        tree: &Value,
        pods: &[Arc<Object>],
        terminating: usize,
        managed: &Result<bool, Failure>,
    ) -> (Value, Option<i64>) {
        let min_ready = int(tree, "/spec/minReadySeconds").unwrap_or(0);
        let now = Timestamp::now();
        let template = tree
            .pointer("/spec/template/metadata/labels")
            .and_then(Value::as_object);
        let (mut labelled, mut ready, mut available, mut next) = (0, 0, 0, None::<i64>);
        for pod in pods {
            let has = |(key, value): (&String, &Value)| pod.label(key) == value.as_str();
            if template.is_none_or(|labels| labels.iter().all(has)) {
                labelled += 1;
            }
            let pod = Facts::of(Arc::clone(pod));
            ready += i64::from(pod.is_ready());
            match pod.available(min_ready, now) {
                Ok(()) => available += 1,
                Err(left) => next = next.into_iter().chain(left).min(),
            }
        }
        let mut status = tree["status"].clone();
        if !status.is_object() {
            status = json!({});
        }
        match managed {
            Ok(_) => conditions::remove(&mut status, "ReplicaFailure"),
            Err(failure) if conditions::find(&status, "ReplicaFailure").is_none() => {
                let few = i64::try_from(pods.len()).is_ok_and(|pods| pods < replicas(tree));
                let reason = if few { "FailedCreate" } else { "FailedDelete" };
                conditions::set(&mut status, "ReplicaFailure", true, (reason, failure.message()));
            }
            Err(_) => {}
        }
        status["replicas"] = pods.len().into();
        if let Some(status) = status.as_object_mut() {
            set_count(status, "fullyLabeledReplicas", labelled);
            set_count(status, "readyReplicas", ready);
            set_count(status, "availableReplicas", available);
            set_count(
                status,
                "observedGeneration",
                int(tree, "/metadata/generation").unwrap_or(0),
            );
            // ReplicationControllers do not tell.
            if self.kind.table == Table::ReplicaSets {
                status.insert("terminatingReplicas".into(), terminating.into());
            }
        }
        (status, next)
    }
}

impl Controller for ReplicaSets {
    fn name(&self) -> &'static str {
        if self.kind.table == Table::ReplicaSets {
            "replicaset-controller"
        } else {
            "replication-controller"
        }
    }

    fn watches(&self) -> &'static [Table] {
        if self.kind.table == Table::ReplicaSets {
            &[Table::ReplicaSets, Table::Pods]
        } else {
            &[Table::ReplicationControllers, Table::Pods]
        }
    }

    fn see(&mut self, change: &Change, world: &World, queue: &mut Queue) {
        if change.after.table == Table::Pods {
            self.tracked.see_owned(change, world, queue);
        } else {
            let selector = self.selector(&change.after.tree());
            self.tracked.see(change, || selector);
            queue.add(change.after.key.clone());
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, queue: &mut Queue) {
        let Some(set) = world.store.get(self.kind.table, key) else {
            self.backoff.forget(key);
            return;
        };
        let tree = set.tree();
        let selector = self.selector(&tree);
        let pods = claiming::pods(world, self.kind, &set, &selector, |_| true);
        let terminating = pods
            .iter()
            .filter(|pod| pod.deleting && !is_finished(pod))
            .count();
        let pods: Vec<Arc<Object>> = pods.into_iter().filter(|pod| is_active(pod)).collect();
        let managed = if set.deleting {
            Ok(false)
        } else {
            self.manage(world, &set, &tree, &pods)
        };
        let (status, next) = self.status(&tree, &pods, terminating, &managed);
        let written = statuses::put(&world.store, self.kind, &set, &tree, &status);
        match managed.and_then(|more| written.map(|()| more)) {
            Err(_) => queue.add_after(key.clone(), self.backoff.fail(key)),
            Ok(more) => {
                self.backoff.forget(key);
                if more {
                    queue.add(key.clone());
                } else if let Some(seconds) = next.and_then(|seconds| u64::try_from(seconds).ok()) {
                    queue.add_after(key.clone(), Duration::from_secs(seconds));
                }
            }
        }
    }
}

/// How many pods an object wants.
pub(crate) fn replicas(tree: &Value) -> i64 {
    int(tree, "/spec/replicas").unwrap_or(1)
}
