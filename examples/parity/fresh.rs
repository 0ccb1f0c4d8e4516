//! Random clusters, judged by both.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::Result;
use serde_json::{Value, json};

use crate::coverage::Coverage;
use crate::harness::compare::Outcome;
use crate::harness::{generate, ours};
use crate::oracle::Oracle;

/// What was found so far.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) outcome: Outcome,
    pub(crate) coverage: Coverage,
    /// Where the oracle crashed, refused a cluster or disagreed with itself: a seed, and its words.
    pub(crate) failures: Vec<(u64, String)>,
}

/// The cluster of `seed`, with the bound pods that are to be judged as well.
pub(crate) fn cluster(seed: u64) -> Value {
    let mut cluster = generate::cluster(seed);
    let items = || cluster["items"].as_array().into_iter().flatten();
    // Of a pod on a node that is not there, upstream forgets the claims that it shares with others when it is taken off.
    let exists =
        |name: &Value| items().any(|item| item["kind"] == "Node" && item["metadata"]["name"] == *name);
    let bound = items().find(|item| {
        let ended = matches!(item["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
        item["kind"] == "Pod" && exists(&item["spec"]["nodeName"]) && !ended
    });
    let name = bound.map(|pod| {
        let part = |key: &str| pod["metadata"][key].as_str().unwrap_or_default().to_owned();
        format!("{}/{}", part("namespace"), part("name"))
    });
    cluster["pods"] = json!(Vec::from_iter(name));
    cluster
}

/// Whether nothing differs.
pub(crate) fn run(oracle: &Path, seeds: Range<u64>, coverage: bool, twice: bool) -> Result<bool> {
    let started = Instant::now();
    println!(
        "clusters of seeds {0}..{1} (the same again: just parity {0}..{1})",
        seeds.start, seeds.end
    );
    Oracle::new(oracle).ask(&json!({ "items": [] }))?;
    // A panic is a finding here, and told as one.
    std::panic::set_hook(Box::new(|_| {}));
    let next = AtomicU64::new(seeds.start);
    let found = Mutex::new(Found::default());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| judge_all(oracle, &next, seeds.end, twice, &found));
        }
    });
    let _ = std::panic::take_hook();
    let mut found = found
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    found
        .outcome
        .differences
        .sort_by_key(|difference| difference.seed);
    found.failures.sort();
    if coverage {
        println!("\n{}", found.coverage);
    }
    for (seed, words) in found.failures.iter().take(20) {
        println!("seed {seed}: the oracle fails: {words}");
    }
    if found.failures.len() > 20 {
        println!(
            "... and {} more failures of the oracle",
            found.failures.len() - 20
        );
    }
    keep(&found.outcome);
    println!(
        "{} ({:.0?} on {threads} threads)",
        found.outcome,
        started.elapsed()
    );
    Ok(found.outcome.differences.is_empty() && found.outcome.is_whole() && found.failures.is_empty())
}

fn judge_all(oracle: &Path, next: &AtomicU64, end: u64, twice: bool, found: &Mutex<Found>) {
    let mut oracle = Oracle::new(oracle);
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return;
        }
        let cluster = cluster(seed);
        let answered = oracle.ask(&cluster);
        let mut outcome = Outcome::default();
        let failure = match &answered {
            Ok(theirs) => {
                outcome = Outcome::of(seed, &ours::records(&cluster), theirs);
                let again = twice.then(|| oracle.ask(&cluster).ok()).flatten();
                again
                    .and_then(|again| otherwise(theirs, &again))
                    .or_else(|| theirs.iter().find_map(at_odds))
            }
            Err(error) => Some(format!("{error:#}")),
        };
        let mut found = found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        found.outcome.add(outcome);
        found.failures.extend(failure.map(|words| (seed, words)));
        for record in answered.into_iter().flatten() {
            found.coverage.add(&record);
        }
    }
}

/// Where the plugins called one by one and the framework's own run disagree, save about a score out of range, which the
/// comparison knows of.
fn at_odds(record: &Value) -> Option<String> {
    let words = record["mismatch"][0].as_str()?;
    let known = words.contains("returns an invalid score") || words.starts_with("RunPreScorePlugins");
    (!known).then(|| format!("{}: {words}", record["pod"]))
}

/// What the oracle says otherwise when it is asked again: what is chance, and has no place in a comparison.
fn otherwise(first: &[Value], again: &[Value]) -> Option<String> {
    let differs = |(first, again): &(&Value, &Value)| {
        // Which of several scores out of range it names is chance, and known to be.
        let mut keys = first.as_object().into_iter().flat_map(|record| record.keys());
        keys.any(|key| key != "mismatch" && first[key] != again[key])
    };
    let (first, again) = first.iter().zip(again).find(differs)?;
    let place = apart(first, again, "");
    Some(format!("it says something else when asked again: {place}"))
}

/// Where two values are apart first.
fn apart(one: &Value, other: &Value, place: &str) -> String {
    if let (Some(one), Some(other)) = (one.as_object(), other.as_object()) {
        for (key, value) in one {
            let beside = other.get(key).unwrap_or(&Value::Null);
            if beside != value && key != "mismatch" {
                return apart(value, beside, &format!("{place}.{key}"));
            }
        }
    }
    format!("{place}: {one} and {other}")
}

/// Where clusters are kept.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/parity")
}

/// Keeps the first clusters that differ, to be looked at with `berth explain --from`.
fn keep(outcome: &Outcome) {
    let mut seeds: Vec<u64> = outcome
        .differences
        .iter()
        .map(|difference| difference.seed)
        .collect();
    seeds.dedup();
    for seed in seeds.iter().take(20) {
        let file = folder().join(format!("{seed}.json"));
        let kept = std::fs::create_dir_all(folder())
            .and_then(|()| std::fs::write(&file, format!("{:#}", generate::cluster(*seed))));
        match kept {
            Ok(()) => println!("kept {}", file.display()),
            Err(error) => println!("cannot keep {}: {error}", file.display()),
        }
    }
}
