//! Extension points, and which plugins of kube-scheduler 1.37 take part in which.

use crate::scheduling::features::{FeatureGates, Gate};
use crate::scheduling::plugin::Phase;
use crate::scheduling::plugins;

macro_rules! points {
    ($($point:ident $field:literal,)*) => {
        /// An extension point of the scheduling framework.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the names are upstream's")]
        pub enum Point {
            $($point,)*
        }

        impl Point {
            /// All of them: those of a pod's cycle in order, then those of groups of pods.
            pub const ALL: &'static [Self] = &[$(Self::$point,)*];

            /// The field of `plugins` in a configuration.
            pub const fn field(self) -> &'static str {
                match self {
                    $(Self::$point => $field,)*
                }
            }
        }
    };
}

points! {
    PreEnqueue "preEnqueue",
    QueueSort "queueSort",
    PreFilter "preFilter",
    Filter "filter",
    PostFilter "postFilter",
    PreScore "preScore",
    Score "score",
    Reserve "reserve",
    Permit "permit",
    PreBind "preBind",
    Bind "bind",
    PostBind "postBind",
    PlacementGenerate "placementGenerate",
    PlacementScore "placementScore",
    PodGroupPostFilter "podGroupPostFilter",
}

impl Point {
    /// The phase of a pod's cycle that it is; `None` for those of groups of pods.
    pub fn phase(self) -> Option<Phase> {
        Phase::ALL.into_iter().find(|&phase| Self::of(phase) == self)
    }

    /// The extension point that `phase` is.
    pub const fn of(phase: Phase) -> Self {
        match phase {
            Phase::PreEnqueue => Self::PreEnqueue,
            Phase::QueueSort => Self::QueueSort,
            Phase::PreFilter => Self::PreFilter,
            Phase::Filter => Self::Filter,
            Phase::PostFilter => Self::PostFilter,
            Phase::PreScore => Self::PreScore,
            Phase::Score => Self::Score,
            Phase::Reserve => Self::Reserve,
            Phase::Permit => Self::Permit,
            Phase::PreBind => Self::PreBind,
            Phase::Bind => Self::Bind,
            Phase::PostBind => Self::PostBind,
        }
    }
}

/// A plugin of the default profile: its name, its weight where it has one, the gate without which it is left out.
struct Default(&'static str, i32, Option<Gate>);

/// In the order of `multiPoint`.
const DEFAULTS: &[Default] = &[
    Default("SchedulingGates", 0, None),
    Default("PrioritySort", 0, None),
    Default("NodeName", 0, None),
    Default("NodeUnschedulable", 0, None),
    Default("TaintToleration", 3, None),
    Default("NodeAffinity", 2, None),
    Default("NodePorts", 0, None),
    Default(
        "DeferredPodScheduling",
        0,
        Some(Gate::InPlacePodVerticalScalingSchedulerPreemption),
    ),
    Default("NodeResourcesFit", 1, None),
    Default("VolumeRestrictions", 0, None),
    Default("NodeVolumeLimits", 0, None),
    Default("VolumeBinding", 0, None),
    Default("VolumeZone", 0, None),
    Default("PodTopologySpread", 2, None),
    Default("InterPodAffinity", 2, None),
    Default("DynamicResources", 2, Some(Gate::DynamicResourceAllocation)),
    Default("DefaultPreemption", 0, None),
    Default("NodeResourcesBalancedAllocation", 1, None),
    Default("ImageLocality", 1, None),
    Default("DefaultBinder", 0, None),
    Default("NodeDeclaredFeatures", 0, Some(Gate::NodeDeclaredFeatures)),
    Default("GangScheduling", 0, Some(Gate::GenericWorkload)),
    Default(
        "TopologyPlacementGenerator",
        0,
        Some(Gate::TopologyAwareWorkloadScheduling),
    ),
    Default(
        "PodGroupPodsCount",
        1,
        Some(Gate::TopologyAwareWorkloadScheduling),
    ),
];

/// Plugins of earlier versions that a configuration must not name.
pub(super) const REMOVED: [&str; 4] = ["AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits"];

/// Plugins, off by default, that berth has no rule for.
pub(super) const UNJUDGED: [&str; 4] = [
    "DeferredPodScheduling",
    "GangScheduling",
    "TopologyPlacementGenerator",
    "PodGroupPodsCount",
];

/// The plugins that `multiPoint` enables by default, with their weights, 0 where none is given.
pub(super) fn defaults(gates: FeatureGates) -> impl Iterator<Item = (&'static str, i32)> {
    let on = move |gate: &Option<Gate>| gate.is_none_or(|gate| gates.enabled(gate));
    let defaults = DEFAULTS.iter().filter(move |Default(_, _, gate)| on(gate));
    defaults.map(|Default(name, weight, _)| (*name, *weight))
}

/// Every plugin there is.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let own = plugins::TABLE.iter().map(|row| row.name);
    DEFAULTS
        .iter()
        .map(|Default(name, _, _)| *name)
        .chain(own.filter(|name| upstream(name).is_none()))
}

