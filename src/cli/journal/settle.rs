//! Looking up in the cluster what the journal leaves open.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize as _;
use serde_json::Value;

use super::room;
use crate::cluster::Connection;
use crate::cluster::events::{Posting, host};
use crate::cluster::request::{RequestError, pod_path, segment};
use crate::journal::{Effect, Entry, Outcome, Record, Step, Story, story};
use crate::model::text::inert;

/// Posts the events that are owed for placements on this cluster.
pub(in crate::cli) async fn post_owed(connection: &Connection, journal: &Arc<dyn Record>) {
    let Ok((entries, _)) = journal.read() else { return };
    for story in story::stories(entries) {
        if story.begun.server != connection.server() {
            continue;
        }
        if story.owes_event() {
            post(connection, journal, &story).await;
        }
        tell_of_room(connection, journal, &story).await;
    }
}

/// Finds out how open placements on this cluster ended, writes that down, and posts what events are owed.
pub(super) async fn settle(connection: &Connection, journal: &Arc<dyn Record>, stories: &[Story]) {
    for story in stories {
        if story.begun.server != connection.server() {
            continue;
        }
        let mut placed = story.owes_event();
        if story.is_open() && !is_under_way(story) {
            let looked = if story.makes_room() {
                room::look(connection, story).await
            } else {
                look(connection, story).await
            };
            match looked {
                Ok((outcome, text)) => {
                    placed |= outcome == Outcome::Placed && !story.posted;
                    write(journal, story, Step::Settled { outcome, text });
                }
                Err(error) => tracing::warn!(?error, id = story.id, "cannot be looked up"),
            }
        }
        if placed {
            post(connection, journal, story).await;
        }
        tell_of_room(connection, journal, story).await;
    }
}

/// Posts the events that are owed about pods that were removed, once it is known who was.
async fn tell_of_room(connection: &Connection, journal: &Arc<dyn Record>, story: &Story) {
    if is_under_way(story) {
        return;
    }
    let story = room::look_up(connection, journal, story).await;
    room::tell(connection, journal, &story).await;
}

async fn post(connection: &Connection, journal: &Arc<dyn Record>, story: &Story) {
    let Ok(event) = Posting::deserialize(&story.begun.event) else {
        return;
    };
    match connection.post_event(&event).await {
        Ok(()) => write(journal, story, Step::Posted),
        Err(error) => tracing::warn!(%error, id = story.id, "the event is still owed"),
    }
}

pub(super) fn write(journal: &Arc<dyn Record>, story: &Story, step: Step) {
    let entry = Entry {
        at: Timestamp::now(),
        id: story.id.clone(),
        step,
    };
    if let Err(error) = journal.write(&entry) {
        tracing::warn!(%error, "cannot write to the journal");
    }
}

/// Whether the process that began it still runs, and so may end it itself.
pub(super) fn is_under_way(story: &Story) -> bool {
    if story.end.is_some() || story.begun.host != host() {
        return false;
    }
    if story.begun.process == std::process::id() {
        return true;
    }
    runs(story.begun.process)
}

#[cfg(unix)]
fn runs(process: u32) -> bool {
    use rustix::process::{Pid, test_kill_process};
    let pid = i32::try_from(process).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| !matches!(test_kill_process(pid), Err(error) if error == rustix::io::Errno::SRCH))
}

#[cfg(not(unix))]
fn runs(_: u32) -> bool {
    false
}

