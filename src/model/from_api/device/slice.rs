//! What drivers offer.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::taint::DeviceTaintObject;
use super::values::{CounterObject, Reader};
use crate::model::device::{
    AttributeValue, CounterSet, Device, DeviceCapacity, RequestPolicy, ResourceSlice, ValidRange,
};
use crate::model::from_api::affinity::NodeSelectorObject;
use crate::model::from_api::object::{Api, Object};
use crate::model::from_api::resource_list::QuantityText;
use crate::model::from_api::{Meta, null_is_default};
use crate::model::intern::Interner;

/// A ResourceSlice.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ResourceSliceObject {
    /// Name, version.
    pub metadata: Meta,
    /// What is offered.
    pub spec: ResourceSliceSpec,
}

/// A slice's `spec`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceSliceSpec {
    /// Who offers it.
    pub driver: String,
    /// The pool that it is part of.
    pub pool: PoolObject,
    /// For this node.
    pub node_name: Option<String>,
    /// For these nodes.
    pub node_selector: Option<NodeSelectorObject>,
    /// For all nodes.
    pub all_nodes: Option<bool>,
    /// As each device says.
    pub per_device_node_selection: Option<bool>,
    /// The devices.
    #[serde(deserialize_with = "null_is_default")]
    pub devices: Vec<DeviceObject>,
    /// What devices are cut from.
    #[serde(deserialize_with = "null_is_default")]
    pub shared_counters: Vec<CounterSetObject>,
}

/// A pool.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PoolObject {
    /// Its name.
    pub name: String,
    /// Counts its changes.
    pub generation: i64,
    /// How many slices it has.
    pub resource_slice_count: i64,
}

/// Counters.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CounterSetObject {
    /// The name of the set.
    pub name: String,
    /// By name.
    #[serde(deserialize_with = "null_is_default")]
    pub counters: BTreeMap<String, CounterObject>,
}

/// What a device takes of a counter set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConsumptionObject {
    /// The set.
    pub counter_set: String,
    /// By name.
    #[serde(deserialize_with = "null_is_default")]
    pub counters: BTreeMap<String, CounterObject>,
    /// Which devices it goes with.
    #[serde(deserialize_with = "null_is_default")]
    pub compatibility_groups: Vec<String>,
}

/// A device.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeviceObject {
    /// Its name.
    pub name: String,
    /// By name.
    #[serde(deserialize_with = "null_is_default")]
    pub attributes: BTreeMap<String, AttributeObject>,
    /// By name.
    #[serde(deserialize_with = "null_is_default")]
    pub capacity: BTreeMap<String, CapacityObject>,
    /// What it takes of what.
    #[serde(deserialize_with = "null_is_default")]
    pub consumes_counters: Vec<ConsumptionObject>,
    /// For this node.
    pub node_name: Option<String>,
    /// For these nodes.
    pub node_selector: Option<NodeSelectorObject>,
    /// For all nodes.
    pub all_nodes: Option<bool>,
    /// Its taints.
    #[serde(deserialize_with = "null_is_default")]
    pub taints: Vec<DeviceTaintObject>,
    /// Whether it ties the claim to the node.
    pub binds_to_node: Option<bool>,
    /// What must hold before binding.
    pub binding_conditions: Option<Vec<String>>,
    /// What says that it will not do.
    #[serde(deserialize_with = "null_is_default")]
    pub binding_failure_conditions: Vec<String>,
    /// Whether it can be shared.
    pub allow_multiple_allocations: Option<bool>,
}

/// An attribute: one of these.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AttributeObject {
    /// An integer.
    pub int: Option<i64>,
    /// A truth value.
    pub bool: Option<bool>,
    /// A text.
    pub string: Option<String>,
    /// A semantic version.
    pub version: Option<String>,
    /// Integers.
    pub ints: Option<Vec<i64>>,
    /// Truth values.
    pub bools: Option<Vec<bool>>,
    /// Texts.
    pub strings: Option<Vec<String>>,
    /// Semantic versions.
    pub versions: Option<Vec<String>>,
}

/// A capacity.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CapacityObject {
    /// How much.
    pub value: QuantityText,
    /// What shares there can be.
    pub request_policy: Option<PolicyObject>,
}

/// What shares of a capacity there can be.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyObject {
    /// For who does not say.
    pub default: Option<QuantityText>,
    /// Only these.
    pub valid_values: Option<Vec<QuantityText>>,
    /// Anything in a range.
    pub valid_range: Option<RangeObject>,
}

/// A range of shares.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RangeObject {
    /// The least.
    pub min: Option<QuantityText>,
    /// The most.
    pub max: Option<QuantityText>,
    /// In steps of this.
    pub step: Option<QuantityText>,
}

