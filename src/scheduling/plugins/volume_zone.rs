#![doc = include_str!("volume_zone.md")]

mod hint;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Row;
use super::volumes::{claim, not_found};
use crate::model::NodeId;
use crate::model::cluster::{Event, LabelColumn, ObjectKind};
use crate::model::storage::{BindingMode, PersistentVolume, PersistentVolumeClaim};
use crate::model::volume::PodVolumeSource;
use crate::scheduling::explanation::{Explanation, HOLDS};
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::{Cycle, Filter, Phase, Plugin, PreFilter, Reach, Touch};
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::FilterColumn;

pub(super) const ROW: Row = Row {
    name: "VolumeZone",
    phases: &[Phase::PreFilter, Phase::Filter],
    weight: 0,
    docs: include_str!("volume_zone.md"),
    build: |_| Ok(Box::new(VolumeZone)),
};

const REASON: &str = "node(s) had no available volume zone";
const ZONE: &str = "topology.kubernetes.io/zone";
const REGION: &str = "topology.kubernetes.io/region";

/// The labels looked at, each with the one that stands in for it where a node lacks it.
const LABELS: [(&str, &str); 4] = [
    ("failure-domain.beta.kubernetes.io/zone", ZONE),
    ("failure-domain.beta.kubernetes.io/region", REGION),
    (ZONE, ZONE),
    (REGION, REGION),
];

/// What it cannot judge without.
const NEEDED: [ObjectKind; 3] = [
    ObjectKind::PersistentVolumeClaim,
    ObjectKind::PersistentVolume,
    ObjectKind::StorageClass,
];

#[derive(Debug)]
struct VolumeZone;

impl Plugin for VolumeZone {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> Option<PreFilter<'a>> {
        if cycle.pod.volumes.is_empty() || !cycle.cluster.sees(&NEEDED) {
            return Some(PreFilter::Skip);
        }
        let zones = match zones(cycle) {
            Ok(zones) => zones,
            Err(status) => return Some(PreFilter::Reject(status)),
        };
        if zones.is_empty() {
            return Some(PreFilter::Skip);
        }
        let labels = cycle.cluster.nodes.labels();
        Some(PreFilter::Run {
            nodes: None,
            filter: Box::new(Zones {
                cycle,
                volumes: zones,
                columns: LABELS.iter().filter_map(|(key, _)| labels.get(key)).collect(),
            }),
        })
    }

    fn reach(&self, _cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        change.at_node_without_pods()
    }

    fn events(&self) -> &'static [Occasion] {
        hint::EVENTS
    }

    fn hint(&self, cycle: Cycle<'_>, event: &Event) -> Hint {
        hint::hint(cycle, event)
    }
}

/// A label of a volume, and the values of it that a node may have.
struct Zone<'a> {
    volume: &'a PersistentVolume,
    /// Where the pod's manifest has it.
    field: String,
    key: &'static str,
    instead: &'static str,
    values: BTreeSet<Arc<str>>,
}

/// The zones and regions of the pod's volumes.
fn zones(cycle: Cycle<'_>) -> Result<Vec<Zone<'_>>, Status> {
    let mut all = Vec::new();
    for used in cycle.pod.volumes.iter() {
        let PodVolumeSource::Claim(name) = &used.source else {
            continue;
        };
        if name.is_empty() {
            return Err(out("PersistentVolumeClaim had no name".to_owned()));
        }
        let claim = claim(cycle.cluster, cycle.pod, name)?;
        if claim.volume.is_empty() {
            unbound(cycle, claim)?;
            continue;
        }
        let Some(volume) = cycle.cluster.objects.volumes.named(&claim.volume) else {
            return Err(out(not_found("persistentvolume", &claim.volume)));
        };
        all.extend(LABELS.iter().filter_map(|&(key, instead)| {
            Some(Zone {
                volume,
                field: used.field(),
                key,
                instead,
                values: parts(volume.labels.get(key)?)?,
            })
        }));
    }
    Ok(all)
}

/// Passes a claim whose volume comes when the pod is placed.
fn unbound(cycle: Cycle<'_>, claim: &PersistentVolumeClaim) -> Result<(), Status> {
    let name = &claim.class;
    if name.is_empty() {
        return Err(out(
            "PersistentVolumeClaim had no pv name and storageClass name".to_owned()
        ));
    }
    let Some(class) = cycle.cluster.objects.storage_classes.named(name) else {
        return Err(out(not_found("storageclass.storage.k8s.io", name)));
    };
    match class.binding_mode {
        None => Err(out(format!(
            "VolumeBindingMode not set for StorageClass {name:?}"
        ))),
        Some(BindingMode::WaitForFirstConsumer) => Ok(()),
        Some(_) => Err(out("PersistentVolume had no name".to_owned())),
    }
}

fn out(reason: String) -> Status {
    Status::because(Code::UnschedulableAndUnresolvable, reason)
}

/// The values in a label such as `a__b`; `None` where one is empty: upstream takes the label for absent then.
fn parts(label: &str) -> Option<BTreeSet<Arc<str>>> {
    let parts = label.split("__").map(str::trim);
    parts
        .map(|part| (!part.is_empty()).then(|| part.into()))
        .collect()
}

struct Zones<'a> {
    cycle: Cycle<'a>,
    volumes: Vec<Zone<'a>>,
    /// The columns of the labels that any node has.
    columns: Vec<&'a LabelColumn>,
}

