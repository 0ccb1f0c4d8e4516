//! Taking one device, and giving it back.

use std::sync::Arc;

use super::found::Taken;
use super::requests::full_name;
use super::{Candidate, Failure, Place, Search, is_empty};
use crate::model::device::{Ask, CounterSet, Device, DeviceClass, ResourceClaim, ResourceSlice};
use crate::model::quantity::{Quantity, WrittenQuantity};
use crate::scheduling::features::Gate;
use crate::scheduling::plugins::dynamic_resources::capacity;
use crate::scheduling::plugins::dynamic_resources::inventory::{DeviceId, reaches};

/// What share of which capacity.
type Share = Vec<(Arc<str>, WrittenQuantity)>;

/// What taking a device changed.
#[derive(Default)]
pub(super) struct Undo {
    counters: bool,
    constraints: usize,
    whole: bool,
    /// The share, and whether the device was shared by this attempt before.
    share: Option<(Share, bool)>,
    result: bool,
}

fn id<'a>(slice: &'a ResourceSlice, device: &'a Device) -> DeviceId<'a> {
    (&slice.driver, &slice.pool, &device.name)
}

fn shown((driver, pool, device): DeviceId<'_>) -> String {
    format!("{driver}/{pool}/{device}")
}

impl<'c, 'a> Search<'c, 'a> {
    /// Whether nobody else has the device as far as that matters to the request: cheap, and so the first question.
    pub(super) fn is_free(&self, place: Place, candidate: &Candidate<'a>) -> bool {
        let Some((slice, device)) = self.inventory.device(candidate.slice, candidate.device) else {
            return false;
        };
        let id = id(slice, device);
        if self.ask(place).is_some_and(is_admin) {
            !self.takes(id, place.claim)
        } else {
            !self.in_use(id)
        }
    }

