//! What must hold: the pod's required terms, and the required anti-affinity of placed pods.

mod explain;

use std::borrow::Cow;
use std::sync::Arc;

use super::incoming::{IncomingTerm, groups_of_all, matches_all};
use super::tally::Tally;
use crate::model::cluster::{AffinityGroup, PodGroup};
use crate::model::labels::Labels;
use crate::model::pod_affinity::{ListedTerm, TermKind};
use crate::model::{NodeId, Pod, PodId};
use crate::scheduling::explanation::Explanation;
use crate::scheduling::plugin::{Cycle, Filter};
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::FilterColumn;

/// The label that fast paths go by.
pub(super) const HOSTNAME: &str = "kubernetes.io/hostname";

/// The rules and what they count.
pub(super) struct Rules<'a> {
    cycle: Cycle<'a>,
    hostname_fast_path: bool,
    /// Required affinity.
    affinity: Vec<IncomingTerm<'a>>,
    /// The placed pods that match all of its terms.
    matching: Vec<&'a PodGroup>,
    /// Their number, by each topology key of the terms.
    near: Vec<Tally<'a>>,
    /// Their number, once for each key that their node has.
    matches: i64,
    /// Whether the pod matches its own required affinity.
    matches_itself: bool,
    /// Required anti-affinity, with the number of pods that match the term.
    anti: Vec<(IncomingTerm<'a>, Tally<'a>)>,
    /// The number of placed pods whose required anti-affinity the pod matches, by topology key.
    refusing: Vec<Tally<'a>>,
}

/// Which rule keeps the pod off a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Objection {
    Affinity,
    Anti,
    Existing,
}

impl Objection {
    const fn reason(self) -> &'static str {
        match self {
            Self::Affinity => "node(s) didn't match pod affinity rules",
            Self::Anti => "node(s) didn't match pod anti-affinity rules",
            Self::Existing => "node(s) didn't satisfy existing pods anti-affinity rules",
        }
    }

    fn status(self) -> Status {
        let code = match self {
            Self::Affinity => Code::UnschedulableAndUnresolvable,
            Self::Anti | Self::Existing => Code::Unschedulable,
        };
        Status::because(code, Cow::Borrowed(self.reason()))
    }
}

/// What is to be left out of the counts, of pods that are all on the node asked about.
#[derive(Default)]
struct Without {
    matching: i64,
    /// By term.
    anti: Vec<i64>,
    /// By tally.
    refusing: Vec<i64>,
}

impl Without {
    fn is_nothing(&self) -> bool {
        let mut all = self.anti.iter().chain(&self.refusing);
        self.matching == 0 && all.all(|&count| count == 0)
    }
}

fn at(counts: &[i64], index: usize) -> i64 {
    counts.get(index).copied().unwrap_or(0)
}

impl<'a> Rules<'a> {
    pub(super) fn new(cycle: Cycle<'a>, hostname_fast_path: bool) -> Self {
        let cluster = cycle.cluster;
        let by_node = |key: &str| hostname_fast_path && key == HOSTNAME;
        let affinity = IncomingTerm::all(cycle, TermKind::Required);
        let matching = groups_of_all(&affinity, cluster);
        let all_by_node = affinity
            .iter()
            .all(|term| by_node(&term.listed.term.topology_key));
        let mut near = Vec::new();
        for term in &affinity {
            Tally::of(&mut near, cluster, &term.listed.term.topology_key, all_by_node);
        }
        for tally in &mut near {
            for group in &matching {
                tally.add(&group.nodes, 1);
            }
        }
        let there = |group: &&PodGroup| {
            let nodes = group.nodes.iter();
            let there = nodes.filter(|&(node, _)| cluster.nodes.get(node).is_some());
            there.map(|(_, count)| i64::from(count)).sum::<i64>()
        };
        let matches = if all_by_node {
            matching.iter().map(there).sum()
        } else {
            near.iter().map(|tally| tally.pods).sum()
        };
        let anti = IncomingTerm::all(cycle, TermKind::RequiredAnti).into_iter();
        let anti = anti.map(|term| {
            let key = &term.listed.term.topology_key;
            let mut tally = Tally::new(cluster, key, by_node(key));
            for group in term.groups(cluster) {
                tally.add(&group.nodes, 1);
            }
            (term, tally)
        });
        let mut rules = Self {
            cycle,
            hostname_fast_path,
            matching,
            near,
            matches,
            matches_itself: matches_all(&affinity, cycle.pod),
            affinity,
            anti: anti.collect(),
            refusing: Vec::new(),
        };
        let mut refusing = Vec::new();
        for (group, listed) in rules.existing() {
            let key = &listed.term.topology_key;
            Tally::of(&mut refusing, cluster, key, by_node(key)).add(&group.nodes, 1);
        }
        refusing.retain(|tally| tally.pods > 0);
        rules.refusing = refusing;
        rules
    }

