//! Devices: allocated to their claims, and reserved for the pod.

use serde_json::{Value, json};

use super::converge::Target;
use super::readiness::unready;
use super::volumes::text;
use super::{Done, Work};
use crate::cluster::Action;
use crate::cluster::request::{RequestError, segment};
use crate::journal::Effect;
use crate::placing::outcome::{Refusal, Stage};
use crate::placing::placer::Placer;
use crate::scheduling::reserve::{DeviceAllocation, Devices, ExtendedClaim};

/// Marks the claim made for extended resources.
const EXTENDED: &str = "resource.kubernetes.io/extended-resource-claim";

/// The claim that was made for extended resources.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) name: String,
    pub(super) uid: String,
    pub(super) allocation: Value,
}

impl Placer {
    /// Takes over what is reserved already, allocates, and reserves.
    pub(super) async fn take_devices(
        &self,
        work: &Work<'_>,
        devices: &Devices,
        done: &mut Done,
    ) -> Result<(), Refusal> {
        for reserved in &devices.reserved {
            self.take_over(work, reserved).await?;
        }
        for reservation in &devices.reservations {
            let (ended, reserved) = self.reserve(work, reservation, devices.conditions).await;
            done.reservations.push(reserved);
            ended?;
        }
        if let Some(extended) = &devices.extended {
            self.make_claim(work, extended, devices.conditions, done).await?;
        }
        Ok(())
    }

    /// Makes the claim for extended resources, and names it in the pod's status.
    async fn make_claim(
        &self,
        work: &Work<'_>,
        extended: &ExtendedClaim,
        conditions: bool,
        done: &mut Done,
    ) -> Result<(), Refusal> {
        let pod = &work.intent.pod;
        (work.progress)(Stage::Preparing(
            "preparing: making the claim for extended resources".into(),
        ));
        let prefix = format!("{}-extended-resources-", pod.name);
        let body = json!({
            "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
            "metadata": {
                "generateName": prefix, "namespace": &*pod.namespace, "annotations": {EXTENDED: "true"},
                "ownerReferences": [{
                    "apiVersion": "v1", "kind": "Pod", "name": &*pod.name, "uid": &*work.intent.uid, "controller": true,
                }],
            },
            "spec": {"devices": {"requests": extended.requests}},
        });
        let path = format!(
            "/apis/resource.k8s.io/v1/namespaces/{}/resourceclaims",
            segment(&pod.namespace)
        );
        let effect = Effect::Made {
            claim: prefix.clone(),
        };
        let written = work.diary.sends("create", &path, body.clone(), effect).await?;
        let answer: Result<Value, _> = self.connection.post(&path, &body).await;
        work.diary.answered(written, &answer).await;
        let made = answer.map_err(|error| {
            let lost = matches!(&error, RequestError::Lost { cause, .. } if !cause.never_sent());
            let right = Target::device_claim(&pod.namespace, "").right("create");
            let action = Action::new(format!("making a claim for the extended resources of {pod}"), right);
            match self.refusal(&action, error) {
                Refusal::Unreachable(text) if lost => Refusal::Unreachable(format!(
                    "{text}; a claim {prefix}… may have been made, which would keep the pod from every node until it is \
                     deleted (kubectl get resourceclaims -n {})",
                    pod.namespace
                )),
                refusal => refusal,
            }
        })?;
        let name = text(&made, "/metadata/name").to_owned();
        let allocation = with_share_ids(&extended.allocation);
        done.made = Some(Made {
            name: name.clone(),
            uid: text(&made, "/metadata/uid").to_owned(),
            allocation: allocation.clone(),
        });
        self.reserve_made(work, &name, &allocation, conditions).await?;
        let status = json!({
            "metadata": {"uid": &*work.intent.uid},
            "status": {"extendedResourceClaimStatus": {
                "resourceClaimName": name, "requestMappings": extended.mappings,
            }},
        });
        self.patch_pod_status(work, &work.intent.pod, status, Effect::Named)
            .await
    }

    /// What is still to come of `devices`; `None` where all are ready.
    pub(super) async fn pending_device(
        &self,
        work: &Work<'_>,
        devices: &Devices,
        made: Option<&str>,
    ) -> Result<Option<String>, Refusal> {
        if !devices.conditions {
            return Ok(None);
        }
        let names = devices.all.iter().map(|name| &**name).chain(made);
        for name in names {
            let target = Target::device_claim(&work.intent.pod.namespace, name);
            let claim = self.read(&target).await?;
            let claim = claim.ok_or_else(|| Refusal::ClaimChanged(format!("claim {name} is gone")))?;
            if let Some(device) = unready(&claim, name)? {
                return Ok(Some(format!("device {device} of claim {name}: getting ready")));
            }
        }
        Ok(None)
    }
}

/// The allocation with an id for each share of a device.
pub(super) fn with_share_ids(allocation: &DeviceAllocation) -> Value {
    let mut result = allocation.result.clone();
    for at in &allocation.shared {
        if let Some(device) = result
            .pointer_mut(&format!("/devices/results/{at}"))
            .and_then(Value::as_object_mut)
        {
            device.insert("shareID".to_owned(), json!(uuid()));
        }
    }
    result
}

/// A random UUID (version 4).
fn uuid() -> String {
    let number = (fastrand::u128(..) & !(0xf << 76) & !(0b11 << 62)) | (4 << 76) | (0b10 << 62);
    let text = format!("{number:032x}");
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_id_is_a_uuid() {
        let id = uuid();
        let bytes = id.as_bytes();
        assert_eq!(id.len(), 36, "{id}");
        assert_eq!(bytes[14], b'4', "{id}");
        assert!(b"89ab".contains(&bytes[19]), "{id}");
        assert_ne!(id, uuid());
    }
}
