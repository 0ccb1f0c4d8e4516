//! Cache and queue of a scheduler that places by itself: what it knows, and what it decides. No clock, no I/O.

mod attempt;
mod nominations;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use fastrand::Rng;
use jiff::Timestamp;
use rustc_hash::FxHashMap;

pub(super) use self::attempt::{Attempt, Binding, Failure};
use self::nominations::Nominations;
use crate::engine::synced::Synced;
use crate::engine::view::Selected;
use crate::model::cluster::{Event, WatchEvent};
use crate::model::{Change, Cluster, Pod, PodKey};
use crate::scheduling::kept::Kept;
use crate::scheduling::plugin::Cycle;
use crate::scheduling::queue::{Moment, Place};
use crate::scheduling::trace::NodeIndex;
use crate::scheduling::{Profiles, Queue, Room, cycle};

/// Bytes of decisions that are kept to be brought up to date.
const KEPT: usize = 16 << 20;

/// How a pod counts in the cache until the watches bring it as it is.
#[derive(Debug)]
struct Assumed {
    uid: Arc<str>,
    node: Arc<str>,
    /// Whether its Binding takes devices, so that others that want some have to wait.
    devices: bool,
}

/// See the module.
#[derive(Debug)]
pub(super) struct World {
    cluster: Cluster,
    ours: Vec<Arc<str>>,
    profiles: Profiles,
    queue: Queue,
    kept: Kept,
    synced: Synced,
    /// Whether the first lists were put into the queue.
    begun: bool,
    nodes: (Option<u64>, Arc<NodeIndex>),
    assumed: FxHashMap<PodKey, Assumed>,
    nominations: Nominations,
    /// Pods taken from the queue that wait until devices are free to be chosen again.
    deferred: VecDeque<Arc<Pod>>,
    /// Where several nodes are best alike, it draws one.
    rng: Rng,
}

impl World {
    pub(super) fn new(ours: Vec<Arc<str>>, profiles: Profiles, rng: Rng) -> Self {
        Self {
            cluster: Cluster::default(),
            ours,
            queue: Queue::new(profiles.backoff()),
            profiles,
            kept: Kept::new(KEPT),
            synced: Synced::default(),
            begun: false,
            nodes: (None, Arc::default()),
            assumed: FxHashMap::default(),
            nominations: Nominations::default(),
            deferred: VecDeque::new(),
            rng,
        }
    }

    /// Whether the first lists are complete: nothing is placed before.
    pub(super) fn is_synced(&self) -> bool {
        self.synced.holds(&self.cluster)
    }

    /// How many pods of ours wait, by the queue that they are in: active, backoff, unschedulable, gated.
    pub(super) fn pending(&self) -> [usize; 4] {
        let mut counts = [0; 4];
        for (_, standing) in self.queue.iter() {
            let at = match standing.place {
                Place::Active | Place::Trying { .. } | Place::Held => 0,
                Place::Backoff { .. } => 1,
                Place::Unschedulable => 2,
                Place::Gated { .. } => 3,
            };
            counts[at] += 1;
        }
        counts
    }

    /// Whether nobody is to be tried now or soon.
    pub(super) fn is_idle(&self) -> bool {
        let nobody_has_devices_to_choose = self.deferred.is_empty() || self.devices_taken();
        !self.begun || self.queue.next().is_none() && nobody_has_devices_to_choose
    }

    /// Whether every pod had its turn: nobody is to be tried again soon, but for those that were tried `tries` times.
    pub(super) fn is_settled(&self, tries: u32) -> bool {
        let waits_long = |place: &Place| matches!(place, Place::Unschedulable | Place::Gated { .. });
        let mut all = self.queue.iter();
        let done = all.all(|(_, at)| {
            waits_long(at.place) || matches!(at.place, Place::Backoff { .. }) && at.attempts >= tries
        });
        self.begun && self.deferred.is_empty() && done
    }

