//! The source behind the screen: what feeds the engine, and who places.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::OnceCell;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::watch::Sender;

use super::teller;
use crate::app::lesson::Told;
use crate::app::link::Link;
use crate::app::manifest::Subject;
use crate::app::{Level, Msg};
use crate::cli::adopt::Asked;
use crate::cli::demo::Running;
use crate::cli::exit::{Exit, Failure};
use crate::cli::journal::settle;
use crate::cli::learn::classroom::Classroom;
use crate::cli::link;
use crate::cli::manifest::Objects;
use crate::cli::presence::Here;
use crate::cli::source::{File, Settings, Source};
use crate::cli::wire;
use crate::cluster::presence::Doing;
use crate::cluster::watch::{FeedEvent, WatchKind, WatchStatus, Watches};
use crate::cluster::{Connection, probe, watch};
use crate::demo;
use crate::engine::Engine;
use crate::journal::{Nowhere, Record};
use crate::model::PodKey;
use crate::model::text::inert;
use crate::model::workload::Owner;
use crate::placing::{Adoption, Cancel, DryRun, Intent, Outcome, Placer, Preempted, Preemption, Refusal};

/// Batches of changes that may wait between the watches and the engine.
const FEED: usize = 16;
/// What a file has to say to placements.
const NO_CLUSTER: &str = "this is a file, not a cluster: there is nothing to place the pod on";

/// What keeps the screen supplied; it ends when this is dropped.
pub(super) struct Live {
    objects: Objects,
    placer: Option<Arc<LazyPlacer>>,
    here: Option<Here>,
    /// Ends the placement that was begun last.
    cancel: Mutex<Cancel>,
    _watches: Option<(Watches, probe::Probe)>,
    /// Whether nothing is said on the cluster of pods that fit nowhere.
    silent: Sender<bool>,
    /// The cluster that the program runs itself.
    own: Own,
}

/// A cluster that lives as long as the screen.
enum Own {
    None,
    Demo { _running: Running },
    Lesson(Classroom),
}

/// A placer that asks who we are when it is first needed, so that the first frame does not wait for the answer.
struct LazyPlacer {
    connection: Connection,
    scheduler_names: Vec<Arc<str>>,
    journal: Arc<dyn Record>,
    placer: OnceCell<Placer>,
}

impl Live {
    /// Starts feeding `engine` from `source`, and telling `screen` how fresh that is.
    pub(super) async fn start(
        source: Source,
        settings: &Settings,
        scheduler_names: &[Arc<str>],
        engine: &Engine,
        screen: &UnboundedSender<Msg>,
    ) -> Result<Self, Failure> {
        let journal = Arc::clone(&settings.journal);
        let tell = settings.tell;
        match source {
            Source::File(file) => Ok(Self {
                objects: from_file(file, engine, screen).await,
                placer: None,
                here: None,
                cancel: Mutex::default(),
                _watches: None,
                silent: Sender::new(true),
                own: Own::None,
            }),
            Source::Cluster(connection) => {
                // Events of earlier placements that could not be posted then.
                let (owing, books) = ((*connection).clone(), Arc::clone(&journal));
                tokio::spawn(async move { settle::post_owed(&owing, &books).await });
                Ok(Self::of(
                    *connection,
                    Own::None,
                    journal,
                    tell,
                    scheduler_names,
                    engine,
                    screen,
                ))
            }
            Source::Demo(demo) => {
                let demo = demo.start().await?;
                let connection = Connection::in_process(demo.server.client(), "demo");
                if !demo.hint.is_empty() {
                    let _ = screen.send(Msg::Notice(
                        Level::Info,
                        format!("From another terminal: {}", demo.hint),
                    ));
                }
                // What is played at is nobody's to look up later.
                let journal = Arc::new(Nowhere);
                Ok(Self::of(
                    connection,
                    Own::Demo { _running: demo },
                    journal,
                    tell,
                    scheduler_names,
                    engine,
                    screen,
                ))
            }
            Source::Lesson(opening) => {
                let (lesson, step) = (Arc::clone(&opening.lesson), opening.step());
                let kubeconfig = Some(opening.kubeconfig.as_path());
                let opening = Classroom::open(lesson, step, demo::Settings::default(), kubeconfig);
                let room = Box::pin(opening).await?;
                let connection = Connection::in_process(room.server().client(), "lesson");
                room.look(step, about_lesson(screen));
                let (journal, own) = (Arc::new(Nowhere), Own::Lesson(room));
                Ok(Self::of(
                    connection,
                    own,
                    journal,
                    tell,
                    scheduler_names,
                    engine,
                    screen,
                ))
            }
        }
    }

    /// Begins step `at` of the lesson.
    pub(super) fn enter(&self, at: usize, screen: &UnboundedSender<Msg>) {
        if let Own::Lesson(room) = &self.own {
            room.enter(at, about_lesson(screen));
        }
    }

