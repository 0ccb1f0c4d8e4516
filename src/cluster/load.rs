//! The cluster, once: for commands that look and leave.

use std::sync::{Mutex, PoisonError};

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
    let mut changes = Vec::new();
    load_with(connection, &mut |change| changes.push(change)).await?;
    Ok(changes)
}

/// The same, handed on piece by piece while it arrives, so that it is never all held at once.
///
/// # Errors
/// As [`load`]; what was handed on by then is not complete.
pub async fn load_with(
    connection: &Connection,
    take: &mut (dyn FnMut(Change) + Send),
) -> Result<(), ClusterError> {
    let take = Mutex::new(take);
    tokio::try_join!(
        each::<NamespaceObject>(connection, &take),
        each::<NodeObject>(connection, &take),
        each::<PodObject>(connection, &take),
    )?;
    Ok(())
}

async fn each<K: Watched>(
    connection: &Connection,
    take: &Mutex<&mut (dyn FnMut(Change) + Send)>,
) -> Result<(), ClusterError> {
    let failed = |error| ClusterError::new(&K::KIND.listing(), connection.server(), error);
    let hand_on = |batch: Vec<WatchEvent<K>>| {
        let mut take = take.lock().unwrap_or_else(PoisonError::into_inner);
        for event in batch {
            (*take)(K::change(event));
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
    list.finish().map_err(failed)?;
    hand_on(vec![WatchEvent::Synced]);
    Ok(())
}
