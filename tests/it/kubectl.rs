//! kubectl on the embedded cluster: each verb, in two minor versions of it, against the program itself.

mod changing;
mod looking;
mod nodes;
mod workloads;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::{DEADLINE, Process, ProcessGroup, programs};

/// The programs, of this minor version and of the one before.
const KUBECTLS: [&str; 2] = ["kubectl", "kubectl-older"];

/// `berth demo` serving three nodes to kubectl, in a process of its own.
struct Demo {
    group: ProcessGroup,
    _server: Process,
    kubectl: PathBuf,
}

/// What kubectl said, and how it ended.
struct Said {
    out: String,
    err: String,
    ok: bool,
}

impl Demo {
    /// Starts one for each version of kubectl, and has `tale` told on it.
    fn each(tale: impl Fn(&Self)) {
        for name in KUBECTLS {
            tale(&Self::start(name));
        }
    }

    fn start(kubectl: &str) -> Self {
        let group = ProcessGroup::new();
        let mut command = Command::new(env!("CARGO_BIN_EXE_berth"));
        command.args([
            "demo",
            "--headless",
            "--nodes",
            "3",
            "--pods",
            "0",
            "--pending",
            "0",
        ]);
        command.args(["--listen", "127.0.0.1:0", "--write-kubeconfig", "kubeconfig"]);
        let server = group.start("berth", &mut command);
        let demo = Self {
            kubectl: programs().join(kubectl),
            _server: server,
            group,
        };
        let file = demo.group.folder().join("kubeconfig");
        wait_until("the kubeconfig is written", || file.exists());
        demo
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.kubectl);
        command
            .arg("--kubeconfig")
            .arg(self.group.folder().join("kubeconfig"))
            .args(arguments)
            .env("HOME", self.group.folder())
            .current_dir(self.group.folder());
        command
    }

    /// Runs kubectl, with that text on its standard input.
    fn run(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("kubectl starts");
        let mut pipe = child.stdin.take().expect("a pipe");
        pipe.write_all(input.as_bytes()).expect("kubectl reads");
        drop(pipe);
        let Output {
            status,
            stdout,
            stderr,
        } = child.wait_with_output().expect("kubectl ends");
        Said {
            out: String::from_utf8_lossy(&stdout).into_owned(),
            err: String::from_utf8_lossy(&stderr).into_owned(),
            ok: status.success(),
        }
    }

    /// What kubectl prints; it must succeed.
    fn kubectl(&self, arguments: &[&str]) -> String {
        self.feed(arguments, "")
    }

    /// The same, with an input.
    fn feed(&self, arguments: &[&str], input: &str) -> String {
        let said = self.run(arguments, input);
        assert!(
            said.ok,
            "kubectl {}: {}{}",
            arguments.join(" "),
            said.out,
            said.err
        );
        said.out
    }

    /// What kubectl complains of; it must fail.
    fn fails(&self, arguments: &[&str], input: &str) -> String {
        let said = self.run(arguments, input);
        assert!(
            !said.ok,
            "kubectl {} succeeded: {}",
            arguments.join(" "),
            said.out
        );
        said.err
    }

    /// One value of one object.
    fn value(&self, object: &str, path: &str) -> String {
        self.run(&["get", object, "-o", &format!("jsonpath={{{path}}}")], "")
            .out
    }

    /// The names of the nodes.
    fn nodes(&self) -> Vec<String> {
        let out = self.kubectl(&["get", "nodes", "-o", "name"]);
        out.lines()
            .filter_map(|line| line.strip_prefix("node/"))
            .map(str::to_owned)
            .collect()
    }

    /// Places a pod, as a scheduler would.
    fn bind(&self, pod: &str, node: &str) {
        let binding = format!(
            r#"{{"apiVersion": "v1", "kind": "Binding", "metadata": {{"name": "{pod}"}}, "target": {{"kind": "Node", "name": "{node}"}}}}"#
        );
        let path = format!("/api/v1/namespaces/default/pods/{pod}/binding");
        self.feed(&["create", "--raw", &path, "-f", "-"], &binding);
    }

    /// The names of the pods with these labels.
    fn pods(&self, selector: &str) -> Vec<String> {
        let out = self.kubectl(&["get", "pods", "-l", selector, "-o", "name"]);
        out.lines()
            .filter_map(|line| line.strip_prefix("pod/"))
            .map(str::to_owned)
            .collect()
    }

    /// Those that wait, placed one after another on the nodes.
    fn place_all(&self) {
        let nodes = self.nodes();
        let waiting = self.kubectl(&["get", "pods", "--field-selector", "spec.nodeName=", "-o", "name"]);
        for (i, pod) in waiting.lines().enumerate() {
            self.bind(pod.trim_start_matches("pod/"), &nodes[i % nodes.len()]);
        }
    }
}

/// Waits for something that comes by itself.
fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < until, "waited {DEADLINE:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

const POD: &str = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": {"app": "web"}},
    "spec": {"containers": [{"name": "c", "image": "nginx:1"}]}}"#;

fn deployment(replicas: u32, image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {replicas}\n  selector: {{matchLabels: {{app: web}}}}\n\
         \x20 template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n      - {{name: c, image: \"{image}\", ports: [{{containerPort: 80}}]}}\n"
    )
}
