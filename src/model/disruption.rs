//! Budgets for taking pods away.

use std::sync::Arc;

/// A PodDisruptionBudget.
#[derive(Clone, Debug, PartialEq)]
pub struct PodDisruptionBudget {
    /// Its name.
    pub name: Arc<str>,
}
