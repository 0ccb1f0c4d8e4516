//! No device for two: what was allocated is looked for in every other claim.
//!
//! No lock spans two claims, so that two who place at the same moment can allocate one device to a claim each. Everybody writes
//! first and looks then, so that one of them at least sees the other, and gives back what is theirs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use tokio::sync::Mutex;

use super::reserving::Hold;
use super::volumes::text;
use super::{Done, Work};
use crate::cluster::request::RequestError;
use crate::cluster::{Action, Right};
use crate::model::text::inert;
use crate::placing::outcome::{Refusal, Stage};
use crate::placing::placer::Placer;

const CLAIMS: &str = "/apis/resource.k8s.io/v1/resourceclaims";

/// Looks at all claims. One serves everybody who wrote before it began.
#[derive(Debug, Default)]
pub(in crate::placing) struct Looks {
    begun: AtomicU64,
    last: Mutex<Option<Look>>,
}

#[derive(Debug)]
struct Look {
    number: u64,
    found: Result<Arc<[Claim]>, RequestError>,
}

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
        let claims = self.all_claims().await;
        let claims = claims.map_err(|error| self.refusal(&listing(), error))?;
        for claim in &*claims {
            let Metadata { namespace, name, uid } = &claim.metadata;
            if ours.iter().any(|(our, _)| our == uid) {
                continue;
            }
            let mut ours = ours.iter().flat_map(|(_, allocation)| devices(allocation));
            if let Some([.., device]) = ours.find(|device| claim.has(*device)) {
                return Err(Refusal::ClaimChanged(format!(
                    "device {} was allocated to claim {}/{} at the same moment: look again",
                    inert(device),
                    inert(namespace),
                    inert(name)
                )));
            }
        }
        Ok(())
    }

    /// All claims as they are now or a moment later.
    async fn all_claims(&self) -> Result<Arc<[Claim]>, RequestError> {
        let Looks { begun, last } = &*self.looks;
        let before = begun.load(Ordering::SeqCst);
        let mut last = last.lock().await;
        if let Some(look) = last.as_ref().filter(|look| look.number > before) {
            return look.found.clone();
        }
        let number = begun.fetch_add(1, Ordering::SeqCst) + 1;
        let list: Result<Claims, _> = self.connection.get(CLAIMS).await;
        let found = list.map(|list| list.items.into());
        *last = Some(Look {
            number,
            found: found.clone(),
        });
        found
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Claims {
    items: Vec<Claim>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Claim {
    metadata: Metadata,
    status: Status,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    namespace: String,
    name: String,
    uid: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    allocation: Option<Allocation>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Allocation {
    devices: Devices,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Devices {
    results: Vec<Device>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Device {
    driver: String,
    pool: String,
    #[serde(rename = "device")]
    name: String,
    #[serde(rename = "shareID")]
    share: Option<IgnoredAny>,
    admin_access: Option<bool>,
}

impl Claim {
    /// Whether it has the device for itself.
    fn has(&self, [driver, pool, name]: [&str; 3]) -> bool {
        let allocated = self.status.allocation.iter();
        let mut devices = allocated.flat_map(|allocation| &allocation.devices.results);
        devices.any(|device| {
            let alone = device.share.is_none() && device.admin_access != Some(true);
            alone && device.driver == driver && device.pool == pool && device.name == name
        })
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
