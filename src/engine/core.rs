//! The engine without its thread: cache, queue and decisions, driven by calls.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use super::attempts::Attempts;
use super::fits::Fits;
use super::node_lines::NodeLines;
use super::snapshot::Snapshot;
use super::summary;
use super::synced::Synced;
use super::view::{Interest, NodeSummary, Selected, View, Waiting};
use crate::model::situation::{self, Signs};
use crate::model::{Change, Cluster, NodeId, Pod, PodKey};
use crate::scheduling::cycle::{self, NodeExplanation};
use crate::scheduling::kept::WORTH_FOLLOWING;
use crate::scheduling::plugin::Cycle;
use crate::scheduling::trace::NodeIndex;
use crate::scheduling::{Profile, Profiles, Trace, queue};

/// Owns the cache; answers with views and decisions.
#[derive(Debug)]
pub struct Core {
    cluster: Arc<Cluster>,
    ours: Vec<Arc<str>>,
    profiles: Profiles,
    interest: Interest,
    synced: Synced,
    revision: u64,
    fits: Fits,
    attempts: Attempts,
    index: Stamped<u64, Arc<NodeIndex>>,
    lines: NodeLines,
    waiting: Stamped<(u64, u64, u64), Arc<[Waiting]>>,
    selected: Option<Judged>,
}

/// A value, and the revisions that it was made from.
#[derive(Debug, Default)]
struct Stamped<S, T> {
    stamp: Option<S>,
    value: T,
}

impl<S, T: PartialEq> Stamped<S, Arc<[T]>> {
    /// Takes in a list that was made anew. Where it is as before, so is its address: what is made from it need not be made
    /// again.
    fn renew(&mut self, stamp: Option<S>, list: Vec<T>) {
        self.stamp = stamp;
        if *self.value != *list {
            self.value = list.into();
        }
    }
}

/// The selected pod's decision, and the generation that it was made from.
#[derive(Debug)]
struct Judged {
    generation: u64,
    selected: Selected,
}

impl Core {
    /// An empty cache for pods of `scheduler_names`, which `profiles` judge.
    pub fn new(scheduler_names: &[Arc<str>], profiles: Profiles) -> Self {
        Self {
            cluster: Arc::default(),
            ours: scheduler_names.to_vec(),
            attempts: Attempts::new(&profiles),
            profiles,
            interest: Interest::default(),
            synced: Synced::default(),
            revision: 0,
            fits: Fits::default(),
            index: Stamped::default(),
            lines: NodeLines::default(),
            waiting: Stamped::default(),
            selected: None,
        }
    }

    /// The cache.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Applies `changes`; whether there was one.
    pub fn apply(&mut self, changes: Vec<Change>) -> bool {
        if changes.is_empty() {
            return false;
        }
        let cluster = Arc::make_mut(&mut self.cluster);
        for change in changes {
            self.synced.note(&change);
            cluster.apply(change);
        }
        true
    }

    /// Whether the first lists are complete, but for kinds that are not to be [seen](Cluster::unseen). Nothing is judged
    /// before: what is missing from a list would count as not there.
    pub fn is_synced(&self) -> bool {
        self.synced.holds(&self.cluster)
    }

    /// Sets what the screen looks at.
    pub fn look(&mut self, interest: Interest) {
        self.interest = interest;
    }

    /// Has the configured profile called `name` judge every pod, or each pod's own where there is none. Everything is
    /// judged anew, and the queue begins again.
    pub fn judge_by(&mut self, name: Option<&str>) {
        match name {
            Some(name) => {
                self.profiles.choose(name);
            }
            None => self.profiles.choose_none(),
        }
        self.fits = Fits::default();
        self.attempts = Attempts::new(&self.profiles);
        self.waiting = Stamped::default();
        self.selected = None;
    }

    /// Takes the pods of these schedulers for ours from now on.
    pub fn answer_for(&mut self, scheduler_names: Vec<Arc<str>>) {
        self.ours = scheduler_names;
        self.waiting = Stamped::default();
    }

    /// What the pods tell of the schedulers that they belong to; `None` before the first lists are complete.
    pub fn signs(&self) -> Option<BTreeMap<Arc<str>, Signs>> {
        let pods = self.cluster.pods.iter().map(|(_, pod)| &**pod);
        self.is_synced().then(|| situation::by_scheduler(pods))
    }

