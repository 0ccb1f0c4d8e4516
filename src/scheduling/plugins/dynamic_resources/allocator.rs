//! The search for devices: first fit with backtracking, for all claims of a pod on one node.
//!
//! Claim after claim, request after request, device after device: each candidate is taken as if it were allocated and
//! the search goes on with the next one; where it fails later, the candidate is given back and the next is tried. The
//! first complete solution counts.

mod found;
mod requests;
mod take;

use std::collections::BTreeMap;
use std::rc::Rc;

use rustc_hash::FxHashMap;

pub(super) use self::found::Found;
use self::found::Taken;
use self::requests::Group;
use super::constraints::Held;
use super::inventory::{Amounts, DeviceId, Inventory};
use super::pools::{Counted, Pool, State};
use crate::model::Node;
use crate::model::device::{AllocationMode, DeviceClass, ResourceClaim};

/// The most devices that one claim can have.
pub(super) const MOST_DEVICES: i64 = 32;

/// Why nothing is allocated on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The devices are not there, or not free.
    None,
    /// They might be, were it not for a pool that contradicts itself.
    InvalidPools,
    /// Time is up.
    Timeout,
    /// The cycle ends with this.
    Error(String),
    /// Something cannot be read.
    Fault(String),
}

/// What stops part of the search.
enum Stop {
    /// A claim would get more devices than it can have: no use to try other devices.
    TooMany,
    /// The whole of it stops.
    Failed(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Where in the claims the search stands: which device of which alternative of which request of which claim.
#[derive(Clone, Copy, Default)]
struct Place {
    claim: usize,
    request: usize,
    alternative: usize,
    device: i64,
}

/// Where in the pools the search goes on.
#[derive(Clone, Copy, Default)]
struct Location {
    pool: usize,
    slice: usize,
    device: usize,
}

/// A device that might be taken.
#[derive(Clone)]
struct Candidate<'a> {
    pool: Rc<Pool<'a>>,
    slice: u32,
    device: u32,
}

/// One search, on one node.
pub(super) struct Search<'c, 'a> {
    inventory: &'c Inventory<'a>,
    node: &'c Node,
    claims: Vec<&'c ResourceClaim>,
    pools: Vec<Rc<Pool<'a>>>,
    /// By claim and request.
    requests: Vec<Vec<Group<'c, 'a>>>,
    /// By claim.
    constraints: Vec<Vec<Held<'c, 'a>>>,
    /// Whether a device will do, by claim, request, alternative, slice and device.
    suits: FxHashMap<(u32, u32, u32, u32, u32), bool>,
    /// Whole devices taken by this attempt, with the claims that they are for.
    taking: FxHashMap<DeviceId<'a>, Vec<usize>>,
    /// Shares taken by this attempt.
    sharing: FxHashMap<DeviceId<'a>, Amounts<'a>>,
    /// Counters taken by this attempt, by pool.
    counting: FxHashMap<(&'a str, &'a str), Counted<'a>>,
    /// By claim.
    taken: Vec<Vec<Taken<'c, 'a>>>,
    /// How many devices may still be tried; `None` for as many as it takes.
    budget: Option<u64>,
}

impl<'c, 'a> Search<'c, 'a> {
    /// A search for what `claims` want on `node`, which may try `budget` devices.
    pub(super) fn new(
        inventory: &'c Inventory<'a>,
        node: &'c Node,
        claims: Vec<&'c ResourceClaim>,
        budget: Option<u64>,
    ) -> Self {
        Self {
            inventory,
            node,
            taken: claims.iter().map(|_| Vec::new()).collect(),
            claims,
            pools: Vec::new(),
            requests: Vec::new(),
            constraints: Vec::new(),
            suits: FxHashMap::default(),
            taking: FxHashMap::default(),
            sharing: FxHashMap::default(),
            counting: FxHashMap::default(),
            budget,
        }
    }

    /// What each claim gets, in order.
    pub(super) fn run(
        mut self,
        classes: &dyn Fn(&str) -> Option<&'c DeviceClass>,
    ) -> Result<Vec<Found>, Failure> {
        self.pools = self.inventory.pools(self.node).map_err(|text| {
            if text.starts_with("gather") {
                Failure::Error(text)
            } else {
                Failure::Fault(text)
            }
        })?;
        for claim in 0..self.claims.len() {
            self.check_claim(claim, classes)?;
        }
        match self.one(Place::default(), false, Location::default()) {
            Ok(true) => (0..self.claims.len()).map(|claim| self.found(claim)).collect(),
            Err(Stop::TooMany) => Err(Failure::Error("allocation max size exceeded".to_owned())),
            Ok(false) => {
                let invalid = self
                    .pools
                    .iter()
                    .any(|pool| matches!(pool.state, State::Invalid(_)));
                Err(if invalid {
                    Failure::InvalidPools
                } else {
                    Failure::None
                })
            }
            Err(Stop::Failed(failure)) => Err(failure),
        }
    }

