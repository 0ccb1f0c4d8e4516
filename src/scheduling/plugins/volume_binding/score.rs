//! The score: how full storage would get.

use std::sync::Arc;

use super::args::Shape;
use super::plan::{Plan, Planner};
use crate::model::NodeId;
use crate::model::resources::show_bytes;
use crate::scheduling::explanation::Explanation;
use crate::scheduling::normalize::Normalization;
use crate::scheduling::plugin::Score;
use crate::scheduling::status::Status;

/// Scores nodes by the plan for each.
pub(super) struct Capacity<'a> {
    pub(super) planner: &'a Planner<'a>,
    pub(super) shape: &'a Shape,
}

/// What is asked of a class, and what there is.
struct Class {
    name: Arc<str>,
    requested: i64,
    capacity: i64,
}

impl Class {
    /// Per cent, at most 100; overflows as upstream does.
    fn utilization(&self) -> i64 {
        if self.capacity == 0 || self.requested > self.capacity {
            return 100;
        }
        self.requested.wrapping_mul(100).wrapping_div(self.capacity)
    }
}

/// The classes of a plan. Where claims would be bound to volumes that are there, only these count.
fn classes(plan: &Plan<'_>) -> Vec<Class> {
    let mut all: Vec<Class> = Vec::new();
    for (claim, volume) in &plan.bindings {
        let class = class(&mut all, &volume.class_field);
        class.requested = class.requested.wrapping_add(claim.requested().value());
        class.capacity = class.capacity.wrapping_add(volume.capacity.value());
    }
    if plan.bindings.is_empty() {
        for (claim, storage) in &plan.provisions {
            let capacity = storage.and_then(|storage| storage.capacity.as_ref());
            if let (Some(capacity), Some(name)) = (capacity, &claim.class_field) {
                let class = class(&mut all, name);
                class.requested = class.requested.wrapping_add(claim.requested().value());
                class.capacity = capacity.value();
            }
        }
    }
    all
}

fn class<'c>(all: &'c mut Vec<Class>, name: &Arc<str>) -> &'c mut Class {
    let at = all
        .iter()
        .position(|class| class.name == *name)
        .unwrap_or_else(|| {
            all.push(Class {
                name: Arc::clone(name),
                requested: 0,
                capacity: 0,
            });
            all.len() - 1
        });
    &mut all[at]
}

fn mean(classes: &[Class], shape: &Shape) -> i64 {
    if classes.is_empty() {
        return 0;
    }
    let sum: i64 = classes.iter().map(|class| shape.score(class.utilization())).sum();
    (sum as f64 / classes.len() as f64).round() as i64
}

impl Score for Capacity<'_> {
    fn score(&self, nodes: &[NodeId], raw: &mut [i64]) -> Result<(), Status> {
        let mut plan = Plan::default();
        for (&node, raw) in nodes.iter().zip(raw) {
            if self.planner.plan(node, &mut plan).is_ok() {
                *raw = mean(&classes(&plan), self.shape);
            }
        }
        Ok(())
    }

    fn normalization(&self) -> Normalization {
        Normalization::AsIs
    }

    fn explain(&self, node: NodeId, _raw: i64, normalized: i64) -> Explanation {
        let mut why = Explanation::new("nothing is known of how full storage would get: 0");
        let mut plan = Plan::default();
        let _ = self.planner.plan(node, &mut plan);
        let classes = classes(&plan);
        let what = if plan.bindings.is_empty() {
            "storage left"
        } else {
            "the volumes' sizes"
        };
        let bindings = plan.bindings.iter().map(|(claim, _)| claim);
        for claim in bindings.chain(plan.provisions.iter().map(|(claim, _)| claim)) {
            self.planner.claim_input(claim, &mut why);
        }
        why.profile("shape", self.shape.shown(), "shape");
        let mut scores = Vec::new();
        for class in &classes {
            let (requested, capacity) = (class.requested, class.capacity);
            let utilization = class.utilization();
            let score = self.shape.score(utilization);
            scores.push(score.to_string());
            let (want, have) = (show_bytes(requested), show_bytes(capacity));
            let formula = if capacity == 0 || requested > capacity {
                format!("{want} of {have}: full")
            } else {
                format!("{want} × 100 / {have} = {utilization} %")
            };
            why.step(
                format!("class {:?}, requests against {what}", class.name),
                formula,
                score,
            );
        }
        if !classes.is_empty() {
            let count = match classes.len() {
                1 => "1 storage class".to_owned(),
                count => format!("{count} storage classes"),
            };
            why.summary = format!("by how full {what} would get, the mean over {count}: {normalized}");
        }
        let formula = match scores.len() {
            0 => "no class to score".to_owned(),
            count => format!("({}) / {count}, rounded", scores.join(" + ")),
        };
        why.step("mean over the classes", formula, normalized);
        why
    }
}

/// The score of every node for a pod without claims.
pub(super) struct NoClaims;

impl Score for NoClaims {
    fn score(&self, _nodes: &[NodeId], _raw: &mut [i64]) -> Result<(), Status> {
        Ok(())
    }

    fn normalization(&self) -> Normalization {
        Normalization::AsIs
    }

    fn explain(&self, _node: NodeId, _raw: i64, normalized: i64) -> Explanation {
        let mut why = Explanation::new("the pod has no claims, so every node gets 0");
        why.step("mean over the classes", "no claims", normalized);
        why
    }
}
