//! Upstream's words for malformed preferred terms, which end the cycle.

use crate::model::affinity::PreferredTerm;
use crate::model::selector::{Problem, Requirement};
use crate::model::syntax;

/// What is wrong with `terms`; `None` where nothing is. Terms without weight are not looked at.
pub(super) fn describe(terms: &[PreferredTerm]) -> Option<String> {
    let mut all: Vec<String> = Vec::new();
    for (at, preferred) in terms
        .iter()
        .enumerate()
        .filter(|(_, preferred)| preferred.weight != 0)
    {
        for (index, r) in preferred.term.expressions.iter().enumerate() {
            all.extend(of_label(r, &format!("[{at}].matchExpressions[{index}]")));
        }
        for (index, r) in preferred.term.fields.iter().enumerate() {
            all.extend(of_field(r, &format!("[{at}].matchFields[{index}]")));
        }
    }
    let mut distinct: Vec<String> = Vec::new();
    for text in all {
        if !distinct.contains(&text) {
            distinct.push(text);
        }
    }
    match distinct.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        _ => Some(format!("[{}]", distinct.join(", "))),
    }
}

fn list(r: &Requirement) -> String {
    let quoted: Vec<String> = r.values.iter().map(|value| format!("{value:?}")).collect();
    format!("[{}]", quoted.join(","))
}

fn of_label(r: &Requirement, path: &str) -> Vec<String> {
    let mut all = Vec::new();
    if r.label_problem() == Some(Problem::Key) {
        all.push(format!("{path}.key: Invalid value: {:?}: not a label key", r.key));
    }
    let operator = r.operator.as_str();
    let without_key = Requirement {
        key: "key".into(),
        ..r.clone()
    };
    match without_key.label_problem() {
        Some(Problem::NoValues) => all.push(format!(
            "{path}.values: Invalid value: {}: for 'in', 'notin' operators, values set can't be empty",
            if r.values.is_empty() {
                "null".to_owned()
            } else {
                list(r)
            }
        )),
        Some(Problem::Values) => all.push(format!(
            "{path}.values: Invalid value: {}: values set must be empty for exists and does not exist",
            list(r)
        )),
        Some(Problem::NotOneValue) => all.push(format!(
            "{path}.values: Invalid value: {}: for 'Gt', 'Lt' operators, exactly one value is required",
            list(r)
        )),
        _ => {}
    }
    if matches!(operator, "Gt" | "Lt") {
        for (at, value) in r
            .values
            .iter()
            .enumerate()
            .filter(|(_, value)| value.parse::<i64>().is_err())
        {
            all.push(format!(
                "{path}.values[{at}]: Invalid value: {value:?}: for 'Gt', 'Lt' operators, the value must be an integer"
            ));
        }
    }
    for (at, value) in r
        .values
        .iter()
        .enumerate()
        .filter(|(_, value)| !syntax::is_label_value(value))
    {
        all.push(format!(
            "{path}.values[{at}][{}]: Invalid value: {value:?}: not a label value",
            r.key
        ));
    }
    all
}

fn of_field(r: &Requirement, path: &str) -> Option<String> {
    Some(match r.field_problem()? {
        Problem::FieldOperator => format!(
            "{path}.operator: Unsupported value: {:?}: supported values: \"In\", \"NotIn\"",
            r.operator.as_str()
        ),
        _ => format!("{path}.values: Invalid value: {}: must have one element", list(r)),
    })
}
