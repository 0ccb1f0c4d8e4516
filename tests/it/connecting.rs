//! Every way in which connecting can fail says what failed, why, and what to try.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use berth::cluster::{ClusterError, ConnectOptions, connect};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::ControlPlane;

const SECRET: &str = "s3cr3t-t0ken";

/// A kubeconfig in a folder of its own.
struct Kubeconfig {
    folder: tempfile::TempDir,
    config: Value,
}

impl Kubeconfig {
    fn new(server: &str) -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            config: json!({
                "apiVersion": "v1", "kind": "Config", "current-context": "here",
                "clusters": [{"name": "c", "cluster": {"server": server}}],
                "users": [{"name": "ana", "user": {}}],
                "contexts": [{"name": "here", "context": {"cluster": "c", "user": "ana", "namespace": "shop"}}],
            }),
        }
    }

    /// The admin's way to a control plane, to be bent.
    fn of(plane: &ControlPlane) -> Self {
        let text = std::fs::read_to_string(plane.kubeconfig()).expect("a kubeconfig");
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            config: serde_json::from_str(&text).expect("JSON"),
        }
    }

    fn cluster(&mut self) -> &mut Value {
        &mut self.config["clusters"][0]["cluster"]
    }

    fn user(&mut self) -> &mut Value {
        &mut self.config["users"][0]["user"]
    }

    /// Puts a program beside it that is to be the exec plugin.
    fn plugin(&mut self, script: &str) {
        let path = self.folder.path().join("login");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a program");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a program");
        *self.user() = json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": "./login", "interactiveMode": "Never",
        }});
    }

    fn options(&self) -> ConnectOptions {
        let path = self.folder.path().join("config");
        std::fs::write(&path, self.config.to_string()).expect("a kubeconfig");
        ConnectOptions {
            kubeconfig: Some(path),
            ..ConnectOptions::default()
        }
    }

    /// Connects and asks something; there must be an error, with this exit code, these words, and no secret.
    async fn fails(&self, options: &ConnectOptions, code: u8, words: &[&str]) -> ClusterError {
        let error = match connect(options).await {
            Err(error) => error,
            Ok(connection) => connection.server_version().await.expect_err("no answer"),
        };
        let text = error.to_string();
        for word in words {
            assert!(text.contains(word), "'{word}' is not in: {text}");
        }
        assert_eq!(error.exit_code(), code, "{text}");
        assert!(
            !text.contains(SECRET) && !format!("{error:?}").contains(SECRET),
            "{text}"
        );
        assert!(!text.contains('\n'), "one sentence: {text}");
        error
    }

    async fn fails_with(&self, code: u8, words: &[&str]) {
        self.fails(&self.options(), code, words).await;
    }
}

#[tokio::test]
async fn a_kubeconfig_that_cannot_be_used() {
    let config = Kubeconfig::new("https://127.0.0.1:1");
    let named = |path: PathBuf| ConnectOptions {
        kubeconfig: Some(path),
        ..ConnectOptions::default()
    };
    let missing = named(config.folder.path().join("missing"));
    config
        .fails(&missing, 2, &["missing", "No such file", "--kubeconfig"])
        .await;
    let bad = config.folder.path().join("bad");
    std::fs::write(&bad, format!("users: [{{name: a, user: {{token: {SECRET}\n")).expect("a file");
    config
        .fails(&named(bad), 2, &["it is not a kubeconfig", "line"])
        .await;
}

#[tokio::test]
async fn a_context_that_is_not_there() {
    let mut config = Kubeconfig::new("https://127.0.0.1:1");
    let other = ConnectOptions {
        context: Some("there".to_owned()),
        ..config.options()
    };
    config
        .fails(&other, 2, &["no context 'there'", "--context", "here"])
        .await;
    config.config["current-context"] = json!("");
    config.fails_with(2, &["no current context", "here"]).await;
    config.config["current-context"] = json!("here");
    config.config["contexts"][0]["context"]["cluster"] = json!("lost");
    config
        .fails_with(6, &["context 'here'", "no cluster 'lost'"])
        .await;
}

#[tokio::test]
async fn settings_that_make_no_sense() {
    let mut config = Kubeconfig::new("https://127.0.0.1:1");
    config.cluster()["certificate-authority-data"] = json!("%%%");
    config.fails_with(6, &["certificate authority", "base64"]).await;
    config.cluster()["certificate-authority-data"] = json!(null);
    config.cluster()["certificate-authority"] = json!("/nonexistent/ca.crt");
    config.fails_with(6, &["cannot read /nonexistent/ca.crt"]).await;
    config.cluster()["certificate-authority"] = json!(null);
    config.cluster()["server"] = json!("not a url");
    config.fails_with(6, &["server is no URL"]).await;
}

#[tokio::test]
async fn a_server_that_cannot_be_reached() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address")
    };
    Kubeconfig::new(&format!("https://{closed}"))
        .fails_with(
            6,
            &[
                "asking for the server's version",
                "refused",
                "check that the cluster runs",
            ],
        )
        .await;
    Kubeconfig::new("https://nowhere.invalid:6443")
        .fails_with(6, &["its name has no address", "nowhere.invalid"])
        .await;

    // Something listens and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let config = Kubeconfig::new(&format!("http://{}", silent.local_addr().expect("an address")));
    let hurried = ConnectOptions {
        request_timeout: Some(std::time::Duration::from_millis(300)),
        ..config.options()
    };
    config
        .fails(&hurried, 6, &["no answer", "--request-timeout"])
        .await;

    // Something listens that is no API server.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let _ = client.read(&mut [0; 1024]).await;
            let page = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\n<html>hello";
            let _ = client.write_all(page).await;
        }
    });
    Kubeconfig::new(&format!("http://{address}"))
        .fails_with(1, &["cannot understand", "is that a Kubernetes API server?"])
        .await;
    Kubeconfig::new(&format!("https://{address}"))
        .fails_with(6, &["does not answer in TLS", "https"])
        .await;
}

