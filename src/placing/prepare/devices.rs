//! Devices: allocated to their claims, and reserved for the pod.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::converge::Target;
use super::volumes::text;
use super::{Done, Work};
use crate::cluster::Action;
use crate::cluster::request::{RequestError, segment};
use crate::journal::Effect;
use crate::model::text::inert;
use crate::placing::outcome::{Refusal, Stage};
use crate::placing::placer::Placer;
use crate::scheduling::reserve::{DeviceAllocation, Devices, ExtendedClaim, Reservation};

/// Keeps a claim until its devices are given back.
pub(super) const FINALIZER: &str = "resource.kubernetes.io/delete-protection";
/// Marks the claim made for extended resources.
const EXTENDED: &str = "resource.kubernetes.io/extended-resource-claim";

/// A claim that was reserved for the pod, or may have been.
#[derive(Debug)]
pub(super) struct Reserved {
    pub(super) claim: String,
    pub(super) uid: String,
    /// What was allocated to it beforehand.
    pub(super) allocation: Option<Value>,
}

impl Placer {
    /// Allocates and reserves.
    pub(super) async fn take_devices(
        &self,
        work: &Work<'_>,
        devices: &Devices,
        done: &mut Done,
    ) -> Result<(), Refusal> {
        for reservation in &devices.reservations {
            self.reserve(work, reservation, devices.conditions, done).await?;
        }
        if let Some(extended) = &devices.extended {
            self.make_claim(work, extended, devices.conditions, done).await?;
        }
        Ok(())
    }

