//! Judging again before anything is sent.

use std::time::{Duration, Instant};

use super::{Ended, Judge, Placer, pause};
use crate::placing::facts::PodFacts;
use crate::placing::intent::Intent;
use crate::placing::outcome::{Outcome, Refusal};
use crate::placing::verdict::Verdict;

/// How long what the watches brought may lag behind what was read.
const LAG: Duration = Duration::from_secs(3);

impl Placer {
    /// Judges the pod on a state that holds it as the API server has it, and compares with what was confirmed. The
    /// pod comes back, as it was when it was judged.
    pub(super) async fn judge_again(
        &self,
        judge: &dyn Judge,
        intent: &Intent,
        mut pod: PodFacts,
    ) -> Result<PodFacts, Ended> {
        let deadline = Instant::now() + LAG;
        let mut wait = Duration::from_millis(20);
        loop {
            let selected = judge.judge(intent.pod.clone()).await;
            if selected
                .as_ref()
                .is_none_or(|selected| *selected.pod.resource_version != *pod.metadata.resource_version)
            {
                // What was judged may be newer than what was read.
                pod = self.read_pod(intent).await?;
            }
            if let Some(selected) = selected
                && *selected.pod.resource_version == *pod.metadata.resource_version
                && let Some(node) = selected.trace.nodes.id(&intent.node)
            {
                let now = Verdict::of(&selected.trace, node);
                return if selected.pod.resource_version == intent.resource_version
                    && !intent.verdict.differs_from(&now)
                {
                    Ok(pod)
                } else {
                    Err(Box::new(Outcome::Changed {
                        confirmed: intent.verdict.clone(),
                        now,
                        judged: Box::new(selected),
                    }))
                };
            }
            if Instant::now() >= deadline {
                return Err(Refusal::Lagging(LAG.as_secs()).into());
            }
            pause(&mut wait, Duration::from_millis(500)).await;
        }
    }
}