    /// Moves the queue on, and judges it until `deadline`; whether anything new was found.
    pub fn work(&mut self, deadline: Instant, now: Timestamp) -> bool {
        if !self.is_synced() {
            return false;
        }
        let before = self.attempts.revision();
        self.attempts.catch_up(&mut self.cluster, &mut self.profiles, now);
        let judged = self.judge_all(deadline);
        self.attempts
            .run(&self.cluster, &mut self.profiles, &self.fits, now);
        judged || self.attempts.revision() != before
    }

    fn judge_all(&mut self, deadline: Instant) -> bool {
        let now = Instant::now();
        if self.next_work(now) != Some(now) {
            return false;
        }
        let index = self.node_index();
        let waiting: Vec<Arc<Pod>> = self.cluster.waiting().cloned().collect();
        let profiles: Vec<Arc<Profile>> = waiting.iter().map(|pod| self.profile(pod)).collect();
        self.fits
            .work(&self.cluster, &index, waiting.iter().zip(&profiles), deadline)
    }

    /// When [`Core::work`] has something to do, `now` at the earliest; `None` while it has not.
    pub fn next_work(&self, now: Instant) -> Option<Instant> {
        if self.is_synced() {
            self.fits.due(&self.cluster, now)
        } else {
            None
        }
    }

    /// When time alone moves a pod in the queue, if nothing happens before.
    pub fn next_tick(&self) -> Option<Timestamp> {
        self.attempts.next_tick()
    }

    /// Judges `key` on the state as it is; `None` where no such pod waits.
    pub fn judge(&mut self, key: &PodKey, now: Timestamp) -> Option<Selected> {
        let pod = Arc::clone(self.cluster.pod(key).filter(|pod| pod.is_waiting())?);
        let profile = self.profile(&pod);
        let index = self.node_index();
        let trace = cycle::run(
            Cycle {
                cluster: &self.cluster,
                pod: &pod,
            },
            &profile,
            &index,
        );
        Some(Selected {
            pod,
            trace: Arc::new(trace),
            judged: now,
            focus: Vec::new(),
        })
    }

    /// The cluster as it is now, for a question that takes time; `None` before the first lists are complete.
    pub fn snapshot(&mut self, now: Timestamp) -> Option<Snapshot> {
        self.is_synced().then(|| Snapshot {
            cluster: Arc::clone(&self.cluster),
            nodes: self.node_index(),
            profiles: self.profiles.clone(),
            ours: self.ours.clone(),
            taken: now,
        })
    }

    /// Everything that the screen shows, as it is now.
    pub fn view(&mut self, now: Timestamp) -> View {
        self.revision += 1;
        let synced = self.is_synced();
        let waiting = self.waiting();
        let selected = if synced { self.selected(now) } else { None };
        View {
            revision: self.revision,
            synced,
            profile: self.profiles.chosen().cloned(),
            generation: self.cluster.generation,
            summary: summary::summary(&self.cluster, &waiting),
            waiting,
            nodes: self.node_summaries(),
            selected,
        }
    }

    /// The waiting pods in queue order; the same list while nothing about them changed.
    fn waiting(&mut self) -> Arc<[Waiting]> {
        let stamp = Some((
            self.cluster.revision,
            self.fits.revision(),
            self.attempts.revision(),
        ));
        if self.waiting.stamp != stamp {
            let mut pods: Vec<&Arc<Pod>> = self.cluster.waiting().collect();
            pods.sort_unstable_by(|a, b| queue::order(a, b));
            let rows = pods.into_iter().map(|pod| Waiting {
                pod: Arc::clone(pod),
                ours: self.ours.contains(&pod.spec.scheduler_name),
                fit: self.fits.get(pod),
                queued: self.attempts.queued(pod, &mut self.profiles),
            });
            let rows: Vec<Waiting> = rows.collect();
            self.waiting.renew(stamp, rows);
        }
        Arc::clone(&self.waiting.value)
    }

