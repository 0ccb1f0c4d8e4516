//! A cluster at the end of a [`Road`], with a pod that wants a volume and a device, and berth's commands on it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use berth::demo::{Pace, Scenario, Server, Settings};
use kube::Client;
use serde_json::{Value, json};

use crate::support::{ControlPlane, DEADLINE, Fault, Road};

/// Of the claims' class.
const PROVISIONER: &str = "disk.example.com";

/// Where the claims of the namespace are.
pub(crate) const CLAIMS: &str = "/api/v1/namespaces/default/persistentvolumeclaims";

pub(crate) struct Scene {
    /// Past the road.
    pub(crate) client: Client,
    pub(crate) road: Road,
    pub(crate) folder: tempfile::TempDir,
    _server: Option<Server>,
}

impl Scene {
    /// On an embedded cluster, which is quick.
    pub(crate) async fn set() -> Self {
        let scene = Self::bare().await;
        scene.fill().await;
        scene.want("web", "data", "gpu").await;
        scene
    }

    /// On an embedded cluster with nothing in it.
    pub(crate) async fn bare() -> Self {
        Self::with_volumes_made_in(Duration::from_millis(10)).await
    }

    /// The same, whose provisioners take so long for a volume.
    pub(crate) async fn with_volumes_made_in(provision: Duration) -> Self {
        let moment = Duration::from_millis(10);
        let pace = Pace {
            heartbeats: false,
            notice: moment,
            start: moment,
            stop: moment,
            provision,
            ..Pace::default()
        };
        let settings = Settings {
            pace,
            ..Settings::default()
        };
        let server = Server::start_with(Scenario::empty(), settings);
        let road = Road::to_embedded(&server).await;
        Self::at(server.client(), road, Some(server))
    }

    /// On a real API server that nobody else uses.
    pub(crate) async fn set_on(plane: &ControlPlane) -> Self {
        let scene = Self::bare_on(plane).await;
        scene.fill().await;
        scene.want("web", "data", "gpu").await;
        scene
    }

    /// On a real API server, with nothing in it.
    pub(crate) async fn bare_on(plane: &ControlPlane) -> Self {
        let client = plane.client().await;
        let road = Road::to_server_of(client.clone()).await;
        Self::at(client, road, None)
    }

    fn at(client: Client, road: Road, server: Option<Server>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        road.kubeconfig(folder.path());
        Self {
            client,
            road,
            folder,
            _server: server,
        }
    }

