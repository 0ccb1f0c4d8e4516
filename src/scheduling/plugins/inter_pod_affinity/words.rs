//! Terms and domains in words.

use std::sync::Arc;

use super::tally::Tally;
use crate::model::NodeId;
use crate::model::label_selector::LabelSelector;
use crate::model::pod_affinity::AffinityTerm;
use crate::model::selector::{Operator, Requirement};

/// Which pods `term` is about, such as `pods with app=web in namespace shop`.
pub(super) fn term(term: &AffinityTerm) -> String {
    format!("{} in {}", pods(&term.selector), namespaces(term))
}

fn pods(selector: &LabelSelector) -> String {
    match selector {
        LabelSelector::Nothing => "no pods (there is no labelSelector)".to_owned(),
        LabelSelector::All(all) if all.is_empty() => "all pods".to_owned(),
        LabelSelector::All(all) => format!("pods with {}", requirements(all)),
    }
}

fn namespaces(term: &AffinityTerm) -> String {
    let mut all = Vec::new();
    match &term.namespace_selector {
        LabelSelector::Nothing => {}
        LabelSelector::All(wanted) if wanted.is_empty() => return "every namespace".to_owned(),
        LabelSelector::All(wanted) => all.push(format!("namespaces with {}", requirements(wanted))),
    }
    match term.namespaces.as_slice() {
        [] => {}
        [one] => all.push(format!("namespace {one}")),
        many => all.push(format!("namespaces {}", many.join(", "))),
    }
    if all.is_empty() {
        all.push("no namespace".to_owned());
    }
    all.join(" and ")
}

fn requirements(all: &[Requirement]) -> String {
    let all: Vec<String> = all.iter().map(requirement).collect();
    all.join(", ")
}

fn requirement(r: &Requirement) -> String {
    match (r.operator, r.values.as_slice()) {
        (Operator::In, [value]) => format!("{}={value}", r.key),
        (operator, []) => format!("{} {}", r.key, operator.as_str()),
        (operator, values) => format!("{} {} [{}]", r.key, operator.as_str(), values.join(", ")),
    }
}

/// The domain of `node`, such as `zone=a`.
pub(super) fn place(tally: &Tally<'_>, node: NodeId) -> String {
    match tally.value(node) {
        Some(value) => format!("{}={value}", tally.key),
        None => format!("no label {}", tally.key),
    }
}

/// A label's value for the screen.
pub(super) fn value(value: Option<&Arc<str>>) -> String {
    value.map_or_else(|| "absent".to_owned(), |value| format!("'{value}'"))
}

/// A number in a formula, in brackets where it is below zero.
pub(super) fn signed(number: i64) -> String {
    match number {
        0.. => number.to_string(),
        _ => format!("(−{})", number.unsigned_abs()),
    }
}
