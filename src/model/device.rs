//! Devices: claims, and what drivers offer.

use std::sync::Arc;

/// A ResourceClaim.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceClaim {
    /// Its name.
    pub name: Arc<str>,
}

/// A ResourceSlice.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceSlice {
    /// Its name.
    pub name: Arc<str>,
}

/// A DeviceClass.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceClass {
    /// Its name.
    pub name: Arc<str>,
}

/// A DeviceTaintRule.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceTaintRule {
    /// Its name.
    pub name: Arc<str>,
}
