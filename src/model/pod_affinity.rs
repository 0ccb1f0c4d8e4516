//! Affinity towards pods, and away from them.

use std::sync::Arc;

use super::label_selector::LabelSelector;
use super::labels::Labels;

/// A pod's `spec.affinity.podAffinity` and `podAntiAffinity`. Interned, as specs are.
///
/// A list of which one term cannot be read is empty: upstream drops it for a placed pod, too. The pod's faults tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PodAffinity {
    /// `podAffinity.requiredDuringSchedulingIgnoredDuringExecution`.
    pub required: Vec<AffinityTerm>,
    /// `podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution`.
    pub required_anti: Vec<AffinityTerm>,
    /// `podAffinity.preferredDuringSchedulingIgnoredDuringExecution`.
    pub preferred: Vec<WeightedTerm>,
    /// `podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution`.
    pub preferred_anti: Vec<WeightedTerm>,
}

/// A `PodAffinityTerm`: near which pods, and what near is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AffinityTerm {
    /// The namespaces whose pods are meant, sorted; the pod's own where the manifest says nothing.
    pub namespaces: Vec<Arc<str>>,
    /// Further namespaces, by their labels.
    pub namespace_selector: LabelSelector,
    /// The pods that are meant.
    pub selector: LabelSelector,
    /// The node label whose value nodes near each other share.
    pub topology_key: Arc<str>,
}

/// A preferred term.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WeightedTerm {
    /// 1 to 100, for each pod that matches.
    pub weight: i32,
    /// The term.
    pub term: AffinityTerm,
}

/// Which of the four lists a term is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TermKind {
    /// Required affinity.
    Required,
    /// Required anti-affinity.
    RequiredAnti,
    /// Preferred affinity.
    Preferred,
    /// Preferred anti-affinity.
    PreferredAnti,
}

impl TermKind {
    /// Where the list stands in a manifest.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Required => "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution",
            Self::RequiredAnti => {
                "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution"
            }
            Self::Preferred => "spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution",
            Self::PreferredAnti => {
                "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution"
            }
        }
    }
}

/// A term, its weight (0 where it is required), and which one it is.
#[derive(Clone, Copy, Debug)]
pub struct ListedTerm<'a> {
    /// Its list.
    pub kind: TermKind,
    /// Its place in the list.
    pub at: usize,
    /// Its weight.
    pub weight: i32,
    /// The term.
    pub term: &'a AffinityTerm,
}

impl PodAffinity {
    /// The terms of one list.
    pub fn listed(&self, kind: TermKind) -> impl Iterator<Item = ListedTerm<'_>> {
        let (required, preferred): (&[AffinityTerm], &[WeightedTerm]) = match kind {
            TermKind::Required => (&self.required, &[]),
            TermKind::RequiredAnti => (&self.required_anti, &[]),
            TermKind::Preferred => (&[], &self.preferred),
            TermKind::PreferredAnti => (&[], &self.preferred_anti),
        };
        let required = required.iter().map(|term| (0, term));
        let preferred = preferred
            .iter()
            .map(|preferred| (preferred.weight, &preferred.term));
        let all = required.chain(preferred).enumerate();
        all.map(move |(at, (weight, term))| ListedTerm {
            kind,
            at,
            weight,
            term,
        })
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.terms().next().is_none()
    }

    /// Every term.
    pub fn terms(&self) -> impl Iterator<Item = ListedTerm<'_>> {
        use TermKind::{Preferred, PreferredAnti, Required, RequiredAnti};
        let kinds = [Required, RequiredAnti, Preferred, PreferredAnti];
        kinds.into_iter().flat_map(|kind| self.listed(kind))
    }
}

impl AffinityTerm {
    /// Whether pods of `namespace`, which has `labels`, are meant.
    pub fn is_about(&self, namespace: &Arc<str>, labels: &Labels) -> bool {
        self.namespaces.binary_search(namespace).is_ok() || self.namespace_selector.matches(labels)
    }
}
