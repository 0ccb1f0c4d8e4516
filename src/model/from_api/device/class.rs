//! Device classes.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::values::{Reader, SelectorObject};
use crate::model::device::DeviceClass;
use crate::model::from_api::object::{Api, Object};
use crate::model::from_api::{Meta, null_is_default};
use crate::model::intern::Interner;

/// A DeviceClass.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DeviceClassObject {
    /// Name, version.
    pub metadata: Meta,
    /// What it stands for.
    pub spec: DeviceClassSpec,
}

/// A class's `spec`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeviceClassSpec {
    /// Every one must hold.
    #[serde(deserialize_with = "null_is_default")]
    pub selectors: Vec<SelectorObject>,
    /// For the driver.
    #[serde(deserialize_with = "null_is_default")]
    pub config: Vec<Map<String, Value>>,
    /// The resource that its devices stand for.
    pub extended_resource_name: Option<String>,
}

impl Object for DeviceClassObject {
    const API: Api = Api::new("DeviceClass", "deviceclasses", "resource.k8s.io", "v1");
    type Model = DeviceClass;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> DeviceClass {
        let mut reader = Reader::new(interner, format!("DeviceClass {}", self.metadata.name));
        DeviceClass {
            name: reader.text(&self.metadata.name),
            created: self.metadata.creation_timestamp.unwrap_or(Timestamp::MIN),
            selectors: reader.selectors(&self.spec.selectors),
            config: self.spec.config.clone(),
            extended_resource: reader.option(self.spec.extended_resource_name.as_deref()),
            faults: reader.faults,
        }
    }
}
