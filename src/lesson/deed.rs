//! Deeds: what is done to the cluster before a step, and what does a step for a learner who begins later. Each is plain
//! requests, as any client could send them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::error::{LessonError, wrong};
use super::kinds::{KINDS, Kind};

/// Something done to the cluster.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// An object is made, or changed to be so.
    Apply(&'static Kind, Box<Value>),
    /// An object is changed by a strategic merge patch.
    Patch(Object, Box<Value>),
    /// An object is deleted, at once.
    Delete(Object),
    /// A pod is bound to a node, with the event that goes with it.
    Bind {
        /// The pod.
        pod: Object,
        /// The node.
        node: String,
        /// The component that the event is from.
        by: String,
    },
}

/// An object's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    kind: &'static Kind,
    namespace: String,
    name: String,
}

/// A request to the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// GET, POST, PATCH, DELETE.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// Of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
    /// Whether it is fine that there is no such object.
    pub may_be_missing: bool,
}

/// A document that is no manifest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Short {
    delete: Option<String>,
    patch: Option<String>,
    with: Option<Value>,
    bind: Option<String>,
}

/// Reads deeds, documents of YAML with `---` between them; the first line is number `first`.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub fn parse(lines: &[&str], first: usize) -> Result<Vec<Deed>, LessonError> {
    let mut deeds = Vec::new();
    let mut begin = 0;
    for end in 0..=lines.len() {
        if lines.get(end).is_some_and(|line| line.trim_end() != "---") {
            continue;
        }
        let document = lines.get(begin..end).unwrap_or_default();
        let blank = document.iter().take_while(|line| line.trim().is_empty()).count();
        if blank < document.len() {
            let line = first + begin + blank;
            deeds.push(deed(&document.join("\n"), first + begin, line)?);
        }
        begin = end + 1;
    }
    Ok(deeds)
}

/// Reads a document that begins in line `from`, its text in line `line`.
fn deed(text: &str, from: usize, line: usize) -> Result<Deed, LessonError> {
    let unreadable = |error: serde_saphyr::Error| {
        let at = error.location().map_or(1, |location| location.line());
        let whole = error.to_string();
        let first = whole.lines().next().unwrap_or_default();
        // Its own place is that in the block.
        let why = first
            .split_once("column ")
            .and_then(|(_, rest)| rest.split_once(": "))
            .map_or(first, |(_, why)| why);
        let at = from + usize::try_from(at).unwrap_or(1).saturating_sub(1);
        wrong(
            at,
            why,
            "write a manifest, `delete:`, `patch:` with `with:`, or `bind:`",
        )
    };
    let value: Value = serde_saphyr::from_str(text).map_err(unreadable)?;
    if value.get("kind").is_some() || value.get("apiVersion").is_some() {
        let kind = KINDS
            .iter()
            .find(|kind| value["kind"] == kind.kind && value["apiVersion"] == kind.api_version);
        let Some(kind) = kind else {
            let known: Vec<String> = KINDS
                .iter()
                .map(|kind| format!("{} {}", kind.api_version, kind.kind))
                .collect();
            let message = format!(
                "`{} {}` cannot be made here",
                word(&value["apiVersion"]),
                word(&value["kind"])
            );
            return Err(wrong(line, message, format!("there are {}", known.join(", "))));
        };
        if value["metadata"]["name"].as_str().is_none_or(str::is_empty) {
            return Err(wrong(
                line,
                "the manifest has no metadata.name",
                "give it one: `generateName` is not enough",
            ));
        }
        return Ok(Deed::Apply(kind, Box::new(value)));
    }
    let short: Short = serde_saphyr::from_str(text).map_err(unreadable)?;
    match (short.delete, short.patch, short.with, short.bind) {
        (Some(object), None, None, None) => Ok(Deed::Delete(self::object(&object, line)?)),
        (None, Some(object), Some(with), None) => {
            Ok(Deed::Patch(self::object(&object, line)?, Box::new(with)))
        }
        (None, None, None, Some(text)) => bind(&text, line),
        _ => Err(wrong(
            line,
            "nothing is done here",
            "write a manifest, `delete: KIND [NS/]NAME`, `patch: KIND [NS/]NAME` with `with:`, or `bind: [NS/]POD to NODE [by NAME]`",
        )),
    }
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

fn object(text: &str, line: usize) -> Result<Object, LessonError> {
    let mut words = text.split_whitespace();
    let (Some(kind), Some(name), None) = (words.next(), words.next(), words.next()) else {
        return Err(wrong(
            line,
            format!("`{text}` names no object"),
            "write `KIND [NS/]NAME`",
        ));
    };
    let Some(kind) = Kind::named(kind) else {
        return Err(wrong(
            line,
            format!("there is no kind `{kind}`"),
            "write `pod`, `node`, …",
        ));
    };
    let (namespace, name) = name.split_once('/').unwrap_or(("default", name));
    Ok(Object {
        kind,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    })
}

fn bind(text: &str, line: usize) -> Result<Deed, LessonError> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (pod, node, by) = match words.as_slice() {
        [pod, "to", node] => (pod, node, "berth"),
        [pod, "to", node, "by", by] => (pod, node, *by),
        _ => {
            return Err(wrong(
                line,
                format!("`{text}` binds nothing"),
                "write `bind: [NS/]POD to NODE [by NAME]`",
            ));
        }
    };
    Ok(Deed::Bind {
        pod: object(&format!("pod {pod}"), line)?,
        node: (*node).to_owned(),
        by: by.to_owned(),
    })
}

