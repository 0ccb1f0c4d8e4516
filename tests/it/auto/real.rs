//! On the real API server, beside the real kube-scheduler, with kubectl.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{ControlPlane, DEADLINE, eventually, node, pod};

/// The program at work until this is dropped.
struct Auto {
    child: Child,
    /// Lines of standard error that nobody has waited for yet.
    lines: mpsc::Receiver<String>,
    err: String,
}

impl Auto {
    fn start(plane: &ControlPlane, line: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_berth"))
            .arg("auto")
            .args(line.split_whitespace())
            .arg("--kubeconfig")
            .arg(plane.kubeconfig())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("berth starts");
        let stderr = BufReader::new(child.stderr.take().expect("it"));
        let (said, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // Nobody listens any more where the test is over.
                let _ = said.send(line);
            }
        });
        Self {
            child,
            lines,
            err: String::new(),
        }
    }

    /// Waits until it says a line with `words` on standard error.
    fn says(&mut self, words: &str) {
        while !self.err.contains(words) {
            let line = self.lines.recv_timeout(DEADLINE);
            let line = line.unwrap_or_else(|_| panic!("it does not say {words}: {}", self.err));
            self.err += &(line + "\n");
        }
    }

    /// Ends it: exit code, standard output, standard error.
    fn end(mut self) -> (i32, String, String) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("a signal");
        let mut out = String::new();
        let mut stdout = self.child.stdout.take().expect("it");
        stdout.read_to_string(&mut out).expect("text");
        let code = self.child.wait().expect("its end").code();
        let mut err = std::mem::take(&mut self.err);
        // Ends with the thread, which ends with the program.
        err.extend(self.lines.iter().map(|line| line + "\n"));
        (code.expect("it ends by itself"), out, err)
    }
}

impl Drop for Auto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn running(plane: &ControlPlane, name: &str) -> String {
    let pods: Api<Pod> = Api::namespaced(plane.client().await, "default");
    eventually(&format!("{name} runs"), async || {
        let pod = pods.get(name).await.expect("the pod");
        let runs = pod.status?.phase? == "Running";
        runs.then_some(pod.spec?.node_name?)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn the_small_schedulers_place_the_pod_of_the_tutorials() {
    let plane = ControlPlane::start().await;
    let client = plane.client().await;
    let _kwok = plane.start_kwok();
    for name in ["n1", "n2", "n3"] {
        node(name).create(&client).await;
    }
    let first = Auto::start(&plane, "--policy first --scheduler-name StupidScheduler");
    let random = Auto::start(
        &plane,
        "--policy random --scheduler-name random-scheduler --seed 7",
    );
    let full = Auto::start(&plane, "");
    for (name, scheduler) in [
        ("nginx", "StupidScheduler"),
        ("nginx-random", "random-scheduler"),
        ("nginx-berth", "berth"),
    ] {
        pod(name).scheduler(scheduler).create(&client, "default").await;
    }
    assert_eq!(running(&plane, "nginx").await, "n1");
    let drawn = running(&plane, "nginx-random").await;
    let placed = running(&plane, "nginx-berth").await;
    let listed = eventually("kubectl lists the events", async || {
        let listed = plane.kubectl(&["get", "events", "--field-selector", "reason=Scheduled"]);
        (listed.matches("Successfully assigned").count() == 3).then_some(listed)
    })
    .await;
    for (name, node) in [
        ("nginx", "n1"),
        ("nginx-random", &drawn),
        ("nginx-berth", &placed),
    ] {
        let line = format!("Successfully assigned default/{name} to {node}\n");
        assert!(listed.contains(&line), "{line} is not in {listed}");
    }

    let (code, out, err) = first.end();
    assert_eq!(
        (code, out.as_str()),
        (130, "Success bind pod default/nginx\n"),
        "{err}"
    );
    let (code, out, err) = random.end();
    assert_eq!(code, 130, "{err}");
    let mut at = 0;
    for step in [
        "found a pod to schedule: default/nginx-random\n",
        "calculated scores for default/nginx-random: ",
        "chose node ",
        "bound default/nginx-random to ",
        "posted event Scheduled for default/nginx-random\n",
    ] {
        let found = out[at..].find(step);
        at += found.unwrap_or_else(|| panic!("{step} is not after the one before: {out}")) + step.len();
    }
    let (code, out, err) = full.end();
    assert_eq!(
        (code, out),
        (130, format!("bound default/nginx-berth to {placed}\n")),
        "{err}"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn it_takes_kube_schedulers_place_and_gives_it_back() {
    let plane = ControlPlane::start().await;
    let client = plane.client().await;
    let (_kwok, mut scheduler) = (plane.start_kwok(), plane.start_scheduler());
    for name in ["n1", "n2"] {
        node(name).cpu("4").create(&client).await;
    }
    let theirs = async |name: &str| {
        let pod = pod(name).scheduler("default-scheduler").requests("100m", "64Mi");
        pod.create(&client, "default").await
    };
    theirs("a").await;
    running(&plane, "a").await;
    // Without a Lease it refuses beside a scheduler that is at work.
    let alone = Command::new(env!("CARGO_BIN_EXE_berth"))
        .args(["auto", "--scheduler-name", "default-scheduler", "--kubeconfig"])
        .arg(plane.kubeconfig())
        .output()
        .expect("berth starts");
    assert_eq!(alone.status.code(), Some(3));
    let said = String::from_utf8_lossy(&alone.stderr);
    assert!(said.contains("it is at work (lease renewed"), "{said}");

    let mut berth = Auto::start(&plane, "--scheduler-name default-scheduler --leader-elect");
    berth.says("waiting for lease kube-scheduler: ");
    theirs("b").await;
    running(&plane, "b").await;
    scheduler.terminate();
    theirs("c").await;
    running(&plane, "c").await;
    // kube-scheduler comes back and waits for the Lease; berth ends and hands it over.
    let _scheduler = plane.start_scheduler();
    theirs("d").await;
    running(&plane, "d").await;
    let (code, out, err) = berth.end();
    assert_eq!(code, 130, "{err}");
    let placed: Vec<&str> = out
        .lines()
        .filter_map(|line| line.strip_prefix("bound default/"))
        .collect();
    let placed: Vec<&str> = placed.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(placed, ["c", "d"], "{out}{err}");
    theirs("e").await;
    running(&plane, "e").await;
    let events: Api<k8s_openapi::api::events::v1::Event> = Api::namespaced(client.clone(), "default");
    let params = ListParams::default().fields("reason=Scheduled");
    eventually("each was told of once", async || {
        let listed = events.list(&params).await.expect("events").items;
        (listed.len() == 5).then_some(())
    })
    .await;
}
