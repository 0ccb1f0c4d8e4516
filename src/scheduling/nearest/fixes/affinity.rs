//! Node affinity and nodeSelector: to label the node, or to ask for less.

use std::sync::Arc;

use super::Fix;
use crate::model::labels::Labels;
use crate::model::selector::{NodeSelectorTerm, Operator, Requirement};
use crate::model::{Node, NodeId};
use crate::scheduling::nearest::judge::Judge;
use crate::scheduling::status::Status;
use crate::scheduling::what_if::{Dropped, Supposition};

/// kube-scheduler's words where the profile's own affinity keeps the pod off, which no pod can do without.
const ENFORCED: &str = "node(s) didn't match scheduler-enforced node affinity";

pub(super) fn fixes(judge: &Judge<'_>, status: Option<&Status>, node: NodeId) -> Vec<Fix> {
    let Some(node) = judge.cluster().nodes.get(node) else {
        return Vec::new();
    };
    if status.is_some_and(|status| status.reasons.iter().any(|reason| reason == ENFORCED)) {
        return Vec::new();
    }
    let spec = &judge.pod().spec;
    let selector = spec.node_selector.iter().flat_map(Labels::iter);
    let missing: Vec<(&Arc<str>, &Arc<str>)> = selector
        .filter(|(key, value)| node.labels.get(key) != Some(&***value))
        .collect();
    let required = spec
        .node_affinity
        .as_ref()
        .and_then(|affinity| affinity.required.as_ref());
    let required = required.filter(|required| !required.matches(&node.labels, &node.name));

    // The pod's side: without what is not there.
    let select = |to: fn(&Node, &str) -> Option<Arc<str>>| {
        let parts = missing.iter().map(|(key, _)| Supposition::Select {
            key: Arc::clone(key),
            value: to(node, key),
        });
        let affinity = required.map(|_| Supposition::Drop(Dropped::NodeAffinity));
        parts.chain(affinity).collect::<Fix>()
    };
    let mut fixes = vec![select(|_, _| None)];
    let other = select(|node, key| node.labels.get_shared(key).cloned());
    if !fixes.contains(&other) {
        fixes.push(other);
    }

    // The node's: with the labels that are wanted.
    let label = |key: &Arc<str>, value: Option<Arc<str>>| Supposition::LabelNode {
        node: Arc::clone(&node.name),
        key: Arc::clone(key),
        value,
    };
    let of_selector = missing
        .iter()
        .map(|(key, value)| label(key, Some(Arc::clone(value))));
    let of_selector: Fix = of_selector.collect();
    let terms = required.map(|required| required.terms.iter().filter_map(|term| labels_for(term, node)));
    let of_terms: Vec<Fix> = match terms {
        Some(terms) => terms.collect(),
        None => vec![Fix::new()],
    };
    let smallest = of_terms.into_iter().min_by_key(Vec::len);
    if let Some(of_term) = smallest {
        let mut fix = of_selector;
        fix.extend(
            of_term
                .into_iter()
                .filter(|part| !fix.contains(part))
                .collect::<Fix>(),
        );
        if !fix.is_empty() && fix.iter().all(is_for_people) {
            fixes.push(fix);
        }
    }
    fixes.retain(|fix| !fix.is_empty());
    fixes
}

/// The labels with which `node` would match `term`; `None` where no label helps.
fn labels_for(term: &NodeSelectorTerm, node: &Node) -> Option<Fix> {
    if !term.can_match() || !term.fields.iter().all(|field| field.matches_field(&node.name)) {
        return None;
    }
    let failing = term
        .expressions
        .iter()
        .filter(|r| !r.matches(node.labels.get(&r.key)));
    let labels = failing.map(|requirement| {
        Some(Supposition::LabelNode {
            node: Arc::clone(&node.name),
            key: Arc::clone(&requirement.key),
            value: wanted(requirement)?,
        })
    });
    labels.collect()
}

/// A value that meets `requirement`: `Some(None)` takes the label away.
#[expect(
    clippy::option_option,
    reason = "no way, a label taken away, a label with a value"
)]
fn wanted(requirement: &Requirement) -> Option<Option<Arc<str>>> {
    let first = requirement.values.first();
    let beside = |by: i64| {
        let number: i64 = first?.parse().ok()?;
        Some(Arc::from(number.checked_add(by)?.to_string()))
    };
    match requirement.operator {
        Operator::In => first.map(|value| Some(Arc::clone(value))),
        Operator::Exists => Some(Some("true".into())),
        Operator::NotIn | Operator::DoesNotExist => Some(None),
        Operator::Gt => beside(1).map(Some),
        Operator::Lt => beside(-1).map(Some),
    }
}

/// Whether it sets a label that people give nodes. Those of Kubernetes' own domains say what a node is: its zone, its
/// name, its architecture; another value would be a lie.
fn is_for_people(supposition: &Supposition) -> bool {
    const ROLE: [&str; 2] = ["node-role.kubernetes.io", "node-restriction.kubernetes.io"];
    let Supposition::LabelNode { key, .. } = supposition else {
        return true;
    };
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    ROLE.contains(&domain) || !(domain.ends_with("kubernetes.io") || domain.ends_with("k8s.io"))
}
