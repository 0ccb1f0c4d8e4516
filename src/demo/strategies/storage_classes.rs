//! `StorageClasses`. Allowed topologies are not checked.

use serde_json::{Value, json};

use super::fields::{fill_text, immutable_unseen, one_of};
use crate::demo::{
    failure::Cause,
    names,
    object::str_at,
    strategy::{self, Strategy},
};

/// What the server does with storage classes.
pub(crate) static STRATEGY: Strategy = Strategy {
    default: |tree| {
        fill_text(tree, "/reclaimPolicy", "Delete");
        fill_text(tree, "/volumeBindingMode", "Immediate");
    },
    validate,
    validate_update: |_, old, new| {
        let mut causes = Vec::new();
        let fixed = [
            "/parameters",
            "/provisioner",
            "/reclaimPolicy",
            "/volumeBindingMode",
        ];
        immutable_unseen(old, new, &fixed, &mut causes);
        causes
    },
    ..strategy::PLAIN
};

fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let provisioner = str_at(tree, "/provisioner");
    if provisioner.is_empty() {
        causes.push(Cause::required("provisioner", ""));
    } else {
        let wrong = names::qualified(&provisioner.to_lowercase());
        causes.extend(
            wrong
                .iter()
                .map(|why| Cause::invalid("provisioner", provisioner, why)),
        );
    }
    let parameters = tree.get("parameters").cloned().unwrap_or(json!({}));
    if parameters.get("").is_some() {
        causes.push(Cause::invalid("parameters", "", "field can not be empty."));
    }
    let policies = ["Delete", "Retain"];
    one_of(tree, "/reclaimPolicy", &policies, &mut causes);
    let modes = ["Immediate", "WaitForFirstConsumer"];
    one_of(tree, "/volumeBindingMode", &modes, &mut causes);
    causes
}
