//! `delete`: at once, or marked and left to whoever has still to finish.
//!
//! Source of the protocol: `Delete` and `BeforeDelete` of `k8s.io/apiserver/pkg/registry`. What a deletion is to do with
//! the dependents of an object is written into its finalizers, `orphan` or `foregroundDeletion`, and the garbage
//! collector takes these off when it has done it; in the background means no finalizer at all.
//!
//! Beside upstream: a pod that goes at once is removed in one step, where upstream marks it in one version and removes
//! it in the next.

mod collection;
mod options;

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(crate) use self::collection::delete_collection;
use super::{
    api, clock, events,
    failure::Failure,
    kinds::{Kind, Table},
    object::{Key, Object, metadata, str_at},
    store::{Store, Write},
    strategy::Dependents,
    subresource::Call,
    writes::has_finalizers,
};

/// The finalizer of an object whose dependents are to be left without owner first.
pub(crate) const ORPHAN: &str = "orphan";
/// The finalizer of an object whose dependents are to be deleted first.
pub(crate) const FOREGROUND: &str = "foregroundDeletion";

/// What is to become of the dependents of what is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Propagation {
    /// They go first.
    Foreground,
    /// They go after it.
    Background,
    /// They stay, and have no owner any more.
    Orphan,
}

/// What a client says when it deletes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deletion {
    pub(crate) grace_seconds: Option<i64>,
    pub(crate) uid: String,
    pub(crate) revision: String,
    pub(crate) dry_run: bool,
    pub(crate) propagation: Option<Propagation>,
    /// The older way to say it.
    pub(crate) orphan_dependents: Option<bool>,
}

/// What becomes of the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Remove,
    Mark,
    Nothing,
}

/// Answers the request to delete an object.
pub(crate) fn answer(
    store: &Store,
    kind: &'static Kind,
    key: &Key,
    call: &Call,
) -> Result<Response, Failure> {
    let deletion = options::read(call)?;
    let (body, step) = run(store, kind, key, &deletion)?;
    let code = if step != Step::Remove && deletion.orphan_dependents == Some(false) {
        StatusCode::ACCEPTED
    } else {
        StatusCode::OK
    };
    Ok(api::json(code, body, &warnings(kind, &deletion)))
}

/// Deletes an object, or, where it has a grace period or finalizers, marks it as being deleted. Answers what clients are
/// answered: the object, or a `Status`.
pub(crate) fn delete(
    store: &Store,
    kind: &'static Kind,
    key: &Key,
    deletion: &Deletion,
) -> Result<Bytes, Failure> {
    run(store, kind, key, deletion).map(|(body, _)| body)
}

/// Jobs alone warn of their default.
fn warnings(kind: &Kind, deletion: &Deletion) -> Vec<String> {
    if kind.table == Table::Jobs && deletion.propagation.is_none() && deletion.orphan_dependents.is_none() {
        let text = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to \
                    remove them or set propagationPolicy=Orphan to suppress this warning";
        vec![text.to_owned()]
    } else {
        Vec::new()
    }
}

fn run(store: &Store, kind: &'static Kind, key: &Key, deletion: &Deletion) -> Result<(Bytes, Step), Failure> {
    let row = events::stored_row(kind);
    let mut taken = Step::Nothing;
    let mut shown = None;
    let stored = store.write(row, key, |current| {
        let current = current.ok_or_else(|| Failure::not_found(kind, &key.name))?;
        let mut tree = current.tree();
        let own = (kind.strategy.begin_deletion)(current, &mut tree, deletion)?;
        taken = if let Some(step) = own {
            step
        } else {
            check_preconditions(kind, current, deletion)?;
            begin(kind, &mut tree, deletion)
        };
        if deletion.dry_run {
            shown = Some(Object::freeze(row, tree, current.revision));
            return Ok(Write::Keep);
        }
        Ok(match taken {
            Step::Remove => Write::Remove(tree),
            Step::Mark => Write::Put(tree),
            Step::Nothing => Write::Keep,
        })
    })?;
    let stored = stored.ok_or_else(|| Failure::not_found(kind, &key.name))?;
    let object = shown.as_ref().unwrap_or(&stored);
    if kind.returns_deleted || taken != Step::Remove {
        return Ok((events::view(kind, object), taken));
    }
    let mut details = json!({"name": &*key.name, "kind": kind.plural, "uid": &*object.uid});
    if !kind.group.is_empty() {
        details["group"] = kind.group.into();
    }
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
    Ok((Bytes::from(status.to_string()), taken))
}

/// Refuses to delete another object, or another version of it, than the client means.
fn check_preconditions(kind: &Kind, object: &Object, deletion: &Deletion) -> Result<(), Failure> {
    let revision = object.revision.to_string();
    for (what, wanted, is, ending) in [
        ("UID", &deletion.uid, &*object.uid, "deleted and then recreated"),
        (
            "ResourceVersion",
            &deletion.revision,
            revision.as_str(),
            "modified",
        ),
    ] {
        if !wanted.is_empty() && wanted != is {
            let why = format!(
                "the {what} in the precondition ({wanted}) does not match the {what} in record ({is}). The object might \
                 have been {ending}"
            );
            return Err(Failure::deletion_conflict(kind, &object.key.name, &why));
        }
    }
    Ok(())
}

fn begin(kind: &Kind, tree: &mut Value, deletion: &Deletion) -> Step {
    let graceful = if kind.table == Table::Pods {
        match begin_gracefully(tree, deletion.grace_seconds.map(at_least_now)) {
            Grace::Pending => return Step::Nothing,
            Grace::Seconds(seconds) => Some(seconds),
            Grace::Over => None,
        }
    } else {
        None
    };
    set_collector_finalizers(kind.strategy.dependents, tree, deletion);
    let held = has_finalizers(tree);
    match graceful {
        Some(seconds) if held || seconds > 0 => Step::Mark,
        None if held => {
            mark(tree);
            Step::Mark
        }
        _ => Step::Remove,
    }
}

