//! A cluster from a file: what `kubectl get … -o json` or `-o yaml` prints.

mod index;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

pub use index::{Index, Place};

use super::object::Object;
use crate::model::cluster::{Change, WatchEvent, object_kinds};
use crate::model::from_api;
use crate::model::text::inert;

/// What a file holds.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// One complete list of each kind that is read: applied to a cluster, they make it what the file says.
    pub changes: Vec<Change>,
    /// Objects of kinds that are not read, counted by kind.
    pub skipped: BTreeMap<String, usize>,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// It is neither JSON nor YAML.
    #[error(
        "{file}: {message}; expected is what 'kubectl get nodes,pods,namespaces -A -o json' (or yaml) prints"
    )]
    Syntax {
        /// The file.
        file: String,
        /// What the parser says.
        message: String,
    },
    /// An object in it is not what the API would print.
    #[error("{file}: item {at} ({object}): {field}: {message}")]
    Item {
        /// The file.
        file: String,
        /// Which item, from 0.
        at: usize,
        /// Its kind, namespace and name.
        object: String,
        /// The field.
        field: String,
        /// What the parser says.
        message: String,
    },
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(default)]
    kind: String,
    #[serde(borrow, default)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    metadata: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    namespace: Option<String>,
}

/// Lists within lists that are followed: more than anybody means.
const NESTED: usize = 8;

/// Reads a `List` of mixed kinds, a typed list or single objects, in JSON or YAML, several documents too. `file` is
/// what errors call it.
///
/// # Errors
/// Where it is empty, neither JSON nor YAML, or holds objects but none of a kind that is read; where an object of a
/// kind that is read has a field of the wrong type.
pub fn read(bytes: &[u8], file: &str) -> Result<Loaded, ListError> {
    let syntax = |message: String| ListError::Syntax {
        file: file.to_owned(),
        message,
    };
    let text = std::str::from_utf8(bytes).map_err(|error| syntax(format!("not text: {error}")))?;
    // What a 'kubectl get' that failed leaves behind: no cluster, rather than one where no pod waits.
    if text.trim().is_empty() {
        return Err(syntax("it is empty".to_owned()));
    }
    let mut reading = Reading {
        file,
        at: 0,
        depth: 0,
        kinds: BTreeSet::new(),
        loaded: Loaded::default(),
    };
    reading.loaded.changes.extend(Change::restarted());
    if text.trim_start().starts_with('{') {
        for found in documents(text) {
            let (document, json) = found.map_err(|error| syntax(error.to_string()))?;
            match document.items {
                Some(_) => reading.list(&document)?,
                None => reading.item(json, "")?,
            }
        }
    } else {
        let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(text, yaml_options(text.len()))
            .map_err(|error| syntax(error.to_string()))?;
        for document in documents {
            let kind = document
                .get("kind")
                .and_then(Value::as_str)
                .unwrap_or("")
                .to_owned();
            match document.get("items").unwrap_or(&document) {
                Value::Array(items) => {
                    items
                        .iter()
                        .try_for_each(|item| reading.item(&item.to_string(), &kind))?;
                }
                _ if document.is_null() => {}
                _ => reading.item(&document.to_string(), "")?,
            }
        }
    }
    let is_core = |change: &Change| {
        matches!(
            change,
            Change::Pod(WatchEvent::Listed(_))
                | Change::Node(WatchEvent::Listed(_))
                | Change::Namespace(WatchEvent::Listed(_))
        )
    };
    if !reading.kinds.is_empty() && !reading.loaded.changes.iter().any(is_core) {
        let kinds: Vec<&str> = reading.kinds.iter().map(String::as_str).take(5).collect();
        let message = format!("it holds no nodes, pods or namespaces, only {}", kinds.join(", "));
        return Err(syntax(inert(&message).into_owned()));
    }
    reading.loaded.changes.extend(Change::synced());
    Ok(reading.loaded)
}

/// The documents of `text`, which is JSON, each with its part of the text.
fn documents(text: &str) -> impl Iterator<Item = Result<(Document<'_>, &str), serde_json::Error>> {
    let mut documents = serde_json::Deserializer::from_str(text).into_iter::<Document<'_>>();
    let mut start = 0;
    std::iter::from_fn(move || {
        let document = documents.next()?;
        let end = documents.byte_offset();
        let json = text.get(start..end).unwrap_or_default();
        start = end;
        Some(document.map(|document| (document, json)))
    })
}

