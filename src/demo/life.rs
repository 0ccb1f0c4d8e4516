//! The life behind the server: controllers, and the kubelets as one of them, all in one task.
//!
//! It sleeps until an object changes or something is due; it never polls. A controller sees each change of the kinds that it
//! watches and marks the keys that it has to look at again; looking at a key (`reconcile`) reads the store as it is
//! then and does what is to be done, so that a look that comes twice or too late does nothing. Controllers write through the
//! server's own verbs, which may refuse them as they may refuse any client.

mod backoff;
mod budgets;
mod claiming;
mod conditions;
mod daemon_sets;
mod deployments;
mod event_expiry;
pub(crate) mod events;
mod garbage;
pub(crate) mod heartbeats;
mod jobs;
mod kubelets;
mod label_selector;
mod namespace_defaults;
mod namespaces;
mod node_lifecycle;
mod owned_pods;
mod pod_garbage;
mod queue;
mod replica_sets;
mod resource_claims;
mod revisions;
mod stateful_sets;
mod statuses;
mod taint_eviction;
mod taints;
mod tracked;
mod verbs;
mod volumes;
mod world;

use std::sync::Arc;

use futures::{StreamExt, stream::FuturesUnordered};
use tokio::time::Instant;

pub(crate) use self::{namespace_defaults::DEFAULTS, queue::Queue, world::World};
use super::{
    kinds::Table,
    object::Key,
    pace::Pace,
    store::{Change, Store},
};

/// Changes read from the log at a time.
const BATCH: usize = 512;
/// Keys looked at before others get a turn.
const TURN: usize = 256;

/// Brings part of the cluster to where it is to be; the kubelets are one, too.
pub(crate) trait Controller: Send {
    /// What it is called in events and field managers, such as `deployment-controller`.
    fn name(&self) -> &'static str;

    /// The kinds whose changes it wants to see. At the start it is shown every object of these as a new one.
    fn watches(&self) -> &'static [Table];

    /// Something changed: which keys have to be looked at? The world is as it is now, and may be ahead of the change.
    fn see(&mut self, change: &Change, world: &World, queue: &mut Queue);

    /// Looks at one key.
    fn reconcile(&mut self, key: &Key, world: &World, queue: &mut Queue);
}

/// Every controller, in the order in which they see a change.
fn controllers() -> Vec<Box<dyn Controller>> {
    vec![
        Box::<heartbeats::Heartbeats>::default(),
        Box::<node_lifecycle::NodeLifecycle>::default(),
        Box::<taint_eviction::TaintEviction>::default(),
        Box::<kubelets::Kubelets>::default(),
        Box::<pod_garbage::PodGarbage>::default(),
        Box::<volumes::Volumes>::default(),
        Box::<resource_claims::FromTemplates>::default(),
        Box::<resource_claims::Reservations>::default(),
        Box::<namespaces::Namespaces>::default(),
        Box::new(namespace_defaults::NamespaceDefaults),
        Box::<deployments::Deployments>::default(),
        Box::new(replica_sets::ReplicaSets::new()),
        Box::new(replica_sets::ReplicaSets::of_replication_controllers()),
        Box::<stateful_sets::StatefulSets>::default(),
        Box::<daemon_sets::DaemonSets>::default(),
        Box::<jobs::Jobs>::default(),
        Box::<budgets::Budgets>::default(),
        Box::<garbage::Garbage>::default(),
        Box::new(event_expiry::EventExpiry),
    ]
}

struct Runner {
    controller: Box<dyn Controller>,
    queue: Queue,
    /// Per kind that it watches: up to where it has seen the log.
    seen: Vec<(Table, u64)>,
}

/// Runs until whoever started it ends it.
pub(crate) async fn run(store: Arc<Store>, pace: Pace) {
    let mut world = World::new(store, pace);
    let mut runners: Vec<Runner> = controllers()
        .into_iter()
        .map(|controller| Runner {
            seen: controller.watches().iter().map(|table| (*table, 0)).collect(),
            queue: Queue::default(),
            controller,
        })
        .collect();
    let mut tables: Vec<Table> = World::tables().to_vec();
    for runner in &runners {
        tables.extend(
            runner
                .controller
                .watches()
                .iter()
                .filter(|table| !tables.contains(table))
                .copied()
                .collect::<Vec<_>>(),
        );
    }
    let mut wakes: Vec<_> = tables
        .iter()
        .filter_map(|table| world.store.subscribe(*table))
        .collect();
    loop {
        for wake in &mut wakes {
            wake.borrow_and_update();
        }
        let mut busy = world.catch_up();
        for runner in &mut runners {
            busy |= runner.turn(&mut world);
        }
        if busy {
            tokio::task::yield_now().await;
            continue;
        }
        let due = runners.iter().filter_map(|runner| runner.queue.next_due()).min();
        let sleep = async {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        let mut changes: FuturesUnordered<_> = wakes
            .iter_mut()
            .map(tokio::sync::watch::Receiver::changed)
            .collect();
        tokio::select! {
            woken = changes.next() => if !matches!(woken, Some(Ok(()))) { return },
            () = sleep => {}
        }
    }
}

impl Runner {
    /// Sees some changes and looks at some keys; answers whether there is more to do at once.
    fn turn(&mut self, world: &mut World) -> bool {
        let mut busy = false;
        for (table, seen) in &mut self.seen {
            if let Ok((changes, reached)) = world.store.changes(*table, *seen, BATCH) {
                busy |= changes.len() == BATCH;
                *seen = reached;
                for change in &changes {
                    self.controller.see(change, world, &mut self.queue);
                }
            } else {
                // The log does not reach back: everything is new.
                let all = world.store.list(*table, None);
                *seen = all.revision;
                for object in all.objects {
                    self.controller
                        .see(&world::as_new(object), world, &mut self.queue);
                }
            }
        }
        let now = Instant::now();
        for _ in 0..TURN {
            let Some(key) = self.queue.pop(now) else {
                return busy;
            };
            world.catch_up();
            self.controller.reconcile(&key, world, &mut self.queue);
        }
        true
    }
}
