//! Upstream's words for malformed preferred terms, which end the cycle.

use crate::model::affinity::PreferredTerm;
use crate::model::selector::{NodeSelectorTerm, Operator, Problem, Requirement};
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

/// The first malformed requirement on labels, and what is wrong with it.
pub(super) fn of_expressions(term: &NodeSelectorTerm) -> Option<(usize, Problem)> {
    let problems = term.expressions.iter().map(Requirement::label_problem);
    problems
        .enumerate()
        .find_map(|(at, problem)| Some((at, problem?)))
}

/// The first malformed requirement on fields, and what is wrong with it.
pub(super) fn of_fields(term: &NodeSelectorTerm) -> Option<(usize, Problem)> {
    let problems = term.fields.iter().map(Requirement::field_problem);
    problems
        .enumerate()
        .find_map(|(at, problem)| Some((at, problem?)))
}

/// The values as upstream prints them: JSON, `null` for none.
fn list(r: &Requirement) -> String {
    if r.values.is_empty() {
        return "null".to_owned();
    }
    serde_json::to_string(&r.values).unwrap_or_default()
}

fn of_label(r: &Requirement, path: &str) -> Vec<String> {
    let mut all = Vec::new();
    if !syntax::is_label_key(&r.key) {
        all.push(format!(
            "{path}.key: Invalid value: {:?}: {}",
            r.key,
            key_problems(&r.key).join("; ")
        ));
    }
    let wants = match r.operator {
        Operator::In | Operator::NotIn => r
            .values
            .is_empty()
            .then_some("for 'in', 'notin' operators, values set can't be empty"),
        Operator::Exists | Operator::DoesNotExist => {
            (!r.values.is_empty()).then_some("values set must be empty for exists and does not exist")
        }
        Operator::Gt | Operator::Lt => {
            (r.values.len() != 1).then_some("for 'Gt', 'Lt' operators, exactly one value is required")
        }
    };
    all.extend(wants.map(|wants| format!("{path}.values: Invalid value: {}: {wants}", list(r))));
    if matches!(r.operator, Operator::Gt | Operator::Lt) {
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
        let problems = value_problems(value).join("; ");
        all.push(format!(
            "{path}.values[{at}][{}]: Invalid value: {value:?}: {problems}",
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

const NAME: &str =
    "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const NAME_PATTERN: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const NAME_EXAMPLES: &str = "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is";
const SUBDOMAIN_PATTERN: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";

/// As `content.IsLabelKey` says it.
fn key_problems(key: &str) -> Vec<String> {
    let name_words = format!("must consist of {NAME} {NAME_EXAMPLES} '{NAME_PATTERN}')");
    let (prefix, name) = match key.split_once('/') {
        Some((_, name)) if name.contains('/') => {
            return vec![format!(
                "a valid label key {name_words} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let mut all = Vec::new();
    match prefix {
        Some("") => all.push("prefix part must be non-empty".to_owned()),
        Some(prefix) if !syntax::is_subdomain(prefix) => {
            if prefix.len() > 253 {
                all.push("prefix part must be no more than 253 bytes".to_owned());
            }
            if !syntax::is_subdomain_of_any_length(prefix) {
                all.push(format!(
                    "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
                     '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for \
                     validation is '{SUBDOMAIN_PATTERN}')"
                ));
            }
        }
        _ => {}
    }
    if name.is_empty() {
        all.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        all.push("name part must be no more than 63 bytes".to_owned());
    }
    if !syntax::is_name_of_any_length(name) {
        all.push(format!("name part {name_words}"));
    }
    all
}

/// As `content.IsLabelValue` says it.
fn value_problems(value: &str) -> Vec<String> {
    let mut all = Vec::new();
    if value.len() > 63 {
        all.push("must be no more than 63 bytes".to_owned());
    }
    if !syntax::is_name_of_any_length(value) {
        all.push(format!(
            "a valid label must be an empty string or consist of {NAME} (e.g. 'MyValue',  or 'my_value',  or '12345', regex \
             used for validation is '({NAME_PATTERN})?')"
        ));
    }
    all
}
