//! How many pods a second berth and kube-scheduler place, each on a real API server of its own, what it costs, and how many
//! that API server takes at most: `writes` posts the same Bindings for nodes chosen beforehand, and then the same events, and
//! watches nothing. `embedded` is berth on an embedded cluster, whose API server is quick: how many berth could place.
//!
//! ```text
//! cargo bench --bench auto -- [--nodes N] [--pods N] [--berth PROGRAM] [--only berth|kube-scheduler|writes|embedded] [--writers N]
//! ```
//! The pods wait when the scheduler starts; kube-scheduler's client limits are lifted. Pods a second are counted between the
//! first event `Scheduled` and the last, by their `eventTime`; "all" is from the start of the process until no pod waits.
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

use berth::demo::{Listening, Pace, Scenario, Server, Settings};
use cost::{cpu_seconds, peak_memory};
use futures::{StreamExt as _, stream};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::events::v1::Event;
use kube::Client;
use kube::api::{Api, ListParams, ObjectMeta, PostParams};
use serde_json::{Value, json};
use support::{ControlPlane, node, pod};
use tempfile::TempDir;

#[path = "support/cost.rs"]
mod cost;
#[path = "../tests/support/support.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest of it")]
mod support;

const CONNECTIONS: usize = 8;
/// Between two looks. The API server and the cores are theirs who place.
const LOOK: Duration = Duration::from_millis(500);
const SCHEDULER: &str = "default-scheduler";
const ROWS: [&str; 4] = ["berth", "kube-scheduler", "writes", "embedded"];

struct Options {
    nodes: usize,
    pods: usize,
    berth: PathBuf,
    only: Option<String>,
    /// How many requests of `writes` are under way at once.
    writers: usize,
}

struct Figures {
    /// Seconds until all pods were bound.
    all: f64,
    pods_per_second: f64,
    cost: Option<Cost>,
}

struct Cost {
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
        "{} nodes, {} pods\n{:16}{:>12}{:>12}{:>12}{:>12}",
        options.nodes, options.pods, "", "all (s)", "pods/s", "peak MiB", "CPU s"
    );
    for name in ROWS {
        if options.only.as_deref().is_none_or(|only| only == name) {
            let Figures {
                all,
                pods_per_second,
                cost,
            } = runtime.block_on(measure(name, &options));
            let cost = cost.map_or(String::new(), |cost| {
                format!("{:12.0}{:12.2}", cost.peak_mib, cost.cpu)
            });
            println!("{name:16}{all:12.2}{pods_per_second:12.0}{cost}");
        }
    }
    ExitCode::SUCCESS
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self {
            nodes: 1_000,
            pods: 3_000,
            berth: env!("CARGO_BIN_EXE_berth").into(),
            only: None,
            writers: 256,
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
                "--writers" => options.writers = number()?,
                "--berth" => options.berth = std::path::absolute(value).map_err(|error| error.to_string())?,
                "--only" if ROWS.contains(&value.as_str()) => options.only = Some(value.clone()),
                "--only" => return Err(format!("--only is one of {}, not {value:?}", ROWS.join(", "))),
                _ => return Err(format!("there is no option {name}")),
            }
        }
        Ok(options)
    }
}

async fn measure(name: &str, options: &Options) -> Figures {
    let ground = Ground::start(name).await;
    let pods = ground.fill(options).await;
    eprintln!("{name} starts");
    if name == "writes" {
        return write_alone(&ground.client, &pods, options).await;
    }

    let begun = Instant::now();
    let placing = Placing::start(name, &ground, options);
    let waiting = ListParams::default().fields("spec.nodeName=").limit(1);
    let api: Api<Pod> = Api::namespaced(ground.client.clone(), "default");
    while !api.list_metadata(&waiting).await.expect("pods").items.is_empty() {
        tokio::time::sleep(LOOK).await;
    }
    let all = begun.elapsed().as_secs_f64();
    let cost = Cost {
        peak_mib: peak_memory(placing.id()).expect("it still runs"),
        cpu: cpu_seconds(placing.id()),
    };
    let times = event_times(&ground.client, options.pods).await;
    eprintln!("{name}: {} events", times.len());
    placing.end();
    let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else {
        panic!("no event Scheduled");
    };
    Figures {
        all,
        pods_per_second: options.pods as f64 / last.duration_since(*first).as_secs_f64(),
        cost: Some(cost),
    }
}

/// Where pods are placed.
struct Ground {
    client: Client,
    kubeconfig: PathBuf,
    real: Option<ControlPlane>,
    _embedded: Option<(Listening, TempDir)>,
}

impl Ground {
    async fn start(name: &str) -> Self {
        if name == "embedded" {
            // Pods that start would take their part of the cores.
            let pace = Pace {
                heartbeats: false,
                notice: Duration::from_secs(3600),
                ..Pace::default()
            };
            let settings = Settings {
                pace,
                ..Settings::default()
            };
            let server = Server::start_with(Scenario::empty(), settings);
            let listening = server.listen(([127, 0, 0, 1], 0).into()).await.expect("a socket");
            let folder = tempfile::tempdir().expect("a folder");
            let kubeconfig = folder.path().join("kubeconfig");
            listening.write_kubeconfig(&kubeconfig).expect("a kubeconfig");
            return Self {
                client: server.client(),
                kubeconfig,
                real: None,
                _embedded: Some((listening, folder)),
            };
        }
        let plane = ControlPlane::start().await;
        Self {
            client: plane.client().await,
            kubeconfig: plane.kubeconfig(),
            real: Some(plane),
            _embedded: None,
        }
    }

