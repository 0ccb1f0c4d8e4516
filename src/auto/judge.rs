//! What placing asks a scheduler's loop.

use futures::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use super::scheduler::Word;
use crate::engine::view::Selected;
use crate::model::PodKey;
use crate::placing::Judge;

/// Asks the loop. What the loop has decided already is not asked again, so that only [`Judge::judge`] has an answer.
#[derive(Clone, Debug)]
pub(super) struct Asking(pub(super) mpsc::UnboundedSender<Word>);

impl Judge for Asking {
    fn judge(&self, pod: PodKey) -> BoxFuture<'_, Option<Selected>> {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            self.0.send(Word::Judge(pod, reply)).ok()?;
            answer.await.ok()?
        })
    }
}
