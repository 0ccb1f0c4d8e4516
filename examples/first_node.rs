//! The smallest scheduler there is: every pod that names it goes to the first node.
//!
//! ```sh
//! cargo run --example first_node         # then: kubectl apply -f a pod with schedulerName: StupidScheduler
//! ```
//! It asks no rule, so the kubelet of that node may reject what it gets. All that makes it a scheduler is that it creates a
//! Binding: the pod, its uid, and the name of a node. The event `Scheduled` comes after it, for people.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its lines are for a person at a terminal"
)]

use std::sync::Arc;

use berth::auto::{Classic, Happened};
use berth::cluster::{ConnectOptions, connect};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let connection = connect(&ConnectOptions::default()).await?;
    // Without predicates every node fits; without priorities all are alike, and the first by name is taken.
    let scheduler = Classic::new("StupidScheduler");
    let tell = Arc::new(|what| match what {
        Happened::Bound(pod, _) => println!("Success bind pod {pod}"),
        Happened::Trouble(text) => eprintln!("{text}"),
        Happened::Unplaced { pod, message, .. } => eprintln!("{pod}: {message}"),
        _ => {}
    });
    let stop = async {
        // Where signals cannot be heard, it runs until it is killed.
        let _ = tokio::signal::ctrl_c().await;
    };
    scheduler.run(connection, stop, tell).await;
    Ok(())
}
