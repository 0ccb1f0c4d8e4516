//! All that one scheduling cycle found.

use std::collections::BTreeSet;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use jiff::Timestamp;

use super::plugins::dynamic_resources::IN_MEMORY;
use super::status::{Code, Status};
use super::unprepared::{Prepared, Unprepared};
use crate::model::cluster::ObjectKind;
use crate::model::{NodeId, PodKey};

/// The nodes of a cluster at one moment: ids in name order, and names by slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeIndex {
    /// The nodes that are there, sorted by name.
    pub ids: Vec<NodeId>,
    /// Names by slot; empty for a slot without a node.
    pub names: Vec<Arc<str>>,
}

impl NodeIndex {
    /// The name of `node`; empty where the slot has none.
    pub fn name(&self, node: NodeId) -> &str {
        self.names.get(node.index()).map_or("", |name| name)
    }

    /// The node called `name`.
    pub fn id(&self, name: &str) -> Option<NodeId> {
        let at = self.ids.binary_search_by(|&id| self.name(id).cmp(name)).ok()?;
        self.ids.get(at).copied()
    }
}

/// One pod's scheduling cycle over all nodes: every verdict and every score.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The pod.
    pub pod: PodKey,
    /// The profile's schedulerName.
    pub profile: Arc<str>,
    /// The nodes judged.
    pub nodes: Arc<NodeIndex>,
    /// PreEnqueue, by plugin in order.
    pub pre_enqueue: Vec<(&'static str, Status)>,
    /// PreFilter, by plugin in order, with the nodes that it leaves where it narrows the search.
    pub pre_filter: Vec<PreFilterResult>,
    /// A column per filter that ran, in order.
    pub filters: Vec<FilterColumn>,
    /// The nodes that every filter passes and no PreFilter excludes, in name order.
    pub feasible: Vec<NodeId>,
    /// What would be allocated on `feasible[i]`; empty where nothing is allocated.
    pub allocations: Vec<Allocations>,
    /// What PostFilter found where no node is feasible.
    pub post_filter: Option<PostFilterResult>,
    /// PreScore, by plugin in order; empty where no node is feasible.
    pub pre_score: Vec<(&'static str, Status)>,
    /// A column per score that ran, in order.
    pub scores: Vec<ScoreColumn>,
    /// The weighted sum for `feasible[i]`.
    pub totals: Vec<i64>,
    /// What kube-scheduler would do.
    pub decision: Decision,
    /// Kinds that would have a say and are not to be seen, and why: the decision is made without them.
    pub unseen: Vec<(ObjectKind, Arc<str>)>,
    /// What is seen to before the pod is bound, on whatever node.
    pub prepared: Vec<Prepared>,
    /// What nobody sees to where the pod is bound, on whatever node.
    pub unprepared: Vec<Unprepared>,
}

/// What PreFilter of one plugin said.
#[derive(Clone, Debug, PartialEq)]
pub struct PreFilterResult {
    /// The plugin.
    pub plugin: &'static str,
    /// Its status.
    pub status: Status,
    /// The nodes that it leaves, by slot, where it narrows the search.
    pub nodes: Option<FixedBitSet>,
    /// The names of the nodes that it leaves, sorted, also those that no node has.
    pub names: Vec<Arc<str>>,
}

/// What would be written into each claim's `status.allocation`, by name of the claim: an `AllocationResult` of
/// `resource.k8s.io`, without random share ids.
pub type Allocations = serde_json::Map<String, serde_json::Value>;

/// What PostFilter said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostFilterResult {
    /// The plugin that speaks for the phase.
    pub plugin: &'static str,
    /// Its status.
    pub status: Status,
    /// Every node on which removing pods of lower priority makes room, in name order.
    pub candidates: Vec<Candidate>,
    /// The nodes that kube-scheduler may nominate, in name order.
    pub best: Vec<NodeId>,
}

