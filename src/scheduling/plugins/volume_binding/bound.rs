//! Claims that are bound: where their volumes can be reached.

use std::sync::Arc;

use super::reach::{Nodes, Reach, contains};
use crate::model::cluster::NodeVolumes;
use crate::model::storage::{PersistentVolume, PersistentVolumeClaim, VolumeSource};
use crate::model::{Cluster, NodeId};
use crate::scheduling::status::{Code, Status};

/// A claim with its volume.
pub(super) struct BoundClaim<'a> {
    pub(super) claim: &'a Arc<PersistentVolumeClaim>,
    /// `None` where there is no such volume.
    pub(super) volume: Option<BoundVolume<'a>>,
}

pub(super) struct BoundVolume<'a> {
    pub(super) volume: &'a Arc<PersistentVolume>,
    /// The nodes that its own node affinity matches.
    nodes: Nodes,
    migrated: Option<Migrated>,
}

/// A volume of an in-tree plugin as nodes see it whose CSI driver has taken over.
struct Migrated {
    /// Which nodes do, by the number of their CSINode.
    on: Vec<bool>,
    /// The nodes that its node affinity matches once translated; else why it cannot be.
    nodes: Result<Nodes, String>,
}

/// How a bound claim stands on a node.
pub(super) enum Standing<'a> {
    Reachable,
    OutOfReach,
    NoVolume,
    Untranslatable(&'a str),
}

impl<'a> BoundClaim<'a> {
    /// # Errors
    /// Where the volume's node affinity cannot be read.
    pub(super) fn new(
        claim: &'a Arc<PersistentVolumeClaim>,
        cluster: &'a Cluster,
        reach: &mut Reach<'_>,
    ) -> Result<Self, Status> {
        let Some(volume) = cluster.objects.volumes.named(&claim.volume) else {
            return Ok(Self { claim, volume: None });
        };
        let affinity = |field: &str| field.starts_with("spec.nodeAffinity");
        if let Some(fault) = volume.faults.iter().find(|fault| affinity(&fault.field)) {
            return Err(Status::because(Code::Fault, fault.to_string()));
        }
        let migrated = match &volume.source {
            VolumeSource::InTree(disk) if disk.plugin().is_migrated() => {
                let plugin = disk.plugin().name();
                let csi = cluster.nodes.volumes().csi();
                let translated = volume.migrated_affinity(disk);
                Some(Migrated {
                    on: csi.judge(|csi| {
                        csi.is_some_and(|csi| csi.migrated.iter().any(|name| **name == *plugin))
                    }),
                    nodes: translated.map(|selector| reach.of_selector(selector.as_ref())),
                })
            }
            _ => None,
        };
        let volume = BoundVolume {
            volume,
            nodes: reach.of_selector(volume.node_affinity.as_deref()),
            migrated,
        };
        Ok(Self {
            claim,
            volume: Some(volume),
        })
    }

    pub(super) fn on(&self, node: NodeId, volumes: &NodeVolumes) -> Standing<'_> {
        let Some(volume) = &self.volume else {
            return Standing::NoVolume;
        };
        let nodes = match volume.migrated_on(node, volumes).map(|migrated| &migrated.nodes) {
            None => &volume.nodes,
            Some(Ok(nodes)) => nodes,
            Some(Err(text)) => return Standing::Untranslatable(text),
        };
        if contains(nodes, node) {
            Standing::Reachable
        } else {
            Standing::OutOfReach
        }
    }
}

impl BoundVolume<'_> {
    fn migrated_on(&self, node: NodeId, volumes: &NodeVolumes) -> Option<&Migrated> {
        let number = volumes.csi().number(node);
        let migrated = self.migrated.as_ref();
        migrated.filter(|migrated| migrated.on.get(number) == Some(&true))
    }

    /// Whether a CSI driver has taken over from the volume's plugin on `node`.
    pub(super) fn is_migrated_on(&self, node: NodeId, volumes: &NodeVolumes) -> bool {
        self.migrated_on(node, volumes).is_some()
    }
}
