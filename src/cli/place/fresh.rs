//! Judging on a state that is loaded for the purpose.

use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;

use crate::cli::decide::Decider;
use crate::cluster::Connection;
use crate::cluster::load::load;
use crate::engine::view::Selected;
use crate::model::situation::{self, Signs};
use crate::model::{Cluster, PodKey};
use crate::placing::{Judge, Unready};
use crate::scheduling::{Preparation, Profiles, room};

/// Loads the cluster for each judgement.
pub(super) struct Fresh<'a> {
    connection: &'a Connection,
    profiles: &'a Profiles,
    /// What was loaded last.
    loaded: Mutex<Option<Arc<Cluster>>>,
}

impl<'a> Fresh<'a> {
    pub(super) fn new(connection: &'a Connection, profiles: &'a Profiles) -> Self {
        Self {
            connection,
            profiles,
            loaded: Mutex::default(),
        }
    }

    async fn load(&self) -> Option<Arc<Cluster>> {
        let cluster = load(self.connection)
            .await
            .inspect_err(|error| tracing::warn!(%error, "cannot judge again"))
            .ok()?;
        let cluster = Arc::new(cluster);
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&cluster));
        Some(cluster)
    }

    fn last(&self) -> Option<Arc<Cluster>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Judge for Fresh<'_> {
    fn judge(&self, pod: PodKey) -> BoxFuture<'_, Option<Selected>> {
        async move {
            let cluster = self.load().await?;
            let pod = Arc::clone(cluster.pod(&pod)?);
            let trace = Arc::new(Decider::new(&cluster, self.profiles).judge(&pod));
            Some(Selected {
                pod,
                trace,
                judged: Timestamp::now(),
                focus: Vec::new(),
            })
        }
        .boxed()
    }

    fn room(&self, pod: PodKey, node: Arc<str>) -> BoxFuture<'_, Option<room::Judged>> {
        async move {
            let cluster = self.load().await?;
            let pod = Arc::clone(cluster.pod(&pod)?);
            let trace = Arc::new(Decider::new(&cluster, self.profiles).judge(&pod));
            Some(room::judged(&cluster, &pod, trace, &node))
        }
        .boxed()
    }

    /// On what was judged last.
    fn signs(&self, name: Arc<str>) -> BoxFuture<'_, Option<Signs>> {
        async move {
            let cluster = self.last()?;
            let pods = cluster.pods.iter().map(|(_, pod)| &**pod);
            situation::by_scheduler(pods).remove(&name)
        }
        .boxed()
    }

    /// On what was judged last.
    fn prepare(
        &self,
        pod: PodKey,
        node: Arc<str>,
        overruled: Vec<&'static str>,
    ) -> BoxFuture<'_, Option<Result<Preparation, Unready>>> {
        async move {
            let cluster = self.last()?;
            let pod = cluster.pod(&pod)?;
            Decider::new(&cluster, self.profiles).prepare(pod, &node, &overruled)
        }
        .boxed()
    }
}