    /// A node with devices, and the classes.
    pub(crate) async fn fill(&self) {
        let amounts = json!({"cpu": "4", "memory": "8Gi", "pods": "200"});
        let devices: Vec<Value> = (0..100).map(|at| json!({"name": format!("gpu-{at}")})).collect();
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
            ("/apis/storage.k8s.io/v1/storageclasses", storage_class()),
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
                        "pool": {"name": "n1", "generation": 1, "resourceSliceCount": 1}, "devices": devices,
                    },
                }),
            ),
        ];
        for (path, object) in objects {
            self.post(path, &object).await;
        }
    }

    /// A pod that wants a volume made and a device, by claims of these names.
    pub(crate) async fn want(&self, name: &str, data: &str, gpu: &str) {
        self.want_of("berth", name, data, gpu).await;
    }

    /// The same, with another scheduler's name on it.
    pub(crate) async fn want_of(&self, scheduler: &str, name: &str, data: &str, gpu: &str) {
        let objects = [
            (CLAIMS, volume_claim(data)),
            (
                "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims",
                json!({
                    "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": {"name": gpu},
                    "spec": {"devices": {"requests": [
                        {"name": "one", "exactly": {"deviceClassName": "gpu.example.com"}},
                    ]}},
                }),
            ),
            (
                "/api/v1/namespaces/default/pods",
                json!({
                    "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
                    "spec": {
                        "schedulerName": scheduler,
                        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": data}}],
                        "resourceClaims": [{"name": "gpu", "resourceClaimName": gpu}],
                        "containers": [{"name": "app", "image": "nginx", "resources": {"claims": [{"name": "gpu"}]}}],
                    },
                }),
            ),
        ];
        for (path, object) in objects {
            self.post(path, &object).await;
        }
    }

    /// Plays the provisioner of the claims' class for as long as it is polled: it makes a volume for each claim that has a
    /// node selected. A real controller manager does the rest. Where the API server does not answer it tries again.
    pub(crate) async fn provision(&self) {
        let mut made = BTreeSet::new();
        loop {
            let claims = self.try_get(CLAIMS).await.unwrap_or_default();
            for claim in claims["items"].as_array().into_iter().flatten() {
                let uid = claim["metadata"]["uid"].as_str().expect("a uid");
                let Some(volume) = volume_of(claim).filter(|_| !made.contains(uid)) else {
                    continue;
                };
                match self.try_post("/api/v1/persistentvolumes", &volume).await {
                    Ok(_) => {
                        made.insert(uid.to_owned());
                    }
                    Err(kube::Error::Api(refused)) if refused.code == 409 => {
                        made.insert(uid.to_owned());
                    }
                    Err(_) => {}
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Past the road.
    pub(crate) async fn post(&self, path: &str, object: &Value) {
        let made = self.try_post(path, object).await;
        made.unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    async fn try_post(&self, path: &str, object: &Value) -> kube::Result<Value> {
        let request = http::Request::post(path)
            .header("content-type", "application/json")
            .body(object.to_string().into_bytes())
            .expect("it is there");
        self.client.request(request).await
    }

    /// Past the road.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.try_get(path).await.expect("it is there")
    }

    async fn try_get(&self, path: &str) -> kube::Result<Value> {
        let request = http::Request::get(path).body(Vec::new()).expect("it is there");
        self.client.request(request).await
    }

    /// How many events say that a pod was placed.
    pub(crate) async fn events(&self) -> usize {
        self.events_of("web").await
    }

    /// How many events say that this pod was placed.
    pub(crate) async fn events_of(&self, name: &str) -> usize {
        let all = self.get("/apis/events.k8s.io/v1/namespaces/default/events").await;
        let all = all["items"].as_array().expect("a list").iter();
        all.filter(|event| event["reason"] == "Scheduled" && event["regarding"]["name"] == name)
            .count()
    }

    /// A command along the road.
    pub(crate) fn berth(&self, words: &[&str]) -> Command {
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

    /// Its exit code, standard output and standard error.
    pub(crate) async fn run(&self, words: &[&str]) -> (i32, String, String) {
        ended(self.berth(words).spawn().expect("berth starts")).await
    }

    /// Kills the command while its `at`-th write meets `fault`, which holds it.
    pub(crate) async fn kill(&self, words: &[&str], at: usize, fault: Fault) {
        self.road.lay(at, fault);
        let mut child = self.berth(words).spawn().expect("berth starts");
        self.road.meet(&format!("{words:?}, write {at}, {fault:?}")).await;
        kill(&mut child);
        self.road.clear();
    }

    pub(crate) async fn journal(&self) -> Vec<Value> {
        let (code, out, err) = self.run(&["journal", "-o", "json"]).await;
        assert_eq!((code, err.as_str()), (0, ""));
        serde_json::from_str(&out).expect("JSON")
    }
}

/// What a provisioner makes for a claim that has a node selected.
fn volume_of(claim: &Value) -> Option<Value> {
    let metadata = &claim["metadata"];
    let node = &metadata["annotations"]["volume.kubernetes.io/selected-node"];
    let uid = metadata["uid"].as_str()?;
    (!node.is_null()).then(|| {
        json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {
                "name": format!("pvc-{uid}"), "annotations": {"pv.kubernetes.io/provisioned-by": PROVISIONER},
            },
            "spec": {
                "storageClassName": "wait", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Delete",
                "csi": {"driver": PROVISIONER, "volumeHandle": uid},
                "claimRef": {
                    "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": "default",
                    "name": metadata["name"], "uid": uid, "resourceVersion": metadata["resourceVersion"],
                },
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                    {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]},
                ]}]}},
            },
        })
    })
}

/// A class whose volumes are made once a pod is placed.
pub(crate) fn storage_class() -> Value {
    json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "wait"},
        "provisioner": PROVISIONER, "volumeBindingMode": "WaitForFirstConsumer",
    })
}

/// A claim of that class.
pub(crate) fn volume_claim(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
        "spec": {
            "storageClassName": "wait", "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    })
}

/// Waits for its end: its exit code, standard output and standard error.
pub(crate) async fn ended(child: Child) -> (i32, String, String) {
    let output = tokio::task::spawn_blocking(move || child.wait_with_output());
    let output = tokio::time::timeout(DEADLINE, output).await.expect("it ends");
    let output = output.expect("no panic").expect("it can be waited for");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code().expect("a code"),
        text(output.stdout),
        text(output.stderr),
    )
}

/// SIGKILL, and no trace of it left.
pub(crate) fn kill(child: &mut Child) {
    child.kill().expect("SIGKILL");
    child.wait().expect("it is gone");
}
