//! Topology spread constraints.

use serde::{Deserialize, Serialize};

use super::label_selector::{LabelSelectorObject, label_selector};
use super::null_is_default;
use crate::model::intern::Interner;
use crate::model::topology_spread::{InclusionPolicy, SpreadConstraint, WhenUnsatisfiable};

/// A `TopologySpreadConstraint`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SpreadConstraintObject {
    /// How uneven it may be.
    pub max_skew: i32,
    /// The label whose values are the domains.
    pub topology_key: String,
    /// `DoNotSchedule` or `ScheduleAnyway`.
    pub when_unsatisfiable: String,
    /// Which pods count.
    pub label_selector: Option<LabelSelectorObject>,
    /// How many domains there have to be.
    pub min_domains: Option<i32>,
    /// `Honor` where absent.
    pub node_affinity_policy: Option<String>,
    /// `Ignore` where absent.
    pub node_taints_policy: Option<String>,
    /// Keys of the pod's labels that the selector takes over.
    #[serde(deserialize_with = "null_is_default")]
    pub match_label_keys: Vec<String>,
}

impl SpreadConstraintObject {
    /// The constraint as the model has it.
    ///
    /// # Errors
    /// Field, below the constraint, and what is wrong with it.
    pub fn to_model(&self, interner: &mut Interner) -> Result<SpreadConstraint, (String, String)> {
        let action = WhenUnsatisfiable::parse(&self.when_unsatisfiable)
            .map_err(|message| ("whenUnsatisfiable".to_owned(), message))?;
        let policy = |field: &str, text: Option<&String>, default| match text {
            None => Ok(default),
            Some(text) => InclusionPolicy::parse(text).map_err(|message| (field.to_owned(), message)),
        };
        Ok(SpreadConstraint {
            max_skew: self.max_skew,
            topology_key: interner.string(&self.topology_key),
            when_unsatisfiable: action,
            selector: label_selector(self.label_selector.as_ref(), interner)
                .map_err(|(field, message)| (format!("labelSelector.{field}"), message))?,
            min_domains: self.min_domains,
            node_affinity_policy: policy(
                "nodeAffinityPolicy",
                self.node_affinity_policy.as_ref(),
                InclusionPolicy::Honor,
            )?,
            node_taints_policy: policy(
                "nodeTaintsPolicy",
                self.node_taints_policy.as_ref(),
                InclusionPolicy::Ignore,
            )?,
            match_label_keys: self
                .match_label_keys
                .iter()
                .map(|key| interner.string(key))
                .collect(),
        })
    }
}
