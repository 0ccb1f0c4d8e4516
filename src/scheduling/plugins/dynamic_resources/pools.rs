//! Resource pools: the slices of a pool that a node can use, and whether the pool is whole and sound.

use std::cell::OnceCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::inventory::Inventory;
use crate::model::device::{Counters, Device, ResourceSlice};
use crate::model::quantity::Quantity;
use crate::scheduling::features::Gate;

/// Amounts by counter set and counter.
pub(super) type Counted<'a> = FxHashMap<(&'a str, &'a str), Quantity>;

/// Whether devices can be had from a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// They can.
    Usable,
    /// Not all of its slices are there: its driver is at work on it.
    Incomplete,
    /// Its slices contradict themselves.
    Invalid(String),
}

/// A pool as a node sees it.
#[derive(Debug)]
pub(super) struct Pool<'a> {
    /// The driver.
    pub(super) driver: &'a str,
    /// The pool's name.
    pub(super) name: &'a str,
    /// Whether devices can be had from it.
    pub(super) state: State,
    /// Whether some device has binding conditions: such pools come last.
    pub(super) has_binding_conditions: bool,
    /// The slices with devices for the node, by name.
    pub(super) slices: Vec<u32>,
    /// The pool's other slices with devices.
    elsewhere: Vec<u32>,
    counters: FxHashMap<&'a str, &'a Counters>,
    available: OnceCell<Counted<'a>>,
}

impl<'a> Pool<'a> {
    fn new(slice: &'a ResourceSlice) -> Self {
        Self {
            driver: &slice.driver,
            name: &slice.pool,
            state: State::Usable,
            has_binding_conditions: false,
            slices: Vec::new(),
            elsewhere: Vec::new(),
            counters: FxHashMap::default(),
            available: OnceCell::new(),
        }
    }

    /// `DRIVER/POOL`.
    pub(super) fn id(&self) -> String {
        format!("{}/{}", self.driver, self.name)
    }

    /// How much of each counter the allocated devices leave.
    pub(super) fn available(&self, inventory: &Inventory<'a>) -> &Counted<'a> {
        self.available.get_or_init(|| {
            let mut left = Counted::default();
            for (set, counters) in &self.counters {
                for (name, amount) in *counters {
                    left.insert((*set, name), *amount);
                }
            }
            for &at in self.slices.iter().chain(&self.elsewhere) {
                let Some(slice) = inventory.slice(at) else {
                    continue;
                };
                let used = |device: &&Device| inventory.used.any((&slice.driver, &slice.pool, &device.name));
                for consumed in slice
                    .devices
                    .iter()
                    .filter(used)
                    .flat_map(|device| &device.consumes)
                {
                    for (name, amount) in &consumed.counters {
                        if let Some(left) = left.get_mut(&(&*consumed.name, &**name)) {
                            left.sub(amount);
                        }
                    }
                }
            }
            left
        })
    }
}

/// The pool of which a node sees `seen` (numbers in name order, all of one generation); `all` are the pool's slices,
/// whatever their node and generation. `None` where there is a newer generation that the node does not see.
pub(super) fn build<'a>(inventory: &Inventory<'a>, seen: &[u32], all: &[u32]) -> Option<Pool<'a>> {
    let first = inventory.slice(*seen.first()?)?;
    let mut pool = Pool::new(first);
    let mut others = Vec::new();
    if seen.len() as i64 != first.slice_count {
        let slices = || all.iter().filter_map(|&at| Some((at, inventory.slice(at)?)));
        if slices().any(|(_, slice)| slice.generation > first.generation) {
            return None;
        }
        let current =
            slices().filter(|(_, slice)| slice.generation == first.generation && !slice.compatibility_groups);
        let current: Vec<u32> = current.map(|(at, _)| at).collect();
        if current.len() as i64 != first.slice_count {
            pool.state = State::Incomplete;
            return Some(pool);
        }
        if seen.len() < current.len() {
            others = current;
            others.retain(|at| !seen.contains(at));
        }
    }
    let partitions = inventory.gates.enabled(Gate::DRAPartitionableDevices);
    let has_counters = |at: &u32| {
        let slice = inventory.slice(*at);
        partitions && slice.is_some_and(|slice| !slice.counter_sets.is_empty())
    };
    let (mut counter_slices, slices): (Vec<u32>, Vec<u32>) = seen.iter().partition(|at| has_counters(at));
    let (other_counters, elsewhere): (Vec<u32>, Vec<u32>) = others.iter().partition(|at| has_counters(at));
    counter_slices.extend(other_counters);
    pool.slices = slices;
    pool.elsewhere = elsewhere;
    let checked = check_names(inventory, &pool.slices).and_then(|()| {
        if partitions {
            pool.counters = counter_sets(inventory, &counter_slices)?;
            check_consumption(inventory, &pool.counters, &pool.slices)?;
            check_consumption(inventory, &pool.counters, &pool.elsewhere)?;
        }
        Ok(())
    });
    if let Err(text) = checked {
        pool.state = State::Invalid(text);
        pool.slices.clear();
        return Some(pool);
    }
    pool.has_binding_conditions =
        devices(inventory, &pool.slices).any(|device| device.binding_conditions.is_some());
    Some(pool)
}

fn devices<'a>(inventory: &Inventory<'a>, slices: &[u32]) -> impl Iterator<Item = &'a Device> {
    let slices = slices.iter().filter_map(|&at| inventory.slice(at));
    slices.flat_map(|slice| &slice.devices)
}

fn check_names(inventory: &Inventory<'_>, slices: &[u32]) -> Result<(), String> {
    let mut names = FxHashSet::default();
    let mut twice = devices(inventory, slices).filter(|device| !names.insert(&*device.name));
    match twice.next() {
        Some(device) => Err(format!("duplicate device name {}", device.name)),
        None => Ok(()),
    }
}

fn counter_sets<'a>(
    inventory: &Inventory<'a>,
    slices: &[u32],
) -> Result<FxHashMap<&'a str, &'a Counters>, String> {
    let mut sets = FxHashMap::default();
    let slices = slices.iter().filter_map(|&at| inventory.slice(at));
    for set in slices.flat_map(|slice| &slice.counter_sets) {
        if sets.insert(&*set.name, &set.counters).is_some() {
            return Err(format!("duplicate counter set name {}", set.name));
        }
    }
    Ok(sets)
}

fn check_consumption(
    inventory: &Inventory<'_>,
    sets: &FxHashMap<&str, &Counters>,
    slices: &[u32],
) -> Result<(), String> {
    for consumed in devices(inventory, slices).flat_map(|device| &device.consumes) {
        let Some(set) = sets.get(&*consumed.name) else {
            return Err(format!("counter set {} not found", consumed.name));
        };
        if let Some(name) = consumed.counters.keys().find(|name| !set.contains_key(*name)) {
            return Err(format!(
                "counter {name} not found in counter set {}",
                consumed.name
            ));
        }
    }
    Ok(())
}
