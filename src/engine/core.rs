//! The engine without its thread: cache, queue and decisions, driven by calls.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use super::fits::Fits;
use super::summary;
use super::view::{Interest, NodeSummary, Selected, View, Waiting};
use crate::model::cluster::WatchEvent;
use crate::model::{Change, Cluster, NodeId, Pod, PodKey};
use crate::scheduling::cycle::{self, NodeExplanation};
use crate::scheduling::plugin::Cycle;
use crate::scheduling::trace::NodeIndex;
use crate::scheduling::{Profile, queue};

/// Owns the cache; answers with views and decisions.
#[derive(Debug)]
pub struct Core {
    cluster: Cluster,
    ours: Vec<Arc<str>>,
    profiles: FxHashMap<Arc<str>, Arc<Profile>>,
    interest: Interest,
    synced: Synced,
    revision: u64,
    fits: Fits,
    index: Stamped<u64, Arc<NodeIndex>>,
    nodes: Stamped<u64, Arc<[NodeSummary]>>,
    waiting: Stamped<(u64, u64), Arc<[Waiting]>>,
    selected: Option<Judged>,
}

/// Which of the first lists are complete.
#[derive(Debug, Default)]
struct Synced {
    pods: bool,
    nodes: bool,
}

/// A value, and the revisions that it was made from.
#[derive(Debug, Default)]
struct Stamped<S, T> {
    stamp: Option<S>,
    value: T,
}

/// The selected pod's decision, and the generation that it was made from.
#[derive(Debug)]
struct Judged {
    generation: u64,
    selected: Selected,
}

impl Core {
    /// An empty cache for pods of `scheduler_names`.
    pub fn new(scheduler_names: &[Arc<str>]) -> Self {
        Self {
            cluster: Cluster::default(),
            ours: scheduler_names.to_vec(),
            profiles: FxHashMap::default(),
            interest: Interest::default(),
            synced: Synced::default(),
            revision: 0,
            fits: Fits::default(),
            index: Stamped::default(),
            nodes: Stamped::default(),
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
        let any = !changes.is_empty();
        for change in changes {
            match &change {
                Change::Pod(WatchEvent::Synced) => self.synced.pods = true,
                Change::Node(WatchEvent::Synced) => self.synced.nodes = true,
                _ => {}
            }
            self.cluster.apply(change);
        }
        any
    }

    /// Whether the first lists are complete. Nothing is judged before.
    pub fn is_synced(&self) -> bool {
        self.synced.pods && self.synced.nodes
    }

    /// Sets what the screen looks at.
    pub fn look(&mut self, interest: Interest) {
        self.interest = interest;
    }

    /// Judges the queue until `deadline`; whether anything new was found.
    pub fn work(&mut self, deadline: Instant) -> bool {
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
            focus: None,
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
            summary: summary::summary(&self.cluster, &waiting),
            waiting,
            nodes: self.node_summaries(),
            selected,
        }
    }

    /// The waiting pods in queue order; the same list while nothing about them changed.
    fn waiting(&mut self) -> Arc<[Waiting]> {
        let stamp = Some((self.cluster.revision, self.fits.revision()));
        if self.waiting.stamp != stamp {
            let mut pods: Vec<&Arc<Pod>> = self.cluster.waiting().collect();
            pods.sort_unstable_by(|a, b| queue::order(a, b));
            let rows = pods.into_iter().map(|pod| Waiting {
                pod: Arc::clone(pod),
                ours: self.ours.contains(&pod.spec.scheduler_name),
                fit: self.fits.get(pod),
            });
            self.waiting = Stamped {
                stamp,
                value: rows.collect(),
            };
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
        if !current {
            self.selected = self
                .judge(&key, now)
                .map(|selected| Judged { generation, selected });
        }
        self.focus();
        self.selected.as_ref().map(|judged| judged.selected.clone())
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

    /// Explains the node that the screen looks at, where that is not done yet.
    fn focus(&mut self) {
        let node = self
            .interest
            .node
            .as_deref()
            .and_then(|name| self.cluster.node(name))
            .map(|(id, _)| id);
        let Some(judged) = &self.selected else { return };
        if judged.selected.focus.as_ref().map(|(id, _)| *id) == node {
            return;
        }
        let focus = node.map(|id| (id, Arc::new(self.explain(&judged.selected, id))));
        if let Some(judged) = &mut self.selected {
            judged.selected.focus = focus;
        }
    }

    fn explain(&self, selected: &Selected, node: NodeId) -> NodeExplanation {
        let Some(profile) = self.profiles.get(&selected.pod.spec.scheduler_name) else {
            return NodeExplanation::default();
        };
        let cycle = Cycle {
            cluster: &self.cluster,
            pod: &selected.pod,
        };
        cycle::explain(cycle, profile, &selected.trace, node)
    }

    fn profile(&mut self, pod: &Pod) -> Arc<Profile> {
        let name = &pod.spec.scheduler_name;
        let make = || Arc::new(Profile::default_for(Arc::clone(name)));
        Arc::clone(self.profiles.entry(Arc::clone(name)).or_insert_with(make))
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
        let stamp = Some(self.cluster.revision);
        if self.nodes.stamp != stamp {
            let index = self.node_index();
            self.nodes = Stamped {
                stamp,
                value: summary::nodes(&self.cluster, &index).into(),
            };
        }
        Arc::clone(&self.nodes.value)
    }
}
