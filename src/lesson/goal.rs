//! Goals: what has to hold on the cluster. A goal is a line of a few fixed words; another kind of goal is another
//! `Test`, with the words that `Test::parse` knows it by.

use std::fmt;

use serde_json::Value;

use super::field::Field;
use super::kinds::{KINDS, Kind};
use crate::scheduling::config::near;

/// What has to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    written: String,
    kind: &'static Kind,
    subject: Subject,
    test: Test,
}

/// Of which objects.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    /// Of this one.
    One { namespace: String, name: String },
    /// Of at least so many that have a label.
    Several {
        least: usize,
        namespace: String,
        label: (String, String),
    },
    /// Of an event with this reason about this object, from this component where one is named.
    Event {
        reason: String,
        about: &'static Kind,
        namespace: String,
        name: String,
        from: Option<String>,
    },
}

/// What holds of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Exists,
    Gone,
    Waits,
    Bound(Option<String>),
    ByBerth,
    Condition {
        of: String,
        status: String,
        reason: Option<String>,
    },
    Taint {
        key: String,
        value: String,
        effect: String,
    },
    NoTaint(String),
    Has(Field),
    HasNot(Field),
    Compare(Field, Operator, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Is,
    IsNot,
    AtLeast,
    Contains,
}

/// The annotation by which berth tells that it placed a pod.
const PLACED_BY: &str = "berth.dev/placed-by";

/// How a goal stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// Whether it holds.
    pub holds: bool,
    /// What is the case, where it does not; otherwise empty.
    pub says: String,
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl Goal {
    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong with it, and what to try.
    pub fn parse(text: &str) -> Result<Self, (String, String)> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (kind, subject, rest) = subject(&words)?;
        let test = match (&subject, rest) {
            (Subject::Event { .. }, []) => Test::Exists,
            (Subject::Event { .. }, [word, ..]) => {
                return Err((
                    format!("`{word}` is not expected there"),
                    "write `event REASON about KIND [NS/]NAME [from COMPONENT]`".to_owned(),
                ));
            }
            (_, rest) => Test::parse(rest)?,
        };
        Ok(Self {
            written: text.to_owned(),
            kind,
            subject,
            test,
        })
    }

    /// The kind of the objects that it is about.
    pub const fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// How it stands where these are all objects of its kind.
    pub fn met(&self, objects: &[Value]) -> Met {
        let is_at = |object: &Value, namespace: &str, name: &str| {
            let metadata = &object["metadata"];
            metadata["name"] == name && (!self.kind.namespaced || metadata["namespace"] == namespace)
        };
        match &self.subject {
            Subject::One { namespace, name } => {
                let found = objects.iter().find(|object| is_at(object, namespace, name));
                let word = self.kind.word();
                match (&self.test, found) {
                    (Test::Gone, None) => Met::yes(),
                    (_, None) => Met::no(format!("there is no {word} {name}")),
                    (test, Some(object)) => match test.against(object) {
                        None => Met::yes(),
                        Some(says) => Met::no(format!("{name} {says}")),
                    },
                }
            }
            Subject::Several {
                least,
                namespace,
                label,
            } => {
                let (key, value) = label;
                let labelled = objects.iter().filter(|object| {
                    let metadata = &object["metadata"];
                    metadata["labels"][key.as_str()] == value.as_str()
                        && (!self.kind.namespaced || metadata["namespace"] == namespace.as_str())
                });
                let (all, met) = labelled.fold((0, 0), |(all, met), object| {
                    (all + 1, met + usize::from(self.test.against(object).is_none()))
                });
                if met >= *least {
                    Met::yes()
                } else {
                    Met::no(format!("{met} of {all} so far"))
                }
            }
            Subject::Event {
                reason,
                about,
                namespace,
                name,
                from,
            } => {
                let found = objects.iter().any(|event| {
                    let involved = &event["involvedObject"];
                    let component = [&event["reportingComponent"], &event["source"]["component"]];
                    event["reason"] == reason.as_str()
                        && involved["kind"] == about.kind
                        && involved["name"] == name.as_str()
                        && (!about.namespaced || involved["namespace"] == namespace.as_str())
                        && from
                            .as_ref()
                            .is_none_or(|from| component.iter().any(|one| **one == from.as_str()))
                });
                if found {
                    Met::yes()
                } else {
                    Met::no("no such event yet")
                }
            }
        }
    }
}

