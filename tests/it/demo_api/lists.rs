//! Lists and watches: that they fit together, whatever is selected.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use berth::demo::{Scenario, Server, Settings};
use futures::TryStreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, ResourceExt,
    runtime::{WatchStreamExt, watcher},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Events, PODS, call, get, make_pod, ok, pod, still, within};

fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().cloned().unwrap_or_default();
    items
        .iter()
        .map(|item| item["metadata"]["name"].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn revision(answer: &Value) -> String {
    answer["metadata"]["resourceVersion"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

async fn phase(server: &Server, name: &str, phase: &str) {
    ok(
        server,
        "PATCH",
        &format!("{PODS}/{name}/status"),
        &json!({"status": {"phase": phase}}),
    )
    .await;
}

#[tokio::test]
async fn a_list_has_the_shape_of_a_list() {
    let server = still();
    make_pod(&server, "a").await;
    let (code, list) = get(&server, "/api/v1/pods").await;
    assert_eq!(code, 200);
    assert_eq!(
        (&list["kind"], &list["apiVersion"]),
        (&json!("PodList"), &json!("v1"))
    );
    assert!(
        list["items"][0].get("kind").is_none(),
        "items carry no kind of their own"
    );
    assert_eq!(names(&list), ["a"]);
    assert_eq!(get(&server, "/api/v1/nodes").await.1["items"], json!([]));
}

#[tokio::test]
async fn pages_show_one_moment() {
    let server = still();
    for name in ["a", "b", "c", "d", "e"] {
        make_pod(&server, name).await;
    }
    let (_, first) = get(&server, &format!("{PODS}?limit=2")).await;
    assert_eq!(names(&first), ["a", "b"]);
    assert_eq!(first["metadata"]["remainingItemCount"], 3);
    // What happens between two pages is not on the second.
    ok(&server, "DELETE", &format!("{PODS}/c"), &Value::Null).await;
    make_pod(&server, "bb").await;
    let token = first["metadata"]["continue"].as_str().unwrap();
    let (_, second) = get(&server, &format!("{PODS}?limit=2&continue={token}")).await;
    assert_eq!(names(&second), ["c", "d"]);
    assert_eq!(revision(&second), revision(&first));
    let token = second["metadata"]["continue"].as_str().unwrap();
    let (_, third) = get(&server, &format!("{PODS}?limit=2&continue={token}")).await;
    assert_eq!(names(&third), ["e"]);
    assert!(third["metadata"].get("continue").is_none());
    let (_, selected) = get(
        &server,
        &format!("{PODS}?limit=1&fieldSelector=status.phase%3DPending"),
    )
    .await;
    assert!(selected["metadata"].get("continue").is_some());
    assert!(selected["metadata"].get("remainingItemCount").is_none());
    assert_eq!(get(&server, &format!("{PODS}?continue=nonsense")).await.0, 400);
}

#[tokio::test]
async fn versions_of_the_past_and_of_the_future() {
    let server = still();
    let made = make_pod(&server, "a").await;
    make_pod(&server, "b").await;
    let then = revision(&made);
    let exact = format!("{PODS}?resourceVersion={then}&resourceVersionMatch=Exact");
    assert_eq!(names(&get(&server, &exact).await.1), ["a"]);
    let newer = format!("{PODS}?resourceVersion={then}");
    assert_eq!(names(&get(&server, &newer).await.1), ["a", "b"]);
    let (code, answer) = get(&server, &format!("{PODS}?resourceVersion=999999")).await;
    assert_eq!((code, answer["reason"].as_str()), (504, Some("Timeout")));
    let (code, _) = get(&server, &format!("{PODS}?resourceVersionMatch=Exact")).await;
    assert_eq!(code, 422);
    let initial = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
    let uri = format!("{PODS}?watch=1&resourceVersion=999999&{initial}");
    let mut watch = Events::open(&server, &uri).await;
    let event = watch.next().await.unwrap();
    assert_eq!(event["type"], "ERROR");
    assert!(
        event["object"]["message"]
            .as_str()
            .unwrap()
            .starts_with("Timeout: Too large resource version")
    );
    assert_eq!(watch.next().await, None);
    let (code, answer) = get(&server, &format!("{PODS}/a?resourceVersion=999999")).await;
    assert_eq!((code, answer["reason"].as_str()), (504, Some("Timeout")));
    let (code, answer) = get(&server, &format!("{PODS}/a?resourceVersion=x")).await;
    assert_eq!((code, answer.get("reason")), (500, None));
    // A watch from there is silent until that version comes.
    let next: u64 = revision(&get(&server, PODS).await.1).parse().unwrap();
    let uri = format!("{PODS}?watch=1&resourceVersion={}", next + 1);
    let mut watch = Events::open(&server, &uri).await;
    make_pod(&server, "skipped").await;
    make_pod(&server, "seen").await;
    assert_eq!(watch.brief().await.1, "seen");
}

#[tokio::test]
async fn any_version_is_answered_whole() {
    let server = still();
    for name in ["a", "b", "c"] {
        make_pod(&server, name).await;
    }
    let (_, list) = get(&server, &format!("{PODS}?limit=1&resourceVersion=0")).await;
    assert_eq!(names(&list), ["a", "b", "c"]);
    assert!(list["metadata"].get("continue").is_none());
    let (_, list) = get(&server, &format!("{PODS}?limit=-1")).await;
    assert_eq!(names(&list), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_watch_from_any_version_marks_the_end_of_what_was_there() {
    let server = still();
    make_pod(&server, "a").await;
    for version in ["", "&resourceVersion=0"] {
        let uri = format!("{PODS}?watch=1&allowWatchBookmarks=true{version}");
        let mut watch = Events::open(&server, &uri).await;
        assert_eq!(watch.brief().await.1, "a");
        let end = watch.next().await.unwrap();
        assert_eq!(
            end["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"],
            "true"
        );
    }
    let (code, _) = get(&server, &format!("{PODS}?watch=1&continue=x")).await;
    assert_eq!(code, 422);
}

#[tokio::test]
async fn one_object_is_watched_by_a_field_selector_or_by_an_old_path() {
    let server = still();
    make_pod(&server, "a").await;
    make_pod(&server, "b").await;
    // A watch parameter on one object is not heeded.
    let (code, pod) = get(&server, &format!("{PODS}/a?watch=1")).await;
    assert_eq!((code, &pod["kind"]), (200, &json!("Pod")));
    let old = "/api/v1/watch/namespaces/default/pods";
    for uri in [
        format!("{PODS}?watch=1&fieldSelector=metadata.name%3Db"),
        format!("{old}/b"),
        format!("{old}/b?fieldSelector=metadata.name%3Db"),
    ] {
        let mut watch = Events::open(&server, &uri).await;
        assert_eq!(watch.brief().await.1, "b");
        call(
            &server,
            "PATCH",
            &format!("{PODS}/a"),
            &json!({"metadata": {"labels": {"x": uri.len().to_string()}}}),
        )
        .await;
        call(
            &server,
            "PATCH",
            &format!("{PODS}/b"),
            &json!({"metadata": {"labels": {"x": uri.len().to_string()}}}),
        )
        .await;
        let (kind, name, _) = watch.brief().await;
        assert_eq!((kind.as_str(), name.as_str()), ("MODIFIED", "b"), "{uri}");
    }
    let (code, answer) = get(&server, &format!("{old}/b?fieldSelector=metadata.name%3Da")).await;
    assert_eq!(
        (code, answer["message"].as_str()),
        (
            400,
            Some("fieldSelector metadata.name doesn't match requested name")
        )
    );
    let mut watch = Events::open(&server, "/api/v1/watch/pods").await;
    assert_eq!(watch.brief().await.1, "a");
    let mut watch = Events::open(&server, "/api/v1/watch/namespaces/default").await;
    assert_eq!(watch.brief().await.1, "default");
    assert_eq!(
        call(&server, "POST", "/api/v1/watch/pods", &Value::Null).await.0,
        405
    );
    assert_eq!(get(&server, "/api/v1/watch/foo").await.0, 404);
    assert_eq!(get(&server, &format!("{old}/a/status")).await.0, 404);
}

#[tokio::test]
async fn selectors_are_refused_in_upstreams_words() {
    let server = still();
    for (uri, message) in [
        (
            "/api/v1/configmaps?fieldSelector=foo%3Dx",
            r#""foo" is not a known field selector: only "metadata.name", "metadata.namespace""#,
        ),
        (
            "/api/v1/pods?fieldSelector=foo",
            "invalid selector: 'foo'; can't understand 'foo'",
        ),
        (
            "/api/v1/pods?fieldSelector=metadata.name%3Da%5Cq",
            r"invalid field selector: invalid escape sequence: \q",
        ),
        (
            "/api/v1/pods?fieldSelector=metadata.name%3Da%3Db",
            "invalid field selector: unescaped character in value: 61",
        ),
        (
            "/apis/batch/v1/jobs?fieldSelector=nope%3Dx",
            "field label \"nope\" not supported for Job",
        ),
        (
            "/apis/resource.k8s.io/v1/resourceslices?fieldSelector=metadata.namespace%3Dx",
            "field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: metadata.namespace",
        ),
        (
            "/apis/apps/v1/replicasets?fieldSelector=status.replicas%3D1",
            "\"status.replicas\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
        ),
        (
            "/api/v1/nodes?fieldSelector=metadata.namespace%3Dx",
            "field label not supported: metadata.namespace",
        ),
        (
            "/api/v1/pods?labelSelector=a%20in%20b",
            "unable to parse requirement: found 'b' expected: '('",
        ),
        (
            "/api/v1/pods?limit=x",
            "strconv.ParseInt: parsing \"x\": invalid syntax",
        ),
    ] {
        let (code, answer) = get(&server, uri).await;
        assert_eq!((code, answer["message"].as_str()), (400, Some(message)), "{uri}");
    }
    for uri in [
        "/apis/storage.k8s.io/v1/storageclasses?fieldSelector=metadata.namespace%3Dx",
        "/apis/batch/v1/jobs?fieldSelector=status.successful%3D0",
        // Of what a request does not know nothing is read.
        "/api/v1/namespaces/default?limit=x&timeoutSeconds=y",
        "/api/v1/pods?gracePeriodSeconds=x",
        "/api/v1/secrets?fieldSelector=type%3DOpaque",
    ] {
        assert_eq!(get(&server, uri).await.0, 200, "{uri}");
    }
}

#[tokio::test]
async fn selectors_select() {
    let server = still();
    for (name, labels, scheduler) in [
        ("a", json!({"app": "x"}), "berth"),
        ("b", json!({"app": "y"}), "berth"),
        ("c", json!({}), "other"),
    ] {
        let mut pod = pod(name);
        pod["metadata"]["labels"] = labels;
        pod["spec"]["schedulerName"] = scheduler.into();
        ok(&server, "POST", PODS, &pod).await;
    }
    phase(&server, "b", "Succeeded").await;
    for (query, wanted) in [
        ("labelSelector=app%3Dx", vec!["a"]),
        ("labelSelector=app", vec!["a", "b"]),
        ("labelSelector=!app", vec!["c"]),
        ("labelSelector=app%20in%20(x,y)", vec!["a", "b"]),
        (
            "fieldSelector=status.phase!%3DSucceeded,status.phase!%3DFailed",
            vec!["a", "c"],
        ),
        ("fieldSelector=spec.schedulerName%3Dberth", vec!["a", "b"]),
        ("fieldSelector=metadata.name%3D%3Dc", vec!["c"]),
        (
            "fieldSelector=spec.nodeName%3D,metadata.namespace%3Ddefault",
            vec!["a", "b", "c"],
        ),
    ] {
        assert_eq!(
            names(&get(&server, &format!("/api/v1/pods?{query}")).await.1),
            wanted,
            "{query}"
        );
    }
    let (code, answer) = get(&server, "/api/v1/pods?fieldSelector=spec.unknown%3Dx").await;
    assert_eq!(
        (code, answer["message"].as_str()),
        (400, Some("field label not supported: spec.unknown"))
    );
    assert_eq!(get(&server, "/api/v1/pods?labelSelector=a%20b").await.0, 400);
}

#[tokio::test]
async fn a_field_selector_turns_changes_into_arrivals_and_departures() {
    let server = still();
    make_pod(&server, "a").await;
    let (_, list) = get(&server, PODS).await;
    let selector = "fieldSelector=status.phase%3DRunning";
    let uri = format!("{PODS}?watch=1&{selector}&resourceVersion={}", revision(&list));
    let mut watch = Events::open(&server, &uri).await;
    make_pod(&server, "never-seen").await;
    phase(&server, "a", "Running").await;
    ok(
        &server,
        "PATCH",
        &format!("{PODS}/a"),
        &json!({"metadata": {"labels": {"x": "y"}}}),
    )
    .await;
    phase(&server, "a", "Succeeded").await;
    ok(&server, "DELETE", &format!("{PODS}/a"), &Value::Null).await;
    for kind in ["ADDED", "MODIFIED", "DELETED"] {
        let event = watch.next().await.unwrap();
        assert_eq!(
            (&event["type"], &event["object"]["metadata"]["name"]),
            (&json!(kind), &json!("a"))
        );
        if kind == "DELETED" {
            assert_eq!(
                event["object"]["status"]["phase"], "Running",
                "what it was when it left"
            );
        }
    }
    make_pod(&server, "end").await;
    phase(&server, "end", "Running").await;
    assert_eq!(
        watch.brief().await.1,
        "end",
        "its deletion was no longer of interest"
    );
}

#[tokio::test]
async fn a_streaming_list_marks_its_end() {
    let server = still();
    make_pod(&server, "a").await;
    let base = format!("{PODS}?watch=1&sendInitialEvents=true");
    assert_eq!(
        get(&server, &format!("{base}&allowWatchBookmarks=true")).await.0,
        422
    );
    let uri = format!("{base}&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan");
    let mut watch = Events::open(&server, &uri).await;
    assert_eq!(watch.brief().await.1, "a");
    let end = watch.next().await.unwrap();
    assert_eq!(end["type"], "BOOKMARK");
    assert_eq!(end["object"]["kind"], "Pod");
    assert_eq!(
        end["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"],
        "true"
    );
    make_pod(&server, "b").await;
    assert_eq!(watch.brief().await.1, "b");
    // Without bookmarks: accepted, and no end is marked.
    let uri = format!("{base}&resourceVersionMatch=NotOlderThan");
    let mut watch = Events::open(&server, &uri).await;
    assert_eq!(
        (watch.brief().await.1, watch.brief().await.1),
        ("a".into(), "b".into())
    );
    make_pod(&server, "c").await;
    assert_eq!(
        watch.brief().await,
        ("ADDED".into(), "c".into(), revision(&get(&server, PODS).await.1))
    );
}

#[tokio::test]
async fn a_watch_ends_at_its_timeout() {
    let server = still();
    let mut watch = Events::open(&server, &format!("{PODS}?watch=1&timeoutSeconds=1")).await;
    assert_eq!(watch.next().await, None);
}

#[tokio::test]
async fn whoever_is_too_far_behind_is_told_so() {
    let server = Server::start_with(
        Scenario::empty(),
        Settings {
            history: 4,
            life: false,
            ..Settings::default()
        },
    );
    let first = make_pod(&server, "p0").await;
    let mut slow = Events::open(
        &server,
        &format!("{PODS}?watch=1&resourceVersion={}", revision(&first)),
    )
    .await;
    let (_, page) = get(&server, &format!("{PODS}?limit=1")).await;
    for i in 1..10 {
        make_pod(&server, &format!("p{i}")).await;
    }
    for uri in [
        format!("{PODS}?watch=1&resourceVersion={}", revision(&first)),
        format!("{PODS}?watch=1&resourceVersion=1"),
    ] {
        let mut watch = Events::open(&server, &uri).await;
        let event = watch.next().await.unwrap();
        assert_eq!(
            (&event["type"], &event["object"]["code"]),
            (&json!("ERROR"), &json!(410))
        );
        assert_eq!(event["object"]["reason"], "Expired");
        assert_eq!(watch.next().await, None);
    }
    assert_eq!(
        slow.next().await.unwrap()["object"]["reason"],
        "Expired",
        "a slow watch is dropped, not queued for"
    );
    let exact = format!(
        "{PODS}?resourceVersionMatch=Exact&resourceVersion={}",
        revision(&first)
    );
    assert_eq!(get(&server, &exact).await.0, 410);
    // One page was all there was then; a token of that time is out of date.
    assert!(page["metadata"].get("continue").is_none());
    let token = BASE64_URL_SAFE_NO_PAD.encode(r#"{"v":"meta.k8s.io/v1","rv":2,"start":"default/p0\u0000"}"#);
    let (code, expired) = get(&server, &format!("{PODS}?limit=1&continue={token}")).await;
    assert_eq!((code, &expired["reason"]), (410, &json!("Expired")));
    // The answer tells how to go on, if not at that moment.
    let token = expired["metadata"]["continue"].as_str().unwrap();
    let (_, list) = get(&server, &format!("{PODS}?limit=1&continue={token}")).await;
    assert_eq!(names(&list), ["p1"]);
    let token = list["metadata"]["continue"].as_str().unwrap();
    let (_, list) = get(&server, &format!("{PODS}?continue={token}")).await;
    assert_eq!(names(&list).len(), 8);
}

#[tokio::test]
async fn tokens_that_are_none_are_named() {
    let server = still();
    let bad = |tail: &str| format!("invalid continue token: continue key is not valid{tail}");
    for (token, message) in [
        ("a".to_owned(), bad(": illegal base64 data at input byte 0")),
        (
            BASE64_URL_SAFE_NO_PAD.encode(r#"{"v":"x","rv":1,"start":"/a"}"#),
            bad(": server does not recognize this encoded version x"),
        ),
        (
            BASE64_URL_SAFE_NO_PAD.encode(r#"{"v":"meta.k8s.io/v1","start":"/a"}"#),
            bad(": incorrect encoded start resourceVersion (version meta.k8s.io/v1)"),
        ),
        (
            BASE64_URL_SAFE_NO_PAD.encode(r#"{"v":"meta.k8s.io/v1","rv":1}"#),
            bad(": encoded start key empty (version meta.k8s.io/v1)"),
        ),
        (
            BASE64_URL_SAFE_NO_PAD.encode(r#"{"v":"meta.k8s.io/v1","rv":1,"start":"../a"}"#),
            bad(": ../a"),
        ),
    ] {
        let (code, answer) = get(&server, &format!("{PODS}?continue={token}")).await;
        assert_eq!((code, answer["message"].as_str()), (400, Some(message.as_str())));
    }
    make_pod(&server, "a").await;
    make_pod(&server, "b").await;
    let (_, list) = get(&server, &format!("{PODS}?limit=1")).await;
    let token = list["metadata"]["continue"].as_str().unwrap();
    let (code, answer) = get(&server, &format!("{PODS}?continue={token}&resourceVersion=2")).await;
    let message = "specifying resource version is not allowed when using continue";
    assert_eq!((code, answer["message"].as_str()), (400, Some(message)));
}

#[tokio::test]
async fn a_deletion_carries_its_own_version() {
    let server = still();
    let made = make_pod(&server, "a").await;
    let mut watch = Events::open(
        &server,
        &format!("{PODS}?watch=1&resourceVersion={}", revision(&made)),
    )
    .await;
    ok(&server, "DELETE", &format!("{PODS}/a"), &Value::Null).await;
    let (kind, name, deleted) = watch.brief().await;
    assert_eq!((kind.as_str(), name.as_str()), ("DELETED", "a"));
    assert_eq!(deleted, revision(&get(&server, PODS).await.1));
}

async fn kube_watcher(config: watcher::Config) {
    let server = still();
    make_pod(&server, "a").await;
    let api: Api<Pod> = Api::default_namespaced(server.client());
    let mut stream = Box::pin(watcher(api, config).default_backoff());
    let mut seen = Vec::new();
    let mut made = false;
    while let Some(event) = within("an event", stream.try_next())
        .await
        .expect("the watch goes on")
    {
        match event {
            watcher::Event::InitApply(pod) => seen.push(format!("init {}", pod.name_any())),
            watcher::Event::InitDone if !made => {
                made = true;
                make_pod(&server, "b").await;
                ok(&server, "DELETE", &format!("{PODS}/a"), &Value::Null).await;
            }
            watcher::Event::Apply(pod) => seen.push(format!("apply {}", pod.name_any())),
            watcher::Event::Delete(pod) => {
                seen.push(format!("delete {}", pod.name_any()));
                break;
            }
            watcher::Event::Init | watcher::Event::InitDone => {}
        }
    }
    assert_eq!(seen, ["init a", "apply b", "delete a"]);
}

#[tokio::test]
async fn kubes_watcher_runs_on_pages() {
    kube_watcher(watcher::Config::default().page_size(1)).await;
}

#[tokio::test]
async fn kubes_watcher_runs_on_streaming_lists() {
    kube_watcher(watcher::Config::default().streaming_lists()).await;
}

/// A step of somebody's work on six pods.
#[derive(Debug, Clone)]
enum Step {
    Make(u8),
    Phase(u8, &'static str),
    Label(u8, u8),
    Delete(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..6u8).prop_map(Step::Make),
        (0..6u8, prop_oneof![Just("Running"), Just("Pending")]).prop_map(|(n, p)| Step::Phase(n, p)),
        (0..6u8, 0..3u8).prop_map(|(n, l)| Step::Label(n, l)),
        (0..6u8).prop_map(Step::Delete),
    ];
    proptest::collection::vec(step, 1..40)
}

async fn take(server: &Server, step: &Step) {
    let at = |n: &u8| format!("{PODS}/p{n}");
    // Answers such as 404 and 409 are part of the game.
    match step {
        Step::Make(n) => call(server, "POST", PODS, &pod(&format!("p{n}"))).await,
        Step::Phase(n, phase) => {
            call(
                server,
                "PATCH",
                &format!("{}/status", at(n)),
                &json!({"status": {"phase": phase}}),
            )
            .await
        }
        Step::Label(n, value) => {
            let patch = json!({"metadata": {"labels": {"l": value.to_string()}}});
            call(server, "PATCH", &at(n), &patch).await
        }
        Step::Delete(n) => call(server, "DELETE", &at(n), &Value::Null).await,
    };
}

fn versions(list: &Value) -> BTreeMap<String, String> {
    let items = list["items"].as_array().cloned().unwrap_or_default();
    items
        .iter()
        .map(|item| (names(&json!({"items": [item]})).concat(), revision(item)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// What a list shows, changed by what the watch from its version tells, is what a later list shows.
    #[test]
    fn a_list_and_its_watch_give_the_later_list(
        before in steps(),
        after in steps(),
        selector in prop_oneof![Just(""), Just("&labelSelector=l%3D1"), Just("&fieldSelector=status.phase%3DRunning")],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = still();
            for step in &before {
                take(&server, step).await;
            }
            let (_, list) = get(&server, &format!("{PODS}?limit=1000{selector}")).await;
            let mut state = versions(&list);
            let mut watch =
                Events::open(&server, &format!("{PODS}?watch=1&resourceVersion={}{selector}", revision(&list))).await;
            for step in &after {
                take(&server, step).await;
            }
            let (_, later) = get(&server, &format!("{PODS}?limit=1000{selector}")).await;
            // A last change that every selector lets through, to know when all has been told.
            let mut end = pod("end");
            end["metadata"]["labels"] = json!({"l": "1"});
            ok(&server, "POST", PODS, &end).await;
            phase(&server, "end", "Running").await;
            loop {
                let (kind, name, version) = watch.brief().await;
                if name == "end" {
                    break;
                }
                match kind.as_str() {
                    "ADDED" => assert!(state.insert(name, version).is_none(), "added twice"),
                    "MODIFIED" => assert!(state.insert(name, version).is_some(), "changed before it was there"),
                    "DELETED" => assert!(state.remove(&name).is_some(), "deleted before it was there"),
                    other => panic!("{other}"),
                }
            }
            assert_eq!(state, versions(&later));
        });
    }
}
