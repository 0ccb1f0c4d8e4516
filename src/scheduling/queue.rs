//! The scheduling queue of kube-scheduler 1.37: who is tried next, who waits, and what for.
//!
//! ```text
//!            add                      pop                    failed
//! ──PreEnqueue──▶ active ────────────────────▶ being tried ─────────▶ unschedulable
//!      │            ▲  ▲  backoff is over          │  ▲                   │ an event helps,
//!      ▼            │  └──────── backoff ──────────│──┘                   │ or 5 min are over
//!    gated ─────────┘               ▲  └── pop, where active is empty     │
//!                                   └─────────────────────────────────────┘
//! ```
//! Every pod is in exactly one place. The queue has no clock and does nothing by itself: times come in with what
//! happens, and [`Queue::tick`] says when to come back. Pods that were rejected alike are asked about once for each event.

mod backoff;
mod flight;
mod moves;
mod order;
mod parked;
mod place;

pub use backoff::Backoff;
pub use order::order;
pub use place::{Place, Standing};

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashMap;

use self::flight::Flight;
use self::order::Rank;
use self::parked::{Group, Parked};
use super::plugin::Cycle;
use super::{Code, Phase, Profile, Profiles, Status};
use crate::model::{Cluster, Pod, PodKey};

/// How long a pod stays unschedulable before it is tried again in any case.
const LEFTOVER: SignedDuration = SignedDuration::from_mins(5);
/// How often it is looked for such pods.
const LOOK: SignedDuration = SignedDuration::from_secs(30);

/// The state of the world that the queue asks its plugins about, and what time it is.
#[derive(Debug)]
pub struct Moment<'a> {
    /// The cluster as it is now.
    pub cluster: &'a Cluster,
    /// Who judges whose pods.
    pub profiles: &'a mut Profiles,
    /// The time.
    pub now: Timestamp,
}

impl Moment<'_> {
    fn profile(&mut self, pod: &Pod) -> Arc<Profile> {
        self.profiles.get(&pod.spec.scheduler_name)
    }

    /// The PreEnqueue plugin that holds `pod` back, and why. `first` is asked first.
    fn gate(&mut self, pod: &Pod, first: Option<&'static str>) -> Option<(&'static str, Status)> {
        let profile = self.profile(pod);
        let cluster = self.cluster;
        let says = |name: &'static str| {
            let plugin = profile.plugin(name)?;
            let status = plugin.pre_enqueue(Cycle { cluster, pod })?;
            (status.code != Code::Success).then_some((name, status))
        };
        let all = profile
            .in_phase(Phase::PreEnqueue)
            .map(|enabled| enabled.row.name);
        let first = first.filter(|name| profile.runs(name, Phase::PreEnqueue));
        first.into_iter().chain(all).find_map(says)
    }
}

/// The queue.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    backoff: Backoff,
    entries: FxHashMap<PodKey, Entry>,
    active: BTreeSet<Rank>,
    /// Rejected pods that wait for their time, by it.
    backing_off: BTreeSet<(Timestamp, Rank)>,
    /// The same for pods whose attempt ended with an error; these are not popped before their time.
    erring: BTreeSet<(Timestamp, Rank)>,
    parked: Parked,
    flight: Flight,
    next_look: Option<Timestamp>,
    revision: u64,
}

/// A pod in the queue.
#[derive(Clone, Debug)]
struct Entry {
    pod: Arc<Pod>,
    place: Place,
    /// When it came, or was tried last.
    since: Timestamp,
    /// How often it was tried.
    attempts: u32,
    /// How often it was rejected.
    rejected: u32,
    /// How often in a row an attempt ended with an error.
    errors: u32,
    /// The end of its backoff, once worked out.
    until: Option<Timestamp>,
    /// When it was taken from the unschedulable pods last because it had been there for long.
    flushed: Option<Timestamp>,
    /// The plugins that rejected it, by name.
    rejectors: Arc<[&'static str]>,
    /// The cluster's generation when it came to its place: verdicts that are older do not count as an attempt.
    generation: u64,
}

impl Entry {
    fn rank(&self) -> Rank {
        Rank::new(&self.pod, self.since)
    }

