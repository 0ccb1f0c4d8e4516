//! The least role: it suffices, and whatever is taken away from it is named.

use std::collections::BTreeMap;

use berth::cluster::watch::{self, FeedEvent, WatchKind, WatchStatus};
use berth::cluster::{ConnectOptions, Connection, connect, load, preflight};
use berth::placing::{Outcome, Refusal};
use serde_json::{Value, json};

use crate::placing::{ApiJudge, connection, intent, place, placer};
use crate::support::{ControlPlane, DEADLINE, eventually, node, pod};

pub(crate) const OPERATOR: &str = include_str!("../../assets/rbac/operator.yaml");
pub(crate) const AUTO: &str = include_str!("../../assets/rbac/auto.yaml");
const IN_CLUSTER: &str = include_str!("../../assets/rbac/in-cluster.yaml");
pub(crate) const DEPLOYED: &str = include_str!("../../assets/deploy/auto.yaml");

pub(crate) fn documents(yaml: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(yaml).expect("YAML")
}

pub(crate) fn apply(plane: &ControlPlane, objects: &[Value]) {
    let file = plane
        .folder()
        .join(format!("apply-{:08x}.json", fastrand::u32(..)));
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    std::fs::write(&file, list.to_string()).expect("a file");
    plane.kubectl(&["apply", "-f", &file.display().to_string()]);
}

/// The rules of a role, one for each resource.
fn singly(role: &Value) -> Value {
    let mut rules = Vec::new();
    for rule in role["rules"].as_array().expect("rules") {
        for resource in rule["resources"].as_array().expect("resources") {
            let mut one = rule.clone();
            one["resources"] = json!([resource]);
            rules.push(one);
        }
    }
    rules.into()
}

/// Verb and resource of everything that the ClusterRole grants.
fn granted() -> Vec<(String, String)> {
    let role = documents(OPERATOR);
    let role = role
        .iter()
        .find(|object| object["kind"] == "ClusterRole")
        .expect("a ClusterRole");
    let mut granted = Vec::new();
    for rule in singly(role).as_array().expect("rules") {
        let resource = rule["resources"][0].as_str().expect("a resource");
        for verb in rule["verbs"].as_array().expect("verbs") {
            granted.push((verb.as_str().expect("a verb").to_owned(), resource.to_owned()));
        }
    }
    granted
}

/// A user who may do what the ClusterRole grants, less one verb on one resource.
pub(crate) fn user_without(plane: &ControlPlane, verb: &str, resource: &str) -> std::path::PathBuf {
    let user = format!("no-{verb}-{}", resource.replace('/', "-"));
    let mut role = documents(OPERATOR)
        .into_iter()
        .find(|object| object["kind"] == "ClusterRole")
        .expect("a ClusterRole");
    role["metadata"]["name"] = json!(user);
    let mut taken = 0;
    role["rules"] = singly(&role);
    for rule in role["rules"].as_array_mut().expect("rules") {
        if rule["resources"] == json!([resource]) {
            let verbs = rule["verbs"].as_array_mut().expect("verbs");
            let before = verbs.len();
            verbs.retain(|one| one != verb);
            taken += before - verbs.len();
        }
    }
    assert_eq!(taken, 1, "the role grants {verb} {resource}");
    role["rules"]
        .as_array_mut()
        .expect("rules")
        .retain(|rule| rule["verbs"] != json!([]));
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": user},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": user},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    });
    apply(plane, &[role, binding]);
    plane.kubeconfig_for(&user, None)
}

