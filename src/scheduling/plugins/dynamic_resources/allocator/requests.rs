//! The requests of a claim, made ready: classes looked up, `All` turned into devices.

use super::{Candidate, Failure, MOST_DEVICES, Search};
use crate::model::device::{AllocationMode, Ask, DeviceClass, DeviceRequest, RequestKind, ResourceClaim};
use crate::scheduling::features::Gate;
use crate::scheduling::plugins::dynamic_resources::capacity;
use crate::scheduling::plugins::dynamic_resources::constraints::Held;
use crate::scheduling::plugins::dynamic_resources::pools::State;

/// A request: one alternative, or several of which the first counts that can be had.
pub(super) struct Group<'c, 'a> {
    /// The request's name where it has alternatives.
    pub(super) parent: Option<&'c str>,
    /// The alternatives; one where the request has none.
    pub(super) alternatives: Vec<Asked<'c, 'a>>,
    /// The alternative that was taken.
    pub(super) chosen: usize,
}

/// An alternative.
pub(super) struct Asked<'c, 'a> {
    /// The name of the alternative, or of the request where it has none.
    pub(super) name: &'c str,
    pub(super) ask: &'c Ask,
    pub(super) class: &'c DeviceClass,
    /// How many devices.
    pub(super) count: i64,
    /// Where all devices are wanted: these.
    pub(super) all: Vec<Candidate<'a>>,
}

type Classes<'s, 'c> = &'s dyn Fn(&str) -> Option<&'c DeviceClass>;

/// `NAMESPACE/NAME`.
pub(super) fn full_name(claim: &ResourceClaim) -> String {
    format!("{}/{}", claim.namespace, claim.name)
}

/// The alternatives of a request with their names, and whether these are the request's own alternatives.
fn alternatives(request: &DeviceRequest) -> (Vec<(&str, &Ask)>, bool) {
    match &request.kind {
        RequestKind::Exactly(ask) => (vec![(&request.name, ask)], false),
        RequestKind::FirstAvailable(all) => (all.iter().map(|one| (&*one.name, &one.ask)).collect(), true),
        RequestKind::Unknown => (Vec::new(), false),
    }
}

impl<'c, 'a> Search<'c, 'a> {
    /// Makes the requests and constraints of claim `at` ready.
    pub(super) fn check_claim(&mut self, at: usize, classes: Classes<'_, 'c>) -> Result<(), Failure> {
        let Some(&claim) = self.claims.get(at) else {
            return Ok(());
        };
        let name = full_name(claim);
        let gates = self.inventory.gates;
        self.requests.push(Vec::new());
        let mut so_far = 0;
        for (index, request) in claim.requests.iter().flatten().enumerate() {
            let (all, nested) = alternatives(request);
            if nested && !gates.enabled(Gate::DRAPrioritizedList) {
                return Err(Failure::Error(format!(
                    "claim {name}, request {}: has subrequests, but the DRAPrioritizedList feature is disabled",
                    request.name
                )));
            }
            if !gates.enabled(Gate::DRAConsumableCapacity)
                && let Some((of, _)) = all.iter().find(|(_, ask)| ask.capacity.is_some())
            {
                let kind = if nested { "subrequest" } else { "request" };
                return Err(Failure::Error(format!(
                    "claim {name}, {kind} {of}: has capacity requests, but the DRAConsumableCapacity feature is disabled"
                )));
            }
            let mut least = i64::MAX;
            let mut group = Group {
                parent: nested.then_some(&*request.name),
                alternatives: Vec::with_capacity(all.len()),
                chosen: 0,
            };
            for (alternative, (of, ask)) in all.into_iter().enumerate() {
                let place = [at, index, alternative].map(|number| number as u32);
                let asked = self.check(claim, of, ask, place, classes)?;
                least = least.min(asked.count);
                group.alternatives.push(asked);
            }
            if least > MOST_DEVICES - so_far {
                return Err(Failure::Error(format!(
                    "claim {name}, request {}: adding {least} devices exceeds the claim limit of {MOST_DEVICES}, \
                     with {so_far} already accounted for",
                    request.name
                )));
            }
            so_far += least;
            if let Some(requests) = self.requests.last_mut() {
                requests.push(group);
            }
        }
        let mut constraints = Vec::with_capacity(claim.constraints.len());
        for (index, constraint) in claim.constraints.iter().enumerate() {
            let Some(held) = Held::new(constraint) else {
                return Err(Failure::Error(format!(
                    "claim {name}, constraint #{index}: empty constraint (unsupported constraint type?)"
                )));
            };
            constraints.push(held);
        }
        self.constraints.push(constraints);
        Ok(())
    }

