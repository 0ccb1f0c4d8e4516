//! How soon berth shows a cluster, and what it costs, beside kubectl and one plain list on the same API server.
//!
//! ```text
//! cargo bench --bench startup -- [--nodes N] [--pods N] [--pending N] [--runs N] [--berth PROGRAM]
//! ```
//!
//! Needs the control plane (`tests/control-plane/build`) and Linux, whose `/proc` tells memory and CPU time.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its table and its progress"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use cost::{cpu_seconds, peak_memory};
use futures::{StreamExt as _, stream};
use http_body_util::BodyExt as _;
use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::api::{Api, ListParams, ObjectMeta, PostParams};
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use support::{ControlPlane, Terminal, node, pod};

#[path = "support/cost.rs"]
mod cost;
#[path = "../tests/support/support.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest of it")]
mod support;

const CONNECTIONS: usize = 8;
const NAMESPACES: usize = 10;
/// Over which the CPU time of an idle berth is taken, after as long to settle.
const IDLE: Duration = Duration::from_secs(10);

struct Options {
    nodes: usize,
    pods: usize,
    pending: usize,
    runs: usize,
    berth: PathBuf,
}

/// One process, from its start to its result.
struct Cost {
    seconds: f64,
    peak_mib: f64,
}

struct Screen {
    first_frame: f64,
    complete: f64,
    peak_mib: f64,
    idle_percent: f64,
}

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("startup: a benchmark; run it with cargo bench --bench startup");
        return ExitCode::SUCCESS;
    }
    arguments.retain(|argument| argument != "--bench");
    match Options::parse(&arguments) {
        Ok(options) => {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(measure(&options));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!(
                "startup: {error}\nusage: cargo bench --bench startup -- [--nodes N] [--pods N] [--pending N] [--runs N] [--berth PROGRAM]"
            );
            ExitCode::from(2)
        }
    }
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let berth = env!("CARGO_BIN_EXE_berth").into();
        let mut options = Self {
            nodes: 1_000,
            pods: 10_000,
            pending: 100,
            runs: 3,
            berth,
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
                "--pending" => options.pending = number()?,
                "--runs" => options.runs = number()?,
                // Absolute, as the terminal starts it in another folder.
                "--berth" => options.berth = std::path::absolute(value).map_err(|error| error.to_string())?,
                _ => return Err(format!("there is no option {name}")),
            }
        }
        if options.nodes == 0 || options.runs == 0 || options.pending > options.pods {
            return Err("at least one node, one run, and no more pending pods than pods".into());
        }
        Ok(options)
    }
}

async fn measure(options: &Options) {
    let plane = ControlPlane::start().await;
    load(&plane, options).await;

    let client = plain_client(&plane).await;
    plain_list(&client).await; // the first fills the API server's caches
    let (mut lists, mut kubectls, mut clis, mut screens) = (vec![], vec![], vec![], vec![]);
    let mut bytes = 0;
    for run in 1..=options.runs {
        eprintln!("run {run} of {}", options.runs);
        let (seconds, length) = plain_list(&client).await;
        lists.push(seconds);
        bytes = length;
        kubectls.push(run_to_end(kubectl(&plane)));
        clis.push(run_to_end(berth_pods(&plane, &options.berth)));
        screens.push(berth_screen(&plane, &options.berth));
    }

    let list = median(&lists, |seconds| *seconds);
    let complete = median(&screens, |screen| screen.complete);
    println!(
        "\n{} nodes, {} pods ({} pending); median of {} runs, API server on the same machine\n",
        options.nodes, options.pods, options.pending, options.runs
    );
    println!("{:34}{:>9}{:>12}", "", "time", "peak RSS");
    let row = |what: &str, seconds: f64, mib: Option<f64>| {
        let mib = mib.map(|mib| format!("{mib:.0} MiB")).unwrap_or_default();
        println!("{what:34}{seconds:>7.2} s{mib:>12}");
    };
    row(
        &format!("one plain JSON list, {} MB", bytes / 1_000_000),
        list,
        None,
    );
    let cost = |name, costs: &[Cost]| {
        row(
            name,
            median(costs, |cost| cost.seconds),
            Some(median(costs, |cost| cost.peak_mib)),
        );
    };
    cost("kubectl get pods -A", &kubectls);
    cost("berth pods -A -o json", &clis);
    row(
        "berth, first frame",
        median(&screens, |screen| screen.first_frame),
        None,
    );
    row(
        "berth, complete",
        complete,
        Some(median(&screens, |screen| screen.peak_mib)),
    );
    println!(
        "\nberth is complete after {:.2} times the plain list",
        complete / list
    );
    let idle = median(&screens, |screen| screen.idle_percent);
    println!("berth, idle for {} s: {idle:.1} % of a core", IDLE.as_secs());
}

