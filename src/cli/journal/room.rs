//! Looking up what became of making room.

use std::sync::Arc;

use serde::Deserialize as _;

use super::settle::{get, text, write};
use crate::cluster::Connection;
use crate::cluster::events::Posting;
use crate::cluster::request::{RequestError, pod_path};
use crate::journal::story::Removal;
use crate::journal::{Outcome, Record, Step, Story};
use crate::model::text::inert;
use crate::placing::preempt;

/// Finds out which pods were removed where no answer tells, writes that down, and gives the story as it is then.
pub(super) async fn look_up(connection: &Connection, journal: &Arc<dyn Record>, story: &Story) -> Story {
    let mut now = story.clone();
    for removal in story.removals() {
        if removal.taken.is_some() {
            continue;
        }
        match is_removed(connection, story, removal).await {
            Ok(removed) => {
                let pod = removal.pod.to_owned();
                now.looked_up.push((pod.clone(), removed));
                write(journal, story, Step::LookedUp { pod, removed });
            }
            Err(error) => tracing::warn!(?error, pod = removal.pod, "cannot be looked up"),
        }
    }
    now
}

/// Whether a pod whose deletion was sent goes by that. One that is gone does: it was told why before its deletion was sent.
/// One that terminates must say so.
async fn is_removed(
    connection: &Connection,
    story: &Story,
    removal: Removal<'_>,
) -> Result<bool, RequestError> {
    let (namespace, name) = removal.pod.split_once('/').unwrap_or(("", removal.pod));
    let pod = get(connection, &pod_path(namespace, name)).await?;
    let Some(pod) = pod.filter(|pod| text(pod, "/metadata/uid") == removal.uid) else {
        return Ok(true);
    };
    let terminates = !text(&pod, "/metadata/deletionTimestamp").is_empty();
    Ok(terminates && preempt::is_condemned(&pod, &story.begun.scheduler))
}

/// Posts the events that are owed about pods that were removed.
pub(super) async fn tell(connection: &Connection, journal: &Arc<dyn Record>, story: &Story) {
    for removal in story.to_be_told() {
        let Ok(event) = Posting::deserialize(removal.event) else {
            continue;
        };
        match connection.post_event(&event).await {
            Ok(()) => {
                let pod = removal.pod.to_owned();
                write(journal, story, Step::Told { pod });
            }
            Err(error) => tracing::warn!(%error, pod = removal.pod, "the event about it is still owed"),
        }
    }
}

/// What was removed, and what is left of it, by what the cluster has. Room is made where each pod that was to go is gone
/// or on its way out; no deletion is sent from here.
pub(super) async fn look(connection: &Connection, story: &Story) -> Result<(Outcome, String), RequestError> {
    let removals = story.removals();
    let (mut gone, mut leaving, mut there) = (Vec::new(), Vec::new(), Vec::new());
    for victim in &story.begun.victims {
        let sent = removals.iter().find(|removal| removal.pod == victim);
        let Some(sent) = sent else {
            there.push(format!("{victim} (nothing was sent)"));
            continue;
        };
        let (namespace, name) = victim.split_once('/').unwrap_or(("", victim));
        let path = pod_path(namespace, name);
        match get(connection, &path).await? {
            Some(pod) if text(&pod, "/metadata/uid") == sent.uid => {
                match text(&pod, "/metadata/deletionTimestamp") {
                    "" => there.push(victim.clone()),
                    until => leaving.push(format!("{victim} (until {})", inert(until))),
                }
            }
            _ => gone.push(victim.clone()),
        }
    }
    let begun = &story.begun;
    let path = pod_path(&begun.namespace, &begun.pod);
    let pod = get(connection, &path).await?;
    let pod = pod.filter(|pod| text(pod, "/metadata/uid") == begun.uid);
    let waits = match &pod {
        None => "the pod that it was for is gone".to_owned(),
        Some(pod) => match (
            text(pod, "/spec/nodeName"),
            text(pod, "/status/nominatedNodeName"),
        ) {
            ("", nominated) if nominated == begun.node => {
                format!(
                    "it waits, nominated for {}: placing it goes on from there",
                    inert(nominated)
                )
            }
            ("", _) => "it waits, and is not nominated".to_owned(),
            (node, _) => format!("it is on {}", inert(node)),
        },
    };
    let list = |head: &str, all: &[String]| (!all.is_empty()).then(|| format!("{head} {}", all.join(", ")));
    let parts = [
        list("gone:", &gone),
        list("terminating:", &leaving),
        list("still there:", &there),
        Some(waits),
    ];
    let outcome = if there.is_empty() {
        Outcome::RoomMade
    } else {
        Outcome::NotPlaced
    };
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    Ok((outcome, parts.join("; ")))
}