    fn check(
        &mut self,
        claim: &'c ResourceClaim,
        name: &'c str,
        ask: &'c Ask,
        place: [u32; 3],
        classes: Classes<'_, 'c>,
    ) -> Result<Asked<'c, 'a>, Failure> {
        let full = full_name(claim);
        let error = |text: String| Failure::Error(format!("claim {full}, request {name}{text}"));
        if ask.derives {
            return Err(error(
                ": cannot handle request with derived attributes, the feature is disabled".to_owned(),
            ));
        }
        if let Some(at) = ask.selectors.iter().position(Option::is_none) {
            return Err(error(format!(
                ", selector #{at}: CEL expression empty (unsupported selector type?)"
            )));
        }
        if ask.class.is_empty() {
            return Err(error(
                ": missing device class name (unsupported request type?)".to_owned(),
            ));
        }
        let Some(class) = classes(&ask.class) else {
            return Err(error(format!(
                ": could not retrieve device class {0}: deviceclass.resource.k8s.io \"{0}\" not found",
                ask.class
            )));
        };
        let mut asked = Asked {
            name,
            ask,
            class,
            count: ask.count,
            all: Vec::new(),
        };
        match &ask.mode {
            AllocationMode::ExactCount => {}
            AllocationMode::All => {
                asked.all = self.all(claim, &asked, place, &error)?;
                asked.count = asked.all.len() as i64;
            }
            AllocationMode::Unknown(mode) => return Err(error(format!(": unsupported count mode {mode}"))),
        }
        Ok(asked)
    }

    /// All devices that suit, whether or not they are free.
    fn all(
        &mut self,
        claim: &ResourceClaim,
        asked: &Asked<'c, 'a>,
        place: [u32; 3],
        error: &dyn Fn(String) -> Failure,
    ) -> Result<Vec<Candidate<'a>>, Failure> {
        let gates = self.inventory.gates;
        let mut all = Vec::new();
        for pool in self.pools.clone() {
            let what = match &pool.state {
                State::Usable => None,
                State::Incomplete => Some("being updated"),
                State::Invalid(_) => Some("invalid"),
            };
            if let Some(what) = what {
                let text = format!(
                    ": asks for all devices, but resource pool {} is currently {what}",
                    pool.id()
                );
                return Err(error(text));
            }
            for &slice in &pool.slices {
                let devices = self.inventory.slice(slice).map_or(0, |slice| slice.devices.len());
                for device in 0..devices as u32 {
                    let candidate = Candidate {
                        pool: std::rc::Rc::clone(&pool),
                        slice,
                        device,
                    };
                    if !self.is_selectable(claim, asked.class, asked.ask, place, &candidate)? {
                        continue;
                    }
                    let Some((_, found)) = self.inventory.device(slice, device) else {
                        continue;
                    };
                    if gates.enabled(Gate::DRAConsumableCapacity) {
                        let fractions = gates.enabled(Gate::DRAFractionalCapacityRange);
                        let fits = capacity::fits(
                            asked.ask.capacity.as_deref(),
                            &found.capacity,
                            [None; 2],
                            fractions,
                        );
                        let fits = fits.map_err(|text| {
                            error(format!(": checking capacity for device {}: {text}", found.name))
                        })?;
                        if !fits {
                            continue;
                        }
                    }
                    all.push(candidate);
                }
            }
        }
        Ok(all)
    }
}
