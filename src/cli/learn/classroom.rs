//! The cluster of a lesson: it is set up, changed as steps want it, and looked at for their goals.
//!
//! Goals are looked at when the cluster changes: their kinds are listed, then watched from there until something happens.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::SelectAll;
use http::Request as Sent;
use kube::Client;
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::app::lesson::Told;
use crate::cli::exit::{Exit, Failure};
use crate::demo::{Listening, Scenario, Server, Settings};
use crate::lesson::{Cluster, Deed, Kind, Lesson, Met, Request, Step};

/// What comes within this time is looked at together.
const BURST: Duration = Duration::from_millis(40);

/// The cluster of a lesson.
pub struct Classroom {
    lesson: Arc<Lesson>,
    server: Server,
    client: Client,
    /// Sets the step up and looks at its goals.
    step: Mutex<Option<JoinHandle<()>>>,
    _listening: Option<Listening>,
}

impl std::fmt::Debug for Classroom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Classroom").finish_non_exhaustive()
    }
}

impl Classroom {
    /// A new cluster on which step `at` of `lesson` can begin, run as `settings` say. kubectl can reach it by the file
    /// `kubeconfig`, where one is named.
    ///
    /// # Errors
    /// Where the lesson's cluster cannot be made, cannot be listened on, or refuses what the lesson does to it.
    pub async fn open(
        lesson: Arc<Lesson>,
        at: usize,
        settings: Settings,
        kubeconfig: Option<&Path>,
    ) -> Result<Self, Failure> {
        let failed = |error: String| {
            Failure::new(
                Exit::Failed,
                format!("cannot begin the lesson {}: {error}", lesson.name),
            )
        };
        let scenario = match &lesson.cluster {
            Cluster::Named(name) => Scenario::named(name),
            Cluster::Own(text) => Scenario::parse(&format!("{}.md", lesson.name), text),
        };
        let scenario = scenario.map_err(|error| failed(error.to_string()))?;
        let server = Server::start_with(scenario, settings);
        let listening = match kubeconfig {
            None => None,
            Some(file) => {
                let listening = server.listen(([127, 0, 0, 1], 0).into()).await;
                let listening = listening.map_err(|error| failed(error.to_string()))?;
                listening
                    .write_kubeconfig(file)
                    .map_err(|error| failed(error.to_string()))?;
                Some(listening)
            }
        };
        let room = Self {
            client: server.client(),
            server,
            step: Mutex::default(),
            _listening: listening,
            lesson: Arc::clone(&lesson),
        };
        room.does(lesson.deeds_to(at)).await.map_err(failed)?;
        Ok(room)
    }

    /// The cluster.
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// Carries out `deeds`.
    ///
    /// # Errors
    /// The first that is refused.
    pub async fn does(&self, deeds: impl Iterator<Item = &Deed>) -> Result<(), String> {
        for request in deeds.flat_map(Deed::requests) {
            send(&self.client, &request).await?;
        }
        Ok(())
    }

    /// Begins step `at` after the one before: sets it up, then tells how its goals stand.
    pub fn enter(&self, at: usize, tell: impl Fn(Told) + Send + Sync + 'static) {
        self.follow(at, true, tell);
    }

    /// Tells how the goals of step `at` stand, which is set up, whenever that changes, until another is begun.
    pub fn look(&self, at: usize, tell: impl Fn(Told) + Send + Sync + 'static) {
        self.follow(at, false, tell);
    }

    fn follow(&self, at: usize, sets_up: bool, tell: impl Fn(Told) + Send + Sync + 'static) {
        let (lesson, client) = (Arc::clone(&self.lesson), self.client.clone());
        let task = tokio::spawn(async move {
            let Some(step) = lesson.steps.get(at) else {
                return;
            };
            let setup = step.setup.iter().filter(|_| sets_up);
            for request in setup.flat_map(Deed::requests) {
                if let Err(error) = send(&client, &request).await {
                    return tell(Told::Failed(error));
                }
            }
            if let Err(error) = watch(&client, step, |met| tell(Told::Checked(at, met))).await {
                tell(Told::Failed(error));
            }
        });
        let before = self
            .step
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(task);
        if let Some(before) = before {
            before.abort();
        }
    }
}

impl Drop for Classroom {
    fn drop(&mut self) {
        let step = self.step.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(step) = step {
            step.abort();
        }
    }
}

async fn send(client: &Client, request: &Request) -> Result<(), String> {
    let failed = |error: String| {
        let path = request.path.split('?').next().unwrap_or_default();
        format!("{} {path}: {error}", request.method)
    };
    let sent = Sent::builder()
        .method(request.method)
        .uri(&request.path)
        .header("content-type", request.content_type)
        .body(request.body.clone().into_bytes())
        .map_err(|error| failed(error.to_string()))?;
    match client.request::<Value>(sent).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if request.may_be_missing && status.code == 404 => Ok(()),
        Err(kube::Error::Api(status)) => Err(failed(status.message.clone())),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Looks at the goals of `step` until this is dropped, and tells how they stand when that changes.
async fn watch(client: &Client, step: &Step, tell: impl Fn(Vec<Met>)) -> Result<(), String> {
    if step.goals.is_empty() {
        return Ok(());
    }
    let mut kinds: Vec<&'static Kind> = Vec::new();
    for goal in &step.goals {
        if !kinds.contains(&goal.kind()) {
            kinds.push(goal.kind());
        }
    }
    let mut told = None;
    loop {
        let mut lists = Vec::new();
        for kind in &kinds {
            lists.push(get(client, kind.path()).await?);
        }
        let met = step.goals.iter().map(|goal| {
            let list = kinds.iter().zip(&lists).find(|(kind, _)| **kind == goal.kind());
            let objects = list.and_then(|(_, list)| list["items"].as_array());
            goal.met(objects.map_or(&[][..], Vec::as_slice))
        });
        let met: Vec<Met> = met.collect();
        if told.as_ref() != Some(&met) {
            tell(met.clone());
            told = Some(met);
        }
        let mut changes = SelectAll::new();
        for (kind, list) in kinds.iter().zip(&lists) {
            let version = list["metadata"]["resourceVersion"].as_str().unwrap_or_default();
            let path = format!("{}?watch=1&resourceVersion={version}", kind.path());
            let watched = client.request_events::<Value>(reading(path)?).await;
            changes.push(watched.map_err(|error| error.to_string())?.boxed());
        }
        // A watch that ends is begun anew, as one that tells something.
        changes.next().await;
        tokio::time::sleep(BURST).await;
    }
}

async fn get(client: &Client, path: String) -> Result<Value, String> {
    let list = client.request::<Value>(reading(path)?).await;
    list.map_err(|error| error.to_string())
}

fn reading(path: String) -> Result<Sent<Vec<u8>>, String> {
    Sent::get(path)
        .body(Vec::new())
        .map_err(|error| error.to_string())
}
