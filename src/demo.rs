//! An embedded API server for demonstrations, lessons and tests.
//!
//! It answers like a Kubernetes API server of 1.37 to the kinds in its table (`demo/kinds.rs`) and like one that lacks
//! the rest: unknown paths are 404, verbs it does not have are 405 and are not in discovery. It imports neither the
//! scheduling rules nor the model of this program, so that what works on it owes nothing to shared code.
//!
//! What it lacks, beyond kinds: tables and protobuf (406), deletion of collections and of
//! namespaces (405), `OpenAPI`, authorization (an access review says so), the leases of its kubelets,
//! eviction by `NoExecute` taints, the expiry of events, every controller (what owns pods makes none, nobody binds volumes
//! or counts for budgets: their status is what somebody writes) and, but for metadata, the validation of the kinds that
//! are only kept for the scheduler to read. Quantities are kept as they were written, where upstream
//! rewrites `1000m` as `1`. Refusals carry upstream's codes, reasons and causes; where upstream's text is one of its
//! JSON parser's, this one has its own.

mod api;
mod apply;
mod bindings;
mod bodies;
mod clock;
mod deletions;
mod discovery;
mod events;
mod failure;
mod generated;
mod kinds;
mod kubelet;
mod life;
mod managed_fields;
mod names;
mod namespaces;
mod nodes;
mod object;
mod patches;
mod pods;
mod priority_classes;
mod quantities;
mod reads;
mod request;
mod reviews;
mod scenario;
mod schema;
mod selectors;
mod shapes;
mod store;
mod strategy;
mod subresource;
mod watches;
mod writes;

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use axum::{Router, extract::Request, response::Response};
use tokio::{net::TcpListener, task::JoinHandle};
use tower::service_fn;

use self::store::Store;
pub use self::{
    generated::Generated,
    scenario::{Scenario, ScenarioError},
};

/// Changes of each kind that watches can catch up with, unless told otherwise.
pub const HISTORY: usize = 16_384;

/// How a server is run.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How many changes of each kind are kept for watches; whoever is further behind gets a 410.
    pub history: usize,
    /// Whether there are kubelets and controllers. Without, a bound pod stays Pending and a new node is never Ready.
    pub life: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            history: HISTORY,
            life: true,
        }
    }
}

/// A running embedded cluster. Clones are the same cluster; it lives as long as a clone, a client or a service of it.
#[derive(Clone)]
pub struct Server {
    cluster: Arc<Cluster>,
}

struct Cluster {
    store: Arc<Store>,
    life: Vec<JoinHandle<()>>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for task in &self.life {
            task.abort();
        }
    }
}

impl Server {
    /// Starts a cluster. Must be called on a tokio runtime, on which its kubelets then live.
    pub fn start(scenario: Scenario) -> Self {
        Self::start_with(scenario, Settings::default())
    }

    /// Starts a cluster with settings of one's own.
    pub fn start_with(scenario: Scenario, settings: Settings) -> Self {
        let store = Arc::new(scenario.into_store(settings.history));
        let mut tasks = Vec::new();
        if settings.life {
            tasks.push(tokio::spawn(kubelet::run(Arc::clone(&store))));
            tasks.push(tokio::spawn(life::run(Arc::clone(&store))));
        }
        Self {
            cluster: Arc::new(Cluster { store, life: tasks }),
        }
    }

    /// The API as a tower service, to be called in process or served on a socket.
    pub fn service(&self) -> Router {
        let cluster = Arc::clone(&self.cluster);
        Router::new().fallback_service(service_fn(move |request: Request| {
            let cluster = Arc::clone(&cluster);
            async move { Ok::<Response, Infallible>(api::answer(Arc::clone(&cluster.store), request).await) }
        }))
    }

    /// Serves the API on a socket, until the task that is answered is ended; answers the address, too.
    ///
    /// # Errors
    /// Where the address cannot be listened on.
    pub async fn listen(&self, address: SocketAddr) -> std::io::Result<(SocketAddr, JoinHandle<()>)> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let service = self.service();
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, service).await {
                tracing::error!("the embedded API server stopped listening: {error}");
            }
        });
        Ok((address, task))
    }

    /// A client of this cluster, in process: no socket, no credentials.
    pub fn client(&self) -> kube::Client {
        kube::Client::new(self.service(), "default")
    }
}
