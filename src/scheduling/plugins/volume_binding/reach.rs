//! Which nodes meet requirements on labels, found by the labels' values and not by asking each node.

use std::sync::Arc;

use fixedbitset::FixedBitSet;
use rustc_hash::FxHashMap;

use crate::model::cluster::LabelColumn;
use crate::model::label_selector::LabelSelector;
use crate::model::selector::{NodeSelector, Operator, Requirement};
use crate::model::storage::TopologyTerm;
use crate::model::{Cluster, NodeId};

/// Finds nodes. What it works out about a label is kept while it lives.
pub(super) struct Reach<'a> {
    cluster: &'a Cluster,
    by_key: FxHashMap<Arc<str>, ByNumber>,
}

/// Nodes that something reaches; `None` for every node.
pub(super) type Nodes = Option<FixedBitSet>;

/// Whether `node` is one of `nodes`.
pub(super) fn contains(nodes: &Nodes, node: NodeId) -> bool {
    nodes.as_ref().is_none_or(|nodes| nodes.contains(node.index()))
}

impl<'a> Reach<'a> {
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        Self {
            cluster,
            by_key: FxHashMap::default(),
        }
    }

    /// The nodes that `selector` of a volume matches. Upstream asks it about a node without a name: requirements on
    /// fields are met, if well-formed.
    pub(super) fn of_selector(&mut self, selector: Option<&NodeSelector>) -> Nodes {
        let selector = selector?;
        let mut nodes = FixedBitSet::with_capacity(self.cluster.nodes.slots());
        self.each_of_selector(selector, |node| nodes.insert(node.index()));
        Some(nodes)
    }

    /// The nodes on which a class whose `allowedTopologies` are `terms` can make volumes.
    pub(super) fn of_topologies(&mut self, terms: &[TopologyTerm]) -> Nodes {
        if terms.is_empty() {
            return None;
        }
        let mut nodes = FixedBitSet::with_capacity(self.cluster.nodes.slots());
        for term in terms {
            let sound = term.requirements.iter().all(|r| r.label_problem().is_none());
            if sound && !term.requirements.is_empty() {
                self.each(&term.requirements, |node| nodes.insert(node.index()));
            }
        }
        Some(nodes)
    }

    /// Calls `found` with each node that `selector` matches, perhaps more than once.
    pub(super) fn each_of_selector(&mut self, selector: &NodeSelector, mut found: impl FnMut(NodeId)) {
        for term in selector.terms.iter().filter(|term| term.can_match()) {
            self.each(&term.expressions, &mut found);
        }
    }

    /// Calls `found` with each node that `selector` matches.
    pub(super) fn each_of_labels(&mut self, selector: &LabelSelector, found: impl FnMut(NodeId)) {
        if let LabelSelector::All(requirements) = selector {
            self.each(requirements, found);
        }
    }

    /// Calls `found` with each node that meets all `requirements`.
    fn each(&mut self, requirements: &[Requirement], mut found: impl FnMut(NodeId)) {
        let labels = self.cluster.nodes.labels();
        let meets = |node: NodeId, r: &Requirement| {
            let value = labels.get(&r.key).and_then(|column| column.get(node));
            r.matches(value.map(|value| &**value))
        };
        let Some(listed) = requirements.iter().find(|r| r.operator == Operator::In) else {
            let all = self.cluster.nodes.iter().map(|(node, _)| node);
            all.filter(|&node| requirements.iter().all(|r| meets(node, r)))
                .for_each(found);
            return;
        };
        let Some(column) = labels.get(&listed.key) else {
            return;
        };
        if !self.by_key.contains_key(&listed.key) {
            let by_number = ByNumber::new(column, self.cluster);
            self.by_key.insert(Arc::clone(&listed.key), by_number);
        }
        let Some(by_number) = self.by_key.get(&listed.key) else {
            return;
        };
        let values = listed.values.iter().enumerate();
        let values = values.filter(|(at, value)| !listed.values[..*at].contains(value));
        for number in values.filter_map(|(_, value)| column.number_of(value)) {
            for &node in by_number.nodes(number) {
                let mut others = requirements.iter().filter(|r| !std::ptr::eq(*r, listed));
                if others.all(|r| meets(node, r)) {
                    found(node);
                }
            }
        }
    }
}

/// The nodes with each value of one label.
struct ByNumber {
    starts: Vec<usize>,
    nodes: Vec<NodeId>,
}

impl ByNumber {
    fn new(column: &LabelColumn, cluster: &Cluster) -> Self {
        let mut nodes: Vec<NodeId> = cluster.nodes.iter().map(|(node, _)| node).collect();
        let mut starts = Vec::new();
        for &node in &nodes {
            let number = column.number(node);
            if starts.len() < number + 2 {
                starts.resize(number + 2, 0);
            }
            starts[number + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        for node in std::mem::take(&mut nodes) {
            let at = &mut next[column.number(node)];
            if nodes.len() <= *at {
                nodes.resize(*at + 1, node);
            }
            nodes[*at] = node;
            *at += 1;
        }
        Self { starts, nodes }
    }

    fn nodes(&self, number: usize) -> &[NodeId] {
        let (Some(&from), Some(&to)) = (self.starts.get(number), self.starts.get(number + 1)) else {
            return &[];
        };
        self.nodes.get(from..to).unwrap_or_default()
    }
}

/// Items by the nodes that they reach.
pub(super) struct Items {
    /// By slot, the first link of its chain.
    first: Vec<u32>,
    /// An item, and the next link.
    links: Vec<(u32, u32)>,
    everywhere: Vec<u32>,
}

const END: u32 = u32::MAX;

impl Items {
    pub(super) fn new(cluster: &Cluster) -> Self {
        Self {
            first: vec![END; cluster.nodes.slots()],
            links: Vec::new(),
            everywhere: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, item: u32, node: NodeId) {
        if let Some(first) = self.first.get_mut(node.index()) {
            self.links.push((item, *first));
            *first = (self.links.len() - 1) as u32;
        }
    }

    pub(super) fn add_everywhere(&mut self, item: u32) {
        self.everywhere.push(item);
    }

    /// The items that reach `node`, in no particular order, perhaps more than once.
    pub(super) fn of(&self, node: NodeId) -> impl Iterator<Item = u32> {
        let mut at = self.first.get(node.index()).copied().unwrap_or(END);
        let chain = std::iter::from_fn(move || {
            let &(item, next) = self.links.get(at as usize)?;
            at = next;
            Some(item)
        });
        chain.chain(self.everywhere.iter().copied())
    }
}