    /// Takes in what the watches bring.
    pub(super) fn take_in(&mut self, changes: Vec<Change>, now: Timestamp) {
        let mut touched = Vec::new();
        for change in changes {
            self.synced.note(&change);
            if let Change::Pod(
                WatchEvent::Applied(object) | WatchEvent::Listed(object) | WatchEvent::Deleted(object),
            ) = &change
            {
                let key = PodKey::new(&*object.metadata.namespace, &*object.metadata.name);
                if self.assumed.contains_key(&key) || self.nominations.is_ours(&key) {
                    touched.push(key);
                }
            }
            self.cluster.apply(change);
        }
        for key in &touched {
            self.reconcile(key);
        }
        if !self.begun && self.is_synced() {
            self.begin(now);
        }
        self.tell_queue(now);
    }

    /// Holds what was assumed of the pod called `key` against what the watches say.
    fn reconcile(&mut self, key: &PodKey) {
        let pod = self.cluster.pod(key).map(Arc::clone);
        if let Some(assumed) = self.assumed.get(key) {
            let same = pod.as_ref().filter(|pod| pod.uid == assumed.uid);
            match same {
                Some(pod) if pod.is_waiting() => {
                    let node = Arc::clone(&assumed.node);
                    self.cluster.assume(key, &node);
                }
                // Bound as it was to be, or gone: the watches know better.
                _ => {
                    self.assumed.remove(key);
                }
            }
            return;
        }
        let waits = pod.filter(|pod| pod.is_waiting());
        match (waits, self.nominations.ours(key)) {
            (Some(pod), Some(node)) if pod.nominated_node.is_none() => {
                let node = Arc::clone(node);
                self.cluster.nominate(key, Some(&node));
            }
            _ => {}
        }
    }

    fn begin(&mut self, now: Timestamp) {
        self.begun = true;
        self.cluster.listen();
        let waiting: Vec<Arc<Pod>> = self.cluster.waiting().cloned().collect();
        for pod in &waiting {
            self.nominations.note(pod);
            self.put(pod, now);
        }
    }

    fn put(&mut self, pod: &Arc<Pod>, now: Timestamp) {
        if self.ours.contains(&pod.spec.scheduler_name) {
            let at = &mut Moment {
                cluster: &self.cluster,
                profiles: &mut self.profiles,
                now,
            };
            self.queue.put(pod, at);
        }
    }

    /// Tells the queue what happened.
    fn tell_queue(&mut self, now: Timestamp) {
        if !self.cluster.has_events() {
            return;
        }
        let events = self.cluster.take_events();
        self.tell_of(&events, now);
    }

    fn tell_of(&mut self, events: &[Event], now: Timestamp) {
        for event in events {
            let Event::Pod(turn) = event else { continue };
            let Some(key) = turn.after.as_ref().or(turn.before.as_ref()).map(|pod| &pod.key) else {
                continue;
            };
            match self.cluster.pod(key).map(Arc::clone) {
                Some(pod) if pod.is_waiting() => {
                    self.nominations.note(&pod);
                    self.put(&pod, now);
                }
                _ => {
                    self.nominations.forget(key);
                    // Until its Binding is answered, it is being tried.
                    if !self.assumed.contains_key(key) {
                        self.queue.remove(key);
                    }
                }
            }
        }
        let at = &mut Moment {
            cluster: &self.cluster,
            profiles: &mut self.profiles,
            now,
        };
        self.queue.on_events(events, at);
    }

    /// Moves what time moves; when to come back, if nothing happens before.
    pub(super) fn tick(&mut self, now: Timestamp) -> Option<Timestamp> {
        if !self.begun {
            return None;
        }
        let at = &mut Moment {
            cluster: &self.cluster,
            profiles: &mut self.profiles,
            now,
        };
        self.queue.tick(at)
    }

