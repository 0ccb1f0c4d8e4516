//! How many nodes fit each waiting pod, kept up to date in slices.
//!
//! Pods of one template are judged once: they cannot fare differently.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustc_hash::{FxHashMap, FxHashSet};

use super::view::Fit;
use crate::model::pod::Template;
use crate::model::{Cluster, Pod};
use crate::scheduling::kept::WORTH_FOLLOWING;
use crate::scheduling::plugin::Cycle;
use crate::scheduling::trace::NodeIndex;
use crate::scheduling::{Profile, Trace, cycle, message};

/// A pass over the queue rests this many times as long as it took, so that a busy cluster does not keep a core busy.
const REST: u32 = 4;

/// Bytes of decisions that are kept to be brought up to date.
const KEPT: usize = 32 << 20;

/// Verdicts by template.
#[derive(Debug, Default)]
pub(super) struct Fits {
    by_template: FxHashMap<Template, Judged>,
    /// The cluster's revision when the last complete pass began: everything is judged as of then, or later.
    complete_at: Option<u64>,
    /// The pass under way. Later changes wait for the next one, so that a pass ends and the end of the queue is not
    /// starved.
    pass: Option<Pass>,
    /// Bytes that the kept decisions take.
    kept: usize,
    /// Counts verdicts made.
    revision: u64,
    pass_time: Duration,
    rest_until: Option<Instant>,
}

/// Generation and revision of the cluster when a pass began.
#[derive(Clone, Copy, Debug)]
struct Pass {
    generation: u64,
    revision: u64,
}

#[derive(Debug)]
struct Judged {
    generation: u64,
    fit: Fit,
    /// The whole decision, to be brought up to date rather than made again, while there is room to keep it.
    trace: Option<Box<Trace>>,
}

impl Fits {
    /// The verdict on `pod`, as of the last time its template was judged.
    pub(super) fn get(&self, pod: &Pod) -> Option<Fit> {
        self.by_template
            .get(&pod.template())
            .map(|judged| judged.fit.clone())
    }

    /// Whether some pods are yet to be judged anew.
    pub(super) fn is_under_way(&self) -> bool {
        self.pass.is_some()
    }

    /// The cluster's generation when `pod`'s template was judged.
    pub(super) fn generation(&self, pod: &Pod) -> Option<u64> {
        let judged = self.by_template.get(&pod.template());
        judged.map(|judged| judged.generation)
    }

    /// Changes whenever a verdict was made.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// When the next slice is due, `now` at the earliest; `None` where everything is judged.
    pub(super) fn due(&self, cluster: &Cluster, now: Instant) -> Option<Instant> {
        (self.complete_at != Some(cluster.revision)).then(|| self.rest_until.unwrap_or(now).max(now))
    }

    /// Judges templates whose verdict is of an older generation, until `deadline`; whether one was judged.
    pub(super) fn work<'a>(
        &mut self,
        cluster: &Cluster,
        nodes: &Arc<NodeIndex>,
        waiting: impl Iterator<Item = (&'a Arc<Pod>, &'a Arc<Profile>)>,
        deadline: Instant,
    ) -> bool {
        let begun = Instant::now();
        let Pass { generation, revision } = *self.pass.get_or_insert(Pass {
            generation: cluster.generation,
            revision: cluster.revision,
        });
        let mut alive = FxHashSet::default();
        let mut any = false;
        for (pod, profile) in waiting {
            let template = pod.template();
            let stale = self
                .by_template
                .get(&template)
                .is_none_or(|judged| judged.generation < generation);
            if stale {
                if Instant::now() >= deadline {
                    self.pass_time += begun.elapsed();
                    return any;
                }
                let before = self.by_template.remove(&template);
                let judged = self.judge(cluster, nodes, pod, profile, before);
                self.by_template.insert(template.clone(), judged);
                self.revision += 1;
                any = true;
            }
            alive.insert(template);
        }
        self.by_template.retain(|template, judged| {
            let stays = alive.contains(template);
            if !stays {
                let bytes = judged.trace.as_ref().map_or(0, |trace| trace.bytes());
                self.kept = self.kept.saturating_sub(bytes);
            }
            stays
        });
        self.complete_at = Some(revision);
        self.pass = None;
        self.rest_until = Some(Instant::now() + (self.pass_time + begun.elapsed()) * REST);
        self.pass_time = Duration::ZERO;
        any
    }

    /// Judges `pod`, going by the decision of before where there is one.
    fn judge(
        &mut self,
        cluster: &Cluster,
        nodes: &Arc<NodeIndex>,
        pod: &Pod,
        profile: &Profile,
        before: Option<Judged>,
    ) -> Judged {
        let cycle = Cycle { cluster, pod };
        let kept = before.and_then(|before| {
            let mut trace = before.trace?;
            self.kept = self.kept.saturating_sub(trace.bytes());
            let changes = cluster.changes_since(before.generation)?;
            let current = Arc::ptr_eq(&trace.nodes, nodes) && changes.len() <= WORTH_FOLLOWING;
            (current && cycle::refresh(&mut trace, cycle, profile, &changes)).then_some(trace)
        });
        let trace = kept.unwrap_or_else(|| Box::new(cycle::evaluate(cycle, profile, nodes)));
        let fit = Fit {
            feasible: trace.feasible.len(),
            nodes: nodes.ids.len(),
            message: message::unschedulable(&trace).into(),
            blamed: trace.blamed().into(),
        };
        let bytes = trace.bytes();
        let room = self.kept + bytes <= KEPT;
        self.kept += if room { bytes } else { 0 };
        Judged {
            generation: cluster.generation,
            fit,
            trace: room.then_some(trace),
        }
    }
}