    /// Has nothing said on the cluster of pods that fit nowhere, or has it said again.
    pub(super) fn silence(&self, silent: bool) {
        self.silent.send_replace(silent);
    }

    fn of(
        connection: Connection,
        own: Own,
        journal: Arc<dyn Record>,
        tell: bool,
        scheduler_names: &[Arc<str>],
        engine: &Engine,
        screen: &UnboundedSender<Msg>,
    ) -> Self {
        let (feed, events) = mpsc::channel(FEED);
        let watches = watch::start(&connection, WatchKind::all(), &feed);
        let probe = probe::start(&connection);
        let (statuses, statuses_in) = mpsc::unbounded_channel();
        tokio::spawn(forward(events, engine.clone(), statuses));
        let objects = Objects::Cluster(connection.clone());
        let (operators, operators_in) = mpsc::unbounded_channel();
        let here = Here::begin(connection.clone(), "screen", move |told| {
            // The screen may be gone.
            let _ = operators.send(told);
        });
        tokio::spawn(link::follow(
            connection.clone(),
            statuses_in,
            engine.clone(),
            scheduler_names.to_vec(),
            operators_in,
            screen.clone(),
        ));
        // In a lesson, until it is known that nothing is to be predicted.
        let silent = Sender::new(matches!(own, Own::Lesson(_)));
        if tell {
            let names = scheduler_names.to_vec();
            tokio::spawn(teller::tell(
                connection.clone(),
                names,
                engine.clone(),
                silent.subscribe(),
                screen.clone(),
            ));
        }
        let told = screen.clone();
        let tell = move |exchanges| told.send(Msg::Wire(exchanges)).is_ok();
        tokio::spawn(wire::follow(connection.wire().clone(), tell));
        let placer = LazyPlacer {
            connection,
            scheduler_names: scheduler_names.to_vec(),
            journal,
            placer: OnceCell::new(),
        };
        Self {
            objects,
            placer: Some(Arc::new(placer)),
            here: Some(here),
            cancel: Mutex::default(),
            _watches: Some((watches, probe)),
            silent,
            own,
        }
    }

    /// Tells other operators what is done here.
    pub(super) fn does(&self, doing: Doing) {
        if let Some(here) = &self.here {
            here.does(doing);
        }
    }

