//! Upstream's record, with what of it is determined and what follows from plugins that berth lacks.

use serde_json::{Value, json};

use super::{has, keys};

pub(super) const PREEMPTION: &str = "DefaultPreemption";
pub(super) const DEVICES: &str = "DynamicResources";

pub(super) struct Judged<'a> {
    record: &'a Value,
    /// A plugin without a row here that keeps the pod out of the queue.
    pub(super) gating: Option<&'a str>,
    /// A plugin without a row here that keeps the pod off a node.
    pub(super) searching: Option<&'a str>,
}

impl<'a> Judged<'a> {
    pub(super) fn new(record: &'a Value) -> Self {
        let nodes = record["nodes"]
            .as_object()
            .into_iter()
            .flat_map(|nodes| nodes.values());
        let mut searching = lacking(&record["preFilter"], |status| {
            !matches!(status["code"].as_str(), Some("Success" | "Skip")) || !status["nodes"].is_null()
        });
        for node in nodes {
            searching = searching.or_else(|| lacking(&node["filter"], |status| status["code"] != "Success"));
        }
        Self {
            record,
            gating: lacking(&record["preEnqueue"], |status| status["code"] != "Success"),
            searching,
        }
    }

    /// The framework's words where it refuses a score that is not from 0 to 100.
    pub(super) fn refused_score(&self) -> Option<&'a str> {
        self.record["mismatch"][0].as_str().filter(|words| refuses(words))
    }

    /// Whether no plugin without a row here has a say in preemption.
    pub(super) fn preempts(&self) -> bool {
        let looks = |status: &Value| status["code"] != "Skip";
        let failed = !has(DEVICES) && self.record["preFilterFailure"].is_string();
        has(PREEMPTION) && !failed && lacking(&self.record["preFilter"], looks).is_none()
    }

    pub(super) fn pre_score_failed(&self) -> bool {
        let error = self.record["error"].as_str();
        error.is_some_and(|text| text.starts_with("running PreScore plugin"))
    }

    /// Whether what scores there are would never come about.
    pub(super) fn unscored(&self) -> bool {
        self.pre_score_failed()
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

    /// The nodes with the highest of those totals, in name order.
    pub(super) fn best(&self) -> Value {
        if self.record["best"].as_array().is_none_or(Vec::is_empty) {
            return json!([]);
        }
        let nodes = self.record["nodes"].as_object().into_iter().flatten();
        let totals: Vec<(&String, i64)> = nodes
            .filter_map(|(name, node)| Some((name, total(node).as_i64()?)))
            .collect();
        let highest = totals.iter().map(|(_, total)| *total).max();
        let best = totals.iter().filter(|(_, total)| Some(*total) == highest);
        json!(best.map(|(name, _)| name).collect::<Vec<_>>())
    }
}

/// Upstream's total of a node, of those plugins alone that berth has.
pub(super) fn total(node: &Value) -> Value {
    if !node["score"].is_object() {
        return node["total"].clone();
    }
    let weighted = |plugin: &String| node["score"][plugin]["weighted"].as_i64();
    let ours = keys(&node["score"]).filter(|plugin| has(plugin));
    json!(ours.filter_map(weighted).sum::<i64>())
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

/// The first plugin that berth lacks among those whose status is `telling`.
fn lacking(statuses: &Value, telling: impl Fn(&Value) -> bool) -> Option<&str> {
    let statuses = statuses.as_object()?.iter();
    let mut lacking = statuses.filter(|(plugin, status)| !has(plugin) && telling(status));
    lacking.next().map(|(plugin, _)| plugin.as_str())
}
