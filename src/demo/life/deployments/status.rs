//! What a deployment tells of itself.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    limits::max_unavailable,
    sets::{Set, generation, total},
};
use crate::demo::{
    clock,
    life::{
        conditions,
        replica_sets::replicas,
        statuses::{int, set_count},
    },
    object::str_at,
};

const PROGRESSING: &str = "Progressing";
const AVAILABLE: &str = "NewReplicaSetAvailable";
const TIMED_OUT: &str = "ProgressDeadlineExceeded";

/// The seconds within which a rollout has to get on; `None` where nobody asks.
fn deadline(tree: &Value) -> Option<i64> {
    let deadline = int(tree, "/spec/progressDeadlineSeconds");
    // Defaulted to ten minutes; the largest number says never.
    Some(deadline.unwrap_or(600)).filter(|deadline| *deadline != i64::from(i32::MAX))
}

/// Sets a condition of a deployment, which also tells when it was last looked at.
fn set(status: &mut Value, kind: &str, is: &str, (reason, message): (&str, &str)) {
    let now = clock::now();
    let condition = json!({
        "type": kind, "status": is, "reason": reason, "message": message,
        "lastUpdateTime": now, "lastTransitionTime": now,
    });
    conditions::put(status, condition);
}

/// What is told of progress while a rollout is made, unless nobody asks.
pub(super) fn set_progressing(tree: &Value, status: &mut Value, is: bool, why: (&str, &str)) {
    if deadline(tree).is_some() {
        set(status, PROGRESSING, if is { "True" } else { "False" }, why);
    }
}

/// A new ReplicaSet was found, not made: progress counts from now, where it was not counted yet.
pub(super) fn found(tree: &Value, status: &mut Value, name: &str) {
    if conditions::find(status, PROGRESSING).is_none() {
        let message = format!("Found new replica set {name:?}");
        set_progressing(tree, status, true, ("FoundNewReplicaSet", &message));
    }
}

/// A pause stops the clock of the deadline.
pub(super) fn set_paused(tree: &Value, status: &mut Value) {
    let reason = conditions::find(status, PROGRESSING).map_or("", |c| str_at(c, "/reason"));
    if deadline(tree).is_none() || reason == TIMED_OUT {
        return;
    }
    let paused = tree["spec"]["paused"] == true;
    if paused && reason != "DeploymentPaused" {
        set(
            status,
            PROGRESSING,
            "Unknown",
            ("DeploymentPaused", "Deployment is paused"),
        );
    } else if !paused && reason == "DeploymentPaused" {
        set(
            status,
            PROGRESSING,
            "Unknown",
            ("DeploymentResumed", "Deployment is resumed"),
        );
    }
}

/// The numbers, and whether enough pods are available.
pub(super) fn calculate(tree: &Value, status: &Value, sets: &[Set], new: Option<&Set>) -> Value {
    let mut status = status.clone();
    let available = total(sets, Set::available);
    let unavailable = total(sets, Set::wanted) - available;
    if let Some(status) = status.as_object_mut() {
        set_count(status, "observedGeneration", generation(tree));
        set_count(status, "replicas", total(sets, |set| set.count("replicas")));
        set_count(status, "updatedReplicas", total(new, |set| set.count("replicas")));
        set_count(
            status,
            "readyReplicas",
            total(sets, |set| set.count("readyReplicas")),
        );
        set_count(status, "availableReplicas", available);
        set_count(status, "unavailableReplicas", unavailable.max(0));
        let terminating = |set: &Set| set.tree["status"]["terminatingReplicas"].is_i64();
        if sets.iter().all(terminating) {
            let terminating = total(sets, |set| set.count("terminatingReplicas"));
            status.insert("terminatingReplicas".into(), terminating.into());
        } else {
            status.remove("terminatingReplicas");
        }
    }
    let enough = available >= replicas(tree).saturating_sub(max_unavailable(tree));
    let (is, why) = if enough {
        (
            "True",
            ("MinimumReplicasAvailable", "Deployment has minimum availability."),
        )
    } else {
        (
            "False",
            (
                "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.",
            ),
        )
    };
    set(&mut status, "Available", is, why);
    status
}

