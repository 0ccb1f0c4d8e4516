//! The placed pods by what they want of other pods.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::NodeCounts;
use super::postings::{self, Postings};
use crate::model::ids::NodeId;
use crate::model::label_selector::LabelSelector;
use crate::model::labels::Labels;
use crate::model::pod::Pod;
use crate::model::pod_affinity::{AffinityTerm, ListedTerm, PodAffinity, TermKind};
use crate::model::selector::Operator;

/// The bound pods that are not over and have affinity terms, grouped by these. Their terms are found by the labels of
/// the pod that they may be about, so that one that is about none of them costs it nothing. Pods on nodes that are not
/// there are counted too.
#[derive(Clone, Debug, Default)]
pub struct AffinityGroups {
    groups: Vec<Option<AffinityGroup>>,
    /// By the address of the terms, which are interned, and stay while the group holds them.
    numbers: FxHashMap<usize, u32>,
    free: Vec<u32>,
    /// The terms that want a certain label, under each of its values.
    by_label: Postings<TermAt>,
    /// The others, sorted.
    rest: Vec<TermAt>,
}

/// Placed pods with the same affinity terms.
#[derive(Clone, Debug)]
pub struct AffinityGroup {
    /// Their terms.
    pub affinity: Arc<PodAffinity>,
    /// Where they are.
    pub nodes: NodeCounts,
}

/// Where a term is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct TermAt {
    kind: TermKind,
    group: u32,
    at: u32,
}

impl AffinityGroups {
    /// Every group.
    pub fn iter(&self) -> impl Iterator<Item = &AffinityGroup> {
        self.groups.iter().flatten()
    }

    /// The terms of `kind` that are about a pod with `labels` in `namespace`, which itself has `namespace_labels`.
    pub fn about<'a>(
        &'a self,
        kind: TermKind,
        namespace: &'a Arc<str>,
        namespace_labels: &'a Labels,
        labels: &'a Labels,
    ) -> impl Iterator<Item = (&'a AffinityGroup, ListedTerm<'a>)> {
        let lists = labels.iter().map(|(key, value)| self.by_label.under(key, value));
        let found = lists.chain([&*self.rest]).flat_map(move |list| {
            let start = list.partition_point(|term| term.kind < kind);
            let of_kind = list.get(start..).unwrap_or_default().iter();
            of_kind.take_while(move |term| term.kind == kind)
        });
        found.filter_map(move |found| {
            let group = self.groups.get(found.group as usize)?.as_ref()?;
            let term = group.affinity.listed(kind).nth(found.at as usize)?;
            let about = term.term.is_about(namespace, namespace_labels) && term.term.selector.matches(labels);
            about.then_some((group, term))
        })
    }

    pub(super) fn add(&mut self, node: NodeId, pod: &Pod) {
        let Some(affinity) = &pod.spec.pod_affinity else {
            return;
        };
        let number = match self.numbers.get(&key(affinity)) {
            Some(&number) => number,
            None => self.start(affinity),
        };
        if let Some(Some(group)) = self.groups.get_mut(number as usize) {
            group.nodes.add(node);
        }
    }

    pub(super) fn remove(&mut self, node: NodeId, pod: &Pod) {
        let Some(affinity) = &pod.spec.pod_affinity else {
            return;
        };
        let Some(&number) = self.numbers.get(&key(affinity)) else {
            return;
        };
        let Some(Some(group)) = self.groups.get_mut(number as usize) else {
            return;
        };
        group.nodes.remove(node);
        if group.nodes.is_empty() {
            self.end(number, affinity);
        }
    }

    fn start(&mut self, affinity: &Arc<PodAffinity>) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| {
            self.groups.push(None);
            (self.groups.len() - 1) as u32
        });
        self.numbers.insert(key(affinity), number);
        self.groups[number as usize] = Some(AffinityGroup {
            affinity: Arc::clone(affinity),
            nodes: NodeCounts::default(),
        });
        for (at, place) in places(number, affinity) {
            match place {
                Place::Nowhere => {}
                Place::Anywhere => postings::insert(&mut self.rest, at),
                Place::Under(key, values) => {
                    for value in values {
                        self.by_label.insert(key, value, at);
                    }
                }
            }
        }
        number
    }

    fn end(&mut self, number: u32, affinity: &Arc<PodAffinity>) {
        self.groups[number as usize] = None;
        self.numbers.remove(&key(affinity));
        self.free.push(number);
        for (at, place) in places(number, affinity) {
            match place {
                Place::Nowhere => {}
                Place::Anywhere => {
                    if let Ok(index) = self.rest.binary_search(&at) {
                        self.rest.remove(index);
                    }
                }
                Place::Under(key, values) => {
                    for value in values {
                        self.by_label.remove(key, value, at);
                    }
                }
            }
        }
    }
}

/// By which labels of a pod a term that is about it can be found.
enum Place<'a> {
    /// It is about no pod.
    Nowhere,
    /// Whatever its labels.
    Anywhere,
    /// It has this key with one of these values.
    Under(&'a Arc<str>, &'a [Arc<str>]),
}

fn places(group: u32, affinity: &PodAffinity) -> impl Iterator<Item = (TermAt, Place<'_>)> {
    affinity.terms().map(move |listed| {
        let at = TermAt {
            kind: listed.kind,
            group,
            at: listed.at as u32,
        };
        (at, place(listed.term))
    })
}

fn place(term: &AffinityTerm) -> Place<'_> {
    let LabelSelector::All(requirements) = &term.selector else {
        return Place::Nowhere;
    };
    match requirements.iter().find(|r| r.operator == Operator::In) {
        Some(r) => Place::Under(&r.key, &r.values),
        None => Place::Anywhere,
    }
}

fn key(affinity: &Arc<PodAffinity>) -> usize {
    Arc::as_ptr(affinity) as usize
}
