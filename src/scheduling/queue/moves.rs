//! How pods get from one place to another.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::order::Rank;
use super::{Backoff, Entry, Moment, Place, Queue};
use crate::model::cluster::{Event, Turn};
use crate::model::labels::Labels;
use crate::model::pod::PodSpec;
use crate::model::volume::PodVolume;
use crate::model::{Pod, PodKey};
use crate::scheduling::hint::{Hint, Occasions, gives_up_node, occasions, occasions_of_own};
use crate::scheduling::plugin::{Cycle, Plugin};

impl Queue {
    /// Tells what happened to anything but the queue's own pods, whose changes come by [`Queue::put`]. Moves the pods that
    /// it may help. Of events that are alike for every pod, one is asked about.
    pub fn on_events(&mut self, events: &[Event], at: &mut Moment<'_>) {
        let mut known = FxHashSet::default();
        for event in events {
            let occasions = occasions(event);
            if occasions.is_empty() {
                continue;
            }
            self.flight.note(event);
            if Alike::of(event).is_none_or(|alike| known.insert(alike)) {
                self.on_event(event, occasions, at);
            }
        }
    }

    fn on_event(&mut self, event: &Event, occasions: Occasions, at: &mut Moment<'_>) {
        let mut moved: Vec<Rank> = Vec::new();
        for bunch in self.parked.bunches().filter(|bunch| bunch.minds(occasions)) {
            let mut entries = bunch
                .pods
                .iter()
                .filter_map(|key| self.entries.get(key))
                .peekable();
            if entries
                .peek()
                .is_some_and(|entry| helps(entry, event, occasions, at))
            {
                moved.extend(entries.map(Entry::rank));
            }
        }
        moved.sort_unstable();
        for rank in moved {
            if let Some(entry) = self.take(rank.key()) {
                self.requeue(entry, at);
            }
        }
    }

    /// A pod of the queue is another one than before.
    pub(super) fn update(&mut self, pod: &Arc<Pod>, at: &mut Moment<'_>) {
        let Some(mut entry) = self.take_quietly(&pod.key) else {
            return;
        };
        let before = std::mem::replace(&mut entry.pod, Arc::clone(pod));
        let event = Event::Pod(Turn {
            before: Some(Arc::clone(&before)),
            after: Some(Arc::clone(pod)),
        });
        match entry.place {
            Place::Unschedulable | Place::Gated { .. } => {
                if helps(&entry, &event, occasions_of_own(&before, pod), at) {
                    return self.requeue(entry, at);
                }
                if let Place::Gated { plugin, .. } = entry.place
                    && let Some((plugin, status)) = at.gate(pod, Some(plugin))
                {
                    // It is held back all the same; perhaps it is told otherwise now.
                    entry.place = Place::Gated {
                        plugin,
                        reason: status.message().into(),
                    };
                }
            }
            Place::Trying { .. } => self.flight.note(&event),
            Place::Active | Place::Backoff { .. } | Place::Held => {}
        }
        self.insert(entry, at);
    }

    /// Makes `entry` active where no PreEnqueue plugin holds it back; pods from the backoff were asked about already.
    pub(super) fn activate(&mut self, mut entry: Entry, from_backoff: bool, at: &mut Moment<'_>) {
        if from_backoff || !gated(&mut entry, at) {
            entry.place = Place::Active;
        }
        self.insert(entry, at);
    }

    /// Lets `entry` be tried again, as soon as its backoff is over.
    pub(super) fn requeue(&mut self, mut entry: Entry, at: &mut Moment<'_>) {
        let error = entry.rejectors.is_empty();
        let failures = if entry.errors > 0 {
            entry.errors
        } else {
            entry.rejected
        };
        let until = entry.until.or_else(|| self.backoff.until(failures, entry.since));
        entry.until = until;
        match until.filter(|until| at.now < Backoff::over_at(*until)) {
            Some(until) if !gated(&mut entry, at) => {
                entry.place = Place::Backoff { until, error };
                self.insert(entry, at);
            }
            Some(_) => self.insert(entry, at),
            None => self.activate(entry, false, at),
        }
    }

    /// Takes the pod called `key` out of its place.
    pub(super) fn take(&mut self, key: &PodKey) -> Option<Entry> {
        let entry = self.take_quietly(key)?;
        if matches!(entry.place, Place::Trying { .. }) {
            self.flight.end();
        }
        Some(entry)
    }

