//! PostFilter: how what several plugins find becomes one answer.

use crate::scheduling::plugin::{Cycle, Failed, Phase};
use crate::scheduling::profile::Profile;
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::PostFilterResult;

/// Asks the plugins in order, by upstream's rules: the first that succeeds speaks for all, so does one that rules room
/// out for good or ends in an error; the others' reasons are put together, under the name of the first.
///
/// `None` where no plugin has the phase, or there are no nodes.
pub(super) fn run(cycle: Cycle<'_>, profile: &Profile, failed: &Failed<'_>) -> Option<PostFilterResult> {
    if failed.trace.nodes.ids.is_empty() {
        return None;
    }
    let mut said: Option<PostFilterResult> = None;
    for enabled in profile.in_phase(Phase::PostFilter) {
        let Some(result) = enabled.plugin.post_filter(cycle, failed) else {
            continue;
        };
        if result.status.code != Code::Unschedulable {
            return Some(result);
        }
        match &mut said {
            Some(said) => said.status.reasons.extend(result.status.reasons),
            None => said = Some(result),
        }
    }
    said
}

impl Failed<'_> {
    /// Whether upstream comes as far as the PreFilter of `plugin`: it stops where one before rules out every node for
    /// good.
    pub fn reached(&self, plugin: &str) -> bool {
        let before = self.trace.pre_filter.iter();
        let mut before = before.take_while(|result| result.plugin != plugin);
        let stopped = before.any(|result| stops(&result.status));
        let apart = self.trace.disjoint();
        let ran_apart = apart.is_some_and(|plugins| !plugins.contains(&plugin));
        !stopped && !ran_apart
    }
}

fn stops(status: &Status) -> bool {
    status.code.is_rejection() && status.code != Code::Unschedulable
}
