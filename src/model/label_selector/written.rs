//! Label selectors as `kubectl -l` takes them: `app=web,tier!=db,zone in (a,b),!legacy`.

use std::str::FromStr;
use std::sync::Arc;

use super::LabelSelector;
use crate::model::selector::{Operator, Requirement};

/// Why a text is no label selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{part}' is no requirement on a label: {why} (such as app=web, tier!=db, zone in (a,b), !legacy)")]
pub struct SelectorError {
    /// The part that is wrong.
    pub part: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl FromStr for LabelSelector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        if text.trim().is_empty() {
            return Ok(Self::All(Vec::new()));
        }
        let requirements = parts(text).into_iter().map(requirement);
        Ok(Self::all(requirements.collect::<Result<_, _>>()?))
    }
}

/// What stands between commas, save those within parentheses.
fn parts(text: &str) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0_usize, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.extend(text.get(from..at));
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(text.get(from..));
    parts
}

fn requirement(part: &str) -> Result<Requirement, SelectorError> {
    let part = part.trim();
    let wrong = |why| SelectorError {
        part: part.to_owned(),
        why,
    };
    let (key, operator, values) =
        split(part).ok_or_else(|| wrong("its values do not stand in parentheses"))?;
    let requirement = Requirement {
        key: Arc::from(key),
        operator,
        values: values.into_iter().map(Arc::from).collect(),
    };
    match requirement.label_problem() {
        None => Ok(requirement),
        Some(problem) => Err(wrong(problem.as_str())),
    }
}

fn split(part: &str) -> Option<(&str, Operator, Vec<&str>)> {
    if let Some(key) = part.strip_prefix('!') {
        return Some((key.trim(), Operator::DoesNotExist, Vec::new()));
    }
    for (sign, operator) in [
        ("!=", Operator::NotIn),
        ("==", Operator::In),
        ("=", Operator::In),
        (">", Operator::Gt),
        ("<", Operator::Lt),
    ] {
        if let Some((key, value)) = part.split_once(sign) {
            return Some((key.trim(), operator, vec![value.trim()]));
        }
    }
    let Some((key, rest)) = part.split_once(char::is_whitespace) else {
        return Some((part, Operator::Exists, Vec::new()));
    };
    let rest = rest.trim_start();
    let (operator, listed) = match (rest.strip_prefix("notin"), rest.strip_prefix("in")) {
        (Some(listed), _) => (Operator::NotIn, listed),
        (None, Some(listed)) => (Operator::In, listed),
        (None, None) => return None,
    };
    let listed = listed.trim().strip_prefix('(')?.strip_suffix(')')?;
    Some((key, operator, listed.split(',').map(str::trim).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::labels::Labels;

    fn matches(selector: &str, labels: &[(&str, &str)]) -> bool {
        let selector: LabelSelector = selector.parse().expect("a selector");
        let labels: Labels = labels
            .iter()
            .map(|&(key, value)| (Arc::from(key), Arc::from(value)))
            .collect();
        selector.matches(&labels)
    }

    #[test]
    fn selectors_are_understood_as_kubectl_does() {
        let web = [("app", "web"), ("zone", "a")];
        for (selector, expected) in [
            ("", true),
            ("app", true),
            ("!app", false),
            ("! legacy", true),
            ("app=web", true),
            ("app == web , zone=a", true),
            ("app=web,zone=b", false),
            ("app!=db", true),
            ("tier!=db", true),
            ("zone in (a, b),app", true),
            ("zone notin (a,b)", false),
            ("zone in (c)", false),
        ] {
            assert_eq!(matches(selector, &web), expected, "{selector}");
        }
    }

    #[test]
    fn what_is_none_is_named() {
        for selector in [
            "app web",
            "a b c",
            "=x",
            "app in web",
            "app=a b",
            "zone in ()x",
            ",app",
        ] {
            let parsed: Result<LabelSelector, _> = selector.parse();
            assert!(parsed.is_err(), "{selector}: {parsed:?}");
        }
    }
}
