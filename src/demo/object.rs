//! One version of one object, as it is kept: bytes ready to be sent, and what selectors ask for.
//!
//! An object is parsed only while it is changed. A tree of `serde_json::Value` takes about ten times the memory of
//! its text, and a list or a watch needs nothing but the text.

pub(crate) mod stencils;

use std::{ops::Range, sync::Arc};

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
    pub(crate) labels: Labels,
    /// The values of [`Kind::fields`], in its order.
    pub(crate) fields: Box<[Arc<str>]>,
    /// Whether `metadata.deletionTimestamp` is set.
    pub(crate) deleting: bool,
    /// The uid of the owner that is its controller; empty where there is none.
    pub(crate) controller: Arc<str>,
    /// The uids of its other owners.
    pub(crate) other_owners: Box<[Box<str>]>,
    /// What a pod has beside its containers.
    pub(crate) claims: Claims,
    body: Bytes,
    /// Where the bytes after `"kind":…,"apiVersion":…,` begin: lists leave these two out of their items.
    item_at: usize,
    /// Where the digits of `metadata.resourceVersion` are.
    version_at: Range<usize>,
}

/// Labels in key order; versions and objects that have the same may share them.
pub(crate) type Labels = Arc<[(Arc<str>, Arc<str>)]>;

/// What the volumes and the devices of a pod hang on, so that the many pods without need not be read for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    /// A volume is, or is to be, a claim.
    pub(crate) volumes: bool,
    /// It has `spec.resourceClaims`.
    pub(crate) devices: bool,
}

impl Claims {
    fn of(pod: &Value) -> Self {
        let list = |at: &str| pod.pointer(at).and_then(Value::as_array).into_iter().flatten();
        let claimed = |volume: &Value| {
            ["persistentVolumeClaim", "ephemeral"]
                .iter()
                .any(|source| volume.get(source).is_some())
        };
        Self {
            volumes: list("/spec/volumes").any(claimed),
            devices: list("/spec/resourceClaims").next().is_some(),
        }
    }
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
        let Encoded {
            body,
            item_at,
            version_at,
        } = Encoded::of(kind, &tree);
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
            claims: match kind.table {
                Table::Pods => Claims::of(&tree),
                _ => Claims::default(),
            },
            body,
            item_at,
            version_at,
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

    /// The same object under another version, its text copied and not read.
    pub(crate) fn reissued(&self, revision: u64) -> Self {
        self.with_text(&self.body, self.version_at.clone(), revision)
    }

    /// The same object with another text in the place of one, which is a part of its own body as
    /// [`RawValue`](serde_json::value::RawValue) borrows it and after its version, and under another version.
    pub(crate) fn spliced(&self, place: &str, text: &str, revision: u64) -> Option<Self> {
        let start = (place.as_ptr() as usize).checked_sub(self.body.as_ptr() as usize)?;
        let mut body = Vec::with_capacity(self.body.len() + text.len());
        body.extend_from_slice(self.body.get(..start)?);
        body.extend_from_slice(text.as_bytes());
        body.extend_from_slice(self.body.get(start + place.len()..)?);
        (start > self.version_at.end).then(|| self.with_text(&body, self.version_at.clone(), revision))
    }

    /// What it is under another version, which goes to that place of a text.
    fn with_text(&self, text: &[u8], place: Range<usize>, revision: u64) -> Self {
        let digits = revision.to_string();
        let version_at = place.start..place.start + digits.len();
        let mut body = Vec::with_capacity(text.len() - place.len() + digits.len());
        body.extend_from_slice(text.get(..place.start).unwrap_or_default());
        body.extend_from_slice(digits.as_bytes());
        body.extend_from_slice(text.get(place.end..).unwrap_or_default());
        Self {
            table: self.table,
            other_owners: self.other_owners.clone(),
            key: self.key.clone(),
            uid: self.uid.clone(),
            revision,
            labels: Arc::clone(&self.labels),
            fields: self.fields.clone(),
            deleting: self.deleting,
            controller: Arc::clone(&self.controller),
            claims: self.claims,
            body: body.into(),
            item_at: self.item_at,
            version_at,
        }
    }

