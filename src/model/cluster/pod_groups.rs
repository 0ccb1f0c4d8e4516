//! The placed pods by namespace and labels.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::NodeCounts;
use super::postings::{self, Postings};
use crate::model::ids::NodeId;
use crate::model::label_selector::LabelSelector;
use crate::model::labels::Labels;
use crate::model::pod::Pod;
use crate::model::selector::Operator;

/// The bound pods that are not over, grouped by what label selectors ask of them: a selector is asked once per group,
/// and then only of groups that have a label it wants. Pods on nodes that are not there are counted too.
#[derive(Clone, Debug, Default)]
pub struct PodGroups {
    groups: Vec<Option<PodGroup>>,
    /// By the addresses of namespace and labels, which are interned, and stay while the group holds them.
    numbers: FxHashMap<(usize, usize, bool), u32>,
    free: Vec<u32>,
    by_namespace: FxHashMap<Arc<str>, Vec<u32>>,
    by_label: Postings<u32>,
}

/// Placed pods with the same namespace and labels.
#[derive(Clone, Debug)]
pub struct PodGroup {
    /// Their namespace.
    pub namespace: Arc<str>,
    /// Their labels.
    pub labels: Arc<Labels>,
    /// Whether they are being deleted.
    pub deleting: bool,
    /// Where they are.
    pub nodes: NodeCounts,
}

impl PodGroups {
    /// Every group.
    pub fn iter(&self) -> impl Iterator<Item = &PodGroup> {
        self.groups.iter().flatten()
    }

    /// The groups of `namespaces` (sorted; `None` for all) that `selector` selects.
    pub fn selected(&self, namespaces: Option<&[Arc<str>]>, selector: &LabelSelector) -> Vec<&PodGroup> {
        let LabelSelector::All(requirements) = selector else {
            return Vec::new();
        };
        let named = namespaces.map(|names| {
            let lists = names.iter().filter_map(|name| self.by_namespace.get(name));
            lists.map(Vec::as_slice).collect::<Vec<_>>()
        });
        let labelled = requirements.iter().filter(|r| r.operator == Operator::In);
        let labelled = labelled.map(|r| {
            let mut values: Vec<_> = r.values.iter().collect();
            values.dedup();
            values
                .into_iter()
                .map(|value| self.by_label.under(&r.key, value))
                .collect()
        });
        let length = |lists: &Vec<&[u32]>| lists.iter().map(|list| list.len()).sum::<usize>();
        let shortest = labelled.chain(named).min_by_key(length);
        let wanted = |group: &&PodGroup| {
            namespaces.is_none_or(|names| names.binary_search(&group.namespace).is_ok())
                && selector.matches(&group.labels)
        };
        match shortest {
            Some(lists) => {
                let numbers = lists.iter().copied().flatten();
                numbers.filter_map(|&at| self.get(at)).filter(wanted).collect()
            }
            None => self.iter().filter(wanted).collect(),
        }
    }

    fn get(&self, number: u32) -> Option<&PodGroup> {
        self.groups.get(number as usize)?.as_ref()
    }

    pub(super) fn add(&mut self, node: NodeId, pod: &Pod) {
        let number = match self.numbers.get(&key(pod)) {
            Some(&number) => number,
            None => self.start(pod),
        };
        if let Some(Some(group)) = self.groups.get_mut(number as usize) {
            group.nodes.add(node);
        }
    }

    pub(super) fn remove(&mut self, node: NodeId, pod: &Pod) {
        let Some(&number) = self.numbers.get(&key(pod)) else {
            return;
        };
        let Some(Some(group)) = self.groups.get_mut(number as usize) else {
            return;
        };
        group.nodes.remove(node);
        if group.nodes.is_empty() {
            self.end(number, pod);
        }
    }

    fn start(&mut self, pod: &Pod) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| {
            self.groups.push(None);
            (self.groups.len() - 1) as u32
        });
        self.numbers.insert(key(pod), number);
        let namespace = Arc::clone(&pod.key.namespace);
        postings::insert(self.by_namespace.entry(namespace).or_default(), number);
        for (key, value) in pod.labels.iter() {
            self.by_label.insert(key, value, number);
        }
        self.groups[number as usize] = Some(PodGroup {
            namespace: Arc::clone(&pod.key.namespace),
            labels: Arc::clone(&pod.labels),
            deleting: pod.deleting,
            nodes: NodeCounts::default(),
        });
        number
    }

    fn end(&mut self, number: u32, pod: &Pod) {
        self.groups[number as usize] = None;
        self.numbers.remove(&key(pod));
        self.free.push(number);
        postings::remove(&mut self.by_namespace, &pod.key.namespace, &number);
        for (key, value) in pod.labels.iter() {
            self.by_label.remove(key, value, number);
        }
    }
}

fn key(pod: &Pod) -> (usize, usize, bool) {
    let namespace = Arc::as_ptr(&pod.key.namespace).cast::<u8>() as usize;
    (namespace, Arc::as_ptr(&pod.labels) as usize, pod.deleting)
}