    /// The required anti-affinity terms of placed pods that are about the pod.
    fn existing(&self) -> impl Iterator<Item = (&'a AffinityGroup, ListedTerm<'a>)> + use<'a> {
        let Cycle { cluster, pod } = self.cycle;
        let groups = cluster.affinity_groups();
        let namespace = &pod.key.namespace;
        groups.about(
            TermKind::RequiredAnti,
            namespace,
            labels_of(self.cycle),
            &pod.labels,
        )
    }

    /// Whether no node can be out for these rules.
    pub(super) fn concern_nobody(&self) -> bool {
        let nodes = &self.cycle.cluster.nodes;
        // Upstream then looks at each node's pods, whether or not they are about this one.
        let looks_at_nodes = || {
            let mut groups = self.cycle.cluster.affinity_groups().iter();
            groups.any(|group| {
                let mut terms = group.affinity.required_anti.iter();
                terms.any(|term| &*term.topology_key == HOSTNAME)
                    && group.nodes.iter().any(|(node, _)| nodes.get(node).is_some())
            })
        };
        self.affinity.is_empty()
            && self.anti.is_empty()
            && self.refusing.is_empty()
            && !(self.hostname_fast_path && looks_at_nodes())
    }

    /// Whether the pods that required affinity asks for are near.
    fn has_company(&self, node: NodeId, without: &Without) -> bool {
        let mut all = true;
        for tally in &self.near {
            match tally.at(node) {
                None => return false,
                Some(count) => all &= count > without.matching,
            }
        }
        all || self.is_first(without)
    }

    /// Whether the pod is the first of a series that wants to be together.
    fn is_first(&self, without: &Without) -> bool {
        self.matches == without.matching * self.near.len() as i64 && self.matches_itself
    }

    fn objection(&self, node: NodeId, without: &Without) -> Option<Objection> {
        if !self.has_company(node, without) {
            return Some(Objection::Affinity);
        }
        let anti = self.anti.iter().map(|(_, tally)| tally);
        if crowded(anti, node, &without.anti) {
            return Some(Objection::Anti);
        }
        crowded(self.refusing.iter(), node, &without.refusing).then_some(Objection::Existing)
    }

    fn without(&self, node: NodeId, removed: &[PodId]) -> Without {
        let table = &self.cycle.cluster.pods;
        let pods: Vec<&Arc<Pod>> = removed.iter().filter_map(|&id| table.get(id)).collect();
        let count = |matches: &dyn Fn(&Pod) -> bool| pods.iter().filter(|pod| matches(pod)).count() as i64;
        let anti = self.anti.iter().map(|(term, tally)| match tally.domain(node) {
            Some(_) => count(&|pod| term.matches(&pod.key.namespace, &pod.labels)),
            None => 0,
        });
        let refusing = self.refusing.iter().map(|tally| match tally.domain(node) {
            Some(_) => pods.iter().map(|pod| self.refusals(pod, &tally.key)).sum(),
            None => 0,
        });
        Without {
            matching: count(&|pod| matches_all(&self.affinity, pod)),
            anti: anti.collect(),
            refusing: refusing.collect(),
        }
    }

    /// How many required anti-affinity terms of `placed` with `key` are about the pod.
    fn refusals(&self, placed: &Pod, key: &str) -> i64 {
        let pod = self.cycle.pod;
        let terms = placed
            .spec
            .pod_affinity
            .iter()
            .flat_map(|affinity| &affinity.required_anti);
        let about = terms.filter(|term| {
            &*term.topology_key == key
                && term.is_about(&pod.key.namespace, labels_of(self.cycle))
                && term.selector.matches(&pod.labels)
        });
        about.count() as i64
    }
}

/// Whether more pods than are left out are in the domain of `node`.
fn crowded<'t>(mut tallies: impl Iterator<Item = &'t Tally<'t>>, node: NodeId, without: &[i64]) -> bool {
    let mut index = 0;
    tallies.any(|tally| {
        let left_out = at(without, index);
        index += 1;
        tally.pods > 0 && tally.at(node).is_some_and(|count| count > left_out)
    })
}

/// The labels of the pod's namespace; none where it is not there.
pub(super) fn labels_of(cycle: Cycle<'_>) -> &Labels {
    static NONE: std::sync::LazyLock<Labels> = std::sync::LazyLock::new(Labels::default);
    let labels = cycle.cluster.namespaces.get(&cycle.pod.key.namespace);
    labels.map_or(&NONE, |labels| labels)
}

impl Filter for Rules<'_> {
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn) {
        let mut id = |objection: Objection| verdicts.intern(objection.status());
        let affinity = id(Objection::Affinity);
        let anti = id(Objection::Anti);
        let existing = id(Objection::Existing);
        let without = Without::default();
        for &node in nodes {
            if let Some(objection) = self.objection(node, &without) {
                let status = match objection {
                    Objection::Affinity => affinity,
                    Objection::Anti => anti,
                    Objection::Existing => existing,
                };
                verdicts.set(node, status);
            }
        }
    }

    fn filter_without(&self, node: NodeId, removed: &[PodId]) -> Option<Status> {
        let without = self.without(node, removed);
        (!without.is_nothing()).then(|| {
            let objection = self.objection(node, &without);
            objection.map_or(Status::SUCCESS, Objection::status)
        })
    }

    fn explain(&self, node: NodeId) -> Explanation {
        self.explanation(node)
    }
}
