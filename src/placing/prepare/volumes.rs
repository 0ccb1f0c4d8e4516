//! Volumes: bound to their claims, or made for the node.

use serde_json::{Value, json};

use super::converge::Target;
use super::{Done, Work};
use crate::journal::Effect;
use crate::placing::outcome::{Refusal, Stage};
use crate::placing::placer::Placer;
use crate::scheduling::reserve::{Provision, VolumeBinding, Volumes};

/// On a claim: the node for which its volume is made.
const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
/// On a volume: that its claim was not chosen by a person, who would have set `claimRef`.
const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";
/// On a claim: that binding is complete.
const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";

impl Placer {
    /// Says which volume is for which claim, and which claims want one made; others (the volume controller, the
    /// provisioner) do it.
    pub(super) async fn take_volumes(
        &self,
        work: &Work<'_>,
        volumes: &Volumes,
        done: &mut Done,
    ) -> Result<(), Refusal> {
        let namespace = &*work.intent.pod.namespace;
        for binding in &volumes.bindings {
            let VolumeBinding { claim, volume, .. } = binding;
            (work.progress)(Stage::Preparing(
                format!("preparing: binding volume {volume} to claim {claim}").into(),
            ));
            // Read beforehand: a volume must not be bound to another claim of that name.
            self.unbound_claim(namespace, claim, &binding.claim_uid).await?;
            done.volumes.push(format!("volume {volume} for claim {claim}"));
            let effect = Effect::VolumeClaimed {
                volume: volume.to_string(),
                claim: claim.to_string(),
            };
            let change = |object: &mut Value| bind(object, namespace, binding);
            self.converge(work, &Target::volume(volume), &effect, &change)
                .await?;
        }
        for provision in &volumes.provisions {
            let claim = &*provision.claim;
            (work.progress)(Stage::Preparing(
                format!("preparing: having a volume made for claim {claim}").into(),
            ));
            done.provisions.push(claim.to_owned());
            let effect = Effect::NodeSelected {
                claim: claim.to_owned(),
                node: work.intent.node.to_string(),
            };
            let change = |object: &mut Value| select(object, &work.intent.node, provision);
            let target = Target::claim(namespace, claim);
            self.converge(work, &target, &effect, &change).await?;
        }
        Ok(())
    }

    async fn unbound_claim(&self, namespace: &str, name: &str, uid: &str) -> Result<(), Refusal> {
        let claim = self.read(&Target::claim(namespace, name)).await?;
        let claim = claim.ok_or_else(|| Refusal::ClaimChanged(format!("claim {name} is gone")))?;
        check_claim(&claim, name, uid)
    }

    /// What is still to come of `volumes`; `None` where all are bound.
    pub(super) async fn pending_volume(
        &self,
        work: &Work<'_>,
        volumes: &Volumes,
    ) -> Result<Option<String>, Refusal> {
        let namespace = &*work.intent.pod.namespace;
        for VolumeBinding {
            claim,
            claim_uid,
            volume,
        } in &volumes.bindings
        {
            let object = self.read(&Target::volume(volume)).await?;
            let object = object.ok_or_else(|| Refusal::ClaimChanged(format!("volume {volume} is gone")))?;
            if text(&object, "/spec/claimRef/uid") != &**claim_uid {
                return Err(Refusal::ClaimChanged(format!(
                    "volume {volume} was taken back from claim {claim} before it was bound"
                )));
            }
            if !self.is_bound(namespace, claim, claim_uid).await?.0 {
                return Ok(Some(format!("volume {volume} for {claim}: binding")));
            }
        }
        for Provision { claim, claim_uid } in &volumes.provisions {
            let (bound, object) = self.is_bound(namespace, claim, claim_uid).await?;
            if bound {
                continue;
            }
            let volume = text(&object, "/spec/volumeName");
            if volume.is_empty() && annotation(&object, SELECTED_NODE) != Some(&*work.intent.node) {
                return Err(Refusal::NotReady(format!(
                    "no volume could be made for claim {claim} on {}: its provisioner gave the claim back (see its events: \
                     kubectl describe pvc -n {namespace} {claim})",
                    work.intent.node
                )));
            }
            let step = if volume.is_empty() {
                "provisioning"
            } else {
                "binding"
            };
            return Ok(Some(format!("volume {claim}: {step}")));
        }
        Ok(None)
    }

