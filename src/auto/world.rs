//! Cache and queue of a scheduler that places by itself: what it knows, and what it decides. No clock, no I/O.

mod attempt;
mod nominations;
#[cfg(test)]
mod tests;
mod under_way;

use std::sync::Arc;

use fastrand::Rng;
use jiff::Timestamp;
use rustc_hash::FxHashMap;

pub(super) use self::attempt::{Attempt, Binding, Failure};
use self::nominations::Nominations;
use self::under_way::UnderWay;
use crate::engine::synced::Synced;
use crate::model::cluster::{Event, WatchEvent};
use crate::model::from_api::object::Object as _;
use crate::model::{Change, Cluster, Pod, PodKey};
use crate::scheduling::kept::Kept;
use crate::scheduling::queue::{Moment, Place};
use crate::scheduling::trace::NodeIndex;
use crate::scheduling::{Assumed, Profiles, Queue, Room, cycle};

/// Bytes of decisions that are kept to be brought up to date.
const KEPT: usize = 16 << 20;

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
    /// Pods that go to a node.
    under_way: FxHashMap<PodKey, UnderWay>,
    /// What they get by their claims.
    assumed: Assumed,
    nominations: Nominations,
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
            under_way: FxHashMap::default(),
            assumed: Assumed::default(),
            nominations: Nominations::default(),
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
        !self.begun || self.queue.next().is_none()
    }

    /// Whether every pod had its turn: nobody is to be tried again soon, but for those that were tried `tries` times.
    pub(super) fn is_settled(&self, tries: u32) -> bool {
        let waits_long = |place: &Place| matches!(place, Place::Unschedulable | Place::Gated { .. });
        let mut all = self.queue.iter();
        let done = all.all(|(_, at)| {
            waits_long(at.place) || matches!(at.place, Place::Backoff { .. }) && at.attempts >= tries
        });
        self.begun && done
    }

    /// Takes in what the watches bring.
    pub(super) fn take_in(&mut self, changes: Vec<Change>, now: Timestamp) {
        let mut touched = Vec::new();
        let mut claims = false;
        for change in changes {
            self.synced.note(&change);
            let mut device_claim = None;
            match &change {
                Change::Pod(
                    WatchEvent::Applied(object) | WatchEvent::Listed(object) | WatchEvent::Deleted(object),
                ) => {
                    let key = PodKey::new(&*object.metadata.namespace, &*object.metadata.name);
                    if self.under_way.contains_key(&key) || self.nominations.is_ours(&key) {
                        touched.push(key);
                    }
                }
                // Whoever was not in the list is gone.
                Change::Pod(WatchEvent::Synced) => touched.extend(self.under_way.keys().cloned()),
                Change::ResourceClaim(WatchEvent::Applied(object) | WatchEvent::Listed(object)) => {
                    let meta = object.meta();
                    device_claim = Some((meta.namespace.clone(), meta.name.clone()));
                    claims = true;
                }
                Change::ResourceClaim(_) | Change::PersistentVolumeClaim(_) | Change::PersistentVolume(_) => {
                    claims = true;
                }
                _ => {}
            }
            self.cluster.apply(change);
            if let Some((namespace, name)) = device_claim {
                let claim = self.cluster.objects.device_claims.get(&namespace, &name);
                if let Some(claim) = claim.map(Arc::clone) {
                    self.assumed.made(&mut self.cluster, &claim);
                }
            }
        }
        for key in &touched {
            self.reconcile(key);
        }
        if claims {
            self.assumed.settle(&mut self.cluster);
        }
        if claims || !touched.is_empty() {
            self.conclude();
        }
        if !self.begun && self.is_synced() {
            self.begin(now);
        }
        self.tell_queue(now);
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
                    if !self.counts(key) {
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
            let at = &mut Moment {
                cluster: &self.cluster,
                profiles: &mut self.profiles,
                now,
            };
            let pod = self.queue.pop(at)?;
            // The queue may be behind: whoever is not there any more is dropped.
            let current = self.cluster.pod(&pod.key).filter(|have| have.uid == pod.uid);
            match current.filter(|pod| pod.is_waiting()).map(Arc::clone) {
                Some(pod) => return Some(self.attempt(pod, now)),
                None => self.queue.remove(&pod.key),
            };
        }
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

    fn node_index(&mut self) -> Arc<NodeIndex> {
        let membership = Some(self.cluster.nodes.membership());
        if self.nodes.0 != membership {
            self.nodes = (membership, Arc::new(cycle::node_index(&self.cluster)));
        }
        Arc::clone(&self.nodes.1)
    }
}
