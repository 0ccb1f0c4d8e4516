//! Which victims PodDisruptionBudgets protect.

use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::disruption::PodDisruptionBudget;
use crate::model::{Cluster, Pod};

/// The budgets of a cluster, counted down node by node.
pub(super) struct Budgets<'a> {
    cluster: &'a Cluster,
    /// The budgets that are about some pod met so far.
    met: Vec<&'a PodDisruptionBudget>,
    /// Which of `met` are about pods with these labels in this namespace; both are shared, so that their addresses tell.
    about: FxHashMap<(usize, usize), Rc<[usize]>>,
    /// How much is left of each of `met`.
    left: Vec<i32>,
}

impl<'a> Budgets<'a> {
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        Self {
            cluster,
            met: Vec::new(),
            about: FxHashMap::default(),
            left: Vec::new(),
        }
    }

    /// Counts afresh; whether there is any budget.
    pub(super) fn restart(&mut self) -> bool {
        for (left, budget) in self.left.iter_mut().zip(&self.met) {
            *left = budget.allowed;
        }
        !self.cluster.objects.budgets.is_empty()
    }

    /// Counts `pod` as removed, and says whether a budget is against it. A pod under several budgets counts against
    /// each up to the first that is used up.
    pub(super) fn protect(&mut self, pod: &Pod) -> bool {
        if pod.labels.is_empty() {
            return false;
        }
        for &at in self.about(pod).iter() {
            let (Some(budget), Some(left)) = (self.met.get(at), self.left.get_mut(at)) else {
                continue;
            };
            if budget.disrupted.binary_search(&pod.key.name).is_ok() {
                continue;
            }
            *left = left.wrapping_sub(1);
            if *left < 0 {
                return true;
            }
        }
        false
    }

    fn about(&mut self, pod: &Pod) -> Rc<[usize]> {
        let key = (
            Arc::as_ptr(&pod.key.namespace).cast::<u8>() as usize,
            Arc::as_ptr(&pod.labels) as usize,
        );
        if let Some(known) = self.about.get(&key) {
            return Rc::clone(known);
        }
        let mut about = Vec::new();
        for (_, budget) in self.cluster.objects.budgets.in_namespace(&pod.key.namespace) {
            if !budget.is_about(&pod.labels) {
                continue;
            }
            let known = self
                .met
                .iter()
                .position(|have| std::ptr::eq(*have, &raw const **budget));
            about.push(known.unwrap_or_else(|| {
                self.met.push(budget);
                self.left.push(budget.allowed);
                self.met.len() - 1
            }));
        }
        let about: Rc<[usize]> = about.into();
        self.about.insert(key, Rc::clone(&about));
        about
    }
}
