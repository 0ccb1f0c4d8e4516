//! What a claim asks for.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::DeviceToleration;
use crate::model::quantity::WrittenQuantity;

/// A selector: a CEL expression over a device; `None` for a kind of selector that is not known.
pub type Selector = Option<Arc<str>>;

/// One request of a claim.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceRequest {
    /// Its name within the claim.
    pub name: Arc<str>,
    /// What it asks for.
    pub kind: RequestKind,
}

/// The ways to ask.
#[derive(Clone, Debug, PartialEq)]
pub enum RequestKind {
    /// `exactly`.
    Exactly(Ask),
    /// `firstAvailable`: the first alternative that can be had.
    FirstAvailable(Vec<Alternative>),
    /// Neither.
    Unknown,
}

/// One alternative of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// Its name within the request.
    pub name: Arc<str>,
    /// What it asks for.
    pub ask: Ask,
}

/// Devices of a class that meet selectors.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The DeviceClass.
    pub class: Arc<str>,
    /// Every one must hold for a device.
    pub selectors: Vec<Selector>,
    /// How many.
    pub mode: AllocationMode,
    /// `count`, where the mode is [`AllocationMode::ExactCount`].
    pub count: i64,
    /// `adminAccess`: for looking after devices that others use.
    pub admin_access: Option<bool>,
    /// Taints that it bears.
    pub tolerations: Vec<DeviceToleration>,
    /// `capacity.requests`: shares of a device; `None` where there is no `capacity`.
    pub capacity: Option<Vec<(Arc<str>, WrittenQuantity)>>,
    /// Whether there are `derivedAttributes`, which kube-scheduler refuses unless a feature gate allows them.
    pub derives: bool,
}

/// How many devices a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllocationMode {
    /// As many as `count` says.
    ExactCount,
    /// All that there are.
    All,
    /// Something else.
    Unknown(Arc<str>),
}

/// What the devices of a claim must have in common, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// Names of the requests (or `REQUEST/ALTERNATIVE`) that it is about; empty for all.
    pub requests: Vec<Arc<str>>,
    /// What it wants.
    pub kind: ConstraintKind,
}

/// What a [`Constraint`] wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    /// The attribute is the same for all.
    Match(Arc<str>),
    /// The attribute is another one for each.
    Distinct(Arc<str>),
    /// Neither.
    Unknown,
}

/// Handed to the driver with the allocation.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimConfig {
    /// Names of the requests that it is for; empty for all.
    pub requests: Vec<Arc<str>>,
    /// The configuration, as the API has it.
    pub body: Map<String, Value>,
}
