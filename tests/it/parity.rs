//! berth's verdicts against upstream's, cell by cell.

#[path = "../parity/compare.rs"]
mod compare;
#[path = "../parity/generate.rs"]
pub(crate) mod generate;

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use berth::model::cluster::WatchEvent;
use berth::model::from_api::{PodObject, list};
use berth::model::{Change, Cluster, PodKey};
use berth::scheduling::plugin::Cycle;
use berth::scheduling::{Profile, cycle, record};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value;

use compare::Outcome;

use crate::support::programs;

/// The program that asks kube-scheduler's own framework.
fn oracle() -> PathBuf {
    let oracle = programs().join("oracle");
    assert!(
        oracle.is_file(),
        "there is no {}: run tests/control-plane/build first",
        oracle.display()
    );
    oracle
}

/// berth's records for every waiting pod of a cluster file, ordered by pod.
fn records(file: &[u8]) -> Vec<Value> {
    let loaded = list::read(file, "generated").expect("a generated cluster can be read");
    let cluster = Cluster::from_changes(loaded.changes);
    let profile = Profile::default_for("default-scheduler");
    let nodes = cycle::node_index(&cluster).into();
    let mut pods: Vec<_> = cluster.waiting().collect();
    pods.sort_by_key(|pod| format!("{:?}", pod.key.to_string()));
    let judge = |pod| {
        let cycle = Cycle {
            cluster: &cluster,
            pod,
        };
        cycle::run(cycle, &profile, &nodes)
    };
    pods.into_iter().map(|pod| record::record(&judge(pod))).collect()
}

/// berth's record for a pod that is bound, taken off its node first; the pod is the first of `file` that is.
fn record_of_bound(file: &[u8]) -> Option<(PodKey, Value)> {
    let loaded = list::read(file, "generated").expect("a generated cluster can be read");
    let mut cluster = Cluster::from_changes(loaded.changes);
    let (_, bound) = cluster.pods.iter().find(|(_, pod)| pod.node_name.is_some())?;
    let pod = cycle::unbound(bound);
    let mut gone = PodObject::default();
    gone.metadata.namespace = pod.key.namespace.to_string();
    gone.metadata.name = pod.key.name.to_string();
    cluster.apply(Change::Pod(WatchEvent::Deleted(Box::new(gone))));
    let nodes = cycle::node_index(&cluster).into();
    let profile = Profile::default_for("default-scheduler");
    let (cluster, cycled) = (&cluster, &pod);
    let trace = cycle::run(Cycle { cluster, pod: cycled }, &profile, &nodes);
    Some((pod.key.clone(), record::record(&trace)))
}

/// Upstream's records for the same; of `pod` alone where one is given.
fn upstream(oracle: &Path, cluster: &Value, pod: Option<&PodKey>) -> Vec<Value> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(cluster.to_string().as_bytes())
        .expect("it can be written");
    let output = Command::new(oracle)
        .arg("--cluster")
        .arg(file.path())
        .args(pod.map(|pod| format!("--pod={pod}")))
        .output()
        .expect("the oracle runs");
    // It fails, after printing everything, where upstream's framework refuses scores that its plugins gave: that is for
    // the comparison to judge.
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() || words.contains("plugins by themselves"),
        "{words}"
    );
    let text = String::from_utf8(output.stdout).expect("the oracle prints text");
    let mut all: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("the oracle prints JSON"))
        .collect();
    all.sort_by_key(|record| record["pod"].to_string());
    all
}

fn compare(outcome: &mut Outcome, seed: u64, ours: &[Value], theirs: &[Value]) {
    let before = outcome.differences.len();
    assert_eq!(ours.len(), theirs.len(), "pods judged, seed {seed}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        outcome.record(ours, theirs);
    }
    for difference in &mut outcome.differences[before..] {
        difference.insert_str(0, &format!("seed {seed}: "));
    }
}

/// One cluster with upstream's answers.
#[derive(serde::Deserialize, serde::Serialize)]
struct Recorded {
    seed: u64,
    cluster: Value,
    answers: Vec<Value>,
}

fn recorded_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity/recorded.jsonl.gz")
}

fn recorded() -> Vec<Recorded> {
    let file = File::open(recorded_path()).expect("the recorded answers are there");
    let mut text = String::new();
    GzDecoder::new(file)
        .read_to_string(&mut text)
        .expect("they are compressed text");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a recorded cluster"))
        .collect()
}

/// What upstream's framework answered when it was asked last; nothing but Rust is needed.
#[test]
fn recorded_answers() {
    let mut outcome = Outcome::default();
    for recorded in recorded() {
        let ours = records(recorded.cluster.to_string().as_bytes());
        compare(&mut outcome, recorded.seed, &ours, &recorded.answers);
    }
    println!("{outcome}");
    assert!(outcome.differences.is_empty(), "{outcome}");
    assert!(outcome.cells.values().sum::<usize>() > 10_000, "{outcome}");
}

/// Records upstream's answers anew, which is due where the generator learns something.
fn record(oracle: &Path) {
    let mut out = GzEncoder::new(
        File::create(recorded_path()).expect("a file"),
        Compression::best(),
    );
    for seed in 1_000..1_120 {
        let cluster = generate::cluster(seed);
        let mut answers = upstream(oracle, &cluster, None);
        answers.iter_mut().for_each(compare::strip);
        let answered = Recorded {
            seed,
            cluster,
            answers,
        };
        serde_json::to_writer(&mut out, &answered).expect("it can be written");
        out.write_all(b"\n").expect("it can be written");
    }
    out.finish().expect("it can be written");
}

/// Clusters that nobody has looked at: `BERTH_SEEDS=0..500 just real parity` for more of them. With `BERTH_RECORD=1` the
/// recorded answers are made anew, too.
#[test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
fn fresh_answers() {
    let oracle = oracle();
    let seeds = std::env::var("BERTH_SEEDS").unwrap_or_else(|_| "0..100".to_owned());
    let (from, to) = seeds.split_once("..").expect("BERTH_SEEDS is FROM..TO");
    let mut outcome = Outcome::default();
    for seed in from.parse().expect("a number")..to.parse().expect("a number") {
        let cluster = generate::cluster(seed);
        let before = outcome.differences.len();
        let ours = records(cluster.to_string().as_bytes());
        compare(&mut outcome, seed, &ours, &upstream(&oracle, &cluster, None));
        if let Some((pod, ours)) = record_of_bound(cluster.to_string().as_bytes()) {
            compare(
                &mut outcome,
                seed,
                &[ours],
                &upstream(&oracle, &cluster, Some(&pod)),
            );
        }
        if outcome.differences.len() > before {
            let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("parity-{seed}.json"));
            std::fs::write(&kept, cluster.to_string()).expect("the cluster can be kept");
            println!("seed {seed} differs: {}", kept.display());
        }
    }
    println!("{outcome}");
    assert!(outcome.differences.is_empty(), "{outcome}");
    if std::env::var_os("BERTH_RECORD").is_some() {
        record(&oracle);
    }
}
