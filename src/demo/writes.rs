//! `create`, `update` and `patch`: what is common to all kinds, and where each kind has its say.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    bindings, clock, events,
    failure::{Cause, Failure},
    kinds::{Kind, Table},
    managed_fields, names, namespaces,
    object::{Key, Object, encode, metadata, str_at},
    store::{Store, Write},
    strategy::Part,
};

/// How a write is to be made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Everything but the storing.
    pub(crate) dry_run: bool,
    /// Who writes, as `metadata.managedFields` calls it; empty where nobody is to own what is written.
    pub(crate) manager: String,
    /// The subresource that is written through, where it is neither the object itself nor its status.
    pub(crate) subresource: &'static str,
    /// The tree comes with the managers that it is to have: a configuration was applied.
    pub(crate) applied: bool,
}

impl Options {
    /// The subresource that a write of that part goes through; empty for the object itself.
    pub(crate) fn subresource(&self, part: Part) -> &'static str {
        if self.subresource.is_empty() {
            part.subresource()
        } else {
            self.subresource
        }
    }

    /// A write by a part of the cluster itself.
    pub(crate) fn by(manager: &str) -> Self {
        Self {
            manager: manager.to_owned(),
            ..Self::default()
        }
    }
}

/// Names tried for a `generateName` before the server gives up, as upstream.
const GENERATED_NAMES: usize = 8;

/// Makes an object; answers it as it was stored (or would have been).
pub(crate) fn create(
    store: &Store,
    kind: &'static Kind,
    namespace: Option<&str>,
    sent: Value,
    options: &Options,
) -> Result<Bytes, Failure> {
    let mut tree = events::to_stored(kind, sent);
    prepare_metadata(kind, namespace, &mut tree)?;
    if let Some(namespace) = namespace {
        namespaces::admit(store, kind, namespace, &tree)?;
    }
    let prefix = str_at(&tree, "/metadata/generateName").to_owned();
    let generated = str_at(&tree, "/metadata/name").is_empty() && !prefix.is_empty();
    let mut refused = None;
    for _ in 0..if generated { GENERATED_NAMES } else { 1 } {
        let mut tree = tree.clone();
        if generated {
            // Upstream cuts the base so that the whole is a label at most.
            let base: String = prefix.chars().take(58).collect();
            let name = format!("{base}{}", clock::suffix(&mut fastrand::Rng::new(), 5));
            metadata(&mut tree).insert("name".into(), name.into());
        }
        let tree = prepare(store, kind, tree, options)?;
        match insert(store, kind, &tree, options.dry_run) {
            Err(failure) if generated => refused = Some(failure),
            outcome => return outcome,
        }
    }
    Err(refused.unwrap_or_else(|| Failure::internal("no name could be generated")))
}

fn insert(store: &Store, kind: &'static Kind, tree: &Value, dry_run: bool) -> Result<Bytes, Failure> {
    let key = Key::new(
        str_at(tree, "/metadata/namespace"),
        str_at(tree, "/metadata/name"),
    );
    let stored = store.write(events::stored_row(kind), &key, |current| match current {
        Some(_) => Err(Failure::already_exists(kind, &key.name)),
        None if dry_run => Ok(Write::Keep),
        None => Ok(Write::Put(tree.clone())),
    })?;
    Ok(match stored {
        Some(object) => events::view(kind, &object),
        None => show(kind, tree),
    })
}

/// A tree that is not stored, as its group shows it.
fn show(kind: &'static Kind, tree: &Value) -> Bytes {
    let object = Object::freeze(events::stored_row(kind), tree.clone(), 0);
    let mut tree = object.tree();
    metadata(&mut tree).remove("resourceVersion");
    encode(
        kind,
        &if std::ptr::eq(kind, events::stored_row(kind)) {
            tree
        } else {
            events::from_stored(tree)
        },
    )
    .0
}