/// One zone, ready to be asked of many nodes.
struct Test<'a> {
    own: Option<(&'a LabelColumn, Vec<bool>)>,
    instead: Option<(&'a LabelColumn, Vec<bool>)>,
}

impl Zones<'_> {
    fn tests(&self) -> Vec<Test<'_>> {
        let labels = self.cycle.cluster.nodes.labels();
        let judged = |key: &str, zone: &Zone<'_>| {
            let column = labels.get(key)?;
            let answers = column.judge(|value| value.is_some_and(|value| zone.values.contains(value)));
            Some((column, answers))
        };
        let tests = self.volumes.iter().map(|zone| Test {
            own: judged(zone.key, zone),
            instead: judged(zone.instead, zone),
        });
        tests.collect()
    }

    /// Whether the node has any of the labels; one without is taken to be everywhere.
    fn is_labelled(&self, node: NodeId) -> bool {
        self.columns.iter().any(|column| column.number(node) != 0)
    }
}

impl Test<'_> {
    fn holds(&self, node: NodeId) -> bool {
        let sides = [&self.own, &self.instead];
        let mut there = sides.into_iter().flatten().filter_map(|(column, answers)| {
            let number = column.number(node);
            (number != 0).then(|| answers.get(number) == Some(&true))
        });
        there.next().unwrap_or(false)
    }
}

impl Filter for Zones<'_> {
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn) {
        let tests = self.tests();
        let elsewhere = verdicts.intern(out(REASON.to_owned()));
        for &node in nodes {
            if self.is_labelled(node) && !tests.iter().all(|test| test.holds(node)) {
                verdicts.set(node, elsewhere);
            }
        }
    }

    fn explain(&self, node: NodeId) -> Explanation {
        let mut why = Explanation::new("every volume of the pod is in the node's zone and region");
        let Some(shown) = self.cycle.cluster.nodes.get(node) else {
            return why;
        };
        if !self.is_labelled(node) {
            "the node has no label of a zone or region, so it is taken to reach every volume"
                .clone_into(&mut why.summary);
            for zone in &self.volumes {
                why.pod("volume", &*zone.volume.name, &*zone.field);
                why.node(zone.key, "no such label", format!("metadata.labels.{}", zone.key));
            }
            why.step("the node is in a zone or region", "it has no such label", HOLDS);
            return why;
        }
        for zone in &self.volumes {
            let name = format!("PersistentVolume {}", zone.volume.name);
            let wanted: Vec<&str> = zone.values.iter().map(|value| &**value).collect();
            let wanted = wanted.join(" or ");
            let keys = [zone.key, zone.instead];
            let label = keys.iter().find_map(|&key| Some((key, shown.labels.get(key)?)));
            let (key, value) = label.map_or((zone.key, None), |(key, value)| (key, Some(value)));
            why.pod("volume", &*zone.volume.name, &*zone.field);
            why.pod(
                &*name,
                &*wanted,
                format!("PersistentVolume metadata.labels.{}", zone.key),
            );
            why.node(
                key,
                value.unwrap_or("no such label"),
                format!("metadata.labels.{key}"),
            );
            let holds = value.is_some_and(|value| zone.values.contains(value));
            let formula = format!(
                "{}: the volume is in {wanted}, the node in {}",
                zone.key,
                value.unwrap_or("none")
            );
            if !holds {
                why.summary = format!("{name}: {formula}");
            }
            why.step(name, formula, if holds { HOLDS } else { REASON });
        }
        why
    }
}
