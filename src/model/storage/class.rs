//! A StorageClass.

use std::sync::Arc;

use crate::model::selector::{Operator, Requirement};

/// A StorageClass.
#[derive(Clone, Debug, PartialEq)]
pub struct StorageClass {
    /// Its name.
    pub name: Arc<str>,
    /// Who makes volumes of it.
    pub provisioner: Arc<str>,
    /// When its claims are bound; `None` where absent, which the API server fills in.
    pub binding_mode: Option<BindingMode>,
    /// Where volumes can be made: one of the terms must match the node; none at all lets every node pass.
    pub allowed_topologies: Vec<TopologyTerm>,
}

impl StorageClass {
    /// Whether volumes are made on demand.
    pub fn provisions(&self) -> bool {
        !matches!(&*self.provisioner, "" | "kubernetes.io/no-provisioner")
    }
}

/// When a class's claims are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingMode {
    /// As soon as they are made, whatever pod uses them.
    Immediate,
    /// When a pod that uses them is placed.
    WaitForFirstConsumer,
    /// A word that there is not: as upstream has it, not `WaitForFirstConsumer`.
    Unknown,
}

/// A `TopologySelectorTerm`: all requirements must hold; none at all matches no node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TopologyTerm {
    /// The requirements.
    pub requirements: Vec<TopologyRequirement>,
}

/// Label `key` must have one of `values`.
pub type TopologyRequirement = Requirement;

impl TopologyTerm {
    /// The term that wants one of each list of values.
    pub fn new(all: impl IntoIterator<Item = (Arc<str>, Vec<Arc<str>>)>) -> Self {
        let requirements = all.into_iter().map(|(key, values)| Requirement {
            key,
            operator: Operator::In,
            values,
        });
        Self {
            requirements: requirements.collect(),
        }
    }
}
