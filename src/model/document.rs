//! A YAML or JSON document that remembers the line of every value, so that what is wrong with a file is said by line.

mod problem;

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

pub use problem::{DocumentError, Problem, near};

/// A value with the line on which it stands.
#[derive(Clone, Debug)]
pub struct Document {
    line: u64,
    node: Node,
}

#[derive(Clone, Debug)]
enum Node {
    Scalar(Value),
    List(Vec<Document>),
    Map(Vec<(String, u64, Document)>),
}

impl Document {
    /// Reads `text`, which holds one document.
    ///
    /// # Errors
    /// Where it is neither YAML nor JSON, or holds more than one.
    pub fn read(text: &str) -> Result<Self, Problem> {
        serde_saphyr::from_str(text).map_err(|error: serde_saphyr::Error| {
            let line = error.location().map_or(0, |location| location.line());
            Problem::of_syntax(line, &error.without_snippet().to_string())
        })
    }

    /// The value without lines; fields that are `null` are left out, as upstream takes them for absent.
    pub fn value(&self) -> Value {
        match &self.node {
            Node::Scalar(value) => value.clone(),
            Node::List(items) => items.iter().map(Self::value).collect(),
            Node::Map(entries) => {
                let entries = entries.iter().map(|(key, _, value)| (key.clone(), value.value()));
                Value::Object(
                    entries
                        .filter(|(_, value)| !value.is_null())
                        .collect::<Map<_, _>>(),
                )
            }
        }
    }

    /// The paths of fields that are there and have no value.
    pub fn empty(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.gather_empty("", &mut found);
        found
    }

    fn gather_empty(&self, path: &str, found: &mut Vec<String>) {
        match &self.node {
            Node::Scalar(Value::Null) if !path.is_empty() => found.push(path.to_owned()),
            Node::Scalar(_) => {}
            Node::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    item.gather_empty(&format!("{path}[{at}]"), found);
                }
            }
            Node::Map(entries) => {
                for (key, _, value) in entries {
                    let dot = if path.is_empty() { "" } else { "." };
                    value.gather_empty(&format!("{path}{dot}{key}"), found);
                }
            }
        }
    }

    /// The line of what `path` (`profiles[0].plugins.score`) names, or of the innermost thing around it that is there.
    pub fn line_of(&self, path: &str) -> u64 {
        let (step, rest) = match path.split_once('.') {
            Some((step, rest)) => (step, rest),
            None => (path, ""),
        };
        if step.is_empty() {
            return if rest.is_empty() {
                self.line
            } else {
                self.line_of(rest)
            };
        }
        // `name[0][1]` is a name and its indices, `[0]` an index alone.
        let (name, index) = match step.find('[') {
            Some(at) => step.split_at(at),
            None => (step, ""),
        };
        match &self.node {
            Node::Map(entries) if !name.is_empty() => {
                let found = entries.iter().find(|(key, _, _)| key == name);
                found.map_or(self.line, |(_, line, value)| {
                    if index.is_empty() && rest.is_empty() {
                        *line
                    } else {
                        value.line_of(&format!("{index}.{rest}"))
                    }
                })
            }
            Node::List(items) if name.is_empty() => {
                let (number, more) = index.trim_start_matches('[').split_once(']').unwrap_or(("", ""));
                let found = number.parse().ok().and_then(|at: usize| items.get(at));
                found.map_or(self.line, |item| item.line_of(&format!("{more}.{rest}")))
            }
            _ => self.line,
        }
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Spanned {
            value, referenced, ..
        } = Spanned::<Node>::deserialize(from)?;
        Ok(Self {
            line: referenced.line(),
            node: value,
        })
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_str<E>(self, value: &str) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Scalar(Value::Null))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Node::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
                let mut map = Vec::new();
                while let Some(key) = entries.next_key::<Spanned<String>>()? {
                    map.push((key.value, key.referenced.line(), entries.next_value()?));
                }
                Ok(Node::Map(map))
            }
        }
        from.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_knows_its_line() {
        let text = "a: 1\nb:\n  - c: x\n    d: [1,\n      2]\n  - null\ne: {f: ~}\n";
        let document = Document::read(text).unwrap();
        assert_eq!(
            document.value(),
            serde_json::json!({"a": 1, "b": [{"c": "x", "d": [1, 2]}, null], "e": {}})
        );
        for (path, line) in [
            ("a", 1),
            ("b", 2),
            ("b[0]", 3),
            ("b[0].d", 4),
            ("b[0].d[1]", 5),
            ("e.f", 7),
            ("b[0].missing", 3),
            ("b[7]", 3),
        ] {
            assert_eq!(document.line_of(path), line, "{path}");
        }
    }

    #[test]
    fn json_is_read_too() {
        let document = Document::read("{\"a\":\n [true, -1.5]}").unwrap();
        assert_eq!(document.value(), serde_json::json!({"a": [true, -1.5]}));
        assert_eq!(document.line_of("a[1]"), 2);
    }
}
