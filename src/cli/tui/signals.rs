//! Signals that end the program.

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for SIGINT, SIGTERM, SIGHUP and SIGQUIT.
pub(in crate::cli) struct Signals([Signal; 4]);

impl Signals {
    /// Listens from now on; the signals no longer kill the program.
    ///
    /// # Errors
    /// Where the system does not let it.
    pub(in crate::cli) fn new() -> Result<Self> {
        let on = |kind| signal(kind).context("listening for signals");
        Ok(Self([
            on(SignalKind::interrupt())?,
            on(SignalKind::terminate())?,
            on(SignalKind::hangup())?,
            on(SignalKind::quit())?,
        ]))
    }

    /// Returns when one of them came.
    pub(in crate::cli) async fn next(&mut self) {
        let [interrupt, terminate, hang_up, quit] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
            _ = quit.recv() => {}
        }
    }
}
