//! The cluster, once: for commands that look and leave.

use super::connect::Connection;
use super::error::ClusterError;
use super::list::List;
use super::watch::Watched;
use crate::model::from_api::{NamespaceObject, NodeObject, PodObject};
use crate::model::{Change, WatchEvent};

/// Lists pods that are not over, nodes and namespaces, all at once. The three lists are each of one moment, and of
/// moments close together.
///
/// # Errors
/// Where one of them cannot be had; the first failure is told.
pub async fn load(connection: &Connection) -> Result<Vec<Change>, ClusterError> {
    let (mut namespaces, nodes, pods) = tokio::try_join!(
        all::<NamespaceObject>(connection),
        all::<NodeObject>(connection),
        all::<PodObject>(connection),
    )?;
    namespaces.reserve(nodes.len() + pods.len());
    namespaces.extend(nodes);
    namespaces.extend(pods);
    Ok(namespaces)
}

async fn all<K: Watched>(connection: &Connection) -> Result<Vec<Change>, ClusterError> {
    let failed = |error| ClusterError::new(&K::KIND.listing(), connection.server(), error);
    let mut changes = vec![K::change(WatchEvent::Restarted)];
    let mut list = List::open(connection, K::KIND.path()).await.map_err(failed)?;
    loop {
        let batch = list.batch::<K>().await.map_err(failed)?;
        if batch.is_empty() {
            break;
        }
        changes.extend(
            batch
                .into_iter()
                .map(|object| K::change(WatchEvent::Listed(Box::new(object)))),
        );
    }
    list.finish().map_err(failed)?;
    changes.push(K::change(WatchEvent::Synced));
    Ok(changes)
}
