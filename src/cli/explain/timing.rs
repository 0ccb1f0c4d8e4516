//! How long a decision takes.

use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::cli::decide::Decider;
use crate::cli::exit::Failure;
use crate::cli::output::Output;
use crate::model::{Cluster, Pod};
use crate::scheduling::cycle;
use crate::scheduling::plugin::Cycle;

/// What is measured, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// Evaluations a pod.
    pub(super) evaluations: u32,
    /// Threads that evaluate side by side.
    pub(super) threads: u16,
    /// How long loading the cluster took.
    pub(super) loading: Duration,
}

/// Prints a line for each of `pods` and one for the whole.
pub(super) fn print(
    cluster: &Cluster,
    pods: &[Arc<Pod>],
    measure: Measure,
    output: &mut Output,
) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut decider = Decider::new(cluster);
    let snapshot = begun.elapsed();
    for pod in pods {
        let trace = decider.judge(pod);
        let mut times = decider.with_profile(pod, |profile| {
            let cycle = Cycle { cluster, pod };
            rounds(measure, || {
                black_box(cycle::evaluate(black_box(cycle), profile, &trace.nodes));
            })
        });
        times.sort_unstable();
        let nanoseconds = |time: Option<&Duration>| time.map_or(0, Duration::as_nanos);
        output.document(&json!({
            "pod": pod.key.to_string(),
            "nodes": trace.nodes.ids.len(),
            "feasible": trace.feasible.len(),
            "ns_per_eval_min": nanoseconds(times.first()),
            "ns_per_eval_median": nanoseconds(times.get(times.len() / 2)),
        }))?;
    }
    output.document(&json!({ "summary": {
        "load_s": measure.loading.as_secs_f64(),
        "snapshot_s": snapshot.as_secs_f64(),
        "peak_rss_bytes": peak_memory(),
        "threads": measure.threads,
    } }))
}

/// The time of each evaluation, after a warm-up of a tenth of them.
fn rounds(measure: Measure, evaluate: impl Fn() + Sync) -> Vec<Duration> {
    let warm_up = (measure.evaluations / 10).max(1);
    (0..warm_up).for_each(|_| evaluate());
    let timed = || {
        let begun = Instant::now();
        evaluate();
        begun.elapsed()
    };
    if measure.threads == 1 {
        return (0..measure.evaluations).map(|_| timed()).collect();
    }
    let threads = usize::from(measure.threads);
    let rounds = measure.evaluations.div_ceil(u32::from(measure.threads));
    let (start, end) = (Barrier::new(threads), Barrier::new(threads));
    let round = |first: bool| {
        start.wait();
        let begun = Instant::now();
        evaluate();
        end.wait();
        first.then(|| begun.elapsed() / u32::from(measure.threads))
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| {
                for _ in 0..rounds {
                    round(false);
                }
            });
        }
        (0..rounds).filter_map(|_| round(true)).collect()
    })
}

/// The most memory that this process ever held, in bytes; `None` where the system does not tell.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
