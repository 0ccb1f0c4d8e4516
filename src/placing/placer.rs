//! Carrying a placement out.

mod adopting;
mod bind;
mod guard;
mod judge;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;

use self::bind::Notes;
use super::annotations;
use super::cancel::Cancel;
use super::consequence::{self, ApiNode, Fate, NodeFacts};
use super::diary::Diary;
use super::facts::PodFacts;
use super::intent::Intent;
use super::outcome::{Outcome, Refusal, Stage};
use super::prepare::{Done, Looks, Unready, Work};
use crate::cluster::events::{PodEvent, Posting};
use crate::cluster::request::{RequestError, pod_path, segment};
use crate::cluster::{Action, ClusterError, Connection, Identity, Right};
use crate::engine::Engine;
use crate::engine::view::Selected;
use crate::journal::{self, Begun, Record};
use crate::model::PodKey;
use crate::model::situation::Signs;
use crate::scheduling::plugin::Cycle;
use crate::scheduling::{Preparation, cycle, reserve, room};

/// Judges a pod on the latest state that is known.
pub trait Judge: Sync {
    /// The decision for `pod`, made now; `None` where the pod is not known.
    fn judge(&self, pod: PodKey) -> BoxFuture<'_, Option<Selected>>;

    /// What has to be done in the cluster before `pod` is bound to `node`, worked out now, without what `overruled`
    /// plugins would do; `None` where pod or node is not known, as by who is never asked.
    fn prepare(
        &self,
        _pod: PodKey,
        _node: Arc<str>,
        _overruled: Vec<&'static str>,
    ) -> BoxFuture<'_, Option<Result<Preparation, Unready>>> {
        Box::pin(async { None })
    }

    /// What the pods of the scheduler called `name` tell of it; `None` where that is not known.
    fn signs(&self, _name: Arc<str>) -> BoxFuture<'_, Option<Signs>> {
        Box::pin(async { None })
    }

    /// What making room for `pod` on `node` takes, by a decision made now; `None` where the pod is not known.
    fn room(&self, _pod: PodKey, _node: Arc<str>) -> BoxFuture<'_, Option<room::Judged>> {
        Box::pin(async { None })
    }
}

impl Judge for Engine {
    fn judge(&self, pod: PodKey) -> BoxFuture<'_, Option<Selected>> {
        Box::pin(Self::judge(self, pod))
    }

    fn prepare(
        &self,
        pod: PodKey,
        node: Arc<str>,
        overruled: Vec<&'static str>,
    ) -> BoxFuture<'_, Option<Result<Preparation, Unready>>> {
        Box::pin(async move {
            let mut snapshot = self.snapshot().await?;
            let pod = Arc::clone(snapshot.cluster.pod(&pod).filter(|pod| pod.is_waiting())?);
            let profile = snapshot.profiles.get(&pod.spec.scheduler_name);
            let (node, _) = snapshot.cluster.node(&node)?;
            let cycle = Cycle {
                cluster: &snapshot.cluster,
                pod: &pod,
            };
            let prepared = reserve::prepare(cycle, &profile, node, &overruled);
            Some(prepared.map_err(|(plugin, status)| (plugin, status.message())))
        })
    }

    fn signs(&self, name: Arc<str>) -> BoxFuture<'_, Option<Signs>> {
        Box::pin(async move { Self::signs(self).await?.remove(&name) })
    }

    fn room(&self, pod: PodKey, node: Arc<str>) -> BoxFuture<'_, Option<room::Judged>> {
        Box::pin(async move {
            let mut snapshot = self.snapshot().await?;
            let pod = Arc::clone(snapshot.cluster.pod(&pod).filter(|pod| pod.is_waiting())?);
            let profile = snapshot.profiles.get(&pod.spec.scheduler_name);
            let cycle = Cycle {
                cluster: &snapshot.cluster,
                pod: &pod,
            };
            let trace = Arc::new(cycle::run(cycle, &profile, &snapshot.nodes));
            Some(room::judged(&snapshot.cluster, &pod, trace, &node))
        })
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
    /// Where is written down what is sent, before it is sent.
    pub journal: Arc<dyn Record>,
    /// Ends the waits of a placement.
    pub cancel: Cancel,
    /// Whether others have what was allocated. Clones look together.
    pub(super) looks: Arc<Looks>,
}

