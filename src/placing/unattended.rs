//! Placing without a person: what a scheduler's loop has decided a moment ago is carried out, and nothing is asked again.
//!
//! The Binding holds the pod's uid and resourceVersion all the same, so that a pod which changed meanwhile is refused by the
//! API server and judged anew. No journal is kept: a scheduler's records are its events.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::diary::Diary;
use super::intent::Intent;
use super::outcome::{Outcome, Refusal, Stage};
use super::placer::{Judge, Placer};
use super::prepare::Work;
use crate::engine::view::Selected;
use crate::journal::{Begun, Nowhere};
use crate::model::PodKey;
use crate::scheduling::{Preparation, Room};

impl Placer {
    /// Prepares what the pod of `intent` needs, and binds it; undoes what was prepared where it is not bound. `judge`
    /// tells whether the node still fits once all is prepared; `progress` is told each stage.
    ///
    /// Dropping the future leaves open what happened: let it end.
    ///
    /// # Errors
    /// Why it is not bound, or not known to be.
    pub async fn bind_unattended(
        &self,
        judge: &dyn Judge,
        intent: &Intent,
        preparation: Option<&Preparation>,
        progress: &(dyn Fn(Stage) + Sync),
    ) -> Result<(), Box<Outcome>> {
        let diary = Diary::new(Arc::new(Nowhere), Begun::default());
        let work = Work {
            judge,
            intent,
            diary: &diary,
            progress,
        };
        self.carry_out(&work, preparation, &BTreeMap::new()).await
    }

    /// Binds the pod of `intent` and does nothing else: for schedulers that know of Bindings alone.
    ///
    /// # Errors
    /// As [`Placer::bind_unattended`].
    pub async fn bind_plainly(&self, intent: &Intent) -> Result<(), Box<Outcome>> {
        self.bind_unattended(&Nobody, intent, None, &|_| {}).await
    }

    /// Makes `room` for the pod of `intent`, which is `scheduler`'s: nominates the node, takes lower nominations away,
    /// removes the victims. Does not wait until they are gone. Gives the pods that were deleted.
    ///
    /// # Errors
    /// Why it could not go on, with the pods that were deleted by then.
    pub async fn make_room_unattended(
        &self,
        intent: &Intent,
        scheduler: &str,
        room: &Room,
    ) -> (Vec<PodKey>, Result<(), Refusal>) {
        let diary = Diary::new(Arc::new(Nowhere), Begun::default());
        let work = Work {
            // Nothing is adopted, so that there is nobody to look out for.
            judge: &Nobody,
            intent,
            diary: &diary,
            progress: &|_| {},
        };
        let mut removed = Vec::new();
        let made = self.remove_all(&work, scheduler, room, &mut removed).await;
        (removed, made)
    }
}

/// Judges nothing.
struct Nobody;

impl Judge for Nobody {
    fn judge(&self, _: PodKey) -> BoxFuture<'_, Option<Selected>> {
        Box::pin(async { None })
    }
}
