//! Judging again before anybody is removed, and what that says of what was confirmed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{LAG, Preemption, Stop, violated};
use crate::model::PodKey;
use crate::placing::facts::PodFacts;
use crate::placing::intent::Intent;
use crate::placing::outcome::Refusal;
use crate::placing::placer::{Judge, Placer, pause};
use crate::scheduling::Room;
use crate::scheduling::room::Judged;

/// What was found when it was judged again.
pub(super) enum Found {
    /// The pod fits by now.
    Fits,
    /// Pods are on their way out for it already.
    Leaving(Vec<(PodKey, Arc<str>)>),
    /// What was confirmed.
    Room(Room),
}

impl Placer {
    /// Judges the pod on a state that holds it as the API server has it.
    pub(super) async fn judge_room(
        &self,
        judge: &dyn Judge,
        intent: &Intent,
    ) -> Result<(PodFacts, Judged), Refusal> {
        let deadline = Instant::now() + LAG;
        let mut wait = Duration::from_millis(20);
        loop {
            let judged = judge.room(intent.pod.clone(), Arc::clone(&intent.node)).await;
            let pod = self.read_pod(intent).await?;
            if let Some(judged) = judged
                && *judged.pod.resource_version == *pod.metadata.resource_version
            {
                return Ok((pod, judged));
            }
            if Instant::now() >= deadline {
                return Err(Refusal::Lagging(LAG.as_secs()));
            }
            pause(&mut wait, Duration::from_millis(500)).await;
        }
    }
}

/// What holds now, against what was confirmed.
pub(super) fn found(wish: &Preemption, judged: Judged) -> Result<Found, Stop> {
    let Judged {
        pod,
        trace,
        room,
        leaving,
    } = judged;
    let node = &wish.room.node;
    let Some(id) = trace.nodes.id(node) else {
        return Err(Refusal::NodeGone(node.to_string()).into());
    };
    if trace.feasible_index(id).is_some() {
        return Ok(Found::Fits);
    }
    let Some(room) = room else {
        let nominated = pod.nominated_node.as_deref() == Some(&**node);
        if nominated && !leaving.is_empty() {
            return Ok(Found::Leaving(leaving));
        }
        return Err(Stop::Changed(None));
    };
    if wish.room.differs_from(&room) {
        return Err(Stop::Changed(Some(Box::new(room))));
    }
    if room.violates() && !wish.violates {
        return Err(Refusal::Budgets(violated(&room).join(", ")).into());
    }
    Ok(Found::Room(room))
}
