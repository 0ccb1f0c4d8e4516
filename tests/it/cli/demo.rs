//! `demo --headless`: what programs that start it rely on.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::{berth, run};

#[test]
fn headless_says_where_and_ends_when_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("demo.kubeconfig");
    for signal in [Signal::INT, Signal::TERM] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_berth"))
            .args([
                "demo",
                "--headless",
                "--listen",
                "127.0.0.1:0",
                "--write-kubeconfig",
            ])
            .arg(&file)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("berth starts");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let url = line.trim_end();
        assert!(url.starts_with("https://127.0.0.1:"), "{line}");
        let kubeconfig = std::fs::read_to_string(&file).expect("the kubeconfig is there by then");
        assert!(kubeconfig.contains(&format!("server: {url}\n")), "{url}");
        let pid = Pid::from_child(&child);
        kill_process(pid, signal).expect("a signal");
        let mut rest = String::new();
        out.read_to_string(&mut rest).expect("text");
        assert_eq!(rest, "", "one line and no more");
        let mut said = String::new();
        let mut errors = child.stderr.take().expect("its errors");
        errors.read_to_string(&mut said).expect("text");
        let token = kubeconfig.split_once("token: ").expect("a token").1;
        assert!(!said.contains(token.lines().next().expect("it")), "{said}");
        assert!(said.contains("kubectl --kubeconfig"), "{said}");
        assert_eq!(child.wait().expect("its end").code(), Some(130));
    }
}

#[test]
fn what_cannot_be_served_is_said_with_what_to_try() {
    let folder = tempfile::tempdir().expect("a folder");
    let precious = folder.path().join("config");
    std::fs::write(&precious, "clusters: [{name: prod}]").expect("a file");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("its address").to_string();
    let nowhere = folder.path().join("none/kc").display().to_string();
    let precious = precious.display().to_string();
    let free = "127.0.0.1:0";
    let cases: [(&[&str], i32, &[&str]); 7] = [
        (
            &["--listen", &taken],
            1,
            &["cannot listen on", "Another program has that port", "127.0.0.1:0"],
        ),
        (
            &["--listen", free, "--write-kubeconfig", &precious],
            1,
            &["is there already", "Name another file"],
        ),
        (
            &["--listen", free, "--write-kubeconfig", &nowhere],
            1,
            &["cannot write the kubeconfig", "folder"],
        ),
        (
            &["--listen", "0.0.0.0:0"],
            2,
            &["other machines", "--allow-remote"],
        ),
        (&["--listen", "[::]:0"], 2, &["other machines"]),
        (&["--listen", "nonsense"], 2, &["--listen"]),
        (
            &["--listen", free, "--scenario", "nope"],
            2,
            &["there is no scenario", "\n  first-pods ", "scheduler-outage "],
        ),
    ];
    for (options, code, wanted) in cases {
        let said = run(berth().args(["demo", "--headless"]).args(options)).bad(code);
        for wanted in wanted {
            assert!(said.contains(wanted), "{options:?}: {said}");
        }
    }
    assert_eq!(
        std::fs::read_to_string(precious).expect("it"),
        "clusters: [{name: prod}]"
    );
}
