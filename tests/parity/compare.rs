//! Cell by cell: berth's decision record against upstream's.

mod judged;
mod report;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use judged::{Judged, or};

/// Where a cell is: a phase of a plugin, or the outcome of the whole cycle, which is of no single plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    PreEnqueue,
    PreFilter,
    Filter,
    PreScore,
    Score,
    Allocations,
    PostFilter,
    Outcome,
}

impl Phase {
    pub(crate) const ALL: [Self; 8] = [
        Self::PreEnqueue,
        Self::PreFilter,
        Self::Filter,
        Self::PreScore,
        Self::Score,
        Self::Allocations,
        Self::PostFilter,
        Self::Outcome,
    ];
}

const PREEMPTION: &str = "DefaultPreemption";
const DEVICES: &str = "DynamicResources";

/// What is of no single plugin.
pub(crate) const CYCLE: &str = "(the cycle)";

/// A cell that differs.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    pub(crate) seed: u64,
    pub(crate) pod: String,
    pub(crate) plugin: String,
    pub(crate) phase: Phase,
    /// Where in the record: `nodes.n1.filter.NodePorts`.
    pub(crate) cell: String,
    pub(crate) ours: Value,
    pub(crate) theirs: Value,
}

/// At most one pod in so many may have a fault: more would be berth's, and hide what it judges.
const FAULTS_AMONG: usize = 100;

/// Whether PreFilter refuses the pod for a field that the API server would have refused. There berth names object and
/// field, where upstream has each plugin say something of its own.
fn names_a_fault(record: &Value, pod: &str) -> bool {
    let results = record["preFilter"].as_object().into_iter().flatten();
    let reasons = results.filter_map(|(_, result)| result["reasons"][0].as_str());
    let start = format!("Pod {pod}: spec.");
    reasons.into_iter().any(|reason| reason.starts_with(&start))
}

/// How many cells there were.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) compared: usize,
    pub(crate) different: usize,
}

/// What a comparison found.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) clusters: usize,
    pub(crate) pods: usize,
    pub(crate) cells: BTreeMap<(String, Phase), Count>,
    pub(crate) differences: Vec<Difference>,
    /// Pods that are not compared: see [`names_a_fault`].
    pub(crate) faulty: usize,
    seed: u64,
    pod: String,
}

impl Outcome {
    pub(crate) fn compared(&self) -> usize {
        self.cells.values().map(|count| count.compared).sum()
    }

    /// Whether all is compared that is to be: faults are the rare exception that they are.
    pub(crate) fn is_whole(&self) -> bool {
        self.faulty * FAULTS_AMONG <= self.pods.max(FAULTS_AMONG)
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.clusters += other.clusters;
        self.pods += other.pods;
        for (key, count) in other.cells {
            let sum = self.cells.entry(key).or_default();
            sum.compared += count.compared;
            sum.different += count.different;
        }
        self.faulty += other.faulty;
        self.differences.extend(other.differences);
    }

    /// Compares the records of the cluster of `seed`.
    pub(crate) fn of(seed: u64, ours: &[Value], theirs: &[Value]) -> Self {
        let mut outcome = Self {
            clusters: 1,
            seed,
            ..Self::default()
        };
        outcome.pods(ours, theirs);
        outcome
    }

    fn pods(&mut self, ours: &[Value], theirs: &[Value]) {
        let by_pod = |records: &[Value]| {
            let named = records.iter().map(|record| {
                let name = record["pod"].as_str().unwrap_or("(no pod)");
                (name.to_owned(), record.clone())
            });
            named.collect::<BTreeMap<_, _>>()
        };
        let (ours, theirs) = (by_pod(ours), by_pod(theirs));
        let names: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
        for name in names {
            self.pods += 1;
            self.pod.clone_from(name);
            match (ours.get(name), theirs.get(name)) {
                (Some(ours), Some(_)) if names_a_fault(ours, name) => {
                    self.faulty += 1;
                }
                (Some(ours), Some(theirs)) if ours["panicked"].is_null() => self.record(ours, theirs),
                (ours, theirs) => {
                    // One that did not judge the pod at all, or panicked.
                    let said = |record: Option<&Value>| match record {
                        None => json!("nothing"),
                        Some(record) if record["panicked"] == true => json!("panicked"),
                        Some(record) if record["failed"].is_string() => record["failed"].clone(),
                        Some(_) => json!("a record"),
                    };
                    self.cell(CYCLE, Phase::Outcome, "pod", &said(ours), &said(theirs));
                }
            }
        }
    }

    fn cell(&mut self, plugin: &str, phase: Phase, cell: &str, ours: &Value, theirs: &Value) {
        let count = self.cells.entry((plugin.to_owned(), phase)).or_default();
        count.compared += 1;
        if ours != theirs {
            count.different += 1;
            self.differences.push(Difference {
                seed: self.seed,
                pod: self.pod.clone(),
                plugin: plugin.to_owned(),
                phase,
                cell: cell.to_owned(),
                ours: ours.clone(),
                theirs: theirs.clone(),
            });
        }
    }

