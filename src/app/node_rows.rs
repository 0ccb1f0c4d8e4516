//! The rows of the Nodes pane, worked out once for each trace: feasible nodes by total, reasons counted over all
//! plugins, and the nodes that do not fit, those with the fewest reasons first.

use std::cmp::Reverse;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::measure::width;
use super::names::short_reason;
use crate::model::NodeId;
use crate::scheduling::{Status, Trace};

/// What stands in one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A feasible node: its place in [`Trace::feasible`].
    Feasible(usize),
    /// Between the nodes that fit and the reasons.
    Reasons,
    /// A reason: its place in [`NodeRows::reasons`].
    Reason(usize),
    /// Between the reasons and the nodes that do not fit.
    Unfit,
    /// A node that does not fit.
    Rejected(NodeId),
}

/// A reason for which nodes do not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReasonCount {
    /// The plugin that says so.
    pub plugin: &'static str,
    /// Its words.
    pub text: String,
    /// Nodes that have this reason, with others or without.
    pub count: usize,
    /// Nodes that have no other reason: changing this alone would open them.
    pub alone: usize,
    /// Other reasons of these nodes in short, with how many nodes have both; the most frequent first.
    pub also: Vec<(String, usize)>,
}

/// The rows.
#[derive(Clone, Debug, Default)]
pub struct NodeRows {
    trace: Option<Arc<Trace>>,
    filter: String,
    feasible: Vec<usize>,
    rejected: Vec<NodeId>,
    /// Why nodes do not fit, the most frequent reason first; over all nodes, whatever the filter.
    pub reasons: Vec<ReasonCount>,
    /// Nodes that do not fit, whatever the filter.
    pub unfit: usize,
    /// Columns of the longest name.
    pub longest: usize,
}

impl NodeRows {
    /// Works the rows out for `trace` and the nodes whose names contain `filter`, unless they are that already.
    /// Says whether they changed.
    pub fn refresh(&mut self, trace: Option<&Arc<Trace>>, filter: &str) -> bool {
        let same_trace = match (&self.trace, trace) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            (None, None) => true,
            _ => false,
        };
        if same_trace && self.filter == filter {
            return false;
        }
        *self = match trace {
            Some(trace) => Self::of(trace, filter),
            None => Self::default(),
        };
        filter.clone_into(&mut self.filter);
        true
    }

    fn of(trace: &Arc<Trace>, filter: &str) -> Self {
        let shown = |id: NodeId| filter.is_empty() || trace.nodes.name(id).contains(filter);
        let mut feasible: Vec<usize> = (0..trace.feasible.len())
            .filter(|&at| shown(trace.feasible[at]))
            .collect();
        let chosen = trace.decision.chosen();
        feasible.sort_by_key(|&at| {
            let total = trace.totals.get(at).copied().unwrap_or(0);
            (!chosen.contains(&trace.feasible[at]), Reverse(total), at)
        });

        let mut tally = Tally::default();
        let mut rejected = Vec::new();
        let mut fits = trace.feasible.iter().peekable();
        for &id in &trace.nodes.ids {
            if fits.next_if(|&&fit| fit == id).is_some() {
                continue;
            }
            let reasons = tally.add(trace, id);
            if shown(id) {
                rejected.push((reasons, id));
            }
        }
        rejected.sort_by_key(|&(reasons, _)| reasons);
        Self {
            trace: Some(Arc::clone(trace)),
            filter: String::new(),
            feasible,
            rejected: rejected.into_iter().map(|(_, id)| id).collect(),
            unfit: trace.nodes.ids.len().saturating_sub(trace.feasible.len()),
            reasons: tally.finish(),
            longest: trace
                .nodes
                .names
                .iter()
                .map(|name| width(name))
                .max()
                .unwrap_or(0),
        }
    }

    /// The trace that the rows are of.
    pub fn trace(&self) -> Option<&Arc<Trace>> {
        self.trace.as_ref()
    }

    /// Rows there are, separators too.
    pub fn len(&self) -> usize {
        self.feasible.len() + self.between() + self.rejected.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Nodes there are: what the cursor can stand on.
    pub fn nodes(&self) -> usize {
        self.feasible.len() + self.rejected.len()
    }

    /// The row at `at`.
    pub fn row(&self, at: usize) -> Option<Row> {
        if let Some(&feasible) = self.feasible.get(at) {
            return Some(Row::Feasible(feasible));
        }
        let at = at - self.feasible.len();
        let reasons = self.reasons.len();
        match at {
            _ if self.between() == 0 => None,
            0 => Some(Row::Reasons),
            _ if at <= reasons => Some(Row::Reason(at - 1)),
            _ if at == reasons + 1 => Some(Row::Unfit),
            _ => self.rejected.get(at - reasons - 2).copied().map(Row::Rejected),
        }
    }

    /// The row of the `nth` node.
    pub fn row_of(&self, nth: usize) -> usize {
        if nth < self.feasible.len() {
            nth
        } else {
            nth + self.between()
        }
    }

    /// Which node stands in row `at`, counted from 0.
    pub fn nth_at(&self, at: usize) -> Option<usize> {
        match self.row(at)? {
            Row::Feasible(_) => Some(at),
            Row::Rejected(_) => Some(at - self.between()),
            Row::Reasons | Row::Reason(_) | Row::Unfit => None,
        }
    }

    /// The `nth` node.
    pub fn node(&self, nth: usize) -> Option<NodeId> {
        let trace = self.trace.as_ref()?;
        match self.feasible.get(nth) {
            Some(&at) => trace.feasible.get(at).copied(),
            None => self.rejected.get(nth - self.feasible.len()).copied(),
        }
    }

    /// The name of the `nth` node.
    pub fn name(&self, nth: usize) -> Option<&Arc<str>> {
        let id = self.node(nth)?;
        self.trace.as_ref()?.nodes.names.get(id.index())
    }

    /// Which node is called `name`.
    pub fn position(&self, name: &str) -> Option<usize> {
        let id = self.trace.as_ref()?.nodes.id(name)?;
        (0..self.nodes()).find(|&nth| self.node(nth) == Some(id))
    }

    /// Rows between the nodes that fit and those that do not.
    fn between(&self) -> usize {
        if self.unfit == 0 {
            0
        } else {
            self.reasons.len() + 2
        }
    }
}