/// Fills the cluster, and lets kwok bring it to life: objects of the size that real ones have.
async fn load(plane: &ControlPlane, options: &Options) {
    let kwok = plane.start_kwok();
    let client = plane.client().await;
    let started = Instant::now();
    let namespaces: Api<Namespace> = Api::all(client.clone());
    for index in 0..NAMESPACES {
        let metadata = ObjectMeta {
            name: Some(format!("team-{index}")),
            ..ObjectMeta::default()
        };
        let namespace = Namespace {
            metadata,
            ..Namespace::default()
        };
        namespaces
            .create(&PostParams::default(), &namespace)
            .await
            .expect("a namespace");
    }
    let nodes = stream::iter(0..options.nodes).map(|index| {
        let zone = format!("zone-{}", index % 3);
        let node = node(&format!("node-{index:05}"))
            .cpu("32")
            .memory("128Gi")
            .label("topology.kubernetes.io/zone", &zone);
        node.create(&client)
    });
    nodes.buffer_unordered(CONNECTIONS).for_each(async |_| {}).await;
    let pods = stream::iter(0..options.pods).map(|index| {
        let pods: Api<Pod> = Api::namespaced(client.clone(), &format!("team-{}", index % NAMESPACES));
        async move {
            pods.create(&PostParams::default(), &workload(index, options))
                .await
                .expect("a pod")
        }
    });
    pods.buffer_unordered(CONNECTIONS).for_each(async |_| {}).await;
    eprintln!(
        "{} nodes and {} pods made in {:.0} s",
        options.nodes,
        options.pods,
        started.elapsed().as_secs_f64()
    );

    let pods: Api<Pod> = Api::all(client);
    let pending = ListParams::default().fields("status.phase=Pending");
    loop {
        let waiting = pods
            .list_metadata(&pending)
            .await
            .expect("a list of pods")
            .items
            .len();
        if waiting <= options.pending {
            break;
        }
        eprintln!("{waiting} pods are not Running yet");
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    drop(kwok);
}

/// A pod as a Deployment makes it; the first ones are pending, the others bound.
fn workload(index: usize, options: &Options) -> Pod {
    let app = format!("app-{}", index / 50);
    let pod = pod(&format!("{app}-7d9f8b6c5d-{index:05}"))
        .requests("100m", "200Mi")
        .label("app.kubernetes.io/name", &app)
        .label("pod-template-hash", "7d9f8b6c5d")
        .tolerates("node.kubernetes.io/not-ready")
        .with(|pod| {
            let container = &mut pod.spec.get_or_insert_default().containers[0];
            container.image = Some(format!("registry.example.com/team/{app}:1.2.3"));
            let variables = (0..12).map(|number| k8s_openapi::api::core::v1::EnvVar {
                name: format!("SETTING_{number}"),
                value: Some(format!("a value of some length for {app}")),
                value_from: None,
            });
            container.env = Some(variables.collect());
        });
    let node = format!("node-{:05}", index % options.nodes);
    if index < options.pending {
        pod.build()
    } else {
        pod.on(&node).build()
    }
}

/// A client that asks for no compression: the list is to be plain.
async fn plain_client(plane: &ControlPlane) -> Client {
    let kubeconfig = Kubeconfig::read_from(plane.kubeconfig()).expect("a kubeconfig");
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .expect("a config");
    config.disable_compression = true;
    Client::try_from(config).expect("a client")
}

/// Seconds for all pods in one request, and the answer's bytes, which are read and dropped.
async fn plain_list(client: &Client) -> (f64, usize) {
    let started = Instant::now();
    let request = http::Request::get("/api/v1/pods")
        .body(Body::empty())
        .expect("a request");
    let answer = client.send(request).await.expect("a list of pods");
    let mut body = answer.into_body();
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        bytes += frame
            .expect("a part of the list")
            .data_ref()
            .map_or(0, bytes::Bytes::len);
    }
    (started.elapsed().as_secs_f64(), bytes)
}

fn kubectl(plane: &ControlPlane) -> Command {
    let mut command = Command::new(plane.program("kubectl"));
    command
        .arg("--kubeconfig")
        .arg(plane.kubeconfig())
        .args(["get", "pods", "-A"]);
    command
}

fn berth_pods(plane: &ControlPlane, berth: &Path) -> Command {
    let mut command = Command::new(berth);
    command
        .arg("--kubeconfig")
        .arg(plane.kubeconfig())
        .args(["pods", "-A", "-o", "json"]);
    command
}

fn run_to_end(mut command: Command) -> Cost {
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut peak_mib = 0.0;
    let status = loop {
        peak_mib = peak_memory(child.id()).unwrap_or(peak_mib);
        if let Some(status) = child.try_wait().expect("the program can be waited for") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let seconds = started.elapsed().as_secs_f64();
    assert!(status.success(), "{command:?} failed: {status}");
    Cost { seconds, peak_mib }
}

/// Runs the terminal UI until all is there, and then for a while.
fn berth_screen(plane: &ControlPlane, berth: &Path) -> Screen {
    let setup = Terminal::run(berth)
        .arg("--kubeconfig")
        .arg(plane.kubeconfig())
        .size(200, 50);
    let started = Instant::now();
    let mut terminal = setup.start();
    terminal.wait_until("the first frame", |screen| !screen.trim().is_empty());
    let first_frame = started.elapsed().as_secs_f64();
    terminal.wait_for("● live");
    let complete = started.elapsed().as_secs_f64();

    std::thread::sleep(IDLE);
    let before = cpu_seconds(terminal.process_id());
    std::thread::sleep(IDLE);
    let spent = cpu_seconds(terminal.process_id()) - before;
    let peak_mib = peak_memory(terminal.process_id()).expect("berth still runs");
    terminal.press(&["q"]);
    terminal.wait();
    Screen {
        first_frame,
        complete,
        peak_mib,
        idle_percent: 100.0 * spent / IDLE.as_secs_f64(),
    }
}

fn median<T>(values: &[T], number: impl Fn(&T) -> f64) -> f64 {
    let mut numbers: Vec<f64> = values.iter().map(number).collect();
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
