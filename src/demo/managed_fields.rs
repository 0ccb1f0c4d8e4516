//! `metadata.managedFields`: which manager owns which field.
//!
//! Every write that says by whom it is made goes into the entry of its manager, and takes what it changes from the
//! entries of the others (`apimachinery/pkg/util/managedfields`). An object that has no entries gets none by being
//! changed: only its making, or the first configuration applied to it, begins to record.

pub(crate) mod entries;
pub(crate) mod set;
pub(crate) mod typed;

use std::{borrow::Cow, sync::LazyLock};

use serde_json::{Map, Value};

use self::{
    entries::{Entries, Entry, Operation},
    set::Set,
    typed::{Atom, Comparison},
};
use super::{
    events,
    kinds::{EVENT, EVENTS_EVENT, Kind, Table},
    object::metadata,
    schema::{self, Omit, Shape, Type},
    strategy::Part,
    writes::Options,
};

/// What never has an owner: the server's own metadata, and what names the object.
static STRIPPED: LazyLock<Set> = LazyLock::new(|| {
    Set::of_fields(&[
        &["apiVersion"],
        &["kind"],
        &["metadata"],
        &["metadata", "name"],
        &["metadata", "namespace"],
        &["metadata", "creationTimestamp"],
        &["metadata", "selfLink"],
        &["metadata", "uid"],
        &["metadata", "clusterName"],
        &["metadata", "generation"],
        &["metadata", "managedFields"],
        &["metadata", "resourceVersion"],
    ])
});

/// Brings the field managers of an object up to date with a write: `old` is what was (nothing for a new object), `new`
/// what the client wants stored, defaults included, before admission and the kind's strategy change it: what these
/// write has no owner.
pub(crate) fn record(
    kind: &'static Kind,
    part: Part,
    old: Option<&Value>,
    new: &mut Value,
    options: &Options,
) {
    if options.applied {
        return;
    }
    let sent = metadata(new).remove("managedFields");
    let stored = old.and_then(|old| old.pointer("/metadata/managedFields"));
    let keep = |new: &mut Value, list: Option<Value>| {
        if let Some(list) = list {
            metadata(new).insert("managedFields".into(), list);
        }
    };
    let Some(of) = type_of(kind).filter(|_| !options.manager.is_empty()) else {
        return keep(new, stored.cloned());
    };
    let subresource = options.subresource(part);
    let Some(mut entries) = (match sent.as_ref().filter(|_| subresource.is_empty()) {
        Some(sent) if is_reset(sent) => None,
        Some(sent) if Some(sent) != stored => Entries::decode(sent)
            .filter(|entries| !entries.is_empty())
            .or_else(|| Entries::decode(stored?)),
        _ => stored.map_or_else(|| Some(Entries::default()), Entries::decode),
    }) else {
        return;
    };
    if entries.is_empty() && old.is_some() {
        return;
    }
    let entry = Entry::new(&options.manager, Operation::Update, kind, subresource);
    let reset = reset_fields(kind, part);
    let old = old.map_or_else(|| Cow::Owned(stored_blank(kind, of)), Cow::Borrowed);
    update(&mut entries, kind, (&*old, new), &reset, entry);
    keep(new, entries.encode());
}

/// Whether a list of entries asks for all to be forgotten.
fn is_reset(list: &Value) -> bool {
    match list.as_array().map(Vec::as_slice) {
        Some([]) => true,
        Some([only]) => only
            .as_object()
            .is_some_and(|only| only.values().all(|value| value.is_null() || value == "")),
        _ => false,
    }
}

/// Makes an entry the owner of all in which `new` is otherwise than `old`.
pub(crate) fn update(
    entries: &mut Entries,
    kind: &'static Kind,
    (old, new): (&Value, &Value),
    reset: &Set,
    mut entry: Entry,
) {
    let changes = Changes::of(entries, kind, (old, new), reset);
    entries.give_up(|version| changes.at(version));
    if let Some(own) = changes.at(&entry.api_version) {
        entry.fields = own.written();
    }
    strip(&mut entry.fields);
    if !entry.fields.is_empty() {
        entries.unite(entry);
    }
    entries.cap();
}

/// How an object has changed, under the names of each version that its entries speak of.
pub(crate) struct Changes {
    of_versions: Vec<(String, Comparison)>,
}

impl Changes {
    pub(crate) fn of(
        entries: &Entries,
        kind: &'static Kind,
        (old, new): (&Value, &Value),
        reset: &Set,
    ) -> Self {
        let mut versions = entries.versions();
        versions.insert(kind.api_version());
        let compared = versions.into_iter().filter_map(|version| {
            let row = row_of(kind, &version)?;
            let atom = Atom::Struct(type_of(row)?);
            let comparison = Comparison::of(&shown(row, old), &shown(row, new), atom);
            Some((version, comparison.without(reset)))
        });
        Self {
            of_versions: compared.collect(),
        }
    }