/// The parser's guards against documents that unfold to much more than they are, without those that keep out large
/// clusters: every node takes a byte at the least.
fn yaml_options(bytes: usize) -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: bytes.max(250_000),
            max_events: bytes.saturating_mul(2).max(1_000_000),
            max_total_scalar_bytes: bytes.max(64 << 20),
            max_documents: bytes,
        },
    }
}

macro_rules! listed {
    ($($kind:ident $field:ident $object:ident $model:path,)*) => {
        impl Reading<'_> {
            /// The object as a change; `None` where its kind is not read.
            fn change(&self, json: &str, kind: &str, head: &Head) -> Result<Option<Change>, ListError> {
                Ok(Some(match kind {
                    "Pod" => Change::Pod(WatchEvent::Listed(self.object(json, kind, head)?)),
                    "Node" => Change::Node(WatchEvent::Listed(self.object(json, kind, head)?)),
                    "Namespace" => Change::Namespace(WatchEvent::Listed(self.object(json, kind, head)?)),
                    $(kind if kind == <from_api::$object as Object>::API.kind => {
                        Change::$kind(WatchEvent::Listed(self.object(json, kind, head)?))
                    })*
                    _ => return Ok(None),
                }))
            }
        }
    };
}
object_kinds!(listed);

struct Reading<'a> {
    file: &'a str,
    at: usize,
    depth: usize,
    /// Those met.
    kinds: BTreeSet<String>,
    loaded: Loaded,
}

impl Reading<'_> {
    /// Reads the objects of a list.
    fn list(&mut self, list: &Document<'_>) -> Result<(), ListError> {
        if self.depth == NESTED {
            return Err(ListError::Syntax {
                file: self.file.to_owned(),
                message: format!("more than {NESTED} lists within each other"),
            });
        }
        self.depth += 1;
        for item in list.items.iter().flatten() {
            self.item(item.get(), &list.kind)?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads one object; in a typed list (`PodList`) the list says the kind.
    fn item(&mut self, json: &str, list: &str) -> Result<(), ListError> {
        let head: Head = serde_json::from_str(json).map_err(|error| ListError::Syntax {
            file: self.file.to_owned(),
            message: format!("item {} is no Kubernetes object: {error}", self.at),
        })?;
        let kind = head.kind.as_deref().or(list.strip_suffix("List")).unwrap_or("");
        if !kind.is_empty() && !kind.ends_with("List") && !self.kinds.contains(kind) {
            self.kinds.insert(kind.to_owned());
        }
        if let Some(change) = self.change(json, kind, &head)? {
            self.at += 1;
            self.loaded.changes.push(change);
            return Ok(());
        }
        match kind {
            "" => Err(ListError::Syntax {
                file: self.file.to_owned(),
                message: format!("item {} has no kind", self.at),
            }),
            // 'kubectl get' prints none within another; what puts its outputs together does.
            list if list.ends_with("List") => {
                let list: Document<'_> = serde_json::from_str(json).map_err(|error| ListError::Syntax {
                    file: self.file.to_owned(),
                    message: format!("item {}: {error}", self.at),
                })?;
                self.list(&list)
            }
            other => {
                *self.loaded.skipped.entry(other.to_owned()).or_default() += 1;
                self.at += 1;
                Ok(())
            }
        }
    }

    fn object<T: DeserializeOwned>(&self, json: &str, kind: &str, head: &Head) -> Result<Box<T>, ListError> {
        if let Ok(object) = serde_json::from_str(json) {
            return Ok(Box::new(object));
        }
        // Once more, slower, to learn which field it is.
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(json))
            .map(Box::new)
            .map_err(|error| {
                let named = |part: fn(&Named) -> Option<&str>| head.metadata.as_ref().and_then(part);
                let mut object = kind.to_owned();
                if let Some(namespace) = named(|m| m.namespace.as_deref()) {
                    object = format!(
                        "{object} {namespace}/{}",
                        named(|m| m.name.as_deref()).unwrap_or("?")
                    );
                } else if let Some(name) = named(|m| m.name.as_deref()) {
                    object = format!("{object} {name}");
                }
                ListError::Item {
                    file: self.file.to_owned(),
                    at: self.at,
                    object,
                    field: error.path().to_string(),
                    message: error.inner().to_string(),
                }
            })
    }
}
