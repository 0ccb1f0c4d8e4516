//! The plugin's arguments: `PodTopologySpreadArgs`.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::model::label_selector::LabelSelector;
use crate::model::syntax;
use crate::model::topology_spread::{InclusionPolicy, SpreadConstraint, WhenUnsatisfiable};
use crate::scheduling::plugins::ArgsError;

/// `PodTopologySpreadArgs`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Args {
    default_constraints: Option<Vec<DefaultConstraint>>,
    defaulting_type: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct DefaultConstraint {
    max_skew: i32,
    topology_key: String,
    when_unsatisfiable: String,
    label_selector: Option<IgnoredAny>,
    min_domains: Option<i32>,
    node_affinity_policy: Option<String>,
    node_taints_policy: Option<String>,
    match_label_keys: Option<Vec<String>>,
}

/// The constraints of pods that have none of their own.
#[derive(Debug)]
pub(super) struct Defaults {
    /// Without selectors: these come from what owns or selects the pod.
    pub(super) constraints: Vec<SpreadConstraint>,
    /// Whether they are those of kube-scheduler itself: then nodes without one of the labels are scored all the same.
    pub(super) of_system: bool,
}

impl Defaults {
    /// Those that `args` ask for, checked as upstream checks them.
    pub(super) fn new(args: Args) -> Result<Self, ArgsError> {
        let given = args.default_constraints.unwrap_or_default();
        match args.defaulting_type.as_str() {
            "" | "System" if given.is_empty() => {
                return Ok(Self {
                    constraints: vec![
                        of_system(super::HOSTNAME, 3),
                        of_system("topology.kubernetes.io/zone", 5),
                    ],
                    of_system: true,
                });
            }
            "" | "System" => {
                return Err(error(
                    "defaultingType",
                    "it is System where defaultConstraints are not empty: List is meant",
                ));
            }
            "List" => {}
            other => {
                return Err(error(
                    "defaultingType",
                    format!("'{other}' is none of System, List"),
                ));
            }
        }
        let mut constraints: Vec<SpreadConstraint> = Vec::with_capacity(given.len());
        for (at, from) in given.into_iter().enumerate() {
            let path = format!("defaultConstraints[{at}]");
            let constraint = from
                .read()
                .map_err(|(field, message)| error(format!("{path}.{field}"), message))?;
            let again = constraints.iter().any(|have| {
                have.topology_key == constraint.topology_key
                    && have.when_unsatisfiable == constraint.when_unsatisfiable
            });
            if again {
                let (key, action) = (&constraint.topology_key, constraint.when_unsatisfiable.as_str());
                return Err(error(
                    path,
                    format!("there is one for '{key}' with {action} already"),
                ));
            }
            constraints.push(constraint);
        }
        Ok(Self {
            constraints,
            of_system: false,
        })
    }
}

impl DefaultConstraint {
    fn read(self) -> Result<SpreadConstraint, (&'static str, String)> {
        if self.max_skew <= 0 {
            return Err(("maxSkew", format!("{} is not above zero", self.max_skew)));
        }
        if self.topology_key.is_empty() {
            return Err(("topologyKey", "it must not be empty".to_owned()));
        }
        if !syntax::is_label_key(&self.topology_key) {
            return Err(("topologyKey", format!("'{}' is no label key", self.topology_key)));
        }
        if self.when_unsatisfiable.is_empty() {
            return Err(("whenUnsatisfiable", "it must not be empty".to_owned()));
        }
        let action = WhenUnsatisfiable::parse(&self.when_unsatisfiable)
            .map_err(|message| ("whenUnsatisfiable", message))?;
        if self.label_selector.is_some() {
            let message = "a default constraint has none: it comes from what owns or selects the pod";
            return Err(("labelSelector", message.to_owned()));
        }
        // Upstream checks neither policy: what is not Honor counts as Ignore.
        let policy = |text: Option<&String>, default| match text.map(String::as_str) {
            None => default,
            Some("Honor") => InclusionPolicy::Honor,
            Some(_) => InclusionPolicy::Ignore,
        };
        Ok(SpreadConstraint {
            max_skew: self.max_skew,
            topology_key: self.topology_key.into(),
            when_unsatisfiable: action,
            selector: LabelSelector::Nothing,
            min_domains: self.min_domains,
            node_affinity_policy: policy(self.node_affinity_policy.as_ref(), InclusionPolicy::Honor),
            node_taints_policy: policy(self.node_taints_policy.as_ref(), InclusionPolicy::Ignore),
            match_label_keys: self
                .match_label_keys
                .into_iter()
                .flatten()
                .map(Arc::from)
                .collect(),
        })
    }
}

fn of_system(topology_key: &str, max_skew: i32) -> SpreadConstraint {
    SpreadConstraint {
        max_skew,
        topology_key: topology_key.into(),
        when_unsatisfiable: WhenUnsatisfiable::ScheduleAnyway,
        selector: LabelSelector::Nothing,
        min_domains: None,
        node_affinity_policy: InclusionPolicy::Honor,
        node_taints_policy: InclusionPolicy::Ignore,
        match_label_keys: Vec::new(),
    }
}

fn error(field: impl Into<String>, message: impl Into<String>) -> ArgsError {
    ArgsError {
        field: field.into(),
        message: message.into(),
    }
}