    /// The selected pod's decision, made again only where pod or cluster changed.
    fn selected(&mut self, now: Timestamp) -> Option<Selected> {
        let key = self.interest.pod.clone()?;
        let generation = self.cluster.generation;
        let pod = Arc::clone(self.cluster.pod(&key)?);
        if let Some(departed) = self.departed(&pod) {
            return Some(departed);
        }
        let current = self
            .selected
            .as_ref()
            .is_some_and(|have| have.generation == generation && Arc::ptr_eq(&have.selected.pod, &pod));
        let before = if current { None } else { self.selected.take() };
        if !current {
            let refreshed = before.as_ref().and_then(|before| self.refreshed(before, &pod));
            let judged = match refreshed {
                Some(trace) => Some(Selected {
                    pod,
                    trace,
                    judged: now,
                    focus: Vec::new(),
                }),
                None => self.judge(&key, now),
            };
            self.selected = judged.map(|selected| Judged { generation, selected });
        }
        self.focus();
        if let (Some(before), Some(judged)) = (before, &mut self.selected) {
            judged.selected.share(&before.selected);
        }
        self.selected.as_ref().map(|judged| judged.selected.clone())
    }

    /// The decision of before, brought up to date, where that takes less than judging the pod again.
    fn refreshed(&mut self, before: &Judged, pod: &Arc<Pod>) -> Option<Arc<Trace>> {
        let trace = &before.selected.trace;
        let nodes = self.node_index();
        let same = Arc::ptr_eq(&before.selected.pod, pod) && Arc::ptr_eq(&trace.nodes, &nodes);
        // PostFilter looks at more than refreshing does.
        if !same || trace.feasible.is_empty() {
            return None;
        }
        let profile = self.profile(pod);
        let changes = self.cluster.changes_since(before.generation)?;
        if changes.len() > WORTH_FOLLOWING {
            return None;
        }
        let cluster = &self.cluster;
        let mut trace = Trace::clone(trace);
        let done = cycle::refresh(&mut trace, Cycle { cluster, pod }, &profile, &changes);
        (done && !trace.feasible.is_empty()).then(|| Arc::new(trace))
    }

    /// The last decision on a pod that was looked at and is bound now: who sees the pod in it sees where it went.
    fn departed(&self, pod: &Arc<Pod>) -> Option<Selected> {
        let last = &self.selected.as_ref()?.selected;
        let same = pod.node_name.is_some() && last.pod.uid == pod.uid;
        same.then(|| Selected {
            pod: Arc::clone(pod),
            ..last.clone()
        })
    }

    /// Explains the nodes that the screen looks at, where that is not done yet.
    fn focus(&mut self) {
        let named = self.interest.nodes.iter();
        let nodes: Vec<NodeId> = named
            .filter_map(|name| Some(self.cluster.node(name)?.0))
            .collect();
        let Some(judged) = &self.selected else { return };
        let have = &judged.selected.focus;
        if have.iter().map(|(id, _)| id).eq(&nodes) {
            return;
        }
        let profile = self.profiles.get(&judged.selected.pod.spec.scheduler_name);
        let explained = nodes.into_iter().map(|id| {
            let known = judged.selected.explanation(id).cloned();
            let explanation = known.unwrap_or_else(|| Arc::new(self.explain(&profile, &judged.selected, id)));
            (id, explanation)
        });
        let focus = explained.collect();
        if let Some(judged) = &mut self.selected {
            judged.selected.focus = focus;
        }
    }

    fn explain(&self, profile: &Profile, selected: &Selected, node: NodeId) -> NodeExplanation {
        let cycle = Cycle {
            cluster: &self.cluster,
            pod: &selected.pod,
        };
        cycle::explain(cycle, profile, &selected.trace, node)
    }

    fn profile(&mut self, pod: &Pod) -> Arc<Profile> {
        self.profiles.get(&pod.spec.scheduler_name)
    }

    fn node_index(&mut self) -> Arc<NodeIndex> {
        let stamp = Some(self.cluster.nodes.membership());
        if self.index.stamp != stamp {
            self.index = Stamped {
                stamp,
                value: Arc::new(cycle::node_index(&self.cluster)),
            };
        }
        Arc::clone(&self.index.value)
    }

    fn node_summaries(&mut self) -> Arc<[NodeSummary]> {
        let index = self.node_index();
        self.lines.of(&self.cluster, &index)
    }
}
