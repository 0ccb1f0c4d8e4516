//! What a scheduler sees: a line for every pod and node that there is, and for each that comes.
//!
//! ```sh
//! cargo run --example watcher            # on the current context
//! ```
//! A scheduler begins with nothing. It lists what there is, then watches what changes, and keeps both in a cache of its own.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its lines are for a person at a terminal"
)]

use std::collections::HashSet;

use berth::cluster::watch::{self, FeedEvent, WatchKind};
use berth::cluster::{ConnectOptions, connect};
use berth::model::Cluster;
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let connection = connect(&ConnectOptions::default()).await?;
    // Namespaces are left out: who only prints pods and nodes has no use for them.
    let (sender, mut feed) = mpsc::channel(64);
    let _watches = watch::start(&connection, [WatchKind::Pods, WatchKind::Nodes], &sender);
    let (mut cache, mut known) = (Cluster::default(), HashSet::new());
    while let Some(event) = feed.recv().await {
        match event {
            FeedEvent::Changes(changes) => changes.into_iter().for_each(|change| cache.apply(change)),
            FeedEvent::Status(kind, status) => {
                eprintln!("{kind}: {status:?}");
                continue;
            }
        }
        let pods = cache.pods.iter().map(|(_, pod)| format!("pod {}", pod.key));
        let nodes = cache
            .nodes
            .iter()
            .map(|(_, node)| format!("node \"{}\"", node.name));
        for object in pods.chain(nodes) {
            if known.insert(object.clone()) {
                println!("add event for {object}");
            }
        }
    }
    Ok(())
}
