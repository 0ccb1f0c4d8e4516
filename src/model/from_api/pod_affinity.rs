//! Affinity towards pods, and away from them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::affinity::AffinityObject;
use super::label_selector::{LabelSelectorObject, label_selector};
use super::null_is_default;
use crate::model::fault::{Concern, Fault};
use crate::model::intern::Interner;
use crate::model::label_selector::LabelSelector;
use crate::model::pod_affinity::{AffinityTerm, PodAffinity, TermKind, WeightedTerm};

/// `spec.affinity.podAffinity`, and `podAntiAffinity` likewise.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodAffinityObject {
    /// What must match.
    #[serde(deserialize_with = "null_is_default")]
    pub required_during_scheduling_ignored_during_execution: Vec<PodAffinityTermObject>,
    /// What should match.
    #[serde(deserialize_with = "null_is_default")]
    pub preferred_during_scheduling_ignored_during_execution: Vec<WeightedPodAffinityTermObject>,
}

/// A `WeightedPodAffinityTerm`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WeightedPodAffinityTermObject {
    /// 1 to 100.
    pub weight: i32,
    /// The term.
    pub pod_affinity_term: PodAffinityTermObject,
}

/// A `PodAffinityTerm`. `matchLabelKeys` and `mismatchLabelKeys` are not read: the API server has put what they say
/// into the selector, and upstream's scheduler goes by that alone.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodAffinityTermObject {
    /// The pods that are meant; none where absent.
    pub label_selector: Option<LabelSelectorObject>,
    /// Namespaces by name.
    #[serde(deserialize_with = "null_is_default")]
    pub namespaces: Vec<String>,
    /// Namespaces by label; none where absent.
    pub namespace_selector: Option<LabelSelectorObject>,
    /// The node label that says what is near.
    pub topology_key: String,
}

/// Reads affinity of a pod in `namespace`; what cannot be read becomes faults of `object`.
pub(super) struct Reader<'a> {
    pub(super) interner: &'a mut Interner,
    pub(super) namespace: &'a Arc<str>,
    pub(super) object: &'a dyn Fn() -> Arc<str>,
    pub(super) faults: &'a mut Vec<Fault>,
}

impl Reader<'_> {
    pub(super) fn pod_affinity(&mut self, from: &AffinityObject) -> Option<Arc<PodAffinity>> {
        let towards = from.pod_affinity.as_ref();
        let away = from.pod_anti_affinity.as_ref();
        let affinity = PodAffinity {
            required: self.required(towards, TermKind::Required),
            required_anti: self.required(away, TermKind::RequiredAnti),
            preferred: self.preferred(towards, TermKind::Preferred),
            preferred_anti: self.preferred(away, TermKind::PreferredAnti),
        };
        (!affinity.is_empty()).then(|| self.interner.pod_affinity(affinity))
    }

    fn required(&mut self, from: Option<&PodAffinityObject>, kind: TermKind) -> Vec<AffinityTerm> {
        let from = from.map(|from| &from.required_during_scheduling_ignored_during_execution);
        let terms = from.into_iter().flatten().enumerate();
        let terms = terms.map(|(at, term)| self.term(term, || format!("{}[{at}]", kind.field())));
        let terms: Option<Vec<_>> = terms.collect();
        terms.unwrap_or_default()
    }

    fn preferred(&mut self, from: Option<&PodAffinityObject>, kind: TermKind) -> Vec<WeightedTerm> {
        let from = from.map(|from| &from.preferred_during_scheduling_ignored_during_execution);
        let terms = from.into_iter().flatten().enumerate().map(|(at, from)| {
            let field = || format!("{}[{at}].podAffinityTerm", kind.field());
            let term = self.term(&from.pod_affinity_term, field)?;
            Some(WeightedTerm {
                weight: from.weight,
                term,
            })
        });
        let terms: Option<Vec<_>> = terms.collect();
        terms.unwrap_or_default()
    }

    fn term(&mut self, from: &PodAffinityTermObject, field: impl Fn() -> String) -> Option<AffinityTerm> {
        let selector = self.selector(from.label_selector.as_ref(), || {
            format!("{}.labelSelector", field())
        })?;
        let namespace_selector = from.namespace_selector.as_ref();
        let path = || format!("{}.namespaceSelector", field());
        let own = from.namespaces.is_empty() && namespace_selector.is_none();
        let namespace_selector = self.selector(namespace_selector, path)?;
        let names = from.namespaces.iter();
        let mut namespaces: Vec<_> = names.map(|name| self.interner.string(name)).collect();
        if own {
            namespaces.push(Arc::clone(self.namespace));
        }
        namespaces.sort();
        namespaces.dedup();
        Some(AffinityTerm {
            namespaces,
            namespace_selector,
            selector,
            topology_key: self.interner.string(&from.topology_key),
        })
    }

    fn selector(
        &mut self,
        from: Option<&LabelSelectorObject>,
        path: impl Fn() -> String,
    ) -> Option<LabelSelector> {
        match label_selector(from, self.interner) {
            Ok(selector) => Some(selector),
            Err((field, message)) => {
                self.faults.push(Fault {
                    object: (self.object)(),
                    concern: Concern::PodAffinity,
                    field: format!("{}.{field}", path()),
                    message,
                });
                None
            }
        }
    }
}
