//! The loop.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;

use super::effects::Effects;
use super::happened::{Happened, Tell};
use super::metrics::{Metrics, Result as Attempted};
use super::world::{Attempt, Failure, World};
use crate::cluster::Connection;
use crate::cluster::watch::{self, FeedEvent, WatchKind};
use crate::engine::view::Selected;
use crate::model::{Pod, PodKey};
use crate::scheduling::Profiles;

/// Batches of changes that may wait.
const FEED: usize = 64;
/// How many of them are taken in before pods get their turn.
const BATCHES_A_TURN: usize = 16;
/// For how long pods are tried before what came in meanwhile is looked at.
const SLICE: Duration = Duration::from_millis(5);
/// How long what is under way may take once the loop is to stop.
const GRACE: Duration = Duration::from_secs(30);
/// How often a pod is tried by a scheduler that is to go through the queue once.
const TRIES_ONCE: u32 = 3;

/// What a scheduler works by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose pods it places.
    pub scheduler_names: Vec<Arc<str>>,
    /// What judges them.
    pub profiles: Profiles,
    /// Draws among nodes that are best alike.
    pub seed: u64,
    /// Whether it ends once every pod had its turn.
    pub once: bool,
    /// How many pods may be prepared and bound at once, those aside that wait for volumes and devices to be made ready; one
    /// that is not placed counts, too, until that is written on it.
    pub bindings: usize,
}

/// A scheduler that places without asking.
#[derive(Debug)]
pub struct Scheduler {
    connection: Connection,
    settings: Settings,
    metrics: Arc<Metrics>,
}

/// How it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Pods that were bound.
    pub bound: usize,
    /// Pods of ours that wait still; gated ones do not count.
    pub left: usize,
}

/// What the loop is told, and asked.
pub(super) enum Word {
    Bound(Arc<Pod>),
    /// With why, and whether that is to be told.
    NotBound(Arc<Pod>, String, bool),
    /// Room was made for the pod, or not; these plugins rejected it.
    Room {
        pod: Arc<Pod>,
        made: bool,
        blamed: Vec<&'static str>,
    },
    Judge(PodKey, oneshot::Sender<Option<Selected>>),
}

impl Scheduler {
    /// Over `connection`.
    pub fn new(connection: Connection, settings: Settings) -> Self {
        Self {
            connection,
            settings,
            metrics: Arc::default(),
        }
    }

    /// Counts in `metrics`.
    #[must_use]
    pub fn counting_in(mut self, metrics: Arc<Metrics>) -> Self {
        self.metrics = metrics;
        self
    }

    /// Places pods until `stop` is done, or, where it goes through the queue once, until that is done; then lets what is
    /// under way end. `tell` is told everything.
    pub async fn run(self, stop: impl Future<Output = ()>, tell: Tell) -> Ended {
        let Self {
            connection,
            settings,
            metrics,
        } = self;
        let (feed_in, feed) = mpsc::channel(FEED);
        let kinds = WatchKind::all();
        let watches = watch::start(&connection, kinds, &feed_in);
        drop(feed_in);
        let (words_in, words) = mpsc::unbounded_channel();
        let (effects, poster) = Effects::new(
            &connection,
            &settings.scheduler_names,
            words_in,
            Arc::clone(&tell),
            Arc::clone(&metrics),
        );
        let rng = Rng::with_seed(settings.seed);
        let mut run = Run {
            world: World::new(settings.scheduler_names, settings.profiles, rng),
            feed,
            words,
            tasks: JoinSet::new(),
            free: Arc::new(Semaphore::new(settings.bindings.max(1))),
            once: settings.once,
            effects,
            tell,
            metrics,
            ended: Ended::default(),
        };
        let mut stop = pin!(stop);
        while run.step(stop.as_mut()).await {}
        drop(watches);
        let ended = run.finish().await;
        // All that could be said is said, or was lost with the API server.
        let _ = tokio::time::timeout(GRACE, poster).await;
        ended
    }
}

struct Run {
    world: World,
    feed: mpsc::Receiver<FeedEvent>,
    words: mpsc::UnboundedReceiver<Word>,
    tasks: JoinSet<()>,
    /// How many more pods may be written to.
    free: Arc<Semaphore>,
    once: bool,
    effects: Effects,
    tell: Tell,
    metrics: Arc<Metrics>,
    ended: Ended,
}

