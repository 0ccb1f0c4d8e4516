//! How many pods a second berth and kube-scheduler place on a real API server of their own, and what it costs; and how many the
//! API server takes at most: "writes" sends the same Bindings and events over sixteen connections, without a thought.
//!
//! ```text
//! cargo bench --bench auto -- [--nodes N] [--pods N] [--berth PROGRAM] [--only writes|berth|kube-scheduler]
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
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cost::{cpu_seconds, peak_memory};
use futures::{StreamExt as _, stream};
use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use kube::api::{Api, ListParams, PostParams};
use serde_json::json;
use support::{ControlPlane, node, pod};

#[path = "support/cost.rs"]
mod cost;
#[path = "../tests/support/support.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest of it")]
mod support;

const CONNECTIONS: usize = 8;
/// Connections of "writes".
const WRITERS: usize = 16;
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);
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
    /// MiB and CPU seconds, of a process of its own.
    cost: Option<(f64, f64)>,
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
    for name in ["writes", "berth", "kube-scheduler"] {
        if options.only.as_deref().is_none_or(|only| only == name) {
            let figures = runtime.block_on(measure(name, &options));
            let rate = options.pods as f64 / (figures.all - figures.first);
            print!("{name:16}{:12.2}{:12.2}{rate:12.0}", figures.first, figures.all);
            match figures.cost {
                Some((peak_mib, cpu)) => println!("{peak_mib:12.0}{cpu:12.2}"),
                None => println!(),
            }
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
    let placing = Placing::start(name, &plane, options).await;
    let is_bound = async |index: usize| {
        let pod = api.get(&format!("web-{index:05}")).await.expect("the pod");
        pod.spec.is_some_and(|spec| spec.node_name.is_some())
    };
    // By one small request: the API server and the cores are theirs who place.
    while !is_bound(0).await {
        tokio::time::sleep(LOOK).await;
    }
    let first = begun.elapsed().as_secs_f64();
    while !is_bound(options.pods - 1).await {
        tokio::time::sleep(LOOK).await;
    }
    let waiting = ListParams::default().fields("spec.nodeName=");
    while !api.list_metadata(&waiting).await.expect("pods").items.is_empty() {
        tokio::time::sleep(LOOK).await;
    }
    let figures = Figures {
        first,
        all: begun.elapsed().as_secs_f64(),
        cost: placing.cost(),
    };
    placing.end();
    figures
}

/// Who binds the pods.
enum Placing {
    Writes(tokio::task::JoinHandle<()>),
    Berth(Child),
    KubeScheduler(support::Process),
}

impl Placing {
    async fn start(name: &str, plane: &ControlPlane, options: &Options) -> Self {
        match name {
            "writes" => {
                let mut clients = Vec::new();
                for _ in 0..WRITERS {
                    clients.push(plane.client().await);
                }
                Self::Writes(tokio::spawn(write(clients, options.nodes, options.pods)))
            }
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

    fn cost(&self) -> Option<(f64, f64)> {
        let id = match self {
            Self::Writes(_) => return None,
            Self::Berth(child) => child.id(),
            Self::KubeScheduler(process) => process.id(),
        };
        Some((peak_memory(id).expect("it still runs"), cpu_seconds(id)))
    }

    fn end(self) {
        match self {
            Self::Writes(task) => task.abort(),
            Self::Berth(mut child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
            Self::KubeScheduler(mut process) => process.kill(),
        }
    }
}

/// The writes that placing takes, over as many connections as there are `clients`.
async fn write(clients: Vec<Client>, nodes: usize, pods: usize) {
    let next = Arc::new(AtomicUsize::new(0));
    let writers = clients.into_iter().map(|client| {
        let next = Arc::clone(&next);
        tokio::spawn(async move {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= pods {
                    break;
                }
                let (pod, node) = (format!("web-{index:05}"), format!("node-{:05}", index % nodes));
                let path = format!("/api/v1/namespaces/default/pods/{pod}/binding");
                post(&client, path, &binding(&pod, &node)).await;
                post(
                    &client,
                    "/api/v1/namespaces/default/events".into(),
                    &event(&pod, &node),
                )
                .await;
            }
        })
    });
    futures::future::join_all(writers).await;
}

async fn post(client: &Client, path: String, body: &serde_json::Value) {
    let request = http::Request::post(path)
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes())
        .expect("a request");
    client.request_text(request).await.expect("the server takes it");
}

fn binding(pod: &str, node: &str) -> serde_json::Value {
    json!({
        "apiVersion": "v1", "kind": "Binding",
        "metadata": {"name": pod, "namespace": "default"},
        "target": {"kind": "Node", "name": node},
    })
}

fn event(pod: &str, node: &str) -> serde_json::Value {
    json!({
        "apiVersion": "v1", "kind": "Event",
        "metadata": {"name": format!("{pod}.0"), "namespace": "default"},
        "involvedObject": {"apiVersion": "v1", "kind": "Pod", "name": pod, "namespace": "default"},
        "type": "Normal", "reason": "Scheduled",
        "message": format!("Successfully assigned default/{pod} to {node}"),
        "source": {"component": SCHEDULER},
    })
}
