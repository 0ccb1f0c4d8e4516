//! The traits that plugins implement, one method a phase.
//!
//! A phase that prepares returns the thing that runs: [`Plugin::pre_filter`] gives the [`Filter`], and
//! [`Plugin::pre_score`] the [`Score`], each holding what it worked out in a type of its own. A plugin that skips gives none.

pub(super) mod alone;

use std::sync::Arc;

use fixedbitset::FixedBitSet;

use super::explanation::Explanation;
use super::hint::{Hint, Occasion};
use super::normalize::Normalization;
use super::reserve::Preparation;
use super::status::Status;
use super::trace::{Allocations, FilterColumn, PostFilterResult, Trace};
use crate::model::cluster::{Event, NodeAspect, NodeChange};
use crate::model::{Cluster, NodeId, Pod, PodId};

/// A phase of the scheduling cycle, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// May the pod enter the queue?
    PreEnqueue,
    /// Which pod is next?
    QueueSort,
    /// Prepare, and perhaps narrow the nodes.
    PreFilter,
    /// Can this node take it?
    Filter,
    /// Nothing fits: can room be made?
    PostFilter,
    /// Prepare scoring.
    PreScore,
    /// How good is this node? With normalisation.
    Score,
    /// Claim what the pod will need.
    Reserve,
    /// Wait for leave.
    Permit,
    /// Do what must be done before binding.
    PreBind,
    /// Bind.
    Bind,
    /// Afterwards.
    PostBind,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 12] = [
        Self::PreEnqueue,
        Self::QueueSort,
        Self::PreFilter,
        Self::Filter,
        Self::PostFilter,
        Self::PreScore,
        Self::Score,
        Self::Reserve,
        Self::Permit,
        Self::PreBind,
        Self::Bind,
        Self::PostBind,
    ];

    /// Upstream's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PreEnqueue => "PreEnqueue",
            Self::QueueSort => "QueueSort",
            Self::PreFilter => "PreFilter",
            Self::Filter => "Filter",
            Self::PostFilter => "PostFilter",
            Self::PreScore => "PreScore",
            Self::Score => "Score",
            Self::Reserve => "Reserve",
            Self::Permit => "Permit",
            Self::PreBind => "PreBind",
            Self::Bind => "Bind",
            Self::PostBind => "PostBind",
        }
    }
}

/// What one cycle is about.
#[derive(Clone, Copy, Debug)]
pub struct Cycle<'a> {
    /// The cluster as it stands.
    pub cluster: &'a Cluster,
    /// The pod to place.
    pub pod: &'a Pod,
}

/// A plugin of the scheduling framework.
pub trait Plugin: Send + Sync + std::fmt::Debug {
    /// Whether the pod may enter the queue; `None` where the plugin has no such phase.
    fn pre_enqueue(&self, _cycle: Cycle<'_>) -> Option<Status> {
        None
    }

    /// Prepares the filter; `None` where the plugin has no such phase.
    fn pre_filter<'a>(&'a self, _cycle: Cycle<'a>) -> Option<PreFilter<'a>> {
        None
    }

    /// Looks for room where no node is feasible; `None` where the plugin has no such phase.
    fn post_filter(&self, _cycle: Cycle<'_>, _failed: &Failed<'_>) -> Option<PostFilterResult> {
        None
    }

    /// Prepares the score for the feasible nodes; `None` where the plugin has no such phase. Asked only where
    /// [`Filter::pre_score`] says nothing.
    fn pre_score<'a>(&'a self, _cycle: Cycle<'a>, _feasible: &'a [NodeId]) -> Option<PreScore<'a>> {
        None
    }

    /// What is to be done in the cluster before the pod is bound to `node`: Reserve and PreBind; `None` where the plugin
    /// has no such phases.
    ///
    /// # Errors
    /// Why it cannot be done there.
    fn reserve(&self, _cycle: Cycle<'_>, _node: NodeId) -> Option<Result<Preparation, Status>> {
        None
    }

    /// What of this plugin's work is to be done again for the pod after `change`: all of it, unless the plugin knows
    /// better.
    fn reach(&self, _cycle: Cycle<'_>, _change: Touch<'_>) -> Reach {
        Reach::Cluster
    }

    /// The events that may help a pod which the plugin rejected; after any other, it is not tried again.
    fn events(&self) -> &'static [Occasion] {
        &[]
    }

    /// Whether `event`, which is one of those registered, may help the cycle's pod. Upstream's `EventsToRegister` has the
    /// rule of each plugin. An event about the pod itself comes with the pod as it is now.
    fn hint(&self, _cycle: Cycle<'_>, _event: &Event) -> Hint {
        Hint::Queue
    }
}

/// A change since the pod was judged.
#[derive(Clone, Copy, Debug)]
pub enum Touch<'a> {
    /// To one node, or to the pods on it.
    Node(&'a NodeChange),
    /// A node became feasible, or is so no more. This concerns scores alone.
    Feasible(NodeId),
}

