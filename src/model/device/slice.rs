//! What drivers offer.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::DeviceTaint;
use crate::model::fault::Fault;
use crate::model::quantity::{Quantity, WrittenQuantity};
use crate::model::selector::NodeSelector;

/// A ResourceSlice: some of the devices of one pool.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceSlice {
    /// Its name.
    pub name: Arc<str>,
    /// The driver.
    pub driver: Arc<str>,
    /// The pool.
    pub pool: Arc<str>,
    /// The pool's generation: slices of older ones do not count.
    pub generation: i64,
    /// How many slices the pool has.
    pub slice_count: i64,
    /// The nodes that can use its devices.
    pub reach: Reach,
    /// Whether each device says itself which nodes can use it; `None` where the field is absent.
    pub per_device: Option<bool>,
    /// The devices.
    pub devices: Vec<Device>,
    /// What devices are cut from.
    pub counter_sets: Vec<CounterSet>,
    /// Whether some device has compatibility groups, which kube-scheduler does not understand by default.
    pub compatibility_groups: bool,
    /// Fields that could not be read.
    pub faults: Vec<Fault>,
}

/// The nodes that can use a device.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reach {
    /// The one node.
    pub node_name: Option<Arc<str>>,
    /// Every node.
    pub all_nodes: bool,
    /// The nodes that this selects.
    pub selector: Option<NodeSelector>,
}

impl Reach {
    /// The one node, where it is named.
    pub fn node(&self) -> Option<&str> {
        self.node_name.as_deref().filter(|name| !name.is_empty())
    }
}

/// Counters by name.
pub type Counters = BTreeMap<Arc<str>, Quantity>;

/// Something that devices are cut from.
#[derive(Clone, Debug, PartialEq)]
pub struct CounterSet {
    /// Its name within the pool.
    pub name: Arc<str>,
    /// How much there is of what.
    pub counters: Counters,
}

/// A device.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// Its name within the pool.
    pub name: Arc<str>,
    /// Its attributes, sorted by name, with or without a domain.
    pub attributes: Vec<(Arc<str>, AttributeValue)>,
    /// Its capacity, sorted by name, with or without a domain.
    pub capacity: Vec<(Arc<str>, DeviceCapacity)>,
    /// What it takes of which counter set.
    pub consumes: Vec<CounterSet>,
    /// The nodes that can use it, where the slice leaves that to its devices.
    pub reach: Reach,
    /// Its taints.
    pub taints: Vec<DeviceTaint>,
    /// Whether an allocation ties the claim to the node.
    pub binds_to_node: bool,
    /// Conditions that must be true before binding; `None` where absent.
    pub binding_conditions: Option<Vec<Arc<str>>>,
    /// Conditions that say that it will not do.
    pub failure_conditions: Vec<Arc<str>>,
    /// Whether several claims may each have a share.
    pub shareable: bool,
}

impl Device {
    /// The attribute with the fully qualified `name`, of a device of `driver`.
    pub fn attribute(&self, driver: &str, name: &str) -> Option<&AttributeValue> {
        let get = |name: &str| {
            let at = self
                .attributes
                .binary_search_by(|(have, _)| (**have).cmp(name))
                .ok()?;
            self.attributes.get(at).map(|(_, value)| value)
        };
        get(name).or_else(|| {
            let (domain, id) = name.split_once('/')?;
            (domain == driver).then(|| get(id)).flatten()
        })
    }
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeValue {
    /// An integer.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// A text.
    String(Arc<str>),
    /// A semantic version, as written.
    Version(Arc<str>),
    /// Several values.
    List(Vec<AttributeValue>),
    /// Something else.
    Unknown,
}

/// How much a device has of something.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceCapacity {
    /// How much.
    pub value: WrittenQuantity,
    /// What shares of it there can be.
    pub policy: Option<RequestPolicy>,
}

/// What shares of a capacity there can be.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestPolicy {
    /// For who does not say.
    pub default: Option<WrittenQuantity>,
    /// Only these, in ascending order; `None` where absent.
    pub values: Option<Vec<WrittenQuantity>>,
    /// Anything in a range.
    pub range: Option<ValidRange>,
}

/// A range of shares.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidRange {
    /// The least.
    pub min: Option<WrittenQuantity>,
    /// The most.
    pub max: Option<WrittenQuantity>,
    /// From the least in steps of this.
    pub step: Option<WrittenQuantity>,
}