/// A node on which removing pods would make room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The node.
    pub node: NodeId,
    /// The pods to remove, the most important first.
    pub victims: Vec<Victim>,
    /// How many of them a PodDisruptionBudget protects.
    pub pdb_violations: usize,
}

/// A pod that would be removed to make room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Victim {
    /// The pod.
    pub key: PodKey,
    /// Its priority, which is lower than that of the pod to place.
    pub priority: i32,
    /// When it started, if it did.
    pub started: Option<Timestamp>,
    /// Whether removing it goes against a PodDisruptionBudget.
    pub protected: bool,
}

/// What kube-scheduler would do with the pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Place it on one of the nodes with the highest total.
    Scored(Vec<NodeId>),
    /// Place it on the only feasible node, without scoring.
    Single(NodeId),
    /// Place it on the nominated node, which is feasible.
    Nominated(NodeId),
    /// Leave it waiting.
    Unschedulable,
    /// Give up with this fault.
    Error(String),
}

impl Decision {
    /// The word for it in a decision record.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Scored(_) => "scored",
            Self::Single(_) => "single",
            Self::Nominated(_) => "nominated",
            Self::Unschedulable => "unschedulable",
            Self::Error(_) => "error",
        }
    }

    /// The nodes that kube-scheduler may pick.
    pub fn chosen(&self) -> &[NodeId] {
        match self {
            Self::Scored(nodes) => nodes,
            Self::Single(node) | Self::Nominated(node) => std::slice::from_ref(node),
            Self::Unschedulable | Self::Error(_) => &[],
        }
    }
}

/// One filter's verdict on every node: a small table of distinct verdicts, and for each slot which of them.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterColumn {
    /// The plugin.
    pub plugin: &'static str,
    statuses: Vec<Status>,
    of: Vec<u16>,
}

/// A verdict of a [`FilterColumn`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusId(u16);

impl StatusId {
    /// No objection: what every slot starts with.
    pub const SUCCESS: Self = Self(0);
}

static NO_OBJECTION: Status = Status::SUCCESS;

impl FilterColumn {
    /// A column of `Success` for `slots` slots.
    pub fn new(plugin: &'static str, slots: usize) -> Self {
        Self {
            plugin,
            statuses: vec![Status::SUCCESS],
            of: vec![0; slots],
        }
    }

    /// The verdict by slot, as numbers: 0 is no objection.
    pub(super) fn numbers(&self) -> &[u16] {
        &self.of
    }

    /// Whether some verdict has `code`.
    pub fn has(&self, code: Code) -> bool {
        self.statuses.iter().any(|status| status.code == code)
    }

    /// The id of `status` in this column, made where it is new.
    pub fn intern(&mut self, status: Status) -> StatusId {
        let at = self
            .statuses
            .iter()
            .position(|have| *have == status)
            .unwrap_or_else(|| {
                self.statuses.push(status);
                self.statuses.len() - 1
            });
        StatusId(u16::try_from(at).unwrap_or(u16::MAX))
    }

    /// Sets the verdict on `node`.
    pub fn set(&mut self, node: NodeId, status: StatusId) {
        if let Some(of) = self.of.get_mut(node.index()) {
            *of = status.0;
        }
    }

    /// The verdict on `node`.
    pub fn get(&self, node: NodeId) -> &Status {
        let at = self.of.get(node.index()).copied().unwrap_or(0);
        self.statuses.get(at as usize).unwrap_or(&NO_OBJECTION)
    }

    /// Whether the filter keeps the pod off `node`.
    pub fn rejects(&self, node: NodeId) -> bool {
        self.of.get(node.index()).is_some_and(|&of| of != 0)
    }
}

/// One plugin's scores; index `i` belongs to [`Trace::feasible`]`[i]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreColumn {
    /// The plugin.
    pub plugin: &'static str,
    /// Its weight in the profile.
    pub weight: i64,
    /// As the plugin gives them.
    pub raw: Vec<i64>,
    /// The greatest of them, 0 at the least.
    pub most: i64,
    /// Brought into 0 to 100.
    pub normalized: Vec<i64>,
}

