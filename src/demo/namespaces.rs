//! What the server does with namespaces.

use serde_json::{Value, json};

use super::{
    object::str_at,
    strategy::{self, Strategy},
};

/// What the server does with namespaces.
pub(crate) static STRATEGY: Strategy = Strategy {
    prepare,
    ..strategy::PLAIN
};

fn prepare(tree: &mut Value) {
    let name = str_at(tree, "/metadata/name").to_owned();
    tree["metadata"]["labels"]["kubernetes.io/metadata.name"] = name.into();
    tree["spec"] = json!({"finalizers": ["kubernetes"]});
    tree["status"] = json!({"phase": "Active"});
}
