//! One decision's time, beside kube-scheduler's own framework on the same cluster file in the same run.
//!
//! ```text
//! cargo bench --bench scheduler -- [--nodes 100,1000,5000,15000] [--pods 10] [--evaluations 100]
//! ```
//!
//! Needs the oracle (`tests/control-plane/build`). The framework examines all nodes, with its default parallelism, and
//! stops at the first failure on each; berth runs every filter on every node, on one thread.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its table and its progress"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde_json::Value;

#[path = "support/cluster.rs"]
#[allow(dead_code, reason = "the other benchmark uses the rest of it")]
mod support;

struct Options {
    nodes: Vec<usize>,
    pods: usize,
    evaluations: usize,
}

/// Nanoseconds an evaluation, by pod, and bytes of the process at most.
struct Times {
    medians: BTreeMap<String, u64>,
    peak: u64,
}

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("scheduler: a benchmark; run it with cargo bench --bench scheduler");
        return ExitCode::SUCCESS;
    }
    arguments.retain(|argument| argument != "--bench");
    let measured = Options::parse(&arguments).and_then(|options| measure(&options));
    if let Err(error) = measured {
        eprintln!("scheduler: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self {
            nodes: vec![100, 1_000, 5_000, 15_000],
            pods: 10,
            evaluations: 100,
        };
        for pair in arguments.chunks(2) {
            let [name, value] = pair else {
                return Err(format!("{} needs a value", pair[0]));
            };
            let number = |text: &str| {
                let number: Result<usize, _> = text.parse();
                number.map_err(|_| format!("{name} needs a number, not {text:?}"))
            };
            match name.as_str() {
                "--nodes" => options.nodes = value.split(',').map(number).collect::<Result<_, _>>()?,
                "--pods" => options.pods = number(value)?,
                "--evaluations" => options.evaluations = number(value)?,
                _ => return Err(format!("there is no option {name}")),
            }
        }
        Ok(options)
    }
}

fn measure(options: &Options) -> Result<(), String> {
    let oracle = oracle()?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    println!(
        "{:>7} {:>7}  {:10}{:>14}{:>12}{:>8}",
        "nodes", "pods", "pod", "framework", "berth", "ratio"
    );
    for &nodes in &options.nodes {
        let file = folder.path().join(format!("{nodes}.json"));
        fs::write(&file, support::cluster(nodes, options.pods).to_string())
            .map_err(|error| error.to_string())?;
        let evaluations = options.evaluations.to_string();
        let mut ours = Command::new(env!("CARGO_BIN_EXE_berth"));
        ours.args(["explain", "--from"])
            .arg(&file)
            .args(["--timing", &evaluations]);
        let mut theirs = Command::new(&oracle);
        theirs.arg("--cluster").arg(&file).args(["--bench", &evaluations]);
        let (ours, theirs) = (run(&mut ours)?, run(&mut theirs)?);
        for (pod, berth) in &ours.medians {
            let Some(framework) = theirs.medians.get(pod) else {
                return Err(format!("the oracle says nothing of {pod}"));
            };
            println!(
                "{nodes:>7} {:>7}  {:10}{:>11.3} ms{:>9.3} ms{:>7.0}x",
                nodes * options.pods,
                pod.trim_start_matches("default/"),
                *framework as f64 / 1e6,
                *berth as f64 / 1e6,
                *framework as f64 / *berth as f64,
            );
        }
        println!(
            "{:>7} {:>7}  {:10}{:>10} MiB{:>8} MiB{:>7.0}x",
            "",
            "",
            "memory",
            theirs.peak >> 20,
            ours.peak >> 20,
            theirs.peak as f64 / ours.peak as f64
        );
    }
    Ok(())
}

fn oracle() -> Result<PathBuf, String> {
    let output = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/control-plane/build"))
        .output()
        .map_err(|error| format!("tests/control-plane/build: {error}"))?;
    let folder = String::from_utf8_lossy(&output.stdout);
    let oracle = Path::new(folder.trim()).join("oracle");
    if oracle.is_file() {
        Ok(oracle)
    } else {
        Err(format!(
            "tests/control-plane/build gave no oracle: {}",
            String::from_utf8_lossy(&output.stderr)
        ))
    }
}

fn run(program: &mut Command) -> Result<Times, String> {
    let output = program
        .output()
        .map_err(|error| format!("{program:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "{program:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    let mut times = Times {
        medians: BTreeMap::new(),
        peak: 0,
    };
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let line: Value = serde_json::from_str(line).map_err(|error| format!("{program:?}: {error}"))?;
        let summary = &line["summary"];
        let mebibytes = summary["peak_rss_mib"].as_u64().map(|peak| peak << 20);
        if let Some(peak) = summary["peak_rss_bytes"].as_u64().or(mebibytes) {
            times.peak = peak;
        }
        if let (Some(pod), Some(median)) = (line["pod"].as_str(), line["ns_per_eval_median"].as_u64()) {
            times.medians.insert(pod.to_owned(), median);
        }
    }
    Ok(times)
}
