//! Node affinity in words: what is asked for, and where a node fails it.

use crate::model::Node;
use crate::model::selector::{NodeSelector, NodeSelectorTerm, Requirement};
use crate::scheduling::explanation::Explanation;

pub(super) fn shown(value: Option<&str>) -> String {
    value.map_or_else(|| "no such label".to_owned(), |value| format!("'{value}'"))
}

pub(super) fn label_input(node: &Node, key: &str, why: &mut Explanation) {
    let field = format!("metadata.labels.{key}");
    if !why.inputs.iter().any(|input| input.field == field) {
        why.node(key, shown(node.labels.get(key)), field);
    }
}

pub(super) fn inputs(term: &NodeSelectorTerm, node: &Node, field: &str, why: &mut Explanation) {
    for (at, r) in term.expressions.iter().enumerate() {
        why.pod(
            "node affinity",
            written(r),
            format!("{field}.matchExpressions[{at}]"),
        );
        label_input(node, &r.key, why);
    }
    for (at, r) in term.fields.iter().enumerate() {
        why.pod("node affinity", written(r), format!("{field}.matchFields[{at}]"));
        if !why.inputs.iter().any(|input| input.field == "metadata.name") {
            why.node("metadata.name", &*node.name, "metadata.name");
        }
    }
}

fn written(r: &Requirement) -> String {
    match r.values.len() {
        0 => format!("{} {}", r.key, r.operator.as_str()),
        _ => format!("{} {} [{}]", r.key, r.operator.as_str(), r.values.join(", ")),
    }
}

/// A term as one writes it on a line.
pub(super) fn term(term: &NodeSelectorTerm) -> String {
    let all: Vec<String> = term.expressions.iter().chain(&term.fields).map(written).collect();
    if all.is_empty() {
        return "nothing, which matches no node".to_owned();
    }
    all.join(" and ")
}

/// The terms of `selector` as one writes them on a line.
pub(super) fn terms(selector: &NodeSelector) -> String {
    let all: Vec<String> = selector.terms.iter().map(term).collect();
    if all.is_empty() {
        return "no terms, which match no node".to_owned();
    }
    all.join(", or ")
}

/// The first requirement of `term` that `node` does not meet, with the node's value; `None` where it matches.
pub(super) fn failing(term: &NodeSelectorTerm, node: &Node) -> Option<String> {
    if term.expressions.is_empty() && term.fields.is_empty() {
        return Some("is empty, so it matches no node".to_owned());
    }
    for r in &term.expressions {
        if r.label_problem().is_some() {
            return Some(format!(
                "{} is malformed, so the term matches no node",
                written(r)
            ));
        }
    }
    for r in &term.fields {
        if r.field_problem().is_some() {
            return Some(format!(
                "{} is malformed, so the term matches no node",
                written(r)
            ));
        }
    }
    let expression = term
        .expressions
        .iter()
        .find(|r| !r.matches(node.labels.get(&r.key)));
    if let Some(r) = expression {
        return Some(format!(
            "{} fails, the node has {}",
            written(r),
            shown(node.labels.get(&r.key))
        ));
    }
    let field = term.fields.iter().find(|r| !r.matches_field(&node.name))?;
    Some(format!("{} fails, the node is '{}'", written(field), node.name))
}
