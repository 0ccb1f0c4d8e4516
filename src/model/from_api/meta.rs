//! Object metadata, as far as it is read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Annotations, null_is_default};

/// `metadata` of any object.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    /// The name.
    pub name: String,
    /// The namespace; empty for cluster-wide kinds.
    pub namespace: String,
    /// The uid.
    pub uid: String,
    /// The version last seen.
    pub resource_version: String,
    /// How often what is asked of it was changed.
    pub generation: Option<i64>,
    /// When it was made.
    #[serde(deserialize_with = "time")]
    pub creation_timestamp: Option<Timestamp>,
    /// When it is to be gone; set while it is being deleted.
    #[serde(deserialize_with = "time")]
    pub deletion_timestamp: Option<Timestamp>,
    /// Labels; the API writes `null` for none here and there.
    pub labels: Option<BTreeMap<String, String>>,
    /// Annotations, those that are read.
    pub annotations: Annotations,
    /// Who owns it.
    #[serde(deserialize_with = "null_is_default")]
    pub owner_references: Vec<OwnerReference>,
}

impl Meta {
    /// The value of annotation `key`, if it is one that is read.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.get(key)
    }
}

/// Reads a time of RFC 3339. The API's last hours of the year 9999, which a pod with thousands of years to end may be
/// given, lie beyond what [`Timestamp`] holds: they become its last moment.
pub(super) fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<std::borrow::Cow<'de, str>>::deserialize(from)?;
    let Some(text) = text else { return Ok(None) };
    match text.parse() {
        Ok(time) => Ok(Some(time)),
        Err(_) if text.starts_with("9999-") => Ok(Some(Timestamp::MAX)),
        Err(error) => Err(D::Error::custom(error)),
    }
}

/// An owner.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    /// Its API version.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// Whether it is the controller.
    pub controller: Option<bool>,
}
