//! Cell by cell: berth's decision record against upstream's.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

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
pub(crate) struct Outcome {
    /// Cells compared, by plugin; the empty name is for what is of no single plugin.
    pub(crate) cells: BTreeMap<&'static str, usize>,
    /// Each cell that differs, in words.
    pub(crate) differences: Vec<String>,
}

impl Outcome {
    fn cell(&mut self, plugin: &'static str, place: &str, ours: &Value, theirs: &Value) {
        *self.cells.entry(plugin).or_default() += 1;
        if ours != theirs {
            self.differences
                .push(format!("{place}: berth {ours}, upstream {theirs}"));
        }
    }

    /// Compares the record of one pod.
    pub(crate) fn record(&mut self, ours: &Value, theirs: &Value) {
        let pod = theirs["pod"].as_str().unwrap_or("?").to_owned();
        self.cell("", &format!("{pod} pod"), &ours["pod"], &theirs["pod"]);
        self.cell(
            "",
            &format!("{pod} gated"),
            &ours["gated"],
            &or(&theirs["gated"], false.into()),
        );
        for phase in ["preEnqueue", "preFilter", "preScore"] {
            self.by_plugin(&format!("{pod} {phase}"), &ours[phase], &theirs[phase]);
        }
        let mut names: Vec<&String> = keys(&ours["nodes"]).chain(keys(&theirs["nodes"])).collect();
        names.sort();
        names.dedup();
        for name in names {
            self.node(
                &format!("{pod} on {name}"),
                &ours["nodes"][name],
                &theirs["nodes"][name],
            );
        }
        let foreign = |plugins: &Value| {
            let all = plugins.as_array().into_iter().flatten();
            all.filter_map(Value::as_str)
                .any(|plugin| !PLUGINS.contains(&plugin))
        };
        if foreign(&theirs["unschedulablePlugins"]) || !known(&theirs["preFilterFailure"]) {
            return;
        }
        let failure = or(&theirs["preFilterFailure"], "".into());
        self.cell(
            "",
            &format!("{pod} preFilterFailure"),
            &ours["preFilterFailure"],
            &failure,
        );
        self.cell(
            "",
            &format!("{pod} feasible"),
            &ours["feasible"],
            &theirs["feasible"],
        );
        let blamed = or(&theirs["unschedulablePlugins"], Value::Array(Vec::new()));
        self.cell(
            "",
            &format!("{pod} unschedulablePlugins"),
            &ours["unschedulablePlugins"],
            &blamed,
        );
        let alone = or(&theirs["messageWithoutPostFilter"], theirs["message"].clone());
        self.cell(
            "",
            &format!("{pod} message"),
            &ours["message"],
            &or(&alone, "".into()),
        );
        if let Some(refused) = theirs["mismatch"][0].as_str() {
            // The framework refuses a score; which node's and plugin's it names is chance.
            const WORDS: &str = "applying score defaultWeights on Score plugins: plugin ";
            let refuses =
                |text: &str| json!(text.contains(WORDS) && text.contains(" returns an invalid score "));
            if theirs["decision"] == "scored" {
                let ours = ours["error"].as_str().unwrap_or("");
                self.cell("", &format!("{pod} error"), &refuses(ours), &refuses(refused));
            }
            return;
        }
        if theirs["error"]
            .as_str()
            .is_some_and(|text| text.starts_with("running PreScore plugin"))
        {
            // The oracle goes on to a decision all the same; the framework would not have scored a single node.
            let error = if theirs["decision"] == "scored" {
                theirs["error"].clone()
            } else {
                Value::Null
            };
            self.cell("", &format!("{pod} error"), &ours["error"], &error);
            return;
        }
        self.cell("", &format!("{pod} error"), &ours["error"], &theirs["error"]);
        self.cell(
            "",
            &format!("{pod} decision"),
            &ours["decision"],
            &theirs["decision"],
        );
        if ours["decision"] != "scored" {
            self.cell("", &format!("{pod} chosen"), &ours["chosen"], &theirs["chosen"]);
        }
    }

    fn node(&mut self, place: &str, ours: &Value, theirs: &Value) {
        for key in ["feasible", "excludedByPreFilter"] {
            self.cell("", &format!("{place} {key}"), &ours[key], &theirs[key]);
        }
        if known(&theirs["firstFailure"]) {
            self.cell(
                "",
                &format!("{place} firstFailure"),
                &ours["firstFailure"],
                &theirs["firstFailure"],
            );
        }
        self.by_plugin(&format!("{place} filter"), &ours["filter"], &theirs["filter"]);
        self.by_plugin(&format!("{place} score"), &ours["score"], &theirs["score"]);
        if theirs["score"].is_object() {
            // Upstream's total, of our plugins alone.
            let weighted = |plugin: &&str| theirs["score"][*plugin]["weighted"].as_i64();
            let total: i64 = PLUGINS.iter().filter_map(weighted).sum();
            self.cell("", &format!("{place} total"), &ours["total"], &total.into());
        } else {
            self.cell("", &format!("{place} total"), &ours["total"], &theirs["total"]);
        }
    }

    fn by_plugin(&mut self, place: &str, ours: &Value, theirs: &Value) {
        for &plugin in PLUGINS {
            if !ours[plugin].is_null() || !theirs[plugin].is_null() {
                self.cell(
                    plugin,
                    &format!("{place} {plugin}"),
                    &ours[plugin],
                    &theirs[plugin],
                );
            }
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for difference in self.differences.iter().take(40) {
            writeln!(f, "{difference}")?;
        }
        for (plugin, cells) in &self.cells {
            writeln!(f, "{cells:>9} cells {plugin}")?;
        }
        let total: usize = self.cells.values().sum();
        write!(f, "{total:>9} cells compared, {} differ", self.differences.len())
    }
}

/// Leaves out of upstream's record what is of no plugin that is compared.
pub(crate) fn strip(record: &mut Value) {
    let drop = |object: &mut Value| {
        if let Some(object) = object.as_object_mut() {
            object.retain(|plugin, _| PLUGINS.contains(&plugin.as_str()));
        }
    };
    for phase in ["preEnqueue", "preFilter", "preScore"] {
        drop(&mut record[phase]);
    }
    record["postFilter"] = Value::Null;
    let nodes = record["nodes"].as_object_mut();
    for node in nodes.into_iter().flat_map(|nodes| nodes.values_mut()) {
        drop(&mut node["filter"]);
        if node["score"].is_object() {
            drop(&mut node["score"]);
        }
    }
}

fn known(plugin: &Value) -> bool {
    plugin
        .as_str()
        .is_none_or(|plugin| plugin.is_empty() || PLUGINS.contains(&plugin))
}

fn or(value: &Value, otherwise: Value) -> Value {
    if value.is_null() { otherwise } else { value.clone() }
}

fn keys(value: &Value) -> impl Iterator<Item = &String> {
    value.as_object().into_iter().flat_map(|object| object.keys())
}
