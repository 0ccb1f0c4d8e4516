//! Taints on devices, and what bears them.

use serde::Deserialize;

use super::values::Reader;
use crate::model::device::{DeviceTaint, DeviceTaintRule, DeviceToleration, TaintEffect};
use crate::model::from_api::Meta;
use crate::model::from_api::object::{Api, Object};
use crate::model::intern::Interner;

/// A taint of a device.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DeviceTaintObject {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// What it does.
    pub effect: String,
}

/// A toleration of taints of devices.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeviceTolerationObject {
    /// Empty for every key.
    pub key: String,
    /// `Equal` where empty.
    pub operator: String,
    /// The value.
    pub value: String,
    /// Empty for every effect.
    pub effect: String,
    /// How long.
    pub toleration_seconds: Option<i64>,
}

impl Reader<'_> {
    pub(super) fn taint(&mut self, from: &DeviceTaintObject) -> DeviceTaint {
        DeviceTaint {
            key: self.text(&from.key),
            value: self.text(&from.value),
            effect: match &*from.effect {
                "NoExecute" => TaintEffect::NoExecute,
                "NoSchedule" => TaintEffect::NoSchedule,
                other => TaintEffect::Other(self.text(other)),
            },
        }
    }

    pub(super) fn tolerations(&mut self, from: &[DeviceTolerationObject]) -> Vec<DeviceToleration> {
        let toleration = |from: &DeviceTolerationObject| DeviceToleration {
            key: self.text(&from.key),
            operator: self.text(&from.operator),
            value: self.text(&from.value),
            effect: self.text(&from.effect),
            seconds: from.toleration_seconds,
        };
        from.iter().map(toleration).collect()
    }
}

/// A DeviceTaintRule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DeviceTaintRuleObject {
    /// Name, version.
    pub metadata: Meta,
    /// What it does.
    pub spec: DeviceTaintRuleSpec,
}

/// A rule's `spec`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeviceTaintRuleSpec {
    /// Which devices; none where absent.
    pub device_selector: Option<DeviceTaintSelectorObject>,
    /// The taint.
    pub taint: DeviceTaintObject,
}

/// Which devices a rule is about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DeviceTaintSelectorObject {
    /// Of this driver.
    pub driver: Option<String>,
    /// Of this pool.
    pub pool: Option<String>,
    /// Of this name.
    pub device: Option<String>,
}

impl Object for DeviceTaintRuleObject {
    const API: Api = Api::new("DeviceTaintRule", "devicetaintrules", "resource.k8s.io", "v1");
    type Model = DeviceTaintRule;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> DeviceTaintRule {
        let mut reader = Reader::new(interner, String::new());
        let selector = self.spec.device_selector.clone().unwrap_or_default();
        DeviceTaintRule {
            name: reader.text(&self.metadata.name),
            selects: self.spec.device_selector.is_some(),
            driver: reader.option(selector.driver.as_deref()),
            pool: reader.option(selector.pool.as_deref()),
            device: reader.option(selector.device.as_deref()),
            taint: reader.taint(&self.spec.taint),
        }
    }
}
