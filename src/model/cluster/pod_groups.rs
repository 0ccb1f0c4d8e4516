//! The placed pods by namespace and labels.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::NodeCounts;
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
    /// By label key and value. Each list of numbers, here and above, is sorted.
    by_label: FxHashMap<Arc<str>, FxHashMap<Arc<str>, Vec<u32>>>,
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
            lists.collect::<Vec<_>>()
        });
        let labelled = requirements
            .iter()
            .filter(|r| r.operator == Operator::In)
            .map(|r| {
                let values = self.by_label.get(&r.key);
                let lists = values.into_iter().flat_map(|values| {
                    let mut wanted: Vec<_> = r.values.iter().collect();
                    wanted.dedup();
                    wanted.into_iter().filter_map(|value| values.get(value))
                });
                lists.collect::<Vec<_>>()
            });
        let length = |lists: &Vec<&Vec<u32>>| lists.iter().map(|list| list.len()).sum::<usize>();
        let shortest = labelled.chain(named).min_by_key(length);
        let wanted = |group: &&PodGroup| {
            namespaces.is_none_or(|names| names.binary_search(&group.namespace).is_ok())
                && selector.matches(&group.labels)
        };
        match shortest {
            Some(lists) => {
                let numbers = lists.into_iter().flatten();
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
        insert(self.by_namespace.entry(namespace).or_default(), number);
        for (key, value) in pod.labels.iter() {
            let values = self.by_label.entry(Arc::clone(key)).or_default();
            insert(values.entry(Arc::clone(value)).or_default(), number);
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
        drop_from(&mut self.by_namespace, &pod.key.namespace, number);
        for (key, value) in pod.labels.iter() {
            if let Some(values) = self.by_label.get_mut(key) {
                drop_from(values, value, number);
                if values.is_empty() {
                    self.by_label.remove(key);
                }
            }
        }
    }
}

fn key(pod: &Pod) -> (usize, usize, bool) {
    let namespace = Arc::as_ptr(&pod.key.namespace).cast::<u8>() as usize;
    (namespace, Arc::as_ptr(&pod.labels) as usize, pod.deleting)
}

fn insert(list: &mut Vec<u32>, number: u32) {
    if let Err(at) = list.binary_search(&number) {
        if list.is_empty() {
            list.reserve_exact(1);
        }
        list.insert(at, number);
    }
}

fn drop_from(lists: &mut FxHashMap<Arc<str>, Vec<u32>>, of: &str, number: u32) {
    let Some(list) = lists.get_mut(of) else {
        return;
    };
    if let Ok(at) = list.binary_search(&number) {
        list.remove(at);
    }
    if list.is_empty() {
        lists.remove(of);
    }
}
