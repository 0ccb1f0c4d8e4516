//! `plan` on a file; `plan` and `apply` on the embedded cluster.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::{Run, berth, on_shop, run, words};

#[test]
fn a_plan_in_lines() {
    insta::assert_snapshot!("plan", on_shop("plan").good());
    insta::assert_snapshot!("plan_wide", on_shop("plan -o wide").good());
    insta::assert_snapshot!(
        "plan_optimized",
        on_shop("plan --optimize --evaluations 300").good()
    );
}

#[test]
fn a_plan_as_a_file() {
    let text = on_shop("plan -o yaml").good();
    let created: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("  created: "))
        .collect();
    assert_eq!(created.len(), 1, "{text}");
    insta::assert_snapshot!(
        "plan_yaml",
        text.replace(created[0], "  created: NOW")
            .replace(super::SHOP, "shop.yaml")
    );
    let json: Value = serde_json::from_str(&on_shop("plan -o json --seed 7").good()).expect("JSON");
    assert_eq!(
        (&json["kind"], &json["apiVersion"], &json["spec"]["seed"]),
        (
            &Value::from("Plan"),
            &Value::from("berth.dev/v1alpha1"),
            &Value::from(7)
        )
    );
}

#[test]
fn pods_are_chosen_pinned_and_skipped() {
    let placed = |line: &str| -> Vec<(String, String)> {
        let json: Value = serde_json::from_str(&on_shop(line).good()).expect("JSON");
        let all = json["placements"].as_array().expect("a list");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        all.iter()
            .map(|at| (text(&at["pod"]), text(&at["node"])))
            .collect()
    };
    let all = placed("plan -o json");
    let names: Vec<&str> = all.iter().map(|(pod, _)| &**pod).collect();
    assert_eq!(names, ["shop/cart", "shop/front"]);
    assert_eq!(placed("plan -o json -n batch"), []);
    assert_eq!(placed("plan -o json --skip shop/cart").len(), 1);
    let pinned = placed("plan -o json --pin shop/cart=worker-2");
    assert_eq!(pinned[0], ("shop/cart".to_owned(), "worker-2".to_owned()));
    assert!(
        on_shop("plan --pin shop/cart=worker-9")
            .bad(1)
            .contains("there is no node 'worker-9'")
    );
    assert!(
        on_shop("plan --skip shop/cat")
            .bad(1)
            .contains("Did you mean shop/cart?")
    );
    let nothing = on_shop("plan -l app=web");
    assert_eq!((nothing.code, &*nothing.stdout), (0, ""));
    assert!(
        nothing.stderr.contains("matches the selector"),
        "{}",
        nothing.stderr
    );
}

#[test]
fn apply_wants_a_plan_and_somebody_to_ask() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plan.yaml");
    let good = "apiVersion: berth.dev/v1alpha1\nkind: Plan\nplacements:\n- {pod: a/b, uid: u, node: n1}\n";
    std::fs::write(&file, good).expect("a file");
    let line = format!("apply {}", file.display());
    assert!(words(&line).bad(2).contains("standard input is no terminal"));
    assert!(words("apply -").bad(2).contains("standard input is the plan"));
    assert!(
        words("apply no-such-file -y")
            .bad(2)
            .contains("cannot read the plan")
    );
    std::fs::write(&file, good.replace("n1", "n1, overide: true")).expect("a file");
    let complaint = words(&format!("{line} -y")).bad(2);
    assert!(
        complaint.contains("plan.yaml:4: placements[0].overide: unknown field"),
        "{complaint}"
    );
    std::fs::write(
        &file,
        good.replace("n1", "n1, unprepared: [claim c has no devices yet]"),
    )
    .expect("a file");
    let complaint = words(&format!("{line} -y")).bad(3);
    assert!(
        complaint.contains("pod a/b: claim c has no devices yet") && complaint.contains("--reason"),
        "{complaint}"
    );
}

/// The embedded cluster in a process of its own.
pub(super) struct Demo {
    child: Child,
    folder: tempfile::TempDir,
}

