//! Clearing the node: nominating it, removing the pods one after the other.

use serde_json::json;

use crate::journal::Effect;
use crate::model::PodKey;
use crate::placing::outcome::{Refusal, Stage};
use crate::placing::placer::Placer;
use crate::placing::prepare::Work;
use crate::scheduling::Room;

impl Placer {
    /// Nominates the node for a pod of `scheduler`, takes lower nominations away, removes the pods.
    pub(in crate::placing) async fn remove_all(
        &self,
        work: &Work<'_>,
        scheduler: &str,
        room: &Room,
        removed: &mut Vec<PodKey>,
    ) -> Result<(), Refusal> {
        // Where it cannot be nominated others would take the room that is made.
        self.nominate_for_room(work).await?;
        for (other, uid) in &room.outranked {
            (work.progress)(Stage::Preparing(
                format!("taking the nomination of {other} away").into(),
            ));
            let body = json!({"metadata": {"uid": &**uid}, "status": {"nominatedNodeName": null}});
            let effect = Effect::NominationCleared {
                pod: other.to_string(),
            };
            match self.patch_pod_status(work, other, body, effect).await {
                Err(refusal @ Refusal::NoJournal(_)) => return Err(refusal),
                // As upstream: it is a courtesy.
                Err(refusal) => tracing::warn!(%refusal, %other, "it stays nominated"),
                Ok(()) => {}
            }
        }
        let all = room.victims.len();
        for (at, victim) in room.victims.iter().enumerate() {
            if self.cancel.is_cancelled() {
                return Err(Refusal::Cancelled);
            }
            self.guard(work.judge, work.intent).await?;
            let text = format!("removing {} ({} of {all})", victim.key, at + 1);
            (work.progress)(Stage::Preparing(text.into()));
            if self.remove(work, scheduler, victim).await? {
                removed.push(victim.key.clone());
            }
        }
        Ok(())
    }

    /// Says in the pod's status that the room on the node is for it.
    pub(super) async fn nominate_for_room(&self, work: &Work<'_>) -> Result<(), Refusal> {
        let node = &*work.intent.node;
        (work.progress)(Stage::Preparing(format!("nominating {node}").into()));
        let body = json!({"metadata": {"uid": &*work.intent.uid}, "status": {"nominatedNodeName": node}});
        self.patch_pod_status(work, &work.intent.pod, body, Effect::Nominated)
            .await
    }
}
