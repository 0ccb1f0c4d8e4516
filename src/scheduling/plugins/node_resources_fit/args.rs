//! `NodeResourcesFitArgs`: what the filter overlooks, and how nodes are scored.

use serde::Deserialize;

use crate::model::syntax;
use crate::scheduling::plugins::ArgsError;

/// The arguments as they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Args {
    pub(super) ignored_resources: Vec<String>,
    pub(super) ignored_resource_groups: Vec<String>,
    scoring_strategy: Option<Strategy>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Strategy {
    r#type: String,
    resources: Vec<ResourceSpec>,
    requested_to_capacity_ratio: Option<Ratio>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Ratio {
    shape: Vec<Point>,
}

/// A resource that counts, and how much.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::scheduling::plugins) struct ResourceSpec {
    pub(in crate::scheduling::plugins) name: String,
    pub(in crate::scheduling::plugins) weight: i64,
}

/// A point of a shape: a score for a utilisation in per cent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Point {
    pub(super) utilization: i32,
    /// 0 to 10.
    pub(super) score: i32,
}

/// How nodes are scored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scoring {
    pub(super) kind: Kind,
    pub(super) resources: Vec<ResourceSpec>,
}

/// What makes a node good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// That much of it stays free.
    Least,
    /// That much of it is taken.
    Most,
    /// A function of the share that is taken.
    Ratio(Vec<Point>),
}

/// The resources given, or cpu and memory; a weight of zero is one.
pub(in crate::scheduling::plugins) fn resources_or_default(
    mut given: Vec<ResourceSpec>,
) -> Vec<ResourceSpec> {
    if given.is_empty() {
        given = ["cpu", "memory"]
            .map(|name| ResourceSpec {
                name: name.to_owned(),
                weight: 1,
            })
            .to_vec();
    }
    for resource in given.iter_mut().filter(|resource| resource.weight == 0) {
        resource.weight = 1;
    }
    given
}

fn error(field: impl Into<String>, message: impl Into<String>) -> ArgsError {
    ArgsError {
        field: field.into(),
        message: message.into(),
    }
}

impl Args {
    /// Whether the filter overlooks the resource called `name`: an extended one that is listed, or whose domain is.
    pub(super) fn ignores(&self, name: &str) -> bool {
        let Some((group, _)) = name.split_once('/').filter(|_| !name.contains("kubernetes.io/")) else {
            return false;
        };
        self.ignored_resources.iter().any(|ignored| ignored == name)
            || self
                .ignored_resource_groups
                .iter()
                .any(|ignored| ignored == group)
    }

    /// The scoring strategy, default where none is given.
    pub(super) fn scoring(&mut self) -> Result<Scoring, ArgsError> {
        for (at, name) in self.ignored_resources.iter().enumerate() {
            if !syntax::is_label_key(name) {
                return Err(error(
                    format!("ignoredResources[{at}]"),
                    format!("'{name}' is no resource's name"),
                ));
            }
        }
        for (at, name) in self.ignored_resource_groups.iter().enumerate() {
            if name.contains('/') || !syntax::is_label_key(name) {
                let message = format!("'{name}' is no domain of resources; write what is before the slash");
                return Err(error(format!("ignoredResourceGroups[{at}]"), message));
            }
        }
        let Some(strategy) = self.scoring_strategy.take() else {
            return Ok(Scoring {
                kind: Kind::Least,
                resources: resources_or_default(Vec::new()),
            });
        };
        let resources = resources_or_default(strategy.resources);
        for (at, resource) in resources.iter().enumerate() {
            if !(1..=100).contains(&resource.weight) {
                let message = format!("{} is not in the range 1 to 100", resource.weight);
                return Err(error(format!("scoringStrategy.resources[{at}].weight"), message));
            }
        }
        let ratio = strategy.requested_to_capacity_ratio;
        let field = "scoringStrategy.requestedToCapacityRatio";
        let kind = match (strategy.r#type.as_str(), ratio) {
            ("RequestedToCapacityRatio", Some(ratio)) => Kind::Ratio(valid_shape(ratio.shape)?),
            ("RequestedToCapacityRatio", None) => {
                return Err(error(
                    field,
                    "it is needed where the type is RequestedToCapacityRatio",
                ));
            }
            ("LeastAllocated", None) => Kind::Least,
            ("MostAllocated", None) => Kind::Most,
            ("LeastAllocated" | "MostAllocated", Some(_)) => {
                return Err(error(field, "it is for the type RequestedToCapacityRatio alone"));
            }
            (other, _) => {
                let message =
                    format!("'{other}' is none of LeastAllocated, MostAllocated, RequestedToCapacityRatio");
                return Err(error("scoringStrategy.type", message));
            }
        };
        Ok(Scoring { kind, resources })
    }
}

fn valid_shape(shape: Vec<Point>) -> Result<Vec<Point>, ArgsError> {
    let field = "scoringStrategy.requestedToCapacityRatio.shape";
    if shape.is_empty() {
        return Err(error(field, "it needs at least one point"));
    }
    for (at, point) in shape.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| shape.get(before));
        if before.is_some_and(|before| before.utilization >= point.utilization) {
            let message = "utilization must grow from point to point";
            return Err(error(format!("{field}[{at}].utilization"), message));
        }
        if !(0..=100).contains(&point.utilization) {
            let message = format!("{} is not in the range 0 to 100", point.utilization);
            return Err(error(format!("{field}[{at}].utilization"), message));
        }
        if !(0..=10).contains(&point.score) {
            let message = format!("{} is not in the range 0 to 10", point.score);
            return Err(error(format!("{field}[{at}].score"), message));
        }
    }
    Ok(shape)
}