/// Why nodes are out, counted.
#[derive(Clone, Debug)]
pub struct Failures<'a> {
    /// Plugin, verdict, and the number of nodes whose first failure it is.
    pub verdicts: Vec<(&'static str, &'a Status, usize)>,
    /// Nodes outside those that PreFilter left.
    pub excluded: usize,
}

impl Trace {
    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        let filters: usize = self.filters.iter().map(|column| column.of.len() * 2).sum();
        let scores: usize = self.scores.iter().map(|column| column.raw.len() * 16).sum();
        size_of::<Self>() + filters + scores + self.feasible.len() * 4 + self.totals.len() * 8
    }

    /// The place of `node` in [`Trace::feasible`], if it is feasible.
    pub fn feasible_index(&self, node: NodeId) -> Option<usize> {
        let name = self.nodes.name(node);
        self.feasible
            .binary_search_by(|&id| self.nodes.name(id).cmp(name))
            .ok()
    }

    /// What is seen to before the pod is bound to `node`.
    pub fn prepared(&self, node: NodeId) -> Vec<Prepared> {
        let at = self.feasible_index(node);
        let allocations = at.and_then(|at| self.allocations.get(at));
        let extended = allocations.is_some_and(|claims| claims.contains_key(IN_MEMORY));
        let extended = extended.then_some(Prepared::ExtendedResources);
        self.prepared.iter().cloned().chain(extended).collect()
    }

    /// What nobody sees to where the pod is bound to `node`.
    pub fn unprepared(&self, _node: NodeId) -> Vec<Unprepared> {
        self.unprepared.clone()
    }

    /// The plugins, in order, whose PreFilters narrow the search to nodes that do not meet, up to the first that leaves
    /// none.
    pub fn disjoint(&self) -> Option<Vec<&'static str>> {
        let mut plugins = Vec::new();
        let mut left: Option<Vec<&Arc<str>>> = None;
        let narrowing = self.pre_filter.iter().filter(|result| result.nodes.is_some());
        for result in narrowing {
            plugins.push(result.plugin);
            let still = match left {
                None => result.names.iter().collect(),
                Some(mut left) => {
                    left.retain(|name| result.names.binary_search(name).is_ok());
                    left
                }
            };
            if still.is_empty() {
                return Some(plugins);
            }
            left = Some(still);
        }
        None
    }

    /// What PreFilter says where it leaves no node: the message of the plugin that rejects the pod, or that several leave
    /// nodes that do not meet.
    pub fn pre_filter_message(&self) -> Option<String> {
        if let Some((_, status)) = self.pre_filter_failure() {
            return Some(status.message());
        }
        let mut plugins = self.disjoint()?;
        plugins.sort_unstable();
        Some(match plugins.as_slice() {
            [plugin] => format!("node(s) didn't satisfy plugin {plugin}"),
            plugins => format!(
                "node(s) didn't satisfy plugin(s) [{}] simultaneously",
                plugins.join(" ")
            ),
        })
    }

    /// The code with which `node` is out, as kube-scheduler notes it down; `Success` where nothing keeps the pod off.
    pub fn code_on(&self, node: NodeId) -> Code {
        if let Some((_, status)) = self.pre_filter_failure() {
            return status.code;
        }
        if self.excluded(node) {
            return Code::UnschedulableAndUnresolvable;
        }
        self.first_failure(node)
            .map_or(Code::Success, |(_, status)| status.code)
    }

    /// Whether `node` is outside the nodes that PreFilter left.
    pub fn excluded(&self, node: NodeId) -> bool {
        self.pre_filter_failure().is_none()
            && self.pre_filter.iter().any(|result| {
                result
                    .nodes
                    .as_ref()
                    .is_some_and(|left| !left.contains(node.index()))
            })
    }

    /// The plugin whose PreFilter rejects the pod outright, with its status: the first that says so, save that one
    /// that says `Unschedulable` gives way to the next.
    pub fn pre_filter_failure(&self) -> Option<(&'static str, &Status)> {
        let mut found: Option<(&'static str, &Status)> = None;
        for result in self
            .pre_filter
            .iter()
            .filter(|result| result.status.code.is_rejection())
        {
            if found.is_none_or(|(_, status)| status.code == Code::Unschedulable) {
                found = Some((result.plugin, &result.status));
            }
        }
        found
    }

    /// Every rule that keeps the pod off `node`, in order: plugin and verdict.
    pub fn rejections(&self, node: NodeId) -> impl Iterator<Item = (&'static str, &Status)> {
        self.filters
            .iter()
            .filter(move |c| c.rejects(node))
            .map(move |c| (c.plugin, c.get(node)))
    }

    /// The total of `node`, if it is feasible and was scored.
    pub fn total(&self, node: NodeId) -> Option<i64> {
        self.totals.get(self.feasible_index(node)?).copied()
    }

    /// The feasible nodes with the highest total, in name order; none where nothing was scored.
    pub fn best(&self) -> Vec<NodeId> {
        let highest = self.totals.iter().max();
        let all = self.feasible.iter().zip(&self.totals);
        all.filter(|(_, total)| Some(*total) == highest)
            .map(|(&node, _)| node)
            .collect()
    }

    /// The first rule that keeps the pod off `node`: the one that kube-scheduler reports.
    pub fn first_failure(&self, node: NodeId) -> Option<(&'static str, &Status)> {
        self.rejections(node).next()
    }

    /// How many nodes each distinct verdict keeps the pod off, going by each node's first failure, and how many nodes
    /// PreFilter leaves out.
    pub fn failures(&self) -> Failures<'_> {
        let mut counts: Vec<Vec<usize>> = self.filters.iter().map(|c| vec![0; c.statuses.len()]).collect();
        let mut excluded = 0;
        let narrows = self.narrowing().next().is_some();
        for &node in &self.nodes.ids {
            if narrows && self.excluded(node) {
                excluded += 1;
                continue;
            }
            let numbers = self
                .filters
                .iter()
                .map(|column| column.of.get(node.index()).copied().unwrap_or(0));
            if let Some((at, number)) = numbers.enumerate().find(|&(_, number)| number != 0)
                && let Some(count) = counts.get_mut(at).and_then(|c| c.get_mut(number as usize))
            {
                *count += 1;
            }
        }
        let columns = self.filters.iter().zip(counts);
        let verdicts = columns.flat_map(|(column, counts)| {
            let statuses = column.statuses.iter().zip(counts);
            statuses.map(move |(status, count)| (column.plugin, status, count))
        });
        Failures {
            verdicts: verdicts.filter(|&(_, _, count)| count > 0).collect(),
            excluded,
        }
    }

    /// The plugins whose PreFilter narrows the search, in order.
    pub fn narrowing(&self) -> impl Iterator<Item = &'static str> {
        self.pre_filter
            .iter()
            .filter(|result| result.nodes.is_some())
            .map(|result| result.plugin)
    }

    /// The plugins that kube-scheduler blames for a pod that fits nowhere, sorted by name.
    pub fn blamed(&self) -> Vec<&'static str> {
        if self.decision != Decision::Unschedulable || self.nodes.ids.is_empty() {
            return Vec::new();
        }
        if let Some((plugin, _)) = self.pre_filter_failure() {
            return vec![plugin];
        }
        if let Some(mut plugins) = self.disjoint() {
            plugins.sort_unstable();
            return plugins;
        }
        let failing = self.failures().verdicts.into_iter().map(|(plugin, _, _)| plugin);
        let plugins: BTreeSet<&'static str> = self.narrowing().chain(failing).collect();
        plugins.into_iter().collect()
    }

    /// Whether a PreEnqueue plugin holds the pod back.
    pub fn gated(&self) -> bool {
        self.pre_enqueue
            .iter()
            .any(|(_, status)| status.code != Code::Success)
    }
}