impl AttributeObject {
    fn value(&self, reader: &mut Reader<'_>) -> AttributeValue {
        if let Some(values) = &self.ints {
            return AttributeValue::List(values.iter().copied().map(AttributeValue::Int).collect());
        }
        if let Some(values) = &self.bools {
            return AttributeValue::List(values.iter().copied().map(AttributeValue::Bool).collect());
        }
        if let Some(values) = &self.strings {
            let values = values
                .iter()
                .map(|value| AttributeValue::String(reader.text(value)));
            return AttributeValue::List(values.collect());
        }
        if let Some(values) = &self.versions {
            let values = values
                .iter()
                .map(|value| AttributeValue::Version(reader.text(value)));
            return AttributeValue::List(values.collect());
        }
        match (&self.int, &self.bool, &self.string, &self.version) {
            (Some(value), ..) => AttributeValue::Int(*value),
            (_, Some(value), ..) => AttributeValue::Bool(*value),
            (_, _, Some(value), _) => AttributeValue::String(reader.text(value)),
            (.., Some(value)) => AttributeValue::Version(reader.text(value)),
            _ => AttributeValue::Unknown,
        }
    }
}

impl Reader<'_> {
    fn device(&mut self, from: &DeviceObject, path: &str) -> Device {
        let consumes = from.consumes_counters.iter().enumerate();
        let consumes = consumes.map(|(at, set)| CounterSet {
            name: self.text(&set.counter_set),
            counters: self.counters(&set.counters, &format!("{path}.consumesCounters[{at}].counters")),
        });
        let consumes = consumes.collect();
        let attributes = from.attributes.iter();
        let attributes = attributes.map(|(name, attribute)| (self.text(name), attribute.value(self)));
        let attributes = attributes.collect();
        Device {
            name: Arc::from(&*from.name),
            attributes,
            capacity: self.capacities(&from.capacity, path),
            consumes,
            reach: self.reach(
                from.node_name.as_deref(),
                from.all_nodes,
                from.node_selector.as_ref(),
                path,
            ),
            taints: from.taints.iter().map(|taint| self.taint(taint)).collect(),
            binds_to_node: from.binds_to_node == Some(true),
            binding_conditions: from.binding_conditions.as_ref().map(|all| self.texts(all)),
            failure_conditions: self.texts(&from.binding_failure_conditions),
            shareable: from.allow_multiple_allocations == Some(true),
        }
    }

    fn capacities(
        &mut self,
        from: &BTreeMap<String, CapacityObject>,
        path: &str,
    ) -> Vec<(Arc<str>, DeviceCapacity)> {
        let mut all = Vec::with_capacity(from.len());
        for (name, capacity) in from {
            let path = format!("{path}.capacity[{name}]");
            let value = self.quantity(&capacity.value, || format!("{path}.value"));
            let policy = capacity.request_policy.as_ref();
            let policy = policy.map(|policy| self.policy(policy, &format!("{path}.requestPolicy")));
            all.push((self.text(name), DeviceCapacity { value, policy }));
        }
        all
    }

    fn policy(&mut self, from: &PolicyObject, path: &str) -> RequestPolicy {
        let mut read = |text: &Option<QuantityText>, field: &str| {
            text.as_ref()
                .map(|text| self.quantity(text, || format!("{path}.{field}")))
        };
        RequestPolicy {
            default: read(&from.default, "default"),
            range: from.valid_range.as_ref().map(|range| ValidRange {
                min: read(&range.min, "validRange.min"),
                max: read(&range.max, "validRange.max"),
                step: read(&range.step, "validRange.step"),
            }),
            values: from.valid_values.as_ref().map(|values| {
                let values = values.iter().enumerate();
                values
                    .map(|(at, value)| self.quantity(value, || format!("{path}.validValues[{at}]")))
                    .collect()
            }),
        }
    }
}

impl Object for ResourceSliceObject {
    const API: Api = Api::new("ResourceSlice", "resourceslices", "resource.k8s.io", "v1");
    type Model = ResourceSlice;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> ResourceSlice {
        let spec = &self.spec;
        let mut reader = Reader::new(interner, format!("ResourceSlice {}", self.metadata.name));
        let devices = spec.devices.iter().enumerate();
        let devices = devices.map(|(at, device)| reader.device(device, &format!("spec.devices[{at}]")));
        let devices = devices.collect();
        let sets = spec.shared_counters.iter().enumerate();
        let sets = sets.map(|(at, set)| CounterSet {
            name: reader.text(&set.name),
            counters: reader.counters(&set.counters, &format!("spec.sharedCounters[{at}].counters")),
        });
        let counter_sets = sets.collect();
        let consumptions = spec.devices.iter().flat_map(|device| &device.consumes_counters);
        ResourceSlice {
            name: reader.text(&self.metadata.name),
            driver: reader.text(&spec.driver),
            pool: reader.text(&spec.pool.name),
            generation: spec.pool.generation,
            slice_count: spec.pool.resource_slice_count,
            reach: reader.reach(
                spec.node_name.as_deref(),
                spec.all_nodes,
                spec.node_selector.as_ref(),
                "spec",
            ),
            per_device: spec.per_device_node_selection,
            devices,
            counter_sets,
            compatibility_groups: consumptions
                .into_iter()
                .any(|c| !c.compatibility_groups.is_empty()),
            faults: reader.faults,
        }
    }
}