/// What ends a placement early.
pub(super) type Ended = Box<Outcome>;

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        Self::new(Outcome::Refused(refusal))
    }
}

impl Placer {
    /// A placer of pods of `scheduler_names`, in the name of `identity`, that keeps no journal and never cancels.
    pub fn new(connection: Connection, identity: Identity, scheduler_names: Vec<Arc<str>>) -> Self {
        Self {
            connection,
            identity,
            scheduler_names,
            journal: Arc::new(journal::Nowhere),
            cancel: Cancel::default(),
            looks: Arc::default(),
        }
    }

    /// Places the pod that was confirmed on the node that was confirmed, if everything is still as it was: reads pod
    /// and node, judges again, asks the server for a dry run, prepares what the pod needs, binds, posts the event.
    /// `progress` is told each stage.
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
        self.guard(judge, intent).await?;
        let node = self.read_node(&intent.node).await?;
        progress(Stage::Judging);
        let judged = self.judge_again(judge, intent, pod).await?;
        let fate = consequence::fate(&judged.verdict, &judged.pod, &node);
        if fate.is_harmful() && !intent.insists && dry_run == DryRun::None {
            let node = intent.node.to_string();
            return Err(Refusal::NotInsisted { node, fate }.into());
        }
        let (pod, now) = (judged.facts, judged.verdict);
        let notes = annotations::of(intent, &self.identity);
        annotations::fit(pod.metadata.annotations.as_ref(), &notes).map_err(Refusal::Rejected)?;
        let preparation = self.preparation(judge, intent, &now).await?;
        if dry_run == DryRun::Client {
            let node = Arc::clone(&intent.node);
            return Ok(Outcome::DryRun { node });
        }
        progress(Stage::DryRun);
        self.rehearse(judge, intent, &notes).await?;
        if let Some(preparation) = &preparation {
            self.may_prepare(intent, preparation).await?;
        }
        if dry_run == DryRun::Server {
            let node = Arc::clone(&intent.node);
            return Ok(Outcome::DryRun { node });
        }
        let scheduler = &pod.spec.scheduler_name;
        let event = PodEvent::scheduled(intent.pod.clone(), &intent.uid, &intent.node, scheduler);
        let event = event.at(Timestamp::now());
        let diary = Diary::new(
            Arc::clone(&self.journal),
            self.begun(intent, &fate, scheduler, Some(&event)),
        );
        let work = Work {
            judge,
            intent,
            diary: &diary,
            progress,
        };
        let outcome = match self.carry_out(&work, preparation.as_ref(), &notes).await {
            Ok(()) => {
                progress(Stage::Event);
                let posted = self.connection.post_event(&event).await;
                Outcome::Placed {
                    node: Arc::clone(&intent.node),
                    event_error: posted.err().map(|error| error.to_string()),
                }
            }
            Err(ended) => *ended,
        };
        diary.ended(&outcome).await;
        Ok(outcome)
    }

    /// Prepares and binds, and undoes what was prepared where the pod was not bound.
    pub(super) async fn carry_out(
        &self,
        work: &Work<'_>,
        preparation: Option<&Preparation>,
        notes: &Notes,
    ) -> Result<(), Ended> {
        let Some(preparation) = preparation else {
            return self.bind(work, notes).await;
        };
        let mut done = Done::default();
        let prepared = self.prepare(work, preparation, &mut done).await;
        let bound = match prepared {
            Ok(pod) => self.bind_prepared(work, &pod, notes).await,
            Err(ended) => Err(ended),
        };
        match bound {
            Ok(()) => Ok(()),
            Err(ended) => Err(self.undo(work, done, ended).await),
        }
    }

    /// Binds the pod as it is once all is prepared.
    async fn bind_prepared(&self, work: &Work<'_>, pod: &PodFacts, notes: &Notes) -> Result<(), Ended> {
        annotations::fit(pod.metadata.annotations.as_ref(), notes).map_err(Refusal::Rejected)?;
        if self.cancel.is_cancelled() {
            return Err(Refusal::Cancelled.into());
        }
        let intent = Intent {
            resource_version: pod.metadata.resource_version.as_str().into(),
            ..work.intent.clone()
        };
        let work = Work {
            intent: &intent,
            ..*work
        };
        self.bind(&work, notes).await
    }

    /// What the journal says of `intent`.
    pub(super) fn begun(
        &self,
        intent: &Intent,
        fate: &Fate,
        scheduler: &str,
        event: Option<&Posting>,
    ) -> Begun {
        let verdict = &intent.verdict;
        Begun {
            server: self.connection.server().to_owned(),
            user: self.identity.name.clone(),
            host: crate::cluster::events::host(),
            process: std::process::id(),
            namespace: intent.pod.namespace.to_string(),
            pod: intent.pod.name.to_string(),
            uid: intent.uid.to_string(),
            node: intent.node.to_string(),
            scheduler: scheduler.to_owned(),
            reason: intent
                .reason
                .as_ref()
                .map_or(String::new(), |reason| reason.as_str().to_owned()),
            overruled: verdict.broken.iter().map(ToString::to_string).collect(),
            unprepared: verdict.unprepared.iter().map(ToString::to_string).collect(),
            fate: fate.to_string(),
            total: verdict.total,
            best: verdict.best,
            adoption: intent
                .adoption
                .as_ref()
                .map_or(String::new(), |adoption| adoption.id.to_string()),
            event: serde_json::to_value(event).unwrap_or_default(),
            ..Begun::default()
        }
    }

    /// Reads the pod and makes sure that it can be placed.
    pub(super) async fn read_pod(&self, intent: &Intent) -> Result<PodFacts, Refusal> {
        let pod = match self.fetch_pod(intent).await {
            Ok(pod) => pod,
            Err(error) if error.code() == Some(404) => return Err(Refusal::PodGone),
            Err(error) => return Err(self.refusal(&reading(&intent.pod), error)),
        };
        pod.check(intent, &self.scheduler_names)?;
        Ok(pod)
    }

    pub(super) async fn fetch_pod(&self, intent: &Intent) -> Result<PodFacts, RequestError> {
        let path = pod_path(&intent.pod.namespace, &intent.pod.name);
        self.connection.get(&path).await
    }

    /// Reads the node, which must exist: the API server would bind the pod to one that does not.
    pub(super) async fn read_node(&self, node: &str) -> Result<NodeFacts, Refusal> {
        let read: Result<ApiNode, _> = self
            .connection
            .get(&format!("/api/v1/nodes/{}", segment(node)))
            .await;
        match read {
            Ok(node) => Ok(node.into()),
            Err(error) if error.code() == Some(404) => Err(Refusal::NodeGone(node.to_owned())),
            Err(error) => {
                let action = Action::new(
                    format!("reading node {node}"),
                    Right::everywhere("get", "nodes", ""),
                );
                Err(self.refusal(&action, error))
            }
        }
    }

    /// What `error` means where nothing was sent that could have changed anything.
    pub(super) fn refusal(&self, action: &Action, error: RequestError) -> Refusal {
        Refusal::of(&ClusterError::new(action, self.connection.server(), error))
    }
}

pub(super) fn reading(pod: &PodKey) -> Action {
    let right = Right::within(&*pod.namespace, "get", "pods", "");
    Action::new(format!("reading pod {pod}"), right)
}

/// Waits a little longer each time.
pub(super) async fn pause(wait: &mut Duration, longest: Duration) {
    tokio::time::sleep(*wait).await;
    *wait = (*wait * 2).min(longest);
}
