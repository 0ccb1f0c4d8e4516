//! An outage from its beginning to its end, on a real cluster: kube-scheduler is killed, forty pods pile up, berth places them, and
//! kube-scheduler comes back in the middle.

mod pile;
mod prepared;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{Node, Pod};
use kube::Client;
use kube::api::{Api, ListParams, Patch, PatchParams};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use self::pile::{pile_up, theirs};
use crate::scene::Scene;
use crate::support::{ControlPlane, DEADLINE, Process, eventually, node};

const NODES: [&str; 6] = ["n1", "n2", "n3", "n4", "n5", "n6"];
/// Pods that pile up.
const PODS: usize = 40;
/// Placements after which kube-scheduler comes back.
const BEFORE_IT_RETURNS: usize = 10;
const REASON: &str = "kube-scheduler is gone";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn forty_pods_are_placed_while_kube_scheduler_is_gone_and_comes_back() {
    let plane = ControlPlane::start().await;
    let (_kwok, _controllers) = (plane.start_kwok(), plane.start_controllers());
    let scene = Scene::bare_on(&plane).await;
    tokio::select! {
        () = outage(&plane, &scene) => {}
        () = scene.provision() => unreachable!("it never ends"),
    }
}

async fn outage(plane: &ControlPlane, scene: &Scene) {
    for (at, name) in NODES.into_iter().enumerate() {
        let zone = ["a", "b", "c"][at % 3];
        let node = node(name).label("topology.kubernetes.io/zone", zone);
        node.create(&scene.client).await;
    }
    let mut scheduler = plane.start_scheduler();
    theirs("before").create(&scene.client, "default").await;
    wait_until_bound(&scene.client, "default", &["before"]).await;

    // While it is at work, its pods are not to be had.
    let adopt = ["--adopt", "default-scheduler", "--reason", REASON];
    let (code, _, err) = scene
        .run(&[&["plan", "-A", "-o", "yaml"][..], &adopt].concat())
        .await;
    assert_ne!(code, 0, "{err}");
    assert!(
        err.contains("default-scheduler") && err.contains("--race"),
        "{err}"
    );

    scheduler.kill();
    pile_up(scene).await;

    check_situation(scene).await;
    let Told {
        code,
        complaint,
        placed,
        mut scheduler,
    } = carry_out(plane, scene, &adopt).await;
    assert_eq!(code, Some(4), "it ends, as kube-scheduler is back: {complaint}");
    assert!(placed.len() < PODS - 2, "{placed:?}");

    let pods = check_cluster(scene).await;
    let by_us = check_journal(scene, &pods).await;
    let stories = scene.journal().await.len();

    // Applied again, it harms nothing.
    let file = scene.folder.path().join("plan.yaml").display().to_string();
    let (_, _, err) = scene.run(&[&["apply", &file, "-y"][..], &adopt].concat()).await;
    assert!(!err.contains("panicked"), "{err}");
    assert_eq!(scene.journal().await.len(), stories);

    // And kube-scheduler goes on undisturbed.
    let gated: Api<Pod> = Api::namespaced(scene.client.clone(), "default");
    let open = json!({"spec": {"schedulingGates": []}});
    gated
        .patch("gated", &PatchParams::default(), &Patch::Merge(open))
        .await
        .expect("the gate opens");
    for name in ["after-1", "after-2"] {
        theirs(name).create(&scene.client, "default").await;
    }
    wait_until_bound(&scene.client, "default", &["gated", "after-1", "after-2"]).await;
    assert!(scheduler.ended().is_none(), "it has nothing to complain of");
    let by_them = PODS - 1 - 1 - by_us;
    #[expect(clippy::print_stdout, reason = "figures, for who asks for them")]
    {
        println!(
            "{PODS} pods: {by_us} placed by berth, {by_them} by kube-scheduler, 1 gated, 1 fits nowhere; {} lines: \
             {complaint}",
            placed.len()
        );
    }
}

