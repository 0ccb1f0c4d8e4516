//! The thread that owns the cluster cache and the queue.
//!
//! ```text
//! watches ──changes──▶ ┐                 ┌──▶ View (latest wins)
//!                      ├─ Core (pure) ─▶ │
//! screen ──requests──▶ ┘                 └──▶ answers
//! ```
//! Changes come in, [`View`]s go out; both are plain values through channels, and no lock is held across them.
//! Decisions are made here and nowhere else while the program runs, so that a burst of changes never delays a key:
//! requests are served before changes, and judging the whole queue again is done in slices.

mod attempts;
mod core;
mod fits;
mod node_lines;
mod snapshot;
pub mod study;
mod summary;
pub mod synced;
pub mod view;

pub use core::Core;
pub use snapshot::Snapshot;
pub use view::View;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use crate::model::situation::Signs;
use crate::model::{Change, PodKey};
use crate::scheduling::Profiles;
use view::{Interest, Selected};

/// Changes that may wait to be applied before the watches are held back, in batches.
const CHANGE_BATCHES: usize = 64;
/// How many batches are applied before requests and publishing get their turn.
const BATCHES_A_TURN: usize = 16;
/// The shortest time between two views, unless a request asks for one.
const VIEW_INTERVAL: Duration = Duration::from_millis(33);
/// How long one slice of judging the queue may take.
const SLICE: Duration = Duration::from_millis(5);

/// A question to the engine.
#[derive(Debug)]
enum Request {
    Look(Interest),
    Judge(PodKey, oneshot::Sender<Option<Selected>>),
    JudgeBy(Option<Arc<str>>),
    AnswerFor(Vec<Arc<str>>),
    Signs(oneshot::Sender<BTreeMap<Arc<str>, Signs>>),
    Snapshot(oneshot::Sender<Option<Snapshot>>),
}

/// A handle on the running engine; clones share it. The engine ends when all are dropped.
#[derive(Clone, Debug)]
pub struct Engine {
    changes: mpsc::Sender<Vec<Change>>,
    requests: mpsc::UnboundedSender<Request>,
    views: watch::Receiver<Arc<View>>,
}

impl Engine {
    /// Starts the engine on a thread of its own, for pods of `scheduler_names`, which `profiles` judge. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(scheduler_names: &[Arc<str>], profiles: Profiles) -> std::io::Result<Self> {
        let (changes, changes_in) = mpsc::channel(CHANGE_BATCHES);
        let (requests, requests_in) = mpsc::unbounded_channel();
        let (views_out, views) = watch::channel(Arc::new(View::default()));
        let core = Core::new(scheduler_names, profiles);
        let runtime = tokio::runtime::Handle::current();
        std::thread::Builder::new().name("engine".into()).spawn(move || {
            let worker = Worker {
                core,
                changes: changes_in,
                requests: requests_in,
                views: views_out,
                unpublished: false,
                next_view: Instant::now(),
            };
            runtime.block_on(worker.run());
        })?;
        Ok(Self {
            changes,
            requests,
            views,
        })
    }

    /// Applies `changes`; waits where the engine is behind.
    pub async fn apply(&self, changes: Vec<Change>) {
        // It fails only where the engine's thread is gone, and then nobody is left to tell.
        let _ = self.changes.send(changes).await;
    }

    /// Tells what the screen looks at; the next view has it.
    pub fn look(&self, interest: Interest) {
        let _ = self.requests.send(Request::Look(interest));
    }

    /// Has the configured profile of that name judge every pod; each pod's own where there is none.
    pub fn judge_by(&self, profile: Option<Arc<str>>) {
        let _ = self.requests.send(Request::JudgeBy(profile));
    }

    /// Takes the pods of these schedulers for ours from now on.
    pub fn answer_for(&self, scheduler_names: Vec<Arc<str>>) {
        let _ = self.requests.send(Request::AnswerFor(scheduler_names));
    }

    /// What the pods tell of the schedulers that they belong to, by name; `None` before the first lists are complete.
    pub async fn signs(&self) -> Option<BTreeMap<Arc<str>, Signs>> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::Signs(reply)).ok()?;
        answer.await.ok()
    }

    /// Judges a waiting pod on the latest state; `None` where no such pod waits.
    pub async fn judge(&self, pod: PodKey) -> Option<Selected> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::Judge(pod, reply)).ok()?;
        answer.await.ok()?
    }

    /// The cluster as it is now; `None` before the first lists are complete.
    pub async fn snapshot(&self) -> Option<Snapshot> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::Snapshot(reply)).ok()?;
        answer.await.ok()?
    }

    /// The views as they are published; a slow reader sees the latest.
    pub fn views(&self) -> watch::Receiver<Arc<View>> {
        self.views.clone()
    }
}

