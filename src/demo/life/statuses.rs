//! How controllers write: status through its subresource, and only where something differs.

use serde_json::{Map, Value};

use crate::demo::{
    deletions::{self, Deletion, Propagation},
    failure::Failure,
    kinds::Kind,
    object::{Key, Object},
    store::Store,
    strategy::Part,
    writes::{self, Options},
};

/// The field manager of all controllers, as upstream's have one process.
pub(crate) const MANAGER: &str = "kube-controller-manager";

/// Writes a status where it differs from that of `tree`, which is the object as the controller read it.
pub(crate) fn put(
    store: &Store,
    kind: &'static Kind,
    object: &Object,
    tree: &Value,
    status: &Value,
) -> Result<(), Failure> {
    if tree["status"] == *status {
        return Ok(());
    }
    change(store, kind, object, Part::Status, |tree| {
        tree["status"] = status.clone();
    })
}

/// Changes an object, unless another has taken its name.
pub(crate) fn change(
    store: &Store,
    kind: &'static Kind,
    object: &Object,
    part: Part,
    mut change: impl FnMut(&mut Value),
) -> Result<(), Failure> {
    let options = Options::by(MANAGER);
    let written = writes::update(store, kind, &object.key, part, &options, |mut tree| {
        if tree["metadata"]["uid"] != *object.uid {
            return Err(Failure::not_found(kind, &object.key.name));
        }
        change(&mut tree);
        Ok(tree)
    });
    match written {
        Err(failure) if failure.code() == 404 => Ok(()),
        Err(failure) => {
            tracing::warn!(kind = kind.kind, name = %object.key.name, "not written: {}", failure.message());
            Err(failure)
        }
        Ok(_) => Ok(()),
    }
}

/// Makes an object; answers its name.
pub(crate) fn create(
    store: &Store,
    kind: &'static Kind,
    namespace: &str,
    tree: Value,
) -> Result<Key, Failure> {
    #[derive(serde::Deserialize)]
    struct Named {
        metadata: Name,
    }
    #[derive(serde::Deserialize)]
    struct Name {
        name: String,
    }
    let made = writes::create(store, kind, Some(namespace), tree, &Options::by(MANAGER))?;
    let name =
        serde_json::from_slice::<Named>(&made).map_or_else(|_| String::new(), |named| named.metadata.name);
    Ok(Key::new(namespace, &name))
}

/// Deletes this very object, with the grace that it asks for. That it is gone already is no failure.
pub(crate) fn delete(store: &Store, kind: &'static Kind, object: &Object) -> Result<(), Failure> {
    delete_as(store, kind, object, None)
}

/// The same, with a word on what becomes of its dependents.
pub(crate) fn delete_as(
    store: &Store,
    kind: &'static Kind,
    object: &Object,
    propagation: Option<Propagation>,
) -> Result<(), Failure> {
    let deletion = Deletion {
        uid: object.uid.to_string(),
        propagation,
        ..Deletion::default()
    };
    match deletions::delete(store, kind, &object.key, &deletion) {
        Err(failure) if failure.code() != 404 => Err(failure),
        _ => Ok(()),
    }
}

/// The name of the object's namespace is refused to new objects: it is being deleted.
pub(crate) fn is_terminating(failure: &Failure) -> bool {
    failure.code() == 404 || failure.message().contains("because it is being terminated")
}

/// Sets a number that is left out where it is zero.
pub(crate) fn set_count(status: &mut Map<String, Value>, name: &str, count: i64) {
    if count == 0 {
        status.remove(name);
    } else {
        status.insert(name.into(), count.into());
    }
}

/// The integer at a JSON pointer.
pub(crate) fn int(tree: &Value, pointer: &str) -> Option<i64> {
    tree.pointer(pointer).and_then(Value::as_i64)
}
