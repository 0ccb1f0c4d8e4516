//! What the server does with the objects of each kind, beyond keeping them: one file a kind.

pub(crate) mod attachments;
pub(crate) mod budgets;
pub(crate) mod claims;
pub(crate) mod config_maps;
pub(crate) mod csi;
pub(crate) mod daemon_sets;
pub(crate) mod deployments;
pub(crate) mod devices;
mod fields;
pub(crate) mod jobs;
pub(crate) mod leases;
pub(crate) mod replica_sets;
pub(crate) mod replication_controllers;
pub(crate) mod resource_claims;
pub(crate) mod revisions;
pub(crate) mod secrets;
pub(crate) mod services;
pub(crate) mod stateful_sets;
pub(crate) mod storage_classes;
mod templates;
pub(crate) mod volumes;
