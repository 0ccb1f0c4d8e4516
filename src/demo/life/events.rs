//! Events that the controllers post, as upstream's recorder of the core group writes them.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

use crate::demo::{
    clock,
    kinds::{EVENT, Kind},
    object::{Key, Object},
    store::{Store, Write},
};

/// Posts an event about an object, or counts it where the same was said before.
///
/// `kind` is `Normal` or `Warning`; `component` is who says it, `host` the node that it is said on (empty for none).
pub(crate) fn post(
    store: &Store,
    component: &str,
    host: &str,
    about: (&Kind, &Object),
    kind: &str,
    said: (&str, &str),
) {
    post_at(store, component, host, about, "", kind, said);
}

/// The same about a part of an object, such as `spec.containers{web}`.
pub(crate) fn post_at(
    store: &Store,
    component: &str,
    host: &str,
    (about_kind, about): (&Kind, &Object),
    part: &str,
    kind: &str,
    (reason, message): (&str, &str),
) {
    let namespace = match &*about.key.namespace {
        "" => "default",
        namespace => namespace,
    };
    let now = clock::now();
    // What is the same has the same name, so that nothing has to be looked for.
    let mut hasher = DefaultHasher::new();
    (&about.uid, component, host, part, kind, reason, message).hash(&mut hasher);
    let name = format!(
        "{}.{:02x}{:014x}",
        about.key.name,
        rank(reason),
        hasher.finish() >> 8
    );
    let key = Key::new(namespace, &name);
    let written = store.write(&EVENT, &key, |current| {
        if let Some(current) = current {
            let mut tree = current.tree();
            tree["count"] = tree["count"].as_i64().unwrap_or(1).saturating_add(1).into();
            tree["lastTimestamp"] = now.clone().into();
            return Ok(Write::Put(tree));
        }
        let mut source = json!({"component": component});
        if !host.is_empty() {
            source["host"] = host.into();
        }
        let mut involved = json!({
            "apiVersion": about_kind.api_version(), "kind": about_kind.kind, "name": &*about.key.name,
            "uid": &*about.uid, "resourceVersion": about.revision.to_string(),
        });
        for (field, text) in [("namespace", &*about.key.namespace), ("fieldPath", part)] {
            if !text.is_empty() {
                involved[field] = text.into();
            }
        }
        Ok(Write::Put(json!({
            "metadata": {
                "name": &*key.name, "namespace": namespace,
                "uid": clock::uid(&mut fastrand::Rng::new()), "creationTimestamp": now,
            },
            "involvedObject": involved,
            "reason": reason, "message": message, "type": kind, "count": 1,
            "source": source, "firstTimestamp": now, "lastTimestamp": now, "eventTime": Value::Null,
            "reportingComponent": component, "reportingInstance": host,
        })))
    });
    if let Err(failure) = written {
        tracing::warn!(component, "an event was refused: {}", failure.message());
    }
}

/// kubectl shows the events of one second in the order of their names: those of a container's start are named in
/// theirs, and after a scheduler's, whose names begin with a time.
fn rank(reason: &str) -> usize {
    let steps = ["Pulled", "Created", "Started"];
    let step = steps.iter().position(|step| *step == reason);
    0x80 + step.unwrap_or(steps.len())
}