impl Touch<'_> {
    /// The reach where verdict and raw score on a node come from the pod, that node and the pods on it.
    /// (Where claims changed, pods that have any are judged from nothing, whatever the plugins say.)
    pub fn at_node(self) -> Reach {
        match self {
            Self::Node(NodeChange {
                what: NodeAspect::Images | NodeAspect::Claims,
                ..
            }) => Reach::Nothing,
            _ => Reach::Node,
        }
    }

    /// The reach where they come from the pod and that node alone.
    pub fn at_node_without_pods(self) -> Reach {
        match self {
            Self::Node(NodeChange {
                what:
                    NodeAspect::Images | NodeAspect::Claims | NodeAspect::PodCame(_) | NodeAspect::PodWent(_),
                ..
            }) => Reach::Nothing,
            _ => Reach::Node,
        }
    }
}

/// How far a change reaches for one plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// It makes no difference.
    Nothing,
    /// The verdict and the raw score of that one node may change.
    Node,
    /// Those of any node may.
    Cluster,
}

/// A cycle that found no feasible node, as PostFilter sees it.
pub struct Failed<'a> {
    /// What was found so far.
    pub trace: &'a Trace,
    /// The filters that ran, by plugin in order: those of [`Trace::filters`].
    pub filters: &'a [(&'static str, Box<dyn Filter + 'a>)],
}

/// What PreFilter says.
pub enum PreFilter<'a> {
    /// The plugin does not look at nodes for this pod.
    Skip,
    /// No node can take the pod.
    Reject(Status),
    /// Each node is looked at, `nodes` alone where the plugin narrows the search.
    Run {
        /// The nodes left; `None` leaves all.
        nodes: Option<Narrowed>,
        /// What looks at them.
        filter: Box<dyn Filter + 'a>,
    },
}

/// The nodes that PreFilter leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowed {
    /// Those that are there, by slot.
    pub slots: FixedBitSet,
    /// The names asked for, sorted, also those that no node has.
    pub names: Vec<Arc<str>>,
}

impl Narrowed {
    /// The nodes called `names`.
    pub fn to_names(cluster: &Cluster, names: impl IntoIterator<Item = Arc<str>>) -> Self {
        let mut names: Vec<Arc<str>> = names.into_iter().collect();
        names.sort();
        names.dedup();
        let mut slots = FixedBitSet::with_capacity(cluster.nodes.slots());
        let ids = names.iter().filter_map(|name| cluster.node(name));
        ids.for_each(|(id, _)| slots.insert(id.index()));
        Self { slots, names }
    }
}

/// Judges nodes.
pub trait Filter {
    /// Puts a verdict for each of `nodes` into `verdicts` (where nothing is set: `Success`).
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn);

    /// The verdict on `node` were the pods `removed`, all of them bound to it, not there; `None` where that makes no
    /// difference to this filter. Preemption asks this.
    fn filter_without(&self, _node: NodeId, _removed: &[PodId]) -> Option<Status> {
        None
    }

    /// The same as [`Filter::filter_without`] for pods that go and come back one by one, where the verdict on `node` can be
    /// had cheaper that way.
    fn dry_run<'f>(&'f self, _node: NodeId) -> Option<Box<dyn DryRun + 'f>> {
        None
    }

    /// What would be allocated to the pod on `node`, which passes, by claim: see [`Trace::allocations`].
    fn allocations(&self, _node: NodeId) -> Option<Allocations> {
        None
    }

    /// Prepares the score, where it is made of what filtering found; `None` leaves it to [`Plugin::pre_score`].
    fn pre_score<'f>(&'f self, _feasible: &'f [NodeId]) -> Option<PreScore<'f>> {
        None
    }

    /// Why `node` is judged as it is, with the numbers.
    fn explain(&self, node: NodeId) -> Explanation;
}

/// A filter's verdict on one node while pods bound to it are taken off and put back in thought.
pub trait DryRun {
    /// Takes `pod` off.
    fn remove(&mut self, pod: &Pod);

    /// Puts `pod` back.
    fn put_back(&mut self, pod: &Pod);

    /// Whether the filter has no objection.
    fn fits(&self) -> bool;

    /// The verdict.
    fn status(&self) -> Status;
}

/// What PreScore says.
pub enum PreScore<'a> {
    /// The plugin does not score nodes for this pod.
    Skip,
    /// The cycle cannot go on.
    Reject(Status),
    /// Each feasible node is scored.
    Run(Box<dyn Score + 'a>),
}

/// Scores nodes.
pub trait Score {
    /// Puts the raw score of `nodes[i]` into `raw[i]`.
    ///
    /// # Errors
    /// The fault that keeps the plugin from scoring; the cycle ends with it.
    fn score(&self, nodes: &[NodeId], raw: &mut [i64]) -> Result<(), Status>;

    /// How raw scores are brought into 0 to 100; by [`Score::normalize`] where nothing is said.
    fn normalization(&self) -> Normalization {
        Normalization::Own
    }

    /// Brings raw scores into 0 to 100, in place, index by index as in [`Score::score`]. Does nothing by default.
    fn normalize(&self, _nodes: &[NodeId], scores: &mut [i64]) {
        self.normalization().apply(scores);
    }

    /// How the raw score of `node` comes about, with the numbers; `raw` and `normalized` are those of the trace.
    fn explain(&self, node: NodeId, raw: i64, normalized: i64) -> Explanation;
}
