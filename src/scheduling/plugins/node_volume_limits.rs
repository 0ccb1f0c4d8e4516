#![doc = include_str!("node_volume_limits.md")]

mod attachable;
mod hint;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::attachable::{Attachable, Counter, unique_name};
use super::Row;
use crate::model::cluster::Event;
use crate::model::cluster::ObjectKind;
use crate::model::storage::{CsiNode, VolumeSource};
use crate::model::volume::PodVolumeSource;
use crate::model::{NodeId, Pod, PodId};
use crate::scheduling::explanation::{Explanation, HOLDS};
use crate::scheduling::features::Gate;
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::{Cycle, Filter, Phase, Plugin, PreFilter, Reach, Touch};
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::FilterColumn;

pub(super) const ROW: Row = Row {
    name: "NodeVolumeLimits",
    phases: &[Phase::PreFilter, Phase::Filter],
    weight: 0,
    docs: include_str!("node_volume_limits.md"),
    build: |setup| {
        Ok(Box::new(NodeVolumeLimits {
            prevents_if_missing: setup.gates.enabled(Gate::VolumeLimitScaling),
        }))
    },
};

const REASON: &str = "node(s) exceed max volume count";

/// What it cannot judge without.
const NEEDED: [ObjectKind; 4] = [
    ObjectKind::PersistentVolumeClaim,
    ObjectKind::PersistentVolume,
    ObjectKind::CsiNode,
    ObjectKind::VolumeAttachment,
];

#[derive(Debug)]
struct NodeVolumeLimits {
    /// Whether drivers may keep pods off nodes that lack them.
    prevents_if_missing: bool,
}

impl Plugin for NodeVolumeLimits {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> Option<PreFilter<'a>> {
        let counts = |source: &PodVolumeSource| {
            matches!(
                source,
                PodVolumeSource::Claim(_) | PodVolumeSource::Ephemeral | PodVolumeSource::Disk { .. }
            )
        };
        let concerned = cycle.pod.volumes.iter().any(|volume| counts(&volume.source));
        if !concerned || !cycle.cluster.sees(&NEEDED) {
            return Some(PreFilter::Skip);
        }
        let wanted = |has_csi_node| {
            let mut all = Attachable::default();
            let counter = Counter {
                cluster: cycle.cluster,
                has_csi_node,
            };
            counter.add(cycle.pod, true, &mut all).map(|()| all)
        };
        Some(PreFilter::Run {
            nodes: None,
            filter: Box::new(Limits {
                cycle,
                prevents_if_missing: self.prevents_if_missing,
                wanted: [wanted(false), wanted(true)],
            }),
        })
    }

    fn reach(&self, cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        if cycle.pod.volumes.is_empty() {
            return Reach::Nothing;
        }
        change.at_node()
    }

    fn events(&self) -> &'static [Occasion] {
        hint::EVENTS
    }

    fn hint(&self, cycle: Cycle<'_>, event: &Event) -> Hint {
        hint::hint(cycle, event)
    }
}

struct Limits<'a> {
    cycle: Cycle<'a>,
    prevents_if_missing: bool,
    /// The pod's own volumes, on nodes without and with a CSINode.
    wanted: [Result<Attachable, Status>; 2],
}

/// What can be said of a node by its CSINode alone.
enum Outlook<'a> {
    Decided(Status),
    /// Volumes must be counted.
    Count {
        wanted: &'a Attachable,
        /// By driver: how many the pod adds at most, and the limit.
        drivers: Vec<(Arc<str>, usize, i64)>,
    },
}

/// The count for one driver.
struct Tally {
    driver: Arc<str>,
    /// Attached to the node already.
    attached: usize,
    /// What the pod adds.
    new: usize,
    limit: i64,
}

impl Tally {
    fn fits(&self) -> bool {
        (self.attached + self.new) as i64 <= self.limit
    }
}