    async fn is_bound(&self, namespace: &str, name: &str, uid: &str) -> Result<(bool, Value), Refusal> {
        let claim = self.read(&Target::claim(namespace, name)).await?;
        let claim = claim.ok_or_else(|| Refusal::ClaimChanged(format!("claim {name} is gone")))?;
        check_claim(&claim, name, uid)?;
        let bound =
            !text(&claim, "/spec/volumeName").is_empty() && annotation(&claim, BIND_COMPLETED).is_some();
        Ok((bound, claim))
    }
}

/// Whether it is still the claim that was judged, and stays.
fn check_claim(claim: &Value, name: &str, uid: &str) -> Result<(), Refusal> {
    if text(claim, "/metadata/uid") != uid {
        return Err(Refusal::ClaimChanged(format!(
            "claim {name} was deleted and made again under its name"
        )));
    }
    if claim.pointer("/metadata/deletionTimestamp").is_some() {
        return Err(Refusal::ClaimChanged(format!("claim {name} is being deleted")));
    }
    Ok(())
}

/// Binds a volume to its claim; whether there is anything to write.
fn bind(volume: &mut Value, namespace: &str, binding: &VolumeBinding) -> Result<bool, Refusal> {
    let VolumeBinding {
        claim,
        claim_uid,
        volume: name,
    } = binding;
    let taken = |why: &str| Err(Refusal::ClaimChanged(format!("volume {name} {why}")));
    if volume.pointer("/metadata/deletionTimestamp").is_some() {
        return taken("is being deleted");
    }
    let kept = volume
        .pointer("/spec/claimRef")
        .is_some_and(|claim| !claim.is_null());
    if kept {
        let is = |at: &str, wanted: &str| text(volume, at) == wanted;
        let uid = text(volume, "/spec/claimRef/uid");
        if !is("/spec/claimRef/name", claim)
            || !is("/spec/claimRef/namespace", namespace)
            || !(uid.is_empty() || uid == &**claim_uid)
        {
            let other = format!(
                "{}/{}",
                text(volume, "/spec/claimRef/namespace"),
                text(volume, "/spec/claimRef/name")
            );
            return taken(&format!("went to claim {other} meanwhile"));
        }
        if uid == &**claim_uid {
            return Ok(false);
        }
    } else if !matches!(text(volume, "/status/phase"), "Available" | "") {
        return taken(&format!("is {} meanwhile", text(volume, "/status/phase")));
    }
    let Some(object) = volume.as_object_mut() else {
        return taken("cannot be read");
    };
    if !kept && let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        annotate(metadata, BOUND_BY_CONTROLLER, "yes");
    }
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        let reference = json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": &**claim,
            "uid": &**claim_uid,
        });
        spec.insert("claimRef".to_owned(), reference);
    }
    Ok(true)
}

/// Has a volume made for `node`; whether there is anything to write.
fn select(claim: &mut Value, node: &str, provision: &Provision) -> Result<bool, Refusal> {
    let name = &*provision.claim;
    check_claim(claim, name, &provision.claim_uid)?;
    if !text(claim, "/spec/volumeName").is_empty() {
        // Somebody was faster, or it was done before: whether its volume will do is judged when it is bound.
        return Ok(false);
    }
    match annotation(claim, SELECTED_NODE) {
        Some(selected) if selected == node => return Ok(false),
        Some(selected) => {
            return Err(Refusal::ClaimChanged(format!(
                "the volume of claim {name} is being made for node {} meanwhile",
                crate::model::text::inert(selected)
            )));
        }
        None => {}
    }
    if let Some(metadata) = claim.get_mut("metadata").and_then(Value::as_object_mut) {
        annotate(metadata, SELECTED_NODE, node);
    }
    Ok(true)
}

pub(super) fn text<'a>(object: &'a Value, at: &str) -> &'a str {
    object.pointer(at).and_then(Value::as_str).unwrap_or_default()
}

fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.pointer("/metadata/annotations")?.get(key)?.as_str()
}

fn annotate(metadata: &mut serde_json::Map<String, Value>, key: &str, value: &str) {
    let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
    if annotations.is_null() {
        *annotations = json!({});
    }
    if let Some(annotations) = annotations.as_object_mut() {
        annotations.insert(key.to_owned(), json!(value));
    }
}
