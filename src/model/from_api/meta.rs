//! Object metadata, as far as it is read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::null_is_default;

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
    /// RFC 3339.
    pub creation_timestamp: Option<jiff::Timestamp>,
    /// RFC 3339; set while it is being deleted.
    pub deletion_timestamp: Option<jiff::Timestamp>,
    /// Labels; the API writes `null` for none here and there.
    pub labels: Option<BTreeMap<String, String>>,
    /// Who owns it.
    #[serde(deserialize_with = "null_is_default")]
    pub owner_references: Vec<OwnerReference>,
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
    /// Whether it is the controller.
    pub controller: Option<bool>,
}