/// Counts reasons and how they overlap.
#[derive(Default)]
struct Tally {
    counts: Vec<ReasonCount>,
    both: FxHashMap<(usize, usize), usize>,
    /// Reasons by the address of the verdict in its column: verdicts are few, nodes are many.
    by_status: FxHashMap<usize, Vec<usize>>,
    of_node: Vec<usize>,
}

impl Tally {
    /// Counts the reasons of `node`, and says how many it has.
    fn add(&mut self, trace: &Trace, node: NodeId) -> usize {
        let mut here = std::mem::take(&mut self.of_node);
        here.clear();
        let excluded = trace.pre_filter.iter().filter(|result| {
            result
                .nodes
                .as_ref()
                .is_some_and(|left| !left.contains(node.index()))
        });
        for result in excluded {
            let text = format!("node(s) didn't satisfy plugin(s) [{}]", result.plugin);
            here.push(self.intern(result.plugin, &text));
        }
        if let Some((plugin, status)) = trace.pre_filter_failure() {
            here.extend(self.of_status(plugin, status));
        }
        for (plugin, status) in trace.rejections(node) {
            here.extend(self.of_status(plugin, status));
        }
        here.sort_unstable();
        here.dedup();
        for (at, &reason) in here.iter().enumerate() {
            self.counts[reason].count += 1;
            for &other in &here[at + 1..] {
                *self.both.entry((reason, other)).or_default() += 1;
            }
        }
        if let [only] = here[..] {
            self.counts[only].alone += 1;
        }
        let reasons = here.len();
        self.of_node = here;
        reasons
    }

    fn of_status(&mut self, plugin: &'static str, status: &Status) -> Vec<usize> {
        let address = std::ptr::from_ref(status).addr();
        if let Some(known) = self.by_status.get(&address) {
            return known.clone();
        }
        let reasons: Vec<usize> = if status.reasons.is_empty() {
            vec![self.intern(plugin, status.code.as_str())]
        } else {
            status
                .reasons
                .iter()
                .map(|text| self.intern(plugin, text))
                .collect()
        };
        self.by_status.insert(address, reasons.clone());
        reasons
    }

    fn intern(&mut self, plugin: &'static str, text: &str) -> usize {
        let known = self
            .counts
            .iter()
            .position(|count| count.plugin == plugin && count.text == text);
        known.unwrap_or_else(|| {
            self.counts.push(ReasonCount {
                plugin,
                text: text.to_owned(),
                count: 0,
                alone: 0,
                also: Vec::new(),
            });
            self.counts.len() - 1
        })
    }

    fn finish(self) -> Vec<ReasonCount> {
        let mut pairs: Vec<((usize, usize), usize)> = self.both.into_iter().collect();
        pairs.sort_by_key(|&(pair, nodes)| (Reverse(nodes), pair));
        let mut counts = self.counts;
        for ((a, b), nodes) in pairs {
            let short = |of: &ReasonCount| short_reason(of.plugin, &of.text).into_owned();
            let (name_a, name_b) = (short(&counts[a]), short(&counts[b]));
            counts[a].also.push((name_b, nodes));
            counts[b].also.push((name_a, nodes));
        }
        counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.text.cmp(&b.text)));
        counts
    }
}
