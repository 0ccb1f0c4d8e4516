//! One version of one object, as it is kept: bytes ready to be sent, and what selectors ask for.
//!
//! An object is parsed only while it is changed. A tree of `serde_json::Value` takes about ten times the memory of
//! its text, and a list or a watch needs nothing but the text.

use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

use super::kinds::{Kind, Table};

/// Namespace (empty for kinds without) and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) namespace: Arc<str>,
    pub(crate) name: Arc<str>,
}

impl Key {
    pub(crate) fn new(namespace: &str, name: &str) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
        }
    }
}

/// One immutable version of an object.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) table: Table,
    pub(crate) key: Key,
    pub(crate) uid: Box<str>,
    /// The `metadata.resourceVersion`.
    pub(crate) revision: u64,
    /// Labels in key order.
    pub(crate) labels: Box<[(Box<str>, Box<str>)]>,
    /// The values of [`Kind::fields`], in its order.
    pub(crate) fields: Box<[Box<str>]>,
    /// Whether `metadata.deletionTimestamp` is set.
    pub(crate) deleting: bool,
    /// The uid of the owner that is its controller; empty where there is none.
    pub(crate) controller: Box<str>,
    /// The uids of its other owners.
    pub(crate) other_owners: Box<[Box<str>]>,
    body: Bytes,
    /// Where the bytes after `"kind":…,"apiVersion":…,` begin: lists leave these two out of their items.
    item_at: usize,
}

impl Object {
    /// Freezes a tree into a version. The tree's own kind and apiVersion give way to the row's.
    pub(crate) fn freeze(kind: &Kind, mut tree: Value, revision: u64) -> Self {
        if let Some(map) = tree.as_object_mut() {
            map.remove("kind");
            map.remove("apiVersion");
        }
        metadata(&mut tree).insert("resourceVersion".into(), revision.to_string().into());
        let labels = tree
            .pointer("/metadata/labels")
            .and_then(Value::as_object)
            .map(|labels| labels.iter().map(|(k, v)| (k.as_str().into(), text(v))).collect())
            .unwrap_or_default();
        let fields = kind.fields.iter().map(|(_, at)| field(&tree, at)).collect();
        let (body, item_at) = encode(kind, &tree);
        let controller = controller(&tree);
        Self {
            table: kind.table,
            key: Key::new(
                str_at(&tree, "/metadata/namespace"),
                str_at(&tree, "/metadata/name"),
            ),
            uid: str_at(&tree, "/metadata/uid").into(),
            revision,
            labels,
            fields,
            deleting: !str_at(&tree, "/metadata/deletionTimestamp").is_empty(),
            controller: controller.into(),
            other_owners: owners(&tree)
                .map(|owner| str_at(owner, "/uid"))
                .filter(|uid| *uid != controller)
                .map(Box::from)
                .collect(),
            body,
            item_at,
        }
    }

    /// The object as JSON, kind and apiVersion included.
    pub(crate) fn body(&self) -> &Bytes {
        &self.body
    }

    /// The bytes of a list item, less the opening brace.
    pub(crate) fn item_tail(&self) -> &[u8] {
        self.body.get(self.item_at..).unwrap_or(b"}")
    }

    /// The metadata alone, as JSON.
    pub(crate) fn metadata(&self) -> &str {
        #[derive(Deserialize)]
        struct Part<'a> {
            #[serde(borrow)]
            metadata: &'a RawValue,
        }
        serde_json::from_slice::<Part<'_>>(&self.body).map_or("{}", |part| part.metadata.get())
    }

    /// The same object under another version, its text copied and not read as a whole; nothing where it has no version.
    pub(crate) fn reissued(&self, revision: u64) -> Option<Self> {
        #[derive(Deserialize)]
        struct Metadata<'a> {
            #[serde(borrow, rename = "resourceVersion")]
            version: &'a RawValue,
        }
        let version: Metadata<'_> = serde_json::from_str(self.metadata()).ok()?;
        let version = version.version.get();
        // Both are parts of one text.
        let start = (version.as_ptr() as usize).checked_sub(self.body.as_ptr() as usize)?;
        let mut body = Vec::with_capacity(self.body.len() + 8);
        body.extend_from_slice(self.body.get(..start)?);
        body.extend_from_slice(format!("\"{revision}\"").as_bytes());
        body.extend_from_slice(self.body.get(start + version.len()..)?);
        Some(Self {
            table: self.table,
            other_owners: self.other_owners.clone(),
            key: self.key.clone(),
            uid: self.uid.clone(),
            revision,
            labels: self.labels.clone(),
            fields: self.fields.clone(),
            deleting: self.deleting,
            controller: self.controller.clone(),
            body: body.into(),
            item_at: self.item_at,
        })
    }

    /// The object as a tree of its own, to be changed and frozen again.
    pub(crate) fn tree(&self) -> Value {
        // What was frozen is JSON; should that ever fail, an empty object is refused by every later step.
        serde_json::from_slice(&self.body).unwrap_or_else(|_| json!({}))
    }

    /// The uids of all its owners.
    pub(crate) fn owner_uids(&self) -> impl Iterator<Item = &str> {
        let controller = Some(&*self.controller).filter(|uid| !uid.is_empty());
        controller
            .into_iter()
            .chain(self.other_owners.iter().map(|uid| &**uid))
    }

    /// Whether its text has these letters in it: cheaper than a tree, where most objects have not.
    pub(crate) fn mentions(&self, text: &str) -> bool {
        std::str::from_utf8(&self.body).is_ok_and(|body| body.contains(text))
    }

    /// One of [`Kind::fields`], by name.
    pub(crate) fn field(&self, kind: &Kind, name: &str) -> &str {
        let at = kind.fields.iter().position(|(known, _)| *known == name);
        at.and_then(|at| self.fields.get(at)).map_or("", |value| value)
    }

    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        let at = self.labels.binary_search_by(|(k, _)| (**k).cmp(key)).ok()?;
        self.labels.get(at).map(|(_, value)| &**value)
    }
}

