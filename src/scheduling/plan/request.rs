//! What is to be planned, and what a person says about it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::{Cluster, Pod, PodKey};
use crate::scheduling::queue;

/// What is to be planned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The schedulerNames that are ours: only their pods are placed.
    pub ours: Vec<Arc<str>>,
    /// The pods; `None` for all that wait and are ours.
    pub pods: Option<BTreeSet<PodKey>>,
    /// Pods in the order that a person wants. The others come after them, by priority and age.
    pub order: Vec<PodKey>,
    /// Pods that are to go to a node of a person's choice. Where a rule rejects that, they stay unplaced.
    pub pins: BTreeMap<PodKey, Arc<str>>,
    /// Pods that are left out.
    pub skips: BTreeSet<PodKey>,
    /// Which of several best nodes is taken.
    pub ties: Ties,
}

/// Which of several best nodes is taken; kube-scheduler takes any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ties {
    /// The first by name.
    #[default]
    FirstByName,
    /// Any, by this number and the pod's uid: the same in every plan.
    Seeded(u64),
}

impl Request {
    /// The pods in the order in which they are looked at, and those that are not there.
    ///
    /// Without an order of a person's: the higher priority first, so that what the cluster needs (`system-*`) comes before
    /// everything else; then the older; then by name.
    pub(super) fn queue(&self, cluster: &Cluster) -> (Vec<Arc<Pod>>, Vec<PodKey>) {
        let mut gone = Vec::new();
        let mut pods: Vec<Arc<Pod>> = match &self.pods {
            None => {
                let waiting = cluster.waiting();
                let ours = waiting.filter(|pod| self.are_ours(&pod.spec.scheduler_name));
                ours.cloned().collect()
            }
            Some(pods) => {
                let found = pods.iter().filter_map(|key| {
                    let pod = cluster.pod(key);
                    if pod.is_none() {
                        gone.push(key.clone());
                    }
                    pod.cloned()
                });
                found.collect()
            }
        };
        let places = self.order.iter().enumerate();
        let places: FxHashMap<&PodKey, usize> = places.map(|(at, key)| (key, at)).collect();
        let place = |pod: &Pod| places.get(&pod.key).copied().unwrap_or(usize::MAX);
        pods.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| queue::order(a, b)));
        (pods, gone)
    }

    /// Whether pods of that schedulerName are placed.
    pub fn are_ours(&self, scheduler_name: &str) -> bool {
        self.ours.iter().any(|name| **name == *scheduler_name)
    }
}
