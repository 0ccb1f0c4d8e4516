//! The state that a plan is judged on again: the cluster as the watches bring it, or, for a dry run, a copy in which the
//! pods before are taken to be placed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::surprise::Surprise;
use crate::cli::decide::Decider;
use crate::cli::exit::{Exit, Failure};
use crate::cli::source::patiently;
use crate::cluster::watch::{self, FeedEvent, WatchKind, Watches};
use crate::cluster::{Connection, probe};
use crate::engine::Engine;
use crate::engine::view::Selected;
use crate::model::situation::Signs;
use crate::model::{Cluster, PodKey};
use crate::placing::{Judge, Unready};
use crate::scheduling::{Assumed, Preparation, Profiles, room};

/// Batches of changes that may wait between the watches and the engine.
const FEED: usize = 16;
/// How long a placement may take to come back by the watches. What comes after is not to be judged without it.
const COMES_BACK: Duration = Duration::from_secs(30);

pub(super) enum Scene {
    Live {
        engine: Engine,
        _watches: (Watches, probe::Probe),
    },
    Rehearsal {
        cluster: Box<Mutex<(Cluster, Assumed)>>,
        profiles: Profiles,
    },
}

impl Scene {
    /// The cluster as it is, and as it changes.
    pub(super) async fn live(
        connection: &Connection,
        scheduler_names: &[Arc<str>],
        profiles: Profiles,
    ) -> Result<Self, Failure> {
        let engine = Engine::start(scheduler_names, profiles)
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot start: {error}")))?;
        let (feed, mut events) = mpsc::channel(FEED);
        let watches = watch::start(connection, WatchKind::all(), &feed);
        let taker = engine.clone();
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                match event {
                    FeedEvent::Changes(changes) => taker.apply(changes).await,
                    FeedEvent::Status(kind, status) => tracing::info!(%kind, ?status, "watching"),
                }
            }
        });
        let mut views = engine.views();
        let synced = async { views.wait_for(|view| view.synced).await.map(drop) };
        let why = "Waiting for the watches: every list must be complete before anything is judged (Ctrl-C ends it) …";
        if patiently(synced, why).await.is_err() {
            return Err(Failure::new(
                Exit::Failed,
                "the engine ended by a fault of this program",
            ));
        }
        Ok(Self::Live {
            engine,
            _watches: (watches, probe::start(connection)),
        })
    }

    /// `cluster`, with what is taken to be placed.
    pub(super) fn rehearsal(cluster: Cluster, profiles: Profiles) -> Self {
        Self::Rehearsal {
            cluster: Box::new(Mutex::new((cluster, Assumed::default()))),
            profiles,
        }
    }

    /// Waits until the state has the pod on its node.
    pub(super) async fn settle(&self, pod: &PodKey, uid: &str, node: &str) -> Result<(), Surprise> {
        match self {
            Self::Live { engine, .. } => {
                let mut views = engine.views();
                let settled = async {
                    let came_back = views.wait_for(|view| {
                        let mut waiting = view.waiting.iter();
                        !waiting.any(|waiting| waiting.pod.key == *pod && *waiting.pod.uid == *uid)
                    });
                    came_back.await.map(drop)
                };
                match tokio::time::timeout(COMES_BACK, settled).await {
                    Ok(Ok(())) => Ok(()),
                    _ => Err(Surprise::changed(format!(
                        "it is placed, but the watches have not said so for {} s, and what comes after cannot be judged \
                         without it",
                        COMES_BACK.as_secs()
                    ))),
                }
            }
            Self::Rehearsal { cluster, profiles } => {
                let mut state = cluster.lock().unwrap_or_else(PoisonError::into_inner);
                let (cluster, assumed) = &mut *state;
                let found = cluster
                    .pod(pod)
                    .cloned()
                    .zip(cluster.node(node).map(|(id, _)| id));
                if let Some((pod, node)) = found {
                    let profile = profiles.clone().get(&pod.spec.scheduler_name);
                    assumed.place(cluster, &profile, &pod, node);
                }
                Ok(())
            }
        }
    }
}

impl Judge for Scene {
    fn judge(&self, pod: PodKey) -> BoxFuture<'_, Option<Selected>> {
        match self {
            Self::Live { engine, .. } => Box::pin(engine.judge(pod)),
            Self::Rehearsal { cluster, profiles } => async move {
                let state = cluster.lock().unwrap_or_else(PoisonError::into_inner);
                let (cluster, _) = &*state;
                let pod = Arc::clone(cluster.pod(&pod).filter(|pod| pod.is_waiting())?);
                let trace = Arc::new(Decider::new(cluster, profiles).judge(&pod));
                Some(Selected {
                    pod,
                    trace,
                    judged: Timestamp::now(),
                    focus: Vec::new(),
                })
            }
            .boxed(),
        }
    }

    fn signs(&self, name: Arc<str>) -> BoxFuture<'_, Option<Signs>> {
        match self {
            Self::Live { engine, .. } => Judge::signs(engine, name),
            // It stands still: what it tells was looked at when it was taken.
            Self::Rehearsal { .. } => std::future::ready(None).boxed(),
        }
    }

    fn room(&self, pod: PodKey, node: Arc<str>) -> BoxFuture<'_, Option<room::Judged>> {
        match self {
            Self::Live { engine, .. } => Judge::room(engine, pod, node),
            Self::Rehearsal { cluster, profiles } => async move {
                let state = cluster.lock().unwrap_or_else(PoisonError::into_inner);
                let (cluster, _) = &*state;
                let pod = Arc::clone(cluster.pod(&pod).filter(|pod| pod.is_waiting())?);
                let trace = Arc::new(Decider::new(cluster, profiles).judge(&pod));
                Some(room::judged(cluster, &pod, trace, &node))
            }
            .boxed(),
        }
    }

    fn prepare(
        &self,
        pod: PodKey,
        node: Arc<str>,
        overruled: Vec<&'static str>,
    ) -> BoxFuture<'_, Option<Result<Preparation, Unready>>> {
        match self {
            Self::Live { engine, .. } => Judge::prepare(engine, pod, node, overruled),
            Self::Rehearsal { cluster, profiles } => async move {
                let state = cluster.lock().unwrap_or_else(PoisonError::into_inner);
                let (cluster, _) = &*state;
                let pod = cluster.pod(&pod)?;
                Decider::new(cluster, profiles).prepare(pod, &node, &overruled)
            }
            .boxed(),
        }
    }
}