impl Limits<'_> {
    fn outlook(&self, csi: Option<&CsiNode>) -> Outlook<'_> {
        let wanted = match &self.wanted[usize::from(csi.is_some())] {
            Ok(wanted) => wanted,
            Err(status) => return Outlook::Decided(status.clone()),
        };
        let mut counts: BTreeMap<&Arc<str>, usize> = BTreeMap::new();
        for driver in wanted.values() {
            *counts.entry(driver).or_default() += 1;
        }
        if let Some(driver) = counts.keys().find(|driver| self.is_missing(driver, csi)) {
            let reason = format!("{driver} CSI driver is not installed on the node");
            return Outlook::Decided(Status::because(Code::Unschedulable, reason));
        }
        let Some(csi) = csi.filter(|csi| csi.has_limits() && !wanted.is_empty()) else {
            return Outlook::Decided(Status::SUCCESS);
        };
        let drivers = counts.into_iter().filter_map(|(driver, count)| {
            let limit = csi.limit(driver)?;
            Some((Arc::clone(driver), count, i64::from(limit)))
        });
        Outlook::Count {
            wanted,
            drivers: drivers.collect(),
        }
    }

    fn is_missing(&self, driver: &str, csi: Option<&CsiNode>) -> bool {
        let object = self.cycle.cluster.objects.csi_drivers.named(driver);
        self.prevents_if_missing
            && object.is_some_and(|driver| driver.prevents_if_missing)
            && csi.is_none_or(|csi| !csi.has(driver))
    }

    /// Counts on `node`, as if the pods `removed` were not there.
    fn count(
        &self,
        node: NodeId,
        removed: &[PodId],
        wanted: &Attachable,
        drivers: &[(Arc<str>, usize, i64)],
    ) -> Result<Vec<Tally>, Status> {
        let cluster = self.cycle.cluster;
        let counter = Counter {
            cluster,
            has_csi_node: true,
        };
        let there = cluster.nodes.volumes().pods(node).iter();
        let there = there.filter(|id| !removed.contains(id));
        let mut pods: Vec<&Arc<Pod>> = there.filter_map(|&id| cluster.pods.get(id)).collect();
        pods.sort_by(|a, b| a.key.cmp(&b.key));
        let mut attached = Attachable::default();
        for pod in pods {
            counter.add(pod, false, &mut attached)?;
        }
        let mut wanted = wanted.clone();
        wanted.retain(|volume, _| !attached.contains_key(volume));
        self.add_attachments(node, &mut attached);
        let of = |all: &Attachable, driver: &Arc<str>| all.values().filter(|have| *have == driver).count();
        let tallies = drivers.iter().map(|(driver, _, limit)| Tally {
            driver: Arc::clone(driver),
            attached: of(&attached, driver),
            new: of(&wanted, driver),
            limit: *limit,
        });
        Ok(tallies.collect())
    }

    /// Adds what VolumeAttachments tell and no pod on the node does.
    fn add_attachments(&self, node: NodeId, attached: &mut Attachable) {
        let cluster = self.cycle.cluster;
        let Some(node) = cluster.nodes.get(node) else {
            return;
        };
        for attachment in cluster.storage.attachments(&node.name) {
            if attachment.attacher.is_empty() {
                continue;
            }
            let name = attachment.volume.as_ref();
            let volume = name.and_then(|name| cluster.objects.volumes.named(name));
            if let Some(VolumeSource::Csi(csi)) = volume.map(|volume| &volume.source) {
                let name = unique_name(&attachment.attacher, &csi.handle);
                attached
                    .entry(name)
                    .or_insert_with(|| Arc::clone(&attachment.attacher));
            }
        }
    }

    fn verdict(
        &self,
        node: NodeId,
        removed: &[PodId],
        wanted: &Attachable,
        drivers: &[(Arc<str>, usize, i64)],
    ) -> Status {
        match self.count(node, removed, wanted, drivers) {
            Err(status) => status,
            Ok(tallies) if tallies.iter().any(|tally| tally.new > 0 && !tally.fits()) => {
                Status::because(Code::Unschedulable, REASON)
            }
            Ok(_) => Status::SUCCESS,
        }
    }
}

impl Filter for Limits<'_> {
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn) {
        let volumes = self.cycle.cluster.nodes.volumes();
        let outlooks = volumes.csi().judge(|csi| self.outlook(csi.map(|csi| &**csi)));
        for &node in nodes {
            match outlooks.get(volumes.csi().number(node)) {
                Some(Outlook::Decided(status)) if status.code.is_rejection() => {
                    let id = verdicts.intern(status.clone());
                    verdicts.set(node, id);
                }
                Some(Outlook::Count { wanted, drivers }) => {
                    let most = volumes.at_most(node) as i64;
                    let surely = drivers.iter().all(|(_, new, limit)| most + *new as i64 <= *limit);
                    if surely && !volumes.has_peculiar(node) {
                        continue;
                    }
                    let status = self.verdict(node, &[], wanted, drivers);
                    if status.code.is_rejection() {
                        let id = verdicts.intern(status);
                        verdicts.set(node, id);
                    }
                }
                _ => {}
            }
        }
    }

    fn filter_without(&self, node: NodeId, removed: &[PodId]) -> Option<Status> {
        let csi = self.cycle.cluster.nodes.volumes().csi().get(node);
        match self.outlook(csi.map(|csi| &**csi)) {
            Outlook::Decided(_) => None,
            Outlook::Count { wanted, drivers } => Some(self.verdict(node, removed, wanted, &drivers)),
        }
    }

    fn explain(&self, node: NodeId) -> Explanation {
        let mut why = Explanation::new("the node can take the pod's volumes");
        let csi = self.cycle.cluster.nodes.volumes().csi().get(node);
        let outlook = self.outlook(csi.map(|csi| &**csi));
        let counted = match outlook {
            Outlook::Decided(status) if status.code.is_rejection() => Err(status),
            Outlook::Decided(_) => {
                "none of the pod's volumes is of a driver with a limit on the node"
                    .clone_into(&mut why.summary);
                let formula = match csi {
                    Some(_) => "its CSINode sets no limit for their drivers",
                    None => "it has no CSINode",
                };
                why.pod(
                    "volumes",
                    self.cycle.pod.volumes.len().to_string(),
                    "spec.volumes",
                );
                why.step("the node can take the volumes", formula, HOLDS);
                return why;
            }
            Outlook::Count { wanted, drivers } => self.count(node, &[], wanted, &drivers),
        };
        let tallies = match counted {
            Ok(tallies) => tallies,
            Err(status) => {
                why.summary = status.message();
                why.step("the volumes can be attached", "they cannot", status.message());
                return why;
            }
        };
        for tally in &tallies {
            let Tally {
                driver,
                attached,
                new,
                limit,
            } = tally;
            why.pod(format!("volumes of {driver}"), new.to_string(), "spec.volumes");
            why.node(
                format!("limit of {driver}"),
                limit.to_string(),
                "CSINode spec.drivers[*].allocatable.count",
            );
            let fits = *new == 0 || tally.fits();
            let formula = match (*new, fits) {
                (0, _) => format!("{driver}: nothing new, {attached} attached"),
                (_, true) => format!(
                    "{driver}: {attached} attached + {new} new = {}, at most {limit}",
                    attached + new
                ),
                (_, false) => format!(
                    "{driver}: {attached} attached + {new} new = {}, over {limit}",
                    attached + new
                ),
            };
            if !fits {
                why.summary.clone_from(&formula);
            }
            why.step(
                "volumes within the limit",
                formula,
                if fits { HOLDS } else { REASON },
            );
        }
        why
    }
}
