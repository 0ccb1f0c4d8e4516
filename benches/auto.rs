//! How many pods a second berth and kube-scheduler place, each on a real API server of its own, and what it costs.
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
/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);
const SCHEDULER: &str = "default-scheduler";

struct Options {
    nodes: usize,
    pods: usize,
    berth: PathBuf,
    only: Option<String>,
}

struct Figures {
    /// Seconds until the first pod was bound, and all.
    first: f64,
    all: f64,
    peak_mib: f64,
    /// Seconds.
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
    let placing = Placing::start(name, &plane, options);
    // One pod is enough to know by: the API server and the cores are theirs who place.
    let any = async |of: &str| {
        let one = ListParams::default().fields(of).limit(1);
        !api.list_metadata(&one).await.expect("pods").items.is_empty()
    };
    while !any("spec.nodeName!=").await {
        tokio::time::sleep(LOOK).await;
    }
    let first = begun.elapsed().as_secs_f64();
    while any("spec.nodeName=").await {
        tokio::time::sleep(LOOK).await;
    }
    let figures = Figures {
        first,
        all: begun.elapsed().as_secs_f64(),
        peak_mib: peak_memory(placing.id()).expect("it still runs"),
        cpu: cpu_seconds(placing.id()),
    };
    placing.end();
    figures
}

/// Who binds the pods.
enum Placing {
    Berth(Child),
    KubeScheduler(support::Process),
}

impl Placing {
    fn start(name: &str, plane: &ControlPlane, options: &Options) -> Self {
        match name {
            "berth" => {
                let child = Command::new(&options.berth)
                    .args(["auto", "--scheduler-name", SCHEDULER, "--kubeconfig"])
                    .arg(plane.kubeconfig())
                    .stdout(Stdio::null())
                    .stderr(Stdio::inherit())
                    .spawn();
                Self::Berth(child.expect("berth starts"))
            }
            _ => Self::KubeScheduler(plane.start_scheduler_without_lease()),
        }
    }

    fn id(&self) -> u32 {
        match self {
            Self::Berth(child) => child.id(),
            Self::KubeScheduler(process) => process.id(),
        }
    }

    fn end(self) {
        match self {
            Self::Berth(mut child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
            Self::KubeScheduler(mut process) => process.kill(),
        }
    }
}
