//! Which plugins run at which extension point, by upstream's rules for merging a profile with the default one
//! (`mergePlugins` of the API's defaults, then `expandMultiPointPlugins` of the framework).

use std::collections::{BTreeMap, BTreeSet};

use super::error::Problem;
use super::objects::{PluginRef, PluginSet, Plugins};
use super::points::{self, Point};
use crate::scheduling::features::FeatureGates;

/// All plugins of a set.
pub(super) const ALL: &str = "*";
/// The highest score of a plugin, and the highest total, as upstream adds them up.
const MAX_SCORE: i64 = 100;
const MAX_TOTAL: i64 = i64::MAX;

/// What runs in the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effective {
    /// By extension point, the plugins in order.
    pub points: BTreeMap<Point, Vec<String>>,
    /// By plugin that scores, its weight.
    pub weights: BTreeMap<String, i64>,
}

impl Effective {
    /// The plugins at `point`, in order.
    pub fn at(&self, point: Point) -> &[String] {
        self.points.get(&point).map_or(&[], Vec::as_slice)
    }
}

/// What `own` makes of the default plugins; `path` is where it stands.
pub(super) fn effective(own: &Plugins, gates: FeatureGates, path: &str) -> Result<Effective, Vec<Problem>> {
    let mut merging = Merging {
        own,
        path,
        problems: Vec::new(),
    };
    let multi_point = merged_with_defaults(&own.multi_point, gates);
    merging.all_exist(&own.multi_point, "multiPoint");
    for &point in Point::ALL {
        merging.all_exist(own.at(point), point.field());
    }
    if !merging.problems.is_empty() {
        return Err(merging.problems);
    }
    let mut effective = Effective::default();
    for &point in Point::ALL {
        let plugins = merging.expand(point, &multi_point);
        effective.points.insert(point, plugins);
    }
    merging.required(&effective);
    effective.weights = merging.weights(Point::Score, &multi_point);
    merging.weights(Point::PlacementScore, &multi_point);
    if merging.problems.is_empty() {
        Ok(effective)
    } else {
        Err(merging.problems)
    }
}

/// The default `multiPoint`, with what `own` disables left out and what it enables put in its place, or at the end.
fn merged_with_defaults(own: &PluginSet, gates: FeatureGates) -> Vec<PluginRef> {
    let disabled: BTreeSet<&str> = own.disabled.iter().map(|plugin| plugin.name.as_str()).collect();
    let mut replaced = BTreeSet::new();
    let mut merged = Vec::new();
    for (name, weight) in points::defaults(gates) {
        if disabled.contains(ALL) || disabled.contains(name) {
            continue;
        }
        // Of several with one name the last replaces the default; the others make a plugin enabled twice.
        match own.enabled.iter().rposition(|plugin| plugin.name == name) {
            Some(at) => {
                replaced.insert(at);
                merged.extend(own.enabled.get(at).cloned());
            }
            None => merged.push(PluginRef {
                name: name.to_owned(),
                weight,
            }),
        }
    }
    let others = own
        .enabled
        .iter()
        .enumerate()
        .filter(|(at, _)| !replaced.contains(at));
    merged.extend(others.map(|(_, plugin)| plugin.clone()));
    merged
}

fn takes_part(plugin: &str, point: Point) -> bool {
    points::of_plugin(plugin).is_some_and(|points| points.contains(&point))
}

struct Merging<'a> {
    own: &'a Plugins,
    path: &'a str,
    problems: Vec<Problem>,
}

