//! The constraints that hold for a pod.

use std::sync::Arc;

use super::{HOSTNAME, PodTopologySpread, default_selector};
use crate::model::cluster::LabelColumn;
use crate::model::label_selector::LabelSelector;
use crate::model::selector::{Operator, Requirement};
use crate::model::topology_spread::{InclusionPolicy, SpreadConstraint, WhenUnsatisfiable};
use crate::model::{NodeId, Pod};
use crate::scheduling::explanation::Explanation;
use crate::scheduling::plugin::Cycle;

/// Those of a pod for one action, ready to count by.
pub(super) struct Constraints<'a> {
    pub(super) all: Vec<Constraint<'a>>,
    /// Whether a node must have every label to take part.
    pub(super) all_labels: bool,
}

/// A constraint, ready to count by.
pub(super) struct Constraint<'a> {
    pub(super) max_skew: i32,
    pub(super) key: Arc<str>,
    pub(super) selector: LabelSelector,
    pub(super) min_domains: i32,
    /// Whether nodes count that node affinity leaves out.
    pub(super) affinity: InclusionPolicy,
    /// Whether nodes count whose taints are not tolerated.
    pub(super) taints: InclusionPolicy,
    /// The nodes' labels under the key; `None` where no node has it.
    column: Option<&'a LabelColumn>,
    /// Where it comes from, for showing.
    field: String,
    origin: String,
}

impl<'a> Constraints<'a> {
    /// The pod's own constraints with `action`; where it has none at all, the default ones, if something owns or selects it.
    pub(super) fn of(plugin: &PodTopologySpread, cycle: Cycle<'a>, action: WhenUnsatisfiable) -> Self {
        let Cycle { cluster, pod } = cycle;
        let own = !pod.spec.spread.is_empty();
        let given = if own {
            &pod.spec.spread
        } else {
            &plugin.defaults.constraints
        };
        let given = given.iter().enumerate();
        let mut given = given
            .filter(|(_, constraint)| constraint.when_unsatisfiable == action)
            .peekable();
        let mut constraints = Self {
            all: Vec::new(),
            all_labels: own || !plugin.defaults.of_system,
        };
        if given.peek().is_none() {
            return constraints;
        }
        let default = (!own).then(|| default_selector::of(pod, cluster));
        if default
            .as_ref()
            .is_some_and(|default| default.selector.is_everything())
        {
            return constraints;
        }
        constraints.all = given
            .map(|(at, from)| {
                let (selector, field, origin) = match &default {
                    Some(default) => (default.selector.clone(), String::new(), default.from.join(", ")),
                    None => (
                        selector(from, pod, plugin.match_label_keys),
                        format!("spec.topologySpreadConstraints[{at}]"),
                        String::new(),
                    ),
                };
                Constraint {
                    max_skew: from.max_skew,
                    key: Arc::clone(&from.topology_key),
                    selector,
                    min_domains: from.min_domains.unwrap_or(1),
                    affinity: from.node_affinity_policy,
                    taints: from.node_taints_policy,
                    column: cluster.nodes.labels().get(&from.topology_key),
                    field,
                    origin,
                }
            })
            .collect();
        constraints
    }

    /// Whether `node` has the label of every constraint.
    pub(super) fn has_all_labels(&self, node: NodeId) -> bool {
        self.all.iter().all(|constraint| constraint.domain(node) != 0)
    }
}

impl Constraint<'_> {
    /// The number of the node's domain; 0 where it lacks the label.
    pub(super) fn domain(&self, node: NodeId) -> usize {
        self.column.map_or(0, |column| column.number(node))
    }

    /// What the label says on `node`.
    pub(super) fn value(&self, node: NodeId) -> Option<&str> {
        Some(self.column?.get(node)?)
    }

    /// How many numbers domains may have, 0 included.
    pub(super) fn numbers(&self) -> usize {
        self.column.map_or(1, LabelColumn::numbers)
    }

    /// The number of the domain whose value is the empty text.
    pub(super) fn empty_domain(&self) -> Option<usize> {
        let is_empty = |value: Option<&Arc<str>>| value.is_some_and(|value| value.is_empty());
        self.column?.judge(is_empty).iter().position(|&is| is)
    }

    /// Whether the domains are single nodes.
    pub(super) fn is_by_node(&self) -> bool {
        &*self.key == HOSTNAME
    }

    /// Whether placed pods count at all: upstream counts none for a selector that selects every pod.
    pub(super) fn counts(&self) -> bool {
        !self.selector.is_everything()
    }

    /// Tells what it says and where.
    pub(super) fn tell(&self, why: &mut Explanation) {
        let mut parts = vec![self.key.to_string(), format!("maxSkew {}", self.max_skew)];
        if self.min_domains != 1 {
            parts.push(format!("minDomains {}", self.min_domains));
        }
        if self.affinity == InclusionPolicy::Ignore {
            parts.push("nodeAffinityPolicy Ignore".to_owned());
        }
        if self.taints == InclusionPolicy::Honor {
            parts.push("nodeTaintsPolicy Honor".to_owned());
        }
        let name = if self.origin.is_empty() {
            "spread over".to_owned()
        } else {
            format!("spread by default ({}) over", self.origin)
        };
        why.pod(name, parts.join(", "), self.field.as_str());
        why.pod(
            "counted are pods with",
            words(&self.selector),
            match &*self.field {
                "" => String::new(),
                field => format!("{field}.labelSelector"),
            },
        );
    }
}

/// The constraint's selector with the pod's own values of `matchLabelKeys`.
fn selector(from: &SpreadConstraint, pod: &Pod, match_label_keys: bool) -> LabelSelector {
    let LabelSelector::All(requirements) = &from.selector else {
        return LabelSelector::Nothing;
    };
    let keys = from.match_label_keys.iter().filter(|_| match_label_keys);
    let own = keys.filter_map(|key| {
        Some(Requirement {
            key: Arc::clone(key),
            operator: Operator::In,
            values: vec![Arc::clone(pod.labels.get_shared(key)?)],
        })
    });
    LabelSelector::all(requirements.iter().cloned().chain(own).collect())
}

fn words(selector: &LabelSelector) -> String {
    let LabelSelector::All(requirements) = selector else {
        return "nothing: there is no selector".to_owned();
    };
    if requirements.is_empty() {
        return "anything: an empty selector, for which placed pods count as none".to_owned();
    }
    let one = |r: &Requirement| match (r.operator, r.values.as_slice()) {
        (Operator::In, [value]) => format!("{}={value}", r.key),
        (_, []) => format!("{} {}", r.key, r.operator.as_str()),
        _ => format!("{} {} ({})", r.key, r.operator.as_str(), r.values.join(", ")),
    };
    requirements.iter().map(one).collect::<Vec<_>>().join(", ")
}
