//! An embedded API server for demonstrations, lessons and tests.
//!
//! It answers like a Kubernetes API server of 1.37 to the kinds in its table (`demo/kinds.rs`) and like one that lacks
//! the rest: unknown paths are 404, verbs it does not have are 405 and are not in discovery. It imports neither the
//! scheduling rules nor the model of this program, so that what works on it owes nothing to shared code.
//!
//! What it lacks, beyond kinds: protobuf answers (406) and authorization (an access review says so). Its `OpenAPI` documents
//! have no descriptions. Refusals carry upstream's codes, reasons, causes and texts; in those about a field of a wrong type,
//! Go's named string types are called `string`. What is not checked of a kind is said in its file under
//! `demo/strategies`; what else differs is in `docs/embedded-api.md`.

mod api;
mod apply;
mod bindings;
mod bodies;
mod clock;
mod deletions;
mod discovery;
mod events;
mod evictions;
mod failure;
mod fields;
mod generated;
mod kinds;
mod label_selectors;
mod life;
mod listen;
mod logs;
mod managed_fields;
mod names;
mod namespaces;
mod negotiation;
mod nodes;
mod object;
mod openapi;
mod pace;
mod patches;
mod pods;
mod priority_classes;
mod protobuf;
mod quantities;
mod reads;
mod request;
mod reviews;
mod scales;
mod scenario;
mod schema;
mod selectors;
mod shapes;
mod store;
mod strategies;
mod strategy;
mod subresource;
mod syntax;
mod tables;
mod warnings;
mod watches;
mod writes;

use std::{convert::Infallible, sync::Arc};

use axum::{Router, extract::Request, response::Response};
use tokio::task::JoinHandle;
use tower::service_fn;

use self::store::Store;
pub use self::{
    generated::Generated,
    listen::{KubeconfigError, ListenError, Listening, check_kubeconfig},
    pace::Pace,
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
    /// How fast these are.
    pub pace: Pace,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            history: HISTORY,
            life: true,
            pace: Pace::default(),
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
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
        let (store, steps) = scenario.into_parts(settings.history);
        let store = Arc::new(store);
        let mut tasks = Vec::new();
        if settings.life {
            tasks.push(tokio::spawn(life::run(Arc::clone(&store), settings.pace)));
            tasks.push(tokio::spawn(scenario::play(Arc::clone(&store), steps)));
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

    /// A client of this cluster, in process: no socket, no credentials.
    pub fn client(&self) -> kube::Client {
        kube::Client::new(self.service(), "default")
    }
}
