//! The entries of `metadata.managedFields`: a manager, an operation, and the fields that it owns by it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{set::Set, typed::Comparison};
use crate::demo::{clock, kinds::Kind};

/// Entries of updates that an object keeps, as upstream.
const MOST_UPDATERS: usize = 10;
/// Who owns what the oldest of more than that owned.
const ANCIENT: &str = "ancient-changes";

/// How an entry has come about. The order is that of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Apply,
    Update,
}

/// One entry.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) manager: String,
    pub(crate) operation: Operation,
    pub(crate) api_version: String,
    pub(crate) subresource: String,
    /// Nothing for one that has never changed an object, and for those of scales.
    pub(crate) time: Option<String>,
    pub(crate) fields: Set,
}

impl Entry {
    /// An entry of now, which owns nothing yet.
    pub(crate) fn new(manager: &str, operation: Operation, kind: &Kind, subresource: &str) -> Self {
        Self {
            manager: manager.to_owned(),
            operation,
            api_version: kind.api_version(),
            subresource: subresource.to_owned(),
            // Upstream loses those of scales on the way to the object that is scaled.
            time: (subresource != "scale").then(clock::now),
            fields: Set::default(),
        }
    }

    /// Of the same manager: an applier is the same in all versions.
    pub(crate) fn is_of(&self, other: &Self) -> bool {
        self.manager == other.manager
            && self.operation == other.operation
            && self.subresource == other.subresource
            && (self.operation == Operation::Apply || self.api_version == other.api_version)
    }

    fn decode(entry: &Value) -> Option<Self> {
        let text = |key: &str| {
            entry
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        if text("fieldsType") != "FieldsV1" || text("apiVersion").is_empty() {
            return None;
        }
        Some(Self {
            manager: text("manager"),
            operation: match text("operation").as_str() {
                "Apply" => Operation::Apply,
                "Update" => Operation::Update,
                _ => return None,
            },
            api_version: text("apiVersion"),
            subresource: text("subresource"),
            time: Some(text("time")).filter(|time| !time.is_empty()),
            fields: match entry.get("fieldsV1") {
                None | Some(Value::Null) => Set::default(),
                Some(fields) => Set::parse(fields)?,
            },
        })
    }

    fn encode(&self) -> Value {
        let mut entry = Map::new();
        let operation = match self.operation {
            Operation::Apply => "Apply",
            Operation::Update => "Update",
        };
        for (key, value) in [
            ("manager", self.manager.as_str()),
            ("operation", operation),
            ("apiVersion", &self.api_version),
            ("time", self.time.as_deref().unwrap_or_default()),
            ("subresource", &self.subresource),
        ] {
            if !value.is_empty() {
                entry.insert(key.into(), value.into());
            }
        }
        entry.insert("fieldsType".into(), "FieldsV1".into());
        entry.insert("fieldsV1".into(), self.fields.encode());
        Value::Object(entry)
    }

    /// As messages name it.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{:?}", self.manager);
        if !self.subresource.is_empty() {
            text = format!("{text} with subresource {:?}", self.subresource);
        }
        if self.operation == Operation::Update {
            text = format!("{text} using {}", self.api_version);
        }
        text
    }
}

/// The entries of an object: no two of them of the same manager.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entries {
    list: Vec<Entry>,
}

impl Entries {
    /// Reads the list; nothing where there is something wrong with it.
    pub(crate) fn decode(list: &Value) -> Option<Self> {
        let mut entries = Self::default();
        for entry in list.as_array()? {
            entries.replace(Entry::decode(entry)?);
        }
        Some(entries)
    }

    /// The list as it is stored; nothing where there are no entries.
    pub(crate) fn encode(mut self) -> Option<Value> {
        self.list.sort_by(|a, b| {
            let key = |entry: &Entry| (entry.operation, entry.time.clone());
            let names = |entry: &Entry| {
                (
                    entry.manager.clone(),
                    entry.api_version.clone(),
                    entry.subresource.clone(),
                )
            };
            key(a).cmp(&key(b)).then_with(|| names(a).cmp(&names(b)))
        });
        let list: Vec<Value> = self.list.iter().map(Entry::encode).collect();
        (!list.is_empty()).then(|| json!(list))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.list.iter()
    }