/// A negative grace is the shortest that there is.
fn at_least_now(seconds: i64) -> i64 {
    if seconds < 0 { 1 } else { seconds }
}

enum Grace {
    /// It is being deleted already, at least as soon.
    Pending,
    /// It has so long to go, as is written in it.
    Seconds(i64),
    /// Nothing is left to wait for.
    Over,
}

fn begin_gracefully(pod: &mut Value, asked: Option<i64>) -> Grace {
    let running = str_at(pod, "/metadata/deletionTimestamp")
        .parse::<Timestamp>()
        .ok();
    let now = Timestamp::now();
    let Some(running) = running else {
        let seconds = pod_grace(pod, asked);
        let end = now.checked_add(SignedDuration::from_secs(seconds));
        count_generation(pod);
        set_end(pod, end.unwrap_or(now), seconds);
        return Grace::Seconds(seconds);
    };
    let before = pod
        .pointer("/metadata/deletionGracePeriodSeconds")
        .and_then(Value::as_i64)
        .map_or(0, at_least_now);
    if before == 0 {
        return Grace::Over;
    }
    // A second deletion can only shorten the grace of the first.
    let Some(mut seconds) = asked.filter(|asked| *asked < before) else {
        return Grace::Pending;
    };
    let mut end = running
        .checked_sub(SignedDuration::from_secs(before.saturating_sub(seconds)))
        .unwrap_or(now);
    if end < now {
        end = now;
        seconds = seconds.min(1);
    }
    set_end(pod, end, seconds);
    Grace::Seconds(seconds)
}

/// A pod on no node and a pod that has ended go at once; others get what was asked or what they ask for.
fn pod_grace(pod: &Value, asked: Option<i64>) -> i64 {
    if str_at(pod, "/spec/nodeName").is_empty()
        || matches!(str_at(pod, "/status/phase"), "Failed" | "Succeeded")
    {
        return 0;
    }
    let own = || {
        pod.pointer("/spec/terminationGracePeriodSeconds")
            .and_then(Value::as_i64)
            .unwrap_or(0)
    };
    at_least_now(asked.unwrap_or_else(own))
}

/// Marks an object without a grace of its own as being deleted.
fn mark(tree: &mut Value) {
    let now = Timestamp::now();
    let running = str_at(tree, "/metadata/deletionTimestamp")
        .parse::<Timestamp>()
        .ok();
    if running.is_none() {
        count_generation(tree);
    }
    set_end(tree, running.map_or(now, |end| end.min(now)), 0);
}

fn set_end(tree: &mut Value, end: Timestamp, grace: i64) {
    let metadata = metadata(tree);
    metadata.insert("deletionTimestamp".into(), clock::seconds(end).into());
    metadata.insert("deletionGracePeriodSeconds".into(), grace.into());
}

fn count_generation(tree: &mut Value) {
    let generation = tree.pointer("/metadata/generation").and_then(Value::as_i64);
    if let Some(generation) = generation.filter(|generation| *generation > 0) {
        metadata(tree).insert("generation".into(), generation.saturating_add(1).into());
    }
}

/// Writes into the finalizers what the garbage collector is to do before the object goes.
fn set_collector_finalizers(dependents: Dependents, tree: &mut Value, deletion: &Deletion) {
    let old: Vec<String> = finalizers(tree);
    let asked = if dependents == Dependents::Unknown {
        None
    } else {
        asked(deletion)
            // A finalizer that is there already stands above the default.
            .or_else(|| {
                old.iter().find_map(|finalizer| match finalizer.as_str() {
                    ORPHAN => Some(Propagation::Orphan),
                    FOREGROUND => Some(Propagation::Foreground),
                    _ => None,
                })
            })
            .or((dependents == Dependents::Orphan).then_some(Propagation::Orphan))
    };
    let wanted = match asked {
        Some(Propagation::Orphan) => Some(ORPHAN),
        Some(Propagation::Foreground) => Some(FOREGROUND),
        Some(Propagation::Background) | None => None,
    };
    let mut new: Vec<&str> = old
        .iter()
        .map(String::as_str)
        .filter(|finalizer| !matches!(*finalizer, ORPHAN | FOREGROUND))
        .collect();
    new.extend(wanted);
    let same = new.len() == old.len() && old.iter().all(|finalizer| new.contains(&finalizer.as_str()));
    if !same {
        let new: Value = new.into();
        write_finalizers(tree, new);
    }
}

/// What a client asks for explicitly, in either way.
pub(crate) fn asked(deletion: &Deletion) -> Option<Propagation> {
    match deletion.orphan_dependents {
        Some(true) => Some(Propagation::Orphan),
        Some(false) => Some(Propagation::Background),
        None => deletion.propagation,
    }
}

pub(crate) fn finalizers(tree: &Value) -> Vec<String> {
    let list = tree.pointer("/metadata/finalizers").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|finalizer| Some(finalizer.as_str()?.to_owned()))
        .collect()
}

/// An empty list is left out, as wherever the server writes.
pub(crate) fn write_finalizers(tree: &mut Value, finalizers: Value) {
    let metadata = metadata(tree);
    if finalizers.as_array().is_some_and(|list| !list.is_empty()) {
        metadata.insert("finalizers".into(), finalizers);
    } else {
        metadata.remove("finalizers");
    }
}
