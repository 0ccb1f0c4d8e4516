//! From a plan to its file.

use super::{
    API_VERSION, Amounts, Cluster, Difference, Document, KIND, LeftOut, Metadata, Mode, Moved, Outcome,
    Placement, Share, Site, Spec, Unplaced, Why,
};
use serde::{Serialize as _, Serializer};
use serde_saphyr::FlowMap;

use crate::model::PodKey;
use crate::model::resources::show_bytes;
use crate::scheduling::plan::{self, Plan, Ties, Usage, zones};

impl Document {
    /// The file of `plan`, which breaks ties by `ties`.
    pub fn of(plan: &Plan, ties: Ties, metadata: Metadata) -> Self {
        let drawn = match ties {
            Ties::FirstByName => None,
            Ties::Seeded(seed) => Some(seed),
        };
        let gone = plan.gone.iter().map(|pod| LeftOut {
            pod: pod.to_string(),
            reason: "there is no such pod".to_owned(),
        });
        let left_out = plan.left_out().map(|(pod, why)| LeftOut {
            pod: pod.key.to_string(),
            reason: why.to_string(),
        });
        Self {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            metadata,
            spec: match plan.mode {
                plan::Mode::OneByOne => Spec {
                    mode: Mode::OneByOne,
                    seed: drawn,
                    evaluations: None,
                },
                plan::Mode::Optimized { seed, evaluations } => Spec {
                    mode: Mode::Optimized,
                    seed: Some(seed),
                    evaluations: Some(evaluations),
                },
            },
            placements: plan.placements().map(Placement::of).collect(),
            unplaced: plan.unplaced().map(Unplaced::of).collect(),
            left_out: left_out.chain(gone).collect(),
            difference: None,
            cluster: Cluster::of(plan),
            caveats: plan.caveats.clone(),
        }
    }

    /// With what the search does otherwise.
    #[must_use]
    pub fn with_difference(self, difference: &plan::Difference) -> Self {
        let site = |(pod, priority, node): &(PodKey, i32, std::sync::Arc<str>)| Site {
            pod: pod.to_string(),
            priority: *priority,
            node: node.to_string(),
        };
        let moved = difference.moved.iter().map(|moved| Moved {
            pod: moved.pod.to_string(),
            from: moved.from.to_string(),
            to: moved.to.to_string(),
        });
        Self {
            difference: Some(Difference {
                one_by_one: Outcome {
                    placed: difference.counts.0,
                    total: difference.totals.0,
                },
                optimized: Outcome {
                    placed: difference.counts.1,
                    total: difference.totals.1,
                },
                placed: difference.placed.iter().map(site).collect(),
                dropped: difference.dropped.iter().map(site).collect(),
                moved: moved.collect(),
            }),
            ..self
        }
    }
}

impl Placement {
    fn of((pod, placement): (&std::sync::Arc<crate::model::Pod>, &plan::Placement)) -> Self {
        Self {
            pod: pod.key.to_string(),
            uid: pod.uid.to_string(),
            resource_version: Some(pod.resource_version.to_string()),
            priority: Some(pod.spec.priority),
            node: placement.node.to_string(),
            why: Some(match placement.why {
                plan::Why::Scored { .. } => Why::Scored,
                plan::Why::Single => Why::Single,
                plan::Why::Nominated => Why::Nominated,
                plan::Why::Pinned => Why::Pinned,
                plan::Why::Search => Why::Search,
            }),
            total: placement.total,
            best: Some(placement.best),
            fit: Some(placement.fit),
            unprepared: placement.unprepared.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Unplaced {
    fn of((pod, unplaced): (&std::sync::Arc<crate::model::Pod>, &plan::Unplaced)) -> Self {
        Self {
            pod: pod.key.to_string(),
            priority: pod.spec.priority,
            message: unplaced.message.to_string(),
            blamed: unplaced.blamed.iter().map(|&plugin| plugin.to_owned()).collect(),
        }
    }
}

impl Cluster {
    fn of(plan: &Plan) -> Self {
        let changed = plan.usage.iter().filter(|node| node.before != node.after);
        let zones = zones(&plan.usage);
        let share = |name: &str, allocatable: Usage, before: Usage, after: Usage| Share {
            name: name.to_owned(),
            cpu: amounts(|usage| format!("{}m", usage.cpu), allocatable, before, after),
            memory: amounts(|usage| show_bytes(usage.memory), allocatable, before, after),
            pods: amounts(|usage| usage.pods.to_string(), allocatable, before, after),
        };
        Self {
            nodes: plan.nodes,
            zones: zones
                .iter()
                .map(|zone| share(&zone.zone, zone.allocatable, zone.before, zone.after))
                .collect(),
            changed: changed
                .map(|node| share(&node.node, node.allocatable, node.before, node.after))
                .collect(),
        }
    }
}

/// In YAML as `{a: 1, b: 2}`: a plan for many nodes stays one that can be read.
pub(super) fn on_one_line<S: Serializer>(amounts: &Amounts, to: S) -> Result<S::Ok, S::Error> {
    FlowMap(amounts).serialize(to)
}

fn amounts(show: impl Fn(Usage) -> String, allocatable: Usage, before: Usage, after: Usage) -> Amounts {
    Amounts {
        allocatable: show(allocatable),
        before: show(before),
        after: show(after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_yaml_would_take_for_something_else_stay_names() {
        let names = [
            "n",
            "no",
            "on",
            "y",
            "1",
            "1e3",
            "0x1f",
            "null",
            "~",
            "true",
            "1.5",
            "2026-01-01",
            "a: b",
            "- a",
        ];
        let placements = names.map(|name| Placement {
            pod: format!("shop/{name}"),
            uid: name.to_owned(),
            node: name.to_owned(),
            ..Placement::default()
        });
        let document = Document {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            placements: placements.to_vec(),
            ..Document::default()
        };
        let text = serde_saphyr::to_string(&document).expect("YAML");
        assert_eq!(Document::read(&text, "plan.yaml").expect(&text), document);
    }
}
