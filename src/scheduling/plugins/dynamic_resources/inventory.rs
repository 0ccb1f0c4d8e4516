//! What there is to allocate from: slices by node and pool, and what is in use.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::pools::{self, Pool};
use super::selectors::Selectors;
use crate::model::device::{Device, DeviceTaint, DeviceTaintRule, Reach, ResourceSlice};
use crate::model::quantity::Quantity;
use crate::model::selector::NodeSelector;
use crate::model::{Cluster, Node};
use crate::scheduling::features::{FeatureGates, Gate};

/// Driver, pool and name of a device.
pub(super) type DeviceId<'a> = (&'a str, &'a str, &'a str);

/// Amounts by name of a capacity.
pub(super) type Amounts<'a> = BTreeMap<&'a str, Quantity>;

/// What claims hold.
#[derive(Debug, Default)]
pub(super) struct Used<'a> {
    /// Devices that one claim has for itself.
    pub(super) whole: FxHashSet<DeviceId<'a>>,
    /// Devices of which some claim has a share.
    pub(super) shared: FxHashSet<DeviceId<'a>>,
    /// How much of a shared device's capacity is gone.
    pub(super) consumed: FxHashMap<DeviceId<'a>, Amounts<'a>>,
}

impl<'a> Used<'a> {
    fn new(cluster: &'a Cluster, shares: bool) -> Self {
        let mut used = Self::default();
        let allocations = cluster
            .objects
            .device_claims
            .iter()
            .filter_map(|claim| claim.allocation.as_ref());
        for device in allocations.flat_map(|allocation| &allocation.devices) {
            if device.admin_access {
                continue;
            }
            let id: DeviceId<'a> = (&device.driver, &device.pool, &device.device);
            if !(shares && device.shared) {
                used.whole.insert(id);
                continue;
            }
            used.shared.insert(id);
            if let Some(consumed) = &device.consumed {
                let sums = used.consumed.entry(id).or_default();
                for (name, amount) in consumed {
                    sums.entry(name).or_default().add(&amount.amount);
                }
            }
        }
        used
    }

    /// Whether some claim has the device, or part of it.
    pub(super) fn any(&self, id: DeviceId<'a>) -> bool {
        self.whole.contains(&id) || self.shares(id)
    }

    /// Whether some claim has part of the device.
    pub(super) fn shares(&self, id: DeviceId<'a>) -> bool {
        self.shared.contains(&id) || self.consumed.contains_key(&id)
    }
}

/// What there is to allocate from, for one cycle.
pub(super) struct Inventory<'a> {
    /// By name.
    pub(super) slices: Vec<&'a ResourceSlice>,
    on_node: FxHashMap<&'a str, Vec<u32>>,
    anywhere: Vec<u32>,
    by_pool: FxHashMap<(&'a str, &'a str), Vec<u32>>,
    rules: Vec<&'a DeviceTaintRule>,
    /// What claims hold.
    pub(super) used: Used<'a>,
    /// Pools by the slices that a node sees of them; `None` where these are out of date.
    built: RefCell<FxHashMap<Vec<u32>, Option<Rc<Pool<'a>>>>>,
    /// Selectors, and what they said of which device.
    pub(super) selectors: Selectors,
    /// The feature gates.
    pub(super) gates: FeatureGates,
}

impl<'a> Inventory<'a> {
    pub(super) fn new(cluster: &'a Cluster, gates: FeatureGates) -> Self {
        let objects = &cluster.objects;
        let mut slices = Vec::new();
        let mut on_node: FxHashMap<&'a str, Vec<u32>> = FxHashMap::default();
        let mut anywhere = Vec::new();
        let mut by_pool: FxHashMap<(&'a str, &'a str), Vec<u32>> = FxHashMap::default();
        for slice in objects.slices.iter() {
            let at = slices.len() as u32;
            match slice.reach.node() {
                Some(node) => on_node.entry(node).or_default().push(at),
                None => anywhere.push(at),
            }
            by_pool.entry((&slice.driver, &slice.pool)).or_default().push(at);
            slices.push(&**slice);
        }
        let rules = gates.enabled(Gate::DRADeviceTaintRules);
        let rules = rules.then(|| objects.device_taint_rules.iter().map(|rule| &**rule).collect());
        Self {
            slices,
            on_node,
            anywhere,
            by_pool,
            rules: rules.unwrap_or_default(),
            used: Used::new(cluster, gates.enabled(Gate::DRAConsumableCapacity)),
            built: RefCell::default(),
            selectors: Selectors::new(gates.enabled(Gate::DRAConsumableCapacity)),
            gates,
        }
    }

