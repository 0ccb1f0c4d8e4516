//! Budgets for taking pods away.

use std::sync::Arc;

use super::fault::Fault;
use super::label_selector::LabelSelector;
use super::labels::Labels;

/// A PodDisruptionBudget, as far as preemption reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct PodDisruptionBudget {
    /// Its name.
    pub name: Arc<str>,
    /// `spec.selector`: which pods of its namespace it is about.
    pub selector: LabelSelector,
    /// `status.disruptionsAllowed`: how many of them may go now.
    pub allowed: i32,
    /// The pods of `status.disruptedPods`, by name, sorted: they are on their way out and counted already.
    pub disrupted: Vec<Arc<str>>,
    /// A selector that cannot be read; then it selects nothing, as upstream has it.
    pub fault: Option<Fault>,
}

impl PodDisruptionBudget {
    /// Whether it is about pods with `labels` of its namespace. For kube-scheduler an empty selector selects nothing,
    /// unlike elsewhere, and pods without labels are under no budget.
    pub fn is_about(&self, labels: &Labels) -> bool {
        !labels.is_empty() && !self.selector.is_everything() && self.selector.matches(labels)
    }
}
