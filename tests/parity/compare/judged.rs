//! Upstream's record, and what of it is determined.

use serde_json::{Value, json};

pub(super) struct Judged<'a> {
    record: &'a Value,
}

impl<'a> Judged<'a> {
    pub(super) fn new(record: &'a Value) -> Self {
        Self { record }
    }

    /// The framework's words where it refuses a score that is not from 0 to 100.
    pub(super) fn refused_score(&self) -> Option<&'a str> {
        self.record["mismatch"][0].as_str().filter(|words| refuses(words))
    }

    /// Whether what scores there are would never come about.
    pub(super) fn pre_score_failed(&self) -> bool {
        let error = self.record["error"].as_str();
        error.is_some_and(|text| text.starts_with("running PreScore plugin"))
    }

    /// The errors that upstream may end the cycle with, the oracle's first: where filters fail on several nodes, it is
    /// that of whichever comes first.
    pub(super) fn errors(&self) -> Vec<Value> {
        let error = &self.record["error"];
        if self.pre_score_failed() && self.record["decision"] != "scored" {
            return vec![Value::Null];
        }
        let mut all = vec![error.clone()];
        if error
            .as_str()
            .is_some_and(|error| error.contains(" filter plugin: "))
        {
            let nodes = self.record["nodes"]
                .as_object()
                .into_iter()
                .flat_map(|nodes| nodes.values());
            for node in nodes {
                let plugin = node["firstFailure"].as_str().unwrap_or_default();
                let status = &node["filter"][plugin];
                if status["code"] == "Error" {
                    let reason = status["reasons"][0].as_str().unwrap_or_default();
                    all.push(json!(format!("running {plugin:?} filter plugin: {reason}")));
                }
            }
        }
        all
    }
}

/// Whether `text` is what the framework says of a score out of range.
pub(super) fn refuses(text: &str) -> bool {
    text.contains("applying score defaultWeights on Score plugins: plugin ")
        && text.contains(" returns an invalid score ")
}

pub(super) fn or(value: &Value, otherwise: impl Into<Value>) -> Value {
    if value.is_null() {
        otherwise.into()
    } else {
        value.clone()
    }
}
