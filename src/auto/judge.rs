//! What placing asks a scheduler's loop.

use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use super::scheduler::Word;
use crate::engine::view::Selected;
use crate::model::PodKey;
use crate::model::situation::Signs;
use crate::placing::{Judge, Unready};
use crate::scheduling::{Preparation, room};

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

    fn prepare(
        &self,
        _: PodKey,
        _: Arc<str>,
        _: Vec<&'static str>,
    ) -> BoxFuture<'_, Option<Result<Preparation, Unready>>> {
        Box::pin(async { None })
    }

    fn signs(&self, _: Arc<str>) -> BoxFuture<'_, Option<Signs>> {
        Box::pin(async { None })
    }

    fn room(&self, _: PodKey, _: Arc<str>) -> BoxFuture<'_, Option<room::Judged>> {
        Box::pin(async { None })
    }
}
