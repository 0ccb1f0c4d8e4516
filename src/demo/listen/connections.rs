//! Accepting connections, and what none of them may do to the others.

use std::{io, sync::Arc, time::Duration};

use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch::Receiver},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use super::{guard::Guard, patient::Patient};

/// Connections at a time; others are closed at once.
const CONNECTIONS: usize = 1_024;
/// How long a client may take for the handshake, and for the head of a request: upstream's `ReadHeaderTimeout`.
const HEAD_TIME: Duration = Duration::from_secs(32);
/// How often an HTTP/2 client is asked whether it is still there, and how long it may take to answer.
const PING_EVERY: Duration = Duration::from_secs(30);
/// Bytes that the head of a request may have.
const HEAD_BYTES: u32 = 64 * 1024;
/// Requests at a time on one HTTP/2 connection, as upstream.
const STREAMS: u32 = 250;
/// Bytes of an answer kept ready for each of them.
const SEND_BUFFER: usize = 64 * 1024;
/// What a plain request gets, as from any server in Go.
const NOT_TLS: &[u8] = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 0x16;

/// What each connection is served with.
pub(super) struct Connections {
    tls: TlsAcceptor,
    guard: Guard,
    http: auto::Builder<TokioExecutor>,
    stopped: Receiver<bool>,
}

impl Connections {
    pub(super) fn new(tls: Arc<ServerConfig>, guard: Guard, stopped: Receiver<bool>) -> Self {
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http1()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(HEAD_BYTES as usize);
        http.http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_EVERY)
            .max_concurrent_streams(STREAMS)
            .max_send_buf_size(SEND_BUFFER)
            .max_header_list_size(HEAD_BYTES);
        Self {
            tls: TlsAcceptor::from(tls),
            guard,
            http,
            stopped,
        }
    }

    /// Serves whoever connects, until told to stop; then waits for what is still going on.
    pub(super) async fn accept(mut self, listener: TcpListener) {
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        let open = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = self.stopped.wait_for(|stopped| *stopped) => break,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // No file descriptors left, most likely: some will be closed in a moment.
                    tracing::warn!("no connection could be accepted: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
                tracing::warn!("a connection was refused: {CONNECTIONS} are open");
                continue;
            };
            let (tls, guard, http) = (self.tls.clone(), self.guard.clone(), self.http.clone());
            let watcher = open.watcher();
            let mut stopped = self.stopped.clone();
            tokio::spawn(async move {
                let _permit = permit;
                let handshake = async {
                    let handshake = timeout(HEAD_TIME, handshake(&tls, stream)).await;
                    handshake.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
                };
                let stream = tokio::select! {
                    stream = handshake => stream,
                    _ = stopped.wait_for(|stopped| *stopped) => return,
                };
                let served = match stream {
                    Ok(stream) => {
                        let service =
                            hyper::service::service_fn(move |request| guard.clone().answer(request));
                        let connection = http.serve_connection_with_upgrades(TokioIo::new(stream), service);
                        watcher.watch(connection.into_owned()).await
                    }
                    Err(error) => Err(error.into()),
                };
                if let Err(error) = served {
                    tracing::debug!("a connection ended: {error}");
                }
            });
        }
        drop(listener);
        open.shutdown().await;
    }
}

type Encrypted = tokio_rustls::server::TlsStream<Patient<TcpStream>>;

async fn handshake(tls: &TlsAcceptor, mut stream: TcpStream) -> io::Result<Encrypted> {
    // Answers are whole pieces: there is nothing to wait for.
    stream.set_nodelay(true)?;
    let mut first = [0];
    stream.peek(&mut first).await?;
    if first[0].is_ascii_uppercase() && first[0] != HANDSHAKE {
        stream.write_all(NOT_TLS).await?;
        stream.shutdown().await?;
        return Err(io::Error::other("a plain HTTP request"));
    }
    tls.accept(Patient::new(stream)).await
}