/// The extension points that `plugin` has a part in; `None` where there is no such plugin.
pub fn of_plugin(plugin: &str) -> Option<Vec<Point>> {
    upstream(plugin).map(<[Point]>::to_vec).or_else(|| {
        let phases = plugins::row(plugin)?.phases.iter();
        Some(phases.map(|&phase| Point::of(phase)).collect())
    })
}

/// Those of a plugin of kube-scheduler.
fn upstream(plugin: &str) -> Option<&'static [Point]> {
    use Point::{
        Bind, Filter, Permit, PlacementGenerate, PlacementScore, PodGroupPostFilter, PostFilter, PreBind,
        PreEnqueue, PreFilter, PreScore, QueueSort, Reserve, Score,
    };
    Some(match plugin {
        "SchedulingGates" => &[PreEnqueue],
        "PrioritySort" => &[QueueSort],
        "NodeName"
        | "NodeUnschedulable"
        | "NodePorts"
        | "VolumeRestrictions"
        | "NodeVolumeLimits"
        | "VolumeZone"
        | "NodeDeclaredFeatures" => &[PreFilter, Filter],
        "DeferredPodScheduling" => &[PreFilter, Filter, Permit],
        "TaintToleration" | "NodeAffinity" | "PodTopologySpread" | "InterPodAffinity" => {
            &[PreFilter, Filter, PreScore, Score]
        }
        "NodeResourcesFit" => &[PreFilter, Filter, PreScore, Score, PlacementScore],
        "VolumeBinding" => &[PreFilter, Filter, PreScore, Score, Reserve, PreBind],
        "DynamicResources" => &[
            PreEnqueue,
            PreFilter,
            Filter,
            PostFilter,
            Score,
            Reserve,
            PreBind,
            PodGroupPostFilter,
        ],
        "DefaultPreemption" => &[PreEnqueue, PostFilter, PodGroupPostFilter],
        "NodeResourcesBalancedAllocation" => &[PreScore, Score],
        "ImageLocality" => &[Score],
        "DefaultBinder" => &[Bind],
        "GangScheduling" => &[PreEnqueue, Permit],
        "TopologyPlacementGenerator" => &[PlacementGenerate],
        "PodGroupPodsCount" => &[PlacementScore],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_no_phase_that_upstream_has_not() {
        for row in plugins::TABLE {
            let points = of_plugin(row.name).unwrap();
            for &phase in row.phases {
                assert!(points.contains(&Point::of(phase)), "{}: {phase:?}", row.name);
            }
        }
    }

    #[test]
    fn every_default_plugin_has_extension_points() {
        for name in names() {
            assert!(of_plugin(name).is_some_and(|points| !points.is_empty()), "{name}");
        }
    }
}
