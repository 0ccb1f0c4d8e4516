//! A node, as far as scheduling reads it.

use std::sync::Arc;

use jiff::Timestamp;

use super::fault::Fault;
use super::image::NodeImage;
use super::labels::Labels;
use super::node_feature::NodeFeatures;
use super::resources::Amounts;
use super::taint::Taint;

/// A node in the cache. Its load stands in the cluster's columns.
#[derive(Clone, Debug)]
pub struct Node {
    /// `metadata.name`.
    pub name: Arc<str>,
    /// `metadata.uid`.
    pub uid: Arc<str>,
    /// `metadata.creationTimestamp`.
    pub created: Timestamp,
    /// Its labels.
    pub labels: Arc<Labels>,
    /// `spec.taints`.
    pub taints: Arc<[Taint]>,
    /// `spec.unschedulable`: cordoned.
    pub unschedulable: bool,
    /// `status.allocatable`, without `pods`.
    pub allocatable: Amounts,
    /// `status.allocatable.pods`: how many pods it may hold.
    pub allowed_pods: i64,
    /// Whether its `Ready` condition is `True`.
    pub ready: bool,
    /// `status.images`, in the node's order; shared with the nodes that have the same ones.
    pub images: Box<[Arc<NodeImage>]>,
    /// `status.declaredFeatures`, as far as they are known.
    pub features: NodeFeatures,
    /// Fields that could not be read.
    pub faults: Vec<Fault>,
}

impl Node {
    /// `topology.kubernetes.io/zone`, if labelled.
    pub fn zone(&self) -> Option<&str> {
        self.labels.get("topology.kubernetes.io/zone")
    }
}
