//! Commands on a real API server.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use k8s_openapi::api::core::v1::{Namespace, Node, Pod};
use k8s_openapi::api::events::v1::Event;
use kube::Client;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use super::{Run, berth, run};
use crate::support::{ControlPlane, Shared, Terminal, eventually, node, pod};

/// A namespace on the shared control plane with two nodes of its own, which its pods select: `NAMESPACE-a` with 4 cpus
/// and `NAMESPACE-b` with 2 and a taint.
struct Site {
    plane: Shared,
    client: Client,
    namespace: String,
}

impl Site {
    async fn new(name: &str) -> Self {
        let plane = ControlPlane::shared().await;
        let client = plane.client().await;
        let namespace = plane.namespace(name).await;
        let site = Self {
            plane,
            client,
            namespace,
        };
        node(&site.a())
            .cpu("4")
            .label("site", &site.namespace)
            .create(&site.client)
            .await;
        let b = node(&site.b()).cpu("2").label("site", &site.namespace);
        b.taint("closed", "", "NoSchedule").create(&site.client).await;
        site
    }

    fn a(&self) -> String {
        format!("{}-a", self.namespace)
    }

    fn b(&self) -> String {
        format!("{}-b", self.namespace)
    }

    async fn pod(&self, name: &str, cpu: &str) -> Pod {
        let pod = pod(name)
            .requests(cpu, "64Mi")
            .node_selector("site", &self.namespace);
        pod.create(&self.client, &self.namespace).await
    }

    /// Runs the program as a user who may do everything.
    fn run(&self, line: &str) -> Run {
        run(berth().args(self.arguments(line)))
    }

    fn arguments(&self, line: &str) -> Vec<String> {
        let kubeconfig = self.plane.kubeconfig();
        let global = [
            "-n",
            &self.namespace,
            "--kubeconfig",
            kubeconfig.to_str().expect("a path in UTF-8"),
        ];
        line.split(' ').chain(global).map(str::to_owned).collect()
    }

    async fn read(&self, name: &str) -> Pod {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        pods.get(name).await.expect("the pod")
    }

    async fn node_of(&self, name: &str) -> Option<String> {
        self.read(name).await.spec.and_then(|spec| spec.node_name)
    }

    async fn events_of(&self, name: &str) -> Vec<Event> {
        let events: Api<Event> = Api::namespaced(self.client.clone(), &self.namespace);
        let all = events.list(&ListParams::default()).await.expect("events");
        let about =
            |event: &Event| event.regarding.as_ref().and_then(|pod| pod.name.as_deref()) == Some(name);
        all.items
            .into_iter()
            .filter(|event| about(event) && event.reason.as_deref() == Some("Scheduled"))
            .collect()
    }
}

