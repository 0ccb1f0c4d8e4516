//! A scheduler with predicates and priorities, which are functions: here they draw.
//!
//! ```sh
//! cargo run --example random             # then: kubectl apply -f a pod with schedulerName: random-scheduler
//! ```
//! kube-scheduler works so, too: filters say on which nodes a pod may run, scores say which of those is best. Put your own
//! rules in their place, and it is your scheduler.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its lines are for a person at a terminal"
)]

use std::sync::Arc;

use berth::auto::{Classic, Happened};
use berth::cluster::{ConnectOptions, connect};
use fastrand::Rng;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let connection = connect(&ConnectOptions::default()).await?;
    let (mut coin, mut dice) = (Rng::with_seed(7), Rng::with_seed(8));
    let scheduler = Classic::new("random-scheduler")
        // RandomFilter: half of all nodes are out, whatever the pod.
        .predicate(move |_pod, _node| coin.bool())
        // RandomScore: 0 to 99.
        .priority(move |_pod, _node| dice.i64(0..100));
    let tell = Arc::new(|what| match what {
        Happened::Found(pod) => println!("found a pod to schedule: {pod}"),
        Happened::Scored(pod, scores) => println!("calculated scores for {pod}: {scores:?}"),
        Happened::Chosen(pod, node) => println!("chose node {node} for {pod}"),
        Happened::Bound(pod, node) => println!("bound {pod} to {node}"),
        // What `kubectl describe pod` shows under Events.
        Happened::Posted(pod) => println!("posted event Scheduled for {pod}"),
        // No node passed the filter, or the API server refused: the pod is put back into the queue.
        Happened::Unplaced { pod, message, .. } => println!("cannot place {pod}: {message}"),
        Happened::Trouble(text) => eprintln!("{text}"),
        _ => {}
    });
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    scheduler.run(connection, stop, tell).await;
    Ok(())
}
