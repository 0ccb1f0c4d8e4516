//! How soon a key is answered on the screen while the cluster changes a thousand times a second: the real program on a
//! pseudo-terminal, watching an embedded cluster that runs in a process of its own.
//!
//! ```text
//! cargo bench --bench keys -- [--nodes 5000] [--pods 150000] [--events 1000] [--presses 400] [--berth PROGRAM]
//! ```
//!
//! From the byte that is written to the terminal to the moment when the screen shows what the key does, with everything
//! between. Server and load run with a low priority (`nice`), as they would be on other machines: where the cores are busy, it
//! is theirs to wait. Needs Linux, whose `/proc` tells CPU time and memory.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its table and its progress"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use cost::{cpu_seconds, peak_memory};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::json;
use support::Terminal;

#[path = "support/cost.rs"]
mod cost;
#[path = "../tests/support/support.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest of it")]
mod support;

/// Requests of the load that may be under way at once.
const WRITERS: usize = 24;
/// Between two keys: a quick hand, and no multiple of the time between two frames.
const BETWEEN: Duration = Duration::from_millis(71);
/// How long the load runs before a key is pressed.
const WARM_UP: Duration = Duration::from_secs(5);
/// The argument with which this program is the load, before the kubeconfig.
const LOAD: &str = "--load";
/// The columns and rows of the terminal.
const SIZE: (u16, u16) = (120, 36);

#[derive(Clone)]
struct Options {
    berth: PathBuf,
    nodes: usize,
    pods: usize,
    events: u64,
    presses: usize,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("keys: a benchmark; run it with cargo bench --bench keys");
        return ExitCode::SUCCESS;
    }
    let option = |name: &str, default: usize| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok())
            .unwrap_or(default)
    };
    let berth = arguments.iter().position(|argument| argument == "--berth");
    let berth = berth.and_then(|at| arguments.get(at + 1));
    let berth = berth.map_or(env!("CARGO_BIN_EXE_berth"), String::as_str);
    let options = Options {
        // Absolute, as the terminal starts it in another folder.
        berth: std::path::absolute(berth).expect("a path"),
        nodes: option("--nodes", 5_000).max(1),
        pods: option("--pods", 150_000).max(1),
        events: option("--events", 1_000).max(1) as u64,
        presses: option("--presses", 400).max(1),
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if let [_, kubeconfig, ..] = arguments
        .iter()
        .skip_while(|argument| *argument != LOAD)
        .collect::<Vec<_>>()[..]
    {
        runtime.block_on(load(Path::new(kubeconfig), options.events));
    } else {
        measure(&options);
    }
    ExitCode::SUCCESS
}

fn measure(options: &Options) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let kubeconfig = folder.path().join("kubeconfig");
    let _server = serve(options, &kubeconfig);

    let started = Instant::now();
    let setup = Terminal::run(&options.berth).arg("--kubeconfig").arg(&kubeconfig);
    let mut terminal = setup.size(SIZE.0, SIZE.1).start();
    terminal.wait_for("● live");
    eprintln!(
        "the screen is complete after {:.1} s",
        started.elapsed().as_secs_f64()
    );
    let quiet = presses(&mut terminal, options.presses);

    let load = Load::start(options, &kubeconfig);
    std::thread::sleep(WARM_UP);
    let (events, cpu, begun) = (
        load.done.load(Relaxed),
        cpu_seconds(terminal.process_id()),
        Instant::now(),
    );
    let busy = presses(&mut terminal, options.presses);
    let seconds = begun.elapsed().as_secs_f64();
    let events = (load.done.load(Relaxed) - events) as f64 / seconds;
    let cpu = (cpu_seconds(terminal.process_id()) - cpu) / seconds;
    drop(load);
    let memory = peak_memory(terminal.process_id()).expect("berth still runs");
    terminal.press(&["q"]);
    terminal.wait();

    println!(
        "\n{} nodes, {} pods, {} keys of each kind; server and load on the same machine\n",
        options.nodes, options.pods, options.presses
    );
    println!(
        "{:38}{:>9}{:>9}{:>9}{:>9}",
        "from key to screen, ms", "median", "p90", "p99", "most"
    );
    for (what, times) in [
        ("nothing happens", quiet),
        (&format!("{events:.0} events a second"), busy),
    ] {
        for (kind, mut times) in times {
            times.sort_unstable();
            let at = |share: f64| {
                let at = ((times.len() - 1) as f64 * share).round() as usize;
                times[at].as_secs_f64() * 1000.0
            };
            let what = format!("{what}: {kind}");
            println!(
                "{what:38}{:>9.1}{:>9.1}{:>9.1}{:>9.1}",
                at(0.5),
                at(0.9),
                at(0.99),
                at(1.0)
            );
        }
    }
    println!(
        "\nberth meanwhile: {:.0} % of a core, {memory:.0} MiB at most",
        cpu * 100.0
    );
}

/// A process that is killed when this is dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `program`, giving way to everything else.
fn humble(program: &Path) -> Command {
    let mut command = Command::new("nice");
    command.args(["-n", "15"]).arg(program);
    command
}

