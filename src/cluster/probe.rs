//! Does the API server answer at all?
//!
//! A watch that is silent says nothing: perhaps nothing happens, perhaps the server is frozen or the cable is out.
//! A small request every few seconds tells which.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::task::JoinHandle;

use super::connect::Connection;
use super::error::{Action, ClusterError};

const EVERY: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether the API server answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Pulse {
    /// It was not asked yet.
    Unknown,
    /// It answers.
    Answers {
        /// When it last did.
        at: Timestamp,
        /// How long it took.
        latency: Duration,
    },
    /// It does not.
    Silent {
        /// When the first question was asked that it did not answer.
        since: Timestamp,
        /// Why.
        error: String,
    },
}

impl Pulse {
    /// Whether it is known not to answer.
    pub const fn is_silent(&self) -> bool {
        matches!(self, Self::Silent { .. })
    }
}

/// The probe; it ends when this is dropped. Its findings are [`Connection::pulse`].
#[derive(Debug)]
pub struct Probe(JoinHandle<()>);

impl Drop for Probe {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts asking the API server for a sign of life every few seconds.
pub fn start(connection: &Connection) -> Probe {
    let connection = connection.clone();
    Probe(tokio::spawn(async move {
        loop {
            let (at, asked) = (Timestamp::now(), Instant::now());
            let answer = connection.knock("/livez", PATIENCE).await;
            let latency = asked.elapsed();
            connection.pulse_sender().send_modify(|pulse| {
                *pulse = match answer {
                    Ok(()) => Pulse::Answers {
                        at: Timestamp::now(),
                        latency,
                    },
                    Err(error) => Pulse::Silent {
                        since: match pulse {
                            Pulse::Silent { since, .. } => *since,
                            _ => at,
                        },
                        error: ClusterError::new(
                            &Action::free("asking for a sign of life"),
                            connection.server(),
                            error,
                        )
                        .to_string(),
                    },
                };
            });
            tokio::time::sleep(EVERY.saturating_sub(latency).max(Duration::from_secs(1))).await;
        }
    }))
}