/// The Lease runs out, and what is going on is known.
async fn check_situation(scene: &Scene) {
    let situation = eventually("the Lease runs out", async || {
        let (_, out, _) = scene.run(&["check", "-o", "json"]).await;
        let found: Value = serde_json::from_str(&out).expect("JSON");
        let mut all = found["schedulers"].as_array().expect("a list").iter();
        let theirs = all.find(|one| one["name"] == "default-scheduler")?.clone();
        (theirs["alive"] == false).then_some(theirs)
    })
    .await;
    assert_eq!(situation["evidence"], "lease expired", "{situation}");
    assert!(situation["since"].is_string(), "{situation}");
    // All but the gated one; those of kube-system are critical.
    assert_eq!(
        (&situation["pending"], &situation["critical"]),
        (&json!(PODS - 1), &json!(3)),
        "{situation}"
    );
}

/// How carrying out a plan went.
struct Told {
    /// Berth's exit code, what it complained of, and its lines about pods that it placed.
    code: Option<i32>,
    complaint: String,
    placed: Vec<String>,
    /// It came back, and is still there.
    scheduler: Process,
}

/// Plans, and carries the plan out, in the middle of which kube-scheduler comes back.
async fn carry_out(plane: &ControlPlane, scene: &Scene, adopt: &[&str]) -> Told {
    let (code, plan, err) = scene
        .run(&[&["plan", "-A", "-o", "yaml"][..], adopt].concat())
        .await;
    assert_eq!(code, 0, "{err}");
    let file = scene.folder.path().join("plan.yaml");
    std::fs::write(&file, &plan).expect("the plan");
    let first = plan
        .lines()
        .find(|line| line.contains("- pod: "))
        .unwrap_or_default();
    assert!(
        first.contains("kube-system/critical-"),
        "the critical ones come first: {first}"
    );
    let file = file.display().to_string();
    let apply = [&["apply", &file, "--rate", "8", "-y"][..], adopt].concat();
    let mut applying = scene.berth(&apply).spawn().expect("berth starts");
    let (line, mut lines) = tokio::sync::mpsc::unbounded_channel();
    let berth = applying.id();
    let stdout = applying.stdout.take().expect("its output");
    let ended = tokio::task::spawn_blocking(move || {
        for text in BufReader::new(stdout).lines() {
            line.send(text.expect("a line")).expect("somebody listens");
        }
        let mut complaint = String::new();
        let mut stderr = applying.stderr.take().expect("its complaints");
        stderr.read_to_string(&mut complaint).expect("text");
        (applying.wait().expect("it ends").code(), complaint)
    });
    let mut placed = Vec::new();
    while placed.len() < BEFORE_IT_RETURNS {
        let line = tokio::time::timeout(DEADLINE, lines.recv())
            .await
            .expect("it goes on");
        placed.push(line.unwrap_or_else(|| panic!("it ended after {placed:?}")));
    }
    // Berth stands still in whatever it does, until kube-scheduler has placed a pod.
    send(berth, Signal::STOP);
    let all: Api<Pod> = Api::all(scene.client.clone());
    let bound = async || {
        let pods = all.list(&ListParams::default()).await.ok()?.items;
        Some(pods.iter().filter(|pod| !is_waiting(pod)).count())
    };
    let by_then = eventually("the pods", bound).await;
    let scheduler = plane.start_scheduler();
    eventually("kube-scheduler places a pod", async || {
        bound().await.filter(|now| *now > by_then + 1)
    })
    .await;
    send(berth, Signal::CONT);
    let (code, complaint) = ended.await.expect("no panic");
    while let Some(line) = lines.recv().await {
        placed.push(line);
    }
    Told {
        code,
        complaint,
        placed,
        scheduler,
    }
}

