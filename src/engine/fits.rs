//! How many nodes fit each waiting pod, kept up to date in slices.
//!
//! Pods with the same spec, labels and namespace are judged once: they cannot fare differently.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustc_hash::{FxHashMap, FxHashSet};

use super::view::Fit;
use crate::model::labels::Labels;
use crate::model::pod::PodSpec;
use crate::model::{Cluster, Pod};
use crate::scheduling::plugin::Cycle;
use crate::scheduling::trace::NodeIndex;
use crate::scheduling::{Profile, cycle, message};

/// A pass over the queue rests this many times as long as it took, so that a busy cluster does not keep a core busy.
const REST: u32 = 4;

/// Verdicts by class of pod.
#[derive(Debug, Default)]
pub(super) struct Fits {
    by_class: FxHashMap<Class, Judged>,
    /// The generation that every class was judged at, or after.
    complete_at: Option<u64>,
    /// The generation at which the pass under way began. Later changes wait for the next pass, so that a pass ends
    /// and the end of the queue is not starved.
    pass: Option<u64>,
    pass_time: Duration,
    rest_until: Option<Instant>,
}

/// What decides how a pod fares.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Class {
    spec: ByAddress<PodSpec>,
    labels: ByAddress<Labels>,
    namespace: Arc<str>,
    /// A pod with unreadable fields is judged by itself.
    faulty: Option<Arc<str>>,
}

#[derive(Debug)]
struct Judged {
    generation: u64,
    fit: Fit,
}

impl Fits {
    /// The verdict on `pod`, as of the last time its class was judged.
    pub(super) fn get(&self, pod: &Pod) -> Option<Fit> {
        self.by_class.get(&Class::of(pod)).map(|judged| judged.fit.clone())
    }

    /// Whether there is something to judge at `now`.
    pub(super) fn is_due(&self, cluster: &Cluster, now: Instant) -> bool {
        self.next(cluster).is_some_and(|at| at <= now)
    }

    /// When the next slice is due; `None` where everything is judged.
    pub(super) fn next(&self, cluster: &Cluster) -> Option<Instant> {
        if self.complete_at == Some(cluster.generation) {
            return None;
        }
        Some(self.rest_until.unwrap_or_else(Instant::now))
    }

    /// Judges classes whose verdict is of an older generation, until `deadline`; whether one was judged.
    pub(super) fn work<'a>(
        &mut self,
        cluster: &Cluster,
        nodes: &Arc<NodeIndex>,
        waiting: impl Iterator<Item = (&'a Arc<Pod>, &'a Arc<Profile>)>,
        deadline: Instant,
    ) -> bool {
        let begun = Instant::now();
        let pass = *self.pass.get_or_insert(cluster.generation);
        let mut alive = FxHashSet::default();
        let mut any = false;
        for (pod, profile) in waiting {
            let class = Class::of(pod);
            let stale = self.by_class.get(&class).is_none_or(|judged| judged.generation < pass);
            if stale {
                if Instant::now() >= deadline {
                    self.pass_time += begun.elapsed();
                    return any;
                }
                let fit = judge(cluster, nodes, pod, profile);
                self.by_class.insert(class.clone(), Judged { generation: cluster.generation, fit });
                any = true;
            }
            alive.insert(class);
        }
        self.by_class.retain(|class, _| alive.contains(class));
        self.complete_at = Some(pass);
        self.pass = None;
        self.rest_until = Some(Instant::now() + (self.pass_time + begun.elapsed()) * REST);
        self.pass_time = Duration::ZERO;
        any
    }
}

fn judge(cluster: &Cluster, nodes: &Arc<NodeIndex>, pod: &Pod, profile: &Profile) -> Fit {
    let trace = cycle::run(Cycle { cluster, pod }, profile, nodes);
    Fit {
        feasible: trace.feasible.len(),
        nodes: nodes.ids.len(),
        message: message::unschedulable(&trace).into(),
    }
}

impl Class {
    fn of(pod: &Pod) -> Self {
        Self {
            spec: ByAddress(Arc::clone(&pod.spec)),
            labels: ByAddress(Arc::clone(&pod.labels)),
            namespace: Arc::clone(&pod.key.namespace),
            faulty: (!pod.faults.is_empty()).then(|| Arc::clone(&pod.uid)),
        }
    }
}

/// A shared value compared by its address: interning makes equal values the same.
#[derive(Debug)]
struct ByAddress<T>(Arc<T>);

impl<T> Clone for ByAddress<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> PartialEq for ByAddress<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Eq for ByAddress<T> {}

impl<T> std::hash::Hash for ByAddress<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::ptr::hash(Arc::as_ptr(&self.0), state);
    }
}
