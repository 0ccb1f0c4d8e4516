//! Goals: what has to hold on the cluster. A goal is a line of a few fixed words.

mod test;

use std::fmt;

use serde_json::Value;

use self::test::Test;
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

    /// Whether it wants a pod placed.
    pub const fn is_placed(&self) -> bool {
        matches!(self.test, Test::Bound(_) | Test::ByBerth)
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