/// What the watches say of themselves, once each has an answer.
async fn watches(connection: &Connection) -> BTreeMap<WatchKind, WatchStatus> {
    let (sender, mut feed) = tokio::sync::mpsc::channel(64);
    let _watches = watch::start(connection, WatchKind::all(), &sender);
    let mut found = BTreeMap::new();
    let settle = async {
        while found.len() < WatchKind::all().count() {
            match feed.recv().await.expect("the watches live") {
                FeedEvent::Status(_, WatchStatus::Connecting | WatchStatus::Listing { .. })
                | FeedEvent::Changes(_) => {}
                FeedEvent::Status(kind, status) => {
                    found.insert(kind, status);
                }
            }
        }
    };
    tokio::time::timeout(DEADLINE, settle)
        .await
        .expect("each watch has an answer");
    found
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn the_least_role_suffices_for_all_that_placing_takes() {
    let plane = ControlPlane::shared().await;
    let client = plane.client().await;
    let namespace = plane.namespace("least").await;
    let node_name = format!("{namespace}-n1");
    node(&node_name).create(&client).await;
    let web = pod("web").create(&client, &namespace).await;
    apply(&plane, &documents(OPERATOR));
    let kubeconfig = plane.kubeconfig_for("ana", Some("berth-operators"));
    let connection = connection(kubeconfig.clone()).await;

    let check = eventually("the role is in force", async || {
        let check = preflight::check(&connection, &["berth"], None)
            .await
            .expect("an answer");
        (check.exit_code() == 0 && check.permissions.iter().all(|permission| permission.allowed))
            .then_some(check)
    })
    .await;
    assert_eq!(
        (check.user.as_str(), check.server.version.as_str()),
        ("ana", "v1.37.2")
    );
    let statuses = watches(&connection).await;
    assert!(
        statuses
            .values()
            .all(|status| matches!(status, WatchStatus::Live | WatchStatus::NotServed)),
        "{statuses:?}"
    );
    load::load(&connection).await.expect("the lists");

    let outcome = place(
        &placer(kubeconfig).await,
        &ApiJudge::new(&client),
        intent(&web, &node_name),
    )
    .await;
    let Outcome::Placed { event_error, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(event_error, None);
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn each_right_taken_away_is_named() {
    let plane = ControlPlane::shared().await;
    let client = plane.client().await;
    let namespace = plane.namespace("less").await;
    let node_name = format!("{namespace}-n1");
    node(&node_name).create(&client).await;
    let judge = ApiJudge::new(&client);
    let granted = granted();
    let mut needed: Vec<_> = preflight::rights(None)
        .into_iter()
        // A Role of its own grants it.
        .filter(|(right, ..)| right.resource != "leases")
        .map(|(right, _, required)| (right.verb, right.resource, required))
        .collect();
    needed.sort_unstable();
    assert_eq!(
        granted.len(),
        needed.len(),
        "the role grants what is needed and nothing else"
    );
    for &(verb, resource, required) in &needed {
        let right = (verb.to_owned(), resource.to_owned());
        assert!(granted.contains(&right), "{verb} {resource}");
        // Each kind of what may be missing is listed and watched alike: a few stand for all.
        let stands_for_all = matches!(
            (verb, resource),
            ("list" | "watch", "persistentvolumes") | ("list", "resourceclaims" | "services")
        );
        if !required && !stands_for_all {
            continue;
        }
        let kubeconfig = user_without(&plane, verb, resource);
        let connection = connection(kubeconfig.clone()).await;
        let check = eventually("only this right is missing", async || {
            let check = preflight::check(&connection, &["berth"], None)
                .await
                .expect("an answer");
            let missing = check.permissions.iter().filter(|permission| !permission.allowed);
            // The Roles for the Leases are not this user's.
            let leases = check
                .permissions
                .iter()
                .filter(|permission| permission.right.resource == "leases");
            (missing.count() == leases.count() + 1).then_some(check)
        })
        .await;
        assert_eq!(check.exit_code(), if required { 5 } else { 0 });
        let mut missing = check.permissions.iter().filter(|permission| !permission.allowed);
        let missing = missing.find(|permission| permission.right.resource != "leases");
        let missing = missing.expect("one");
        assert_eq!(
            (missing.right.verb, missing.right.resource, missing.required),
            (verb, resource, required)
        );

        let told = match (verb, resource) {
            ("list" | "watch", kind) => {
                let statuses = watches(&connection).await;
                let kind = WatchKind::all().find(|one| one.as_str() == kind).expect("a kind");
                let error = match statuses.get(&kind) {
                    Some(WatchStatus::Down { error, .. }) if required => error,
                    Some(WatchStatus::Unseen { error }) if !required => error,
                    other => panic!("{other:?}"),
                };
                assert!(
                    statuses.iter().all(|(one, status)| *one == kind
                        || matches!(status, WatchStatus::Live | WatchStatus::NotServed)),
                    "the other watches are not held up: {statuses:?}"
                );
                if !required {
                    let cluster = load::load(&connection).await.expect("the other lists");
                    assert_eq!(cluster.unseen.len(), usize::from(verb == "list"), "{resource}");
                } else if verb == "list" {
                    let failure = load::load(&connection).await.expect_err("no list");
                    assert_eq!(failure.exit_code(), 5);
                    assert!(error.contains(&failure.to_string()), "{failure}");
                }
                error.clone()
            }
            (_, resource) => {
                let name = format!("web-{}", fastrand::u32(..));
                let web = pod(&name).create(&client, &namespace).await;
                let outcome = place(&placer(kubeconfig).await, &judge, intent(&web, &node_name)).await;
                match outcome {
                    Outcome::Refused(Refusal::Forbidden(why)) => why,
                    Outcome::Placed {
                        event_error: Some(error),
                        ..
                    } if resource == "events" => error,
                    other => panic!("without {verb} {resource}: {other:?}"),
                }
            }
        };
        assert!(
            told.contains(&format!("the right to {verb} {resource}")),
            "{told}"
        );
        assert!(told.contains("berth check"), "{told}");
    }
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn the_manifest_for_a_pod_in_the_cluster_grants_the_same() {
    let plane = ControlPlane::shared().await;
    apply(&plane, &documents(OPERATOR));
    apply(&plane, &documents(IN_CLUSTER));
    let options = ConnectOptions {
        kubeconfig: Some(plane.kubeconfig()),
        as_user: Some("system:serviceaccount:berth:berth".to_owned()),
        ..ConnectOptions::default()
    };
    let connection = connect(&options).await.expect("a connection");
    let check = eventually("the role is in force", async || {
        let check = preflight::check(&connection, &["berth"], None)
            .await
            .expect("an answer");
        check
            .permissions
            .iter()
            .all(|permission| permission.allowed)
            .then_some(check)
    })
    .await;
    assert_eq!(check.user, "system:serviceaccount:berth:berth");
}

/// Runs the program as a user of the group that the manifests name: exit code, standard output, standard error.
fn berth(kubeconfig: &std::path::Path, folder: &std::path::Path, words: &[&str]) -> (i32, String, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_berth"))
        .args(words)
        .env("KUBECONFIG", kubeconfig)
        .env("XDG_STATE_HOME", folder)
        .output()
        .expect("berth starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().expect("it ends by itself");
    (code, text(&output.stdout), text(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn without_rights_to_leases_pods_are_placed_and_it_is_said_once() {
    let plane = ControlPlane::start().await;
    let client = plane.client().await;
    node("n1").create(&client).await;
    for name in ["a", "b", "c"] {
        pod(name).create(&client, "default").await;
    }
    let everywhere = |object: &Value| object["kind"].as_str().expect("a kind").starts_with("Cluster");
    let role: Vec<Value> = documents(OPERATOR).into_iter().filter(everywhere).collect();
    apply(&plane, &role);
    let kubeconfig = plane.kubeconfig_for("bo", Some("berth-operators"));
    let folder = tempfile::tempdir().expect("a folder");
    let plan = eventually("the role is in force", async || {
        let (code, out, _) = berth(&kubeconfig, folder.path(), &["plan", "-o", "yaml"]);
        (code == 0).then_some(out)
    })
    .await;
    let file = folder.path().join("plan.yaml");
    std::fs::write(&file, plan).expect("a file");
    let file = file.display().to_string();
    let (code, out, err) = berth(&kubeconfig, folder.path(), &["apply", &file, "-y"]);
    assert_eq!(code, 0, "{out}{err}");
    let note = "note: other operators are not told of you, or you not of them: ";
    assert_eq!(err.matches(note).count(), 1, "{err}");

    let lead = ["auto", "--once", "--leader-elect"];
    let (code, _, err) = berth(&kubeconfig, folder.path(), &lead);
    assert_eq!(code, 5, "{err}");
    assert!(err.contains("leases"), "it names the right: {err}");
    pod("d").create(&client, "default").await;
    apply(&plane, &documents(AUTO));
    let out = eventually("the second role is in force", async || {
        let (code, out, _) = berth(&kubeconfig, folder.path(), &lead);
        (code == 0).then_some(out)
    })
    .await;
    assert!(out.starts_with("bound default/d to n1"), "{out}");
}
