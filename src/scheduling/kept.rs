//! Decisions that are kept, to be brought up to date where pods that are alike come one after the other.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::plugin::Cycle;
use super::trace::NodeIndex;
use super::{Profile, Trace, cycle};
use crate::model::pod::Template;

/// After more changes than these a decision is made from nothing, which is as fast.
pub const WORTH_FOLLOWING: usize = 64;

/// The last decision on each template, on one cluster as it changes.
#[derive(Debug)]
pub struct Kept {
    decisions: FxHashMap<Template, Decided>,
    bytes: usize,
    at_most: usize,
}

/// A decision, and the generation of the cluster that it was made on.
#[derive(Debug)]
pub struct Decided {
    /// The decision. It may bear the name of another pod that is alike.
    pub trace: Trace,
    generation: u64,
    template: Template,
}

impl Kept {
    /// Nothing yet, and never more than `at_most` bytes.
    pub fn new(at_most: usize) -> Self {
        Self {
            decisions: FxHashMap::default(),
            bytes: 0,
            at_most,
        }
    }

    /// Judges the cycle's pod on the cluster as it is now, as [`cycle::evaluate`] does.
    pub fn judge(&mut self, cycle: Cycle<'_>, profile: &Profile, nodes: &Arc<NodeIndex>) -> Decided {
        let template = cycle.pod.template();
        let generation = cycle.cluster.generation;
        let before = self.decisions.remove(&template).and_then(|mut before| {
            self.bytes = self.bytes.saturating_sub(before.trace.bytes());
            if !Arc::ptr_eq(&before.trace.nodes, nodes) {
                return None;
            }
            if before.generation == generation {
                return Some(before);
            }
            let changes = cycle.cluster.changes_since(before.generation)?;
            let follow = changes.len() <= WORTH_FOLLOWING;
            let current = follow && cycle::refresh(&mut before.trace, cycle, profile, &changes);
            before.generation = generation;
            current.then_some(before)
        });
        before.unwrap_or_else(|| Decided {
            trace: cycle::evaluate(cycle, profile, nodes),
            generation,
            template,
        })
    }

    /// Keeps a decision, to go by it the next time.
    pub fn keep(&mut self, decided: Decided) {
        let bytes = decided.trace.bytes();
        if self.bytes + bytes <= self.at_most {
            self.bytes += bytes;
            self.decisions.insert(decided.template.clone(), decided);
        }
    }
}
