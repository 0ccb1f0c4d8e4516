#![doc = include_str!("volume_restrictions.md")]

mod hint;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Row;
use super::volumes::{claim, claim_field};
use crate::model::cluster::{Event, NodeAspect, ObjectKind};
use crate::model::storage::{AccessModes, InTreeDisk};
use crate::model::volume::{PodVolume, PodVolumeSource};
use crate::model::{NodeId, Pod, PodId};
use crate::scheduling::explanation::{Explanation, HOLDS};
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::{Cycle, Filter, Phase, Plugin, PreFilter, Reach, Touch};
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::FilterColumn;

pub(super) const ROW: Row = Row {
    name: "VolumeRestrictions",
    phases: &[Phase::PreFilter, Phase::Filter],
    weight: 0,
    docs: include_str!("volume_restrictions.md"),
    build: |_| Ok(Box::new(VolumeRestrictions)),
};

const DISK: &str = "node(s) had no available disk";
const IN_USE: &str = "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by \
                      another pod";

/// What it cannot judge without.
const NEEDED: [ObjectKind; 1] = [ObjectKind::PersistentVolumeClaim];

#[derive(Debug)]
struct VolumeRestrictions;

impl Plugin for VolumeRestrictions {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> Option<PreFilter<'a>> {
        if cycle.pod.volumes.is_empty() || !cycle.cluster.sees(&NEEDED) {
            return Some(PreFilter::Skip);
        }
        let exclusive = match exclusive(cycle) {
            Ok(claims) => claims,
            Err(status) => return Some(PreFilter::Reject(status)),
        };
        let in_use = exclusive.iter().filter(|name| users(cycle, name) > 0).count();
        let disks: Vec<&PodVolume> = cycle.pod.volumes.iter().filter(|v| is_disk(&v.source)).collect();
        if disks.is_empty() && in_use == 0 {
            return Some(PreFilter::Skip);
        }
        Some(PreFilter::Run {
            nodes: None,
            filter: Box::new(Unshared {
                cycle,
                disks,
                exclusive,
                in_use,
            }),
        })
    }

    fn reach(&self, cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        // A claim that one pod alone may use keeps the pod off every node.
        let pods = |what: &NodeAspect| matches!(what, NodeAspect::PodCame(_) | NodeAspect::PodWent(_));
        match change {
            Touch::Node(change) if pods(&change.what) && !cycle.pod.volumes.is_empty() => Reach::Cluster,
            _ => Reach::Nothing,
        }
    }

    fn events(&self) -> &'static [Occasion] {
        hint::EVENTS
    }

    fn hint(&self, cycle: Cycle<'_>, event: &Event) -> Hint {
        hint::hint(cycle, event)
    }
}

/// How many volumes of pods use the claim `name`; pods on nodes that are not there do not count.
fn users(cycle: Cycle<'_>, name: &Arc<str>) -> usize {
    let nodes = &cycle.cluster.nodes;
    let users = nodes.volumes().users(&cycle.pod.key.namespace, name);
    users.iter().filter(|&&node| nodes.get(node).is_some()).count()
}

/// The pod's claims that one pod at a time may use.
fn exclusive(cycle: Cycle<'_>) -> Result<BTreeSet<Arc<str>>, Status> {
    let mut names = BTreeSet::new();
    for volume in cycle.pod.volumes.iter() {
        if let PodVolumeSource::Claim(name) = &volume.source {
            let claim = claim(cycle.cluster, cycle.pod, name)?;
            if claim.access_modes.contain(AccessModes::READ_WRITE_ONCE_POD) {
                names.insert(Arc::clone(name));
            }
        }
    }
    Ok(names)
}

/// Whether the rule about disks looks at it.
fn is_disk(source: &PodVolumeSource) -> bool {
    match source {
        PodVolumeSource::Iscsi { .. } | PodVolumeSource::Rbd { .. } => true,
        PodVolumeSource::Disk { disk, .. } => matches!(
            disk,
            InTreeDisk::GcePersistentDisk { .. } | InTreeDisk::AwsElasticBlockStore { .. }
        ),
        _ => false,
    }
}

