//! Claims to devices: reserved for the pod, taken over where they are reserved already, and released.
//!
//! Several may prepare one pod at the same time. A reservation is taken back by whoever wrote it and by nobody else, and
//! only while nobody went by it since: who finds a reservation and goes by it leaves a mark on the claim, and a claim
//! with a new mark is left alone. Both are writes to the claim on the version that was read, so that of two at the same
//! time one fails and looks again.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Work;
use super::converge::Target;
use super::devices::with_share_ids;
use super::volumes::text;
use crate::journal::Effect;
use crate::placing::outcome::{Refusal, Stage};
use crate::placing::placer::Placer;
use crate::scheduling::reserve::{Reservation, ReservedClaim};

/// Keeps a claim until its devices are given back.
const FINALIZER: &str = "resource.kubernetes.io/delete-protection";
/// On a claim, with a pod's uid behind it: the placement that went last by the pod's reservation without having made it.
const TAKEN_OVER: &str = "berth.dev/taken-over.";

/// A claim that the pod was to get, and what of it is ours.
#[derive(Debug)]
pub(super) struct Reserved {
    pub(super) claim: String,
    pub(super) uid: String,
    /// What was to be allocated to it beforehand.
    pub(super) allocation: Option<Value>,
    pub(super) hold: Hold,
}

/// Whose a reservation is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// Ours: the answer to the write came. The claim had this mark then.
    Ours { mark: Option<String> },
    /// There is none, or somebody else made it, or the answer was lost and nobody knows.
    NotOurs,
}

impl Placer {
    /// Allocates what has no allocation yet, and reserves. What was done stands in the second part, however it ends.
    pub(super) async fn reserve(
        &self,
        work: &Work<'_>,
        reservation: &Reservation,
        conditions: bool,
    ) -> (Result<(), Refusal>, Reserved) {
        let mut reserved = Reserved {
            claim: reservation.claim.to_string(),
            uid: reservation.claim_uid.to_string(),
            allocation: reservation.allocation.as_ref().map(with_share_ids),
            hold: Hold::NotOurs,
        };
        let ended = self.hold(work, &mut reserved, conditions).await;
        (ended, reserved)
    }