impl Demo {
    pub(super) fn start(scenario: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(env!("CARGO_BIN_EXE_berth"))
            .args([
                "demo",
                "--headless",
                "--listen",
                "127.0.0.1:0",
                "--write-kubeconfig",
            ])
            .arg(folder.path().join("kubeconfig"))
            .arg("--scenario")
            .arg(scenario)
            .stdout(Stdio::piped())
            .spawn()
            .expect("berth starts");
        let out = child.stdout.as_mut().expect("its output");
        BufReader::new(out)
            .read_line(&mut String::new())
            .expect("its address");
        Self { child, folder }
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn run(&self, line: &str) -> Run {
        let kubeconfig = self.file("kubeconfig");
        run(berth()
            .args(line.split_whitespace())
            .arg("--kubeconfig")
            .arg(kubeconfig))
    }

    /// Plans everything that waits into the file of that name, and gives the plan.
    pub(super) fn plan(&self, name: &str, more: &str) -> Value {
        let text = self.run(&format!("plan -A -o json {more}")).good();
        std::fs::write(self.file(name), &text).expect("a file");
        serde_json::from_str(&text).expect("JSON")
    }

    pub(super) fn apply(&self, name: &str, more: &str) -> Run {
        self.run(&format!("apply {} {more}", self.file(name).display()))
    }

    pub(super) fn waiting(&self) -> Vec<String> {
        let pods: Value = serde_json::from_str(&self.run("pods -A -o json").good()).expect("JSON");
        let pods = pods.as_array().expect("a list");
        let names = pods
            .iter()
            .filter(|pod| pod["ours"] == true)
            .filter_map(|pod| pod["pod"].as_str());
        names.map(str::to_owned).collect()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const SCENARIO: &str = "\
description: Room for three of four.
seed: 1
region: r1
nodes:
  - {name: n1, zone: r1a, instanceType: m.large, cpu: \"4\", memory: 8Gi}
  - {name: n2, zone: r1b, instanceType: m.large, cpu: \"2\", memory: 8Gi}
workloads:
  - {namespace: shop, name: web, image: \"example.com/web:1\", cpu: \"1500m\", memory: 64Mi, waiting: 4, spec: {schedulerName: berth}}
";

pub(super) fn demo(text: &str) -> Demo {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scenario.yaml");
    std::fs::File::create(&file)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .expect("a file");
    Demo::start(&file)
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[test]
fn a_plan_is_carried_out_once_however_often_it_is_applied() {
    let demo = demo(SCENARIO);
    let plan = demo.plan("plan.json", "");
    let placements = plan["placements"].as_array().expect("a list");
    assert_eq!(
        (placements.len(), plan["unplaced"].as_array().map(Vec::len)),
        (3, Some(1)),
        "{plan:#}"
    );

    let tried = demo.apply("plan.json", "--dry-run=server");
    assert_eq!(
        (tried.code, tried.stdout.lines().count()),
        (0, 3),
        "{}",
        tried.stderr
    );
    assert!(
        tried
            .stdout
            .lines()
            .all(|line| line.ends_with(" (server dry run)")),
        "{}",
        tried.stdout
    );
    assert!(
        tried.stderr.contains("3 of 3 pods would be placed"),
        "{}",
        tried.stderr
    );
    assert_eq!(demo.waiting().len(), 4, "nothing was stored");

    let done = demo.apply("plan.json", "-y --rate 100");
    assert_eq!(done.code, 0, "{}", done.stderr);
    let expected: Vec<String> = placements
        .iter()
        .map(|at| {
            format!(
                "{} placed on {}",
                at["pod"].as_str().unwrap_or(""),
                at["node"].as_str().unwrap_or("")
            )
        })
        .collect();
    assert_eq!(lines(&done.stdout), expected);
    assert!(done.stderr.contains("3 of 3 pods placed"), "{}", done.stderr);
    assert_eq!(demo.waiting().len(), 1);

    let again = demo.apply("plan.json", "-y -o json");
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(
        again.stderr.contains("0 of 3 pods placed, 3 were there already"),
        "{}",
        again.stderr
    );
    for line in again.stdout.lines() {
        let told: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(
            (&told["outcome"], &told["placedByBerth"]),
            (&Value::from("there"), &Value::from(true))
        );
    }
}

#[test]
fn after_a_part_of_it_the_rest_goes_on() {
    let demo = demo(SCENARIO);
    let plan = demo.plan("plan.json", "");
    // As after a crash: the first is placed, nothing else.
    let first = &plan["placements"][0];
    let (pod, node) = (
        first["pod"].as_str().expect("a pod"),
        first["node"].as_str().expect("a node"),
    );
    assert_eq!(demo.run(&format!("place {pod} {node} -y")).code, 0);
    let rest = demo.apply("plan.json", "-y --rate 100");
    assert_eq!(rest.code, 0, "{}", rest.stderr);
    assert_eq!(lines(&rest.stdout)[0], format!("{pod} is on {node} already"));
    assert!(
        rest.stderr.contains("2 of 3 pods placed, 1 were there already"),
        "{}",
        rest.stderr
    );
}

#[test]
fn the_first_surprise_ends_it() {
    let demo = demo(SCENARIO);
    let plan = demo.plan("plan.json", "");
    let placements = plan["placements"].as_array().expect("a list");
    let text = |at: usize, name: &str| placements[at][name].as_str().expect("a text").to_owned();
    let unplaced = plan["unplaced"][0]["pod"].as_str().expect("a pod");
    // Somebody else takes the room of the second one.
    let taken = text(1, "node");
    assert_eq!(demo.run(&format!("place {unplaced} {taken} -y")).code, 0);
    let stopped = demo.apply("plan.json", "-y --rate 100");
    assert_eq!(stopped.code, 4, "{}", stopped.stderr);
    let done = lines(&stopped.stdout);
    assert!(done.len() < 3, "{done:?}");
    let last = text(done.len(), "pod");
    assert!(
        stopped.stderr.contains(&format!("stopped at {last}:")),
        "{}",
        stopped.stderr
    );
    assert!(stopped.stderr.contains("not placed"), "{}", stopped.stderr);

    // A pod that is somewhere else: nothing is begun.
    let mut other = plan.clone();
    for at in other["placements"].as_array_mut().expect("a list") {
        at["node"] = if at["node"] == "n1" {
            "n2".into()
        } else {
            "n1".into()
        };
    }
    std::fs::write(demo.file("other.json"), other.to_string()).expect("a file");
    if !done.is_empty() {
        let complaint = demo.apply("other.json", "-y").bad(4);
        assert!(
            complaint.contains("the plan was not begun") && complaint.contains("already, and the plan has"),
            "{complaint}"
        );
    }
    // A pod that is gone, or was made again.
    let mut gone = plan.clone();
    gone["placements"][0]["pod"] = "shop/no-such-pod".into();
    std::fs::write(demo.file("gone.json"), gone.to_string()).expect("a file");
    assert!(demo.apply("gone.json", "-y").bad(4).contains("it is gone"));
    gone["placements"][0]["pod"] = text(0, "pod").into();
    gone["placements"][0]["uid"] = "another".into();
    std::fs::write(demo.file("gone.json"), gone.to_string()).expect("a file");
    assert!(
        demo.apply("gone.json", "-y")
            .bad(4)
            .contains("made again under its name")
    );
}

#[test]
fn ctrl_c_ends_it_between_placements() {
    use rustix::process::{Pid, Signal, kill_process};
    let demo = demo(SCENARIO);
    demo.plan("plan.json", "");
    let mut child = Command::new(env!("CARGO_BIN_EXE_berth"))
        .args(["apply", "-y", "--rate", "0.01", "--kubeconfig"])
        .arg(demo.file("kubeconfig"))
        .arg(demo.file("plan.json"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("berth starts");
    let mut first = String::new();
    let out = child.stdout.as_mut().expect("its output");
    BufReader::new(out).read_line(&mut first).expect("a line");
    assert!(first.contains(" placed on "), "{first}");
    kill_process(Pid::from_child(&child), Signal::INT).expect("a signal");
    let end = child.wait_with_output().expect("its end");
    assert_eq!(end.status.code(), Some(130));
    let said = String::from_utf8(end.stderr).expect("text");
    assert!(
        said.contains("interrupted before shop/") && said.contains("1 of 3 pods placed, 2 not placed"),
        "{said}"
    );
    assert!(
        said.contains("The same command goes on where it stopped."),
        "{said}"
    );
    assert_eq!(demo.waiting().len(), 3);
}
