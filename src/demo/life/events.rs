//! Events that the controllers post, as upstream's recorder of the core group writes them.

use serde_json::{Value, json};

use crate::demo::{
    clock,
    kinds::{EVENT, Kind, Table},
    object::{Key, Object, str_at},
    store::{Store, Write},
};

/// Posts an event about an object, or counts it where the same was said before.
///
/// `kind` is `Normal` or `Warning`; `component` is who says it, `host` the node that it is said on (empty for none).
pub(crate) fn post(
    store: &Store,
    component: &str,
    host: &str,
    (about_kind, about): (&Kind, &Object),
    kind: &str,
    (reason, message): (&str, &str),
) {
    let namespace = match &*about.key.namespace {
        "" => "default",
        namespace => namespace,
    };
    let same = |event: &Object| {
        &*event.key.namespace == namespace
            && event.field(&EVENT, "involvedObject.uid") == &*about.uid
            && event.field(&EVENT, "reason") == reason
            && event.field(&EVENT, "source") == component
            && str_at(&event.tree(), "/message") == message
    };
    let now = clock::now();
    let before = store.find(Table::Events, same).into_iter().next();
    let key = match &before {
        Some(before) => before.key.clone(),
        None => {
            let name = format!("{}.{:016x}", about.key.name, fastrand::u64(..));
            Key::new(namespace, &name)
        }
    };
    let written = store.write(&EVENT, &key, |current| {
        if let Some(current) = current {
            let mut tree = current.tree();
            tree["count"] = (tree["count"].as_i64().unwrap_or(1) + 1).into();
            tree["lastTimestamp"] = now.clone().into();
            return Ok(Write::Put(tree));
        }
        let mut source = json!({"component": component});
        if !host.is_empty() {
            source["host"] = host.into();
        }
        Ok(Write::Put(json!({
            "metadata": {
                "name": &*key.name, "namespace": namespace,
                "uid": clock::uid(&mut fastrand::Rng::new()), "creationTimestamp": now,
            },
            "involvedObject": {
                "apiVersion": about_kind.api_version(), "kind": about_kind.kind,
                "namespace": &*about.key.namespace, "name": &*about.key.name,
                "uid": &*about.uid, "resourceVersion": about.revision.to_string(),
            },
            "reason": reason, "message": message, "type": kind, "count": 1,
            "source": source, "firstTimestamp": now, "lastTimestamp": now, "eventTime": Value::Null,
            "reportingComponent": component, "reportingInstance": host,
        })))
    });
    if let Err(failure) = written {
        tracing::warn!(component, "an event was refused: {}", failure.message());
    }
}
