//! What a scheduler does to the cluster: Bindings, events, conditions, room. Each in a task of its own.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinHandle;

use super::happened::{Happened, Tell};
use super::judge::Asking;
use super::metrics::Metrics;
use super::poster::{self, ToPost};
use super::scheduler::Word;
use super::world::{Binding, Failure};
use crate::cluster::events::PodEvent;
use crate::cluster::{Connection, Identity};
use crate::model::Pod;
use crate::placing::telling::{self, Told};
use crate::placing::{Intent, Outcome, Placer, Refusal, Stage, Verdict};
use crate::scheduling::Room;

/// See the module. Clones share everything.
#[derive(Clone)]
pub(super) struct Effects {
    placer: Arc<Placer>,
    words: mpsc::UnboundedSender<Word>,
    events: mpsc::Sender<ToPost>,
    told: Arc<Told>,
    tell: Tell,
    metrics: Arc<Metrics>,
}

impl Effects {
    /// What is done over `connection`, and the task that posts events: it ends once all are posted and no [`Effects`] are
    /// left.
    pub(super) fn new(
        connection: &Connection,
        scheduler_names: &[Arc<str>],
        words: mpsc::UnboundedSender<Word>,
        tell: Tell,
        metrics: Arc<Metrics>,
    ) -> (Self, JoinHandle<()>) {
        let (events, poster) = poster::start(connection.clone(), Arc::clone(&tell));
        // Nobody is named on the pods: they look as those that kube-scheduler placed.
        let placer = Placer::new(connection.clone(), Identity::default(), scheduler_names.to_vec());
        let effects = Self {
            placer: Arc::new(placer),
            words,
            events,
            told: Arc::default(),
            tell,
            metrics,
        };
        (effects, poster)
    }

    /// Ends the waits of all that is being prepared; it is undone.
    pub(super) fn cancel(&self) {
        self.placer.cancel.cancel();
    }

    /// Prepares and binds, and says what became of it. While it waits for others, who may take minutes, `turn` is somebody else's.
    pub(super) async fn bind(self, binding: Binding, turn: Option<OwnedSemaphorePermit>) {
        let Binding {
            pod,
            node,
            verdict,
            preparation,
        } = binding;
        let begun = Instant::now();
        let judge = Asking(self.words.clone());
        let intent = intent(&pod, &node, verdict);
        let turn = Mutex::new(turn);
        let progress = |stage| {
            if matches!(stage, Stage::Waiting(_)) {
                turn.lock().unwrap_or_else(PoisonError::into_inner).take();
            }
        };
        let bound = self
            .placer
            .bind_unattended(&judge, &intent, preparation.as_ref(), &progress)
            .await;
        self.metrics.binding_took(begun.elapsed());
        let word = match bound {
            Err(ended) if !is_there(&ended, &node) => {
                let (text, is_news) = complaint(&ended);
                Word::NotBound(pod, text, is_news)
            }
            _ => {
                self.has_bound(&pod, &node).await;
                Word::Bound(pod)
            }
        };
        // Fails only where the loop is over.
        let _ = self.words.send(word);
    }

    async fn has_bound(&self, pod: &Pod, node: &Arc<str>) {
        self.told.forget(&pod.key);
        self.metrics.placed(pod);
        (self.tell)(Happened::Bound(pod.key.clone(), Arc::clone(node)));
        let event = PodEvent::scheduled(pod.key.clone(), &pod.uid, node, &pod.spec.scheduler_name);
        let posting = event.at(Timestamp::now());
        let _ = self
            .events
            .send(ToPost::of_a_placement(posting, pod.key.clone()))
            .await;
    }

    /// Says on the pod, and in an event, why it is not placed, and makes the room that was found.
    pub(super) async fn fail(self, failure: Failure) {
        self.tell_failure(&failure).await;
        let Failure {
            pod, blamed, room, ..
        } = failure;
        if let Some(room) = room {
            let made = self.make_room(&pod, &room).await;
            let _ = self.words.send(Word::Room { pod, made, blamed });
        }
    }

    async fn tell_failure(&self, failure: &Failure) {
        let Failure {
            pod,
            message,
            fits_nowhere,
            ..
        } = failure;
        (self.tell)(Happened::Unplaced {
            pod: pod.key.clone(),
            fits_nowhere: *fits_nowhere,
            message: message.as_str().into(),
        });
        let telling = self.told.telling(pod, *fits_nowhere, message, Timestamp::now());
        if let Some(event) = telling.event {
            // Fails only at the end.
            let _ = self.events.send(ToPost::from(event)).await;
        }
        if let Some(condition) = telling.condition {
            let connection = &self.placer.connection;
            if let Err(error) = telling::write_condition(connection, pod, &condition).await {
                (self.tell)(Happened::Trouble(error.to_string()));
            }
        }
    }

    /// Whether it was made.
    async fn make_room(&self, pod: &Pod, room: &Room) -> bool {
        let intent = intent(pod, &room.node, Verdict::default());
        let scheduler = &pod.spec.scheduler_name;
        let (victims, made) = self.placer.make_room_unattended(&intent, scheduler, room).await;
        self.metrics.preempted(victims.len());
        if !victims.is_empty() {
            (self.tell)(Happened::Preempted {
                pod: pod.key.clone(),
                node: Arc::clone(&room.node),
                victims,
            });
        }
        if let Err(refusal) = &made {
            let text = format!("making room for {} on {}: {refusal}", pod.key, room.node);
            (self.tell)(Happened::Trouble(text));
        }
        made.is_ok()
    }
}

fn intent(pod: &Pod, node: &Arc<str>, verdict: Verdict) -> Intent {
    Intent {
        pod: pod.key.clone(),
        uid: Arc::clone(&pod.uid),
        resource_version: Arc::clone(&pod.resource_version),
        node: Arc::clone(node),
        verdict,
        reason: None,
        adoption: None,
        insists: false,
    }
}

/// Whether the pod is on `node` all the same: the answer to its Binding was lost.
fn is_there(ended: &Outcome, node: &str) -> bool {
    let Outcome::Refused(refusal) = ended else {
        return false;
    };
    matches!(refusal.cause(), Refusal::AlreadyBound { node: there } if **there == *node)
}

/// What is said of a Binding that did not come about, and whether it is worth an event: a pod that changed, or is gone, is
/// merely looked at again.
fn complaint(outcome: &Outcome) -> (String, bool) {
    match outcome {
        Outcome::Refused(refusal) => {
            let quiet = matches!(
                refusal.cause(),
                Refusal::PodGone
                    | Refusal::PodReplaced
                    | Refusal::PodChanged
                    | Refusal::AlreadyBound { .. }
                    | Refusal::Deleting
                    | Refusal::Over(_)
                    | Refusal::Lagging(_)
                    | Refusal::Cancelled
            );
            (format!("binding rejected: {refusal}"), !quiet)
        }
        Outcome::Unknown { error, .. } => (format!("binding rejected: {error}"), false),
        Outcome::Changed { .. } => ("the decision changed".to_owned(), false),
        Outcome::Placed { .. } | Outcome::DryRun { .. } => (String::new(), false),
    }
}
