//! No process outlives its test, whatever ends the test.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{ControlPlane, ProcessGroup, Terminal, eventually};

/// Set where a test plays the one that gets killed.
const VICTIM: &str = "BERTH_TEST_VICTIM";

#[tokio::test]
async fn processes_end_with_a_test_that_is_killed_or_interrupted() {
    if std::env::var_os(VICTIM).is_some() {
        let group = ProcessGroup::new();
        let sleep = group.start("sleep", Command::new("sleep").arg("1000"));
        // Deaf to all signals but those that nobody can be deaf to.
        let deaf = group.start(
            "deaf",
            Command::new("sh").args(["-c", "trap '' INT TERM HUP; sleep 1000; sleep 1000"]),
        );
        wait_for_death(group.folder(), &[sleep.id(), deaf.id()]);
    }
    for signal in [Signal::KILL, Signal::INT, Signal::TERM] {
        let name = "processes::processes_end_with_a_test_that_is_killed_or_interrupted";
        assert_nothing_outlives(name, signal).await;
    }
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_control_plane_ends_with_a_test_that_is_killed() {
    if std::env::var_os(VICTIM).is_some() {
        let plane = ControlPlane::start().await;
        let (kwok, scheduler) = (plane.start_kwok(), plane.start_scheduler());
        let [etcd, api_server] = plane.process_ids();
        wait_for_death(plane.folder(), &[etcd, api_server, kwok.id(), scheduler.id()]);
    }
    assert_nothing_outlives(
        "processes::a_control_plane_ends_with_a_test_that_is_killed",
        Signal::KILL,
    )
    .await;
}

#[test]
fn processes_end_with_a_test_that_panics() {
    let ids = std::panic::catch_unwind(|| {
        let group = ProcessGroup::new();
        let sleep = group.start("sleep", Command::new("sleep").arg("1000"));
        std::panic::panic_any((sleep.id(), group.folder().to_owned()));
    });
    let (id, folder) = *ids
        .expect_err("it panics")
        .downcast::<(u32, std::path::PathBuf)>()
        .expect("what it was given");
    assert!(!is_running(id), "the process outlived the panic");
    assert!(!folder.exists(), "the folder outlived the panic");
}

#[test]
fn a_program_ends_with_its_terminal() {
    let sleep = Terminal::run("sleep").arg("1000").start();
    let id = sleep.process_id();
    assert!(is_running(id));
    drop(sleep);
    assert!(!is_running(id));
}

/// Says what is to end with this process, and waits to be killed.
fn wait_for_death(folder: &Path, processes: &[u32]) -> ! {
    let left = serde_json::json!({"folder": folder, "processes": processes});
    writeln!(std::io::stdout(), "{VICTIM} {left}").expect("somebody listens");
    loop {
        std::thread::park();
    }
}

/// Runs this very test again as the victim, ends it with a signal, and watches all that it had started go.
async fn assert_nothing_outlives(test: &str, signal: Signal) {
    let mut victim = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", test, "--include-ignored", "--nocapture"])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program starts once more");
    let left = what_it_started(&mut victim);
    let processes: Vec<u32> = serde_json::from_value(left["processes"].clone()).expect("process ids");
    let folder = Path::new(left["folder"].as_str().expect("a folder"));
    assert!(folder.is_dir());
    assert!(!processes.is_empty());
    for process in &processes {
        assert!(is_running(*process), "{process} does not run");
    }

    kill_process(Pid::from_child(&victim), signal).expect("the victim takes signals");
    victim.wait().expect("the victim ends");
    eventually(
        &format!("{processes:?} and {} go after {signal:?}", folder.display()),
        async || (!processes.iter().any(|process| is_running(*process)) && !folder.exists()).then_some(()),
    )
    .await;
}

fn what_it_started(victim: &mut Child) -> serde_json::Value {
    let output = BufReader::new(victim.stdout.take().expect("a pipe"));
    let mut lines = output.lines().map(|line| line.expect("a line"));
    let line = lines.find_map(|line| Some(line.split_once(VICTIM)?.1.to_owned()));
    serde_json::from_str(&line.expect("the victim says what it started")).expect("JSON")
}

/// Whether this process is there and no zombie: where nobody reaps orphans (in some containers), these stay.
fn is_running(process: u32) -> bool {
    let ps = Command::new("ps")
        .args(["-o", "stat=", "-p", &process.to_string()])
        .output()
        .expect("ps runs");
    let state = String::from_utf8_lossy(&ps.stdout);
    !matches!(state.trim().chars().next(), None | Some('Z'))
}

#[tokio::test]
async fn what_is_running_is_told_from_what_is_not() {
    let mut child = Command::new("sleep").arg("1000").spawn().expect("sleep starts");
    assert!(is_running(child.id()));
    child.kill().expect("sleep can be killed");
    eventually("a zombie does not count", async || {
        (!is_running(child.id())).then_some(())
    })
    .await;
    child.wait().expect("sleep ends");
    assert!(!is_running(child.id()));
}
