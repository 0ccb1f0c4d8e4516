//! The queue as kube-scheduler would have it: every pod is tried in its turn, by the verdicts that are there anyway.
//!
//! A pod that fits is held: here a person decides. One that does not goes where kube-scheduler's queue would put it, and
//! what happens to the cluster moves it by the plugins' hints.

use std::sync::Arc;

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use super::fits::Fits;
use super::view::Queued;
use crate::model::cluster::Event;
use crate::model::{Cluster, Pod, PodKey};
use crate::scheduling::queue::{Moment, Place, order};
use crate::scheduling::{Profiles, Queue, hint};

/// By schedulerName and plugins, what any of the plugins waits for.
type Words = FxHashMap<(Arc<str>, Arc<[&'static str]>), Arc<str>>;

/// The queue, and how far it has got.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    queue: Queue,
    begun: bool,
    /// Revisions of queue and verdicts when everybody had their turn.
    settled: Option<(u64, u64)>,
    words: Words,
}

impl Attempts {
    pub(super) fn new(profiles: &Profiles) -> Self {
        Self {
            queue: Queue::new(profiles.backoff()),
            ..Self::default()
        }
    }

    /// Changes whenever a pod came, went, moved or was tried.
    pub(super) fn revision(&self) -> u64 {
        self.queue.revision()
    }

    /// When something is due, if nothing happens before.
    pub(super) fn next_tick(&self) -> Option<Timestamp> {
        self.queue.next_tick()
    }

    /// Tells the queue what happened since, and what time it is.
    pub(super) fn catch_up(&mut self, cluster: &mut Arc<Cluster>, profiles: &mut Profiles, now: Timestamp) {
        let events = if cluster.has_events() {
            Arc::make_mut(cluster).take_events()
        } else {
            Vec::new()
        };
        let begins = !std::mem::replace(&mut self.begun, true);
        if begins {
            Arc::make_mut(cluster).listen();
        }
        let at = &mut Moment {
            cluster,
            profiles,
            now,
        };
        if begins {
            let mut pods: Vec<&Arc<Pod>> = at.cluster.waiting().collect();
            pods.sort_unstable_by(|a, b| order(a, b));
            for pod in pods {
                self.queue.put(pod, at);
            }
        }
        for event in &events {
            let Event::Pod(turn) = event else { continue };
            match (&turn.before, &turn.after) {
                (_, Some(pod)) if pod.is_waiting() => self.queue.put(pod, at),
                (Some(pod), _) | (_, Some(pod)) => {
                    self.queue.remove(&pod.key);
                }
                (None, None) => {}
            }
        }
        self.queue.on_events(&events, at);
        self.queue.tick(at);
    }

    /// Gives everybody whose verdict is there a turn.
    pub(super) fn run(&mut self, cluster: &Cluster, profiles: &mut Profiles, fits: &Fits, now: Timestamp) {
        if fits.is_under_way() || self.settled == Some((self.queue.revision(), fits.revision())) {
            return;
        }
        let at = &mut Moment {
            cluster,
            profiles,
            now,
        };
        self.recheck(fits, at);
        let active: Vec<Arc<Pod>> = self.queue.active().cloned().collect();
        for pod in &active {
            self.attempted(pod, fits, at);
        }
        while self.queue.is_idle()
            && let Some(pod) = self.queue.next().cloned()
            && self.attempted(&pod, fits, at)
        {}
        self.settled = Some((self.queue.revision(), fits.revision()));
    }

    /// Looks again at the pods that fitted.
    fn recheck(&mut self, fits: &Fits, at: &mut Moment<'_>) {
        let held = self
            .queue
            .iter()
            .filter(|(_, standing)| *standing.place == Place::Held);
        let failed = held.filter_map(|(pod, _)| {
            let fit = fits.get(pod)?;
            (fit.feasible == 0).then(|| (pod.key.clone(), fit.blamed))
        });
        let failed: Vec<(PodKey, Arc<[&'static str]>)> = failed.collect();
        for (key, blamed) in failed {
            self.queue.failed(&key, &blamed, at);
        }
    }

    /// Tries `pod`, where its verdict is not older than its place in the queue; whether it was tried.
    fn attempted(&mut self, pod: &Arc<Pod>, fits: &Fits, at: &mut Moment<'_>) -> bool {
        let since = self.queue.standing(&pod.key).map(|standing| standing.generation);
        let fresh = fits.generation(pod) >= since;
        let Some(fit) = fits.get(pod).filter(|_| fresh) else {
            return false;
        };
        if self.queue.begin(&pod.key, at).is_none() {
            return false;
        }
        if fit.feasible > 0 {
            self.queue.hold(&pod.key, at);
        } else {
            self.queue.failed(&pod.key, &fit.blamed, at);
        }
        true
    }

    /// Where `pod` stands, as it is shown.
    pub(super) fn queued(&mut self, pod: &Pod, profiles: &mut Profiles) -> Option<Queued> {
        let standing = self.queue.standing(&pod.key)?;
        let names = Arc::clone(standing.rejectors);
        let key = (Arc::clone(&pod.spec.scheduler_name), Arc::clone(&names));
        let waits_for = self.words.entry(key).or_insert_with(|| {
            let profile = profiles.get(&pod.spec.scheduler_name);
            hint::wanted_by_any(&profile, &names).into()
        });
        Some(Queued {
            place: standing.place.clone(),
            since: standing.since,
            attempts: standing.attempts,
            rejectors: names,
            waits_for: Arc::clone(waits_for),
        })
    }
}