struct Worker {
    core: Core,
    changes: mpsc::Receiver<Vec<Change>>,
    requests: mpsc::UnboundedReceiver<Request>,
    views: watch::Sender<Arc<View>>,
    /// Whether the core knows something that the last view does not.
    unpublished: bool,
    next_view: Instant,
}

impl Worker {
    async fn run(mut self) {
        while self.step().await {}
    }

    /// Takes in what has come, then works and publishes; waits where there is nothing to do. False at the end.
    async fn step(&mut self) -> bool {
        let wait = self.idle_until();
        tokio::select! {
            biased;
            request = self.requests.recv() => match request {
                Some(request) => self.serve(request),
                None => return false,
            },
            batch = self.changes.recv() => match batch {
                Some(batch) => self.take_in(batch),
                None => return false,
            },
            () = tokio::time::sleep_until(wait.into()) => {}
        }
        if self.core.work(Instant::now() + SLICE, Timestamp::now()) {
            self.unpublished = true;
        }
        if self.unpublished && Instant::now() >= self.next_view {
            self.publish();
        }
        true
    }

    /// When there is something to do even if nothing comes.
    fn idle_until(&self) -> Instant {
        const NOTHING: Duration = Duration::from_secs(3600);
        let now = Instant::now();
        let view = if self.unpublished {
            self.next_view
        } else {
            now + NOTHING
        };
        let tick = self.core.next_tick().map(|tick| {
            let left = tick.duration_since(Timestamp::now());
            now + Duration::try_from(left).unwrap_or_default().min(NOTHING)
        });
        let times = [self.core.next_work(now), tick].into_iter().flatten();
        times.fold(view, Instant::min)
    }

    fn take_in(&mut self, batch: Vec<Change>) {
        self.unpublished |= self.core.apply(batch);
        for _ in 1..BATCHES_A_TURN {
            match self.changes.try_recv() {
                Ok(batch) => self.unpublished |= self.core.apply(batch),
                Err(_) => break,
            }
        }
    }

    fn serve(&mut self, request: Request) {
        match request {
            Request::Look(interest) => {
                self.core.look(interest);
                self.publish();
            }
            Request::Judge(pod, reply) => {
                // The asker may have given up meanwhile.
                let _ = reply.send(self.core.judge(&pod, Timestamp::now()));
            }
            Request::JudgeBy(profile) => {
                self.core.judge_by(profile.as_deref());
                self.publish();
            }
            Request::AnswerFor(scheduler_names) => {
                self.core.answer_for(scheduler_names);
                self.publish();
            }
            Request::Signs(reply) => {
                // Dropped unanswered before the first lists are complete.
                if let Some(signs) = self.core.signs() {
                    let _ = reply.send(signs);
                }
            }
            Request::Snapshot(reply) => {
                let _ = reply.send(self.core.snapshot(Timestamp::now()));
            }
        }
    }

    fn publish(&mut self) {
        let begun = Instant::now();
        self.views
            .send_replace(Arc::new(self.core.view(Timestamp::now())));
        self.unpublished = false;
        // A view that is dear to make (very long queues) is made less often, so that it never takes most of the time.
        self.next_view = begun + VIEW_INTERVAL.max(begun.elapsed() * 4);
    }
}
