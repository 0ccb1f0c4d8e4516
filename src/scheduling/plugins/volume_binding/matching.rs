//! Claims to be bound: which of the volumes that are there they would get.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::reach::{Items, Nodes, Reach, contains};
use crate::model::fault::Fault;
use crate::model::storage::{PersistentVolume, PersistentVolumeClaim};
use crate::model::{Cluster, NodeId};

/// The volumes that a claim could be bound to, whatever the node.
pub(super) struct Candidates<'a> {
    /// Volumes kept for this very claim, by name, with the nodes that reach them.
    kept: Vec<(&'a Arc<PersistentVolume>, Nodes)>,
    /// The others, the smallest first, then by name.
    free: Vec<&'a Arc<PersistentVolume>>,
    /// Those of `free` with the same node affinity, by their places, ascending.
    groups: Vec<Vec<u32>>,
    /// The groups that reach each node.
    reached: Items,
    /// Why one more volume cannot be judged.
    fault: Option<&'a Fault>,
}

/// What a claim finds on a node.
pub(super) enum Found<'a> {
    Volume(&'a Arc<PersistentVolume>),
    Nothing,
    /// Nothing, though a volume that cannot be read might do.
    Unclear(&'a Fault),
}

impl<'a> Candidates<'a> {
    pub(super) fn new(claim: &PersistentVolumeClaim, cluster: &'a Cluster, reach: &mut Reach<'a>) -> Self {
        let storage = &cluster.storage;
        let mut fault = None;
        let mut fits = |volume: &&'a Arc<PersistentVolume>| {
            let fits = volume.mode == claim.mode
                && volume.attributes_class == claim.attributes_class
                && !volume.deleting;
            if fits && let Some(first) = volume.faults.first() {
                fault = Some(first);
                return false;
            }
            fits && volume.capacity >= claim.requested()
        };
        let kept = storage.claimed(&claim.namespace, &claim.name);
        let kept = kept.filter(|volume| volume.class == claim.class && volume.is_for(claim));
        let kept: Vec<_> = kept.filter(&mut fits).collect();
        let free = storage.free(&claim.class).filter(|volume| {
            volume.available
                && volume.access_modes.contain(claim.access_modes)
                && claim
                    .selector
                    .as_ref()
                    .is_none_or(|selector| selector.matches(&volume.labels))
        });
        let mut free: Vec<_> = free.filter(&mut fits).collect();
        free.sort_by_key(|volume| volume.capacity);
        let mut all = Self {
            kept: Vec::new(),
            free,
            groups: Vec::new(),
            reached: Items::new(cluster),
            fault,
        };
        let kept = kept.into_iter();
        all.kept = kept
            .map(|volume| (volume, reach.of_selector(volume.node_affinity.as_deref())))
            .collect();
        all.group(reach);
        all
    }

    fn group(&mut self, reach: &mut Reach<'_>) {
        let mut of_affinity = FxHashMap::default();
        for (place, volume) in self.free.iter().enumerate() {
            let affinity = volume.node_affinity.as_ref();
            let group = *of_affinity.entry(affinity.map(Arc::as_ptr)).or_insert_with(|| {
                let group = self.groups.len() as u32;
                self.groups.push(Vec::new());
                match affinity {
                    Some(affinity) => {
                        reach.each_of_selector(affinity, |node| self.reached.add(group, node));
                    }
                    None => self.reached.add_everywhere(group),
                }
                group
            });
            if let Some(group) = self.groups.get_mut(group as usize) {
                group.push(place as u32);
            }
        }
    }

    /// The volume that the claim would get on `node`, those in `taken` aside: one kept for it, else the smallest.
    pub(super) fn find(
        &self,
        node: NodeId,
        mut taken: impl FnMut(&'a Arc<PersistentVolume>) -> bool,
    ) -> Found<'a> {
        for &(volume, ref nodes) in &self.kept {
            if taken(volume) {
                continue;
            }
            return if contains(nodes, node) {
                Found::Volume(volume)
            } else {
                Found::Nothing
            };
        }
        let mut best: Option<u32> = None;
        for group in self.reached.of(node) {
            let places = self.groups.get(group as usize).into_iter().flatten().copied();
            let mut untaken =
                places.filter(|&place| self.free.get(place as usize).is_some_and(|volume| !taken(volume)));
            best = best.into_iter().chain(untaken.next()).min();
        }
        match best.and_then(|place| self.free.get(place as usize)) {
            Some(volume) => Found::Volume(volume),
            None => self.fault.map_or(Found::Nothing, Found::Unclear),
        }
    }
}
