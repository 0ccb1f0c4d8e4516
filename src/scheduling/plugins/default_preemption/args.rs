//! What a profile may say to the plugin.

use serde::Deserialize;

use crate::scheduling::plugins::ArgsError;

/// `DefaultPreemptionArgs`. Upstream tries no more nodes than these allow, from a random one on; here every node is
/// tried, so that they are only checked.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Args {
    /// Per cent of the nodes.
    min_candidate_nodes_percentage: Option<i32>,
    /// Number of nodes.
    min_candidate_nodes_absolute: Option<i32>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            min_candidate_nodes_percentage: Some(10),
            min_candidate_nodes_absolute: Some(100),
        }
    }
}

impl Args {
    /// Upstream's `ValidateDefaultPreemptionArgs`.
    pub(super) fn check(self) -> Result<(), ArgsError> {
        let percentage = self.min_candidate_nodes_percentage.unwrap_or(10);
        let absolute = self.min_candidate_nodes_absolute.unwrap_or(100);
        let wrong = |field: &str, message: String| {
            Err(ArgsError {
                field: field.to_owned(),
                message,
            })
        };
        if !(0..=100).contains(&percentage) {
            let message = format!("{percentage} is not in the range from 0 to 100");
            return wrong("minCandidateNodesPercentage", message);
        }
        if absolute < 0 {
            return wrong("minCandidateNodesAbsolute", format!("{absolute} is below 0"));
        }
        if percentage == 0 && absolute == 0 {
            let message = "cannot be 0 while minCandidateNodesAbsolute is".to_owned();
            return wrong("minCandidateNodesPercentage", message);
        }
        Ok(())
    }
}
