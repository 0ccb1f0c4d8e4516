//! A road to the API server that can be made to lose an answer.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const PASS: u8 = 0;
/// The next request reaches the server; its answer is thrown away, and the connection with it.
const LOSE_ANSWER: u8 = 1;
/// The next request is thrown away, and the connection with it.
const LOSE_REQUEST: u8 = 2;

pub(crate) struct Proxy {
    mode: Arc<AtomicU8>,
    blocked: watch::Sender<bool>,
    port: u16,
    server: String,
}

impl Proxy {
    /// In front of the server that `kubeconfig` (JSON) names.
    pub(crate) async fn start(kubeconfig: &Path) -> Self {
        let text = fs::read_to_string(kubeconfig).expect("a kubeconfig");
        let config: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let server = config["clusters"][0]["cluster"]["server"]
            .as_str()
            .expect("a server")
            .to_owned();
        let address = server.trim_start_matches("https://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let mode = Arc::new(AtomicU8::new(PASS));
        let blocked = watch::Sender::new(false);
        tokio::spawn({
            let (mode, blocked) = (Arc::clone(&mode), blocked.subscribe());
            async move {
                while let Ok((inner, _)) = listener.accept().await {
                    if *blocked.borrow() {
                        continue;
                    }
                    let Ok(outer) = TcpStream::connect(&address).await else {
                        continue;
                    };
                    let (from_client, to_client) = inner.into_split();
                    let (from_server, to_server) = outer.into_split();
                    tokio::spawn(pass(
                        from_client,
                        to_server,
                        (Arc::clone(&mode), LOSE_REQUEST),
                        blocked.clone(),
                    ));
                    tokio::spawn(pass(
                        from_server,
                        to_client,
                        (Arc::clone(&mode), LOSE_ANSWER),
                        blocked.clone(),
                    ));
                }
            }
        });
        Self {
            mode,
            blocked,
            port,
            server,
        }
    }

    /// A copy of `kubeconfig` that leads through here.
    pub(crate) fn kubeconfig(&self, kubeconfig: &Path) -> PathBuf {
        let text = fs::read_to_string(kubeconfig).expect("a kubeconfig");
        let path = kubeconfig.with_file_name(format!("proxy-{}.kubeconfig", self.port));
        let text = text.replace(&self.server, &format!("https://127.0.0.1:{}", self.port));
        fs::write(&path, text).expect("a kubeconfig");
        path
    }

    pub(crate) fn lose_answer(&self) {
        self.mode.store(LOSE_ANSWER, Ordering::SeqCst);
    }

    pub(crate) fn lose_request(&self) {
        self.mode.store(LOSE_REQUEST, Ordering::SeqCst);
    }

    /// Cuts every connection and lets none through, or lets them through again.
    pub(crate) fn block(&self, blocked: bool) {
        self.blocked.send_replace(blocked);
    }

    /// Whether something was lost as it was asked for.
    pub(crate) fn has_lost(&self) -> bool {
        self.mode.load(Ordering::SeqCst) == PASS
    }
}

/// Hands on what comes; ends, and with it the connection, where something comes that is to be lost, or where the road
/// is blocked.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    (mode, loses): (Arc<AtomicU8>, u8),
    mut blocked: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            _ = blocked.wait_for(|blocked| *blocked) => break,
        };
        let Ok(read @ 1..) = read else { break };
        let lost = mode.compare_exchange(loses, PASS, Ordering::SeqCst, Ordering::SeqCst);
        if lost.is_ok() || to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