    async fn hold(&self, work: &Work<'_>, reserved: &mut Reserved, conditions: bool) -> Result<(), Refusal> {
        let Reserved {
            claim: name,
            uid,
            allocation,
            ..
        } = &*reserved;
        (work.progress)(Stage::Preparing(
            format!("preparing: reserving claim {name}").into(),
        ));
        let target = Target::device_claim(&work.intent.pod.namespace, name);
        if allocation.is_some() {
            let effect = Effect::Finalizer { claim: name.clone() };
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
        let effect = Effect::Reserved { claim: name.clone() };
        let change = |claim: &mut Value| {
            check(claim, name, uid)?;
            take(claim, name, work, allocation.as_ref(), conditions)
        };
        let target = target.status();
        let made = self.converge(work, &target, &effect, &change).await?;
        if made.by_us {
            let mark = mark(&made.object, &work.intent.uid).map(ToOwned::to_owned);
            reserved.hold = Hold::Ours { mark };
            return Ok(());
        }
        self.mark(work, name, uid).await
    }

    /// Goes by a reservation that was there beforehand.
    pub(super) async fn take_over(&self, work: &Work<'_>, reserved: &ReservedClaim) -> Result<(), Refusal> {
        let ReservedClaim { claim, claim_uid } = reserved;
        (work.progress)(Stage::Preparing(
            format!("preparing: taking over claim {claim}").into(),
        ));
        self.mark(work, claim, claim_uid).await
    }

    /// Has whoever reserved the claim leave it alone from now on.
    async fn mark(&self, work: &Work<'_>, name: &str, uid: &str) -> Result<(), Refusal> {
        let effect = Effect::TakenOver {
            claim: name.to_owned(),
        };
        let change = |claim: &mut Value| {
            check(claim, name, uid)?;
            if !is_reserved(claim, &work.intent.uid) {
                return Err(given_back(name));
            }
            Ok(set_mark(claim, &work.intent.uid, work.diary.id()))
        };
        let target = Target::device_claim(&work.intent.pod.namespace, name);
        self.converge(work, &target, &effect, &change).await.map(drop)
    }

    /// Allocates and reserves a claim that nobody else knows of.
    pub(super) async fn reserve_made(
        &self,
        work: &Work<'_>,
        name: &str,
        allocation: &Value,
        conditions: bool,
    ) -> Result<(), Refusal> {
        let target = Target::device_claim(&work.intent.pod.namespace, name);
        let effect = Effect::Finalizer {
            claim: name.to_owned(),
        };
        let protect = |claim: &mut Value| Ok(add_finalizer(claim));
        self.converge(work, &target, &effect, &protect).await?;
        let effect = Effect::Reserved {
            claim: name.to_owned(),
        };
        let change = |claim: &mut Value| take(claim, name, work, Some(allocation), conditions);
        self.converge(work, &target.status(), &effect, &change)
            .await
            .map(drop)
    }

    /// Takes back what is ours of `reserved`; whether the claim is reserved for the pod all the same, as somebody else
    /// made it so, or goes by it now.
    pub(super) async fn unreserve(&self, work: &Work<'_>, reserved: &Reserved) -> Result<bool, Refusal> {
        let pod = &*work.intent.uid;
        let target = Target::device_claim(&work.intent.pod.namespace, &reserved.claim);
        let is_it = |claim: &Value| text(claim, "/metadata/uid") == reserved.uid;
        let mut claim = match &reserved.hold {
            Hold::Ours { mark: before } => {
                let change = |claim: &mut Value| {
                    let ours = is_it(claim) && mark(claim, pod) == before.as_deref();
                    Ok(ours && give_back(claim, pod, reserved.allocation.as_ref()))
                };
                let target = target.clone().status();
                let freed = self.converge(work, &target, &Effect::Undone, &change).await?;
                freed.object
            }
            Hold::NotOurs => self.read(&target).await?.unwrap_or_default(),
        };
        if reserved.allocation.is_some() && is_it(&claim) && !is_allocated(&claim) {
            // Who is about to allocate it again wants to find it: see `take`.
            let change =
                |claim: &mut Value| Ok(is_it(claim) && !is_allocated(claim) && drop_finalizer(claim));
            let freed = self.converge(work, &target, &Effect::Undone, &change).await?;
            claim = freed.object;
        }
        Ok(is_it(&claim) && is_reserved(&claim, pod))
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

fn users(claim: &Value) -> impl Iterator<Item = &str> {
    let users = claim.pointer("/status/reservedFor").and_then(Value::as_array);
    users.into_iter().flatten().map(|user| text(user, "/uid"))
}

fn is_reserved(claim: &Value, pod_uid: &str) -> bool {
    users(claim).any(|user| user == pod_uid)
}

fn allocated_elsewhere(name: &str) -> Refusal {
    Refusal::ClaimChanged(format!("claim {name} was allocated by somebody else meanwhile"))
}

fn given_back(name: &str) -> Refusal {
    Refusal::ClaimChanged(format!(
        "claim {name} was given back by somebody else meanwhile: look again"
    ))
}

fn finalizers(claim: &mut Value) -> Option<&mut Vec<Value>> {
    let metadata = claim.get_mut("metadata")?.as_object_mut()?;
    let finalizers = metadata.entry("finalizers").or_insert_with(|| json!([]));
    finalizers.as_array_mut()
}

/// Adds the finalizer; whether it was missing.
fn add_finalizer(claim: &mut Value) -> bool {
    let Some(finalizers) = finalizers(claim).filter(|all| !all.iter().any(|one| one == FINALIZER)) else {
        return false;
    };
    finalizers.push(json!(FINALIZER));
    true
}

/// Takes the finalizer away; whether it was there.
pub(super) fn drop_finalizer(claim: &mut Value) -> bool {
    let Some(finalizers) = finalizers(claim) else {
        return false;
    };
    let before = finalizers.len();
    finalizers.retain(|finalizer| finalizer != FINALIZER);
    finalizers.len() < before
}

/// The placement that went last by the reservation of the pod without having made it.
fn mark<'a>(claim: &'a Value, pod_uid: &str) -> Option<&'a str> {
    let annotations = claim.pointer("/metadata/annotations")?;
    annotations.get(format!("{TAKEN_OVER}{pod_uid}"))?.as_str()
}

/// Says that `placement` goes by the reservation of the pod. Marks of pods that have none any more go.
fn set_mark(claim: &mut Value, pod_uid: &str, placement: &str) -> bool {
    let users: Vec<String> = users(claim).map(ToOwned::to_owned).collect();
    let Some(metadata) = claim.get_mut("metadata").and_then(Value::as_object_mut) else {
        return false;
    };
    let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
    if annotations.is_null() {
        *annotations = json!({});
    }
    let Some(annotations) = annotations.as_object_mut() else {
        return false;
    };
    annotations.retain(|key, _| {
        key.strip_prefix(TAKEN_OVER)
            .is_none_or(|uid| users.iter().any(|user| user == uid))
    });
    let key = format!("{TAKEN_OVER}{pod_uid}");
    annotations.insert(key, json!(placement)) != Some(json!(placement))
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
        return match allocation {
            Some(wanted) if !is_allocation(claim, wanted) => Err(allocated_elsewhere(name)),
            _ => Ok(false),
        };
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
        // Without it an allocated claim could be deleted while it is in use: somebody gave it back since it was added.
        (false, Some(_)) if add_finalizer(claim) => return Err(given_back(name)),
        _ => {}
    }
    let Some(status) = status(claim) else {
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

/// Takes the pod out of those that the claim is reserved for, and frees what was allocated for it alone; whether there is
/// anything to write.
fn give_back(claim: &mut Value, pod_uid: &str, allocation: Option<&Value>) -> bool {
    if !is_reserved(claim, pod_uid) {
        return false;
    }
    let frees =
        allocation.is_some_and(|ours| is_allocation(claim, ours)) && users(claim).all(|user| user == pod_uid);
    let Some(status) = status(claim) else {
        return false;
    };
    if frees {
        for field in ["allocation", "reservedFor", "devices"] {
            status.remove(field);
        }
    } else if let Some(users) = status.get_mut("reservedFor").and_then(Value::as_array_mut) {
        users.retain(|user| text(user, "/uid") != pod_uid);
    }
    true
}

fn status(claim: &mut Value) -> Option<&mut Map<String, Value>> {
    let status = claim
        .as_object_mut()?
        .entry("status")
        .or_insert_with(|| json!({}));
    if status.is_null() {
        *status = json!({});
    }
    status.as_object_mut()
}

/// Whether the claim has the devices of `allocation`. Shares of them have ids by chance.
fn is_allocation(claim: &Value, allocation: &Value) -> bool {
    let devices = |allocation: &Value| -> Vec<[String; 4]> {
        let results = allocation.pointer("/devices/results").and_then(Value::as_array);
        let device = |device: &Value| {
            ["/request", "/driver", "/pool", "/device"].map(|at| text(device, at).to_owned())
        };
        results.into_iter().flatten().map(device).collect()
    };
    claim
        .pointer("/status/allocation")
        .is_some_and(|now| devices(now) == devices(allocation))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(users: &[&str]) -> Value {
        let users: Vec<Value> = users.iter().map(|uid| json!({"uid": uid})).collect();
        json!({
            "metadata": {"uid": "c"},
            "status": {
                "allocation": {"devices": {"results": [
                    {"request": "one", "driver": "d", "pool": "p", "device": "x", "shareID": "by-chance"},
                ]}},
                "reservedFor": users,
            },
        })
    }

    fn allocation(device: &str) -> Value {
        json!({"devices": {"results": [{"request": "one", "driver": "d", "pool": "p", "device": device}]}})
    }

    #[test]
    fn only_what_was_allocated_for_the_pod_alone_is_freed() {
        let freed = |users: &[&str], allocation: Option<Value>| {
            let mut claim = claim(users);
            assert!(give_back(&mut claim, "a", allocation.as_ref()));
            claim["status"].clone()
        };
        assert_eq!(freed(&["a"], Some(allocation("x"))), json!({}));
        let kept = freed(&["a"], Some(allocation("y")));
        assert_eq!(kept["reservedFor"], json!([]), "it was allocated anew: {kept}");
        assert!(kept["allocation"].is_object());
        let shared = freed(&["a", "b"], Some(allocation("x")));
        assert_eq!(shared["reservedFor"], json!([{"uid": "b"}]));
        assert!(shared["allocation"].is_object());
        assert!(freed(&["a"], None)["allocation"].is_object(), "it had it before");
        assert!(!give_back(&mut claim(&["b"]), "a", None));
    }

    #[test]
    fn marks_go_with_the_pods_that_they_are_about() {
        let mut claim = claim(&["a", "b"]);
        assert_eq!(mark(&claim, "a"), None);
        assert!(set_mark(&mut claim, "b", "one"));
        assert!(set_mark(&mut claim, "a", "two"));
        assert!(!set_mark(&mut claim, "a", "two"), "it is there");
        assert_eq!((mark(&claim, "a"), mark(&claim, "b")), (Some("two"), Some("one")));
        claim["status"]["reservedFor"] = json!([{"uid": "a"}]);
        assert!(set_mark(&mut claim, "a", "three"));
        assert_eq!((mark(&claim, "a"), mark(&claim, "b")), (Some("three"), None));
    }
}
