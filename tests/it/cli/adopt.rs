//! `check` and `--adopt` on the embedded cluster.

use std::path::Path;

use serde_json::{Value, json};

use super::plan::{Demo, demo};
use super::{berth, run, words};

/// The outage that comes with the program: forty pods of a scheduler whose Lease ran out.
fn outage() -> Demo {
    Demo::start(Path::new("scheduler-outage"))
}

/// A scheduler that lives; `web` waits for it, and nothing else.
const ALIVE: &str = "\
description: kube-scheduler is at work.
seed: 1
region: r1
nodes:
  - {name: n1, zone: r1a, instanceType: m.large, cpu: \"4\", memory: 8Gi}
workloads:
  - {namespace: shop, name: web, image: \"example.com/web:1\", cpu: \"1\", memory: 64Mi, waiting: 1, waitingAge: 1s}
objects:
  - age: 1h
    manifest:
      apiVersion: coordination.k8s.io/v1
      kind: Lease
      metadata: {namespace: kube-system, name: kube-scheduler}
      spec: {holderIdentity: cp-1_x, leaseDurationSeconds: 3600, acquireTime: \"{1h ago}\", renewTime: \"{1s ago}\"}
";

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn check_tells_what_is_known_of_the_scheduler() {
    let demo = outage();
    let found = json(&demo.run("check -o json").good());
    let kube_scheduler = &found["schedulers"][0];
    assert_eq!(
        (
            &kube_scheduler["name"],
            &kube_scheduler["alive"],
            &kube_scheduler["evidence"]
        ),
        (
            &json!("default-scheduler"),
            &json!(false),
            &json!("lease expired")
        ),
        "{found:#}"
    );
    assert_eq!(kube_scheduler["state"], "expired");
    assert_eq!(
        (&kube_scheduler["pending"], &kube_scheduler["critical"]),
        (&json!(40), &json!(5))
    );
    assert!(kube_scheduler["since"].is_string(), "{kube_scheduler}");
    let table = demo.run("check").good();
    assert!(table.contains("default-scheduler  down 9m"), "{table}");

    let probe = demo.run("check --scheduler default-scheduler -o json");
    assert_eq!((probe.code, probe.stderr.as_str()), (1, ""));
    assert_eq!(json(&probe.stdout)["schedulers"][0]["evidence"], "lease expired");
    // Nobody of that name was ever heard of.
    let probe = demo.run("check --scheduler nobody");
    assert_eq!(probe.code, 3, "{}", probe.stdout);
    assert!(
        probe.stdout.contains("there is no lease kube-system/nobody"),
        "{}",
        probe.stdout
    );

    let alive = self::demo(ALIVE);
    let probe = alive.run("check --scheduler default-scheduler");
    assert_eq!(probe.code, 0, "{}", probe.stdout);
    assert!(probe.stdout.contains("lease renewed"), "{}", probe.stdout);
}

#[test]
fn pods_of_a_dead_scheduler_are_adopted_for_a_reason() {
    let demo = outage();
    let pods = json(
        &demo
            .run("pods -A -o json --adopt default-scheduler --reason down")
            .good(),
    );
    let pods = pods.as_array().expect("a list");
    assert_eq!(
        (pods.len(), pods.iter().filter(|pod| pod["ours"] == true).count()),
        (40, 40)
    );
    let first = pods[0]["pod"].as_str().expect("a name").to_owned();
    let complaint = demo.run(&format!("place {first} -y")).bad(3);
    assert!(
        complaint.contains("--adopt default-scheduler --reason TEXT"),
        "{complaint}"
    );
    let line = format!("place {first} -y -o json --adopt default-scheduler --reason outage");
    let placed = json(&demo.run(&line).good());
    let annotations = &placed["binding"]["metadata"]["annotations"];
    assert_eq!(annotations["berth.dev/reason"], "outage");
    let id = annotations["berth.dev/adopted"]
        .as_str()
        .expect("an id")
        .to_owned();

    let table = demo.run("journal").good();
    assert!(table.contains("adopted the pods of default-scheduler"), "{table}");
    let told = json(&demo.run("journal -o json").good());
    let told = told.as_array().expect("a list");
    let its = told
        .iter()
        .find(|one| one["adoption"]["id"] == *id)
        .expect("its line");
    assert_eq!(its["adoption"]["reason"], "outage");
    assert_eq!(its["adoption"]["why"], "the command ended");
    let report = demo.run("journal -o markdown").good();
    assert!(
        report.contains("adopted the pods of default-scheduler"),
        "{report}"
    );

    let plan = demo.plan("plan.json", "--adopt default-scheduler --reason outage");
    let planned = plan["placements"].as_array().expect("a list").len();
    assert!(planned > 30, "{plan:#}");
    let not_ours = demo.apply("plan.json", "-y --rate 1000");
    assert_eq!(not_ours.code, 3, "{}", not_ours.stderr);
    let done = demo.apply(
        "plan.json",
        "-y --rate 1000 --adopt default-scheduler --reason outage",
    );
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(
        done.stderr
            .contains(&format!("{planned} of {planned} pods placed")),
        "{}",
        done.stderr
    );
}

#[test]
fn pods_of_a_scheduler_that_lives_are_left_to_it() {
    let demo = demo(ALIVE);
    let pods = json(&demo.run("pods -A -o json").good());
    let web = pods[0]["pod"].as_str().expect("a name").to_owned();
    for line in ["pods -A", "plan -A", &format!("place {web} -y")] {
        let complaint = demo
            .run(&format!("{line} --adopt default-scheduler --reason why"))
            .bad(3);
        assert!(
            complaint.contains("it is at work (lease renewed") && complaint.contains("--race"),
            "{line}: {complaint}"
        );
    }
    let raced = demo.run(&format!(
        "place {web} -y --adopt default-scheduler --reason why --race"
    ));
    assert_eq!(raced.code, 0, "{}", raced.stderr);
    assert!(
        raced.stderr.contains("warning: 'default-scheduler' is at work"),
        "{}",
        raced.stderr
    );
    let told = json(&demo.run("journal -o json").good());
    let told = told.as_array().expect("a list");
    let its = told.iter().find(|one| one["pod"] == *web).expect("its line");
    assert_eq!(its["adoption"]["race"], true);
}

#[test]
fn an_adoption_ends_in_the_middle_of_a_plan() {
    let demo = outage();
    demo.plan("plan.json", "--adopt default-scheduler --reason outage");
    let line = "-y --rate 1 --adopt default-scheduler --reason outage --adopt-for 3s";
    let stopped = demo.apply("plan.json", line);
    assert_eq!(stopped.code, 3, "{}", stopped.stderr);
    assert!(
        stopped
            .stderr
            .contains("the adoption of scheduler 'default-scheduler' ended at"),
        "{}",
        stopped.stderr
    );
    let placed = stopped.stdout.lines().count();
    assert!((1..10).contains(&placed), "{}", stopped.stdout);
}

#[test]
fn a_file_says_nothing_of_who_is_at_work() {
    let pods = run(berth().args([
        "pods",
        "--adopt",
        "default-scheduler",
        "--reason",
        "why",
        "--from",
        super::SHOP,
    ]));
    assert_eq!((pods.code, pods.stderr.as_str()), (0, ""));
    assert!(
        words("place a --adopt b -y")
            .bad(2)
            .contains("--adopt needs --reason")
    );
}
