//! Device classes.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Selector;
use crate::model::fault::Fault;

/// A DeviceClass: what requests for a kind of device have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceClass {
    /// Its name.
    pub name: Arc<str>,
    /// When it was made: of two classes for one extended resource the newer counts.
    pub created: Timestamp,
    /// Every one must hold for a device.
    pub selectors: Vec<Selector>,
    /// Handed to the driver with each allocation, as the API has it.
    pub config: Vec<Map<String, Value>>,
    /// The extended resource that its devices stand for.
    pub extended_resource: Option<Arc<str>>,
    /// Fields that could not be read.
    pub faults: Vec<Fault>,
}
