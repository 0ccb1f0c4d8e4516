//! Says of pods of ours that fit nowhere why, on the pod and in an event, as their scheduler has to.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use crate::app::{Level, Msg};
use crate::cluster::{ClusterError, Connection};
use crate::engine::Engine;
use crate::engine::view::Waiting;
use crate::placing::telling::{Told, says_so, write_condition};

/// The time between two pods: with many at once, the API server has other things to do.
const PAUSE: Duration = Duration::from_millis(50);

/// Tells of the pods of `names`, while not `silent`, until the engine ends or a right turns out to be missing, of which
/// `screen` hears.
pub(super) async fn tell(
    connection: Connection,
    names: Vec<Arc<str>>,
    engine: Engine,
    mut silent: watch::Receiver<bool>,
    screen: UnboundedSender<Msg>,
) {
    let told = Told::default();
    let mut views = engine.views();
    drop(engine);
    let mut seen: Arc<[Waiting]> = Arc::default();
    loop {
        tokio::select! {
            changed = views.changed() => if changed.is_err() {
                return;
            },
            Ok(()) = silent.changed() => {}
        }
        let waiting = Arc::clone(&views.borrow_and_update().waiting);
        if *silent.borrow_and_update() || Arc::ptr_eq(&waiting, &seen) {
            continue;
        }
        for row in waiting
            .iter()
            .filter(|row| names.contains(&row.pod.spec.scheduler_name))
        {
            match one(&connection, &told, row).await {
                Ok(false) => {}
                Ok(true) => tokio::time::sleep(PAUSE).await,
                Err(error @ (ClusterError::Forbidden { .. } | ClusterError::Unauthorized { .. })) => {
                    let text = format!(
                        "pods that fit nowhere do not say so in their status: {error} (the setting 'tell: false' ends \
                         this)"
                    );
                    let _ = screen.send(Msg::Notice(Level::Info, text));
                    return;
                }
                // It is said when the pod is looked at again.
                Err(error) => tracing::info!(%error, "not told"),
            }
        }
        seen = waiting;
    }
}

/// Tells of a pod that was tried in vain and does not say so yet; whether anything was sent.
async fn one(connection: &Connection, told: &Told, row: &Waiting) -> Result<bool, ClusterError> {
    let (Some(fit), Some(queued)) = (&row.fit, &row.queued) else {
        return Ok(false);
    };
    if fit.feasible > 0 || fit.message.is_empty() || queued.attempts == 0 || row.is_gated() {
        return Ok(false);
    }
    let fits_nowhere = !fit.blamed.is_empty();
    // Where it says so already, somebody told, in an event too.
    if says_so(&row.pod, fits_nowhere, &fit.message) {
        return Ok(false);
    }
    let telling = told.telling(&row.pod, fits_nowhere, &fit.message, Timestamp::now());
    if let Some(condition) = telling.condition {
        write_condition(connection, &row.pod, &condition).await?;
    }
    if let Some(event) = telling.event {
        connection.post_event(&event).await?;
    }
    Ok(true)
}
