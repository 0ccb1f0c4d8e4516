#![doc = include_str!("image_locality.md")]

use super::Row;
use crate::model::cluster::Holding;
use crate::model::cluster::NodeAspect;
use crate::model::image::PodImage;
use crate::model::resources::ResourceId;
use crate::model::{Cluster, NodeId};
use crate::scheduling::explanation::Explanation;
use crate::scheduling::normalize;
use crate::scheduling::normalize::Normalization;
use crate::scheduling::plugin::{Cycle, Phase, Plugin, PreScore, Reach, Score, Touch};
use crate::scheduling::status::Status;

pub(super) const ROW: Row = Row {
    name: "ImageLocality",
    phases: &[Phase::Score],
    weight: 1,
    docs: include_str!("image_locality.md"),
    build: |_| Ok(Box::new(ImageLocality)),
};

const MEBIBYTE: i64 = 1 << 20;
/// What is there already counts from here on.
const FLOOR: i64 = 23 * MEBIBYTE;
/// And up to here, times the images of the pod.
const CEILING: i64 = 1000 * MEBIBYTE;

#[derive(Debug)]
struct ImageLocality;

impl Plugin for ImageLocality {
    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, _feasible: &[NodeId]) -> Option<PreScore<'a>> {
        let Cycle { cluster, pod } = cycle;
        let images = pod.spec.images.iter();
        let images = images.map(|image| Wanted::new(image, cluster));
        Some(PreScore::Run(Box::new(Locality {
            cluster,
            images: images.collect(),
        })))
    }

    fn reach(&self, _cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        match change {
            Touch::Feasible(_) => Reach::Node,
            Touch::Node(change) if matches!(change.what, NodeAspect::Images) => Reach::Cluster,
            Touch::Node(_) => Reach::Nothing,
        }
    }
}

/// An image that the pod asks for.
struct Wanted<'a> {
    image: &'a PodImage,
    holding: Option<&'a Holding>,
    /// What a node that has it gets: its size, times the share of nodes that have it.
    worth: i64,
}

impl<'a> Wanted<'a> {
    fn new(image: &'a PodImage, cluster: &'a Cluster) -> Self {
        let holding = cluster.nodes.images().holding(&image.name);
        let worth = holding.map_or(0, |holding| {
            let spread = holding.nodes.len() as f64 / cluster.nodes.node_count() as f64;
            whole(holding.size as f64 * spread)
        });
        Self {
            image,
            holding,
            worth,
        }
    }

    fn is_on(&self, node: NodeId) -> bool {
        self.holding
            .is_some_and(|holding| holding.nodes.binary_search(&node).is_ok())
    }
}

/// Rounded towards zero; what 64 bits do not hold becomes their least number, as on the machines that upstream runs on.
fn whole(value: f64) -> i64 {
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    if (-BOUND..BOUND).contains(&value) {
        value as i64
    } else {
        i64::MIN
    }
}

struct Locality<'a> {
    cluster: &'a Cluster,
    images: Vec<Wanted<'a>>,
}

impl Locality<'_> {
    fn ceiling(&self) -> i64 {
        CEILING.wrapping_mul(self.images.len() as i64)
    }

    fn clamped(&self, sum: i64) -> i64 {
        if sum < FLOOR {
            FLOOR
        } else {
            sum.min(self.ceiling())
        }
    }

    fn of_sum(&self, sum: i64) -> i64 {
        normalize::MAX * (self.clamped(sum) - FLOOR) / (self.ceiling() - FLOOR)
    }
}

impl Score for Locality<'_> {
    fn score(&self, nodes: &[NodeId], raw: &mut [i64]) -> Result<(), Status> {
        let mut sums = vec![0_i64; self.cluster.nodes.slots()];
        for wanted in &self.images {
            for &node in wanted.holding.iter().flat_map(|holding| &holding.nodes) {
                if let Some(sum) = sums.get_mut(node.index()) {
                    *sum = sum.wrapping_add(wanted.worth);
                }
            }
        }
        for (&node, raw) in nodes.iter().zip(raw) {
            let sum = sums.get(node.index()).copied().unwrap_or(0);
            *raw = self.of_sum(sum);
        }
        Ok(())
    }

    fn normalization(&self) -> Normalization {
        Normalization::AsIs
    }

    fn explain(&self, node: NodeId, raw: i64, _normalized: i64) -> Explanation {
        let total = self.cluster.nodes.node_count();
        let names = &self.cluster.interner.resources;
        let bytes = |amount| names.show(ResourceId::MEMORY, amount);
        let mut why = Explanation::new("");
        let (mut sum, mut found) = (0_i64, 0);
        for wanted in &self.images {
            why.pod("image", &*wanted.image.name, &*wanted.image.field);
            let Some(holding) = wanted.holding.filter(|_| wanted.is_on(node)) else {
                why.node(&*wanted.image.name, "not there", "status.images");
                why.step(&*wanted.image.name, "not on the node", 0);
                continue;
            };
            found += 1;
            sum = sum.wrapping_add(wanted.worth);
            let images = self.cluster.nodes.get(node).map_or(&[][..], |node| &node.images);
            let at = images
                .iter()
                .position(|image| image.names.contains(&wanted.image.name));
            let field = at.map_or_else(|| "status.images".to_owned(), |at| format!("status.images[{at}]"));
            why.node(&*wanted.image.name, bytes(holding.size), field);
            let have = holding.nodes.len();
            let formula = format!("{} × {have} / {total} nodes that have it", bytes(holding.size));
            why.step(&*wanted.image.name, formula, bytes(wanted.worth));
        }
        why.summary = format!(
            "on the node are {found} of {} images of the pod",
            self.images.len()
        );
        let [floor, ceiling, clamped] = [FLOOR, self.ceiling(), self.clamped(sum)].map(bytes);
        why.step(
            format!("at least {floor}, at most {ceiling}"),
            bytes(sum),
            &clamped,
        );
        let formula = format!("100 × ({clamped} − {floor}) / ({ceiling} − {floor})");
        why.step("against what could be there", formula, raw);
        why
    }
}
