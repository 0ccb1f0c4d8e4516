//! What the engine publishes: everything the screen shows of the cluster, ready to draw.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::model::{NodeId, Pod, PodKey};
use crate::scheduling::Trace;
use crate::scheduling::cycle::NodeExplanation;
use crate::scheduling::queue::Place;

/// The state of the cluster and of the decisions, at one moment. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Counts views: a greater number is newer.
    pub revision: u64,
    /// Whether the first lists are complete: until then counts are still growing.
    pub synced: bool,
    /// The profile that judges every pod; each pod's own where there is none.
    pub profile: Option<Arc<str>>,
    /// The cluster's [generation](crate::model::Cluster::generation): what was decided on another may no longer hold.
    pub generation: u64,
    /// The cluster in numbers.
    pub summary: Summary,
    /// Pods that wait, in queue order.
    pub waiting: Arc<[Waiting]>,
    /// The nodes, in name order.
    pub nodes: Arc<[NodeSummary]>,
    /// The pod that the screen asked about, judged.
    pub selected: Option<Selected>,
}

impl View {
    /// The node called `name`.
    pub fn node(&self, name: &str) -> Option<&NodeSummary> {
        let at = self.nodes.binary_search_by(|node| (*node.name).cmp(name)).ok()?;
        self.nodes.get(at)
    }

    /// The same without what was decided of the pods that wait.
    #[must_use]
    pub fn without_decisions(&self) -> Self {
        let waiting = self.waiting.iter().map(|row| {
            let is_gated = |queued: &&Queued| matches!(queued.place, Place::Gated { .. });
            Waiting {
                fit: None,
                queued: row.queued.as_ref().filter(is_gated).cloned(),
                ..row.clone()
            }
        });
        Self {
            waiting: waiting.collect(),
            selected: None,
            ..self.clone()
        }
    }
}

/// The cluster in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Nodes there are.
    pub nodes: usize,
    /// Nodes whose `Ready` condition is `True`.
    pub ready: usize,
    /// Pods in the cache: all that are not over.
    pub pods: usize,
    /// Pods that wait for a node, gated ones too.
    pub waiting: usize,
    /// Those of them that the cluster needs (priority of the `system-*` classes).
    pub critical: usize,
    /// Those of them that are held back by gates.
    pub gated: usize,
    /// Namespaces, in name order.
    pub namespaces: Vec<Arc<str>>,
    /// What waits for each scheduler, by schedulerName.
    pub by_scheduler: BTreeMap<Arc<str>, Pending>,
}

/// The pods that wait for a scheduler; gated ones do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// How many.
    pub pods: usize,
    /// Those of them that the cluster needs.
    pub critical: usize,
}

impl Pending {
    /// What of `waiting` waits for whom.
    pub fn by_scheduler(waiting: &[Waiting]) -> BTreeMap<Arc<str>, Self> {
        let mut all: BTreeMap<Arc<str>, Self> = BTreeMap::new();
        for pod in waiting.iter().map(|row| &row.pod).filter(|pod| !pod.is_gated()) {
            let name = &pod.spec.scheduler_name;
            let pending = match all.get_mut(name) {
                Some(known) => known,
                None => all.entry(Arc::clone(name)).or_default(),
            };
            pending.pods += 1;
            pending.critical += usize::from(pod.is_critical());
        }
        all
    }
}

impl Summary {
    /// What waits for the scheduler called `name`.
    pub fn pending(&self, name: &str) -> Pending {
        self.by_scheduler.get(name).copied().unwrap_or_default()
    }
}

/// A pod that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The pod.
    pub pod: Arc<Pod>,
    /// Whether its schedulerName is ours, so that we may place it.
    pub ours: bool,
    /// How many nodes fit; `None` until it is worked out.
    pub fit: Option<Fit>,
    /// Where kube-scheduler's queue would have it; `None` until it has come there.
    pub queued: Option<Queued>,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.pod, &other.pod)
            && (self.ours, &self.fit, &self.queued) == (other.ours, &other.fit, &other.queued)
    }
}

impl Waiting {
    /// Whether it is not tried at all: scheduling gates, or another PreEnqueue plugin, hold it back.
    pub fn is_gated(&self) -> bool {
        let place = self.queued.as_ref().map(|queued| &queued.place);
        self.pod.is_gated() || matches!(place, Some(Place::Gated { .. }))
    }
}

/// A pod's place in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The place.
    pub place: Place,
    /// When it came, or was tried last.
    pub since: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// The plugins that rejected it, by name.
    pub rejectors: Arc<[&'static str]>,
    /// What any of them waits for; empty where nothing but time helps.
    pub waits_for: Arc<str>,
}

/// How many nodes fit a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Nodes that every filter passes.
    pub feasible: usize,
    /// Nodes there are.
    pub nodes: usize,
    /// Where none is feasible: kube-scheduler's message. Otherwise empty.
    pub message: Arc<str>,
    /// The plugins to blame for it, by name; none where judging it ended with an error.
    pub blamed: Arc<[&'static str]>,
}

/// A node, as the picture of the cluster shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeSummary {
    /// Its slot.
    pub id: NodeId,
    /// Its name.
    pub name: Arc<str>,
    /// `topology.kubernetes.io/zone`; empty without one.
    pub zone: Arc<str>,
    /// Whether it is ready.
    pub ready: bool,
    /// Whether it is cordoned.
    pub unschedulable: bool,
    /// Pods on it, and how many it may hold.
    pub pods: (i64, i64),
    /// Thousandths of a core: asked for, allocatable.
    pub cpu: (i64, i64),
    /// Bytes: asked for, allocatable.
    pub memory: (i64, i64),
    /// Taints, as `kubectl taint` writes them.
    pub taints: Arc<[String]>,
    /// The extended resources that it lists, such as `nvidia.com/gpu`.
    pub extended: Arc<[Arc<str>]>,
}

/// A pod's decision, with explanations of the nodes that the screen asked about.
#[derive(Clone, Debug)]
pub struct Selected {
    /// The pod as it was judged.
    pub pod: Arc<Pod>,
    /// Every verdict and score.
    pub trace: Arc<Trace>,
    /// When it was judged.
    pub judged: Timestamp,
    /// The nodes that the screen asked about, with the numbers behind their verdicts and scores.
    pub focus: Vec<(NodeId, Arc<NodeExplanation>)>,
}

impl Selected {
    /// Takes over what is equal in the decision of `before`, so that it is known by its address to be the same.
    pub(super) fn share(&mut self, before: &Self) {
        if self.trace == before.trace {
            self.trace = Arc::clone(&before.trace);
        }
        for (node, explanation) in &mut self.focus {
            if let Some(same) = before.explanation(*node).filter(|before| *before == explanation) {
                *explanation = Arc::clone(same);
            }
        }
    }

    /// The numbers behind the verdicts and scores of `node`, where the screen asked about it.
    pub fn explanation(&self, node: NodeId) -> Option<&Arc<NodeExplanation>> {
        let found = self.focus.iter().find(|(of, _)| *of == node);
        found.map(|(_, explanation)| explanation)
    }
}

/// What the screen looks at: the engine judges this first and explains it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// The pod whose nodes are shown.
    pub pod: Option<PodKey>,
    /// The nodes whose numbers are shown.
    pub nodes: Vec<Arc<str>>,
}
