//! No device for two: what was allocated is looked for in every other claim.
//!
//! No lock spans two claims, so that two who place at the same moment can allocate one device to a claim each. Everybody writes
//! first and looks then, so that one of them at least sees the other, and gives back what is theirs.

use serde_json::Value;

use super::reserving::Hold;
use super::volumes::text;
use super::{Done, Work};
use crate::cluster::{Action, Right};
use crate::model::text::inert;
use crate::placing::outcome::{Refusal, Stage};
use crate::placing::placer::Placer;

const CLAIMS: &str = "/apis/resource.k8s.io/v1/resourceclaims";

impl Placer {
    /// Makes sure that no other claim has a device that was allocated for the pod. Shares, and devices for looking after them,
    /// may be had by several.
    pub(super) async fn have_alone(&self, work: &Work<'_>, done: &Done) -> Result<(), Refusal> {
        let reserved = done.reservations.iter();
        let reserved = reserved.filter(|reserved| reserved.hold != Hold::NotOurs);
        let reserved = reserved.filter_map(|reserved| Some((&*reserved.uid, reserved.allocation.as_ref()?)));
        let made = done.made.iter().map(|made| (&*made.uid, &made.allocation));
        let ours: Vec<(&str, &Value)> = reserved.chain(made).collect();
        if ours
            .iter()
            .all(|(_, allocation)| devices(allocation).next().is_none())
        {
            return Ok(());
        }
        (work.progress)(Stage::Preparing(
            "preparing: looking whether others have the devices".into(),
        ));
        let all: Value = match self.connection.get(CLAIMS).await {
            Ok(all) => all,
            Err(error) => return Err(self.refusal(&listing(), error)),
        };
        let claims = all.get("items").and_then(Value::as_array);
        for claim in claims.into_iter().flatten() {
            let uid = text(claim, "/metadata/uid");
            if ours.iter().any(|(our, _)| *our == uid) {
                continue;
            }
            let Some(theirs) = claim.pointer("/status/allocation") else {
                continue;
            };
            let mut ours = ours.iter().flat_map(|(_, allocation)| devices(allocation));
            if let Some([.., name]) = ours.find(|device| devices(theirs).any(|other| other == *device)) {
                return Err(Refusal::ClaimChanged(format!(
                    "device {} was allocated to claim {}/{} at the same moment: look again",
                    inert(name),
                    inert(text(claim, "/metadata/namespace")),
                    inert(text(claim, "/metadata/name"))
                )));
            }
        }
        Ok(())
    }
}

/// Driver, pool and name of each device that an allocation has for itself.
fn devices(allocation: &Value) -> impl Iterator<Item = [&str; 3]> {
    let results = allocation.pointer("/devices/results").and_then(Value::as_array);
    let alone = |device: &&Value| {
        device.get("shareID").is_none() && device.get("adminAccess") != Some(&Value::Bool(true))
    };
    let results = results.into_iter().flatten().filter(alone);
    results.map(|device| ["/driver", "/pool", "/device"].map(|at| text(device, at)))
}

pub(super) fn right() -> Right {
    Right::everywhere("list", "resourceclaims", "resource.k8s.io")
}

fn listing() -> Action {
    Action::new("looking whether others have the devices".to_owned(), right())
}