    /// Whether both say the same, each under its own version.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let before = |object: &Self| object.version_at.start;
        let after = |object: &Self| object.version_at.end;
        self.body.get(..before(self)) == other.body.get(..before(other))
            && self.body.get(after(self)..) == other.body.get(after(other)..)
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
    let Encoded { body, item_at, .. } = Encoded::of(kind, tree);
    (body, item_at)
}

/// The text of an object.
struct Encoded {
    body: Bytes,
    item_at: usize,
    version_at: Range<usize>,
}

impl Encoded {
    fn of(kind: &Kind, tree: &Value) -> Self {
        let mut out = Vec::with_capacity(4096);
        out.extend_from_slice(
            format!(
                r#"{{"kind":"{}","apiVersion":"{}","#,
                kind.kind,
                kind.api_version()
            )
            .as_bytes(),
        );
        let item_at = out.len();
        let mut version_at = 0..0;
        let mut first = true;
        for (key, value) in tree.as_object().into_iter().flatten() {
            begin(&mut out, key, &mut first);
            let Some(metadata) = value.as_object().filter(|_| key == "metadata") else {
                write(&mut out, value);
                continue;
            };
            out.push(b'{');
            let mut first = true;
            for (key, value) in metadata {
                begin(&mut out, key, &mut first);
                let start = out.len() + 1;
                write(&mut out, value);
                if key == "resourceVersion" {
                    version_at = start..out.len() - 1;
                }
            }
            out.push(b'}');
        }
        out.push(b'}');
        Self {
            // One of the right size, so that nothing is kept beside the text.
            body: Bytes::from(out.into_boxed_slice()),
            item_at,
            version_at,
        }
    }
}

/// Writes the key of an entry, and what divides it from the one before.
fn begin(out: &mut Vec<u8>, key: &str, first: &mut bool) {
    if !std::mem::take(first) {
        out.push(b',');
    }
    write(out, key);
    out.push(b':');
}

fn write(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    // Trees and texts can be written as JSON always.
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.extend_from_slice(b"null");
    }
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

fn field(tree: &Value, at: &str) -> Arc<str> {
    match self::at(tree, at) {
        Some(value) => text(value),
        // Upstream formats booleans that are not set as false, and the event source falls back to its reporter.
        None if at == "/spec/hostNetwork" || at == "/spec/unschedulable" => "false".into(),
        None if at == "/status/replicas" || at == "/status/succeeded" => "0".into(),
        None if at == "/source/component" => str_at(tree, "/reportingComponent").into(),
        None => Arc::default(),
    }
}

fn text(value: &Value) -> Arc<str> {
    match value {
        Value::String(text) if text.is_empty() => Arc::default(),
        Value::String(text) => text.as_str().into(),
        Value::Null => Arc::default(),
        other => other.to_string().into(),
    }
}

/// The text at a JSON pointer; empty where there is none.
pub(crate) fn str_at<'a>(tree: &'a Value, pointer: &str) -> &'a str {
    at(tree, pointer).and_then(Value::as_str).unwrap_or_default()
}

/// What is at a JSON pointer. Most pointers are plain, and need no text of their own to be followed.
pub(crate) fn at<'a>(tree: &'a Value, pointer: &str) -> Option<&'a Value> {
    let Some(path) = pointer.strip_prefix('/').filter(|path| !path.contains('~')) else {
        return tree.pointer(pointer);
    };
    path.split('/').try_fold(tree, |tree, key| match tree {
        Value::Object(map) => map.get(key),
        _ => tree.pointer(&format!("/{key}")),
    })
}

/// The object under that key of an object, made where it is missing or something else.
pub(crate) fn child<'a>(tree: &'a mut Value, key: &str) -> &'a mut Map<String, Value> {
    as_map(as_map(tree).entry(key).or_insert(Value::Null))
}

#[expect(clippy::expect_used, reason = "it is an object by then")]
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
        let later = object.reissued(1234);
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