fn number(status: &Value, name: &str) -> i64 {
    status[name].as_i64().unwrap_or(0)
}

/// All pods are of the new template, and available.
pub(super) fn is_complete(tree: &Value, status: &Value) -> bool {
    let wanted = replicas(tree);
    ["updatedReplicas", "replicas", "availableReplicas"]
        .iter()
        .all(|name| number(status, name) == wanted)
        && number(status, "observedGeneration") >= generation(tree)
}

fn has_progressed(old: &Value, new: &Value) -> bool {
    let outdated = |status: &Value| number(status, "replicas") - number(status, "updatedReplicas");
    let grew = |name: &str| number(new, name) > number(old, name);
    grew("updatedReplicas")
        || outdated(new) < outdated(old)
        || grew("readyReplicas")
        || grew("availableReplicas")
}

/// The status during a rollout, with what it tells of progress and failures. `old` is the status before.
pub(super) fn of_rollout(tree: &Value, old: &Value, sets: &[Set], new: Option<&Set>) -> Value {
    let mut status = calculate(tree, old, sets, new);
    let current = conditions::find(old, PROGRESSING).cloned();
    let reason = current.as_ref().map_or("", |c| str_at(c, "/reason"));
    let settled = number(&status, "replicas") == number(&status, "updatedReplicas") && reason == AVAILABLE;
    if deadline(tree).is_none() {
        conditions::remove(&mut status, PROGRESSING);
    } else if !settled {
        let who = match new {
            Some(new) => format!("ReplicaSet {:?}", new.name()),
            None => format!("Deployment {:?}", str_at(tree, "/metadata/name")),
        };
        if is_complete(tree, &status) {
            let message = format!("{who} has successfully progressed.");
            set(&mut status, PROGRESSING, "True", (AVAILABLE, &message));
        } else if has_progressed(old, &status) {
            // The time of the last step is what the deadline counts from: told anew for the same reason as well.
            let message = format!("{who} is progressing.");
            conditions::remove(&mut status, PROGRESSING);
            set(&mut status, PROGRESSING, "True", ("ReplicaSetUpdated", &message));
            let since = current.filter(|c| c["status"] == "True");
            if let (Some(since), Some(condition)) = (
                since,
                status["conditions"].as_array_mut().and_then(|c| c.last_mut()),
            ) {
                condition["lastTransitionTime"] = since["lastTransitionTime"].clone();
            }
        } else if left(tree, &status).is_some_and(|left| left <= 0) {
            let message = format!("{who} has timed out progressing.");
            set(&mut status, PROGRESSING, "False", (TIMED_OUT, &message));
        }
    }
    match failure(sets, new) {
        Some(failure) => {
            let of = |name| str_at(failure, name);
            let (is, why) = (of("/status").to_owned(), (of("/reason"), of("/message")));
            set(&mut status, "ReplicaFailure", &is, why);
        }
        None => conditions::remove(&mut status, "ReplicaFailure"),
    }
    status
}

/// What keeps a set from its pods; the new set's word comes first.
fn failure<'a>(sets: &'a [Set], new: Option<&'a Set>) -> Option<&'a Value> {
    let mut sets = new.into_iter().chain(sets);
    sets.find_map(|set| conditions::find(&set.tree["status"], "ReplicaFailure"))
}

/// Seconds until the rollout has taken too long; `None` where that is not counted.
fn left(tree: &Value, status: &Value) -> Option<i64> {
    let condition = conditions::find(status, PROGRESSING)?;
    if matches!(str_at(condition, "/reason"), AVAILABLE | TIMED_OUT) {
        return None;
    }
    let from: Timestamp = str_at(condition, "/lastUpdateTime").parse().ok()?;
    let over = from.as_second().saturating_add(deadline(tree)?);
    Some(over.saturating_sub(Timestamp::now().as_second()))
}

/// When to look whether the rollout has taken too long.
pub(super) fn next_check(tree: &Value, status: &Value) -> Option<Duration> {
    if is_complete(tree, status) {
        return None;
    }
    let left = u64::try_from(left(tree, status)?).unwrap_or(0);
    Some(Duration::from_secs(left.saturating_add(1)))
}
