//! The manifest by which two copies run in a cluster.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{bound, node, pod};
use crate::rights::{AUTO, DEPLOYED, OPERATOR, apply, documents};
use crate::scene::Scene;
use crate::support::{ControlPlane, DEADLINE, eventually};

fn deployment() -> Value {
    let mut all = documents(DEPLOYED).into_iter();
    all.find(|object| object["kind"] == "Deployment")
        .expect("a Deployment")
}

fn arguments() -> Vec<String> {
    let deployment = deployment();
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    let arguments = container["args"].as_array().expect("arguments").iter();
    arguments
        .map(|argument| argument.as_str().expect("a text").to_owned())
        .collect()
}

/// One of the copies, with the manifest's arguments; but it serves where nobody else does.
struct Copy {
    child: Child,
    address: String,
}

impl Copy {
    fn start(scene: &Scene) -> Self {
        let arguments = arguments()
            .into_iter()
            .map(|argument| match argument.split_once("--listen=") {
                Some(_) => "--listen=127.0.0.1:0".to_owned(),
                None => argument,
            });
        let mut child = Command::new(env!("CARGO_BIN_EXE_berth"))
            .args(arguments)
            .env("KUBECONFIG", scene.folder.path().join("kubeconfig"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("berth starts");
        let (lines, said) = mpsc::channel();
        let errors = BufReader::new(child.stderr.take().expect("a pipe"));
        std::thread::spawn(move || {
            errors
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| lines.send(line))
        });
        let address = loop {
            let line = said.recv_timeout(DEADLINE).expect("it says where it serves");
            if let Some((_, rest)) = line.split_once("serving http://") {
                break rest.split('/').next().unwrap_or_default().to_owned();
            }
        };
        // What it says later is not read, but does not hold it up.
        std::thread::spawn(move || said.iter().for_each(drop));
        Self { child, address }
    }

    /// What is answered at `path`, with its headers.
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it serves");
        let request = format!("GET {path} HTTP/1.1\r\nhost: berth\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    fn leads(&self) -> bool {
        self.get("/metrics")
            .contains(r#"leader_election_master_status{name="berth"} 1"#)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manifest_is_taken_whole_and_holds_together() {
    let scene = Scene::bare().await;
    for object in documents(DEPLOYED) {
        let path = match object["kind"].as_str().expect("a kind") {
            "Namespace" => "/api/v1/namespaces",
            "ServiceAccount" => "/api/v1/namespaces/berth/serviceaccounts",
            "Deployment" => "/apis/apps/v1/namespaces/berth/deployments",
            // The embedded cluster authorizes everybody.
            _ => continue,
        };
        scene
            .post(&format!("{path}?fieldValidation=Strict"), &object)
            .await;
    }
    let template = &deployment()["spec"]["template"]["spec"];
    let account = template["serviceAccountName"].as_str().expect("a name");
    let roles: Vec<Value> = [OPERATOR, AUTO].into_iter().flat_map(documents).collect();
    let bindings = documents(DEPLOYED)
        .into_iter()
        .filter(|object| object["roleRef"].is_object());
    let mut bound = 0;
    for binding in bindings {
        let (wanted, subject) = (&binding["roleRef"], &binding["subjects"][0]);
        let is_wanted = |role: &&Value| {
            role["kind"] == wanted["kind"]
                && role["metadata"]["name"] == wanted["name"]
                && role["metadata"]["namespace"] == binding["metadata"]["namespace"]
        };
        assert!(
            roles.iter().any(|role| is_wanted(&role)),
            "there is no such role: {wanted}"
        );
        assert_eq!(
            (&subject["name"], &subject["namespace"]),
            (&account.into(), &"berth".into())
        );
        bound += 1;
    }
    assert_eq!(bound, 3);
    let container = &template["containers"][0];
    let port = container["ports"][0]["containerPort"].to_string();
    let listen = arguments()
        .into_iter()
        .find(|argument| argument.starts_with("--listen="));
    assert!(listen.is_some_and(|listen| listen.ends_with(&format!(":{port}"))));
    for (probe, path) in [("livenessProbe", "/livez"), ("readinessProbe", "/readyz")] {
        assert_eq!(container[probe]["httpGet"]["path"], path);
        assert_eq!(container[probe]["httpGet"]["port"], container["ports"][0]["name"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_copies_are_ready_one_places_and_the_other_takes_over() {
    let scene = Scene::bare().await;
    node(&scene, "n1", "4").await;
    let mut copies = vec![Copy::start(&scene), Copy::start(&scene)];
    for copy in &copies {
        eventually("it is ready", async || {
            copy.get("/readyz").contains("200 OK").then_some(())
        })
        .await;
        assert!(copy.get("/livez").contains("200 OK"));
    }
    pod(&scene, "a", "1").await;
    assert_eq!(bound(&scene, "a").await, "n1");
    assert_eq!(copies.iter().filter(|copy| copy.leads()).count(), 1);
    let leader = copies.iter().position(Copy::leads).expect("one leads");
    let mut leader = copies.remove(leader);
    let pid = Pid::from_raw(leader.child.id().cast_signed()).expect("a process");
    kill_process(pid, Signal::TERM).expect("it takes signals");
    leader.child.wait().expect("it ends");
    pod(&scene, "b", "1").await;
    assert_eq!(bound(&scene, "b").await, "n1");
    assert!(copies[0].leads());
    assert!(copies[0].get("/readyz").contains("200 OK"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn its_service_account_may_do_all_that_placing_takes() {
    let plane = ControlPlane::start().await;
    let scene = Scene::bare_on(&plane).await;
    node(&scene, "n1", "4").await;
    let all = [OPERATOR, AUTO, DEPLOYED].into_iter().flat_map(documents);
    apply(&plane, &all.collect::<Vec<_>>());
    pod(&scene, "a", "1").await;
    let account = ["--as", "system:serviceaccount:berth:berth-auto"];
    let words = [&["auto", "--once", "--leader-elect"][..], &account].concat();
    let out = eventually("the roles are in force", async || {
        let output = Command::new(env!("CARGO_BIN_EXE_berth"))
            .args(&words)
            .env("KUBECONFIG", plane.kubeconfig())
            .output()
            .expect("berth starts");
        output.status.success().then_some(output.stdout)
    })
    .await;
    let out = String::from_utf8_lossy(&out);
    assert!(out.starts_with("bound default/a to n1"), "{out}");
}