/// Whether two volumes are one disk that cannot be mounted twice on a node.
fn conflict(ours: &PodVolumeSource, theirs: &PodVolumeSource) -> bool {
    use InTreeDisk::{AwsElasticBlockStore as Aws, GcePersistentDisk as Gce};
    use PodVolumeSource::{Disk, Iscsi, Rbd};
    match (ours, theirs) {
        (
            Disk { disk, read_only },
            Disk {
                disk: other,
                read_only: other_read_only,
            },
        ) => match (disk, other) {
            (Gce { name }, Gce { name: other }) => name == other && !(*read_only && *other_read_only),
            (Aws { volume_id }, Aws { volume_id: other }) => volume_id == other,
            _ => false,
        },
        (
            Iscsi { iqn, read_only },
            Iscsi {
                iqn: other,
                read_only: other_read_only,
            },
        ) => iqn == other && !(*read_only && *other_read_only),
        (
            Rbd {
                monitors,
                pool,
                image,
                read_only,
            },
            Rbd {
                monitors: their_monitors,
                pool: their_pool,
                image: their_image,
                read_only: their_read_only,
            },
        ) => {
            monitors.iter().any(|monitor| their_monitors.contains(monitor))
                && pool == their_pool
                && image == their_image
                && !(*read_only && *their_read_only)
        }
        _ => false,
    }
}

struct Unshared<'a> {
    cycle: Cycle<'a>,
    disks: Vec<&'a PodVolume>,
    /// The claims that one pod at a time may use.
    exclusive: BTreeSet<Arc<str>>,
    /// How many of them some pod uses.
    in_use: usize,
}

impl Unshared<'_> {
    /// A pod on `node`, none of `removed`, with which the pod cannot share a disk, and the disk.
    fn holder(&self, node: NodeId, removed: &[PodId]) -> Option<(&PodVolume, &Arc<Pod>)> {
        if self.disks.is_empty() {
            return None;
        }
        let cluster = self.cycle.cluster;
        let there = cluster.nodes.volumes().pods(node).iter();
        let mut there = there.filter(|id| !removed.contains(id));
        there.find_map(|&id| {
            let pod = cluster.pods.get(id)?;
            let clash = |ours: &&&PodVolume| pod.volumes.iter().any(|v| conflict(&ours.source, &v.source));
            Some((*self.disks.iter().find(clash)?, pod))
        })
    }

    /// As upstream counts: a removed pod counts for each volume that names such a claim, even one of another namespace.
    fn still_in_use(&self, removed: &[PodId]) -> bool {
        let pods = removed.iter().filter_map(|&id| self.cycle.cluster.pods.get(id));
        let volumes = pods.flat_map(|pod| pod.volumes.iter());
        let given_up = volumes.filter(
            |volume| matches!(&volume.source, PodVolumeSource::Claim(name) if self.exclusive.contains(name)),
        );
        self.in_use > given_up.count()
    }

    fn verdict(&self, node: NodeId, removed: &[PodId]) -> Status {
        if self.holder(node, removed).is_some() {
            Status::because(Code::Unschedulable, DISK)
        } else if self.still_in_use(removed) {
            Status::because(Code::Unschedulable, IN_USE)
        } else {
            Status::SUCCESS
        }
    }
}

impl Filter for Unshared<'_> {
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn) {
        let disk = verdicts.intern(Status::because(Code::Unschedulable, DISK));
        let in_use = verdicts.intern(Status::because(Code::Unschedulable, IN_USE));
        for &node in nodes {
            if self.holder(node, &[]).is_some() {
                verdicts.set(node, disk);
            } else if self.in_use > 0 {
                verdicts.set(node, in_use);
            }
        }
    }

    fn filter_without(&self, node: NodeId, removed: &[PodId]) -> Option<Status> {
        Some(self.verdict(node, removed))
    }

    fn explain(&self, node: NodeId) -> Explanation {
        let mut why = Explanation::new("no other pod holds what the pod wants for itself");
        for disk in &self.disks {
            why.pod("disk", &*disk.name, disk.field());
        }
        let holder = self.holder(node, &[]);
        if let Some((disk, pod)) = holder {
            why.summary = format!("pod {} on the node has the disk of volume {}", pod.key, disk.name);
            let formula = format!("volume {}: pod {} has it mounted", disk.name, pod.key);
            why.step("the disks are free", formula, DISK);
        } else if !self.disks.is_empty() {
            why.step("the disks are free", "no pod on the node has them", HOLDS);
        }
        for name in &self.exclusive {
            let users = users(self.cycle, name);
            why.pod(
                "claim with ReadWriteOncePod",
                &**name,
                claim_field(self.cycle.pod, name),
            );
            let formula = format!("claim {name}: in use by {users} volumes of other pods");
            // Upstream tells of the disks first, and of nothing else then.
            let free = users == 0 || holder.is_some();
            if !free {
                why.summary = format!("claim {name} is for one pod at a time, and another has it");
            }
            why.step(
                "no other pod has the claim",
                formula,
                if free { HOLDS } else { IN_USE },
            );
        }
        why
    }
}
