//! Jobs: pods that run until enough of them have succeeded (`pkg/controller/job`), and their end some time after
//! (`pkg/controller/ttlafterfinished`).
//!
//! Beside upstream: policies for failures and success (`podFailurePolicy`, `successPolicy`) and limits by index
//! (`backoffLimitPerIndex`) are not looked at.

mod failures;
mod indexes;
mod making;
mod round;

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use serde_json::Value;

use self::{failures::Failures, making::untrack, round::Round};
use super::{
    Controller,
    backoff::Backoff,
    claiming, conditions,
    label_selector::LabelSelector,
    queue::Queue,
    statuses::{self, int},
    tracked::Tracked,
    world::World,
};
use crate::demo::{
    deletions::Propagation,
    kinds::{Table, workload::JOB},
    object::{Key, Object, str_at},
    store::Change,
};

const COMPONENT: &str = "job-controller";

/// Runs jobs.
#[derive(Default)]
pub(crate) struct Jobs {
    tracked: Tracked,
    failures: HashMap<Box<str>, Failures>,
    backoff: Backoff,
}

/// The key by which a pod without a job is looked at: no job has such a name.
fn pod_key(pod: &Key) -> Key {
    Key::new(&pod.namespace, &format!("/{}", pod.name))
}

impl Jobs {
    fn see_pod(&self, change: &Change, world: &World, queue: &mut Queue) {
        self.tracked.see_owned(change, world, queue);
        let pod = &change.after;
        let before = change.before.as_deref();
        // What keeps a pod until its job has counted it must not keep one without a job.
        let left = before.is_some_and(|before| before.controller != pod.controller);
        let marked = pod.deleting && before.is_none_or(|before| !before.deleting);
        if !change.deleted && (left || marked) && self.tracked.key(&pod.controller).is_none() {
            queue.add(pod_key(&pod.key));
        }
    }

    fn free_pod(&self, world: &World, name: &str, namespace: &str) {
        let key = Key::new(namespace, name);
        if let Some(pod) = world.store.get(Table::Pods, &key)
            && self.tracked.key(&pod.controller).is_none()
        {
            untrack(world, &pod);
        }
    }

    /// Deletes a finished job when its time has come; answers how long that takes still.
    fn expire(world: &World, job: &Object, tree: &Value) -> Option<Duration> {
        let kept = int(tree, "/spec/ttlSecondsAfterFinished")?;
        let finished = finished(&tree["status"])?;
        let since: Timestamp = str_at(finished, "/lastTransitionTime").parse().ok()?;
        let left = since.as_second().saturating_add(kept) - Timestamp::now().as_second();
        if let Ok(left @ 1..) = u64::try_from(left) {
            return Some(Duration::from_secs(left));
        }
        if !job.deleting
            && let Err(failure) = statuses::delete_as(&world.store, &JOB, job, Some(Propagation::Foreground))
        {
            tracing::warn!(job = %job.key.name, "not deleted: {}", failure.message());
        }
        None
    }
}

/// The condition that says that a job is over.
fn finished(status: &Value) -> Option<&Value> {
    let over = |kind| conditions::find(status, kind).filter(|condition| condition["status"] == "True");
    over("Complete").or_else(|| over("Failed"))
}

impl Controller for Jobs {
    fn name(&self) -> &'static str {
        COMPONENT
    }

    fn watches(&self) -> &'static [Table] {
        &[Table::Jobs, Table::Pods]
    }

    fn see(&mut self, change: &Change, world: &World, queue: &mut Queue) {
        let object = &change.after;
        if object.table == Table::Pods {
            return self.see_pod(change, world, queue);
        }
        let tree = object.tree();
        self.tracked
            .see(change, || LabelSelector::read(&tree["spec"]["selector"]));
        if change.deleted {
            self.failures.remove(&object.uid);
            for pod in world.pods_of(&object.uid) {
                queue.add(pod_key(&pod.key));
            }
        }
        queue.add(object.key.clone());
    }

    fn reconcile(&mut self, key: &Key, world: &World, queue: &mut Queue) {
        if let Some(name) = key.name.strip_prefix('/') {
            return self.free_pod(world, name, &key.namespace);
        }
        let Some(job) = world.store.get(Table::Jobs, key) else {
            self.backoff.forget(key);
            return;
        };
        let tree = job.tree();
        // Somebody else's to run.
        if tree["spec"]["managedBy"]
            .as_str()
            .is_some_and(|by| by != "kubernetes.io/job-controller")
        {
            return;
        }
        let pods = match LabelSelector::read(&tree["spec"]["selector"]) {
            selector if selector.is_empty() => world.pods_of(&job.uid),
            selector => claiming::pods(world, &JOB, &job, &selector, |_| true),
        };
        if finished(&tree["status"]).is_some() {
            // Whatever is still tracked was adopted or missed.
            for pod in &pods {
                untrack(world, pod);
            }
            if let Some(left) = Self::expire(world, &job, &tree) {
                queue.add_after(key.clone(), left);
            }
            return;
        }
        let failures = self.failures.entry(job.uid.clone()).or_default();
        match Round::new(world, &job, tree, &pods).run(failures) {
            Ok(next) => {
                self.backoff.forget(key);
                if let Some(next) = next {
                    queue.add_after(key.clone(), next);
                }
            }
            Err(_) => queue.add_after(key.clone(), self.backoff.fail(key)),
        }
    }
}
