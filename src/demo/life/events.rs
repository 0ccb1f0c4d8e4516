//! Events that the controllers post, as upstream's recorder of the core group writes them.

use std::hash::BuildHasher;

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
    (about_kind, about): (&Kind, &Object),
    kind: &str,
    (reason, message): (&str, &str),
) {
    let namespace = match &*about.key.namespace {
        "" => "default",
        namespace => namespace,
    };
    // What is said again finds what was said before by its name. Upstream's recorder remembers; its names end in as many
    // digits, of the time.
    let said = (&*about.uid, component, kind, reason, message);
    let name = format!(
        "{}.{:016x}",
        about.key.name,
        rustc_hash::FxBuildHasher.hash_one(said)
    );
    let key = Key::new(namespace, &name);
    let now = clock::now();
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