impl Deed {
    /// The requests, in order.
    pub fn requests(&self) -> Vec<Request> {
        let request = |method, path, content_type, body: &Value| Request {
            method,
            path,
            content_type,
            body: body.to_string(),
            may_be_missing: method == "DELETE",
        };
        match self {
            Self::Apply(kind, manifest) => {
                let metadata = &manifest["metadata"];
                let namespace = metadata["namespace"].as_str().unwrap_or("default");
                let path = kind.path_of(namespace, word(&metadata["name"]));
                let path = format!("{path}?fieldManager=berth-lesson&force=true");
                vec![request("PATCH", path, "application/apply-patch+yaml", manifest)]
            }
            Self::Patch(object, with) => {
                vec![request(
                    "PATCH",
                    object.path(),
                    "application/strategic-merge-patch+json",
                    with,
                )]
            }
            Self::Delete(object) => {
                let now = json!({"gracePeriodSeconds": 0});
                vec![request("DELETE", object.path(), "application/json", &now)]
            }
            Self::Bind { pod, node, by } => {
                let Object { namespace, name, .. } = pod;
                let placed_by = (by == "berth").then(|| json!({"berth.dev/placed-by": "the lesson"}));
                let binding = json!({
                    "apiVersion": "v1", "kind": "Binding",
                    "metadata": {"name": name, "annotations": placed_by},
                    "target": {"apiVersion": "v1", "kind": "Node", "name": node},
                });
                let event = json!({
                    "apiVersion": "v1", "kind": "Event",
                    "metadata": {"name": format!("{name}.bound"), "namespace": namespace},
                    "involvedObject": {"apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": name},
                    "reason": "Scheduled", "type": "Normal",
                    "message": format!("Successfully assigned {namespace}/{name} to {node}"),
                    "source": {"component": by},
                });
                let events = format!("/api/v1/namespaces/{namespace}/events");
                vec![
                    request(
                        "POST",
                        format!("{}/binding", pod.path()),
                        "application/json",
                        &binding,
                    ),
                    request("POST", events, "application/json", &event),
                ]
            }
        }
    }
}

impl Object {
    fn path(&self) -> String {
        self.kind.path_of(&self.namespace, &self.name)
    }
}