#[tokio::test]
async fn an_exec_plugin_that_is_missing_or_fails() {
    let mut config = Kubeconfig::new("https://127.0.0.1:1");
    *config.user() = json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": "berth-no-such-plugin", "interactiveMode": "Never",
    }});
    config
        .fails_with(6, &["exec plugin cannot be started", "install it"])
        .await;
    config.plugin(&format!("echo {SECRET}; echo 'session expired' >&2; exit 3"));
    config
        .fails_with(
            6,
            &[
                "login failed",
                "exit status: 3",
                "session expired",
                "log in again",
            ],
        )
        .await;
    config.plugin(&format!("echo 'token: [{SECRET}'"));
    config.fails_with(6, &["no ExecCredential"]).await;
    config
        .plugin("echo '{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\"}'");
    config.fails_with(6, &["no ExecCredential"]).await;
    *config.user() = json!({"tokenFile": "/nonexistent/token"});
    config.fails_with(6, &["token file /nonexistent/token"]).await;
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_server_that_is_not_trusted_or_does_not_trust_us() {
    let plane = ControlPlane::shared().await;
    let stranger = rcgen::generate_simple_self_signed(["stranger".to_owned()]).expect("a certificate");
    let mut config = Kubeconfig::of(&plane);
    config.cluster()["certificate-authority-data"] = json!(base64(stranger.cert.pem().as_bytes()));
    config
        .fails_with(
            6,
            &[
                "signed by an authority that the kubeconfig does not name",
                "certificate-authority",
            ],
        )
        .await;

    let mut config = Kubeconfig::of(&plane);
    config.cluster()["tls-server-name"] = json!("elsewhere.example");
    config
        .fails_with(6, &["its certificate is for another name", "tls-server-name"])
        .await;

    let mut config = Kubeconfig::of(&plane);
    *config.user() = json!({"token": SECRET});
    config.fails_with(5, &["401 Unauthorized", "log in again"]).await;
    config.plugin(&format!(
        "echo '{{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \"status\": \
         {{\"token\": \"{SECRET}\"}}}}'"
    ));
    config.fails_with(5, &["401 Unauthorized"]).await;
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn an_exec_plugin_gives_what_proves_who_we_are() {
    let plane = ControlPlane::shared().await;
    let mut config = Kubeconfig::of(&plane);
    let user = config.user().clone();
    let pem = |key: &str| {
        use base64::Engine as _;
        let text = user[key].as_str().expect("base64");
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(text)
            .expect("base64");
        String::from_utf8(bytes).expect("PEM")
    };
    let credential = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "status": {
            "clientCertificateData": pem("client-certificate-data"), "clientKeyData": pem("client-key-data"),
        },
    });
    std::fs::write(config.folder.path().join("credential"), credential.to_string()).expect("a file");
    config.plugin("cat \"$(dirname \"$0\")/credential\"");
    let connection = connect(&config.options()).await.expect("a connection");
    assert_eq!(connection.whoami().await.name, "admin");

    let namespace = plane.namespace("exec").await;
    plane.kubectl(&["create", "serviceaccount", "robot", "-n", &namespace]);
    let token = plane.kubectl(&["create", "token", "robot", "-n", &namespace]);
    let credential = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "status": {"token": token.trim()},
    });
    std::fs::write(config.folder.path().join("credential"), credential.to_string()).expect("a file");
    config.plugin("echo run >>\"$(dirname \"$0\")/runs\"; cat \"$(dirname \"$0\")/credential\"");
    let connection = connect(&config.options()).await.expect("a connection");
    assert_eq!(
        connection.whoami().await.name,
        format!("system:serviceaccount:{namespace}:robot")
    );
    let runs = std::fs::read_to_string(config.folder.path().join("runs")).expect("a file");
    assert_eq!(
        runs.lines().count(),
        1,
        "a login is not asked for more often than is needed"
    );
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn who_we_are_is_what_the_server_says() {
    let plane = ControlPlane::shared().await;
    let config = Kubeconfig::of(&plane);
    let admin = connect(&config.options()).await.expect("a connection");
    let identity = admin.whoami().await;
    assert_eq!((identity.name.as_str(), identity.confirmed), ("admin", true));
    assert_eq!((admin.context(), admin.namespace()), ("test", "default"));
    assert_eq!(
        admin.server_version().await.expect("a version").git_version,
        "v1.37.2"
    );

    let impersonating = ConnectOptions {
        as_user: Some("eve".to_owned()),
        as_groups: vec!["friends".to_owned()],
        namespace: Some("shop".to_owned()),
        ..config.options()
    };
    let eve = connect(&impersonating).await.expect("a connection");
    let identity = eve.whoami().await;
    assert_eq!(identity.name, "eve");
    assert!(identity.groups.contains(&"friends".to_owned()), "{identity:?}");
    assert_eq!(eve.namespace(), "shop");
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
