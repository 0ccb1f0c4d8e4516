//! The API on a socket: TLS under a certificate authority of its own, and a token for whoever is to be let in.
//!
//! Both are made at the start and kept nowhere but in the kubeconfig that is asked for. A real server that lets nobody in
//! but for health and version (`anonymous` with conditions, in an `AuthenticationConfiguration`) answers the same.

mod certificates;
mod connections;
mod guard;
mod kubeconfig;
mod patient;
mod token;

use std::{net::SocketAddr, path::Path, time::Duration};

use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

pub use self::kubeconfig::{KubeconfigError, check as check_kubeconfig};
use self::{certificates::Certificates, connections::Connections, guard::Guard, token::Token};
use super::Server;

/// How long requests may go on once the server is told to stop.
const FAREWELL: Duration = Duration::from_secs(3);

/// Why the API cannot be served on a socket.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The address is not to be had.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// No certificate or token could be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(String),
}

/// The API as it is served on a socket, until this is dropped or told to stop.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
    authority: String,
    token: Token,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves the API on a socket. Port 0 takes a free one.
    ///
    /// # Errors
    /// Where the address cannot be listened on.
    pub async fn listen(&self, address: SocketAddr) -> Result<Listening, ListenError> {
        let bind = |source| ListenError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let certificates = Certificates::make(address.ip()).map_err(ListenError::Certificate)?;
        let token = Token::random().map_err(ListenError::Certificate)?;
        let (stop, stopped) = watch::channel(false);
        let guard = Guard::new(self.service(), token.clone(), stopped.clone());
        let connections = Connections::new(certificates.server, guard, stopped);
        Ok(Listening {
            address,
            authority: certificates.authority,
            token,
            stop,
            task: tokio::spawn(connections.accept(listener)),
        })
    }
}

impl Listening {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What clients on this machine call it. A server on all addresses is reached by the loopback one.
    pub fn url(&self) -> String {
        let mut address = self.address;
        match address {
            SocketAddr::V4(_) if address.ip().is_unspecified() => address.set_ip([127, 0, 0, 1].into()),
            SocketAddr::V6(_) if address.ip().is_unspecified() => {
                address.set_ip(std::net::Ipv6Addr::LOCALHOST.into());
            }
            _ => {}
        }
        format!("https://{address}")
    }

    /// The kubeconfig by which clients are let in. It holds the token: whoever reads it may do everything here.
    pub fn kubeconfig(&self) -> String {
        kubeconfig::text(&self.url(), &self.authority, self.token.reveal())
    }

    /// Writes the kubeconfig, for its owner's eyes only. A file that an earlier server has written is replaced.
    ///
    /// # Errors
    /// Where the file cannot be written, or is something else than an earlier server's kubeconfig.
    pub fn write_kubeconfig(&self, file: &Path) -> Result<(), KubeconfigError> {
        kubeconfig::write(file, &self.kubeconfig())
    }

    /// Stops: no more connections, watches end, other requests have a moment to finish.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let _ = tokio::time::timeout(FAREWELL, &mut self.task).await;
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.task.abort();
    }
}