/// Writes an object with its kind and apiVersion in front, and says where the rest begins.
pub(crate) fn encode(kind: &Kind, tree: &Value) -> (Bytes, usize) {
    let mut out = Vec::with_capacity(1024);
    out.extend_from_slice(
        format!(
            r#"{{"kind":"{}","apiVersion":"{}","#,
            kind.kind,
            kind.api_version()
        )
        .as_bytes(),
    );
    let item_at = out.len();
    // The rest is never empty: everything that is encoded has metadata.
    let rest = serde_json::to_vec(tree).unwrap_or_else(|_| b"{\"metadata\":{}}".to_vec());
    out.extend_from_slice(rest.get(1..).unwrap_or(b"}"));
    out.shrink_to_fit();
    (Bytes::from(out), item_at)
}

/// The entries of `metadata.ownerReferences`.
pub(crate) fn owners(tree: &Value) -> impl Iterator<Item = &Value> {
    let owners = tree
        .pointer("/metadata/ownerReferences")
        .and_then(Value::as_array);
    owners.into_iter().flatten()
}

/// The uid of the owner that is an object's controller.
fn controller(tree: &Value) -> &str {
    let controller = owners(tree).find(|owner| owner["controller"] == true);
    controller.map_or("", |owner| str_at(owner, "/uid"))
}

fn field(tree: &Value, at: &str) -> Box<str> {
    match tree.pointer(at) {
        Some(value) => text(value),
        // Upstream formats booleans that are not set as false, and the event source falls back to its reporter.
        None if at == "/spec/hostNetwork" || at == "/spec/unschedulable" => "false".into(),
        None if at == "/status/replicas" || at == "/status/succeeded" => "0".into(),
        None if at == "/source/component" => str_at(tree, "/reportingComponent").into(),
        None => Box::default(),
    }
}

fn text(value: &Value) -> Box<str> {
    match value {
        Value::String(text) => text.as_str().into(),
        Value::Null => Box::default(),
        other => other.to_string().into(),
    }
}

/// The text at a JSON pointer; empty where there is none.
pub(crate) fn str_at<'a>(tree: &'a Value, pointer: &str) -> &'a str {
    tree.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The object under that key of an object, made where it is missing or something else.
pub(crate) fn child<'a>(tree: &'a mut Value, key: &str) -> &'a mut Map<String, Value> {
    as_map(as_map(tree).entry(key).or_insert(Value::Null))
}

fn as_map(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().expect("made an object just above")
}

/// The metadata of an object, made where it is missing.
pub(crate) fn metadata(tree: &mut Value) -> &mut Map<String, Value> {
    child(tree, "metadata")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::kinds::POD;

    #[test]
    fn a_frozen_object_reads_back_and_knows_its_fields() {
        let tree = json!({
            "kind": "Pod", "apiVersion": "v1",
            "metadata": {"namespace": "shop", "name": "cart", "uid": "u", "labels": {"b": "2", "a": "1"},
                "annotations": {"resourceVersion": "7"}},
            "spec": {"nodeName": "n1"},
        });
        let object = Object::freeze(&POD, tree, 7);
        assert_eq!(object.key, Key::new("shop", "cart"));
        assert_eq!(object.label("b"), Some("2"));
        assert_eq!(&*object.fields[0], "n1");
        assert_eq!(&*object.fields[4], "false");
        let read = object.tree();
        assert_eq!(read["metadata"]["resourceVersion"], "7");
        assert_eq!(read["kind"], "Pod");
        let later = object.reissued(1234).unwrap();
        let mut expected = read.clone();
        expected["metadata"]["resourceVersion"] = "1234".into();
        assert_eq!((later.revision, later.tree()), (1234, expected));
        assert_eq!(
            serde_json::from_str::<Value>(later.metadata()).unwrap(),
            later.tree()["metadata"]
        );
        let item: Value = serde_json::from_slice(&[b"{", object.item_tail()].concat()).unwrap();
        assert!(item.get("kind").is_none());
        assert_eq!(item["spec"], read["spec"]);
    }
}
