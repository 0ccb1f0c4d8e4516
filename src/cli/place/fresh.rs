//! Judging on a state that is loaded for the purpose.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;

use crate::cli::decide::Decider;
use crate::cluster::Connection;
use crate::cluster::load::load;
use crate::engine::view::Selected;
use crate::model::PodKey;
use crate::placing::Judge;
use crate::scheduling::Profiles;

/// Loads the cluster for each judgement.
pub(super) struct Fresh<'a> {
    pub(super) connection: &'a Connection,
    pub(super) profiles: &'a Profiles,
}

impl Judge for Fresh<'_> {
    fn judge(&self, pod: PodKey) -> BoxFuture<'_, Option<Selected>> {
        async move {
            let cluster = load(self.connection)
                .await
                .inspect_err(|error| tracing::warn!(%error, "cannot judge again"))
                .ok()?;
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
}