    fn ask(&self, place: Place) -> Option<&'c Ask> {
        Some(self.group(place)?.alternatives.get(place.alternative)?.ask)
    }

    fn takes(&self, id: DeviceId<'a>, claim: usize) -> bool {
        self.taking.get(&id).is_some_and(|claims| claims.contains(&claim))
    }

    fn in_use(&self, id: DeviceId<'a>) -> bool {
        self.inventory.used.whole.contains(&id)
            || self.taking.get(&id).is_some_and(|claims| !claims.is_empty())
    }

    /// Whether the device is of the class, meets the selectors, and enough of its capacity is left.
    pub(super) fn suits(&mut self, place: Place, candidate: &Candidate<'a>) -> Result<bool, Failure> {
        let (Some(&claim), Some(group)) = (self.claims.get(place.claim), self.group(place)) else {
            return Ok(false);
        };
        let Some(asked) = group.alternatives.get(place.alternative) else {
            return Ok(false);
        };
        let (ask, class, name) = (asked.ask, asked.class, asked.name);
        let numbers = [place.claim, place.request, place.alternative].map(|number| number as u32);
        if !self.is_selectable(claim, class, ask, numbers, candidate)? {
            return Ok(false);
        }
        let Some((slice, device)) = self.inventory.device(candidate.slice, candidate.device) else {
            return Ok(false);
        };
        self.has_capacity(ask, slice, device).map_err(|text| {
            Failure::Error(format!(
                "claim {}, request {name}: checking capacity for device {}: {text}",
                full_name(claim),
                shown(id(slice, device))
            ))
        })
    }

    fn has_capacity(&self, ask: &Ask, slice: &'a ResourceSlice, device: &'a Device) -> Result<bool, String> {
        let gates = self.inventory.gates;
        if !gates.enabled(Gate::DRAConsumableCapacity) {
            return Ok(true);
        }
        let id = id(slice, device);
        let held = [self.inventory.used.consumed.get(&id), self.sharing.get(&id)];
        capacity::fits(
            ask.capacity.as_deref(),
            &device.capacity,
            held,
            gates.enabled(Gate::DRAFractionalCapacityRange),
        )
    }

    /// Whether the device is of the class, meets the selectors and can be used on the node.
    pub(super) fn is_selectable(
        &mut self,
        claim: &ResourceClaim,
        class: &DeviceClass,
        ask: &Ask,
        [of_claim, of_request, alternative]: [u32; 3],
        candidate: &Candidate<'a>,
    ) -> Result<bool, Failure> {
        let Some((slice, device)) = self.inventory.device(candidate.slice, candidate.device) else {
            return Ok(false);
        };
        let conditional = device
            .binding_conditions
            .as_ref()
            .is_some_and(|all| !all.is_empty());
        if conditional && !self.inventory.gates.enabled(Gate::DRADeviceBindingConditions) {
            return Ok(false);
        }
        let key = (
            of_claim,
            of_request,
            alternative,
            candidate.slice,
            candidate.device,
        );
        if let Some(&suits) = self.suits.get(&key) {
            return Ok(suits);
        }
        let at = (candidate.slice, candidate.device);
        let of_class = (&class.selectors, format_args!("class {}", class.name).to_string());
        let of_claim = (&ask.selectors, format!("claim {}", full_name(claim)));
        let mut suits = true;
        for (selectors, owner) in [of_class, of_claim] {
            for (number, selector) in selectors.iter().enumerate() {
                if !suits {
                    break;
                }
                let Some(expression) = selector else { continue };
                suits = self
                    .inventory
                    .selectors
                    .matches(expression, at, slice, device)
                    .map_err(|error| {
                        Failure::Error(
                            error.told(&format!("{owner}: selector #{number}"), &shown(id(slice, device))),
                        )
                    })?;
            }
        }
        if suits && slice.per_device == Some(true) {
            suits = reaches(&device.reach, self.node).map_err(Failure::Error)?;
        }
        self.suits.insert(key, suits);
        Ok(suits)
    }

    /// Takes the device if nothing speaks against it; `must` where the request is for exactly this one.
    pub(super) fn take(
        &mut self,
        place: Place,
        candidate: &Candidate<'a>,
        must: bool,
    ) -> Result<Option<Undo>, Failure> {
        let (Some(&claim), Some(group)) = (self.claims.get(place.claim), self.group(place)) else {
            return Ok(None);
        };
        let Some(asked) = group.alternatives.get(place.alternative) else {
            return Ok(None);
        };
        let (ask, name, parent) = (asked.ask, asked.name, group.parent);
        let Some((slice, device)) = self.inventory.device(candidate.slice, candidate.device) else {
            return Ok(None);
        };
        let (gates, id) = (self.inventory.gates, id(slice, device));
        let shares = device.shareable && gates.enabled(Gate::DRAConsumableCapacity);
        let admin = is_admin(ask);
        if (!shares && admin && self.takes(id, place.claim)) || (!admin && self.in_use(id)) {
            return Ok(None);
        }
        if !gates.enabled(Gate::DRAPartitionableDevices) && !device.consumes.is_empty() {
            return Ok(None);
        }
        let mut undo = Undo::default();
        let already_shared = shares && (self.inventory.used.shares(id) || self.sharing.contains_key(&id));
        if !already_shared && !device.consumes.is_empty() {
            if !self.count(candidate, &device.consumes) {
                return Ok(None);
            }
            undo.counters = true;
        }
        let bears = |taint| {
            ask.tolerations
                .iter()
                .any(|toleration| toleration.tolerates(taint))
        };
        let mut taints = self.inventory.taints(slice, device);
        if gates.enabled(Gate::DRADeviceTaints)
            && taints.any(|taint| taint.effect.prevents_allocation() && !bears(taint))
        {
            self.give_back(place, candidate, undo);
            return Ok(None);
        }
        let (base, alternative) = (parent.unwrap_or(name), parent.map(|_| name));
        let constraints = self.constraints.get_mut(place.claim);
        for held in constraints.into_iter().flatten() {
            if !held.add(base, alternative, &slice.driver, device) {
                self.give_back(place, candidate, undo);
                if must {
                    return Err(Failure::Error(format!(
                        "claim {}, request {name}: cannot add device {} because a claim constraint would not be \
                         satisfied",
                        full_name(claim),
                        shown(id)
                    )));
                }
                return Ok(None);
            }
            undo.constraints += 1;
        }
        if !shares {
            self.taking.entry(id).or_default().push(place.claim);
            undo.whole = true;
        }
        match self.has_capacity(ask, slice, device) {
            Ok(true) => {}
            Ok(false) => {
                self.give_back(place, candidate, undo);
                return Ok(None);
            }
            Err(text) => {
                return Err(Failure::Error(format!(
                    "claim {}, request {name}: rechecking capacity for device {}: {text}",
                    full_name(claim),
                    shown(id)
                )));
            }
        }
        let mut consumed = Vec::new();
        if shares {
            consumed = self.share(ask, id, device, &mut undo).map_err(|text| {
                Failure::Error(format!(
                    "claim {}, request {name}: computing consumed capacity for device {}: {text}",
                    full_name(claim),
                    shown(id)
                ))
            })?;
        }
        if let Some(taken) = self.taken.get_mut(place.claim) {
            taken.push(Taken {
                name,
                parent,
                ask,
                slice,
                device,
                consumed,
            });
            undo.result = true;
        }
        Ok(Some(undo))
    }

    /// Takes a share of a device.
    fn share(
        &mut self,
        ask: &Ask,
        id: DeviceId<'a>,
        device: &'a Device,
        undo: &mut Undo,
    ) -> Result<Share, String> {
        let fractions = self.inventory.gates.enabled(Gate::DRAFractionalCapacityRange);
        let shares = capacity::shares(ask.capacity.as_deref(), &device.capacity, fractions)?;
        let names = device.capacity.iter().map(|(name, _)| name);
        let consumed: Vec<_> = names.cloned().zip(shares).collect();
        let before = self.sharing.contains_key(&id);
        let sums = self.sharing.entry(id).or_default();
        for ((name, _), (_, share)) in device.capacity.iter().zip(&consumed) {
            sums.entry(&**name).or_default().add(&share.amount);
        }
        undo.share = Some((consumed.clone(), before));
        Ok(consumed)
    }

    /// Takes counters of the device's pool; whether there were enough of them.
    fn count(&mut self, candidate: &Candidate<'a>, consumes: &'a [CounterSet]) -> bool {
        let pool = &candidate.pool;
        let available = pool.available(self.inventory);
        let counted = self.counting.entry((pool.driver, pool.name)).or_default();
        for set in consumes {
            for (name, amount) in &set.counters {
                counted.entry((&*set.name, &**name)).or_default().add(amount);
            }
        }
        let zero = Quantity::default();
        let enough = available
            .iter()
            .all(|(key, left)| left >= counted.get(key).unwrap_or(&zero));
        if !enough {
            self.uncount(candidate, consumes);
        }
        enough
    }

    fn uncount(&mut self, candidate: &Candidate<'a>, consumes: &'a [CounterSet]) {
        let pool = &candidate.pool;
        let counted = self.counting.entry((pool.driver, pool.name)).or_default();
        for set in consumes {
            for (name, amount) in &set.counters {
                counted.entry((&*set.name, &**name)).or_default().sub(amount);
            }
        }
    }

    /// Gives a device back, or what was taken of it so far.
    pub(super) fn give_back(&mut self, place: Place, candidate: &Candidate<'a>, undo: Undo) {
        let Some((slice, device)) = self.inventory.device(candidate.slice, candidate.device) else {
            return;
        };
        let id = id(slice, device);
        if undo.result
            && let Some(taken) = self.taken.get_mut(place.claim)
        {
            taken.pop();
        }
        if let Some((consumed, before)) = undo.share {
            let sums = self.sharing.entry(id).or_default();
            for (name, share) in &consumed {
                if let Some(sum) = sums.get_mut(&**name) {
                    sum.sub(&share.amount);
                }
            }
            if is_empty(sums) {
                if before {
                    sums.clear();
                } else {
                    self.sharing.remove(&id);
                }
            }
        }
        if undo.whole
            && let Some(claims) = self.taking.get_mut(&id)
        {
            claims.retain(|&claim| claim != place.claim);
        }
        let names = self.group(place).and_then(|group| {
            let name = group.alternatives.get(place.alternative)?.name;
            Some((group.parent.unwrap_or(name), group.parent.map(|_| name)))
        });
        if let Some((base, alternative)) = names {
            let constraints = self.constraints.get_mut(place.claim);
            for held in constraints.into_iter().flatten().take(undo.constraints) {
                held.remove(base, alternative);
            }
        }
        if undo.counters {
            self.uncount(candidate, &device.consumes);
        }
    }
}

fn is_admin(ask: &Ask) -> bool {
    ask.admin_access == Some(true)
}
