//! What upstream's plugins said, counted: what the generator reaches.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// Pods by code and reason, by plugin and phase.
#[derive(Default)]
pub(crate) struct Coverage {
    said: BTreeMap<(String, &'static str, String, String), usize>,
    decisions: BTreeMap<String, usize>,
    pods: usize,
    nodes: usize,
    feasible: usize,
    allocations: usize,
    candidates: usize,
    victims: usize,
    violations: usize,
}

impl Coverage {
    pub(crate) fn add(&mut self, record: &Value) {
        self.pods += 1;
        let decision = record["decision"].as_str().unwrap_or_default();
        *self.decisions.entry(decision.to_owned()).or_default() += 1;
        for phase in ["preEnqueue", "preFilter", "preScore"] {
            self.statuses(phase, &record[phase]);
        }
        let post_filter = &record["postFilter"];
        if let Some(plugin) = post_filter["plugin"].as_str() {
            self.status(plugin, "postFilter", post_filter);
        } else if post_filter.is_object() {
            self.status("DefaultPreemption", "postFilter", post_filter);
        }
        for candidate in post_filter["candidates"].as_array().into_iter().flatten() {
            self.candidates += 1;
            self.victims += candidate["victims"].as_array().map_or(0, Vec::len);
            self.violations += usize::from(candidate["pdbViolations"] != 0);
        }
        for (_, node) in entries(&record["nodes"]) {
            self.nodes += 1;
            self.feasible += usize::from(node["feasible"] == true);
            self.allocations += entries(&node["allocations"]).count();
            self.statuses("filter", &node["filter"]);
            for (plugin, score) in entries(&node["score"]) {
                let figure = match score["normalized"].as_i64() {
                    Some(0) => "0",
                    Some(100) => "100",
                    _ => "between",
                };
                self.say(plugin, "score", figure, "");
            }
        }
        for what in ["error", "message"] {
            if let Some(text) = record[what].as_str() {
                let text = text.split(": ").next().unwrap_or_default();
                self.say("(the cycle)", "outcome", what, &shape(text));
            }
        }
    }

    fn statuses(&mut self, phase: &'static str, statuses: &Value) {
        for (plugin, status) in entries(statuses) {
            self.status(plugin, phase, status);
        }
    }

    fn status(&mut self, plugin: &str, phase: &'static str, status: &Value) {
        let code = status["code"].as_str().unwrap_or_default();
        let code = if status["nodes"].is_array() {
            format!("{code}, narrowing")
        } else {
            code.to_owned()
        };
        let reasons = status["reasons"].as_array().map_or(&[][..], Vec::as_slice);
        if reasons.is_empty() {
            self.say(plugin, phase, &code, "");
        }
        for reason in reasons {
            let reason = reason.as_str().unwrap_or_default();
            // A histogram: each entry by itself.
            let entries = reason
                .split_once(" nodes are available: ")
                .map_or(reason, |(_, entries)| entries);
            if entries == reason {
                self.say(plugin, phase, &code, &shape(reason));
                continue;
            }
            for entry in entries.trim_end_matches('.').split(", ") {
                self.say(plugin, phase, &code, &format!("preemption: {}", shape(entry)));
            }
        }
    }

    fn say(&mut self, plugin: &str, phase: &'static str, code: &str, reason: &str) {
        let key = (plugin.to_owned(), phase, code.to_owned(), reason.to_owned());
        *self.said.entry(key).or_default() += 1;
    }
}

/// A reason without the names and numbers in it.
fn shape(reason: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in reason.split_whitespace() {
        let named = word.contains(|c: char| c.is_ascii_digit() || c == '"' || c == '/');
        let word = if named { "…" } else { word };
        if word != "…" || words.last() != Some(&"…") {
            words.push(word);
        }
    }
    let text = words.join(" ");
    text.chars().take(110).collect()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "What upstream's plugins said:")?;
        let mut before = "";
        for ((plugin, phase, code, reason), count) in &self.said {
            if before != plugin {
                writeln!(f, "{plugin}")?;
                before = plugin;
            }
            writeln!(f, "{count:>10}  {phase:10} {code:28} {reason}")?;
        }
        writeln!(f, "decisions: {:?}", self.decisions)?;
        let Self {
            feasible,
            nodes,
            pods,
            ..
        } = self;
        writeln!(
            f,
            "{feasible} of {nodes} nodes feasible for {pods} pods, {} claims allocated",
            self.allocations
        )?;
        let Self {
            candidates,
            victims,
            violations,
            ..
        } = self;
        writeln!(
            f,
            "{candidates} candidates for preemption with {victims} victims, {violations} against a budget"
        )
    }
}
