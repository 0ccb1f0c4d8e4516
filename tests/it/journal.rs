//! The program killed in the middle of a placement, at every write; then the journal and the cluster agree.

mod room;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use berth::demo::{Pace, Scenario, Server, Settings};
use kube::Client;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::{ServiceExt as _, service_fn};

use crate::support::{DEADLINE, eventually};

/// When a request is held for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// Before the server sees it.
    Before,
    /// Before its answer goes back.
    After,
}

/// An embedded cluster on a port, whose answers to writes can be held.
struct Scene {
    client: Client,
    folder: tempfile::TempDir,
    hold: Arc<std::sync::Mutex<Option<(usize, Held)>>>,
    writes: Arc<AtomicUsize>,
    held: watch::Receiver<bool>,
    held_now: watch::Sender<bool>,
    _server: Server,
}

impl Scene {
    async fn set() -> Self {
        let scene = Self::bare().await;
        scene.fill().await;
        scene
    }

    async fn bare() -> Self {
        let moment = Duration::from_millis(10);
        let pace = Pace {
            heartbeats: false,
            notice: moment,
            start: moment,
            stop: moment,
            provision: moment,
            ..Pace::default()
        };
        let settings = Settings {
            pace,
            ..Settings::default()
        };
        let server = Server::start_with(Scenario::empty(), settings);
        let hold = Arc::new(std::sync::Mutex::new(None::<(usize, Held)>));
        let writes = Arc::new(AtomicUsize::new(0));
        let (held_now, held) = watch::channel(false);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let service = {
            let (api, hold, writes, held_now) = (
                server.service(),
                Arc::clone(&hold),
                Arc::clone(&writes),
                held_now.clone(),
            );
            service_fn(move |request: Request| {
                let (api, hold, writes, held_now) = (
                    api.clone(),
                    Arc::clone(&hold),
                    Arc::clone(&writes),
                    held_now.clone(),
                );
                async move {
                    let uri = request.uri();
                    let is_write = request.method() != "GET"
                        && !uri.path().contains("reviews")
                        && uri.query().is_none_or(|query| !query.contains("dryRun"));
                    let number = if is_write {
                        writes.fetch_add(1, Ordering::SeqCst) + 1
                    } else {
                        0
                    };
                    let hold = *hold.lock().expect("it is there");
                    let held = hold.filter(|&(at, _)| at == number).map(|(_, held)| held);
                    if held == Some(Held::Before) {
                        held_now.send_replace(true);
                        futures::future::pending::<()>().await;
                    }
                    let answer: Result<Response, std::convert::Infallible> = api.oneshot(request).await;
                    if held == Some(Held::After) {
                        held_now.send_replace(true);
                        futures::future::pending::<()>().await;
                    }
                    answer
                }
            })
        };
        tokio::spawn(async move {
            let app = Router::new().fallback_service(service);
            axum::serve(listener, app).await.expect("it serves");
        });
        let folder = tempfile::tempdir().expect("a folder");
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": format!("http://{address}")}}],
            "users": [{"name": "ana", "user": {}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "ana", "namespace": "default"}}],
        });
        std::fs::write(folder.path().join("kubeconfig"), config.to_string()).expect("a kubeconfig");
        Self {
            client: server.client(),
            folder,
            hold,
            writes,
            held,
            held_now,
            _server: server,
        }
    }

    /// A node, and a pod `web` that wants a volume made and a device.
    async fn fill(&self) {
        let amounts = json!({"cpu": "4", "memory": "8Gi", "pods": "20"});
        let objects = [
            (
                "/api/v1/nodes",
                json!({
                    "apiVersion": "v1", "kind": "Node",
                    "metadata": {"name": "n1", "labels": {"kubernetes.io/hostname": "n1"}},
                    "status": {
                        "allocatable": amounts, "capacity": amounts, "conditions": [{"type": "Ready", "status": "True"}],
                    },
                }),
            ),
            (
                "/apis/storage.k8s.io/v1/storageclasses",
                json!({
                    "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "wait"},
                    "provisioner": "disk.example.com", "volumeBindingMode": "WaitForFirstConsumer",
                }),
            ),
            (
                "/api/v1/namespaces/default/persistentvolumeclaims",
                json!({
                    "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
                    "spec": {
                        "storageClassName": "wait", "accessModes": ["ReadWriteOnce"],
                        "resources": {"requests": {"storage": "1Gi"}},
                    },
                }),
            ),
            (
                "/apis/resource.k8s.io/v1/deviceclasses",
                json!({
                    "apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": "gpu.example.com"},
                    "spec": {"selectors": [{"cel": {"expression": "device.driver == \"gpu.example.com\""}}]},
                }),
            ),
            (
                "/apis/resource.k8s.io/v1/resourceslices",
                json!({
                    "apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": {"name": "s"},
                    "spec": {
                        "driver": "gpu.example.com", "nodeName": "n1",
                        "pool": {"name": "n1", "generation": 1, "resourceSliceCount": 1}, "devices": [{"name": "gpu-0"}],
                    },
                }),
            ),
            (
                "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims",
                json!({
                    "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": {"name": "gpu"},
                    "spec": {"devices": {"requests": [
                        {"name": "one", "exactly": {"deviceClassName": "gpu.example.com"}},
                    ]}},
                }),
            ),
            (
                "/api/v1/namespaces/default/pods",
                json!({
                    "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
                    "spec": {
                        "schedulerName": "berth",
                        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
                        "resourceClaims": [{"name": "gpu", "resourceClaimName": "gpu"}],
                        "containers": [{"name": "app", "image": "nginx", "resources": {"claims": [{"name": "gpu"}]}}],
                    },
                }),
            ),
        ];
        for (path, object) in objects {
            self.make(path, object).await;
        }
    }

    async fn make(&self, path: &str, object: Value) {
        let request = http::Request::post(path)
            .header("content-type", "application/json")
            .body(object.to_string().into_bytes())
            .expect("it is there");
        let made: Result<Value, _> = self.client.request(request).await;
        made.unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    async fn get(&self, path: &str) -> Value {
        let request = http::Request::get(path).body(Vec::new()).expect("it is there");
        self.client.request(request).await.expect("it is there")
    }

    fn berth(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_berth"));
        let kubeconfig: PathBuf = self.folder.path().join("kubeconfig");
        command
            .args(words)
            .env("KUBECONFIG", kubeconfig)
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .env("HOME", self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    async fn run(&self, words: &[&str]) -> (i32, String, String) {
        let mut command = self.berth(words);
        let output = tokio::task::spawn_blocking(move || command.output());
        let output = tokio::time::timeout(DEADLINE, output).await.expect("it ends");
        let output = output.expect("no panic").expect("berth starts");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (
            output.status.code().expect("a code"),
            text(output.stdout),
            text(output.stderr),
        )
    }

    /// Kills a placement while its `at`-th write is held.
    async fn kill(&self, at: usize, held: Held) {
        let place = ["place", "web", "n1", "--reason", "at night", "-y"];
        self.kill_while(&place, at, held).await;
    }

    /// Kills what these words do while its `at`-th write is held.
    async fn kill_while(&self, words: &[&str], at: usize, held: Held) {
        self.writes.store(0, Ordering::SeqCst);
        *self.hold.lock().expect("it is there") = Some((at, held));
        self.held_now.send_replace(false);
        let mut child = self.berth(words).spawn().expect("berth starts");
        let mut is_held = self.held.clone();
        let wait = tokio::time::timeout(DEADLINE, is_held.wait_for(|held| *held));
        assert!(
            matches!(wait.await, Ok(Ok(_))),
            "{at} {held:?}: the write never came"
        );
        kill(&mut child);
        *self.hold.lock().expect("it is there") = None;
    }

    async fn journal(&self) -> Vec<Value> {
        let (code, out, err) = self.run(&["journal", "-o", "json"]).await;
        assert_eq!((code, err.as_str()), (0, ""));
        serde_json::from_str(&out).expect("JSON")
    }

    async fn events(&self) -> usize {
        let all = self.get("/apis/events.k8s.io/v1/namespaces/default/events").await;
        let all = all["items"].as_array().expect("a list").iter();
        all.filter(|event| event["reason"] == "Scheduled").count()
    }
}

/// SIGKILL, and no trace of it left.
fn kill(child: &mut Child) {
    child.kill().expect("SIGKILL");
    child.wait().expect("it is gone");
}

/// Nominating, selecting the node, the finalizer, the allocation, the Binding, the event.
const WRITES: usize = 6;
const BINDING: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_at_any_write_journal_and_cluster_agree() {
    for at in 1..=WRITES {
        for held in [Held::Before, Held::After] {
            let scene = Scene::set().await;
            scene.kill(at, held).await;
            let case = format!("killed at write {at}, {held:?}");
            let pod = scene.get("/api/v1/namespaces/default/pods/web").await;
            let claim = scene
                .get("/apis/resource.k8s.io/v1/namespaces/default/resourceclaims/gpu")
                .await;
            let is_bound = pod["spec"]["nodeName"] == "n1";
            assert_eq!(
                is_bound,
                at > BINDING || at == BINDING && held == Held::After,
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
                assert_eq!(is_reserved, at > 4 || at == 4 && held == Held::After, "{case}");
                assert_eq!(
                    text.contains("ResourceClaim gpu reserved for the pod"),
                    is_reserved,
                    "{case}: {text}"
                );
                let is_selected = at > 2 || at == 2 && held == Held::After;
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
    scene.kill(WRITES, Held::Before).await;
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
    *scene.hold.lock().expect("it is there") = Some((3, Held::Before));
    scene.writes.store(0, Ordering::SeqCst);
    let mut child = scene
        .berth(&["place", "web", "n1", "-y"])
        .spawn()
        .expect("berth starts");
    let mut is_held = scene.held.clone();
    tokio::time::timeout(DEADLINE, is_held.wait_for(|held| *held))
        .await
        .expect("it is there")
        .expect("it is there");
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