fn annotation(pod: &Pod, key: &str) -> Option<String> {
    pod.metadata.annotations.as_ref()?.get(key).cloned()
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_pod_is_placed_on_the_best_node() {
    let site = Site::new("best").await;
    site.pod("web", "1").await;
    assert_eq!(
        site.run("place web -y").good(),
        format!("pod/web placed on {}\n", site.a())
    );
    let web = site.read("web").await;
    assert_eq!(annotation(&web, "berth.dev/placed-by").as_deref(), Some("admin"));
    assert_eq!(annotation(&web, "berth.dev/reason"), None);
    assert_eq!(site.node_of("web").await, Some(site.a()));
    let events = site.events_of("web").await;
    assert_eq!(events.len(), 1);
    assert_eq!(
        events[0].note,
        Some(format!(
            "Successfully assigned {}/web to {}",
            site.namespace,
            site.a()
        ))
    );

    let complaint = site.run("place web -y").bad(4);
    assert!(
        complaint.contains(&format!("on node {} already", site.a())),
        "{complaint}"
    );
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn what_was_sent_is_printed_as_a_document() {
    let site = Site::new("document").await;
    let web = site.pod("web", "1").await;
    let tried: Value = serde_json::from_str(&site.run("place web -o json --dry-run=server").good()).unwrap();
    assert_eq!(
        (&tried["outcome"], &tried["dryRun"]),
        (&json!("dryRun"), &json!("server"))
    );
    assert_eq!(site.node_of("web").await, None);
    let done: Value = serde_json::from_str(&site.run("place web -o json -y").good()).unwrap();
    assert_eq!(
        (&done["outcome"], &done["node"]),
        (&json!("placed"), &json!(site.a()))
    );
    let binding = &done["binding"];
    assert_eq!(binding["metadata"]["uid"], json!(web.metadata.uid));
    assert_eq!(
        binding["metadata"]["resourceVersion"],
        json!(web.metadata.resource_version)
    );
    assert_eq!(binding["target"]["kind"], "Node");
    assert_eq!(done["eventError"], Value::Null);
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn dry_runs_store_nothing() {
    let site = Site::new("dry").await;
    site.pod("web", "1").await;
    let placed = format!("pod/web placed on {}", site.a());
    assert_eq!(
        site.run("place web --dry-run=client").good(),
        format!("{placed} (dry run)\n")
    );
    assert_eq!(
        site.run("place web --dry-run=server").good(),
        format!("{placed} (server dry run)\n")
    );
    assert_eq!(site.node_of("web").await, None);
    assert!(site.events_of("web").await.is_empty());
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_rule_is_broken_only_where_a_person_says_why() {
    let site = Site::new("rule").await;
    site.pod("web", "1").await;
    site.pod("huge", "64").await;
    let complaint = site.run(&format!("place web {} -y", site.b())).bad(3);
    assert!(
        complaint.contains("TaintToleration: node(s) had untolerated taint(s)"),
        "{complaint}"
    );
    assert!(complaint.contains("--override"), "{complaint}");
    let complaint = site.run("place huge -y").bad(3);
    assert!(complaint.contains("Insufficient cpu"), "{complaint}");
    assert_eq!(site.node_of("web").await, None);

    let line = format!("place web {} -y --override --reason only-room", site.b());
    assert_eq!(
        site.run(&line).good(),
        format!("pod/web placed on {}\n", site.b())
    );
    let web = site.read("web").await;
    assert_eq!(annotation(&web, "berth.dev/reason").as_deref(), Some("only-room"));
    assert_eq!(
        annotation(&web, "berth.dev/overruled").as_deref(),
        Some("TaintToleration")
    );
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn pods_that_cannot_be_placed_say_why() {
    let site = Site::new("cannot").await;
    pod("theirs")
        .scheduler("other")
        .create(&site.client, &site.namespace)
        .await;
    pod("gated")
        .gate("example.com/wait")
        .create(&site.client, &site.namespace)
        .await;
    let complaint = site.run("place theirs -y").bad(3);
    assert!(
        complaint.contains("'other'") && complaint.contains("--scheduler-name other"),
        "{complaint}"
    );
    assert!(site.run("place gated -y").bad(3).contains("example.com/wait"));
    assert!(
        site.run("place gate -y")
            .bad(1)
            .contains(&format!("Did you mean {}/gated?", site.namespace))
    );
    let complaint = site
        .run("place theirs no-such-node --scheduler-name other -y")
        .bad(1);
    assert!(complaint.contains("no node 'no-such-node'"), "{complaint}");

    let over: Api<Pod> = Api::namespaced(site.client.clone(), &site.namespace);
    let failed = json!({"status": {"phase": "Failed"}});
    over.patch_status("theirs", &PatchParams::default(), &Patch::Merge(failed))
        .await
        .expect("a status");
    assert!(
        site.run("explain theirs")
            .bad(1)
            .contains("is over (phase Failed)")
    );
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn what_waits_is_listed_and_explained() {
    let site = Site::new("waits").await;
    site.pod("web", "1").await;
    site.pod("xl", "64").await;
    let pods: Value = serde_json::from_str(&site.run("pods -o json").good()).unwrap();
    let pods = pods.as_array().unwrap();
    let names: Vec<&str> = pods.iter().filter_map(|pod| pod["name"].as_str()).collect();
    assert_eq!(names, ["web", "xl"]);
    assert_eq!(
        (&pods[0]["best"], &pods[0]["feasible"]),
        (&json!([site.a()]), &json!(1))
    );
    assert!(
        pods[1]["message"]
            .as_str()
            .is_some_and(|text| text.contains("1 Insufficient cpu")),
        "{}",
        pods[1]
    );

    let table = site.run("pods").good();
    assert!(table.contains(&format!("fits; best on {}", site.a())), "{table}");
    assert!(site.run("pods -A").good().contains(&site.namespace));
    let text = site.run(&format!("explain web {}", site.b())).good();
    assert!(text.contains("does not fit: 1 rule"), "{text}");
    let record: Value = serde_json::from_str(&site.run("explain web -o json").good()).unwrap();
    assert_eq!(record["decision"], "single");
    let empty = berth()
        .args(["pods", "-n", "kube-public", "--kubeconfig"])
        .arg(site.plane.kubeconfig())
        .output();
    let empty = empty.expect("berth starts");
    assert_eq!(
        (empty.status.code(), empty.stdout.as_slice()),
        (Some(0), b"".as_slice())
    );
    assert!(String::from_utf8_lossy(&empty.stderr).contains("kube-public"));
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn rights_are_checked_one_by_one() {
    let site = Site::new("rights").await;
    site.pod("web", "1").await;
    let text = site.run("check").good();
    assert!(
        text.contains("✓") && text.contains("create pods/binding") && !text.contains("✗"),
        "{text}"
    );
    let found: Value = serde_json::from_str(&site.run("check -o json").good()).unwrap();
    assert_eq!(found["user"], "admin");
    assert!(
        found["server"]["version"]
            .as_str()
            .is_some_and(|version| version.starts_with("v1."))
    );

    let nobody = site.plane.kubeconfig_for("nobody", None);
    let as_nobody = |line: &str| run(berth().args(line.split(' ')).arg("--kubeconfig").arg(&nobody));
    let Run { code, stdout, stderr } = as_nobody("check");
    assert_eq!(code, 5);
    assert!(
        stdout.contains('✗') && stderr.contains("create pods/binding"),
        "{stdout}{stderr}"
    );
    let Run { code, stdout, .. } = as_nobody("check -o json");
    let found: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(
        (code, &found["permissions"][0]["allowed"]),
        (5, &Value::Bool(false))
    );
    for line in ["pods", "explain web", "place web -y", "watch"] {
        let complaint = as_nobody(line).bad(5);
        assert!(complaint.contains("list "), "{line}: {complaint}");
    }
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn an_event_that_is_refused_hides_no_binding() {
    let site = Site::new("noevent").await;
    site.pod("web", "1").await;
    let user = format!("{}-user", site.namespace);
    let grant = |role: &str, verbs: &str, resources: &str| {
        let role = format!("{user}-{role}");
        let (verbs, resources) = (format!("--verb={verbs}"), format!("--resource={resources}"));
        site.plane
            .kubectl(&["create", "clusterrole", &role, &verbs, &resources]);
        let (of, to) = (format!("--clusterrole={role}"), format!("--user={user}"));
        site.plane
            .kubectl(&["create", "clusterrolebinding", &role, &of, &to]);
    };
    let kubeconfig = site.plane.kubeconfig_for(&user, None);
    let place = || {
        run(berth()
            .args(["place", "web", "-y", "-n", &site.namespace, "--kubeconfig"])
            .arg(&kubeconfig))
    };
    grant("look", "get,list,watch", "pods,nodes,namespaces");
    eventually("the right to look is granted", async || {
        let complaint = place().bad(5);
        complaint
            .contains("create pods/binding in namespace")
            .then_some(())
    })
    .await;
    assert_eq!(site.node_of("web").await, None);

    grant("bind", "create", "pods/binding");
    let placed = eventually("the right to bind is granted", async || {
        Some(place()).filter(|placed| placed.code == 0)
    })
    .await;
    assert_eq!(placed.stdout, format!("pod/web placed on {}\n", site.a()));
    assert!(
        placed.stderr.contains("warning: ") && placed.stderr.contains("create events.events.k8s.io"),
        "{}",
        placed.stderr
    );
    assert_eq!(site.node_of("web").await, Some(site.a()));
    assert!(site.events_of("web").await.is_empty());
}

#[cfg(unix)]
#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn changes_are_told_as_they_come_until_interrupted() {
    let site = Site::new("watch").await;
    site.pod("before", "1").await;
    let mut child = Command::new(env!("CARGO_BIN_EXE_berth"))
        .args(site.arguments("watch"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("berth starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut wait_for = |wanted: String| {
        let found = lines
            .by_ref()
            .map(|line| line.expect("a line"))
            .any(|line| line == wanted);
        assert!(found, "it ended without {wanted:?}");
    };
    let namespace = &site.namespace;
    wait_for(format!("add event for pod {namespace}/before"));
    site.pod("after", "1").await;
    wait_for(format!("add event for pod {namespace}/after"));
    assert_eq!(site.run("place after -y").code, 0);
    wait_for(format!("update event for pod {namespace}/after"));
    let pods: Api<Pod> = Api::namespaced(site.client.clone(), namespace);
    pods.delete("before", &DeleteParams::default().grace_period(0))
        .await
        .expect("deleted");
    wait_for(format!("delete event for pod {namespace}/before"));
    node(&format!("{namespace}-late")).create(&site.client).await;
    wait_for(format!("add event for node \"{namespace}-late\""));

    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).expect("a signal");
    assert_eq!(child.wait().expect("an end").code(), Some(130));
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_person_is_asked_and_may_say_no() {
    let site = Site::new("asks").await;
    let web = site.pod("web", "1").await;
    let ask = || {
        let terminal = Terminal::run(env!("CARGO_BIN_EXE_berth"))
            .args(site.arguments("place web"))
            .size(120, 40);
        let terminal = terminal.start();
        terminal.wait_for("[y/N]");
        terminal
    };
    let mut terminal = ask();
    let shown = terminal.screen();
    assert!(shown.contains(web.metadata.uid.as_deref().unwrap()), "{shown}");
    assert!(shown.contains("berth.dev/placed-by: admin"), "{shown}");
    terminal.press(&["n", "Enter"]);
    assert_eq!(terminal.wait().exit_code(), 1);
    assert!(terminal.screen().contains("nothing was sent"));
    assert_eq!(site.node_of("web").await, None);

    let mut terminal = ask();
    terminal.press(&["Ctrl-c"]);
    assert_eq!(terminal.wait().exit_code(), 130);
    assert_eq!(site.node_of("web").await, None);

    let mut terminal = ask();
    terminal.press(&["y", "Enter"]);
    assert_eq!(terminal.wait().exit_code(), 0);
    assert!(
        terminal
            .screen()
            .contains(&format!("pod/web placed on {}", site.a()))
    );
    assert_eq!(site.node_of("web").await, Some(site.a()));
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn what_changes_while_a_person_thinks_is_told() {
    let site = Site::new("changes").await;
    site.pod("web", "1").await;
    let arguments = site.arguments("place web");
    let mut terminal = Terminal::run(env!("CARGO_BIN_EXE_berth"))
        .args(arguments)
        .size(120, 40)
        .start();
    terminal.wait_for("[y/N]");
    let pods: Api<Pod> = Api::namespaced(site.client.clone(), &site.namespace);
    let label = json!({"metadata": {"labels": {"new": "label"}}});
    pods.patch("web", &PatchParams::default(), &Patch::Merge(label))
        .await
        .expect("a label");
    terminal.press(&["y", "Enter"]);
    terminal.wait_until("it asks again", |screen| screen.matches("[y/N]").count() == 2);
    assert!(terminal.screen().contains("the pod changed meanwhile"));

    let nodes: Api<Node> = Api::all(site.client.clone());
    let cordon = json!({"spec": {"unschedulable": true}});
    nodes
        .patch(&site.a(), &PatchParams::default(), &Patch::Merge(cordon))
        .await
        .expect("a cordon");
    terminal.press(&["y", "Enter"]);
    assert_eq!(terminal.wait().exit_code(), 3);
    let shown = terminal.screen();
    assert!(shown.contains("before: the node fits and is best"), "{shown}");
    assert!(
        shown.contains("now:    the node is rejected by NodeUnschedulable"),
        "{shown}"
    );
    assert_eq!(site.node_of("web").await, None);
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn the_contexts_namespace_is_meant() {
    let site = Site::new("context").await;
    site.pod("web", "1").await;
    let all: Api<Namespace> = Api::all(site.client.clone());
    eventually("the namespace is there", async || {
        all.get(&site.namespace).await.ok()
    })
    .await;
    let text = std::fs::read_to_string(site.plane.kubeconfig()).unwrap();
    let mut config: Value = serde_json::from_str(&text).unwrap();
    config["contexts"][0]["context"]["namespace"] = json!(site.namespace);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, config.to_string()).unwrap();
    let pods = run(berth().args(["pods", "-o", "json"]).env("KUBECONFIG", &file)).good();
    assert!(pods.contains(&format!("{}/web", site.namespace)), "{pods}");
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_plan_is_carried_out_and_again_harms_nothing() {
    let site = Site::new("plan").await;
    for name in ["one", "two", "three"] {
        site.pod(name, "1").await;
    }
    site.pod("huge", "64").await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plan.yaml");
    let text = site.run("plan -o yaml").good();
    std::fs::write(&file, &text).expect("a file");
    assert!(text.contains("unplaced:") && text.contains("/huge"), "{text}");
    let apply = format!("apply {} -y --rate 50", file.display());

    let tried = site.run(&format!("{apply} --dry-run=server"));
    assert_eq!(tried.code, 0, "{}", tried.stderr);
    assert_eq!(site.node_of("one").await, None);

    let done = site.run(&apply);
    assert_eq!(done.code, 0, "{}", done.stderr);
    for name in ["one", "two", "three"] {
        assert_eq!(site.node_of(name).await, Some(site.a()), "{name}");
        assert_eq!(site.events_of(name).await.len(), 1, "{name}");
    }
    let again = site.run(&apply);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stderr.contains("3 were there already"), "{}", again.stderr);
    assert_eq!(site.events_of("one").await.len(), 1, "nothing was sent again");

    // What changed since is a surprise: the pod was deleted and made again.
    site.pod("four", "1").await;
    std::fs::write(&file, site.run("plan -o yaml").good()).expect("a file");
    let pods: Api<Pod> = Api::namespaced(site.client.clone(), &site.namespace);
    pods.delete("four", &DeleteParams::default().grace_period(0))
        .await
        .expect("it goes");
    let complaint = site.run(&apply).bad(4);
    assert!(complaint.contains("it is gone"), "{complaint}");
}