    /// Makes nodes, and pods that wait.
    async fn fill(&self, options: &Options) -> Vec<ObjectMeta> {
        let nodes = stream::iter(0..options.nodes).map(|index| {
            node(&format!("node-{index:05}"))
                .cpu("32")
                .memory("128Gi")
                .without_kubelet()
                .create(&self.client)
        });
        nodes.buffer_unordered(CONNECTIONS).for_each(async |_| {}).await;
        let api: Api<Pod> = Api::namespaced(self.client.clone(), "default");
        let pods = stream::iter(0..options.pods).map(|index| {
            let pod = pod(&format!("web-{index:05}"))
                .scheduler(SCHEDULER)
                .requests("100m", "200Mi")
                .label("app", &format!("web-{}", index / 100))
                .build();
            let api = api.clone();
            async move {
                let made = api.create(&PostParams::default(), &pod).await;
                made.expect("a pod").metadata
            }
        });
        pods.buffer_unordered(CONNECTIONS).collect().await
    }
}

/// When each of `pods` pods was bound, by its event. Fewer than they are where no more come: kube-scheduler drops events when
/// too many wait.
async fn event_times(client: &Client, pods: usize) -> Vec<jiff::Timestamp> {
    let api: Api<Event> = Api::namespaced(client.clone(), "default");
    let scheduled = ListParams::default().fields("reason=Scheduled");
    let mut before = Vec::new();
    loop {
        tokio::time::sleep(4 * LOOK).await;
        let events = api.list(&scheduled).await.expect("events").items;
        let times = events
            .iter()
            .filter_map(|event| Some(event.event_time.as_ref()?.0));
        let times: Vec<_> = times.collect();
        if times.len() >= pods || times.len() == before.len() {
            return times;
        }
        before = times;
    }
}

/// A path, and what is posted there.
type Write = (String, Value);

fn binding(pod: &ObjectMeta, node: usize) -> Write {
    let name = pod.name.as_deref().expect("a name");
    let binding = json!({
        "apiVersion": "v1", "kind": "Binding", "metadata": {"name": name, "uid": pod.uid},
        "target": {"kind": "Node", "name": format!("node-{node:05}")},
    });
    (format!("/api/v1/namespaces/default/pods/{name}/binding"), binding)
}

fn event(pod: &ObjectMeta) -> Write {
    let name = pod.name.as_deref().expect("a name");
    let event = json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": format!("{name}.1")},
        "eventTime": format!("{:.6}", jiff::Timestamp::now()), "reportingController": SCHEDULER,
        "reportingInstance": SCHEDULER, "action": "Binding", "reason": "Scheduled", "type": "Normal",
        "note": format!("Successfully assigned default/{name} to node-00000"),
        "regarding": {"apiVersion": "v1", "kind": "Pod", "namespace": "default", "name": name, "uid": pod.uid},
    });
    (
        "/apis/events.k8s.io/v1/namespaces/default/events".to_owned(),
        event,
    )
}

async fn write_alone(client: &Client, pods: &[ObjectMeta], options: &Options) -> Figures {
    let begun = Instant::now();
    let bindings = pods.iter().enumerate();
    let bindings = bindings.map(|(index, pod)| binding(pod, index % options.nodes));
    write(client, bindings, options.writers).await;
    let all = begun.elapsed().as_secs_f64();
    write(client, pods.iter().map(event), options.writers).await;
    let events = options.pods as f64 / (begun.elapsed().as_secs_f64() - all);
    eprintln!("writes: {events:.0} events/s");
    Figures {
        all,
        pods_per_second: options.pods as f64 / all,
        cost: None,
    }
}

async fn write(client: &Client, writes: impl Iterator<Item = Write>, at_once: usize) {
    let writes = stream::iter(writes).map(|(path, body)| {
        let request = http::Request::post(path)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(body.to_string().into_bytes());
        let client = client.clone();
        let sent = async move { client.request_text(request.expect("a request")).await };
        tokio::spawn(sent)
    });
    let done = writes.buffer_unordered(at_once);
    done.for_each(async |sent| drop(sent.expect("no panic").expect("a write")))
        .await;
}

/// Who binds the pods.
enum Placing {
    Berth(Child),
    KubeScheduler(support::Process),
}

impl Placing {
    fn start(name: &str, ground: &Ground, options: &Options) -> Self {
        match &ground.real {
            Some(plane) if name == "kube-scheduler" => {
                Self::KubeScheduler(plane.start_scheduler_without_lease())
            }
            _ => {
                let child = Command::new(&options.berth)
                    .args(["auto", "--scheduler-name", SCHEDULER, "--kubeconfig"])
                    .arg(&ground.kubeconfig)
                    .stdout(Stdio::null())
                    .stderr(Stdio::inherit())
                    .spawn();
                Self::Berth(child.expect("berth starts"))
            }
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
