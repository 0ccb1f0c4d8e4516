//! Waiting until the pods are gone.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::clock;
use crate::model::PodKey;
use crate::model::text::inert;
use crate::placing::outcome::{Refusal, Stage};
use crate::placing::placer::Placer;
use crate::placing::prepare::Work;

/// How often is looked.
const LOOK: Duration = Duration::from_secs(1);
/// The first looks are closer together: much is gone at once.
const FIRST_LOOK: Duration = Duration::from_millis(50);
/// How long after its grace a pod may take to go.
const OVERDUE: SignedDuration = SignedDuration::from_mins(2);

/// A pod that is still there.
struct Still<'a> {
    pod: &'a PodKey,
    until: Option<Timestamp>,
    finalizers: Vec<String>,
}

impl Placer {
    /// Waits until none of `pods` takes room any more, with a look at the pod that waits for it each time: it must be ours
    /// to place still, and is nominated again where somebody took that away, as who prepared it and gave up.
    pub(super) async fn wait_until_gone(
        &self,
        work: &Work<'_>,
        pods: &[(PodKey, Arc<str>)],
    ) -> Result<(), Refusal> {
        let Work {
            judge,
            intent,
            progress,
            ..
        } = *work;
        let begun = Timestamp::now();
        let mut wait = FIRST_LOOK;
        loop {
            let mut still = Vec::new();
            for (pod, uid) in pods {
                let Some(doomed) = self.doomed(pod, uid).await? else {
                    continue;
                };
                if !matches!(doomed.status.phase.as_str(), "Succeeded" | "Failed") {
                    still.push(Still {
                        pod,
                        until: doomed.metadata.deletion_timestamp,
                        finalizers: doomed.metadata.finalizers.unwrap_or_default(),
                    });
                }
            }
            if still.is_empty() {
                return Ok(());
            }
            let now = Timestamp::now();
            let last = still.iter().filter_map(|still| still.until).max();
            if now.duration_since(last.unwrap_or(begun)) > OVERDUE {
                let stuck: Vec<String> = still.iter().map(words).collect();
                return Err(Refusal::NotReady(format!(
                    "waited in vain for {}; {} stays nominated for {}",
                    stuck.join(", "),
                    intent.node,
                    intent.pod
                )));
            }
            progress(Stage::Waiting(told(pods, &still).into()));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.cancel.cancelled() => return Err(Refusal::Cancelled),
            }
            wait = (wait * 2).min(LOOK);
            let waiting = self.read_pod(intent).await?;
            self.guard(judge, intent).await?;
            if waiting.nominated_node() != Some(&*intent.node) {
                self.nominate_for_room(work).await?;
            }
        }
    }
}

/// Who is gone and who is not, for a person.
fn told(pods: &[(PodKey, Arc<str>)], still: &[Still<'_>]) -> String {
    let gone = pods.len() - still.len();
    let names: Vec<String> = still.iter().map(words).collect();
    format!("waiting for {}; {gone} of {} gone", names.join(", "), pods.len())
}

fn words(still: &Still<'_>) -> String {
    let until = match still.until {
        Some(until) => format!(" (terminating, until {})", clock(until)),
        None => " (not deleted)".to_owned(),
    };
    let held = match still.finalizers.as_slice() {
        [] => String::new(),
        finalizers => format!(", held by finalizer {}", inert(&finalizers.join(", "))),
    };
    format!("{}{until}{held}", still.pod)
}