    fn outcome(&mut self, cell: &str, ours: &Value, theirs: &Value) {
        self.cell(CYCLE, Phase::Outcome, cell, ours, theirs);
    }

    fn record(&mut self, ours: &Value, theirs: &Value) {
        let judged = Judged::new(theirs);
        self.outcome("gated", &ours["gated"], &or(&theirs["gated"], false));
        for (key, phase) in [("preEnqueue", Phase::PreEnqueue), ("preFilter", Phase::PreFilter)] {
            self.by_plugin(phase, key, &ours[key], &theirs[key]);
        }
        let failure = or(&theirs["preFilterFailure"], "");
        self.outcome("preFilterFailure", &ours["preFilterFailure"], &failure);
        for name in names(&ours["nodes"], &theirs["nodes"]) {
            self.node(&name, &ours["nodes"][&name], &theirs["nodes"][&name], &judged);
        }
        self.by_plugin(
            Phase::PreScore,
            "preScore",
            &ours["preScore"],
            &theirs["preScore"],
        );
        self.outcome("feasible", &ours["feasible"], &theirs["feasible"]);
        let blamed = or(&theirs["unschedulablePlugins"], json!([]));
        self.outcome("unschedulablePlugins", &ours["unschedulablePlugins"], &blamed);
        self.post_filter(ours, theirs);
        self.decision(ours, theirs, &judged);
    }

    fn decision(&mut self, ours: &Value, theirs: &Value, judged: &Judged<'_>) {
        if let Some(refused) = judged.refused_score() {
            // The framework refuses a score; which node's and plugin's it names is chance.
            if theirs["decision"] == "scored" {
                let ours = json!(judged::refuses(ours["error"].as_str().unwrap_or_default()));
                self.outcome("error", &ours, &json!(judged::refuses(refused)));
            }
            return;
        }
        let errors = judged.errors();
        let error = errors.iter().find(|error| **error == ours["error"]);
        self.outcome("error", &ours["error"], error.unwrap_or(&errors[0]));
        if judged.pre_score_failed() {
            // The oracle goes on to a decision all the same; the framework would not have scored a single node.
            return;
        }
        self.outcome("decision", &ours["decision"], &theirs["decision"]);
        let best = or(&theirs["best"], json!([]));
        self.outcome("best", &ours["best"], &best);
        let chosen = if theirs["decision"] == "scored" {
            &best
        } else {
            &theirs["chosen"]
        };
        self.outcome("chosen", &ours["chosen"], chosen);
    }

    fn post_filter(&mut self, ours: &Value, theirs: &Value) {
        self.outcome("message", &ours["message"], &or(&theirs["message"], ""));
        let (ours, theirs) = (&ours["postFilter"], &theirs["postFilter"]);
        let plugin = theirs["plugin"].as_str().unwrap_or(PREEMPTION);
        // Of several that find no way, upstream names the first.
        let (our_plugin, their_plugin) = (or(&ours["plugin"], ""), or(&theirs["plugin"], ""));
        self.cell(
            plugin,
            Phase::PostFilter,
            "postFilter.plugin",
            &our_plugin,
            &their_plugin,
        );
        for key in ["code", "reasons", "candidates", "best"] {
            if !ours[key].is_null() || !theirs[key].is_null() {
                let cell = format!("postFilter.{key}");
                self.cell(plugin, Phase::PostFilter, &cell, &ours[key], &theirs[key]);
            }
        }
    }

    fn node(&mut self, name: &str, ours: &Value, theirs: &Value, judged: &Judged<'_>) {
        let place = |key: &str| format!("nodes.{name}.{key}");
        self.by_plugin(
            Phase::Filter,
            &place("filter"),
            &ours["filter"],
            &theirs["filter"],
        );
        for key in ["feasible", "excludedByPreFilter", "firstFailure"] {
            self.outcome(&place(key), &ours[key], &theirs[key]);
        }
        if judged.pre_score_failed() {
            return;
        }
        self.by_plugin(Phase::Score, &place("score"), &ours["score"], &theirs["score"]);
        self.outcome(&place("total"), &ours["total"], &theirs["total"]);
        let (ours, theirs) = (&ours["allocations"], &theirs["allocations"]);
        for claim in names(ours, theirs) {
            let place = place(&format!("allocations.{claim}"));
            self.cell(
                DEVICES,
                Phase::Allocations,
                &place,
                &ours[&claim],
                &theirs[&claim],
            );
        }
    }

    fn by_plugin(&mut self, phase: Phase, place: &str, ours: &Value, theirs: &Value) {
        for plugin in names(ours, theirs) {
            let cell = format!("{place}.{plugin}");
            self.cell(&plugin, phase, &cell, &ours[&plugin], &theirs[&plugin]);
        }
    }
}

fn names(ours: &Value, theirs: &Value) -> Vec<String> {
    let all: BTreeSet<&String> = keys(ours).chain(keys(theirs)).collect();
    all.into_iter().cloned().collect()
}

fn keys(value: &Value) -> impl Iterator<Item = &String> {
    value.as_object().into_iter().flat_map(|object| object.keys())
}
