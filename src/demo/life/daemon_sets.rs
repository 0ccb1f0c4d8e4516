//! DaemonSets: a pod on each node that fits (`pkg/controller/daemon`). The pods name their node in a required affinity;
//! a scheduler places them.
//!
//! Beside upstream: an update never surges (`maxSurge` is not looked at).

mod nodes;
mod round;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use self::{nodes::Node, round::Round};
use super::{
    Controller, backoff::Backoff, claiming, queue::Queue, revisions, tracked::Tracked, world::World,
};
use crate::demo::{
    kinds::{Table, workload::DAEMON_SET},
    object::Key,
    store::Change,
};

const COMPONENT: &str = "daemonset-controller";
/// How long it is waited for more nodes to change.
const GATHER: Duration = Duration::from_millis(100);

/// Keeps the pods of DaemonSets.
#[derive(Default)]
pub(crate) struct DaemonSets {
    tracked: Tracked,
    nodes: BTreeMap<Arc<str>, Node>,
    /// Of failed pods: each is replaced later than the one before.
    failed: Backoff,
    backoff: Backoff,
}

impl DaemonSets {
    fn see_node(&mut self, change: &Change, queue: &mut Queue) {
        let name = &change.after.key.name;
        let changed = if change.deleted {
            self.nodes.remove(name).is_some()
        } else {
            let node = Node::of(&change.after);
            let before = self.nodes.insert(Arc::clone(name), node);
            before.as_ref() != self.nodes.get(name)
        };
        if changed {
            for key in self.tracked.keys() {
                queue.add_after(key.clone(), GATHER);
            }
        }
    }
}

impl Controller for DaemonSets {
    fn name(&self) -> &'static str {
        COMPONENT
    }

    fn watches(&self) -> &'static [Table] {
        &[Table::Nodes, Table::DaemonSets, Table::Pods]
    }

    fn see(&mut self, change: &Change, world: &World, queue: &mut Queue) {
        match change.after.table {
            Table::Nodes => self.see_node(change, queue),
            Table::Pods => self.tracked.see_owned(change, world, queue),
            _ => {
                let tree = change.after.tree();
                self.tracked.see(change, || revisions::selector(&tree));
                queue.add(change.after.key.clone());
            }
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, queue: &mut Queue) {
        let Some(set) = world.store.get(Table::DaemonSets, key) else {
            self.backoff.forget(key);
            return;
        };
        let tree = set.tree();
        let selector = revisions::selector(&tree);
        let pods = claiming::pods(world, &DAEMON_SET, &set, &selector, |_| true);
        match Round::run(world, &set, tree, pods, &self.nodes, &mut self.failed) {
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
