//! Objects as the rows of a table, which is how kubectl wants to show them.
//!
//! Columns and cells are those of upstream's `pkg/printers/internalversion`; what the columns say of themselves is in
//! our words. A server always answers all columns: those of another priority than 0 are for `-o wide`.

mod age;
mod devices;
mod nodes;
mod others;
mod pods;
mod storage;
mod workloads;

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) use self::{
    devices::{DEVICE_TAINT_RULE, RESOURCE_CLAIM, RESOURCE_SLICE},
    nodes::NODE,
    others::{CONFIG_MAP, EVENT, LEASE, NAMESPACE, PRIORITY_CLASS, SECRET, SERVICE},
    pods::POD,
    storage::{CLAIM, CSI_DRIVER, CSI_NODE, STORAGE_CLASS, VOLUME, VOLUME_ATTACHMENT},
    workloads::{
        BUDGET, CONTROLLER_REVISION, DAEMON_SET, DEPLOYMENT, JOB, REPLICA_SET, REPLICATION_CONTROLLER, SCALE,
        STATEFUL_SET,
    },
};
use super::{
    events,
    failure::Failure,
    kinds::Kind,
    object::{Key, Object, str_at},
};

/// What stands in a cell that has nothing to show.
const NONE: &str = "<none>";

/// An object that is to become a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    /// In the stored form.
    tree: &'a Value,
    now: Timestamp,
    /// [`Printer::single_out`] chose it.
    chosen: bool,
}

/// One column of a table.
#[derive(Debug)]
pub(crate) struct Column {
    name: &'static str,
    /// OpenAPI's type and format of the cells.
    of: &'static str,
    format: &'static str,
    priority: u8,
    description: &'static str,
    cell: fn(&Row<'_>) -> Value,
}

/// How the objects of a kind become rows.
#[derive(Debug)]
pub(crate) struct Printer {
    pub(crate) columns: &'static [Column],
    /// Reason and message of an object that has come to its end.
    pub(crate) completed: fn(&Row<'_>) -> Option<(&'static str, &'static str)>,
    /// The one object of a list that is shown in another way.
    pub(crate) single_out: fn(&[Arc<Object>]) -> Option<Key>,
}

/// A printer of no columns, of which others are made.
const BARE: Printer = Printer {
    columns: &[],
    completed: |_| None,
    single_out: |_| None,
};

/// What is known of every object.
pub(crate) static PLAIN: Printer = Printer {
    columns: &[NAME, AGE],
    ..BARE
};

/// The same for kinds of which upstream's printers know nothing.
pub(crate) static DATED: Printer = Printer {
    columns: &[
        NAME,
        Column {
            of: "date",
            ..Column::new("Created At", "When the object was made.", |row| {
                row.text("/metadata/creationTimestamp").into()
            })
        },
    ],
    ..BARE
};

const NAME: Column = Column {
    format: "name",
    ..Column::new("Name", "The object's name, its own in its namespace.", |row| {
        row.text("/metadata/name").into()
    })
};

const AGE: Column = Column::new("Age", "Time since the object was made.", |row| {
    row.since("/metadata/creationTimestamp").into()
});

impl Column {
    const fn new(name: &'static str, description: &'static str, cell: fn(&Row<'_>) -> Value) -> Self {
        Self {
            name,
            of: "string",
            format: "",
            priority: 0,
            description,
            cell,
        }
    }

    const fn integer(name: &'static str, description: &'static str, cell: fn(&Row<'_>) -> Value) -> Self {
        Self {
            of: "integer",
            ..Self::new(name, description, cell)
        }
    }

    const fn boolean(name: &'static str, description: &'static str, cell: fn(&Row<'_>) -> Value) -> Self {
        Self {
            of: "boolean",
            ..Self::new(name, description, cell)
        }
    }

    /// The same, shown only where there is much room.
    const fn wide(self) -> Self {
        Self { priority: 1, ..self }
    }

    fn definition(&self) -> Value {
        json!({
            "name": self.name, "type": self.of, "format": self.format,
            "description": self.description, "priority": self.priority,
        })
    }
}

impl<'a> Row<'a> {
    fn at(&self, pointer: &str) -> Option<&'a Value> {
        self.tree.pointer(pointer).filter(|value| !value.is_null())
    }

    /// The text there; empty where there is none.
    fn text(&self, pointer: &str) -> &'a str {
        str_at(self.tree, pointer)
    }

    fn text_or(&self, pointer: &str, otherwise: &'a str) -> &'a str {
        Some(self.text(pointer))
            .filter(|text| !text.is_empty())
            .unwrap_or(otherwise)
    }

    fn number(&self, pointer: &str) -> i64 {
        self.at(pointer).and_then(Value::as_i64).unwrap_or(0)
    }

    fn truth(&self, pointer: &str, otherwise: bool) -> bool {
        self.at(pointer).and_then(Value::as_bool).unwrap_or(otherwise)
    }

    fn list(&self, pointer: &str) -> &'a [Value] {
        self.at(pointer)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    fn is_deleted(&self) -> bool {
        !self.text("/metadata/deletionTimestamp").is_empty()
    }

    fn since(&self, pointer: &str) -> String {
        age::since(age::time(self.text(pointer)), self.now)
    }

    /// The status of the first condition of that type; empty where there is none.
    fn condition(&self, kind: &str) -> &'a str {
        let mut conditions = self.list("/status/conditions").iter();
        let condition = conditions.find(|condition| condition["type"] == kind);
        condition.map_or("", |condition| str_at(condition, "/status"))
    }
}

/// Joins texts by commas.
fn joined<T: AsRef<str>>(parts: impl IntoIterator<Item = T>) -> String {
    let mut out = String::new();
    for part in parts {
        if !out.is_empty() {
            out.push(',');
        }
        out.push_str(part.as_ref());
    }
    out
}

/// A map of labels, as `key=value`.
fn labels(map: Option<&Value>) -> String {
    let pairs = map.and_then(Value::as_object).into_iter().flatten();
    let mut pairs: Vec<String> = pairs
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    pairs.sort_unstable();
    if pairs.is_empty() {
        return NONE.to_owned();
    }
    joined(pairs)
}

/// What of the object a row carries with its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Include {
    Nothing,
    Metadata,
    Object,
}

impl Include {
    /// Reads the parameter `includeObject`.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        match text {
            "" | "Metadata" => Ok(Self::Metadata),
            "None" => Ok(Self::Nothing),
            "Object" => Ok(Self::Object),
            _ => Err(Failure::bad_request(format!(
                "Unable to convert to Table as requested: includeObject: Invalid value: {text:?}: \
                 must be 'Metadata', 'Object', 'None', or empty"
            ))),
        }
    }
}

