//! Health and metrics over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::task::JoinHandle;

use crate::auto::Metrics;
use crate::cli::exit::{Exit, Failure};
use crate::cli::note;

/// The server; it ends when this is dropped.
pub(super) struct Served(JoinHandle<()>);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Serves on `address`.
///
/// # Errors
/// Where that cannot be had.
pub(super) async fn start(address: SocketAddr, metrics: Arc<Metrics>) -> Result<Served, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(
            Exit::Failed,
            format!("cannot serve health and metrics on {address}: {error}"),
        )
        .hint("Give another --listen ADDR; port 0 takes a free one.")
    };
    let listener = tokio::net::TcpListener::bind(address).await.map_err(failed)?;
    let there = listener.local_addr().map_err(failed)?;
    note(&format!(
        "serving http://{there}/healthz, /livez, /readyz and /metrics"
    ));
    let router = Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/livez", get(async || "ok"))
        .route("/readyz", get(ready))
        .route("/metrics", get(text))
        .with_state(metrics);
    Ok(Served(tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::warn!(%error, "health and metrics are not served any more");
        }
    })))
}

/// Ready once the first lists are complete, or while another copy holds the Lease: a Deployment counts who stands by, too.
async fn ready(State(metrics): State<Arc<Metrics>>) -> (StatusCode, &'static str) {
    if metrics.ready() {
        (StatusCode::OK, "ok")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the first lists are not complete",
        )
    }
}

async fn text(State(metrics): State<Arc<Metrics>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, Metrics::CONTENT_TYPE)], metrics.encode())
}
