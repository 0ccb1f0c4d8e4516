//! What scheduling reads of a cluster, object by object, as the API has it: for a file.

use std::io;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::connect::Connection;
use super::error::ClusterError;
use super::watch::WatchKind;

/// Objects a page.
const PAGE: usize = 500;
/// On an object: what kubectl applied last, whatever was in it.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Takes objects.
pub trait Sink: Send {
    /// Takes one.
    ///
    /// # Errors
    /// Where it cannot.
    fn take(&mut self, object: &Value) -> io::Result<()>;
}

/// Why there is no snapshot.
#[derive(Debug)]
pub enum Error {
    /// The cluster does not give it.
    Cluster(ClusterError),
    /// The sink does not take it.
    Sink(io::Error),
}

/// A kind that is not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The kind, in the plural.
    pub kind: &'static str,
    /// Why.
    pub why: &'static str,
}

/// Hands everything that scheduling reads to `sink`, without what it does not read and nobody else should: environments,
/// commands and arguments of containers, managed fields, what kubectl applied last. The kinds that are not there, or that
/// we may not see, come back.
///
/// # Errors
/// Where pods, nodes or namespaces cannot be had, or another kind for a reason that may pass, or the sink takes no more.
pub async fn read(connection: &Connection, sink: &mut dyn Sink) -> Result<Vec<Skipped>, Error> {
    let mut skipped = Vec::new();
    for kind in WatchKind::all() {
        let why = match list(connection, kind, sink).await {
            Ok(()) => continue,
            Err(Failed::Absent(why)) => why,
            Err(Failed::For(error)) => return Err(error),
        };
        skipped.push(Skipped {
            kind: kind.as_str(),
            why,
        });
    }
    Ok(skipped)
}

enum Failed {
    Absent(&'static str),
    For(Error),
}

async fn list(connection: &Connection, kind: WatchKind, sink: &mut dyn Sink) -> Result<(), Failed> {
    #[derive(Deserialize)]
    struct Page {
        #[serde(default)]
        metadata: Meta,
        #[serde(default)]
        items: Vec<Value>,
    }
    #[derive(Default, Deserialize)]
    struct Meta {
        #[serde(default, rename = "continue")]
        more: String,
    }
    let (api_version, name) = kind.type_meta();
    let mut more = String::new();
    loop {
        let mut path = format!("{}&limit={PAGE}", kind.path()).replace("?&", "?");
        if !more.is_empty() {
            path.push_str("&continue=");
            path.push_str(&super::request::segment(&more));
        }
        let page: Result<Page, _> = connection.get(&path).await;
        let page = page.map_err(|error| match (kind, error.code()) {
            (WatchKind::Other(_), Some(403)) => Failed::Absent("listing them is forbidden"),
            (WatchKind::Other(_), Some(404)) => Failed::Absent("the server has no such kind"),
            _ => Failed::For(Error::Cluster(ClusterError::new(
                &kind.listing(),
                connection.server(),
                error,
            ))),
        })?;
        for mut object in page.items {
            if let Some(object) = object.as_object_mut() {
                object.insert("apiVersion".to_owned(), api_version.clone().into());
                object.insert("kind".to_owned(), name.into());
                strip(object);
            }
            sink.take(&object)
                .map_err(|error| Failed::For(Error::Sink(error)))?;
        }
        more = page.metadata.more;
        if more.is_empty() {
            return Ok(());
        }
    }
}

/// Takes out what is nobody's business: of the object, and of the template that it may hold.
fn strip(object: &mut Map<String, Value>) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(LAST_APPLIED);
        }
    }
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    for group in ["containers", "initContainers", "ephemeralContainers"] {
        let containers = spec.get_mut(group).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten().filter_map(Value::as_object_mut) {
            for field in [
                "env",
                "envFrom",
                "command",
                "args",
                "lifecycle",
                "livenessProbe",
                "readinessProbe",
                "startupProbe",
            ] {
                container.remove(field);
            }
        }
    }
    if let Some(template) = spec.get_mut("template").and_then(Value::as_object_mut) {
        strip(template);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_may_hold_secrets_is_left_out() {
        let container = json!({
            "name": "app", "image": "nginx", "env": [{"name": "TOKEN", "value": "hush"}], "args": ["--password=hush"],
            "command": ["sh", "-c", "hush"], "resources": {"requests": {"cpu": "1"}},
            "livenessProbe": {"httpGet": {"httpHeaders": [{"name": "Authorization", "value": "hush"}]}},
        });
        let pod = json!({
            "metadata": {
                "name": "web", "managedFields": [{"manager": "kubectl"}],
                "annotations": {LAST_APPLIED: "hush", "kept": "yes"},
            },
            "spec": {"containers": [container], "initContainers": [container], "ephemeralContainers": [container]},
        });
        let set = json!({"metadata": {"name": "set"}, "spec": {"template": pod}});
        for mut object in [pod, set] {
            strip(object.as_object_mut().unwrap());
            let text = object.to_string();
            assert!(
                !text.contains("hush") && !text.contains("managedFields"),
                "{text}"
            );
            assert!(text.contains("\"cpu\":\"1\"") && text.contains("nginx"), "{text}");
        }
    }
}
