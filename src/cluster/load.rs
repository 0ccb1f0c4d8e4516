//! The cluster, once: for commands that look and leave.

use std::sync::{Mutex, PoisonError};

use super::connect::Connection;
use super::error::ClusterError;
use super::list::List;
use super::watch::Watched;
use crate::model::from_api::{NamespaceObject, NodeObject, PodObject};
use crate::model::{Cluster, WatchEvent};

/// Lists pods that are not over, nodes and namespaces, all at once. The three lists are each of one moment, and of
/// moments close together. What comes is taken in while it arrives, so that the lists are never held.
///
/// # Errors
/// Where one of them cannot be had; the first failure is told.
pub async fn load(connection: &Connection) -> Result<Cluster, ClusterError> {
    let cluster = Mutex::new(Cluster::default());
    tokio::try_join!(
        each::<NamespaceObject>(connection, &cluster),
        each::<NodeObject>(connection, &cluster),
        each::<PodObject>(connection, &cluster),
    )?;
    Ok(cluster.into_inner().unwrap_or_else(PoisonError::into_inner))
}

async fn each<K: Watched>(connection: &Connection, cluster: &Mutex<Cluster>) -> Result<(), ClusterError> {
    let failed = |error| ClusterError::new(&K::KIND.listing(), connection.server(), error);
    let hand_on = |batch: Vec<WatchEvent<K>>| {
        let mut cluster = cluster.lock().unwrap_or_else(PoisonError::into_inner);
        for event in batch {
            cluster.apply(K::change(event));
        }
    };
    let mut list = List::open(connection, K::KIND.path()).await.map_err(failed)?;
    hand_on(vec![WatchEvent::Restarted]);
    loop {
        let batch = list.batch::<K>().await.map_err(failed)?;
        if batch.is_empty() {
            break;
        }
        hand_on(
            batch
                .into_iter()
                .map(|object| WatchEvent::Listed(Box::new(object)))
                .collect(),
        );
    }
    hand_on(vec![WatchEvent::Synced]);
    Ok(())
}
