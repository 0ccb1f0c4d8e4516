//! Deployments: ReplicaSets for the versions of a template, and the way from one to the next
//! (`pkg/controller/deployment`).

mod limits;
mod proportions;
mod rollout;
mod sets;
mod status;

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

pub(crate) use self::limits::scaled;
use self::{rollout::Rollout, sets::Set};
use super::{
    Controller, backoff::Backoff, claiming, events, label_selector::LabelSelector, queue::Queue,
    tracked::Tracked, world::World,
};
use crate::demo::{
    kinds::{DEPLOYMENT, Table},
    object::{Key, Object},
    store::Change,
};

/// What posts the events.
const COMPONENT: &str = "deployment-controller";
/// How long it is waited for more pods to go.
const GATHER: Duration = Duration::from_millis(100);

/// Rolls templates out.
#[derive(Default)]
pub(crate) struct Deployments {
    tracked: Tracked,
    /// Which deployment has which ReplicaSet, by their uids.
    owners: HashMap<Box<str>, Box<str>>,
    /// ReplicaSets that nobody controls.
    orphans: HashSet<Key>,
    backoff: Backoff,
}

impl Deployments {
    fn see_set(&mut self, change: &Change, world: &World, queue: &mut Queue) {
        let set = &change.after;
        let orphan = set.controller.is_empty();
        if change.deleted || orphan {
            self.owners.remove(&set.uid);
        } else {
            self.owners.insert(set.uid.clone(), (&*set.controller).into());
        }
        if orphan && !change.deleted {
            self.orphans.insert(set.key.clone());
        } else {
            self.orphans.remove(&set.key);
        }
        self.tracked.see_owned(change, world, queue);
    }

    /// The ReplicaSets of a deployment, the oldest first.
    fn sets(&self, world: &World, deployment: &Object, selector: &LabelSelector) -> Vec<Set> {
        let mut sets = Vec::new();
        for set in world.controlled(Table::ReplicaSets, &deployment.uid) {
            if selector.selects(&set) {
                sets.push(Set::of(&set));
            } else if !deployment.deleting {
                claiming::release(world, deployment, &set);
            }
        }
        if !deployment.deleting {
            let near = self
                .orphans
                .iter()
                .filter(|key| key.namespace == deployment.key.namespace);
            let free = near.filter_map(|key| world.store.get(Table::ReplicaSets, key));
            let fit = free.filter(|set| !set.deleting && selector.selects(set));
            let adopted = fit.filter_map(|set| claiming::adopt(world, &DEPLOYMENT, deployment, &set));
            sets.extend(adopted.map(|set| Set::of(&set)));
        }
        sets.sort_by(Set::by_age);
        sets
    }
}

impl Controller for Deployments {
    fn name(&self) -> &'static str {
        COMPONENT
    }

    fn watches(&self) -> &'static [Table] {
        &[Table::Deployments, Table::ReplicaSets, Table::Pods]
    }

    fn see(&mut self, change: &Change, world: &World, queue: &mut Queue) {
        match change.after.table {
            Table::Deployments => {
                let tree = change.after.tree();
                self.tracked
                    .see(change, || LabelSelector::read(&tree["spec"]["selector"]));
                queue.add(change.after.key.clone());
            }
            Table::ReplicaSets => self.see_set(change, world, queue),
            // One that recreates waits until the last old pod is gone.
            _ if change.deleted => {
                let owner = self.owners.get(&*change.after.controller);
                if let Some(key) = owner.and_then(|uid| self.tracked.key(uid)) {
                    queue.add_after(key.clone(), GATHER);
                }
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, queue: &mut Queue) {
        let Some(deployment) = world.store.get(Table::Deployments, key) else {
            self.backoff.forget(key);
            return;
        };
        let tree = deployment.tree();
        let selector = LabelSelector::read(&tree["spec"]["selector"]);
        if selector.is_empty() {
            let message = "This deployment is selecting all pods. A non-empty selector is required.";
            let about = (&DEPLOYMENT, &*deployment);
            events::post(
                &world.store,
                COMPONENT,
                "",
                about,
                "Warning",
                ("SelectingAll", message),
            );
            return;
        }
        let sets = self.sets(world, &deployment, &selector);
        match Rollout::new(world, &deployment, tree, sets).run() {
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