    fn group(&self) -> Group {
        Group {
            template: self.pod.template(),
            rejectors: Arc::clone(&self.rejectors),
            gate: self.place.gate(),
        }
    }
}

impl Queue {
    /// An empty queue with these waits.
    pub fn new(backoff: Backoff) -> Self {
        Self {
            backoff,
            ..Self::default()
        }
    }

    /// How many pods there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Changes whenever a pod came, went, moved or was tried.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Where `pod` is.
    pub fn standing(&self, pod: &PodKey) -> Option<Standing<'_>> {
        self.entries.get(pod).map(Standing::of)
    }

    /// The pods, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<Pod>, Standing<'_>)> {
        let entries = self.entries.values();
        entries.map(|entry| (&entry.pod, Standing::of(entry)))
    }

    /// The active pods, the next one first.
    pub fn active(&self) -> impl Iterator<Item = &Arc<Pod>> {
        let entries = self.active.iter().filter_map(|rank| self.entries.get(rank.key()));
        entries.map(|entry| &entry.pod)
    }

    /// Whether no pod is active, so that those get their turn that were rejected and wait for their time.
    pub fn is_idle(&self) -> bool {
        self.active.is_empty()
    }

    /// The pod that [`Queue::pop`] would give.
    pub fn next(&self) -> Option<&Arc<Pod>> {
        let waiting = || self.backing_off.first().map(|(_, rank)| rank);
        let rank = self.active.first().or_else(waiting)?;
        self.entries.get(rank.key()).map(|entry| &entry.pod)
    }

    /// Takes in `pod`, or what became of it.
    pub fn put(&mut self, pod: &Arc<Pod>, at: &mut Moment<'_>) {
        match self.entries.get(&pod.key) {
            Some(entry) if entry.pod.uid == pod.uid => self.update(pod, at),
            Some(_) => {
                self.remove(&pod.key);
                self.add(pod, at);
            }
            None => self.add(pod, at),
        }
    }

    fn add(&mut self, pod: &Arc<Pod>, at: &mut Moment<'_>) {
        let entry = Entry {
            pod: Arc::clone(pod),
            place: Place::Active,
            since: at.now,
            attempts: 0,
            rejected: 0,
            errors: 0,
            until: None,
            flushed: None,
            rejectors: Arc::default(),
            generation: 0,
        };
        self.activate(entry, false, at);
    }

    /// Drops the pod called `key`: it was bound, or is gone. Whether it was there.
    pub fn remove(&mut self, key: &PodKey) -> bool {
        self.take(key).is_some()
    }

    /// The next pod to be tried, and counts the attempt: the first active one, and where there is none, the first of those
    /// that were rejected and wait for their time. It stays [`Place::Trying`] until it has [`Queue::failed`], is
    /// [held](Queue::hold), or is removed.
    pub fn pop(&mut self, at: &mut Moment<'_>) -> Option<Arc<Pod>> {
        let key = self.next()?.key.clone();
        self.begin(&key, at)
    }

    /// As [`Queue::pop`], for the pod called `key`, where it is active or waits for its time after a rejection.
    pub fn begin(&mut self, key: &PodKey, at: &mut Moment<'_>) -> Option<Arc<Pod>> {
        let ready = self.entries.get(key).is_some_and(|entry| match entry.place {
            Place::Active => true,
            Place::Backoff { error, .. } => !error,
            _ => false,
        });
        if !ready {
            return None;
        }
        let mut entry = self.take(key)?;
        entry.attempts = entry.attempts.saturating_add(1);
        entry.place = Place::Trying {
            since_event: self.flight.begin(),
        };
        let pod = Arc::clone(&entry.pod);
        self.insert(entry, at);
        Some(pod)
    }

    /// Says of a pod that is being tried that it fits, and waits for whoever decides.
    pub fn hold(&mut self, key: &PodKey, at: &mut Moment<'_>) {
        if let Some(entry) = self.entries.get(key)
            && matches!(entry.place, Place::Trying { .. })
            && let Some(mut entry) = self.take(key)
        {
            entry.rejectors = Arc::default();
            entry.errors = 0;
            entry.place = Place::Held;
            self.insert(entry, at);
        }
    }

    /// Says of a pod that is being tried, or held, that `rejectors` rejected it everywhere; without any, that the attempt
    /// ended with an error.
    pub fn failed(&mut self, key: &PodKey, rejectors: &[&'static str], at: &mut Moment<'_>) {
        let tried = self
            .entries
            .get(key)
            .is_some_and(|entry| matches!(entry.place, Place::Trying { .. } | Place::Held));
        if !tried {
            return;
        }
        let Some(mut entry) = self.take(key) else { return };
        let events = match entry.place {
            Place::Trying { since_event } => self.flight.since(since_event),
            _ => Some(Vec::new()),
        };
        entry.rejectors = rejectors.into();
        if rejectors.is_empty() {
            entry.errors = entry.errors.saturating_add(1);
        } else {
            entry.rejected = entry.rejected.saturating_add(1);
            entry.errors = 0;
        }
        entry.since = at.now;
        entry.until = None;
        entry.flushed = None;
        let helped = rejectors.is_empty()
            || events.is_none_or(|events| {
                let mut events = events.iter();
                events.any(|event| moves::helps_in_flight(&entry, event, at))
            });
        if helped {
            self.requeue(entry, at);
        } else {
            entry.place = Place::Unschedulable;
            self.insert(entry, at);
        }
        self.flight.trim();
    }

    /// Moves what is due at `at.now`; gives when to come back, if nothing happens before. Pods whose backoff is over get
    /// active; those that were unschedulable for five minutes are tried again.
    pub fn tick(&mut self, at: &mut Moment<'_>) -> Option<Timestamp> {
        for key in self.backoff_is_over(at.now) {
            if let Some(entry) = self.take(&key) {
                self.activate(entry, true, at);
            }
        }
        if self.next_look.is_none_or(|look| look <= at.now) {
            self.next_look = Some(at.now.saturating_add(LOOK).unwrap_or(Timestamp::MAX));
            for key in self.leftover(at.now) {
                if let Some(mut entry) = self.take(&key) {
                    entry.flushed = Some(at.now);
                    self.requeue(entry, at);
                }
            }
        }
        self.next_tick()
    }

    /// When [`Queue::tick`] has something to do.
    pub fn next_tick(&self) -> Option<Timestamp> {
        let firsts = [self.backing_off.first(), self.erring.first()];
        let ends = firsts
            .into_iter()
            .flatten()
            .map(|(until, _)| Backoff::over_at(*until));
        let look = self.next_look.filter(|_| !self.parked.is_empty());
        ends.chain(look).min()
    }

    fn backoff_is_over(&self, now: Timestamp) -> Vec<PodKey> {
        let all = [&self.backing_off, &self.erring].into_iter();
        let over = all.flat_map(|set| {
            set.iter()
                .take_while(|(until, _)| Backoff::over_at(*until) <= now)
        });
        over.map(|(_, rank)| rank.key().clone()).collect()
    }

    fn leftover(&self, now: Timestamp) -> Vec<PodKey> {
        let mut old: Vec<Rank> = self
            .parked
            .iter()
            .filter_map(|key| self.entries.get(key))
            .filter(|entry| {
                now.duration_since(entry.since.max(entry.flushed.unwrap_or(entry.since))) > LEFTOVER
            })
            .map(Entry::rank)
            .collect();
        old.sort_unstable();
        old.into_iter().map(|rank| rank.key().clone()).collect()
    }
}
