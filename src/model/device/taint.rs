//! Taints on devices, and what bears them.

use std::sync::Arc;

/// Keeps claims off a device unless they tolerate it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceTaint {
    /// Its key.
    pub key: Arc<str>,
    /// Its value; empty where there is none.
    pub value: Arc<str>,
    /// What it does.
    pub effect: TaintEffect,
}

/// What a device taint does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaintEffect {
    /// Pods that use the device are evicted, and it is not allocated.
    NoExecute,
    /// It is not allocated.
    NoSchedule,
    /// `None`, or an effect that is not known: the taint is only told.
    Other(Arc<str>),
}

impl TaintEffect {
    /// The API's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::NoExecute => "NoExecute",
            Self::NoSchedule => "NoSchedule",
            Self::Other(text) => text,
        }
    }

    /// Whether it keeps the device from being allocated.
    pub const fn prevents_allocation(&self) -> bool {
        matches!(self, Self::NoExecute | Self::NoSchedule)
    }
}

/// Bears taints of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceToleration {
    /// The key; empty for every key.
    pub key: Arc<str>,
    /// `Equal`, `Exists`; empty stands for `Equal`.
    pub operator: Arc<str>,
    /// The value.
    pub value: Arc<str>,
    /// The effect; empty for every effect.
    pub effect: Arc<str>,
    /// How long it is borne once a pod runs.
    pub seconds: Option<i64>,
}

impl DeviceToleration {
    /// Whether it bears `taint`.
    pub fn tolerates(&self, taint: &DeviceTaint) -> bool {
        if !self.effect.is_empty() && *self.effect != *taint.effect.as_str() {
            return false;
        }
        if !self.key.is_empty() && self.key != taint.key {
            return false;
        }
        match &*self.operator {
            "" | "Equal" => self.value == taint.value,
            "Exists" => true,
            _ => false,
        }
    }
}

/// A DeviceTaintRule: a taint on all devices that it selects.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceTaintRule {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it selects anything at all.
    pub selects: bool,
    /// The driver that it is about; `None` for every driver.
    pub driver: Option<Arc<str>>,
    /// The pool; `None` for every pool.
    pub pool: Option<Arc<str>>,
    /// The device; `None` for every device.
    pub device: Option<Arc<str>>,
    /// The taint.
    pub taint: DeviceTaint,
}

impl DeviceTaintRule {
    /// Whether it is about device `device` of `pool` of `driver`.
    pub fn matches(&self, driver: &str, pool: &str, device: &str) -> bool {
        let is =
            |wanted: &Option<Arc<str>>, have: &str| wanted.as_deref().is_none_or(|wanted| wanted == have);
        self.selects && is(&self.driver, driver) && is(&self.pool, pool) && is(&self.device, device)
    }
}
