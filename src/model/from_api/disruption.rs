//! Budgets for taking pods away.

use std::collections::{BTreeSet, HashMap};

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::label_selector::{LabelSelectorObject, label_selector};
use super::object::{Api, Object};
use super::{Meta, null_is_default};
use crate::model::disruption;
use crate::model::fault::{Concern, Fault};
use crate::model::intern::Interner;
use crate::model::label_selector::LabelSelector;

/// A PodDisruptionBudget.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodDisruptionBudgetObject {
    /// Name, namespace, version.
    pub metadata: Meta,
    /// Whom it is about.
    #[serde(deserialize_with = "null_is_default")]
    pub spec: BudgetSpecObject,
    /// How much of it is left.
    #[serde(deserialize_with = "null_is_default")]
    pub status: BudgetStatusObject,
}

/// A budget's `spec`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct BudgetSpecObject {
    /// Selects pods of its namespace.
    pub selector: Option<LabelSelectorObject>,
}

/// A budget's `status`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BudgetStatusObject {
    /// How many pods may go now.
    #[serde(deserialize_with = "null_is_default")]
    pub disruptions_allowed: i32,
    /// The pods on their way out, by name.
    #[serde(deserialize_with = "keys")]
    pub disrupted_pods: BTreeSet<String>,
}

/// Reads the keys of a map.
#[expect(clippy::zero_sized_map_values, reason = "a map is what there is to read")]
fn keys<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<String>, D::Error> {
    let map = Option::<HashMap<String, IgnoredAny>>::deserialize(from)?;
    Ok(map.into_iter().flatten().map(|(key, _)| key).collect())
}

impl Object for PodDisruptionBudgetObject {
    const API: Api = Api::new("PodDisruptionBudget", "poddisruptionbudgets", "policy", "v1");
    type Model = disruption::PodDisruptionBudget;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> disruption::PodDisruptionBudget {
        let meta = &self.metadata;
        let (selector, fault) = match label_selector(self.spec.selector.as_ref(), interner) {
            Ok(selector) => (selector, None),
            Err((field, message)) => {
                let fault = Fault {
                    object: format!("PodDisruptionBudget {}/{}", meta.namespace, meta.name).into(),
                    concern: Concern::Disruption,
                    field: format!("spec.selector.{field}"),
                    message,
                };
                (LabelSelector::Nothing, Some(fault))
            }
        };
        let disrupted = self.status.disrupted_pods.iter();
        disruption::PodDisruptionBudget {
            name: interner.string(&meta.name),
            selector,
            allowed: self.status.disruptions_allowed,
            disrupted: disrupted.map(|name| name.as_str().into()).collect(),
            fault,
        }
    }
}
