//! Judging again before anything is sent.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Ended, Judge, Placer, pause};
use crate::model::Pod;
use crate::placing::facts::PodFacts;
use crate::placing::intent::Intent;
use crate::placing::outcome::{Outcome, Refusal};
use crate::placing::verdict::{BrokenRule, Verdict};
use crate::scheduling::Prepared;

/// How long what the watches brought may lag behind what was read.
const LAG: Duration = Duration::from_secs(3);

/// What was judged, and what was said.
pub(super) struct Judged {
    /// The pod as the API server had it.
    pub(super) facts: PodFacts,
    /// The same as it was judged.
    pub(super) pod: Arc<Pod>,
    pub(super) verdict: Verdict,
}

impl Placer {
    /// Judges the pod on a state that holds it as the API server has it, and compares with what was confirmed.
    pub(super) async fn judge_again(
        &self,
        judge: &dyn Judge,
        intent: &Intent,
        mut pod: PodFacts,
    ) -> Result<Judged, Ended> {
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
                    Ok(Judged {
                        facts: pod,
                        pod: selected.pod,
                        verdict: now,
                    })
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

    /// Judges the pod once all is prepared for it, on a state that holds that: the rules must still say what was
    /// confirmed. The pod comes back, as it was when it was judged. (Which node is best is no matter any more: its claims
    /// tie it to this one.)
    pub(in crate::placing) async fn judge_prepared(
        &self,
        judge: &dyn Judge,
        intent: &Intent,
        made_claim: bool,
    ) -> Result<PodFacts, Ended> {
        let deadline = Instant::now() + LAG;
        let mut wait = Duration::from_millis(20);
        // The claim that was just made for extended resources keeps the pod from every node: it is taken for one that
        // was left over.
        let counts = |rule: &&BrokenRule| !(made_claim && rule.plugin == "DynamicResources");
        loop {
            let pod = self.read_pod(intent).await?;
            let selected = judge.judge(intent.pod.clone()).await;
            if let Some(selected) = selected
                && *selected.pod.resource_version == *pod.metadata.resource_version
                && let Some(node) = selected.trace.nodes.id(&intent.node)
            {
                let now = Verdict::of(&selected.trace, node);
                let confirmed = intent.verdict.broken.iter().filter(counts);
                if !now.broken.iter().filter(counts).eq(confirmed) {
                    let rules: Vec<String> = now.broken.iter().map(ToString::to_string).collect();
                    let node = intent.node.to_string();
                    return Err(Refusal::NoLongerFits {
                        node,
                        rules: rules.join("; "),
                    }
                    .into());
                }
                if now.prepared.iter().all(Prepared::is_ready) {
                    return Ok(pod);
                }
            }
            if Instant::now() >= deadline {
                return Err(Refusal::Lagging(LAG.as_secs()).into());
            }
            pause(&mut wait, Duration::from_millis(500)).await;
        }
    }
}
