//! What the server does with priority classes.

use serde_json::Value;

use super::{
    object::str_at,
    strategy::{self, Strategy},
};

/// What the server does with priority classes.
pub(crate) static STRATEGY: Strategy = Strategy {
    default,
    ..strategy::PLAIN
};

fn default(tree: &mut Value) {
    if str_at(tree, "/preemptionPolicy").is_empty() {
        tree["preemptionPolicy"] = "PreemptLowerPriority".into();
    }
}
