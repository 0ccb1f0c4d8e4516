//! What one placement writes into the journal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use jiff::Timestamp;
use serde_json::Value;

use super::outcome::{Outcome, Refusal};
use crate::cluster::request::RequestError;
use crate::journal::Record;
use crate::journal::entry::{self, Begun, Effect, Entry, Step};

/// The journal, opened at one placement.
#[derive(Debug)]
pub(super) struct Diary {
    journal: Arc<dyn Record>,
    id: String,
    begun: std::sync::Mutex<Option<Box<Begun>>>,
    has_begun: AtomicBool,
    requests: AtomicU32,
}

/// A request that is written down.
pub(super) struct Written(u32);

impl Diary {
    /// For the placement `begun`, of which nothing is written down until something is to be sent.
    pub(super) fn new(journal: Arc<dyn Record>, begun: Begun) -> Self {
        Self {
            journal,
            id: entry::new_id(Timestamp::now(), fastrand::u32(..)),
            begun: std::sync::Mutex::new(Some(Box::new(begun))),
            has_begun: AtomicBool::new(false),
            requests: AtomicU32::new(0),
        }
    }

    /// The placement's name, which no other has.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Writes down what is about to be sent.
    ///
    /// # Errors
    /// Where it cannot be written: then it must not be sent.
    pub(super) async fn sends(
        &self,
        verb: &'static str,
        path: &str,
        body: Value,
        effect: Effect,
    ) -> Result<Written, Refusal> {
        let begun = self
            .begun
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        if let Some(begun) = begun {
            let written = self.write(Step::Begun(begun.clone())).await;
            if let Err(error) = written {
                *self
                    .begun
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(begun);
                return Err(cannot(&error));
            }
            self.has_begun.store(true, Ordering::SeqCst);
        }
        let request = self.requests.fetch_add(1, Ordering::SeqCst) + 1;
        let step = Step::Sent {
            request,
            verb: verb.to_owned(),
            path: path.to_owned(),
            body,
            effect: Some(effect),
        };
        self.write(step).await.map_err(|error| cannot(&error))?;
        Ok(Written(request))
    }

    /// Writes down the answer. Where that fails the cluster still tells what was done.
    pub(super) async fn answered<T>(&self, Written(request): Written, answer: &Result<T, RequestError>) {
        let (status, error) = match answer {
            Ok(_) => (Some(200), String::new()),
            Err(RequestError::Status(refused)) => (Some(refused.code), refused.message.clone()),
            Err(RequestError::Lost { why, .. }) => (None, why.clone()),
            Err(RequestError::Unreadable(why)) => (Some(200), why.clone()),
        };
        self.note(Step::Answered {
            request,
            status,
            error,
        })
        .await;
    }

    /// Writes down that it was not sent after all.
    pub(super) async fn not_sent(&self, Written(request): Written, why: &Refusal) {
        self.note(Step::Answered {
            request,
            status: None,
            error: format!("not sent: {why}"),
        })
        .await;
    }

    /// Writes down how it ended, if it had begun.
    pub(super) async fn ended(&self, outcome: &Outcome) {
        if !self.has_begun.load(Ordering::SeqCst) {
            return;
        }
        let (word, text, posted) = match outcome {
            Outcome::Placed { event_error, .. } => (
                entry::Outcome::Placed,
                event_error.clone().unwrap_or_default(),
                event_error.is_none(),
            ),
            Outcome::Refused(refusal) => (entry::Outcome::NotPlaced, refusal.to_string(), false),
            Outcome::Unknown { error, .. } => (entry::Outcome::Unknown, error.clone(), false),
            Outcome::Changed { .. } => (
                entry::Outcome::NotPlaced,
                "the decision changed".to_owned(),
                false,
            ),
            Outcome::DryRun { .. } => return,
        };
        if posted {
            self.note(Step::Posted).await;
        }
        self.note(Step::Ended { outcome: word, text }).await;
    }

    /// Writes down how it ended in these words, if it had begun.
    pub(super) async fn closed(&self, outcome: entry::Outcome, text: String) {
        if self.has_begun.load(Ordering::SeqCst) {
            self.note(Step::Ended { outcome, text }).await;
        }
    }

    /// Writes down what came to pass. Where that fails the cluster still tells.
    pub(super) async fn note(&self, step: Step) {
        if let Err(error) = self.write(step).await {
            tracing::warn!(%error, "cannot write to the journal");
        }
    }

    async fn write(&self, step: Step) -> Result<(), std::io::Error> {
        if !self.journal.keeps() {
            return Ok(());
        }
        let entry = Entry {
            at: Timestamp::now(),
            id: self.id.clone(),
            step,
        };
        let journal = Arc::clone(&self.journal);
        // A disk may take its time.
        tokio::task::spawn_blocking(move || journal.write(&entry))
            .await
            .map_err(std::io::Error::other)?
    }
}

fn cannot(error: &std::io::Error) -> Refusal {
    Refusal::NoJournal(error.to_string())
}