impl Run {
    /// One turn; false at the end.
    async fn step(&mut self, stop: std::pin::Pin<&mut impl Future<Output = ()>>) -> bool {
        let tick = self.world.tick(Timestamp::now());
        let work = self.can_work();
        let crowded = !work && !self.world.is_idle();
        let free = Arc::clone(&self.free);
        if self.once && self.world.is_settled(TRIES_ONCE) && self.tasks.is_empty() {
            return false;
        }
        let wait = async {
            if work {
                tokio::task::yield_now().await;
                return;
            }
            let left = tick.map(|tick| tick.duration_since(Timestamp::now()));
            match left {
                Some(left) => tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = stop => return false,
            Some(word) = self.words.recv() => self.hear(word),
            event = self.feed.recv() => match event {
                Some(event) => self.take_in(event),
                None => return false,
            },
            Some(_) = self.tasks.join_next() => {}
            _ = free.acquire(), if crowded => {}
            () = wait => {}
        }
        while let Ok(word) = self.words.try_recv() {
            self.hear(word);
        }
        for _ in 1..BATCHES_A_TURN {
            match self.feed.try_recv() {
                Ok(event) => self.take_in(event),
                Err(_) => break,
            }
        }
        while self.tasks.try_join_next().is_some() {}
        let begun = Instant::now();
        while self.can_work() && begun.elapsed() < SLICE {
            self.attempt();
        }
        self.metrics.pending(|| self.world.pending());
        true
    }

    fn can_work(&self) -> bool {
        self.free.available_permits() > 0 && !self.world.is_idle()
    }

    fn take_in(&mut self, event: FeedEvent) {
        match event {
            FeedEvent::Changes(changes) => {
                let before = self.world.is_synced();
                self.world.take_in(changes, Timestamp::now());
                if !before && self.world.is_synced() {
                    self.metrics.is_ready();
                }
            }
            FeedEvent::Status(kind, status) => (self.tell)(Happened::Watch(kind, status)),
        }
    }

    fn attempt(&mut self) {
        let begun = Instant::now();
        let now = Timestamp::now();
        match self.world.next(now) {
            None => {}
            Some(Attempt::Bind(binding)) => {
                let key = binding.pod.key.clone();
                self.metrics.attempted(
                    &binding.pod.spec.scheduler_name,
                    Attempted::Scheduled,
                    begun.elapsed(),
                );
                (self.tell)(Happened::Chosen(key, Arc::clone(&binding.node)));
                let turn = Arc::clone(&self.free).try_acquire_owned().ok();
                self.tasks.spawn(self.effects.clone().bind(*binding, turn));
            }
            Some(Attempt::Fails(failure)) => {
                let turn = Arc::clone(&self.free).try_acquire_owned().ok();
                self.fail(*failure, turn, begun.elapsed());
            }
        }
    }

    fn fail(&mut self, failure: Failure, turn: Option<OwnedSemaphorePermit>, took: Duration) {
        let result = if failure.fits_nowhere {
            Attempted::Unschedulable
        } else {
            Attempted::Error
        };
        let pod = Arc::clone(&failure.pod);
        self.metrics.attempted(&pod.spec.scheduler_name, result, took);
        let now = Timestamp::now();
        match &failure.room {
            // It stays in hand until the room is made: what happens meanwhile is not lost on it.
            Some(room) => self.world.nominate(&pod.key, room, now),
            None => self.world.failed(&pod, &failure.blamed, now),
        }
        let fail = self.effects.clone().fail(failure);
        self.tasks.spawn(async move {
            fail.await;
            drop(turn);
        });
    }

    fn hear(&mut self, word: Word) {
        let now = Timestamp::now();
        match word {
            Word::Bound(pod) => {
                self.ended.bound += 1;
                self.world.bound(&pod, now);
            }
            Word::NotBound(pod, message, is_news) => {
                self.world.failed(&pod, &[], now);
                if is_news {
                    let failure = Failure::error(pod, message);
                    self.tasks.spawn(self.effects.clone().fail(failure));
                }
            }
            Word::Room { pod, made, blamed } => {
                if !made {
                    self.world.give_up_room(&pod.key, now);
                }
                self.world.failed(&pod, &blamed, now);
            }
            Word::Judge(key, reply) => {
                // The asker may have given up.
                let _ = reply.send(self.world.judge(&key, now));
            }
        }
    }

    /// Lets what is under way end: waits are ended, and what was prepared is undone.
    async fn finish(mut self) -> Ended {
        self.effects.cancel();
        let deadline = tokio::time::Instant::now() + GRACE;
        loop {
            tokio::select! {
                biased;
                Some(word) = self.words.recv() => self.hear(word),
                done = self.tasks.join_next() => if done.is_none() {
                    break;
                },
                () = tokio::time::sleep_until(deadline) => break,
            }
        }
        while let Ok(word) = self.words.try_recv() {
            self.hear(word);
        }
        let [active, backoff, unschedulable, _] = self.world.pending();
        self.ended.left = active + backoff + unschedulable;
        self.ended
    }
}