/// A table of the objects of a kind, written piece by piece.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) kind: &'static Kind,
    /// Of `meta.k8s.io`.
    pub(crate) version: &'static str,
    pub(crate) include: Include,
    pub(crate) now: Timestamp,
    pub(crate) chosen: Option<Key>,
}

impl Table {
    /// Everything up to the first row.
    pub(crate) fn put_head(&self, metadata: &Value, columns: bool, out: &mut BytesMut) {
        let definitions = if columns {
            self.kind.printer.columns.iter().map(Column::definition).collect()
        } else {
            Value::Null
        };
        let head = format!(
            r#"{{"kind":"Table","apiVersion":"meta.k8s.io/{}","metadata":{metadata},"columnDefinitions":{definitions},"rows":["#,
            self.version
        );
        out.put_slice(head.as_bytes());
    }

    /// One row. With `metadata` it carries the object's metadata whatever was asked for.
    pub(crate) fn put_row(&self, object: &Object, metadata: bool, out: &mut BytesMut) {
        let tree = object.tree();
        let row = Row {
            tree: &tree,
            now: self.now,
            chosen: self.chosen.as_ref() == Some(&object.key),
        };
        let printer = self.kind.printer;
        let cells: Value = printer.columns.iter().map(|column| (column.cell)(&row)).collect();
        out.put_slice(br#"{"cells":"#);
        out.put_slice(cells.to_string().as_bytes());
        if let Some((reason, message)) = (printer.completed)(&row) {
            let condition =
                json!([{"type": "Completed", "status": "True", "reason": reason, "message": message}]);
            out.put_slice(format!(r#","conditions":{condition}"#).as_bytes());
        }
        out.put_slice(br#","object":"#);
        match self.include {
            Include::Object => out.put_slice(&events::view(self.kind, object)),
            Include::Nothing if !metadata => out.put_slice(b"null"),
            _ => put_metadata(self.version, object, out),
        }
        out.put_slice(b"}");
    }
}

/// Appends an object's `PartialObjectMetadata`.
pub(crate) fn put_metadata(version: &str, object: &Object, out: &mut BytesMut) {
    out.put_slice(br#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/"#);
    out.put_slice(version.as_bytes());
    out.put_slice(br#"","metadata":"#);
    out.put_slice(object.metadata().as_bytes());
    out.put_slice(b"}");
}
