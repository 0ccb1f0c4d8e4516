//! Topology spread constraints.

use std::sync::Arc;

use super::label_selector::LabelSelector;

/// One of a pod's `spec.topologySpreadConstraints`, or of a profile's default constraints.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SpreadConstraint {
    /// How many more matching pods a domain may have than the one with the fewest.
    pub max_skew: i32,
    /// The node label whose values are the domains.
    pub topology_key: Arc<str>,
    /// Whether it keeps the pod off (`DoNotSchedule`) or only costs score (`ScheduleAnyway`).
    pub when_unsatisfiable: WhenUnsatisfiable,
    /// Which pods count.
    pub selector: LabelSelector,
    /// With fewer domains than this the fewest count as none.
    pub min_domains: Option<i32>,
    /// Whether nodes count that the pod's node affinity and selector leave out.
    pub node_affinity_policy: InclusionPolicy,
    /// Whether nodes count whose taints the pod does not tolerate.
    pub node_taints_policy: InclusionPolicy,
    /// Labels whose values in the pod itself are added to the selector.
    pub match_label_keys: Vec<Arc<str>>,
}

/// What a constraint does where it does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhenUnsatisfiable {
    /// It keeps the pod off.
    DoNotSchedule,
    /// It costs score.
    ScheduleAnyway,
}

impl WhenUnsatisfiable {
    /// Reads the API's word for it.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        [Self::DoNotSchedule, Self::ScheduleAnyway]
            .into_iter()
            .find(|action| action.as_str() == text)
            .ok_or_else(|| format!("'{text}' is none of DoNotSchedule, ScheduleAnyway"))
    }

    /// The API's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DoNotSchedule => "DoNotSchedule",
            Self::ScheduleAnyway => "ScheduleAnyway",
        }
    }
}

/// Whether something is looked at when nodes are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InclusionPolicy {
    /// Nodes that the pod cannot use for that reason do not count.
    Honor,
    /// They count.
    Ignore,
}

impl InclusionPolicy {
    /// Reads the API's word for it.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        [Self::Honor, Self::Ignore]
            .into_iter()
            .find(|policy| policy.as_str() == text)
            .ok_or_else(|| format!("'{text}' is none of Honor, Ignore"))
    }

    /// The API's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Honor => "Honor",
            Self::Ignore => "Ignore",
        }
    }
}
