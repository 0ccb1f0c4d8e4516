//! How many pods a second berth and kube-scheduler place on one real API server, one after the other, and what it costs.
//!
//! ```text
//! cargo bench --bench auto -- [--nodes N] [--pods N] [--berth PROGRAM] [--only berth|kube-scheduler]
//! ```
//! The pods wait when the scheduler starts; kube-scheduler's client limits are lifted. Counted is from the first pod that is bound
//! to the last, and from the start of the process.
//!
//! Needs the control plane (`tests/control-plane/build`) and Linux, whose `/proc` tells memory and CPU time.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its table and its progress"
)]

use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use cost::{cpu_seconds, peak_memory};
use futures::{StreamExt as _, stream};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams, PostParams};
use support::{ControlPlane, node, pod};

#[path = "support/cost.rs"]
mod cost;
#[path = "../tests/support/support.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest of it")]
mod support;

const CONNECTIONS: usize = 8;
const SCHEDULER: &str = "default-scheduler";

struct Options {
    nodes: usize,
    pods: usize,
    berth: PathBuf,
    only: Option<String>,
}

struct Figures {
    first: f64,
    all: f64,
    peak_mib: f64,
    cpu: f64,
}

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("auto: a benchmark; run it with cargo bench --bench auto");
        return ExitCode::SUCCESS;
    }
    arguments.retain(|argument| argument != "--bench");
    let options = match Options::parse(&arguments) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("auto: {error}");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!(
        "{} nodes, {} pods\n{:16}{:>12}{:>12}{:>12}{:>12}{:>12}",
        options.nodes, options.pods, "", "first (s)", "all (s)", "pods/s", "peak MiB", "CPU s"
    );
    for name in ["berth", "kube-scheduler"] {
        if options.only.as_deref().is_none_or(|only| only == name) {
            let figures = runtime.block_on(measure(name, &options));
            let rate = options.pods as f64 / (figures.all - figures.first);
            println!(
                "{name:16}{:12.2}{:12.2}{rate:12.0}{:12.0}{:12.2}",
                figures.first, figures.all, figures.peak_mib, figures.cpu
            );
        }
    }
    ExitCode::SUCCESS
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self {
            nodes: 1_000,
            pods: 2_000,
            berth: env!("CARGO_BIN_EXE_berth").into(),
            only: None,
        };
        for pair in arguments.chunks(2) {
            let [name, value] = pair else {
                return Err(format!("{} needs a value", pair[0]));
            };
            let number = || {
                value
                    .parse()
                    .map_err(|_| format!("{name} needs a number, not {value:?}"))
            };
            match name.as_str() {
                "--nodes" => options.nodes = number()?,
                "--pods" => options.pods = number()?,
                "--berth" => options.berth = std::path::absolute(value).map_err(|error| error.to_string())?,
                "--only" => options.only = Some(value.clone()),
                _ => return Err(format!("there is no option {name}")),
            }
        }
        Ok(options)
    }
}

async fn measure(name: &str, options: &Options) -> Figures {
    let plane = ControlPlane::start().await;
    let client = plane.client().await;
    let nodes = stream::iter(0..options.nodes).map(|index| {
        node(&format!("node-{index:05}"))
            .cpu("32")
            .memory("128Gi")
            .without_kubelet()
            .create(&client)
    });
    nodes.buffer_unordered(CONNECTIONS).for_each(async |_| {}).await;
    let api: Api<Pod> = Api::namespaced(client.clone(), "default");
    let pods = stream::iter(0..options.pods).map(|index| {
        let pod = pod(&format!("web-{index:05}"))
            .scheduler(SCHEDULER)
            .requests("100m", "200Mi")
            .label("app", &format!("web-{}", index / 100))
            .build();
        let api = api.clone();
        async move { api.create(&PostParams::default(), &pod).await.expect("a pod") }
    });
    pods.buffer_unordered(CONNECTIONS).for_each(async |_| {}).await;
    eprintln!("{name} starts");

    let begun = Instant::now();
    let (mut process, berth): (Option<support::Process>, Option<Child>) = if name == "berth" {
        let child = Command::new(&options.berth)
            .args(["auto", "--scheduler-name", SCHEDULER, "--kubeconfig"])
            .arg(plane.kubeconfig())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn();
        (None, Some(child.expect("berth starts")))
    } else {
        (Some(plane.start_scheduler_without_lease()), None)
    };
    let id = match (&process, &berth) {
        (Some(process), _) => process.id(),
        (_, Some(child)) => child.id(),
        _ => 0,
    };
    let mut first = None;
    // From the API server's cache, and seldom: both pay for being looked at.
    let waiting = ListParams::default().fields("spec.nodeName=").match_any();
    let all = loop {
        let waiting = api.list_metadata(&waiting).await.expect("pods").items.len();
        if waiting < options.pods && first.is_none() {
            first = Some(begun.elapsed().as_secs_f64());
        }
        if waiting == 0 {
            break begun.elapsed().as_secs_f64();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let figures = Figures {
        first: first.unwrap_or_default(),
        all,
        peak_mib: peak_memory(id).expect("it still runs"),
        cpu: cpu_seconds(id),
    };
    if let Some(mut child) = berth {
        let _ = child.kill();
        let _ = child.wait();
    }
    if let Some(process) = &mut process {
        process.kill();
    }
    figures
}