    /// Takes the entry of that manager out.
    pub(crate) fn take(&mut self, of: &Entry) -> Option<Entry> {
        let at = self.list.iter().position(|entry| entry.is_of(of))?;
        Some(self.list.remove(at))
    }

    /// Puts an entry in the place of its manager's.
    pub(crate) fn replace(&mut self, entry: Entry) {
        self.take(&entry);
        self.list.push(entry);
    }

    /// Adds to what a manager owns, as of the entry's time.
    pub(crate) fn unite(&mut self, mut entry: Entry) {
        if let Some(before) = self.take(&entry) {
            entry.fields.unite(&before.fields);
        }
        self.list.push(entry);
    }

    /// Takes what was written or removed from all entries. `changes` says what that is under the names of a version;
    /// an entry of a version that there is not is dropped.
    pub(crate) fn give_up<'a>(&mut self, changes: impl Fn(&str) -> Option<&'a Comparison>) {
        self.list.retain_mut(|entry| {
            let Some(changes) = changes(&entry.api_version) else {
                return false;
            };
            for set in [&changes.added, &changes.modified, &changes.removed] {
                entry.fields.subtract(set);
            }
            !entry.fields.is_empty()
        });
    }

    /// The versions that entries speak of.
    pub(crate) fn versions(&self) -> BTreeSet<String> {
        self.iter().map(|entry| entry.api_version.clone()).collect()
    }

    /// Lets the oldest updates be one entry where there are too many.
    pub(crate) fn cap(&mut self) {
        let mut updaters: Vec<Entry> = self
            .iter()
            .filter(|entry| entry.operation == Operation::Update)
            .cloned()
            .collect();
        let mut count = updaters.len();
        if count <= MOST_UPDATERS {
            return;
        }
        updaters.sort_by(|a, b| (&a.time, &a.manager).cmp(&(&b.time, &b.manager)));
        let mut first_of: Vec<Entry> = Vec::new();
        for old in updaters {
            if count <= MOST_UPDATERS {
                break;
            }
            let same_version = |first: &&Entry| first.api_version == old.api_version;
            let Some(first) = first_of.iter().find(same_version).cloned() else {
                first_of.push(old);
                continue;
            };
            let mut bucket = Entry {
                manager: ANCIENT.into(),
                subresource: String::new(),
                fields: Set::default(),
                ..old.clone()
            };
            if !self.list.iter().any(|entry| entry.is_of(&bucket))
                && let Some(first) = self.take(&first)
            {
                bucket.fields = first.fields;
            }
            bucket.fields.unite(&old.fields);
            self.take(&old);
            self.unite(bucket);
            count -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::kinds::POD;

    #[test]
    fn the_oldest_updates_become_one() {
        let mut entries = Entries::default();
        for n in 0..13 {
            let mut entry = Entry::new(&format!("m{n:02}"), Operation::Update, &POD, "");
            entry.time = Some(format!("2026-01-01T00:00:{n:02}Z"));
            entry.fields = Set::of_fields(&[&["metadata", "labels", &format!("l{n:02}")]]);
            entries.unite(entry);
            entries.cap();
        }
        let names: Vec<String> = entries.iter().map(|entry| entry.manager.clone()).collect();
        assert_eq!(names.len(), MOST_UPDATERS);
        let ancient = entries
            .iter()
            .find(|entry| entry.manager == ANCIENT)
            .expect("the oldest");
        let labels = ["l00", "l01", "l02", "l03"].map(|label| ["metadata", "labels", label]);
        let labels: Vec<&[&str]> = labels.iter().map(<[&str; 3]>::as_slice).collect();
        assert_eq!(ancient.fields, Set::of_fields(&labels));
        assert_eq!(ancient.time.as_deref(), Some("2026-01-01T00:00:03Z"));
    }

    #[test]
    fn a_list_that_is_none_is_not_read() {
        for wrong in [
            json!([{"manager": "a", "operation": "Foo", "apiVersion": "v1", "fieldsType": "FieldsV1"}]),
            json!([{"manager": "a", "operation": "Update", "fieldsType": "FieldsV1"}]),
            json!([{"manager": "a", "operation": "Update", "apiVersion": "v1"}]),
            json!([{"manager": "a", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"q": 1}}]),
            json!({}),
        ] {
            assert!(Entries::decode(&wrong).is_none(), "{wrong}");
        }
    }
}
