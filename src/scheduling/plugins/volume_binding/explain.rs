//! The claims of a pod on one node, in words.

use super::bound::Standing;
use super::plan::{BIND_CONFLICT, NO_STORAGE, NO_VOLUME, NODE_CONFLICT, NoPlan, Plan, Planner};
use super::provision::{Offer, Provisioning};
use crate::model::NodeId;
use crate::model::resources::show_bytes;
use crate::model::selector::{NodeSelector, Requirement};
use crate::model::storage::PersistentVolumeClaim;
use crate::scheduling::explanation::{Explanation, HOLDS};
use crate::scheduling::plugins::volumes::claim_field;

impl Planner<'_> {
    /// Why the node is judged as it is: what would be done about each claim.
    pub(super) fn explain(&self, node: NodeId) -> Explanation {
        let mut why = Explanation::new("every claim of the pod can be used on the node");
        let mut plan = Plan::default();
        let outcome = self.plan(node, &mut plan);
        self.bound_steps(node, &mut why);
        let failed = match &outcome {
            Err(NoPlan::Failed(status)) => Some(status.message()),
            _ => None,
        };
        match failed {
            Some(text) => {
                why.summary.clone_from(&text);
                if !why.steps.iter().any(|step| step.result == text) {
                    why.step("the claims can be judged", "they cannot", text);
                }
            }
            None => self.delayed_steps(node, &plan, &mut why),
        }
        if let Some(step) = why.steps.iter().find(|step| step.result != HOLDS) {
            why.summary = format!("{}: {}", step.name, step.formula);
        }
        why
    }

    fn bound_steps(&self, node: NodeId, why: &mut Explanation) {
        let volumes = self.cycle.cluster.nodes.volumes();
        for bound in &self.bound {
            let claim = bound.claim;
            let name = format!("claim {} is bound to {}", claim.name, claim.volume);
            self.claim_input(claim, why);
            if let Some(affinity) = bound
                .volume
                .as_ref()
                .and_then(|bound| bound.volume.node_affinity.as_deref())
            {
                self.label_inputs(affinity, node, why);
            }
            let standing = bound.on(node, volumes);
            let affinity = bound.volume.as_ref().map(|bound| {
                let migrated = bound.is_migrated_on(node, volumes);
                let affinity = match bound.volume.node_affinity.as_deref() {
                    None => "the volume can be reached from every node".to_owned(),
                    Some(affinity) => format!("the volume can be reached where {}", selector(affinity)),
                };
                let by = if migrated {
                    " (as its CSI driver says it)"
                } else {
                    ""
                };
                format!("{affinity}{by}")
            });
            match standing {
                Standing::Reachable => {
                    why.step(name, affinity.unwrap_or_default(), HOLDS);
                    continue;
                }
                Standing::OutOfReach => why.step(name, affinity.unwrap_or_default(), NODE_CONFLICT),
                Standing::NoVolume => {
                    why.step(name, format!("there is no volume {}", claim.volume), NO_VOLUME);
                }
                Standing::Untranslatable(text) => {
                    why.step(name, text, format!("could not translate pv: {text}"));
                }
            }
            break;
        }
    }

    /// A claim, and where the pod asks for it.
    pub(super) fn claim_input(&self, claim: &PersistentVolumeClaim, why: &mut Explanation) {
        why.pod("claim", shown(claim), claim_field(self.cycle.pod, &claim.name));
    }

    /// The node's labels that `affinity` looks at.
    fn label_inputs(&self, affinity: &NodeSelector, node: NodeId, why: &mut Explanation) {
        let Some(node) = self.cycle.cluster.nodes.get(node) else {
            return;
        };
        let expressions = affinity.terms.iter().flat_map(|term| &term.expressions);
        for key in expressions.map(|requirement| &requirement.key) {
            let field = format!("metadata.labels.{key}");
            if !why.inputs.iter().any(|input| input.field == field) {
                why.node(&**key, node.labels.get(key).unwrap_or("no such label"), field);
            }
        }
    }

    fn delayed_steps(&self, node: NodeId, plan: &Plan<'_>, why: &mut Explanation) {
        let here = self.cycle.cluster.nodes.get(node).map(|node| &node.name);
        for delayed in &self.delayed {
            let claim = delayed.claim;
            if let Some(selected) = claim.selected_node.as_ref().filter(|name| Some(*name) != here) {
                let formula = format!("its volume is being made for node {selected}");
                why.step(format!("claim {}", claim.name), formula, BIND_CONFLICT);
                return;
            }
        }
        for (claim, volume) in &plan.bindings {
            self.claim_input(claim, why);
            let formula = format!(
                "bind it to volume {}: {} for {} asked for",
                volume.name,
                show_bytes(volume.capacity.value()),
                show_bytes(claim.requested().value())
            );
            why.step(format!("claim {} gets a volume", claim.name), formula, HOLDS);
        }
        for (claim, _) in &plan.provisions {
            let Some(delayed) = self
                .delayed
                .iter()
                .find(|delayed| std::sync::Arc::ptr_eq(delayed.claim, claim))
            else {
                continue;
            };
            self.claim_input(claim, why);
            let before = if delayed.candidates.is_some() {
                "no volume that is there fits; "
            } else {
                ""
            };
            let (formula, result) = match delayed.provisioning.on(node) {
                Offer::Volume(None) => (
                    format!("have one made of class {:?}", claim.class),
                    HOLDS.to_owned(),
                ),
                Offer::Volume(Some(storage)) => {
                    let limit = storage.limit().map_or(0, crate::model::quantity::Quantity::value);
                    (
                        format!(
                            "have one made of class {:?}: {}, up to {} by CSIStorageCapacity {}/{}",
                            claim.class,
                            show_bytes(claim.requested().value()),
                            show_bytes(limit),
                            storage.namespace,
                            storage.name
                        ),
                        HOLDS.to_owned(),
                    )
                }
                Offer::NoVolume => (no_volume(&delayed.provisioning), BIND_CONFLICT.to_owned()),
                Offer::NoStorage => (
                    format!(
                        "no CSIStorageCapacity of class {:?} for the node has {}",
                        claim.class,
                        show_bytes(claim.requested().value())
                    ),
                    NO_STORAGE.to_owned(),
                ),
                Offer::Unclear(fault) => (fault.to_string(), fault.to_string()),
                Offer::Error(text) => (text.to_string(), text.to_string()),
            };
            let out = result != HOLDS;
            why.step(
                format!("claim {} gets a volume", claim.name),
                format!("{before}{formula}"),
                result,
            );
            if out {
                return;
            }
        }
    }
}

