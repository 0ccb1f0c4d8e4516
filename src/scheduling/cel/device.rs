//! A device as expressions see it.

use std::sync::Arc;

use super::CelError;
use super::semver::Semver;
use super::value::{Map, Value};
use crate::model::device::{AttributeValue, Device};

/// A device as expressions see it: `device.driver`, `device.attributes[DOMAIN].NAME`, `device.capacity[DOMAIN].NAME`,
/// `device.allowMultipleAllocations`.
#[derive(Clone, Debug)]
pub struct DeviceValue {
    /// The value of `device`, or why there is none.
    pub(super) root: Result<Value, CelError>,
}

impl DeviceValue {
    /// `device` of `driver`, which is the domain of names without one.
    pub fn new(driver: &str, device: &Device) -> Self {
        Self {
            root: root(driver, device),
        }
    }
}

fn root(driver: &str, device: &Device) -> Result<Value, CelError> {
    let mut attributes = Vec::with_capacity(device.attributes.len());
    for (name, attribute) in &device.attributes {
        let value = value(attribute).map_err(|text| CelError(format!("attribute {name}: {text}")))?;
        attributes.push((&**name, value));
    }
    let capacity = device.capacity.iter();
    let capacity = capacity.map(|(name, capacity)| (&**name, Value::Quantity(capacity.value.amount)));
    let field = |name: &str, value: Value| (Value::string(name), value);
    Ok(Value::map(vec![
        field("driver", Value::string(driver)),
        field("allowMultipleAllocations", Value::Bool(device.shareable)),
        field("attributes", by_domain(driver, attributes.into_iter())),
        field("capacity", by_domain(driver, capacity)),
    ]))
}

/// Maps by domain; a domain that there is not has nothing in it.
fn by_domain<'a>(driver: &'a str, all: impl Iterator<Item = (&'a str, Value)>) -> Value {
    let mut domains: Vec<(&str, Vec<(Value, Value)>)> = Vec::new();
    for (name, value) in all {
        let (domain, id) = name.split_once('/').unwrap_or((driver, name));
        let at = domains
            .iter()
            .position(|(have, _)| *have == domain)
            .unwrap_or_else(|| {
                domains.push((domain, Vec::new()));
                domains.len() - 1
            });
        if let Some((_, values)) = domains.get_mut(at) {
            values.push((Value::string(id), value));
        }
    }
    let entries = domains.into_iter();
    let entries = entries.map(|(domain, values)| (Value::string(domain), Value::map(values)));
    Value::Map(Arc::new(Map {
        entries: entries.collect(),
        default: Some(Value::map(Vec::new())),
    }))
}

fn value(attribute: &AttributeValue) -> Result<Value, String> {
    Ok(match attribute {
        AttributeValue::Int(value) => Value::Int(*value),
        AttributeValue::Bool(value) => Value::Bool(*value),
        AttributeValue::String(value) => Value::String(Arc::clone(value)),
        AttributeValue::Version(value) => {
            let version = Semver::parse(value).map_err(|text| format!("parse semantic version: {text}"))?;
            Value::Semver(Arc::new(version))
        }
        AttributeValue::List(values) => Value::list(values.iter().map(value).collect::<Result<_, _>>()?),
        AttributeValue::Unknown => return Err("unsupported attribute value".to_owned()),
    })
}