    /// Tells other operators that nobody is here any more.
    pub(super) fn leave(&mut self) -> impl Future<Output = ()> + Send + 'static {
        let here = self.here.take();
        async move {
            if let Some(here) = here {
                here.end().await;
            }
        }
    }

    /// Adopts what the options ask for, before the screen opens.
    ///
    /// # Errors
    /// Where a scheduler is at work whose pods are asked for, or it cannot be written down.
    pub(super) async fn adopt_as_asked(&self, asked: &Asked) -> Result<Vec<Arc<Adoption>>, Failure> {
        let Some(lazy) = &self.placer else {
            return Err(Failure::new(
                Exit::Usage,
                "--adopt needs a cluster: nothing can be placed in a file",
            ));
        };
        let adoptions = asked.begin(&lazy.connection).await?;
        adoptions.written_down(lazy.get().await).await?;
        Ok(adoptions.all().to_vec())
    }

    /// Writes down that `adoption` holds, or with `renewed` that it does for longer; tells `screen` where that fails.
    pub(super) fn adopt(
        &self,
        adoption: Arc<Adoption>,
        renewed: bool,
        screen: UnboundedSender<Msg>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let placer = self.placer.clone();
        async move {
            let Some(lazy) = placer else { return };
            let placer = lazy.get().await;
            let written = if renewed {
                placer.renew(&adoption).await
            } else {
                placer.adopt(&adoption).await
            };
            if let Err(refusal) = written {
                let _ = screen.send(Msg::NotAdopted(Arc::clone(&adoption.id), refusal.to_string()));
            }
        }
    }

    /// Writes down that `adoptions` are over, and why.
    pub(super) fn release(
        &self,
        adoptions: Vec<Arc<Adoption>>,
        why: &str,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (placer, why) = (self.placer.clone(), why.to_owned());
        async move {
            let Some(lazy) = placer.filter(|_| !adoptions.is_empty()) else {
                return;
            };
            for adoption in adoptions {
                lazy.get().await.release(&adoption, &why).await;
            }
        }
    }

    /// Reads the manifest of `subject` for `screen`.
    pub(super) fn fetch(
        &self,
        subject: Subject,
        screen: UnboundedSender<Msg>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let objects = self.objects.clone();
        async move {
            let read = objects.manifest(&subject).await.map(Arc::new);
            // The screen may be gone.
            let _ = screen.send(Msg::Manifest(subject, read));
        }
    }

    /// Finds out for `screen` who made `pod`, whose controller is `owner`.
    pub(super) fn follow_owners(
        &self,
        pod: PodKey,
        owner: Arc<Owner>,
        screen: UnboundedSender<Msg>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let objects = self.objects.clone();
        async move {
            let makers = objects.owners(&pod, &owner).await;
            // The screen may be gone.
            let _ = screen.send(Msg::Owners(pod, makers));
        }
    }

    /// Ends the placement that is under way, if it still can be ended.
    pub(super) fn take_back(&self) {
        let cancel = self.cancel.lock().unwrap_or_else(PoisonError::into_inner);
        cancel.cancel();
    }

    /// Carries out `intent` and tells `screen` each stage and the outcome.
    pub(super) fn place(
        &self,
        engine: Engine,
        intent: Intent,
        screen: UnboundedSender<Msg>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let placer = self.next_placer();
        async move {
            let outcome = match placer.await {
                Some(placer) => {
                    let progress = |stage| {
                        let _ = screen.send(Msg::Placing(stage));
                    };
                    placer.place(&engine, intent, DryRun::None, &progress).await
                }
                None => Outcome::Refused(Refusal::Rejected(NO_CLUSTER.into())),
            };
            // The screen may be gone: the journal has it.
            let _ = screen.send(Msg::Placed(outcome));
        }
    }

    /// Looks up who would have to go to make room for `pod` on `node`, for `screen`.
    pub(super) fn survey(
        &self,
        engine: Engine,
        pod: PodKey,
        node: Arc<str>,
        screen: UnboundedSender<Msg>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let placer = self.placer.clone();
        async move {
            let surveyed = match placer {
                Some(lazy) => {
                    let placer = lazy.get().await;
                    let surveyed = placer.survey(&engine, pod.clone(), Arc::clone(&node)).await;
                    surveyed.map_err(|refusal| refusal.to_string())
                }
                None => Err(NO_CLUSTER.to_owned()),
            };
            // The screen may be gone.
            let _ = screen.send(Msg::Surveyed(pod, node, surveyed));
        }
    }

    /// Makes room as `wish` has it, and tells `screen` each stage and the outcome.
    pub(super) fn preempt(
        &self,
        engine: Engine,
        wish: Preemption,
        screen: UnboundedSender<Msg>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let placer = self.next_placer();
        async move {
            let preempted = match placer.await {
                Some(placer) => {
                    let progress = |stage| {
                        let _ = screen.send(Msg::Placing(stage));
                    };
                    placer.preempt(&engine, &wish, DryRun::None, &progress).await
                }
                None => Preempted::refused(Refusal::Rejected(NO_CLUSTER.into())),
            };
            // The screen may be gone: the journal has it.
            let _ = screen.send(Msg::Preempted(preempted));
        }
    }

    /// The placer, for one placement that can be [taken back](Self::take_back).
    fn next_placer(&self) -> impl Future<Output = Option<Placer>> + Send + 'static {
        let placer = self.placer.clone();
        let cancel = Cancel::default();
        *self.cancel.lock().unwrap_or_else(PoisonError::into_inner) = cancel.clone();
        async move {
            let mut placer = placer?.get().await.clone();
            placer.cancel = cancel;
            Some(placer)
        }
    }
}

impl LazyPlacer {
    async fn get(&self) -> &Placer {
        let make = async || {
            let identity = self.connection.whoami().await;
            let mut placer = Placer::new(self.connection.clone(), identity, self.scheduler_names.clone());
            placer.journal = Arc::clone(&self.journal);
            placer
        };
        self.placer.get_or_init(make).await
    }
}

/// Hands what is told of a lesson's cluster to the screen.
fn about_lesson(screen: &UnboundedSender<Msg>) -> impl Fn(Told) + Send + Sync + 'static {
    let screen = screen.clone();
    move |told| {
        // The screen may be gone.
        let _ = screen.send(Msg::Lesson(told));
    }
}

/// Hands changes to the engine, which holds the watches back where it is behind, and statuses to the screen.
async fn forward(
    mut events: mpsc::Receiver<FeedEvent>,
    engine: Engine,
    statuses: UnboundedSender<(WatchKind, WatchStatus)>,
) {
    while let Some(event) = events.recv().await {
        match event {
            FeedEvent::Changes(changes) => engine.apply(changes).await,
            FeedEvent::Status(kind, status) => {
                let _ = statuses.send((kind, status));
            }
        }
    }
}

async fn from_file(file: File, engine: &Engine, screen: &UnboundedSender<Msg>) -> Objects {
    engine.apply(file.changes).await;
    let name = file.path.file_name().unwrap_or(file.path.as_os_str());
    let written = std::fs::metadata(&file.path).and_then(|file| file.modified());
    let written = written.ok().and_then(|time| Timestamp::try_from(time).ok());
    let link = Link {
        context: inert(&name.to_string_lossy()).into_owned(),
        file: Some(written.unwrap_or_else(Timestamp::now)),
        ..Link::default()
    };
    let _ = screen.send(Msg::Link(link));
    Objects::file(file.path)
}
