//! A filter or score whose plugin does not take part in the phase that prepares it.
//!
//! Upstream such a plugin finds no state and works it out anew, node by node: what it would have skipped it then passes
//! on every node, or scores with 0.

use super::{Filter, PreFilter, PreScore, Score};
use crate::model::NodeId;
use crate::scheduling::explanation::{Explanation, HOLDS};
use crate::scheduling::status::Status;
use crate::scheduling::trace::FilterColumn;

/// The filter, whatever PreFilter said.
pub(in crate::scheduling) fn filter(said: Option<PreFilter<'_>>) -> Option<Box<dyn Filter + '_>> {
    Some(match said? {
        PreFilter::Run { filter, .. } => filter,
        PreFilter::Skip => Box::new(Everywhere(Status::SUCCESS)),
        PreFilter::Reject(status) => Box::new(Everywhere(status)),
    })
}

/// The score, whatever PreScore said.
pub(in crate::scheduling) fn score(said: Option<PreScore<'_>>) -> Option<Box<dyn Score + '_>> {
    Some(match said? {
        PreScore::Run(score) => score,
        PreScore::Skip => Box::new(Nothing(None)),
        PreScore::Reject(status) => Box::new(Nothing(Some(status))),
    })
}

/// The same verdict on every node.
struct Everywhere(Status);

impl Filter for Everywhere {
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn) {
        if self.0.code.is_rejection() {
            let status = verdicts.intern(self.0.clone());
            for &node in nodes {
                verdicts.set(node, status);
            }
        }
    }

    fn explain(&self, _node: NodeId) -> Explanation {
        let rejects = self.0.code.is_rejection();
        let message = if rejects {
            self.0.message()
        } else {
            HOLDS.to_owned()
        };
        let mut why = Explanation::new(if rejects {
            message.clone()
        } else {
            "the pod asks for nothing that is looked at here".to_owned()
        });
        why.step("on every node alike", "the pod alone decides", message);
        why
    }
}

/// The score 0 for every node, or the fault that keeps the plugin from scoring.
struct Nothing(Option<Status>);

impl Score for Nothing {
    fn score(&self, _nodes: &[NodeId], _raw: &mut [i64]) -> Result<(), Status> {
        self.0.clone().map_or(Ok(()), Err)
    }

    fn explain(&self, _node: NodeId, raw: i64, normalized: i64) -> Explanation {
        let mut why = Explanation::new("the pod asks for nothing that is scored here");
        why.step("on every node alike", format!("raw {raw}"), normalized);
        why
    }
}
