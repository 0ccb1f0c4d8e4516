//! Placing the pod once the room is there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::LAG;
use crate::placing::intent::Intent;
use crate::placing::outcome::{Outcome, Refusal, Stage};
use crate::placing::placer::{DryRun, Ended, Judge, Placer, pause};
use crate::placing::verdict::Verdict;

/// How often the placement is begun again because somebody wrote to the pod.
const TRIES: usize = 5;

impl Placer {
    /// Places the pod on the node that has room for it now.
    pub(super) async fn place_there(
        &self,
        judge: &dyn Judge,
        mut intent: Intent,
        progress: &(dyn Fn(Stage) + Sync),
    ) -> Outcome {
        for _ in 0..TRIES {
            progress(Stage::Rejudging);
            intent = match self.fresh(judge, &intent).await {
                Ok(intent) => intent,
                Err(ended) => return *ended,
            };
            // Cancelled after the room was made.
            if self.cancel.is_cancelled() {
                return Outcome::Refused(Refusal::Cancelled);
            }
            match self.place(judge, intent.clone(), DryRun::None, progress).await {
                // Somebody wrote to the pod, or another node is best now: this one was confirmed.
                Outcome::Changed { now, .. } if now.is_feasible() => {}
                Outcome::Changed { now, .. } => {
                    return Outcome::Refused(no_longer_fits(&intent, &now));
                }
                outcome => return outcome,
            }
        }
        Outcome::Refused(Refusal::PodChanged)
    }

    /// `intent` as it has to be now: the node must fit once what is known has caught up.
    async fn fresh(&self, judge: &dyn Judge, intent: &Intent) -> Result<Intent, Ended> {
        let deadline = Instant::now() + LAG;
        let mut wait = Duration::from_millis(20);
        loop {
            let pod = self.read_pod(intent).await?;
            let selected = judge.judge(intent.pod.clone()).await;
            let current =
                selected.filter(|selected| *selected.pod.resource_version == *pod.metadata.resource_version);
            let late = Instant::now() >= deadline;
            if let Some(selected) = current
                && let Some(node) = selected.trace.nodes.id(&intent.node)
            {
                let verdict = Verdict::of(&selected.trace, node);
                if verdict.is_feasible() {
                    return Ok(Intent {
                        resource_version: Arc::clone(&selected.pod.resource_version),
                        verdict,
                        ..intent.clone()
                    });
                }
                if late {
                    return Err(no_longer_fits(intent, &verdict).into());
                }
            } else if late {
                return Err(Refusal::Lagging(LAG.as_secs()).into());
            }
            pause(&mut wait, Duration::from_millis(500)).await;
        }
    }
}

fn no_longer_fits(intent: &Intent, now: &Verdict) -> Refusal {
    let rules: Vec<String> = now.broken.iter().map(ToString::to_string).collect();
    Refusal::RoomTaken {
        node: intent.node.to_string(),
        rules: rules.join("; "),
    }
}
