//! What a scheduler does to the cluster: Bindings, events, conditions, room. Each in a task of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures::StreamExt as _;
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinHandle;

use super::happened::{Happened, Tell};
use super::judge::Asking;
use super::metrics::Metrics;
use super::scheduler::Word;
use super::world::{Binding, Failure};
use crate::cluster::events::{PodEvent, Posting};
use crate::cluster::{Connection, Identity};
use crate::model::{Pod, PodKey};
use crate::placing::telling::{self, Told};
use crate::placing::{Intent, Outcome, Placer, Refusal, Stage, Verdict};
use crate::scheduling::Room;

/// Events that are posted at once.
const POSTING: usize = 16;
/// Events that may wait to be posted before Bindings are held back.
const TO_POST: usize = 10_000;

/// See the module. Clones share everything.
#[derive(Clone)]
pub(super) struct Effects {
    placers: Arc<[Placer]>,
    next: Arc<AtomicUsize>,
    words: mpsc::UnboundedSender<Word>,
    events: mpsc::Sender<(Posting, Option<PodKey>)>,
    told: Arc<Told>,
    tell: Tell,
    metrics: Arc<Metrics>,
}

/// The task that posts events; it ends once all are posted and no [`Effects`] are left.
pub(super) type Poster = JoinHandle<()>;

impl Effects {
    /// Over `connections`, of which there is one at least.
    pub(super) fn new(
        connections: &[Connection],
        scheduler_names: &[Arc<str>],
        words: mpsc::UnboundedSender<Word>,
        tell: Tell,
        metrics: Arc<Metrics>,
    ) -> (Self, Poster) {
        let mut placers: Vec<Placer> = Vec::with_capacity(connections.len());
        for connection in connections {
            placers.push(match placers.first() {
                Some(first) => first.over(connection.clone()),
                // Nobody is named on the pods: they look as those that kube-scheduler placed.
                None => Placer::new(connection.clone(), Identity::default(), scheduler_names.to_vec()),
            });
        }
        let placers: Arc<[Placer]> = placers.into();
        let (events, to_post) = mpsc::channel(TO_POST);
        let effects = Self {
            next: Arc::default(),
            words,
            events,
            told: Arc::default(),
            tell: Arc::clone(&tell),
            metrics,
            placers: Arc::clone(&placers),
        };
        (effects, tokio::spawn(post(to_post, placers, tell)))
    }

    fn placer(&self) -> &Placer {
        let at = self.next.fetch_add(1, Ordering::Relaxed) % self.placers.len();
        &self.placers[at]
    }

    /// Ends the waits of all that is being prepared; it is undone.
    pub(super) fn cancel(&self) {
        // All have the same.
        if let Some(placer) = self.placers.first() {
            placer.cancel.cancel();
        }
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
            .placer()
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
        let _ = self.events.send((posting, Some(pod.key.clone()))).await;
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
            let _ = self.events.send((event, None)).await;
        }
        if let Some(condition) = telling.condition {
            let connection = &self.placer().connection;
            if let Err(error) = telling::write_condition(connection, pod, &condition).await {
                (self.tell)(Happened::Trouble(error.to_string()));
            }
        }
    }

    /// Whether it was made.
    async fn make_room(&self, pod: &Pod, room: &Room) -> bool {
        let intent = intent(pod, &room.node, Verdict::default());
        let scheduler = &pod.spec.scheduler_name;
        let (victims, made) = self.placer().make_room_unattended(&intent, scheduler, room).await;
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

async fn post(mut to_post: mpsc::Receiver<(Posting, Option<PodKey>)>, placers: Arc<[Placer]>, tell: Tell) {
    let events = futures::stream::poll_fn(move |context| to_post.poll_recv(context));
    let numbered = events.enumerate();
    numbered
        .for_each_concurrent(POSTING, |(at, (event, scheduled))| {
            let (placers, tell) = (&placers, &tell);
            async move {
                let connection = &placers[at % placers.len()].connection;
                match (connection.post_event(&event).await, scheduled) {
                    (Ok(()), Some(pod)) => tell(Happened::Posted(pod)),
                    (Ok(()), None) => {}
                    (Err(error), _) => tell(Happened::Trouble(error.to_string())),
                }
            }
        })
        .await;
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
