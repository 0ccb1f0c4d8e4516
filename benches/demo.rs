//! What the embedded API server bears: writes with ten watches open, a long list, tables, and the memory for it.
//!
//! ```text
//! cargo bench --bench demo -- [--pods 50000] [--writes 50000] [--watches 10] [--idle 10]
//! ```
//!
//! All in one process, without sockets. Needs Linux, whose `/proc` tells the memory. `--idle` watches are opened and
//! never read.
#![allow(clippy::print_stdout, reason = "its table")]

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use axum::{Router, body::Body};
use berth::demo::{Scenario, Server, Settings};
use futures::StreamExt;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

#[path = "support/cluster.rs"]
#[allow(dead_code, reason = "the other benchmarks use the rest of it")]
mod support;

const PODS: &str = "/api/v1/namespaces/default/pods";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("demo: a benchmark; run it with cargo bench --bench demo");
        return ExitCode::SUCCESS;
    }
    let option = |name: &str, default: usize| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok())
            .unwrap_or(default)
    };
    let (pods, writes) = (option("--pods", 50_000).max(1), option("--writes", 50_000));
    let (watches, idle) = (option("--watches", 10), option("--idle", 10));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(run(pods, writes, watches, idle));
    ExitCode::SUCCESS
}

async fn run(pods: usize, writes: usize, watches: usize, idle: usize) {
    let settings = Settings {
        life: false,
        history: 65_536,
        ..Settings::default()
    };
    let server = Server::start_with(Scenario::empty(), settings);
    let service = server.service();
    show("at the start", 0.0, "");

    let start = Instant::now();
    for at in 0..pods {
        let mut pod = support::placed(at, 5_000);
        pod["metadata"]["name"] = json!(format!("p{at}"));
        pod["metadata"]["namespace"] = json!("default");
        send(&service, "POST", PODS, "application/json", &pod).await;
    }
    show("pods made", rate(pods, start), "/s");

    let from = list(&service, "/api/v1/pods?limit=1", "").await.1;
    let from = from["metadata"]["resourceVersion"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let uri = format!("/api/v1/pods?watch=1&resourceVersion={from}");
    let seen = Arc::new(AtomicU64::new(0));
    let bytes = Arc::new(AtomicU64::new(0));
    let mut unread = Vec::new();
    for _ in 0..idle {
        unread.push(open(&service, &uri, "").await);
    }
    for _ in 0..watches {
        let mut body = open(&service, &uri, "").await.into_data_stream();
        let (seen, bytes) = (Arc::clone(&seen), Arc::clone(&bytes));
        tokio::spawn(async move {
            while let Some(Ok(piece)) = body.next().await {
                bytes.fetch_add(piece.len() as u64, Relaxed);
                seen.fetch_add(
                    piece.split(|byte| *byte == b'\n').count().saturating_sub(1) as u64,
                    Relaxed,
                );
            }
        });
    }
    let start = Instant::now();
    for at in 0..writes {
        let uri = format!("{PODS}/p{}/status", at % pods);
        let patch = json!({"status": {"message": format!("write {at}")}});
        send(&service, "PATCH", &uri, "application/merge-patch+json", &patch).await;
    }
    show("writes, watched", rate(writes, start), "/s");
    let wanted = (writes * watches) as u64;
    while seen.load(Relaxed) < wanted && start.elapsed() < Duration::from_secs(120) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    show(
        "events told",
        rate(usize::try_from(seen.load(Relaxed)).unwrap_or(0), start),
        "/s",
    );
    show("", megabytes(bytes.load(Relaxed), start), "MB/s");
    show(
        "of those wanted",
        seen.load(Relaxed) as f64 / (wanted.max(1)) as f64 * 100.0,
        "%",
    );
    drop(unread);

    let start = Instant::now();
    let length = open(&service, "/api/v1/pods", "").await.collect().await;
    let length = length.expect("a whole list").to_bytes().len();
    show("list", start.elapsed().as_secs_f64() * 1e3, "ms");
    show("", megabytes(length as u64, start), "MB/s");

    for (name, accept) in [("in pages of 500", ""), ("as tables of 500", TABLE)] {
        let start = Instant::now();
        let mut token = String::new();
        loop {
            let uri = format!("/api/v1/pods?limit=500&continue={token}");
            let (_, page) = list(&service, &uri, accept).await;
            match page["metadata"]["continue"].as_str() {
                Some(next) => next.clone_into(&mut token),
                None => break,
            }
        }
        show(name, start.elapsed().as_secs_f64() * 1e3, "ms");
    }
    show("at the end", 0.0, "");
}

/// A figure, and the most memory that was ever in use.
fn show(what: &str, figure: f64, unit: &str) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!(
        "{what:20} {figure:12.1} {unit:6} peak {}",
        peak.unwrap_or("?").trim()
    );
}

fn rate(count: usize, start: Instant) -> f64 {
    count as f64 / start.elapsed().as_secs_f64()
}

fn megabytes(bytes: u64, start: Instant) -> f64 {
    bytes as f64 / 1e6 / start.elapsed().as_secs_f64()
}

async fn send(service: &Router, method: &str, uri: &str, media: &str, body: &Value) {
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header("content-type", media)
        .body(Body::from(body.to_string()))
        .expect("a sound request");
    let response = service.clone().oneshot(request).await.expect("an answer");
    assert!(
        response.status().is_success(),
        "{method} {uri}: {}",
        response.status()
    );
}

async fn open(service: &Router, uri: &str, accept: &str) -> Body {
    let request = Request::builder().uri(uri).header("accept", accept);
    let request = request.body(Body::empty()).expect("a sound request");
    let response = service.clone().oneshot(request).await.expect("an answer");
    assert!(response.status().is_success(), "{uri}: {}", response.status());
    response.into_body()
}

async fn list(service: &Router, uri: &str, accept: &str) -> (usize, Value) {
    let body = open(service, uri, accept)
        .await
        .collect()
        .await
        .expect("a whole list");
    let bytes = body.to_bytes();
    (bytes.len(), serde_json::from_slice(&bytes).expect("JSON"))
}
