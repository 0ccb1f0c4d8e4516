//! Label and field selectors, as the query of a list or a watch gives them.

mod labels;

use super::{failure::Failure, kinds::Kind, object::Object};

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
    labels: Vec<labels::Term>,
    /// Field, equal (or not), value.
    fields: Vec<(Field, bool, String)>,
}

impl Selection {
    pub(crate) fn parse(kind: &Kind, labels: &str, fields: &str) -> Result<Self, Failure> {
        Ok(Self {
            labels: labels::parse(labels).map_err(Failure::bad_request)?,
            fields: parse_fields(kind, fields)?,
        })
    }

    /// Selects one name alone; `false` where the fields that are selected by leave that open or say otherwise.
    pub(crate) fn narrow(&mut self, name: &str) -> bool {
        let named = (Field::Name, true, name.to_owned());
        if self.fields.is_empty() {
            self.fields.push(named);
            return true;
        }
        self.fields.contains(&named)
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

fn parse_fields(kind: &Kind, text: &str) -> Result<Vec<(Field, bool, String)>, Failure> {
    let mut terms = Vec::new();
    for part in split_unescaped(text) {
        if part.is_empty() {
            continue;
        }
        let Some((name, equal, value)) = split_term(part) else {
            let message = format!("invalid selector: '{text}'; can't understand '{part}'");
            return Err(Failure::bad_request(message));
        };
        let value =
            unescape(value).map_err(|why| Failure::bad_request(format!("invalid field selector: {why}")))?;
        terms.push((field(kind, name)?, equal, value));
    }
    Ok(terms)
}

/// Upstream has a list of fields for some kinds; the others have their name and namespace, and another message.
fn field(kind: &Kind, name: &str) -> Result<Field, Failure> {
    let plain = kind.fields.is_empty();
    match name {
        "metadata.name" => return Ok(Field::Name),
        "metadata.namespace" if kind.namespaced || plain => return Ok(Field::Namespace),
        _ => {}
    }
    let known = kind
        .fields
        .iter()
        .position(|(known, _)| !known.is_empty() && *known == name);
    known.map(Field::At).ok_or_else(|| {
        Failure::bad_request(match kind.no_such_field {
            Some(refusal) => refusal(name),
            None if plain => {
                format!(
                    "{name:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                )
            }
            None => format!("field label not supported: {name}"),
        })
    })
}

/// Field, equal (or not), value: split at the first sign.
fn split_term(part: &str) -> Option<(&str, bool, &str)> {
    let mut escaped = false;
    for (at, c) in part.char_indices() {
        let (name, rest) = part.split_at(at);
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ => {
                for (sign, equal) in [("!=", false), ("==", true), ("=", true)] {
                    if let Some(value) = rest.strip_prefix(sign) {
                        return Some((name, equal, value));
                    }
                }
            }
        }
    }
    None
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

/// Backslash, comma and equals sign stand behind a backslash; nothing else does.
fn unescape(value: &str) -> Result<String, String> {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next() {
                Some(c @ ('\\' | ',' | '=')) => c,
                other => {
                    let other = other.map(String::from).unwrap_or_default();
                    return Err(format!("invalid escape sequence: \\{other}"));
                }
            },
            // Upstream shows its number.
            ',' | '=' => return Err(format!("unescaped character in value: {}", u32::from(c))),
            c => c,
        });
    }
    Ok(out)
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