    async fn reserve(
        &self,
        work: &Work<'_>,
        reservation: &Reservation,
        conditions: bool,
        done: &mut Done,
    ) -> Result<(), Refusal> {
        let (name, uid) = (&*reservation.claim, &*reservation.claim_uid);
        (work.progress)(Stage::Preparing(
            format!("preparing: reserving claim {name}").into(),
        ));
        let allocation = reservation.allocation.as_ref().map(with_share_ids);
        let target = Target::device_claim(&work.intent.pod.namespace, name);
        done.reservations.push(Reserved {
            claim: name.to_owned(),
            uid: uid.to_owned(),
            allocation: allocation.clone(),
        });
        if allocation.is_some() {
            let effect = Effect::Finalizer {
                claim: name.to_owned(),
            };
            let change = |claim: &mut Value| {
                check(claim, name, uid)?;
                if is_reserved(claim, &work.intent.uid) {
                    return Ok(false);
                }
                if is_allocated(claim) {
                    return Err(allocated_elsewhere(name));
                }
                Ok(add_finalizer(claim))
            };
            self.converge(work, &target, &effect, &change).await?;
        }
        let effect = Effect::Reserved {
            claim: name.to_owned(),
        };
        let change = |claim: &mut Value| {
            check(claim, name, uid)?;
            take(claim, name, work, allocation.as_ref(), conditions)
        };
        self.converge(work, &target.status(), &effect, &change).await?;
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
        done.made = Some(name.clone());
        let allocation = with_share_ids(&extended.allocation);
        let target = Target::device_claim(&pod.namespace, &name);
        let effect = Effect::Finalizer { claim: name.clone() };
        let protect = |claim: &mut Value| Ok(add_finalizer(claim));
        self.converge(work, &target, &effect, &protect).await?;
        let effect = Effect::Reserved { claim: name.clone() };
        let change = |claim: &mut Value| take(claim, &name, work, Some(&allocation), conditions);
        self.converge(work, &target.status(), &effect, &change).await?;
        done.named = true;
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

fn check(claim: &Value, name: &str, uid: &str) -> Result<(), Refusal> {
    if text(claim, "/metadata/uid") != uid {
        return Err(Refusal::ClaimChanged(format!(
            "claim {name} was deleted and made again under its name"
        )));
    }
    Ok(())
}

fn is_allocated(claim: &Value) -> bool {
    claim
        .pointer("/status/allocation")
        .is_some_and(|allocation| !allocation.is_null())
}

pub(super) fn is_reserved(claim: &Value, pod_uid: &str) -> bool {
    let users = claim.pointer("/status/reservedFor").and_then(Value::as_array);
    users
        .into_iter()
        .flatten()
        .any(|user| text(user, "/uid") == pod_uid)
}

fn allocated_elsewhere(name: &str) -> Refusal {
    Refusal::ClaimChanged(format!("claim {name} was allocated by somebody else meanwhile"))
}

/// Adds the finalizer; whether it was missing.
fn add_finalizer(claim: &mut Value) -> bool {
    let Some(metadata) = claim.get_mut("metadata").and_then(Value::as_object_mut) else {
        return false;
    };
    let finalizers = metadata.entry("finalizers").or_insert_with(|| json!([]));
    let Some(finalizers) = finalizers.as_array_mut() else {
        return false;
    };
    if finalizers.iter().any(|finalizer| finalizer == FINALIZER) {
        return false;
    }
    finalizers.push(json!(FINALIZER));
    true
}

/// Allocates and reserves; whether there is anything to write.
fn take(
    claim: &mut Value,
    name: &str,
    work: &Work<'_>,
    allocation: Option<&Value>,
    conditions: bool,
) -> Result<bool, Refusal> {
    if is_reserved(claim, &work.intent.uid) {
        return Ok(false);
    }
    if claim.pointer("/metadata/deletionTimestamp").is_some() {
        return Err(Refusal::ClaimChanged(format!("claim {name} is being deleted")));
    }
    match (is_allocated(claim), allocation) {
        (true, Some(_)) => return Err(allocated_elsewhere(name)),
        (false, None) => {
            return Err(Refusal::ClaimChanged(format!(
                "claim {name} lost its devices meanwhile"
            )));
        }
        _ => {}
    }
    let Some(object) = claim.as_object_mut() else {
        return Ok(false);
    };
    let status = object.entry("status").or_insert_with(|| json!({}));
    if status.is_null() {
        *status = json!({});
    }
    let Some(status) = status.as_object_mut() else {
        return Ok(false);
    };
    if let Some(allocation) = allocation {
        status.insert("allocation".to_owned(), allocation.clone());
    }
    let allocated = status.get_mut("allocation").and_then(Value::as_object_mut);
    if conditions && let Some(allocated) = allocated {
        // From then on counts how long its devices may take to get ready.
        let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        allocated
            .entry("allocationTimestamp")
            .or_insert_with(|| json!(now));
    }
    let users = status.entry("reservedFor").or_insert_with(|| json!([]));
    if users.is_null() {
        *users = json!([]);
    }
    if let Some(users) = users.as_array_mut() {
        users.push(json!({
            "resource": "pods", "name": &*work.intent.pod.name, "uid": &*work.intent.uid,
        }));
    }
    Ok(true)
}

/// The allocation with an id for each share of a device.
fn with_share_ids(allocation: &DeviceAllocation) -> Value {
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

/// A device of `claim` whose binding conditions do not hold yet.
///
/// # Errors
/// Where one says that it never will.
fn unready(claim: &Value, name: &str) -> Result<Option<String>, Refusal> {
    let list = |at: &str| {
        let all = claim.pointer(at).and_then(Value::as_array);
        all.into_iter().flatten()
    };
    for device in list("/status/allocation/devices/results") {
        let wanted = device.get("bindingConditions").and_then(Value::as_array);
        let wanted: Vec<&str> = wanted.into_iter().flatten().filter_map(Value::as_str).collect();
        if wanted.is_empty() {
            continue;
        }
        let shown = inert(text(device, "/device")).into_owned();
        let same = |status: &&Value| {
            ["/driver", "/pool", "/device"]
                .iter()
                .all(|at| text(status, at) == text(device, at))
        };
        let Some(status) = list("/status/devices").find(same) else {
            return Ok(Some(shown));
        };
        let conditions = status.get("conditions").and_then(Value::as_array);
        let holding: Vec<&Value> = conditions
            .into_iter()
            .flatten()
            .filter(|condition| text(condition, "/status") == "True")
            .collect();
        let failures = device.get("bindingFailureConditions").and_then(Value::as_array);
        let failures = failures.into_iter().flatten().filter_map(Value::as_str);
        for kind in failures {
            if let Some(failed) = holding.iter().find(|condition| text(condition, "/type") == kind) {
                return Err(Refusal::NotReady(format!(
                    "device {shown} of claim {name} cannot be made ready: {} ({})",
                    inert(text(failed, "/message")),
                    inert(kind)
                )));
            }
        }
        let holds = |kind: &&str| holding.iter().any(|condition| text(condition, "/type") == *kind);
        if !wanted.iter().all(holds) {
            return Ok(Some(shown));
        }
    }
    Ok(None)
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

    #[test]
    fn devices_get_ready_or_fail() {
        let claim = |conditions: Value| {
            json!({"status": {
                "allocation": {"devices": {"results": [{
                    "driver": "d", "pool": "p", "device": "fpga-0", "bindingConditions": ["Attached"],
                    "bindingFailureConditions": ["Broken"],
                }]}},
                "devices": [{"driver": "d", "pool": "p", "device": "fpga-0", "conditions": conditions}],
            }})
        };
        let condition = |kind: &str, status: &str| json!({"type": kind, "status": status, "message": "m"});
        let look = |conditions| unready(&claim(conditions), "c");
        assert_eq!(look(json!([])), Ok(Some("fpga-0".to_owned())));
        assert_eq!(
            look(json!([condition("Attached", "False")])),
            Ok(Some("fpga-0".to_owned()))
        );
        assert_eq!(look(json!([condition("Attached", "True")])), Ok(None));
        let failed = look(json!([
            condition("Attached", "True"),
            condition("Broken", "True")
        ]));
        assert!(matches!(failed, Err(Refusal::NotReady(_))), "{failed:?}");
    }
}
