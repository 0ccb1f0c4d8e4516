//! Cell by cell: berth's decision record against upstream's.

use std::collections::BTreeMap;

use serde_json::Value;

/// The plugins that berth has: only these are compared.
const PLUGINS: &[&str] = &[
    "SchedulingGates",
    "NodeName",
    "NodeUnschedulable",
    "TaintToleration",
    "NodeAffinity",
    "NodePorts",
    "NodeResourcesFit",
    "NodeResourcesBalancedAllocation",
];

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Cells compared, by plugin; the empty name is for what is of no single plugin.
    pub cells: BTreeMap<&'static str, usize>,
    /// Each cell that differs, in words.
    pub differences: Vec<String>,
}

impl Outcome {
    pub fn total(&self) -> usize {
        self.cells.values().sum()
    }

    fn cell(&mut self, plugin: &'static str, place: &str, ours: &Value, theirs: &Value) {
        *self.cells.entry(plugin).or_default() += 1;
        if ours != theirs {
            self.differences.push(format!("{place}: berth {ours}, upstream {theirs}"));
        }
    }

    /// Compares the record of one pod.
    pub fn record(&mut self, ours: &Value, theirs: &Value) {
        let pod = theirs["pod"].as_str().unwrap_or("?").to_owned();
        self.cell("", &format!("{pod} pod"), &ours["pod"], &theirs["pod"]);
        self.cell("", &format!("{pod} gated"), &ours["gated"], &or(&theirs["gated"], false.into()));
        for phase in ["preEnqueue", "preFilter", "preScore"] {
            self.by_plugin(&format!("{pod} {phase}"), &ours[phase], &theirs[phase]);
        }
        let mut names: Vec<&String> = keys(&ours["nodes"]).chain(keys(&theirs["nodes"])).collect();
        names.sort();
        names.dedup();
        for name in names {
            self.node(&format!("{pod} on {name}"), &ours["nodes"][name], &theirs["nodes"][name]);
        }
        let foreign = |plugins: &Value| {
            let all = plugins.as_array().into_iter().flatten();
            all.filter_map(Value::as_str).any(|plugin| !PLUGINS.contains(&plugin))
        };
        if foreign(&theirs["unschedulablePlugins"]) || !known(&theirs["preFilterFailure"]) {
            return;
        }
        let failure = or(&theirs["preFilterFailure"], "".into());
        self.cell("", &format!("{pod} preFilterFailure"), &ours["preFilterFailure"], &failure);
        for key in ["decision", "feasible"] {
            self.cell("", &format!("{pod} {key}"), &ours[key], &theirs[key]);
        }
        let blamed = or(&theirs["unschedulablePlugins"], Value::Array(Vec::new()));
        self.cell("", &format!("{pod} unschedulablePlugins"), &ours["unschedulablePlugins"], &blamed);
        let alone = or(&theirs["messageWithoutPostFilter"], theirs["message"].clone());
        self.cell("", &format!("{pod} message"), &ours["message"], &or(&alone, "".into()));
        self.cell("", &format!("{pod} error"), &ours["error"], &theirs["error"]);
        if ours["decision"] != "scored" {
            self.cell("", &format!("{pod} chosen"), &ours["chosen"], &theirs["chosen"]);
        }
    }

    fn node(&mut self, place: &str, ours: &Value, theirs: &Value) {
        for key in ["feasible", "excludedByPreFilter"] {
            self.cell("", &format!("{place} {key}"), &ours[key], &theirs[key]);
        }
        if known(&theirs["firstFailure"]) {
            self.cell("", &format!("{place} firstFailure"), &ours["firstFailure"], &theirs["firstFailure"]);
        }
        self.by_plugin(&format!("{place} filter"), &ours["filter"], &theirs["filter"]);
        self.by_plugin(&format!("{place} score"), &ours["score"], &theirs["score"]);
        if theirs["score"].is_object() {
            // Upstream's total, of our plugins alone.
            let weighted = |plugin: &&&str| theirs["score"][**plugin]["weighted"].as_i64();
            let total: i64 = PLUGINS.iter().filter_map(|plugin| weighted(&plugin)).sum();
            self.cell("", &format!("{place} total"), &ours["total"], &total.into());
        } else {
            self.cell("", &format!("{place} total"), &ours["total"], &theirs["total"]);
        }
    }

    fn by_plugin(&mut self, place: &str, ours: &Value, theirs: &Value) {
        for &plugin in PLUGINS {
            if !ours[plugin].is_null() || !theirs[plugin].is_null() {
                self.cell(plugin, &format!("{place} {plugin}"), &ours[plugin], &theirs[plugin]);
            }
        }
    }
}

fn known(plugin: &Value) -> bool {
    plugin.as_str().is_none_or(|plugin| plugin.is_empty() || PLUGINS.contains(&plugin))
}

fn or(value: &Value, otherwise: Value) -> Value {
    if value.is_null() { otherwise } else { value.clone() }
}

fn keys(value: &Value) -> impl Iterator<Item = &String> {
    value.as_object().into_iter().flat_map(|object| object.keys())
}
