//! StatefulSets: pods with names and claims of their own, one after the other (`pkg/controller/statefulset`).
//!
//! Beside upstream: claims are always retained (`persistentVolumeClaimRetentionPolicy` is not looked at).

mod identity;
mod round;

use std::time::Duration;

use self::round::Round;
use super::{
    Controller, backoff::Backoff, claiming, queue::Queue, revisions, tracked::Tracked, world::World,
};
use crate::demo::{
    kinds::{Table, workload::STATEFUL_SET},
    object::Key,
    store::Change,
};

const COMPONENT: &str = "statefulset-controller";

/// Keeps the pods of StatefulSets.
#[derive(Default)]
pub(crate) struct StatefulSets {
    tracked: Tracked,
    backoff: Backoff,
}

impl Controller for StatefulSets {
    fn name(&self) -> &'static str {
        COMPONENT
    }

    fn watches(&self) -> &'static [Table] {
        &[Table::StatefulSets, Table::Pods]
    }

    fn see(&mut self, change: &Change, world: &World, queue: &mut Queue) {
        if change.after.table == Table::Pods {
            self.tracked.see_owned(change, world, queue);
        } else {
            let tree = change.after.tree();
            self.tracked.see(change, || revisions::selector(&tree));
            queue.add(change.after.key.clone());
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, queue: &mut Queue) {
        let Some(set) = world.store.get(Table::StatefulSets, key) else {
            self.backoff.forget(key);
            return;
        };
        let tree = set.tree();
        let selector = revisions::selector(&tree);
        let pods = claiming::pods(world, &STATEFUL_SET, &set, &selector, |pod| {
            identity::ordinal(&set, pod).is_some()
        });
        match Round::run(world, &set, tree, pods) {
            Ok(next) => {
                self.backoff.forget(key);
                if let Some(seconds) = next.and_then(|seconds| u64::try_from(seconds).ok()) {
                    queue.add_after(key.clone(), Duration::from_secs(seconds));
                }
            }
            Err(_) => queue.add_after(key.clone(), self.backoff.fail(key)),
        }
    }
}