    pub(crate) fn at(&self, version: &str) -> Option<&Comparison> {
        let mut of_versions = self.of_versions.iter();
        of_versions
            .find(|(at, _)| at == version)
            .map(|(_, changes)| changes)
    }
}

/// Takes out what never has an owner.
pub(crate) fn strip(fields: &mut Set) {
    fields.subtract(&STRIPPED);
}

/// The type of what a kind's objects are.
pub(crate) fn type_of(kind: &Kind) -> Option<&'static Type> {
    schema::of_kind(&kind.api_version(), kind.kind)
}

/// A stored tree under the names of a kind's own group.
fn shown<'a>(kind: &Kind, tree: &'a Value) -> Cow<'a, Value> {
    if std::ptr::eq(kind, &raw const EVENTS_EVENT) {
        Cow::Owned(events::from_stored(tree.clone()))
    } else {
        Cow::Borrowed(tree)
    }
}

/// An object that says nothing, in the stored form.
pub(crate) fn stored_blank(kind: &Kind, of: &'static Type) -> Value {
    events::to_stored(kind, blank(of))
}

/// The row under whose names an entry of that version speaks of an object of a kind; nothing where there is none.
fn row_of(kind: &'static Kind, api_version: &str) -> Option<&'static Kind> {
    let rows = [kind, &EVENT, &EVENTS_EVENT];
    rows.into_iter()
        .find(|row| row.table == kind.table && row.api_version() == api_version)
}

/// What a write of that part cannot change, and so cannot own (`GetResetFields` of upstream's strategies).
pub(crate) fn reset_fields(kind: &Kind, part: Part) -> Set {
    if !kind.has_status {
        return Set::default();
    }
    match (part, kind.table) {
        (Part::Main | Part::Sub(_), _) => Set::of_fields(&[&["status"]]),
        (Part::Status, Table::Pods) => Set::of_fields(&[
            &["spec"],
            &["metadata", "deletionTimestamp"],
            &["metadata", "ownerReferences"],
        ]),
        (Part::Status, Table::Deployments) => Set::of_fields(&[&["spec"], &["metadata", "labels"]]),
        (
            Part::Status,
            Table::Attachments | Table::CsiNodes | Table::DeviceTaintRules | Table::ResourceClaims,
        ) => Set::of_fields(&[&["spec"], &["metadata"]]),
        (Part::Status, _) => Set::of_fields(&[&["spec"]]),
    }
}

/// An object of a type that says nothing, as upstream writes it.
pub(crate) fn blank(of: &'static Type) -> Value {
    let fields = of.fields.iter().filter_map(|field| {
        let empty = match (&field.shape, field.omit) {
            (_, Omit::Zero) => return None,
            (Shape::Object(id), _) => blank(schema::get(*id)),
            (Shape::Time | Shape::MicroTime, _) => Value::Null,
            (_, Omit::Empty) => return None,
            (Shape::String | Shape::Quantity | Shape::Duration, _) => "".into(),
            (Shape::Bool, _) => false.into(),
            (Shape::Int32 | Shape::Int64 | Shape::Float64 | Shape::IntOrString, _) => 0.into(),
            _ => Value::Null,
        };
        Some((field.name.to_owned(), empty))
    });
    Value::Object(fields.collect::<Map<_, _>>())
}

/// Puts the times of the entries back where a write has changed nothing else: an object that stays as it is keeps its
/// version.
pub(crate) fn settle(old: &Value, new: &mut Value) {
    let settled = settled(old, new).cloned();
    if let Some(list) = settled {
        metadata(new).insert("managedFields".into(), list);
    }
}

/// The entries as they were, where only their times are others now.
fn settled<'a>(old: &'a Value, new: &Value) -> Option<&'a Value> {
    let (old, new) = (old.as_object()?, new.as_object()?);
    let (old_metadata, new_metadata) = (
        old.get("metadata")?.as_object()?,
        new.get("metadata")?.as_object()?,
    );
    let (before, after) = (
        old_metadata.get("managedFields")?,
        new_metadata.get("managedFields")?,
    );
    let (entries, others) = (before.as_array()?, after.as_array()?);
    let same_entry = |(a, b): (&Value, &Value)| match (a.as_object(), b.as_object()) {
        (Some(a), Some(b)) => same_but(&["time"], a, b),
        _ => a == b,
    };
    let only_times = entries.len() == others.len() && entries.iter().zip(others).all(same_entry);
    let unchanged = before != after
        && only_times
        && same_but(&["metadata", "kind", "apiVersion"], old, new)
        && same_but(&["managedFields", "resourceVersion"], old_metadata, new_metadata);
    unchanged.then_some(before)
}

/// Equal in all but some entries.
fn same_but(apart: &[&str], a: &Map<String, Value>, b: &Map<String, Value>) -> bool {
    let rest = |(key, _): &(&String, &Value)| !apart.contains(&key.as_str());
    a.iter().filter(rest).eq(b.iter().filter(rest))
}