/// How it ended, by what the cluster has.
async fn look(connection: &Connection, story: &Story) -> Result<(Outcome, String), RequestError> {
    let begun = &story.begun;
    let pod = match get(connection, &pod_path(&begun.namespace, &begun.pod)).await? {
        Some(pod) if text(&pod, "/metadata/uid") == begun.uid => pod,
        _ => {
            let why = if story.sent_binding() {
                "the pod is gone; whether it was placed cannot be told any more"
            } else {
                "the pod is gone, and its Binding was never sent"
            };
            return Ok((Outcome::Gone, why.to_owned()));
        }
    };
    let node = text(&pod, "/spec/nodeName");
    if !node.is_empty() {
        let said = |key: &str| {
            let annotations = pod.pointer("/metadata/annotations");
            annotations
                .and_then(|all| all.get(key)?.as_str())
                .unwrap_or_default()
        };
        let ours = story.sent_binding()
            && node == begun.node
            && said("berth.dev/placed-by") == begun.user
            && said("berth.dev/reason") == begun.reason;
        return Ok(if ours {
            (
                Outcome::Placed,
                format!("it is on {} by this Binding", inert(node)),
            )
        } else {
            (
                Outcome::NotPlaced,
                format!("somebody else placed it on {}", inert(node)),
            )
        });
    }
    let mut left = Vec::new();
    for request in &story.requests {
        if let Some(effect) = &request.effect {
            left.extend(in_force(connection, story, effect).await?);
        }
    }
    left.dedup();
    let text = if left.is_empty() {
        "it still waits, and nothing is left of what was prepared".to_owned()
    } else {
        format!("it still waits; in force: {}", left.join("; "))
    };
    Ok((Outcome::NotPlaced, text))
}

/// What of `effect` is in force, for a person.
async fn in_force(
    connection: &Connection,
    story: &Story,
    effect: &Effect,
) -> Result<Option<String>, RequestError> {
    let begun = &story.begun;
    let namespace = segment(&begun.namespace);
    let claims = format!("/apis/resource.k8s.io/v1/namespaces/{namespace}/resourceclaims");
    Ok(match effect {
        Effect::NodeSelected { claim, node } => {
            let path = format!(
                "/api/v1/namespaces/{namespace}/persistentvolumeclaims/{}",
                segment(claim)
            );
            let found = get(connection, &path).await?;
            let selected = found.as_ref().and_then(|claim| {
                claim
                    .pointer("/metadata/annotations")?
                    .get("volume.kubernetes.io/selected-node")?
                    .as_str()
            });
            (selected == Some(node)).then(|| effect.words())
        }
        Effect::VolumeClaimed { volume, claim } => {
            let path = format!("/api/v1/persistentvolumes/{}", segment(volume));
            let found = get(connection, &path).await?;
            let is = |found: &Value| {
                text(found, "/spec/claimRef/name") == claim
                    && text(found, "/spec/claimRef/namespace") == begun.namespace
            };
            found.as_ref().is_some_and(is).then(|| effect.words())
        }
        Effect::Reserved { claim } => {
            let found = get(connection, &format!("{claims}/{}", segment(claim))).await?;
            let users = found
                .as_ref()
                .and_then(|claim| claim.pointer("/status/reservedFor"));
            let mut users = users.and_then(Value::as_array).into_iter().flatten();
            users
                .any(|user| text(user, "/uid") == begun.uid)
                .then(|| format!("{}: placing it again goes on from there", effect.words()))
        }
        Effect::Made { claim: prefix } => {
            let all = get(connection, &claims).await?.unwrap_or_default();
            let all = all.get("items").and_then(Value::as_array);
            let made = all.into_iter().flatten().find(|claim| {
                let owners = claim
                    .pointer("/metadata/ownerReferences")
                    .and_then(Value::as_array);
                let mut owners = owners.into_iter().flatten();
                text(claim, "/metadata/name").starts_with(prefix)
                    && owners.any(|owner| text(owner, "/uid") == begun.uid)
            });
            made.map(|claim| {
                let name = inert(text(claim, "/metadata/name")).into_owned();
                format!(
                    "ResourceClaim {name}, made for its extended resources, keeps it from every node until it is deleted \
                     (kubectl delete resourceclaim -n {} {name})",
                    begun.namespace
                )
            })
        }
        Effect::Finalizer { .. }
        | Effect::TakenOver { .. }
        | Effect::Named
        | Effect::Nominated
        | Effect::NominationCleared { .. }
        | Effect::DisruptionTarget { .. }
        | Effect::Removed { .. }
        | Effect::Bound
        | Effect::Undone => None,
    })
}

/// What is there; `None` where nothing is.
pub(super) async fn get(connection: &Connection, path: &str) -> Result<Option<Value>, RequestError> {
    match connection.get(path).await {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.code() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn text<'a>(object: &'a Value, at: &str) -> &'a str {
    object.pointer(at).and_then(Value::as_str).unwrap_or_default()
}