fn prepare_metadata(kind: &'static Kind, namespace: Option<&str>, tree: &mut Value) -> Result<(), Failure> {
    let metadata = metadata(tree);
    let text = |metadata: &serde_json::Map<String, Value>, key: &str| {
        metadata
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let sent = text(metadata, "namespace");
    if !sent.is_empty() && namespace != Some(&sent) {
        return Err(Failure::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    if !text(metadata, "resourceVersion").is_empty() {
        return Err(Failure::unclassified(
            "resourceVersion should not be set on objects to be created",
        ));
    }
    for given_by_server in [
        "selfLink",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "resourceVersion",
    ] {
        metadata.remove(given_by_server);
    }
    if let Some(namespace) = namespace {
        metadata.insert("namespace".into(), namespace.into());
    }
    metadata.insert("uid".into(), clock::uid(&mut fastrand::Rng::new()).into());
    metadata.insert("creationTimestamp".into(), clock::now().into());
    if kind.counts_generation {
        metadata.insert("generation".into(), 1.into());
    }
    Ok(())
}

/// Defaults, managers, admission and validation of a new object.
pub(crate) fn prepare(
    store: &Store,
    kind: &'static Kind,
    mut tree: Value,
    options: &Options,
) -> Result<Value, Failure> {
    let strategy = kind.strategy;
    // Status is not the client's to write when an object is made. A node's is its kubelet's, who makes it.
    if kind.has_status && kind.table != Table::Nodes {
        tree["status"] = json!({});
    }
    (strategy.default)(&mut tree);
    managed_fields::record(kind, Part::Main, None, &mut tree, options);
    (strategy.admit)(store, None, &mut tree)?;
    (strategy.prepare)(&mut tree);
    let mut causes = name_causes(kind, &tree);
    causes.extend(metadata_causes(kind, &tree));
    causes.extend((strategy.validate)(&tree));
    if !causes.is_empty() {
        return Err(invalid(kind, &tree, &causes));
    }
    Ok(tree)
}

fn invalid(kind: &'static Kind, tree: &Value, causes: &[Cause]) -> Failure {
    Failure::invalid(events::stored_row(kind), str_at(tree, "/metadata/name"), causes)
}

fn metadata_causes(kind: &Kind, tree: &Value) -> Vec<Cause> {
    let mut causes = names::metadata(tree);
    // Upstream does not look at those of these kinds so closely.
    if !matches!(kind.table, Table::Events | Table::Leases | Table::Budgets) {
        causes.extend(names::bare_finalizers(tree));
    }
    causes
}

fn name_causes(kind: &Kind, tree: &Value) -> Vec<Cause> {
    let name = str_at(tree, "/metadata/name");
    if name.is_empty() {
        return vec![Cause::required(
            "metadata.name",
            "name or generateName is required",
        )];
    }
    let mut causes = Vec::new();
    // The core group's events are taken with any name that can be stored.
    if kind.table == Table::Events && kind.group.is_empty() {
        return causes;
    }
    let rule = kind.strategy.name;
    let prefix = str_at(tree, "/metadata/generateName");
    if !prefix.is_empty() {
        // A prefix may end in a dash, since something follows.
        let whole = prefix
            .strip_suffix('-')
            .map_or_else(|| prefix.to_owned(), |p| format!("{p}a"));
        causes.extend(
            rule(&whole)
                .iter()
                .map(|why| Cause::invalid("metadata.generateName", prefix, why)),
        );
    }
    causes.extend(
        rule(name)
            .iter()
            .map(|why| Cause::invalid("metadata.name", name, why)),
    );
    causes
}

/// Changes an object: `change` makes the new tree from the current one, both as the client's group shows them.
pub(crate) fn update(
    store: &Store,
    kind: &'static Kind,
    key: &Key,
    part: Part,
    options: &Options,
    mut change: impl FnMut(Value) -> Result<Value, Failure>,
) -> Result<Bytes, Failure> {
    let mut shown = None;
    let stored = store.write(events::stored_row(kind), key, |current| {
        let current = current.ok_or_else(|| Failure::not_found(kind, &key.name))?;
        let old = current.tree();
        let renamed = !std::ptr::eq(kind, events::stored_row(kind));
        let sent = change(if renamed {
            events::from_stored(old.clone())
        } else {
            old.clone()
        })?;
        let mut new = events::to_stored(kind, sent);
        check_identity(kind, current, &new)?;
        keep_system_fields(kind, part, &old, &mut new);
        (kind.strategy.default)(&mut new);
        managed_fields::record(kind, part, Some(&old), &mut new, options);
        admit_update(store, kind, part, &old, &mut new)?;
        if kind.counts_generation && old.get("spec") != new.get("spec") {
            let generation = old
                .pointer("/metadata/generation")
                .and_then(Value::as_i64)
                .unwrap_or(0)
                + 1;
            metadata(&mut new).insert("generation".into(), generation.into());
        }
        managed_fields::settle(&old, &mut new);
        let finished = is_finished(kind, &old, &new);
        // What is not stored is shown in the version that it was made from.
        shown = (options.dry_run || finished).then(|| {
            let mut new = new.clone();
            metadata(&mut new).insert("resourceVersion".into(), current.revision.to_string().into());
            let new = if renamed {
                events::from_stored(new)
            } else {
                strip(new)
            };
            encode(kind, &new).0
        });
        Ok(match (options.dry_run, finished) {
            (true, _) => Write::Keep,
            (false, true) => Write::Remove(new),
            (false, false) => Write::Put(new),
        })
    })?;
    match (shown, stored) {
        (Some(shown), _) => Ok(shown),
        (None, Some(object)) => Ok(events::view(kind, &object)),
        (None, None) => Err(Failure::not_found(kind, &key.name)),
    }
}

fn strip(mut tree: Value) -> Value {
    if let Some(map) = tree.as_object_mut() {
        map.remove("kind");
        map.remove("apiVersion");
    }
    tree
}

/// Deleted before, its grace over, and nothing left to wait for.
fn is_finished(kind: &Kind, old: &Value, new: &Value) -> bool {
    let deleted = !str_at(old, "/metadata/deletionTimestamp").is_empty();
    let grace = old
        .pointer("/metadata/deletionGracePeriodSeconds")
        .and_then(Value::as_i64)
        .unwrap_or(0);
    deleted && grace == 0 && !has_finalizers(new) && !(kind.strategy.is_held)(new)
}

pub(crate) fn has_finalizers(tree: &Value) -> bool {
    tree.pointer("/metadata/finalizers")
        .and_then(Value::as_array)
        .is_some_and(|f| !f.is_empty())
}

fn check_identity(kind: &Kind, current: &Object, new: &Value) -> Result<(), Failure> {
    let name = &*current.key.name;
    let sent = str_at(new, "/metadata/name");
    if sent != name {
        let why = format!("the name of the object ({sent}) does not match the name on the URL ({name})");
        return Err(Failure::bad_request(why));
    }
    let namespace = str_at(new, "/metadata/namespace");
    if !namespace.is_empty() && namespace != &*current.key.namespace {
        return Err(Failure::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    bindings::check_preconditions(kind, current, str_at(new, "/metadata/uid"), "")?;
    let revision = revision_of(str_at(new, "/metadata/resourceVersion"))?;
    if revision == 0 && kind.strategy.needs_version {
        let cause = Cause::invalid("metadata.resourceVersion", 0, "must be specified for an update");
        return Err(Failure::invalid(kind, name, &[cause]));
    }
    if revision != 0 && revision != current.revision {
        let why =
            "the object has been modified; please apply your changes to the latest version and try again";
        return Err(Failure::conflict(kind, name, why));
    }
    Ok(())
}

/// The version that an object says it has: 0 where it says none, as upstream.
fn revision_of(text: &str) -> Result<u64, Failure> {
    let why = match text.parse() {
        _ if text.is_empty() => return Ok(0),
        _ if !text.bytes().all(|byte| byte.is_ascii_digit()) => "invalid syntax",
        Ok(revision) => return Ok(revision),
        Err(_) => "value out of range",
    };
    Err(Failure::unclassified(format!(
        "strconv.ParseUint: parsing {text:?}: {why}"
    )))
}

/// Puts back what a client cannot write: the server's metadata, and the part that the request is not about.
fn keep_system_fields(kind: &Kind, part: Part, old: &Value, new: &mut Value) {
    let metadata = metadata(new);
    metadata.remove("selfLink");
    for key in [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
        "generateName",
    ] {
        match old.get("metadata").and_then(|metadata| metadata.get(key)) {
            Some(value) => metadata.insert(key.into(), value.clone()),
            None => metadata.remove(key),
        };
    }
    if !kind.has_status {
        return;
    }
    let kept = match part {
        Part::Status => "spec",
        Part::Main | Part::Sub(_) => "status",
    };
    if let Some(map) = new.as_object_mut() {
        match old.get(kept) {
            Some(value) => map.insert(kept.into(), value.clone()),
            None => map.remove(kept),
        };
    }
}

fn admit_update(
    store: &Store,
    kind: &'static Kind,
    part: Part,
    old: &Value,
    new: &mut Value,
) -> Result<(), Failure> {
    let strategy = kind.strategy;
    (strategy.admit)(store, Some(old), new)?;
    (strategy.prepare_update)(part, old, new);
    let mut causes = metadata_causes(kind, new);
    causes.extend(names::new_finalizers(old, new));
    causes.extend((strategy.validate_update)(part, old, new));
    if causes.is_empty() {
        Ok(())
    } else {
        Err(invalid(kind, new, &causes))
    }
}
