//! `delete`: at once, or marked and left to whoever has still to finish.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    clock, events,
    failure::Failure,
    kinds::{Kind, Table},
    object::{Key, Object, metadata, str_at},
    store::{Store, Write},
    writes::{has_finalizers, is_finished},
};

/// What a client says when it deletes.
#[derive(Debug, Default)]
pub(crate) struct Deletion {
    pub(crate) grace_seconds: Option<i64>,
    pub(crate) uid: String,
    pub(crate) revision: String,
    pub(crate) dry_run: bool,
}

/// Deletes an object, or, where it has a grace period or finalizers, marks it as being deleted.
pub(crate) fn delete(
    store: &Store,
    kind: &'static Kind,
    key: &Key,
    deletion: &Deletion,
) -> Result<Bytes, Failure> {
    let mut shown = None;
    let stored = store.write(events::stored_row(kind), key, |current| {
        let current = current.ok_or_else(|| Failure::not_found(kind, &key.name))?;
        check_deletion(kind, current, deletion)?;
        let mut tree = current.tree();
        let write = begin_deletion(kind, &mut tree, deletion.grace_seconds);
        if deletion.dry_run {
            shown = Some(current.body().clone());
            return Ok(Write::Keep);
        }
        Ok(match write {
            Step::Remove => Write::Remove(tree),
            Step::Mark => Write::Put(tree),
            Step::Nothing => Write::Keep,
        })
    })?;
    let object = stored.ok_or_else(|| Failure::not_found(kind, &key.name))?;
    let still_there = store.get(kind.table, key).is_some_and(|o| o.uid == object.uid);
    if kind.returns_deleted || (still_there && !deletion.dry_run) {
        return Ok(shown.unwrap_or_else(|| events::view(kind, &object)));
    }
    let mut details = json!({"name": &*key.name, "kind": kind.plural, "uid": &*object.uid});
    if !kind.group.is_empty() {
        details["group"] = kind.group.into();
    }
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
    Ok(Bytes::from(status.to_string()))
}

enum Step {
    Remove,
    Mark,
    Nothing,
}

/// Refuses to delete another object, or another version of it, than the client means.
fn check_deletion(kind: &Kind, object: &Object, deletion: &Deletion) -> Result<(), Failure> {
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

fn begin_deletion(kind: &Kind, tree: &mut Value, asked: Option<i64>) -> Step {
    let graceful = kind.table == Table::Pods;
    let held = has_finalizers(tree);
    if !graceful && !held {
        return Step::Remove;
    }
    let grace = if graceful { pod_grace(tree, asked) } else { 0 };
    let running = str_at(tree, "/metadata/deletionTimestamp")
        .parse::<Timestamp>()
        .ok();
    let before = tree
        .pointer("/metadata/deletionGracePeriodSeconds")
        .and_then(Value::as_i64)
        .unwrap_or(0);
    let end = match running {
        // A second deletion can only shorten the grace of the first.
        Some(_) if grace >= before => {
            return if is_finished(tree) {
                Step::Remove
            } else {
                Step::Nothing
            };
        }
        Some(end) => end.checked_sub(SignedDuration::from_secs(before - grace)),
        None => Timestamp::now().checked_add(SignedDuration::from_secs(grace)),
    };
    let generation = tree
        .pointer("/metadata/generation")
        .and_then(Value::as_i64)
        .unwrap_or(0);
    let metadata = metadata(tree);
    metadata.insert(
        "deletionTimestamp".into(),
        end.map_or_else(|_| clock::now(), clock::seconds).into(),
    );
    metadata.insert("deletionGracePeriodSeconds".into(), grace.into());
    if generation > 0 && running.is_none() {
        metadata.insert("generation".into(), (generation + 1).into());
    }
    if grace == 0 && !held {
        Step::Remove
    } else {
        Step::Mark
    }
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
    match asked.unwrap_or_else(own) {
        negative if negative < 0 => 1,
        seconds => seconds,
    }
}
