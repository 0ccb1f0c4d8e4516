//! Carrying a placement out.

mod bind;
mod judge;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde::de::IgnoredAny;

use super::annotations;
use super::facts::PodFacts;
use super::intent::Intent;
use super::outcome::{Outcome, Refusal, Stage};
use crate::cluster::request::{RequestError, segment};
use crate::cluster::{Action, ClusterError, Connection, Identity, Right};
use crate::engine::Engine;
use crate::engine::view::Selected;
use crate::model::PodKey;

/// Judges a pod on the latest state that is known.
pub trait Judge: Sync {
    /// The decision for `pod`, made now; `None` where the pod is not known.
    fn judge(&self, pod: PodKey) -> BoxFuture<'_, Option<Selected>>;
}

impl Judge for Engine {
    fn judge(&self, pod: PodKey) -> BoxFuture<'_, Option<Selected>> {
        Box::pin(Self::judge(self, pod))
    }
}

/// Whether to stop before something is stored; kubectl's option of the same name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DryRun {
    /// Place the pod.
    #[default]
    None,
    /// Stop before the Binding is sent.
    Client,
    /// Send the Binding for a dry run only.
    Server,
}

/// Places pods.
#[derive(Clone, Debug)]
pub struct Placer {
    /// The API server.
    pub connection: Connection,
    /// Who is named on the pod as having placed it.
    pub identity: Identity,
    /// Whose pods may be placed.
    pub scheduler_names: Vec<Arc<str>>,
}

/// What ends a placement early.
pub(super) type Ended = Box<Outcome>;

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        Self::new(Outcome::Refused(refusal))
    }
}

impl Placer {
    /// Places the pod that was confirmed on the node that was confirmed, if everything is still as it was: reads pod
    /// and node, judges again, asks the server for a dry run, binds, posts the event. `progress` is told each stage.
    ///
    /// Dropping the future leaves open what happened: let it end.
    pub async fn place(
        &self,
        judge: &dyn Judge,
        intent: Intent,
        dry_run: DryRun,
        progress: &(dyn Fn(Stage) + Sync),
    ) -> Outcome {
        match self.attempt(judge, &intent, dry_run, progress).await {
            Ok(outcome) => outcome,
            Err(ended) => *ended,
        }
    }

    async fn attempt(
        &self,
        judge: &dyn Judge,
        intent: &Intent,
        dry_run: DryRun,
        progress: &(dyn Fn(Stage) + Sync),
    ) -> Result<Outcome, Ended> {
        let broken: Vec<&str> = intent.verdict.broken.iter().map(|rule| rule.plugin).collect();
        if !broken.is_empty() && intent.reason.is_none() {
            let (node, rules) = (intent.node.to_string(), broken.join(", "));
            return Err(Refusal::NotFeasible { node, rules }.into());
        }
        if let (Some(first), None) = (intent.verdict.unprepared.first(), &intent.reason) {
            return Err(Refusal::Unprepared(first.to_string()).into());
        }
        progress(Stage::Checking);
        let pod = self.read_pod(intent).await?;
        self.check_node(&intent.node).await?;
        progress(Stage::Judging);
        let pod = self.judge_again(judge, intent, pod).await?;
        let notes = annotations::of(intent, &self.identity);
        annotations::fit(pod.metadata.annotations.as_ref(), &notes).map_err(Refusal::Rejected)?;
        let node = Arc::clone(&intent.node);
        if dry_run == DryRun::Client {
            return Ok(Outcome::DryRun { node });
        }
        progress(Stage::DryRun);
        self.rehearse(judge, intent, &notes).await?;
        if dry_run == DryRun::Server {
            return Ok(Outcome::DryRun { node });
        }
        self.bind(judge, intent, &notes, progress).await?;
        progress(Stage::Event);
        let event = self.announce(intent, &pod.spec.scheduler_name).await;
        Ok(Outcome::Placed {
            node,
            event_error: event.err().map(|error| error.to_string()),
        })
    }

    /// Reads the pod and makes sure that it can be placed.
    async fn read_pod(&self, intent: &Intent) -> Result<PodFacts, Ended> {
        let pod = match self.fetch_pod(intent).await {
            Ok(pod) => pod,
            Err(error) if error.code() == Some(404) => return Err(Refusal::PodGone.into()),
            Err(error) => return Err(self.refusal(&reading(&intent.pod), error).into()),
        };
        pod.check(intent, &self.scheduler_names)?;
        Ok(pod)
    }

    async fn fetch_pod(&self, intent: &Intent) -> Result<PodFacts, RequestError> {
        let (namespace, name) = (segment(&intent.pod.namespace), segment(&intent.pod.name));
        let path = format!("/api/v1/namespaces/{namespace}/pods/{name}");
        self.connection.get(&path).await
    }

    /// Makes sure that the node exists: the API server would bind the pod to one that does not.
    async fn check_node(&self, node: &str) -> Result<(), Ended> {
        let read: Result<IgnoredAny, _> = self
            .connection
            .get(&format!("/api/v1/nodes/{}", segment(node)))
            .await;
        match read {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some(404) => Err(Refusal::NodeGone(node.to_owned()).into()),
            Err(error) => {
                let action = Action::new(
                    format!("reading node {node}"),
                    Right::everywhere("get", "nodes", ""),
                );
                Err(self.refusal(&action, error).into())
            }
        }
    }

    /// What `error` means where nothing was sent that could have changed anything.
    fn refusal(&self, action: &Action, error: RequestError) -> Refusal {
        let error = ClusterError::new(action, self.connection.server(), error);
        let text = error.to_string();
        match error {
            ClusterError::Forbidden { .. } | ClusterError::Unauthorized { .. } => Refusal::Forbidden(text),
            ClusterError::Unreachable { .. } | ClusterError::Credentials { .. } => Refusal::Unreachable(text),
            _ => Refusal::Rejected(text),
        }
    }

    async fn announce(&self, intent: &Intent, scheduler: &str) -> Result<(), ClusterError> {
        let event = crate::cluster::events::PodEvent::scheduled(
            intent.pod.clone(),
            &intent.uid,
            &intent.node,
            scheduler,
        );
        self.connection.post_event(&event).await
    }
}

fn reading(pod: &PodKey) -> Action {
    let right = Right::within(&*pod.namespace, "get", "pods", "");
    Action::new(format!("reading pod {pod}"), right)
}

/// Waits a little longer each time.
async fn pause(wait: &mut Duration, longest: Duration) {
    tokio::time::sleep(*wait).await;
    *wait = (*wait * 2).min(longest);
}
