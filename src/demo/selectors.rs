//! Label and field selectors, as the query of a list or a watch gives them.

use std::collections::BTreeSet;

use super::{failure::Failure, kinds::Kind, names, object::Object};

/// One label requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
enum LabelTerm {
    In(String, BTreeSet<String>),
    NotIn(String, BTreeSet<String>),
    Exists(String),
    DoesNotExist(String),
    /// `key>n` (`true`) or `key<n`.
    Compare(String, bool, i64),
}

/// What one field is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Name,
    Namespace,
    /// Position in [`Kind::fields`].
    At(usize),
}

/// Which objects a list or a watch is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    labels: Vec<LabelTerm>,
    /// Field, equal (or not), value.
    fields: Vec<(Field, bool, String)>,
}

impl Selection {
    pub(crate) fn parse(kind: &Kind, labels: &str, fields: &str) -> Result<Self, Failure> {
        Ok(Self {
            labels: parse_labels(labels)?,
            fields: parse_fields(kind, fields)?,
        })
    }

    /// Selects everything.
    pub(crate) fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub(crate) fn selects(&self, object: &Object) -> bool {
        self.labels.iter().all(|term| term.holds(object))
            && self.fields.iter().all(|(field, equal, wanted)| {
                let value = match field {
                    Field::Name => &*object.key.name,
                    Field::Namespace => &*object.key.namespace,
                    Field::At(at) => object.fields.get(*at).map_or("", |v| v),
                };
                (value == wanted) == *equal
            })
    }
}

impl LabelTerm {
    fn holds(&self, object: &Object) -> bool {
        match self {
            Self::In(key, values) => object.label(key).is_some_and(|v| values.contains(v)),
            Self::NotIn(key, values) => object.label(key).is_none_or(|v| !values.contains(v)),
            Self::Exists(key) => object.label(key).is_some(),
            Self::DoesNotExist(key) => object.label(key).is_none(),
            Self::Compare(key, greater, bound) => {
                let value = object.label(key).and_then(|v| v.parse::<i64>().ok());
                value.is_some_and(|v| if *greater { v > *bound } else { v < *bound })
            }
        }
    }
}

fn unparsable(text: &str, why: &str) -> Failure {
    Failure::bad_request(format!("unable to parse requirement: {why} in {text:?}"))
}

/// Splits at commas that stand outside of brackets.
fn requirements(text: &str) -> Result<Vec<&str>, Failure> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text.get(start..at).unwrap_or_default().trim());
                start = at + 1;
            }
            _ => {}
        }
        if !(0..=1).contains(&depth) {
            return Err(unparsable(text, "unbalanced brackets"));
        }
    }
    if depth != 0 {
        return Err(unparsable(text, "unbalanced brackets"));
    }
    parts.push(text.get(start..).unwrap_or_default().trim());
    Ok(parts)
}

fn parse_labels(text: &str) -> Result<Vec<LabelTerm>, Failure> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    requirements(text)?
        .into_iter()
        .map(|part| label_term(part).map_err(|why| unparsable(part, &why)))
        .collect()
}

fn label_term(part: &str) -> Result<LabelTerm, String> {
    let one = |value: &str| label_value(value).map(|v| BTreeSet::from([v]));
    if let Some((key, rest)) = part.split_once('(') {
        let values = rest.strip_suffix(')').ok_or("')' expected at the end")?;
        let values = values
            .split(',')
            .map(|v| label_value(v.trim()))
            .collect::<Result<_, _>>()?;
        let (key, operator) = key
            .trim()
            .rsplit_once(char::is_whitespace)
            .ok_or("'in' or 'notin' expected")?;
        let key = label_key(key.trim())?;
        return match operator {
            "in" => Ok(LabelTerm::In(key, values)),
            "notin" => Ok(LabelTerm::NotIn(key, values)),
            _ => Err(format!("'in' or 'notin' expected, found {operator:?}")),
        };
    }
    if let Some((key, value)) = part.split_once("!=") {
        return Ok(LabelTerm::NotIn(label_key(key.trim())?, one(value.trim())?));
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return Ok(LabelTerm::In(label_key(key.trim())?, one(value.trim())?));
    }
    for (sign, greater) in [('>', true), ('<', false)] {
        if let Some((key, value)) = part.split_once(sign) {
            let bound = value
                .trim()
                .parse()
                .map_err(|_| "an integer is expected".to_owned())?;
            return Ok(LabelTerm::Compare(label_key(key.trim())?, greater, bound));
        }
    }
    match part.strip_prefix('!') {
        Some(key) => Ok(LabelTerm::DoesNotExist(label_key(key.trim())?)),
        None => Ok(LabelTerm::Exists(label_key(part)?)),
    }
}

