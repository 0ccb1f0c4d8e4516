//! Budgets for taking pods away.

use serde::Deserialize;

use super::Meta;
use super::object::{Api, Object};
use crate::model::disruption;
use crate::model::intern::Interner;

/// A PodDisruptionBudget.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodDisruptionBudgetObject {
    /// Name, namespace, version.
    pub metadata: Meta,
}

impl Object for PodDisruptionBudgetObject {
    const API: Api = Api::new("PodDisruptionBudget", "poddisruptionbudgets", "policy", "v1");
    type Model = disruption::PodDisruptionBudget;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> disruption::PodDisruptionBudget {
        disruption::PodDisruptionBudget {
            name: interner.string(&self.metadata.name),
        }
    }
}