fn serve(options: &Options, kubeconfig: &Path) -> Process {
    let mut child = humble(&options.berth)
        .args(["demo", "--headless", "--listen", "127.0.0.1:0"])
        .args(["--nodes", &options.nodes.to_string()])
        .args(["--pods", &options.pods.to_string()])
        .args(["--pending", "200", "--seed", "7"])
        .arg("--write-kubeconfig")
        .arg(kubeconfig)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let output = child.stdout.take().expect("its output");
    let address = BufReader::new(output).lines().next();
    eprintln!("serving on {}", address.expect("an address").expect("text"));
    Process(child)
}

async fn client(kubeconfig: &Path) -> Client {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
    Client::try_from(config.expect("a config")).expect("a client")
}

/// Namespace and name of pods that run.
async fn bound_pods(client: &Client) -> Vec<(String, String)> {
    let some = ListParams::default().fields("status.phase=Running").limit(5_000);
    let pods = Api::<Pod>::all(client.clone())
        .list_metadata(&some)
        .await
        .expect("pods");
    let names = pods.items.into_iter().map(|pod| pod.metadata);
    names
        .filter_map(|metadata| Some((metadata.namespace?, metadata.name?)))
        .collect()
}

/// Writes to the cluster, in a process of its own.
struct Load {
    done: Arc<AtomicU64>,
    _process: Process,
}

impl Load {
    fn start(options: &Options, kubeconfig: &Path) -> Self {
        let mut child = humble(&std::env::current_exe().expect("this program"))
            .args(["--bench", "--events", &options.events.to_string(), LOAD])
            .arg(kubeconfig)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the load starts");
        let output = child.stdout.take().expect("its output");
        let done = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&done);
        std::thread::spawn(move || {
            for byte in BufReader::new(output).bytes() {
                byte.expect("a byte");
                counted.fetch_add(1, Relaxed);
            }
        });
        Self {
            done,
            _process: Process(child),
        }
    }
}

/// Writes to the cluster at an even pace, for ever; a byte on standard output for each write.
async fn load(kubeconfig: &Path, events: u64) {
    let client = client(kubeconfig).await;
    let names: Arc<[_]> = bound_pods(&client).await.into();
    let turn = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    // A task each, so that they share the cores.
    let writers = (0..WRITERS).map(|_| {
        let (client, names, turn) = (client.clone(), Arc::clone(&names), Arc::clone(&turn));
        tokio::spawn(async move {
            loop {
                let turn = turn.fetch_add(1, Relaxed);
                let due = begun + Duration::from_micros(turn * 1_000_000 / events);
                tokio::time::sleep_until(due.into()).await;
                let (namespace, name) = &names[turn as usize % names.len()];
                write(&client, namespace, name, turn).await;
                std::io::stdout().write_all(b".").expect("somebody counts");
                std::io::stdout().flush().expect("somebody counts");
            }
        })
    });
    futures::future::join_all(writers).await;
}

/// What a cluster is full of: mostly reports on pods; one in eight changes labels, which decisions depend on. What is answered
/// is not decoded: the load should cost little.
async fn write(client: &Client, namespace: &str, name: &str, turn: u64) {
    let (what, patch) = if turn.is_multiple_of(8) {
        ("", json!({"metadata": {"labels": {"turn": turn.to_string()}}}))
    } else {
        (
            "/status",
            json!({"status": {"message": format!("report {turn}")}}),
        )
    };
    let request = http::Request::patch(format!("/api/v1/namespaces/{namespace}/pods/{name}{what}"))
        .header("content-type", "application/merge-patch+json")
        .body(patch.to_string().into_bytes())
        .expect("a request");
    let written = client.request_text(request).await;
    written.unwrap_or_else(|error| panic!("writing {namespace}/{name}: {error}"));
}

/// The times from pressing keys to the screen that shows it, by kind.
fn presses(terminal: &mut Terminal, count: usize) -> Vec<(&'static str, Vec<Duration>)> {
    let mut times = vec![("cursor", Vec::new()), ("filter", Vec::new())];
    for turn in 0..count {
        let (key, row) = if turn % 2 == 0 { ("Down", 4) } else { ("Up", 3) };
        let marked = move |screen: &str| screen.lines().nth(row).is_some_and(|line| line.contains('▸'));
        times[0].1.push(press(terminal, key, marked));
        std::thread::sleep(BETWEEN);
    }
    terminal.press(&["/"]);
    for turn in 0..count {
        let (key, typed) = if turn % 2 == 0 {
            ("a", "/ a")
        } else {
            ("Backspace", "/ ")
        };
        let shown = move |screen: &str| {
            let line = screen.lines().nth(SIZE.1 as usize - 2).unwrap_or_default();
            line.trim_end().ends_with(typed.trim_end())
        };
        times[1].1.push(press(terminal, key, shown));
        std::thread::sleep(BETWEEN);
    }
    terminal.press(&["Esc"]);
    times
}

fn press(terminal: &mut Terminal, key: &str, shown: impl Fn(&str) -> bool) -> Duration {
    let pressed = Instant::now();
    terminal.press(&[key]);
    terminal.wait_until(key, shown);
    pressed.elapsed()
}