/// Every pod that fits is placed, by the one or by the other, once, and where there is room.
async fn check_cluster(scene: &Scene) -> Vec<Pod> {
    let all: Api<Pod> = Api::all(scene.client.clone());
    let name = |pod: &Pod| pod.metadata.name.clone().unwrap_or_default();
    let deadline = Instant::now() + DEADLINE;
    let pods = loop {
        let pods = all.list(&ListParams::default()).await.expect("the pods").items;
        let mut left: Vec<String> = pods.iter().filter(|pod| is_waiting(pod)).map(name).collect();
        left.sort_unstable();
        if left == ["gated", "too-large"] {
            break pods;
        }
        assert!(
            Instant::now() < deadline,
            "these wait in vain, or two that must: {left:?}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    check_rooms(&scene.client, &pods).await;
    check_events(scene, &pods).await;
    pods
}

/// The journal says what is. How many pods it says that we placed.
async fn check_journal(scene: &Scene, pods: &[Pod]) -> usize {
    let journal = scene.journal().await;
    let mut by_us = 0;
    for story in &journal {
        let outcome = story["outcome"].as_str().unwrap_or("open");
        let (namespace, name) = story["pod"]
            .as_str()
            .and_then(|pod| pod.split_once('/'))
            .expect("a pod");
        let pod = pods.iter().find(|pod| {
            pod.metadata.namespace.as_deref() == Some(namespace) && pod.metadata.name.as_deref() == Some(name)
        });
        let pod = pod.unwrap_or_else(|| panic!("{story}"));
        let ours = pod
            .metadata
            .annotations
            .as_ref()
            .is_some_and(|notes| notes.contains_key("berth.dev/placed-by"));
        assert_eq!(outcome == "placed", ours, "{story}");
        if ours {
            by_us += 1;
            let spec = pod.spec.as_ref().expect("a spec");
            assert_eq!(story["node"], json!(spec.node_name), "{story}");
        }
    }
    assert!(by_us >= BEFORE_IT_RETURNS, "{by_us} placed by us");
    let (code, report, _) = scene.run(&["journal", "--since", "2h", "-o", "markdown"]).await;
    assert_eq!(code, 0);
    assert!(report.contains(REASON), "{report}");
    by_us
}

fn is_waiting(pod: &Pod) -> bool {
    pod.spec.as_ref().is_some_and(|spec| spec.node_name.is_none())
}

fn send(process: u32, signal: Signal) {
    let process = Pid::from_raw(process.cast_signed()).expect("a process");
    kill_process(process, signal).expect("it is there");
}

async fn wait_until_bound(client: &Client, namespace: &str, names: &[&str]) {
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    for name in names {
        eventually(&format!("{name} is bound"), async || {
            pods.get(name).await.ok()?.spec?.node_name
        })
        .await;
    }
}

/// No node holds more than it has.
async fn check_rooms(client: &Client, pods: &[Pod]) {
    let nodes: Api<Node> = Api::all(client.clone());
    let nodes = nodes.list(&ListParams::default()).await.expect("the nodes").items;
    let mut asked: BTreeMap<&str, i64> = BTreeMap::new();
    for pod in pods {
        let spec = pod.spec.as_ref().expect("a spec");
        let Some(node) = &spec.node_name else { continue };
        let resources = spec.containers[0].resources.as_ref();
        let cpu = resources
            .and_then(|resources| resources.requests.as_ref()?.get("cpu"))
            .map_or(0, |cpu| millis(&cpu.0));
        *asked.entry(node).or_default() += cpu;
    }
    for node in &nodes {
        let name = node.metadata.name.as_deref().expect("a name");
        let there = &node
            .status
            .as_ref()
            .and_then(|status| status.allocatable.as_ref())
            .expect("room")["cpu"];
        let asked = asked.remove(name).unwrap_or(0);
        assert!(asked <= millis(&there.0), "{name}: {asked}m of {}", there.0);
    }
    assert!(asked.is_empty(), "bound to nodes that are not there: {asked:?}");
}

fn millis(cpu: &str) -> i64 {
    match cpu.strip_suffix('m') {
        Some(millis) => millis.parse().expect("a number"),
        None => cpu.parse::<i64>().expect("a number") * 1_000,
    }
}

/// Of each pod that was placed it was said once, and what was said is so.
async fn check_events(scene: &Scene, pods: &[Pod]) {
    // kube-scheduler posts its events in its own time.
    for pod in pods {
        let (name, namespace) = (pod.metadata.name.as_deref(), pod.metadata.namespace.as_deref());
        let (name, namespace) = (name.expect("a name"), namespace.expect("a namespace"));
        let Some(node) = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()) else {
            continue;
        };
        let path = format!("/apis/events.k8s.io/v1/namespaces/{namespace}/events");
        let notes = eventually(&format!("the event of {name}"), async || {
            let all = scene.get(&path).await;
            let all = all["items"].as_array().expect("a list").iter();
            let notes: Vec<String> = all
                .filter(|event| event["reason"] == "Scheduled" && event["regarding"]["name"] == name)
                .map(|event| event["note"].as_str().unwrap_or_default().to_owned())
                .collect();
            (!notes.is_empty()).then_some(notes)
        })
        .await;
        let note = format!("Successfully assigned {namespace}/{name} to {node}");
        assert_eq!(notes, [note], "{name}");
    }
}