fn no_volume(provisioning: &Provisioning<'_>) -> String {
    match provisioning {
        Provisioning::Supported { class, .. } => {
            let terms = class.allowed_topologies.iter();
            let terms = terms.map(|term| requirements(&term.requirements));
            let terms: Vec<String> = terms.collect();
            format!(
                "class {:?} makes volumes only where {}",
                class.name,
                terms.join(", or ")
            )
        }
        Provisioning::Unsupported(class) => format!("class {:?} makes no volumes", class.name),
        Provisioning::Error(text) => text.to_string(),
    }
}

fn shown(claim: &PersistentVolumeClaim) -> String {
    let class = if claim.class.is_empty() {
        "no class".to_owned()
    } else {
        format!("class {}", claim.class)
    };
    format!(
        "{}, {class}, {}, {}",
        claim.name,
        show_bytes(claim.requested().value()),
        claim.access_modes.shown()
    )
}

fn selector(selector: &NodeSelector) -> String {
    let terms = selector.terms.iter().map(|term| requirements(&term.expressions));
    let terms: Vec<String> = terms.collect();
    if terms.is_empty() {
        return "nothing is (there are no terms)".to_owned();
    }
    terms.join(", or ")
}

fn requirements(all: &[Requirement]) -> String {
    let written = all.iter().map(|r| match r.values.len() {
        0 => format!("{} {}", r.key, r.operator.as_str()),
        _ => format!("{} {} [{}]", r.key, r.operator.as_str(), r.values.join(", ")),
    });
    let written: Vec<String> = written.collect();
    if written.is_empty() {
        return "(nothing is asked)".to_owned();
    }
    written.join(" and ")
}