impl Merging<'_> {
    fn all_exist(&mut self, set: &PluginSet, field: &str) {
        for (at, plugin) in set.enabled.iter().enumerate() {
            if points::of_plugin(&plugin.name).is_none() {
                let path = format!("{}.{field}.enabled[{at}].name", self.path);
                self.problems.push(Problem::no_plugin(path, &plugin.name));
            }
        }
    }

    /// The plugins that run at `point`: first those that it enables itself and `multiPoint` does, too, then the others
    /// of `multiPoint`, then its other own.
    fn expand(&mut self, point: Point, multi_point: &[PluginRef]) -> Vec<String> {
        let own = self.own.at(point);
        let path = format!("{}.{}", self.path, point.field());
        let mut explicit: Vec<&str> = Vec::new();
        for (at, plugin) in own.enabled.iter().enumerate() {
            let name = plugin.name.as_str();
            let path = format!("{path}.enabled[{at}].name");
            if !takes_part(name, point) {
                self.problems.push(Problem::not_at(path, name, point));
            } else if explicit.contains(&name) {
                self.problems.push(Problem::twice(path, name, point));
            } else {
                explicit.push(name);
            }
        }
        let disabled = |name: &str| own.disabled.iter().any(|plugin| plugin.name == name);
        let mut spread: Vec<&str> = Vec::new();
        let mut overridden: BTreeSet<&str> = BTreeSet::new();
        if !disabled(ALL) {
            for plugin in multi_point {
                let name = plugin.name.as_str();
                if !takes_part(name, point) || disabled(name) {
                    continue;
                }
                if explicit.contains(&name) {
                    overridden.insert(name);
                } else if spread.contains(&name) {
                    let enabled = &self.own.multi_point.enabled;
                    let at = enabled.iter().position(|plugin| plugin.name == name).unwrap_or(0);
                    let path = format!("{}.multiPoint.enabled[{at}].name", self.path);
                    self.problems.push(Problem::twice(path, name, point));
                } else {
                    spread.push(name);
                }
            }
        }
        let (first, last): (Vec<&str>, Vec<&str>) =
            explicit.into_iter().partition(|name| overridden.contains(name));
        first
            .into_iter()
            .chain(spread)
            .chain(last)
            .map(str::to_owned)
            .collect()
    }

    /// How many plugins some extension points must have.
    fn required(&mut self, effective: &Effective) {
        let sorts = effective.at(Point::QueueSort);
        if sorts.len() != 1 {
            let found = match sorts {
                [] => "none is enabled".to_owned(),
                all => format!("enabled are {}", all.join(", ")),
            };
            self.problems.push(Problem::new(
                format!("{}.queueSort", self.path),
                format!("a profile needs exactly one plugin that sorts the queue; {found}"),
                "Enable PrioritySort and no other.",
            ));
        }
        if effective.at(Point::Bind).is_empty() {
            self.problems.push(Problem::new(
                format!("{}.bind", self.path),
                "a profile needs a plugin that binds; none is enabled",
                "Enable DefaultBinder at bind, or at multiPoint.",
            ));
        }
        if effective.at(Point::PlacementGenerate).len() > 1 {
            self.problems.push(Problem::new(
                format!("{}.placementGenerate", self.path),
                "a profile has at most one plugin that generates placements",
                "Disable the others.",
            ));
        }
    }

    /// The weights at `point`: the plugin's own there before that of `multiPoint`; none is 1.
    fn weights(&mut self, point: Point, multi_point: &[PluginRef]) -> BTreeMap<String, i64> {
        let mut weights = BTreeMap::new();
        let mut total: i64 = 0;
        for plugin in self.own.at(point).enabled.iter().chain(multi_point) {
            if !takes_part(&plugin.name, point) || weights.contains_key(&plugin.name) {
                continue;
            }
            let weight = match plugin.weight {
                0 => 1,
                weight => i64::from(weight),
            };
            weights.insert(plugin.name.clone(), weight);
            // As upstream: a total below zero wraps around here.
            if weight * MAX_SCORE > MAX_TOTAL.wrapping_sub(total) {
                self.problems.push(Problem::new(
                    format!("{}.{}", self.path, point.field()),
                    format!(
                        "the weights up to that of {} ({weight}) make a total score that could overflow",
                        plugin.name
                    ),
                    "Use small weights above zero: only their ratio counts.",
                ));
                break;
            }
            total = total.wrapping_add(weight * MAX_SCORE);
        }
        weights
    }
}