    /// Tries the next pod; `None` where none is to be tried now.
    pub(super) fn next(&mut self, now: Timestamp) -> Option<Attempt> {
        if !self.begun {
            return None;
        }
        loop {
            let pod = self.pop(now)?;
            // The queue may be behind: whoever is not there any more is dropped.
            let current = self.cluster.pod(&pod.key).filter(|have| have.uid == pod.uid);
            let Some(pod) = current.filter(|pod| pod.is_waiting()).map(Arc::clone) else {
                self.queue.remove(&pod.key);
                continue;
            };
            let attempt = self.attempt(pod, now);
            if attempt.is_some() {
                return attempt;
            }
        }
    }

    fn pop(&mut self, now: Timestamp) -> Option<Arc<Pod>> {
        if !self.devices_taken()
            && let Some(pod) = self.deferred.pop_front()
        {
            return Some(pod);
        }
        let at = &mut Moment {
            cluster: &self.cluster,
            profiles: &mut self.profiles,
            now,
        };
        self.queue.pop(at)
    }

    fn devices_taken(&self) -> bool {
        self.assumed.values().any(|assumed| assumed.devices)
    }

    /// The pod called `key` is bound.
    pub(super) fn bound(&mut self, key: &PodKey) {
        self.queue.remove(key);
        if let Some(assumed) = self.assumed.get_mut(key) {
            assumed.devices = false;
        }
    }

    /// The pod called `key` is not placed for now; without `blamed`, something went wrong.
    pub(super) fn failed(&mut self, key: &PodKey, blamed: &[&'static str], now: Timestamp) {
        self.nominations.given_up(key);
        if self.assumed.remove(key).is_some() {
            self.cluster.forget(key);
            let mut events = self.cluster.take_events();
            for event in &mut events {
                if let Event::Pod(turn) = event
                    && turn.before.as_ref().is_some_and(|pod| pod.key == *key)
                {
                    // To the others it is gone from its node, as upstream tells it.
                    turn.after = None;
                }
            }
            self.tell_of(&events, now);
        }
        let at = &mut Moment {
            cluster: &self.cluster,
            profiles: &mut self.profiles,
            now,
        };
        self.queue.failed(key, blamed, at);
    }

    /// Room is being made for the pod called `key` on `node`: others leave it alone from now on.
    pub(super) fn nominate(&mut self, key: &PodKey, room: &Room, now: Timestamp) {
        self.nominations.take(key, &room.node);
        self.cluster.nominate(key, Some(&room.node));
        for (other, _) in &room.outranked {
            self.cluster.nominate(other, None);
        }
        self.tell_queue(now);
    }

    /// The room for the pod called `key` was not made: what is nominated is what the watches say.
    pub(super) fn give_up_room(&mut self, key: &PodKey, now: Timestamp) {
        self.nominations.given_up(key);
        self.cluster.nominate(key, None);
        self.tell_queue(now);
    }

    /// The decision on a pod that is on its way to its node, as if it were not.
    pub(super) fn judge(&mut self, key: &PodKey, now: Timestamp) -> Option<Selected> {
        let assumed = self.assumed.get(key).map(|assumed| Arc::clone(&assumed.node));
        if assumed.is_some() {
            self.cluster.forget(key);
        }
        let pod = self
            .cluster
            .pod(key)
            .filter(|pod| pod.is_waiting())
            .map(Arc::clone);
        let selected = pod.map(|pod| {
            let profile = self.profiles.get(&pod.spec.scheduler_name);
            let nodes = self.node_index();
            let cycle = Cycle {
                cluster: &self.cluster,
                pod: &pod,
            };
            let trace = Arc::new(cycle::evaluate(cycle, &profile, &nodes));
            Selected {
                pod,
                trace,
                judged: now,
                focus: Vec::new(),
            }
        });
        if let Some(node) = assumed {
            self.cluster.assume(key, &node);
            drop(self.cluster.take_events());
        }
        selected
    }

    fn node_index(&mut self) -> Arc<NodeIndex> {
        let membership = Some(self.cluster.nodes.membership());
        if self.nodes.0 != membership {
            self.nodes = (membership, Arc::new(cycle::node_index(&self.cluster)));
        }
        Arc::clone(&self.nodes.1)
    }
}
