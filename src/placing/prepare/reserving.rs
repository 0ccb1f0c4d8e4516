//! Claims to devices: reserved for the pod, taken over where they are reserved already, and released.
//!
//! Several may prepare one pod at the same time. A reservation is taken back by whoever wrote it and by nobody else, and
//! only while nobody went by it since: who finds a reservation and goes by it leaves a mark on the claim, and a claim
//! with a new mark is left alone. Both are writes to the claim on the version that was read, so that of two at the same
//! time one fails and looks again.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Work;
use super::converge::Target;
use super::devices::with_share_ids;
use super::holds::{
    add_finalizer, drop_finalizer, give_back, is_allocated, is_allocation, is_reserved, mark, set_mark,
    status,
};
use super::volumes::text;
use crate::journal::Effect;
use crate::placing::outcome::{Refusal, Stage};
use crate::placing::placer::Placer;
use crate::scheduling::reserve::{Reservation, ReservedClaim};

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

fn allocated_elsewhere(name: &str) -> Refusal {
    Refusal::ClaimChanged(format!("claim {name} was allocated by somebody else meanwhile"))
}

fn given_back(name: &str) -> Refusal {
    Refusal::ClaimChanged(format!(
        "claim {name} was given back by somebody else meanwhile: look again"
    ))
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
