//! The program killed in the middle of a placement, at every write; then the journal and the cluster agree.

pub(crate) mod room;

use std::time::Duration;

use serde_json::{Value, json};

use crate::scene::{Scene, kill};
use crate::support::{Fault, Side, eventually};

/// What is killed.
const PLACE: [&str; 6] = ["place", "web", "n1", "--reason", "at night", "-y"];
/// Nominating, selecting the node, the finalizer, the allocation, the Binding, the event.
const WRITES: usize = 6;
const BINDING: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_at_any_write_journal_and_cluster_agree() {
    for at in 1..=WRITES {
        for side in [Side::Before, Side::Behind] {
            let scene = Scene::set().await;
            scene.kill(&PLACE, at, Fault::Hold(side)).await;
            let case = format!("killed at write {at}, {side:?}");
            let pod = scene.get("/api/v1/namespaces/default/pods/web").await;
            let claim = scene
                .get("/apis/resource.k8s.io/v1/namespaces/default/resourceclaims/gpu")
                .await;
            let is_bound = pod["spec"]["nodeName"] == "n1";
            assert_eq!(
                is_bound,
                at > BINDING || at == BINDING && side == Side::Behind,
                "{case}"
            );
            let journal = scene.journal().await;
            let [story] = &journal[..] else {
                panic!("{case}: {journal:?}")
            };
            assert_eq!(story["pod"], "default/web");
            assert_eq!(story["reason"], "at night");
            let sent = story["requests"].as_array().expect("it is there");
            assert_eq!(
                sent.len(),
                at.min(BINDING),
                "{case}: each write is there before it is sent"
            );
            let answered = sent.iter().filter(|request| request["answered"] == true).count();
            assert_eq!(answered, (at - 1).min(BINDING), "{case}: {story}");
            let (outcome, event) = if is_bound {
                ("placed", "posted")
            } else {
                ("notPlaced", "none")
            };
            assert_eq!(
                (&story["outcome"], &story["event"]),
                (&json!(outcome), &json!(event)),
                "{case}: {story}"
            );
            let text = story["text"].as_str().expect("it is there");
            if !is_bound {
                let is_reserved = claim["status"]["reservedFor"]
                    .as_array()
                    .is_some_and(|users| !users.is_empty());
                assert_eq!(is_reserved, at > 4 || at == 4 && side == Side::Behind, "{case}");
                assert_eq!(
                    text.contains("ResourceClaim gpu reserved for the pod"),
                    is_reserved,
                    "{case}: {text}"
                );
                let is_selected = at > 2 || at == 2 && side == Side::Behind;
                assert_eq!(
                    text.contains("node n1 selected for claim data"),
                    is_selected,
                    "{case}: {text}"
                );
            }
            assert_eq!(scene.events().await, usize::from(is_bound), "{case}");
            // Looked at again, it says the same.
            assert_eq!(scene.journal().await, journal, "{case}");
            // And whoever places the pod again finishes it.
            if !is_bound {
                let (code, out, err) = scene.run(&["place", "web", "n1", "-y"]).await;
                assert_eq!(
                    (code, out.as_str()),
                    (0, "pod/web placed on n1\n"),
                    "{case}: {err}"
                );
                assert_eq!(scene.journal().await.len(), 2);
                assert_eq!(scene.events().await, 1);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_of_an_incident() {
    let scene = Scene::set().await;
    assert_eq!(scene.run(&["journal"]).await.1, "nothing was placed from here\n");
    let (code, _, err) = scene
        .run(&["place", "web", "--reason", "the *only* node", "-y"])
        .await;
    assert_eq!(code, 0, "{err}");
    let (_, table, _) = scene.run(&["journal"]).await;
    assert!(
        table.contains("default/web") && table.contains("placed") && table.contains("the *only* node"),
        "{table}"
    );
    let (_, wide, _) = scene.run(&["journal", "-o", "wide"]).await;
    assert!(
        wide.contains("create /api/v1/namespaces/default/pods/web/binding (the pod bound): 200"),
        "{wide}"
    );
    let (code, report, err) = scene.run(&["journal", "--since", "2h", "-o", "markdown"]).await;
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(report.starts_with("# Placements by berth\n"), "{report}");
    assert!(
        report.contains("1 in all: 1 placed (0 with rules overruled), 0 not placed, 0 gone, 0 open."),
        "{report}"
    );
    assert!(report.contains("the \\*only\\* node"), "{report}");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(
        scene.run(&["journal", "--since", "1s"]).await.1,
        "nothing was placed from here\n"
    );
    // Without a cluster it tells what it knows.
    let config = scene.folder.path().join("kubeconfig");
    std::fs::remove_file(config).expect("it is there");
    let (code, out, _) = scene.run(&["journal"]).await;
    assert_eq!(code, 0);
    assert!(out.contains("default/web"), "{out}");
    // What is not to be written down is not.
    let (_, out, _) = scene.run(&["journal", "--no-journal"]).await;
    assert_eq!(out, "nothing was placed from here\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_could_not_be_posted_is_posted_later() {
    let scene = Scene::set().await;
    // The event's answer never comes, so that it is killed there; then nothing was posted.
    scene.kill(&PLACE, WRITES, Fault::Hold(Side::Before)).await;
    assert_eq!(scene.events().await, 0);
    assert_eq!(scene.journal().await[0]["event"], "posted");
    assert_eq!(scene.events().await, 1);
    let all = scene
        .get("/apis/events.k8s.io/v1/namespaces/default/events")
        .await;
    let event = all["items"]
        .as_array()
        .expect("it is there")
        .iter()
        .find(|event| event["reason"] == "Scheduled");
    assert_eq!(
        event.expect("it is there")["note"],
        "Successfully assigned default/web to n1"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_placement_that_is_under_way_is_left_alone() {
    let scene = Scene::set().await;
    scene.road.lay(3, Fault::Hold(Side::Before));
    let mut child = scene
        .berth(&["place", "web", "n1", "-y"])
        .spawn()
        .expect("berth starts");
    scene.road.meet("placing").await;
    let journal = scene.journal().await;
    assert_eq!(
        (&journal[0]["underWay"], &journal[0]["outcome"]),
        (&json!(true), &Value::Null)
    );
    kill(&mut child);
    eventually("it is gone", async || {
        let journal = scene.journal().await;
        (journal[0]["outcome"] == "notPlaced").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_is_read_again() {
    let scene = Scene::set().await;
    let file = scene.folder.path().join("cluster.json");
    let path = file.display().to_string();
    let (code, out, err) = scene.run(&["snapshot", &path]).await;
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let saved = std::fs::read_to_string(&file).expect("it is there");
    assert!(!saved.contains("managedFields"), "{saved}");
    let (code, live, err) = scene.run(&["explain", "web", "-o", "json"]).await;
    assert_eq!(code, 0, "{err}");
    let (code, from_file, err) = scene
        .run(&["explain", "web", "-o", "json", "--from", &path])
        .await;
    assert_eq!(code, 0, "{err}");
    assert_eq!(from_file, live, "the same decision");
    let (_, to_stdout, _) = scene.run(&["snapshot"]).await;
    let [a, b] = [&saved, &to_stdout].map(|text| serde_json::from_str::<Value>(text).expect("it is there"));
    assert_eq!(
        a["items"].as_array().expect("it is there").len(),
        b["items"].as_array().expect("it is there").len()
    );
    // A snapshot that breaks off leaves what was there.
    let nowhere = scene
        .folder
        .path()
        .join("no/such/folder.json")
        .display()
        .to_string();
    let (code, _, err) = scene.run(&["snapshot", &nowhere]).await;
    assert_eq!(code, 1);
    assert!(err.contains("cannot write the snapshot to"), "{err}");
}