impl Met {
    const fn yes() -> Self {
        Self {
            holds: true,
            says: String::new(),
        }
    }

    fn no(says: impl Into<String>) -> Self {
        Self {
            holds: false,
            says: says.into(),
        }
    }
}

/// Reads what a goal is about; gives the words that follow.
fn subject<'a, 'b>(
    words: &'a [&'b str],
) -> Result<(&'static Kind, Subject, &'a [&'b str]), (String, String)> {
    let forms =
        "write `pod [NS/]NAME …`, `3 pods with KEY=VALUE in NS …` or `event REASON about pod [NS/]NAME`";
    match words {
        ["event", reason, "about", kind, name, rest @ ..] => {
            let about = known(kind)?;
            let (namespace, name) = split(name);
            let (from, rest) = match rest {
                ["from", from, rest @ ..] => (Some((*from).to_owned()), rest),
                rest => (None, rest),
            };
            let reason = (*reason).to_owned();
            let event = Subject::Event {
                reason,
                about,
                namespace,
                name,
                from,
            };
            Ok((known("event")?, event, rest))
        }
        [count, kind, "with", label, rest @ ..] if count.parse::<usize>().is_ok() => {
            let Some((key, value)) = label.split_once('=') else {
                return Err((format!("`{label}` is no label"), "write KEY=VALUE".to_owned()));
            };
            let (namespace, rest) = match rest {
                ["in", namespace, rest @ ..] => (*namespace, rest),
                rest => ("default", rest),
            };
            let several = Subject::Several {
                least: count.parse().unwrap_or(1),
                namespace: namespace.to_owned(),
                label: (key.to_owned(), value.to_owned()),
            };
            Ok((known(kind)?, several, rest))
        }
        [kind, name, rest @ ..] => {
            let kind = known(kind)?;
            let (namespace, name) = split(name);
            Ok((kind, Subject::One { namespace, name }, rest))
        }
        _ => Err(("a goal says what has to be the case".to_owned(), forms.to_owned())),
    }
}

fn known(word: &str) -> Result<&'static Kind, (String, String)> {
    Kind::named(word).ok_or_else(|| {
        let words: Vec<String> = KINDS.iter().map(Kind::word).collect();
        let hint = match near(word, words.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("kinds are {}", words.join(", ")),
        };
        (format!("there is no kind `{word}`"), hint)
    })
}

fn split(name: &str) -> (String, String) {
    let (namespace, name) = name.split_once('/').unwrap_or(("default", name));
    (namespace.to_owned(), name.to_owned())
}

impl Test {
    /// Reads what has to hold.
    fn parse(words: &[&str]) -> Result<Self, (String, String)> {
        let text = |word: &str| word.to_owned();
        Ok(match words {
            ["exists"] => Self::Exists,
            ["is", "gone"] => Self::Gone,
            ["waits" | "wait"] => Self::Waits,
            ["is" | "are", "bound"] => Self::Bound(None),
            ["is" | "are", "bound", "to", node] => Self::Bound(Some(text(node))),
            ["is" | "are", "bound", "by", "berth"] => Self::ByBerth,
            ["is" | "are", "running"] => Self::Compare(Field::phase(), Operator::Is, text("Running")),
            ["has", "condition", condition, rest @ ..] if condition.contains('=') => {
                let (of, status) = condition.split_once('=').unwrap_or_default();
                let reason = match rest {
                    [] => None,
                    ["because", reason] => Some(text(reason)),
                    _ => return Err(unknown(words)),
                };
                Self::Condition {
                    of: text(of),
                    status: text(status),
                    reason,
                }
            }
            ["has", "no", "taint", key] => Self::NoTaint(text(key)),
            ["has", "taint", taint] => {
                let (pair, effect) = taint.split_once(':').unwrap_or((taint, ""));
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                Self::Taint {
                    key: text(key),
                    value: text(value),
                    effect: text(effect),
                }
            }
            ["has", "no", path] => Self::HasNot(field(path)?),
            ["has", path] => Self::Has(field(path)?),
            [path, operator, rest @ ..] if path.starts_with('.') && !rest.is_empty() => {
                let operator = match *operator {
                    "=" => Operator::Is,
                    "!=" => Operator::IsNot,
                    ">=" => Operator::AtLeast,
                    "contains" => Operator::Contains,
                    other => {
                        let hint = "there are `=`, `!=`, `>=` and `contains`".to_owned();
                        return Err((format!("`{other}` compares nothing"), hint));
                    }
                };
                Self::Compare(field(path)?, operator, rest.join(" "))
            }
            _ => return Err(unknown(words)),
        })
    }

