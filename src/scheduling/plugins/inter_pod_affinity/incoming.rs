//! The terms of the pod to place.

use std::sync::Arc;

use crate::model::cluster::PodGroup;
use crate::model::labels::Labels;
use crate::model::pod_affinity::{ListedTerm, TermKind};
use crate::model::{Cluster, Pod};
use crate::scheduling::plugin::Cycle;

/// A term with the namespaces that it is about.
pub(super) struct IncomingTerm<'a> {
    /// The term.
    pub(super) listed: ListedTerm<'a>,
    /// Sorted; `None` is every namespace, also one that is not there.
    pub(super) namespaces: Option<Vec<Arc<str>>>,
}

impl<'a> IncomingTerm<'a> {
    /// The terms of `kind`.
    pub(super) fn all(cycle: Cycle<'a>, kind: TermKind) -> Vec<Self> {
        let affinity = cycle.pod.spec.pod_affinity.iter();
        let terms = affinity.flat_map(|affinity| affinity.listed(kind));
        terms.map(|listed| Self::new(listed, cycle.cluster)).collect()
    }

    pub(super) fn new(listed: ListedTerm<'a>, cluster: &Cluster) -> Self {
        let selector = &listed.term.namespace_selector;
        let namespaces = (!selector.is_everything()).then(|| {
            let mut names = listed.term.namespaces.clone();
            let selected = cluster.namespaces.iter();
            let selected = selected.filter(|(_, labels)| selector.matches(labels));
            names.extend(selected.map(|(name, _)| Arc::clone(name)));
            names.sort();
            names.dedup();
            names
        });
        Self { listed, namespaces }
    }

    /// The placed pods that match.
    pub(super) fn groups(&self, cluster: &'a Cluster) -> Vec<&'a PodGroup> {
        let selector = &self.listed.term.selector;
        cluster.groups().selected(self.namespaces.as_deref(), selector)
    }

    /// Whether pods of `namespace` with `labels` match.
    pub(super) fn matches(&self, namespace: &Arc<str>, labels: &Labels) -> bool {
        let names = self.namespaces.as_ref();
        names.is_none_or(|names| names.binary_search(namespace).is_ok())
            && self.listed.term.selector.matches(labels)
    }
}

/// Whether `pod` matches every one of `terms`, and there is one.
pub(super) fn matches_all(terms: &[IncomingTerm<'_>], pod: &Pod) -> bool {
    !terms.is_empty()
        && terms
            .iter()
            .all(|term| term.matches(&pod.key.namespace, &pod.labels))
}

/// The placed pods that match every one of `terms`; none where there is no term.
pub(super) fn groups_of_all<'a>(terms: &[IncomingTerm<'a>], cluster: &'a Cluster) -> Vec<&'a PodGroup> {
    let Some((first, others)) = terms.split_first() else {
        return Vec::new();
    };
    let mut groups = first.groups(cluster);
    groups.retain(|group| {
        others
            .iter()
            .all(|term| term.matches(&group.namespace, &group.labels))
    });
    groups
}
