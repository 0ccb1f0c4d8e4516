//! What the server does with namespaces: they are made with a finalizer of their own kind, and are terminating from the
//! first deletion until that is gone.
//!
//! Source of the rules: `pkg/registry/core/namespace` and the `NamespaceLifecycle` plugin.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    api, bodies, clock,
    deletions::{self, Deletion, FOREGROUND, ORPHAN, Propagation, Step},
    failure::{Cause, Failure},
    kinds::{Kind, NAMESPACE},
    names,
    object::{Key, Object, child, metadata, str_at},
    store::Store,
    strategy::{self, Part, Strategy},
    subresource::Subresource,
    writes,
};

/// What keeps a namespace until its content is gone.
const KUBERNETES: &str = "kubernetes";
/// Those without which there is no cluster.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// What the server does with namespaces.
pub(crate) static STRATEGY: Strategy = Strategy {
    default,
    prepare,
    prepare_update: |part, old, new| {
        if part == Part::Main {
            child(new, "spec").insert("finalizers".into(), old["spec"]["finalizers"].clone());
            if old["spec"]["finalizers"].is_null() {
                child(new, "spec").remove("finalizers");
            }
        }
    },
    validate,
    validate_update,
    name: names::label,
    begin_deletion,
    is_held: |tree| !spec_finalizers(tree).is_empty(),
    ..strategy::PLAIN
};

/// `finalize`: writes the finalizers in the spec, which nothing else writes.
pub(crate) const FINALIZE: Subresource = Subresource {
    name: "finalize",
    of: ("", "v1", "Namespace"),
    verbs: &["update"],
    answer: |store, kind, key, call| {
        let options = api::options(call)?;
        let sent = bodies::read(kind, &call.headers, &call.body, &call.params)?;
        let part = Part::Sub("finalize");
        let changed = writes::update(store, kind, key, part, &options, |_| Ok(sent.tree.clone()))?;
        Ok(api::json(http::StatusCode::OK, changed, &sent.warnings))
    },
};

/// Refuses to make something in a namespace that is not there, or is going.
pub(crate) fn admit(store: &Store, kind: &Kind, namespace: &str, tree: &Value) -> Result<(), Failure> {
    let found = store.get(NAMESPACE.table, &Key::new("", namespace));
    let found = found.ok_or_else(|| Failure::not_found(&NAMESPACE, namespace))?;
    if found.field(&NAMESPACE, "status.phase") != "Terminating" {
        return Ok(());
    }
    let names = ["/metadata/name", "/metadata/generateName"].map(|at| str_at(tree, at));
    let name = names.into_iter().find(|name| !name.is_empty());
    Err(Failure::namespace_terminating(
        kind,
        name.unwrap_or("Unknown"),
        namespace,
    ))
}

fn default(tree: &mut Value) {
    let name = str_at(tree, "/metadata/name").to_owned();
    if !name.is_empty() {
        tree["metadata"]["labels"]["kubernetes.io/metadata.name"] = name.into();
    }
}

fn spec_finalizers(tree: &Value) -> Vec<&str> {
    let list = tree.pointer("/spec/finalizers").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

fn prepare(tree: &mut Value) {
    let mut finalizers = spec_finalizers(tree);
    if !finalizers.contains(&KUBERNETES) {
        finalizers.push(KUBERNETES);
    }
    let finalizers: Value = finalizers.into();
    child(tree, "spec").insert("finalizers".into(), finalizers);
    tree["status"] = json!({"phase": "Active"});
}

fn validate(tree: &Value) -> Vec<Cause> {
    validate_finalizers(tree, |_| "spec.finalizers".to_owned())
}

fn validate_finalizers(tree: &Value, at: impl Fn(usize) -> String) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (i, finalizer) in spec_finalizers(tree).into_iter().enumerate() {
        let at = at(i);
        causes.extend(
            names::qualified(finalizer)
                .iter()
                .map(|why| Cause::invalid(at.as_str(), finalizer, why)),
        );
        if !finalizer.contains('/') && finalizer != KUBERNETES {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            causes.push(Cause::invalid(at.as_str(), finalizer, why));
        }
    }
    causes
}

fn validate_update(part: Part, _old: &Value, new: &Value) -> Vec<Cause> {
    match part {
        Part::Main => return validate(new),
        Part::Sub(_) => return validate_finalizers(new, |i| format!("spec.finalizers[{i}]")),
        Part::Status => {}
    }
    let deleting = !str_at(new, "/metadata/deletionTimestamp").is_empty();
    let phase = str_at(new, "/status/phase");
    let (wanted, why) = if deleting {
        (
            "Terminating",
            "may only be 'Terminating' if `deletionTimestamp` is not empty",
        )
    } else {
        ("Active", "may only be 'Active' if `deletionTimestamp` is empty")
    };
    if phase == wanted {
        Vec::new()
    } else {
        vec![Cause::invalid("status.Phase", phase, why)]
    }
}

/// The first deletion marks, and says by its phase that the content goes; until that is done nothing more happens.
fn begin_deletion(current: &Object, tree: &mut Value, deletion: &Deletion) -> Result<Option<Step>, Failure> {
    let name = &*current.key.name;
    let revision = current.revision.to_string();
    for (what, wanted, is) in [
        ("UID", &deletion.uid, &*current.uid),
        ("ResourceVersion", &deletion.revision, revision.as_str()),
    ] {
        if !wanted.is_empty() && wanted != is {
            let ending = format!("{what} in precondition: {wanted}, {what} in object meta: {is}");
            let why = format!("Precondition failed: {ending}");
            return Err(Failure::conflict(&NAMESPACE, name, &why));
        }
    }
    if IMMORTAL.contains(&name) {
        let why = "this namespace may not be deleted";
        return Err(Failure::forbidden(&NAMESPACE, name, why));
    }
    if current.deleting {
        return Ok((!spec_finalizers(tree).is_empty()).then_some(Step::Nothing));
    }
    metadata(tree).insert(
        "deletionTimestamp".into(),
        clock::seconds(Timestamp::now()).into(),
    );
    child(tree, "status").insert("phase".into(), "Terminating".into());
    if let Some(asked) = deletions::asked(deletion) {
        let mut finalizers = deletions::finalizers(tree);
        finalizers.retain(|finalizer| finalizer != ORPHAN && finalizer != FOREGROUND);
        match asked {
            Propagation::Orphan => finalizers.push(ORPHAN.to_owned()),
            Propagation::Foreground => finalizers.push(FOREGROUND.to_owned()),
            // The older word for "not orphaned" means the foreground for namespaces alone.
            Propagation::Background if deletion.orphan_dependents.is_some() => {
                finalizers.push(FOREGROUND.to_owned());
            }
            Propagation::Background => {}
        }
        deletions::write_finalizers(tree, finalizers.into());
    }
    Ok(Some(Step::Mark))
}
