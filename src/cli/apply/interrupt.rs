//! Ctrl-C while a plan is carried out: the placement under way comes to its end, and no other begins.

use tokio::sync::watch;
use tokio::time::Instant;

pub(super) struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Listens from now on; Ctrl-C no longer kills the program.
    pub(super) fn listen() -> Self {
        let (came, receiver) = watch::channel(false);
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                let _ = came.send(true);
            }
            // Whoever waits would otherwise be woken for nothing.
            came.closed().await;
        });
        Self(receiver)
    }

    /// Waits until `time`, or until Ctrl-C comes; whether it came.
    pub(super) async fn came_before(&self, time: Instant) -> bool {
        let mut receiver = self.0.clone();
        tokio::select! {
            biased;
            came = receiver.wait_for(|came| *came) => came.is_ok(),
            () = tokio::time::sleep_until(time) => false,
        }
    }
}
