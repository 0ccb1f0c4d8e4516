//! What making room would cost, looked up before anybody is asked.

use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::cluster::request::pod_path;
use crate::model::text::inert;
use crate::model::{Pod, PodKey};
use crate::placing::facts::MIRROR;
use crate::placing::outcome::Refusal;
use crate::placing::placer::{Judge, Placer, reading};
use crate::scheduling::Room;
use crate::scheduling::room::{Judged, Victim};

/// Pods that are read at once.
const READING: usize = 8;

/// Room that can be made, and what is lost with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// The room.
    pub room: Room,
    /// What is lost with each of its [`Room::victims`].
    pub losses: Vec<Loss>,
}

/// What was found of making room.
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// The pod as it was judged.
    pub pod: Arc<Pod>,
    /// What it takes; `None` where removing pods does not help, or is not needed.
    pub survey: Option<Survey>,
    /// Whether there is room, or pods are on their way out to make it.
    pub under_way: bool,
}

/// What is lost with a pod, by its manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// `spec.terminationGracePeriodSeconds`: how long it has to end.
    pub grace: i64,
    /// Volumes whose data goes with it, or stays behind on the node.
    pub local: Vec<String>,
    /// What is to be done by others before it is gone.
    pub finalizers: Vec<String>,
    /// Until when it terminates, where it is being deleted already.
    pub until: Option<Timestamp>,
    /// Whether its kubelet runs it from a file of its own, and makes it again.
    pub mirror: bool,
}

impl Loss {
    /// All of it, for a person.
    pub fn words(&self) -> Vec<String> {
        let mut words = vec![match self.until {
            Some(until) => format!("is terminating, until {}", super::clock(until)),
            None => format!("has {} s to end", self.grace),
        }];
        if self.mirror {
            words.push("its kubelet makes it again from a file: deleting it helps nobody".to_owned());
        }
        if !self.local.is_empty() {
            words.push(format!("loses {}", inert(&self.local.join(", "))));
        }
        if !self.finalizers.is_empty() {
            words.push(format!(
                "waits for finalizer {}",
                inert(&self.finalizers.join(", "))
            ));
        }
        words
    }
}

impl Placer {
    /// What making room for `pod` on `node` takes.
    ///
    /// # Errors
    /// Where the pod is not there any more, or a pod that would go cannot be read.
    pub async fn survey(&self, judge: &dyn Judge, pod: PodKey, node: Arc<str>) -> Result<Surveyed, Refusal> {
        let Some(judged) = judge.room(pod.clone(), Arc::clone(&node)).await else {
            return Err(self.not_known(&pod).await);
        };
        let Judged {
            pod,
            trace,
            room,
            leaving,
        } = judged;
        let Some(room) = room else {
            let id = trace.nodes.id(&node);
            let fits = id.is_some_and(|id| trace.feasible_index(id).is_some());
            let nominated = pod.nominated_node.as_ref() == Some(&node);
            return Ok(Surveyed {
                pod,
                survey: None,
                under_way: fits || (nominated && !leaving.is_empty()),
            });
        };
        let reading: Vec<_> = room.victims.iter().map(|victim| self.loss(victim)).collect();
        let losses = stream::iter(reading)
            .buffered(READING)
            .try_collect::<Vec<Loss>>()
            .await?;
        Ok(Surveyed {
            pod,
            survey: Some(Survey { room, losses }),
            under_way: false,
        })
    }

    /// Why nothing is known of `pod`: it is gone, or the watches have not brought it.
    async fn not_known(&self, pod: &PodKey) -> Refusal {
        let path = pod_path(&pod.namespace, &pod.name);
        match self.connection.get::<Manifest>(&path).await {
            Ok(_) => Refusal::NotKnownYet,
            Err(error) if error.code() == Some(404) => Refusal::PodGone,
            Err(error) => self.refusal(&reading(pod), error),
        }
    }

    async fn loss(&self, victim: &Victim) -> Result<Loss, Refusal> {
        let pod = &victim.key;
        let path = pod_path(&pod.namespace, &pod.name);
        match self.connection.get::<Manifest>(&path).await {
            Ok(manifest) => Ok(manifest.into()),
            Err(error) if error.code() == Some(404) => Ok(Loss::default()),
            Err(error) => Err(self.refusal(&reading(pod), error)),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Manifest {
    metadata: Metadata,
    spec: Spec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    annotations: Option<serde_json::Map<String, Value>>,
    finalizers: Option<Vec<String>>,
    deletion_timestamp: Option<Timestamp>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    termination_grace_period_seconds: Option<i64>,
    volumes: Option<Vec<Volume>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Volume {
    name: String,
    empty_dir: Option<Value>,
    host_path: Option<Value>,
    ephemeral: Option<Value>,
}

impl From<Manifest> for Loss {
    fn from(Manifest { metadata, spec }: Manifest) -> Self {
        let volume = |volume: Volume| {
            let kind = if volume.empty_dir.is_some() {
                "emptyDir"
            } else if volume.ephemeral.is_some() {
                "ephemeral volume"
            } else if volume.host_path.is_some() {
                "hostPath (stays on the node)"
            } else {
                return None;
            };
            Some(format!("{kind} {}", volume.name))
        };
        let annotations = metadata.annotations.unwrap_or_default();
        Self {
            // The API server fills it in.
            grace: spec.termination_grace_period_seconds.unwrap_or(30),
            local: spec.volumes.into_iter().flatten().filter_map(volume).collect(),
            finalizers: metadata.finalizers.unwrap_or_default(),
            until: metadata.deletion_timestamp,
            mirror: annotations.contains_key(MIRROR),
        }
    }
}
