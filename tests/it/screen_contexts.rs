//! The real program on a pseudo-terminal, going from one embedded cluster to another.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{DEADLINE, Process, ProcessGroup, Terminal};

/// Two clusters, of `three` and of `five` nodes, and a kubeconfig with both, and with one that nobody serves.
struct Clusters {
    group: ProcessGroup,
    servers: Vec<Process>,
}

impl Clusters {
    fn start() -> Self {
        let group = ProcessGroup::new();
        let mut servers = Vec::new();
        let mut files = Vec::new();
        for (name, nodes) in [("three", "3"), ("five", "5")] {
            let file = format!("{name}.kubeconfig");
            let mut command = Command::new(env!("CARGO_BIN_EXE_berth"));
            command.args([
                "demo",
                "--headless",
                "--nodes",
                nodes,
                "--pods",
                "0",
                "--pending",
                "2",
            ]);
            command.args(["--listen", "127.0.0.1:0", "--write-kubeconfig", &file]);
            servers.push(group.start(name, &mut command));
            files.push(group.folder().join(file));
        }
        let deadline = Instant::now() + DEADLINE;
        while !files.iter().all(|file| file.exists()) {
            assert!(Instant::now() < deadline, "the kubeconfigs are written");
            std::thread::sleep(Duration::from_millis(50));
        }
        let clusters = Self { group, servers };
        let [three, five] =
            [&files[0], &files[1]].map(|file| fs::read_to_string(file).expect("a kubeconfig"));
        let five = five.replace("berth-demo", "five");
        let lost = five
            .replace("five", "lost")
            .replace("https://127.0.0.1:", "https://127.0.0.1:1#");
        let lost: String = lost
            .lines()
            .map(|line| match line.split_once('#') {
                Some((server, _)) => format!("{server}\n"),
                None => format!("{line}\n"),
            })
            .collect();
        for (name, text) in [
            ("three", three.replace("berth-demo", "three")),
            ("five", five),
            ("lost", lost),
        ] {
            fs::write(clusters.file(name), text).expect("a kubeconfig");
        }
        clusters
    }

    fn file(&self, name: &str) -> PathBuf {
        self.group.folder().join(format!("{name}.yaml"))
    }

    fn screen(&self) -> Terminal {
        let files = ["three", "five", "lost"].map(|name| self.file(name));
        let files = std::env::join_paths(files).expect("paths");
        let setup = Terminal::run(env!("CARGO_BIN_EXE_berth")).env("KUBECONFIG", files);
        setup.size(120, 36).start()
    }
}

fn go(terminal: &mut Terminal, context: &str) {
    terminal.press(&["C"]);
    terminal.wait_for("Context");
    terminal.type_text(context);
    terminal.press(&["Enter"]);
}

#[test]
fn another_context_is_shown_without_a_restart_and_back() {
    let clusters = Clusters::start();
    let mut terminal = clusters.screen();
    terminal.wait_for("three ▸");
    terminal.wait_for("3 nodes");
    terminal.wait_for("● live");
    go(&mut terminal, "five");
    terminal.wait_for("five ▸");
    terminal.wait_for("5 nodes");
    terminal.wait_for("● live");
    go(&mut terminal, "three");
    terminal.wait_for("3 nodes");
    terminal.press(&["q"]);
    assert!(terminal.wait().success());
    terminal.assert_restored();
}

#[test]
fn a_context_that_nobody_serves_says_so_and_what_is_shown_stays() {
    let mut clusters = Clusters::start();
    let mut terminal = clusters.screen();
    terminal.wait_for("● live");
    go(&mut terminal, "lost");
    terminal.wait_for("not connected to lost");
    terminal.wait_for("cannot reach the API server");
    terminal.wait_for("three ▸");
    terminal.wait_for("● live");
    go(&mut terminal, "five");
    terminal.wait_for("5 nodes");
    terminal.wait_for("● live");
    // The cluster that was left may go meanwhile: nothing of it is shown any more.
    drop(clusters.servers.remove(0));
    terminal.wait_for("● live");
    terminal.signal(Signal::TERM);
    terminal.wait();
    terminal.assert_restored();
}
