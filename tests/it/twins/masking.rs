//! What no two servers have in common is masked: uids, versions, times, random names. Uids and versions keep their
//! identity: the first that is seen is 1, the second 2.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use super::conversation::{Conversation, Session};

static UID: LazyLock<Regex> =
    LazyLock::new(|| pattern("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"));
static TIME: LazyLock<Regex> = LazyLock::new(|| pattern(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z"));
static VERSION_IN_TEXT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)(resource ?version[^0-9]{0,40}?)\d+( \(\d+\)|, current: \d+)?"));
static AGE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\d+s$"));
static TOKEN_VOLUME: LazyLock<Regex> = LazyLock::new(|| pattern("kube-api-access-[a-z0-9]{5}"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a sound pattern")
}

#[derive(Default)]
struct Masks {
    namespace: String,
    uids: BTreeMap<String, usize>,
    versions: BTreeMap<String, usize>,
    /// Prefixes of generated names.
    prefixes: Vec<String>,
}

/// The answers of a session, masked.
pub(super) fn mask(session: &Session<'_>, conversation: &Conversation, answers: Vec<Value>) -> Vec<Value> {
    let mut masks = Masks {
        namespace: session.namespace.clone(),
        ..Masks::default()
    };
    for tree in answers.iter().chain(conversation.bodies()) {
        masks.find_prefixes(tree);
    }
    answers.into_iter().map(|answer| masks.tree("", answer)).collect()
}

/// Masks what each server says in its own words: the descriptions of a table's columns. That there is one is compared, and
/// so are the columns' names, types, formats, priorities and order.
pub(super) fn own_words(tree: &mut Value) {
    match tree {
        Value::Object(map) => {
            let columns = map.get_mut("columnDefinitions").and_then(Value::as_array_mut);
            for description in columns
                .into_iter()
                .flatten()
                .filter_map(|column| column.get_mut("description"))
            {
                if description.as_str().is_some_and(|text| !text.is_empty()) {
                    *description = "in its own words".into();
                }
            }
            map.values_mut().for_each(own_words);
        }
        Value::Array(list) => list.iter_mut().for_each(own_words),
        _ => {}
    }
}

impl Masks {
    fn find_prefixes(&mut self, tree: &Value) {
        match tree {
            Value::Object(map) => {
                if let Some(prefix) = map.get("generateName").and_then(Value::as_str) {
                    self.prefixes.push(prefix.to_owned());
                }
                map.values().for_each(|value| self.find_prefixes(value));
            }
            Value::Array(list) => list.iter().for_each(|value| self.find_prefixes(value)),
            _ => {}
        }
    }

    fn tree(&mut self, key: &str, tree: Value) -> Value {
        // What is compared in part is under its JSON pointer.
        let key = key.rsplit('/').next().unwrap_or(key);
        match tree {
            // In upstream's order the time counts before the name.
            Value::Array(mut list) if key == "managedFields" => {
                list.sort_by_cached_key(|entry| {
                    ["operation", "manager", "subresource"].map(|at| entry[at].to_string())
                });
                list.into_iter().map(|value| self.tree("", value)).collect()
            }
            // Go goes through a map in any order.
            Value::Array(mut list) if key == "causes" => {
                list.sort_by_cached_key(Value::to_string);
                list.into_iter().map(|value| self.tree("", value)).collect()
            }
            Value::Array(list) if key == "cells" => {
                list.into_iter().map(|value| self.tree("cells", value)).collect()
            }
            Value::Object(mut map) => {
                let causes = map
                    .get("details")
                    .and_then(|details| details["causes"].as_array());
                if causes.is_some_and(|causes| causes.len() > 1)
                    && let Some(Value::String(message)) = map.get_mut("message")
                    && let Some((head, _)) = message.split_once(": [")
                {
                    *message = format!("{head}: [the causes]");
                }
                if map.get("type").is_some_and(|kind| kind == "BOOKMARK")
                    && let Some(version) = map
                        .get_mut("object")
                        .and_then(|o| o.pointer_mut("/metadata/resourceVersion"))
                {
                    *version = "a version".into();
                }
                // A list's version is the server's, and other writes move it.
                let is_list = map.get("items").is_some_and(Value::is_array)
                    || map.get("rows").is_some_and(Value::is_array);
                let masked = map.into_iter().map(|(key, mut value)| {
                    if is_list
                        && key == "metadata"
                        && let Some(version) = value.pointer_mut("/resourceVersion")
                    {
                        *version = "a version".into();
                    }
                    let masked = self.tree(&key, value);
                    (self.text(&key), masked)
                });
                Value::Object(masked.collect())
            }
            Value::Array(list) => list.into_iter().map(|value| self.tree("", value)).collect(),
            Value::String(text) => Value::String(match key {
                "resourceVersion" if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() => {
                    let next = self.versions.len() + 1;
                    format!("version {}", self.versions.entry(text).or_insert(next))
                }
                "continue" => "a token".into(),
                "cells" if AGE.is_match(&text) => "an age".into(),
                _ => self.text(&text),
            }),
            other => other,
        }
    }

    fn text(&mut self, text: &str) -> String {
        let text = text.replace(&self.namespace, "NS");
        let uids = &mut self.uids;
        let mut text = UID
            .replace_all(&text, |found: &Captures<'_>| {
                let next = uids.len() + 1;
                format!("uid {}", uids.entry(found[0].to_owned()).or_insert(next))
            })
            .into_owned();
        for prefix in &self.prefixes {
            let prefix = prefix.replace(&self.namespace, "NS");
            let generated = pattern(&format!(r"\b{}[a-z0-9]{{5}}\b", regex::escape(&prefix)));
            text = generated
                .replace_all(&text, format!("{prefix}*****"))
                .into_owned();
        }
        let text = TIME.replace_all(&text, |found: &Captures<'_>| {
            if found.get(1).is_some() {
                "a time to the microsecond"
            } else {
                "a time"
            }
            .to_owned()
        });
        let text = VERSION_IN_TEXT.replace_all(&text, "${1}VERSION");
        TOKEN_VOLUME
            .replace_all(&text, "kube-api-access-*****")
            .into_owned()
    }
}
