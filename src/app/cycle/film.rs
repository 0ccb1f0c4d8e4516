//! The film: a decision cut into frames, in the order in which kube-scheduler comes to them.

use std::sync::Arc;

use jiff::Timestamp;

use super::stop::Stop;
use super::{cut, rule};
use crate::engine::view::{NodeSummary, Queued, Selected};
use crate::model::{NodeId, Pod};
use crate::scheduling::Trace;
use crate::scheduling::cycle::NodeExplanation;
use crate::scheduling::trace::ScoreColumn;

/// How many nodes' explanations are kept.
const EXPLAINED: usize = 200;

/// One decision, frame by frame. It stays as it is while the cluster moves on.
#[derive(Clone, Debug)]
pub struct Film {
    /// The pod as it was judged.
    pub pod: Arc<Pod>,
    /// The decision.
    pub trace: Arc<Trace>,
    /// When it was made.
    pub judged: Timestamp,
    /// Where the pod stood in the queue then.
    pub queued: Option<Queued>,
    /// The nodes as they were then, in name order.
    pub nodes: Arc<[NodeSummary]>,
    /// The frames; never empty.
    pub frames: Vec<Frame>,
    /// By slot of a node, the frame in which it falls out.
    pub(super) falls: Vec<Option<u32>>,
    /// For each frame what its plugin is for, and what it says of itself in this phase.
    pub(super) rules: Vec<(String, String)>,
    /// Explanations that came and are of this decision.
    explained: Vec<(NodeId, Arc<NodeExplanation>)>,
}

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where in the cycle.
    pub stop: Stop,
    /// The plugin that speaks; none where several do, or none.
    pub plugin: Option<&'static str>,
    /// How it goes.
    pub mark: Mark,
    /// What happens, in a sentence with its numbers.
    pub headline: String,
    /// What is to be known about it, where kube-scheduler would not come here.
    pub note: &'static str,
    /// What of the decision it shows.
    pub scene: Scene,
    /// Nodes that fall out in it.
    pub falls: usize,
    /// Nodes that it rejects and that were out before.
    pub also: usize,
    /// Nodes that are left after it.
    pub left: usize,
}

/// How a frame goes for the pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// On it goes.
    Good,
    /// Something is rejected.
    Bad,
    /// Nothing is said.
    Nothing,
    /// A person decides, or has not decided yet.
    Yours,
}

/// What of the decision a frame shows; numbers are places in the lists of the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scene {
    /// A plugin's PreEnqueue.
    PreEnqueue(usize),
    /// The queue.
    Queue,
    /// A plugin's PreFilter.
    PreFilter(usize),
    /// Plugins that have nothing to say in this phase.
    Skipped(Vec<&'static str>),
    /// A filter.
    Filter(usize),
    /// Filters are not asked: there is no node to ask about.
    NotRun,
    /// PostFilter.
    PostFilter,
    /// A plugin's PreScore.
    PreScore(usize),
    /// A score.
    Score(usize),
    /// The weighted sum.
    Total,
    /// The decision.
    Choice,
    /// What would be reserved.
    Reserve,
    /// A person decides.
    Permit,
    /// What is done before the Binding.
    PreBind,
    /// The Binding.
    Bind,
    /// The Event.
    Event,
}

impl Film {
    /// The film of `selected`, whose pod stood in the queue as `queued` says, on `nodes`.
    pub fn of(selected: &Selected, queued: Option<&Queued>, nodes: &Arc<[NodeSummary]>) -> Self {
        let (frames, falls) = cut::cut(&selected.trace, &selected.pod, queued);
        let mut film = Self {
            pod: Arc::clone(&selected.pod),
            trace: Arc::clone(&selected.trace),
            judged: selected.judged,
            queued: queued.cloned(),
            nodes: Arc::clone(nodes),
            rules: frames.iter().map(rule::of).collect(),
            frames,
            falls,
            explained: Vec::new(),
        };
        film.learn(selected);
        film
    }

    /// Keeps the explanations that came with `selected`, as far as they are of this decision: of the same pod, on nodes
    /// about which it says the same to the last unit.
    pub fn learn(&mut self, selected: &Selected) {
        let same_pod = selected.pod.uid == self.pod.uid;
        for (node, explanation) in selected.focus.iter().filter(|_| same_pod) {
            let known = self.explained.iter().any(|(of, _)| of == node);
            let same =
                Arc::ptr_eq(&selected.trace, &self.trace) || same_on(&selected.trace, &self.trace, *node);
            if !known && same {
                if self.explained.len() >= EXPLAINED {
                    self.explained.remove(0);
                }
                self.explained.push((*node, Arc::clone(explanation)));
            }
        }
    }

    /// The numbers behind what is said of `node`, if they came.
    pub fn explanation(&self, node: NodeId) -> Option<&NodeExplanation> {
        let found = self.explained.iter().find(|(of, _)| *of == node);
        found.map(|(_, explanation)| &**explanation)
    }

    /// Whether `selected`, a later decision on the same pod, says something else.
    pub fn is_outdated_by(&self, selected: &Selected) -> bool {
        let (old, new) = (&self.trace, &selected.trace);
        selected.pod.uid == self.pod.uid
            && !Arc::ptr_eq(new, old)
            && (new.decision != old.decision
                || new.feasible != old.feasible
                || new.totals != old.totals
                || new.pre_enqueue != old.pre_enqueue
                || new.nodes.ids != old.nodes.ids)
    }

    /// The frame at `at`, or the last.
    pub fn frame(&self, at: usize) -> Option<&Frame> {
        self.frames.get(at).or(self.frames.last())
    }

    /// The frame in which `node` falls out, if it does.
    pub fn falls_in(&self, node: NodeId) -> Option<usize> {
        self.falls
            .get(node.index())
            .copied()
            .flatten()
            .map(|at| at as usize)
    }

    /// The first frame at `stop`.
    pub fn first_at(&self, stop: Stop) -> Option<usize> {
        self.frames.iter().position(|frame| frame.stop == stop)
    }
}

/// Whether two decisions say the same of `node`.
fn same_on(a: &Trace, b: &Trace, node: NodeId) -> bool {
    let figures = |trace: &Trace| {
        let at = trace.feasible_index(node)?;
        let of = |column: &ScoreColumn| {
            (
                column.plugin,
                column.raw.get(at).copied(),
                column.normalized.get(at).copied(),
            )
        };
        Some(trace.scores.iter().map(of).collect::<Vec<_>>())
    };
    a.nodes.name(node) == b.nodes.name(node)
        && a.filters.len() == b.filters.len()
        && a.filters
            .iter()
            .zip(&b.filters)
            .all(|(a, b)| a.plugin == b.plugin && a.get(node) == b.get(node))
        && figures(a) == figures(b)
}
