//! Asks kube-scheduler's own framework about random clusters and compares every verdict and score with berth's: `just
//! parity`. `tests/parity` has the generator and the comparison, `tests/control-plane/oracle` the program that is asked.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod coverage;
mod fresh;
mod oracle;
mod record;
mod shrink;

#[path = "../../tests/parity/harness.rs"]
mod harness;

use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Parser, Subcommand};

/// Compares berth's verdicts with those of kube-scheduler's own framework.
#[derive(Parser)]
struct Arguments {
    /// The program that asks the framework; tests/control-plane/oracle builds it
    #[arg(long, env = "BERTH_ORACLE", global = true, default_value = "oracle")]
    oracle: PathBuf,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Clusters that nobody has looked at
    Fresh {
        /// FIRST..LAST, without the last; by default 200 seeds by the clock
        #[arg(value_parser = seeds)]
        seeds: Option<Range<u64>>,
        /// Count how often upstream's plugins said what
        #[arg(long)]
        coverage: bool,
        /// Ask the oracle twice, and report where it does not say the same again
        #[arg(long)]
        twice: bool,
    },
    /// The smallest cluster on which a cell still differs
    Shrink {
        /// Of the cluster; or the file of one
        seed: String,
        /// NAMESPACE/NAME
        pod: String,
        /// As the differences name it: nodes.n1.filter.NodePorts; by default the first that differs
        cell: Option<String>,
    },
    /// Print the cluster of a seed
    Cluster {
        /// Any number
        seed: u64,
    },
    /// Record upstream's answers anew, which is due where the generator learns something
    Record,
}

fn seeds(text: &str) -> Result<Range<u64>, String> {
    let parsed = text
        .split_once("..")
        .and_then(|(first, last)| Some(first.parse().ok()?..last.parse().ok()?));
    parsed
        .filter(|seeds: &Range<u64>| !seeds.is_empty())
        .ok_or_else(|| "expected is FIRST..LAST, such as 0..200".to_owned())
}

/// Seeds of this moment.
fn by_the_clock() -> Range<u64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let first = now.map_or(0, |since| since.as_secs()) % 1_000_000 * 1_000;
    first..first + 200
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.task {
        Task::Fresh {
            seeds,
            coverage,
            twice,
        } => {
            let seeds = seeds.unwrap_or_else(by_the_clock);
            fresh::run(&arguments.oracle, seeds, coverage, twice)
        }
        Task::Shrink { seed, pod, cell } => shrink::run(&arguments.oracle, &seed, &pod, cell.as_deref()),
        Task::Cluster { seed } => {
            println!("{:#}", harness::generate::cluster(seed));
            Ok(true)
        }
        Task::Record => record::run(&arguments.oracle),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("parity: {error:#}");
            ExitCode::from(2)
        }
    }
}
