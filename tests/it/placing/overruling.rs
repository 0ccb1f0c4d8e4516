//! Rules that are overruled: what the kubelet does is said beforehand, and where it does harm a person has to insist.

use berth::placing::consequence::{self, NodeFacts};
use berth::placing::{Fate, Intent, Outcome, Refusal};
use serde_json::{Value, json};

use super::world::{World, is_placed, refusal};
use crate::support::eventually;

/// A pod without claims, with `more` in its spec.
pub(super) async fn pod(world: &World, name: &str, more: Value) -> Value {
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"schedulerName": "berth", "containers": [{"name": "app", "image": "nginx"}]},
    });
    json_patch::merge(&mut pod["spec"], &more);
    world.make(&world.within("pods"), pod).await
}

/// Containers that ask for so much cpu.
pub(super) fn asking(cpu: &str) -> Value {
    json!({"containers": [{"name": "app", "image": "nginx", "resources": {"requests": {"cpu": cpu}}}]})
}

fn tainted(key: &str, effect: &str) -> Value {
    json!({"spec": {"taints": [{"key": key, "effect": effect}]}})
}

/// The path of `n1`, once it has no taint and the engine knows that: a new node is tainted until it is seen to be ready.
async fn without_taints(world: &World) -> String {
    let path = format!("/api/v1/nodes/{}", world.node("n1"));
    let bare = |node: &Value| node["spec"]["taints"].as_array().is_none_or(Vec::is_empty);
    world.until(&path, bare).await;
    eventually("the engine knows that, too", async || {
        let snapshot = world.engine.snapshot().await?;
        let (_, node) = snapshot.cluster.node(&world.node("n1"))?;
        node.taints.is_empty().then_some(())
    })
    .await;
    path
}

/// What is expected of placing the pod there, as it is known to the engine.
async fn expected(world: &World, intent: &Intent) -> Fate {
    eventually("a snapshot has pod and node", async || {
        let snapshot = world.engine.snapshot().await?;
        let pod = snapshot.cluster.pod(&intent.pod)?;
        let (_, node) = snapshot.cluster.node(&intent.node)?;
        let names = &snapshot.cluster.interner.resources;
        Some(consequence::fate(
            &intent.verdict,
            pod,
            &NodeFacts::of(node, names),
        ))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn the_kubelet_does_as_is_said_and_only_where_it_rejects_the_name_is_wanted() {
    let selecting = json!({"nodeSelector": {"disk": "ssd"}});
    let ports = json!({"containers": [{"name": "app", "image": "nginx", "ports": [{"hostPort": 80, "containerPort": 80}]}]});
    let device = json!({"containers": [{"name": "app", "image": "nginx", "resources": {
        "requests": {"example.com/gpu": "1"}, "limits": {"example.com/gpu": "1"},
    }}]});
    let many = json!({"status": {"allocatable": {"pods": "0"}, "capacity": {"pods": "0"}}});
    let nothing = json!({});
    for (name, spec, node, broken, fate) in [
        (
            "large",
            asking("9"),
            &nothing,
            "NodeResourcesFit",
            "Failed, OutOfcpu",
        ),
        (
            "full",
            asking("1"),
            &many,
            "NodeResourcesFit",
            "Failed, OutOfpods",
        ),
        (
            "selecting",
            selecting,
            &nothing,
            "NodeAffinity",
            "Failed, NodeAffinity",
        ),
        ("ports", ports, &nothing, "NodePorts", "Failed, NodePorts"),
        (
            "evicted",
            nothing.clone(),
            &tainted("maintenance", "NoExecute"),
            "TaintToleration",
            "Failed, TaintToleration",
        ),
        (
            "kept-off",
            nothing.clone(),
            &tainted("maintenance", "NoSchedule"),
            "TaintToleration",
            "",
        ),
        (
            "cordoned",
            nothing.clone(),
            &json!({"spec": {"unschedulable": true}}),
            // The taint that goes with a cordon comes a moment later.
            "TaintToleration",
            "",
        ),
        ("unlisted", device, &nothing, "NodeResourcesFit", ""),
    ] {
        let world = World::demo().await;
        if name == "ports" {
            let mut first = spec.clone();
            first["nodeName"] = json!(world.node("n1"));
            pod(&world, "first", first).await;
        }
        let path = without_taints(&world).await;
        if node.get("status").is_some() {
            world.patch(&format!("{path}/status"), node.clone()).await;
        } else {
            world.patch(&path, node.clone()).await;
        }
        pod(&world, name, spec).await;
        let mut intent = world
            .intent(name, "n1", |verdict| {
                verdict.broken.iter().any(|rule| rule.plugin == broken)
            })
            .await;
        assert_eq!(expected(&world, &intent).await.to_string(), fate, "{name}");
        if !fate.is_empty() {
            let (outcome, _) = world.place(intent.clone()).await;
            let Refusal::NotInsisted { node, fate: told } = refusal(&outcome) else {
                panic!("{name}: {outcome:?}")
            };
            assert_eq!(
                (node.as_str(), told.to_string().as_str()),
                (&*intent.node, fate),
                "{name}"
            );
            assert_eq!(world.bound_to(name).await, None);
            assert_eq!(world.stories(), [], "nothing was sent");
            intent.insists = true;
        }
        let (outcome, _) = world.place(intent).await;
        assert!(is_placed(&outcome), "{name}: {outcome:?}");
        assert_eq!(world.stories()[0].begun.fate, fate);
        let path = world.within(&format!("pods/{name}"));
        let pod = eventually("the kubelet looks at it", async || {
            let Some(pod) = world.get(&path).await else {
                return Some(None);
            };
            let looked = matches!(pod["status"]["phase"].as_str(), Some("Running" | "Failed"));
            looked.then_some(Some(pod))
        })
        .await;
        let Some(pod) = pod else {
            assert_eq!(
                name, "evicted",
                "the taint's controller may be faster than the kubelet"
            );
            continue;
        };
        let is = match fate.strip_prefix("Failed, ") {
            Some(_) => format!("Failed, {}", pod["status"]["reason"].as_str().unwrap_or_default()),
            None => String::new(),
        };
        assert_eq!(is, fate, "{name}: {}", pod["status"]);
        assert_eq!(pod["status"]["phase"] == "Failed", !fate.is_empty(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taint_that_gets_worse_meanwhile_is_not_overruled_with_it() {
    let world = World::demo().await;
    let path = without_taints(&world).await;
    world.patch(&path, tainted("maintenance", "NoSchedule")).await;
    pod(&world, "web", json!({})).await;
    let intent = world.intent("web", "n1", |verdict| !verdict.is_feasible()).await;
    assert_eq!(expected(&world, &intent).await, Fate::Taken);
    world.patch(&path, tainted("maintenance", "NoExecute")).await;
    let (outcome, _) = world.place(intent).await;
    // The rule and its reason are the same: only the node tells the difference.
    assert!(
        matches!(refusal(&outcome), Refusal::NotInsisted { fate: Fate::Fails(reason), .. } if reason == "TaintToleration"),
        "{outcome:?}"
    );
    assert_eq!(outcome.exit_code(), 3);
    assert_eq!(world.bound_to("web").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_wants_no_name() {
    let world = World::demo().await;
    without_taints(&world).await;
    pod(&world, "large", asking("9")).await;
    let intent = world
        .intent("large", "n1", |verdict| !verdict.is_feasible())
        .await;
    let dry_run = berth::placing::DryRun::Server;
    let outcome = world.placer.place(&world.engine, intent, dry_run, &|_| {}).await;
    assert!(matches!(outcome, Outcome::DryRun { .. }), "{outcome:?}");
}