    /// As [`Queue::take`], where an attempt goes on.
    fn take_quietly(&mut self, key: &PodKey) -> Option<Entry> {
        let entry = self.entries.remove(key)?;
        self.revision += 1;
        match entry.place {
            Place::Active => {
                self.active.remove(&entry.rank());
            }
            Place::Backoff { until, error: false } => {
                self.backing_off.remove(&(until, entry.rank()));
            }
            Place::Backoff { until, error: true } => {
                self.erring.remove(&(until, entry.rank()));
            }
            Place::Unschedulable | Place::Gated { .. } => self.parked.remove(&entry.group(), key),
            Place::Trying { .. } | Place::Held => {}
        }
        Some(entry)
    }

    /// Puts `entry` where it says that it is.
    pub(super) fn insert(&mut self, mut entry: Entry, at: &mut Moment<'_>) {
        self.revision += 1;
        entry.generation = at.cluster.generation;
        match entry.place {
            Place::Active => {
                self.active.insert(entry.rank());
            }
            Place::Backoff { until, error: false } => {
                self.backing_off.insert((until, entry.rank()));
            }
            Place::Backoff { until, error: true } => {
                self.erring.insert((until, entry.rank()));
            }
            Place::Unschedulable | Place::Gated { .. } => {
                let profile = at.profile(&entry.pod);
                self.parked.insert(entry.group(), entry.pod.key.clone(), |name| {
                    profile.plugin(name).map(registered).unwrap_or_default()
                });
            }
            Place::Trying { .. } | Place::Held => {}
        }
        self.entries.insert(entry.pod.key.clone(), entry);
    }
}

/// Asks the PreEnqueue plugins; where one holds the pod back, it counts among those that rejected it.
fn gated(entry: &mut Entry, at: &mut Moment<'_>) -> bool {
    let Some((plugin, status)) = at.gate(&entry.pod, entry.place.gate()) else {
        return false;
    };
    if !entry.rejectors.contains(&plugin) {
        let mut rejectors = entry.rejectors.to_vec();
        rejectors.push(plugin);
        rejectors.sort_unstable();
        entry.rejectors = rejectors.into();
    }
    entry.place = Place::Gated {
        plugin,
        reason: status.message().into(),
    };
    true
}

/// Whether `event`, which happened while the pod of `entry` was being tried, may help it.
pub(super) fn helps_in_flight(entry: &Entry, event: &Event, at: &mut Moment<'_>) -> bool {
    if let Event::Pod(Turn {
        before: Some(before),
        after: Some(after),
    }) = event
        && after.node_name.is_none()
        && after.key == entry.pod.key
    {
        return helps(entry, event, occasions_of_own(before, after), at);
    }
    helps(entry, event, occasions(event), at)
}

/// Whether one of the plugins that rejected the pod says that `event` may help it.
fn helps(entry: &Entry, event: &Event, occasions: Occasions, at: &mut Moment<'_>) -> bool {
    let pod = &*entry.pod;
    if let Event::Pod(turn) = event
        && gives_up_node(turn).is_some_and(|other| other.spec.priority < pod.spec.priority)
    {
        return false;
    }
    let profile = at.profile(pod);
    let cycle = Cycle {
        cluster: at.cluster,
        pod,
    };
    entry.rejectors.is_empty()
        || entry.rejectors.iter().any(|name| {
            profile.plugin(name).is_some_and(|plugin| {
                registered(plugin).meets(occasions) && plugin.hint(cycle, event) == Hint::Queue
            })
        })
}

/// What `plugin` registered.
fn registered(plugin: &dyn Plugin) -> Occasions {
    plugin.events().iter().copied().collect()
}

/// What pods see of a pod that was placed, or is gone from its node: events in which it is the same get the same hints.
#[derive(PartialEq, Eq, Hash)]
struct Alike {
    gone: bool,
    namespace: Arc<str>,
    spec: *const PodSpec,
    labels: *const Labels,
    volumes: *const [PodVolume],
}

impl Alike {
    fn of(event: &Event) -> Option<Self> {
        let Event::Pod(turn) = event else { return None };
        let (pod, gone) = match (&turn.before, &turn.after) {
            (Some(pod), None) if pod.node_name.is_some() => (pod, true),
            (None, Some(pod)) if pod.node_name.is_some() => (pod, false),
            _ => return None,
        };
        Some(Self {
            gone,
            namespace: Arc::clone(&pod.key.namespace),
            spec: Arc::as_ptr(&pod.spec),
            labels: Arc::as_ptr(&pod.labels),
            volumes: Arc::as_ptr(&pod.volumes),
        })
    }
}
