//! The API on a socket: TLS, the token, the kubeconfig, and the end.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use berth::demo::{KubeconfigError, ListenError, Listening, check_kubeconfig};
use k8s_openapi::api::core::v1::Node;
use kube::{Api, Client, Config, api::ListParams, config::Kubeconfig};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use super::{make_node, still, within};

pub(super) async fn served() -> (berth::demo::Server, Listening) {
    let server = still();
    let listening = server
        .listen(([127, 0, 0, 1], 0).into())
        .await
        .expect("as the test made it");
    (server, listening)
}

/// What the kubeconfig holds at that pointer.
fn held(listening: &Listening, at: &str) -> String {
    let tree: Value = serde_saphyr::from_str(&listening.kubeconfig()).expect("as the test made it");
    tree.pointer(at)
        .and_then(Value::as_str)
        .expect("as the test made it")
        .to_owned()
}

pub(super) fn token(listening: &Listening) -> String {
    held(listening, "/users/0/user/token")
}

/// An encrypted connection that trusts the authority of the kubeconfig, and nothing else.
pub(super) async fn encrypted(listening: &Listening, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let authority = STANDARD
        .decode(held(listening, "/clusters/0/cluster/certificate-authority-data"))
        .expect("as the test made it");
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(&authority).expect("as the test made it"))
        .expect("as the test made it");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("as the test made it")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(listening.address()).await?;
    let name = ServerName::try_from(name.to_owned()).expect("as the test made it");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// Sends these bytes and reads until the server closes.
pub(super) async fn exchange(listening: &Listening, request: &[u8]) -> String {
    let mut stream = encrypted(listening, "127.0.0.1")
        .await
        .expect("as the test made it");
    stream.write_all(request).await.expect("as the test made it");
    let mut answer = Vec::new();
    // Whatever came before the end counts, however the end was.
    let _ = within("the end of the answer", stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

pub(super) async fn get(listening: &Listening, path: &str, headers: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    exchange(listening, request.as_bytes()).await
}

#[tokio::test]
async fn a_client_with_the_kubeconfig_is_let_in() {
    let (server, listening) = served().await;
    make_node(&server, "n1", json!({})).await;
    let kubeconfig = Kubeconfig::from_yaml(&listening.kubeconfig()).expect("as the test made it");
    assert_eq!(kubeconfig.current_context.as_deref(), Some("berth-demo"));
    let config = Config::from_custom_kubeconfig(kubeconfig, &Default::default())
        .await
        .expect("as the test made it");
    let client = Client::try_from(config).expect("as the test made it");
    let nodes = Api::<Node>::all(client)
        .list(&ListParams::default())
        .await
        .expect("as the test made it");
    assert_eq!(nodes.items[0].metadata.name.as_deref(), Some("n1"));
}

#[tokio::test]
async fn whoever_has_no_token_sees_health_and_version_alone() {
    let (_server, listening) = served().await;
    for path in ["/livez", "/readyz", "/healthz", "/version"] {
        let answer = get(&listening, path, "").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
    }
    let wrong = format!("Authorization: Bearer {}0\r\n", token(&listening));
    let cases = [
        ("/api/v1/nodes", ""),
        ("/api", ""),
        ("/versions", ""),
        ("/livez/../api", ""),
        ("/nowhere", ""),
        ("/api/v1/nodes", "Authorization: Basic YTpi\r\n"),
        ("/api/v1/nodes", "Authorization: Bearer \r\n"),
        ("/api/v1/nodes", &wrong),
        // Somebody who says who they are and lies is not nobody.
        ("/livez", &wrong),
    ];
    for (path, headers) in cases {
        let answer = get(&listening, path, headers).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{path} {headers}: {answer}");
        let body = answer.split_once("\r\n\r\n").expect("as the test made it").1;
        let status: Value = serde_json::from_str(body).expect("as the test made it");
        assert_eq!(
            status,
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                   "message": "Unauthorized", "reason": "Unauthorized", "code": 401})
        );
    }
    let right = format!("Authorization: bearer {}\r\n", token(&listening));
    let answer = get(&listening, "/api/v1/nodes", &right).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn the_certificate_is_for_this_machine_alone() {
    let (_server, listening) = served().await;
    for name in ["127.0.0.1", "localhost", "::1"] {
        encrypted(&listening, name).await.expect("as the test made it");
    }
    assert!(encrypted(&listening, "example.com").await.is_err());
    let (_other_server, other) = served().await;
    assert_ne!(token(&listening), token(&other));
}

#[tokio::test]
async fn watches_end_with_the_server() {
    let (_server, listening) = served().await;
    let token = token(&listening);
    let mut stream = encrypted(&listening, "localhost")
        .await
        .expect("as the test made it");
    let request = format!(
        "GET /api/v1/nodes?watch=true&resourceVersion=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream
        .write_all(request.as_bytes())
        .await
        .expect("as the test made it");
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.expect("as the test made it");
    assert_eq!(&head, b"HTTP/1.1 200");
    let address = listening.address();
    listening.stop().await;
    let mut rest = Vec::new();
    within("the end of the watch", stream.read_to_end(&mut rest))
        .await
        .expect("as the test made it");
    assert!(rest.ends_with(b"0\r\n\r\n"), "the answer is whole");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn the_kubeconfig_replaces_its_like_and_nothing_else() {
    let (server, listening) = served().await;
    let folder = tempfile::tempdir().expect("as the test made it");
    let file = folder.path().join("demo.kubeconfig");
    listening.write_kubeconfig(&file).expect("as the test made it");
    assert_eq!(
        std::fs::read_to_string(&file).expect("as the test made it"),
        listening.kubeconfig()
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            std::fs::metadata(&file)
                .expect("as the test made it")
                .permissions()
                .mode()
                & 0o777,
            0o600
        );
    }
    let next = server
        .listen(([127, 0, 0, 1], 0).into())
        .await
        .expect("as the test made it");
    next.write_kubeconfig(&file).expect("as the test made it");
    assert_eq!(
        std::fs::read_to_string(&file).expect("as the test made it"),
        next.kubeconfig()
    );

    let precious = "apiVersion: v1\nkind: Config\nclusters: [{name: prod}]\nusers: []\ncontexts: []\n";
    std::fs::write(&file, precious).expect("as the test made it");
    assert!(matches!(
        next.write_kubeconfig(&file),
        Err(KubeconfigError::Foreign { .. })
    ));
    assert_eq!(
        std::fs::read_to_string(&file).expect("as the test made it"),
        precious
    );
    assert!(check_kubeconfig(folder.path()).is_err(), "a folder is no file");
    let nowhere = folder.path().join("none/demo.kubeconfig");
    assert!(matches!(
        check_kubeconfig(&nowhere),
        Err(KubeconfigError::Io { .. })
    ));
    assert_eq!(
        std::fs::read_dir(folder.path())
            .expect("as the test made it")
            .count(),
        1,
        "nothing is left beside it"
    );
}

#[tokio::test]
async fn a_port_is_given_once() {
    let (server, listening) = served().await;
    let taken = server.listen(listening.address()).await;
    assert!(matches!(taken, Err(ListenError::Bind { address, .. }) if address == listening.address()));
    assert_eq!(listening.url(), format!("https://{}", listening.address()));
}
