//! A whole scheduler: kube-scheduler's queue, rules, preemption, volumes and devices, for pods of `my-scheduler`.
//!
//! ```sh
//! cargo run --example scheduler
//! ```

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its lines are for a person at a terminal"
)]

use std::sync::Arc;

use berth::auto::{Happened, Scheduler, Settings};
use berth::cluster::{ConnectOptions, connect};
use berth::scheduling::Profiles;
use berth::scheduling::features::FeatureGates;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let connection = connect(&ConnectOptions::default()).await?;
    let settings = Settings {
        scheduler_names: vec!["my-scheduler".into()],
        // kube-scheduler's default plugins and weights, whatever the schedulerName.
        profiles: Profiles::new(FeatureGates::default()),
        // Of several nodes that are best alike one is drawn.
        seed: 1,
        once: false,
        bindings: 64,
    };
    let tell = Arc::new(|what| match what {
        Happened::Bound(pod, node) => println!("bound {pod} to {node}"),
        Happened::Unplaced { pod, message, .. } => println!("cannot place {pod}: {message}"),
        Happened::Preempted { pod, node, .. } => println!("made room for {pod} on {node}"),
        Happened::Trouble(text) => eprintln!("{text}"),
        _ => {}
    });
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    let ended = Scheduler::new(connection, settings).run(stop, tell).await;
    println!("{} pods bound, {} wait", ended.bound, ended.left);
    Ok(())
}
