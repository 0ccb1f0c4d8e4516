//! Values: what scheduling reads of a cluster, and the cache that holds it.
//!
//! Nothing here does I/O or knows a screen. [`from_api`] is the only home of API type → model.

pub mod affinity;
pub mod cluster;
pub mod device;
pub mod disruption;
pub mod document;
pub mod fault;
pub mod from_api;
pub mod ids;
pub mod image;
pub mod intern;
pub mod label_selector;
pub mod labels;
pub mod mask;
pub mod node;
pub mod node_feature;
pub mod pod;
pub mod pod_affinity;
pub mod pod_claims;
pub mod quantity;
pub mod resources;
pub mod selector;
pub mod situation;
pub mod storage;
pub mod syntax;
pub mod taint;
pub mod text;
pub mod topology_spread;
pub mod volume;
pub mod workload;

pub use cluster::{Change, Cluster, WatchEvent};
pub use fault::Fault;
pub use ids::{NodeId, PodId, PodKey};
pub use node::Node;
pub use pod::{Phase, Pod, PodSpec};