    fn group(&self, place: Place) -> Option<&Group<'c, 'a>> {
        self.requests.get(place.claim)?.get(place.request)
    }

    /// Goes on with the search at `place`; `inside` where the alternative of a request is already chosen. Devices
    /// before `start` were tried for the same request.
    fn one(&mut self, place: Place, inside: bool, start: Location) -> Result<bool, Stop> {
        if place.claim >= self.claims.len() {
            return Ok(true);
        }
        let Some(group) = self.group(place) else {
            let next = Place {
                claim: place.claim + 1,
                ..Place::default()
            };
            return match self.one(next, false, Location::default()) {
                // Another alternative for an earlier claim may leave this one with fewer devices to find.
                Err(Stop::TooMany) => Ok(false),
                other => other,
            };
        };
        if !inside && group.parent.is_some() {
            return self.first_available(place);
        }
        let Some(asked) = group.alternatives.get(place.alternative) else {
            return Ok(false);
        };
        let (count, ask) = (asked.count, asked.ask);
        let all = ask.mode == AllocationMode::All;
        if all && asked.all.is_empty() {
            return Ok(false);
        }
        if place.device >= count {
            let next = Place {
                claim: place.claim,
                request: place.request + 1,
                ..Place::default()
            };
            return self.one(next, false, Location::default());
        }
        let have = self.taken.get(place.claim).map_or(0, Vec::len) as i64;
        if count - place.device > MOST_DEVICES - have {
            return Err(Stop::TooMany);
        }
        let next = Place {
            device: place.device + 1,
            ..place
        };
        if all {
            let candidate = asked.all.get(place.device as usize).cloned();
            let Some(candidate) = candidate else {
                return Ok(false);
            };
            let Some(undo) = self.take(place, &candidate, true)? else {
                return Ok(false);
            };
            let done = self.one(next, inside, Location::default());
            if !matches!(done, Ok(true)) {
                self.give_back(place, &candidate, undo);
            }
            return done;
        }
        self.any(place, next, inside, start)
    }

    /// Tries the alternatives of a request in order.
    fn first_available(&mut self, place: Place) -> Result<bool, Stop> {
        let alternatives = self.group(place).map_or(0, |group| group.alternatives.len());
        let mut too_many = true;
        for alternative in 0..alternatives {
            let at = Place { alternative, ..place };
            match self.one(at, true, Location::default()) {
                Err(Stop::TooMany) => {}
                Ok(true) => {
                    let group = self
                        .requests
                        .get_mut(place.claim)
                        .and_then(|all| all.get_mut(place.request));
                    if let Some(group) = group {
                        group.chosen = alternative;
                    }
                    return Ok(true);
                }
                Ok(false) => too_many = false,
                Err(failed) => return Err(failed),
            }
        }
        if too_many { Err(Stop::TooMany) } else { Ok(false) }
    }

    /// Tries the devices of the pools in order, from `start`.
    fn any(&mut self, place: Place, next: Place, inside: bool, start: Location) -> Result<bool, Stop> {
        for at in start.pool..self.pools.len() {
            let Some(pool) = self.pools.get(at).cloned() else {
                break;
            };
            if pool.state != State::Usable {
                continue;
            }
            let first = if at == start.pool { start.slice } else { 0 };
            for (slice_at, &slice) in pool.slices.iter().enumerate().skip(first) {
                let begins = at == start.pool && slice_at == start.slice;
                let from = if begins { start.device } else { 0 };
                let devices = self.inventory.slice(slice).map_or(0, |slice| slice.devices.len());
                for device in from..devices {
                    let candidate = Candidate {
                        pool: Rc::clone(&pool),
                        slice,
                        device: device as u32,
                    };
                    if self.budget == Some(0) {
                        return Err(Failure::Timeout.into());
                    }
                    self.budget = self.budget.map(|budget| budget - 1);
                    if !self.is_free(place, &candidate) || !self.suits(place, &candidate)? {
                        continue;
                    }
                    let Some(undo) = self.take(place, &candidate, false)? else {
                        continue;
                    };
                    let after = Location {
                        pool: at,
                        slice: slice_at,
                        device: device + 1,
                    };
                    let done = self.one(next, inside, after);
                    if let Ok(true) = done {
                        return Ok(true);
                    }
                    self.give_back(place, &candidate, undo);
                    done?;
                }
            }
        }
        Ok(false)
    }
}

/// Amounts by name, all of them zero.
fn is_empty(amounts: &BTreeMap<&str, crate::model::quantity::Quantity>) -> bool {
    amounts.values().all(|amount| amount.sign() == 0)
}