    /// The slice numbered `at`.
    pub(super) fn slice(&self, at: u32) -> Option<&'a ResourceSlice> {
        self.slices.get(at as usize).copied()
    }

    /// Device `index` of slice `at`.
    pub(super) fn device(&self, at: u32, index: u32) -> Option<(&'a ResourceSlice, &'a Device)> {
        let slice = self.slice(at)?;
        Some((slice, slice.devices.get(index as usize)?))
    }

    /// The device's own taints, and those that rules put on it.
    pub(super) fn taints(
        &self,
        slice: &'a ResourceSlice,
        device: &'a Device,
    ) -> impl Iterator<Item = &'a DeviceTaint> {
        let by_rule = self
            .rules
            .iter()
            .filter(|rule| rule.matches(&slice.driver, &slice.pool, &device.name))
            .map(|rule| &rule.taint);
        device.taints.iter().chain(by_rule)
    }

    /// The pools that `node` can use, in the order in which devices are looked for: by driver and name, those with
    /// binding conditions last.
    ///
    /// # Errors
    /// The fault of a slice that may concern the node.
    pub(super) fn pools(&self, node: &Node) -> Result<Vec<Rc<Pool<'a>>>, String> {
        let own = self.on_node.get(&*node.name).map_or(&[][..], Vec::as_slice);
        let mut found: BTreeMap<(&'a str, &'a str), Vec<u32>> = BTreeMap::new();
        for &at in own.iter().chain(&self.anywhere) {
            let Some(slice) = self.slice(at) else { continue };
            if let Some(fault) = slice.faults.first() {
                return Err(fault.to_string());
            }
            if !self.is_relevant(slice, node)? {
                continue;
            }
            let slices = found.entry((&slice.driver, &slice.pool)).or_default();
            let have = slices.first().and_then(|&first| self.slice(first));
            match have.map(|have| slice.generation.cmp(&have.generation)) {
                Some(std::cmp::Ordering::Less) => {}
                Some(std::cmp::Ordering::Greater) => *slices = vec![at],
                Some(std::cmp::Ordering::Equal) | None => slices.push(at),
            }
        }
        let mut first = Vec::with_capacity(found.len());
        let mut last = Vec::new();
        for ((driver, name), mut slices) in found {
            slices.sort_unstable();
            let pool = self.built.borrow().get(&slices).cloned();
            let pool = pool.unwrap_or_else(|| {
                let all = self.by_pool.get(&(driver, name)).map_or(&[][..], Vec::as_slice);
                let pool = pools::build(self, &slices, all).map(Rc::new);
                self.built.borrow_mut().insert(slices, pool.clone());
                pool
            });
            match pool {
                Some(pool) if pool.has_binding_conditions => last.push(pool),
                Some(pool) => first.push(pool),
                None => {}
            }
        }
        first.append(&mut last);
        Ok(first)
    }

    /// Whether the slice has something for `node`.
    fn is_relevant(&self, slice: &ResourceSlice, node: &Node) -> Result<bool, String> {
        let partitions = self.gates.enabled(Gate::DRAPartitionableDevices);
        if !partitions && (slice.per_device.is_some() || !slice.counter_sets.is_empty()) {
            return Ok(false);
        }
        if slice.compatibility_groups {
            return Ok(false);
        }
        let reach = &slice.reach;
        if reach.node().is_some() || reach.all_nodes || reach.selector.is_some() {
            return reaches(reach, node).map_err(|text| {
                format!(
                    "gather pool information: failed to perform node selection for slice {}: {text}",
                    slice.name
                )
            });
        }
        if slice.per_device != Some(true) {
            return Ok(false);
        }
        for device in &slice.devices {
            if reaches(&device.reach, node).map_err(|text| {
                format!(
                    "gather pool information: failed to perform node selection for device {} in slice {}: {text}",
                    device.name, slice.name
                )
            })? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether `node` is one of those that can use the device.
///
/// # Errors
/// Where the selector is malformed.
pub(super) fn reaches(reach: &Reach, node: &Node) -> Result<bool, String> {
    if let Some(name) = reach.node() {
        return Ok(name == &*node.name);
    }
    if reach.all_nodes {
        return Ok(true);
    }
    match &reach.selector {
        Some(selector) => {
            check(selector)?;
            Ok(selector.matches(&node.labels, &node.name))
        }
        None => Ok(false),
    }
}

/// Upstream refuses a selector with a malformed requirement as a whole.
pub(super) fn check(selector: &NodeSelector) -> Result<(), String> {
    for term in &selector.terms {
        let labels = term
            .expressions
            .iter()
            .filter_map(|r| Some((r, r.label_problem()?)));
        let fields = term.fields.iter().filter_map(|r| Some((r, r.field_problem()?)));
        if let Some((r, problem)) = labels.chain(fields).next() {
            return Err(format!(
                "failed to parse node selector: the requirement on {} {}",
                r.key,
                problem.as_str()
            ));
        }
    }
    Ok(())
}
