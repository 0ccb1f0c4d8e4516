//! `VolumeAttachments`.

use serde_json::{Value, json};

use super::fields::{fill, has, immutable_unseen};
use crate::demo::{
    failure::Cause,
    names,
    object::str_at,
    strategy::{self, Part, Strategy},
};

/// What the server does with volume attachments.
pub(crate) static STRATEGY: Strategy = Strategy {
    needs_version: true,
    default: |tree| fill(tree, "/status/attached", json!(false)),
    validate,
    validate_update: |part, old, new| {
        if part == Part::Status {
            return Vec::new();
        }
        let mut causes = validate(new);
        immutable_unseen(old, new, &["/spec"], &mut causes);
        causes
    },
    ..strategy::PLAIN
};

fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let why = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
    let (inline, name) = (
        has(tree, "/spec/source/inlineVolumeSpec"),
        has(tree, "/spec/source/persistentVolumeName"),
    );
    if inline && name {
        causes.push(Cause::forbidden("spec.source", why));
    } else if !inline && !name {
        causes.push(Cause::required("spec.source", why));
    } else if name && str_at(tree, "/spec/source/persistentVolumeName").is_empty() {
        let why = "must specify non empty persistentVolumeName";
        causes.push(Cause::required("spec.source.persistentVolumeName", why));
    }
    let node = str_at(tree, "/spec/nodeName");
    let wrong = names::subdomain(node);
    causes.extend(wrong.iter().map(|why| Cause::invalid("spec.nodeName", node, why)));
    let attacher = str_at(tree, "/spec/attacher");
    if attacher.is_empty() {
        causes.push(Cause::required("spec.attacher", ""));
    } else {
        let wrong = names::subdomain(&attacher.to_lowercase());
        causes.extend(
            wrong
                .iter()
                .map(|why| Cause::invalid("spec.attacher", attacher, why)),
        );
    }
    causes
}