    /// What `object` is instead; `None` where it holds.
    fn against(&self, object: &Value) -> Option<String> {
        let node = object["spec"]["nodeName"].as_str();
        match self {
            Self::Exists => None,
            Self::Gone => Some("is still there".to_owned()),
            Self::Waits => node.map(|node| format!("is bound to {node}")),
            Self::Bound(wanted) => match (node, wanted) {
                (None, _) => Some("is not bound".to_owned()),
                (Some(node), Some(wanted)) if node != wanted => Some(format!("is bound to {node}")),
                _ => None,
            },
            Self::ByBerth => match (node, object["metadata"]["annotations"][PLACED_BY].as_str()) {
                (None, _) => Some("is not bound".to_owned()),
                (Some(_), None) => Some("was bound by somebody else".to_owned()),
                _ => None,
            },
            Self::Condition { of, status, reason } => {
                let conditions = object["status"]["conditions"].as_array();
                let found = conditions.and_then(|all| all.iter().find(|one| one["type"] == of.as_str()));
                match found {
                    None => Some(format!("has no condition {of}")),
                    Some(one) if one["status"] != status.as_str() => {
                        Some(format!("has {of}={}", one["status"].as_str().unwrap_or("?")))
                    }
                    Some(one)
                        if reason
                            .as_ref()
                            .is_some_and(|reason| one["reason"] != reason.as_str()) =>
                    {
                        Some(format!(
                            "has {of} because {}",
                            one["reason"].as_str().unwrap_or("?")
                        ))
                    }
                    Some(_) => None,
                }
            }
            Self::Taint { key, value, effect } => {
                let has = taints(object).any(|taint| {
                    taint["key"] == key.as_str()
                        && taint["value"].as_str().unwrap_or_default() == value
                        && (effect.is_empty() || taint["effect"] == effect.as_str())
                });
                (!has).then(|| "does not have that taint".to_owned())
            }
            Self::NoTaint(key) => {
                let has = taints(object).any(|taint| taint["key"] == key.as_str());
                has.then(|| "still has it".to_owned())
            }
            Self::Has(field) => match field.of(object) {
                None => Some(format!("has no {field}")),
                Some(_) => None,
            },
            Self::HasNot(field) => field.of(object).map(|value| format!("has {field} = {value}")),
            Self::Compare(field, operator, wanted) => {
                let value = field.of(object);
                let is = value.as_deref().unwrap_or_default();
                let holds = match operator {
                    Operator::Is => is == wanted,
                    Operator::IsNot => is != wanted,
                    Operator::Contains => is.contains(wanted.as_str()),
                    Operator::AtLeast => match (is.parse::<f64>(), wanted.parse::<f64>()) {
                        (Ok(is), Ok(wanted)) => is >= wanted,
                        _ => false,
                    },
                };
                (!holds).then(|| match value {
                    Some(value) => format!("has {field} = {value}"),
                    None => format!("has no {field}"),
                })
            }
        }
    }
}

fn taints(node: &Value) -> impl Iterator<Item = &Value> {
    node["spec"]["taints"].as_array().into_iter().flatten()
}

fn field(path: &str) -> Result<Field, (String, String)> {
    Field::parse(path).ok_or_else(|| {
        let hint = r#"write `.status.phase`, `.spec.taints[0].key` or `.metadata.labels["a/b"]`"#.to_owned();
        (format!("`{path}` is no field"), hint)
    })
}

fn unknown(words: &[&str]) -> (String, String) {
    let hint = "there are `exists`, `is gone`, `waits`, `is bound [to NODE]`, `is bound by berth`, `is running`, \
                `has condition TYPE=STATUS [because REASON]`, `has [no] taint …`, `has [no] .FIELD`, \
                `.FIELD = VALUE` (`!=`, `>=`, `contains`)";
    let message = match words {
        [] => "the goal does not say what has to hold".to_owned(),
        words => format!("`{}` is nothing that can be checked", words.join(" ")),
    };
    (message, hint.to_owned())
}
