//! Ending a wait from outside.

use std::sync::Arc;

use tokio::sync::watch;

/// Ends the waits of a placement: what was prepared is then undone. Clones are the same.
#[derive(Clone, Debug)]
pub struct Cancel(Arc<watch::Sender<bool>>);

impl Default for Cancel {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Cancel {
    /// Ends the waits.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Whether they are ended.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Comes back once they are ended.
    pub(super) async fn cancelled(&self) {
        let mut ended = self.0.subscribe();
        // The sender is ours, so that it cannot be gone.
        let _ = ended.wait_for(|ended| *ended).await;
    }
}