fn label_key(key: &str) -> Result<String, String> {
    names::qualified(key)
        .into_iter()
        .next()
        .map_or_else(|| Ok(key.to_owned()), Err)
}

fn label_value(value: &str) -> Result<String, String> {
    names::label_value(value)
        .into_iter()
        .next()
        .map_or_else(|| Ok(value.to_owned()), Err)
}

fn parse_fields(kind: &Kind, text: &str) -> Result<Vec<(Field, bool, String)>, Failure> {
    let mut terms = Vec::new();
    for part in split_unescaped(text) {
        if part.is_empty() {
            continue;
        }
        let (name, equal, value) = if let Some((name, value)) = part.split_once("!=") {
            (name, false, value)
        } else if let Some((name, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
            (name, true, value)
        } else {
            let message = format!("invalid selector: '{text}'; can't understand '{part}'");
            return Err(Failure::bad_request(message));
        };
        let field = match name {
            "metadata.name" => Field::Name,
            "metadata.namespace" if kind.namespaced => Field::Namespace,
            _ => kind
                .fields
                .iter()
                .position(|(known, _)| !known.is_empty() && *known == name)
                .map(Field::At)
                .ok_or_else(|| Failure::bad_request(format!("field label not supported: {name}")))?,
        };
        terms.push((field, equal, unescape(value)));
    }
    Ok(terms)
}

/// Splits at commas without a backslash before them.
fn split_unescaped(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                parts.push(text.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::demo::kinds::{NODE, POD};

    fn pod() -> Object {
        let tree = json!({
            "metadata": {"namespace": "shop", "name": "cart", "labels": {"app": "cart", "tier": "web", "rank": "7"}},
            "spec": {"nodeName": "", "schedulerName": "berth"},
            "status": {"phase": "Pending"},
        });
        Object::freeze(&POD, tree, 1)
    }

    fn selects(labels: &str, fields: &str) -> bool {
        Selection::parse(&POD, labels, fields).unwrap().selects(&pod())
    }

    #[test]
    fn labels() {
        for yes in [
            "",
            "app=cart",
            "app==cart",
            "app in (cart, shop),tier",
            "!gone",
            "app!=x",
            "gone!=x",
            "rank>6",
        ] {
            assert!(selects(yes, ""), "{yes}");
        }
        for no in [
            "app=x",
            "app notin (cart)",
            "gone",
            "!app",
            "app in (x)",
            "rank<7",
            "app,tier=db",
            "app=",
        ] {
            assert!(!selects(no, ""), "{no}");
        }
        for bad in [
            "app in cart",
            "app in (cart",
            "a b=c",
            "=x",
            "app=a/b",
            "rank>x",
            "app,,tier",
        ] {
            assert!(Selection::parse(&POD, bad, "").is_err(), "{bad}");
        }
    }

    #[test]
    fn fields() {
        for yes in [
            "spec.nodeName=",
            "status.phase!=Succeeded,status.phase!=Failed",
            "spec.schedulerName==berth,metadata.namespace=shop,metadata.name=cart",
            "spec.hostNetwork=false",
        ] {
            assert!(selects("", yes), "{yes}");
        }
        for no in ["spec.nodeName!=", "metadata.name=x", "status.phase=Running"] {
            assert!(!selects("", no), "{no}");
        }
        assert!(Selection::parse(&POD, "", "spec.volumes=x").is_err());
        assert!(Selection::parse(&POD, "", "spec.nodeName").is_err());
        assert!(Selection::parse(&NODE, "", "metadata.namespace=x").is_err());
    }
}
