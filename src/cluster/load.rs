//! The cluster, once: for commands that look and leave.

use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, join, try_join_all};

use super::connect::Connection;
use super::error::ClusterError;
use super::list::List;
use super::request::RequestError;
use super::watch::{Absence, Each, WatchKind, Watched};
use crate::model::{Change, Cluster, WatchEvent};

/// Lists pods that are not over, and everything else that decisions depend on, all at once. The lists are each of one
/// moment, and of moments close together. What comes is taken in while it arrives, so that the lists are never held.
///
/// A kind that the server does not have is empty; one that we may not see is [unseen](Cluster::unseen).
///
/// # Errors
/// Where one of pods, nodes and namespaces cannot be had, or another for a reason that may pass; one failure is told.
pub async fn load(connection: &Connection) -> Result<Cluster, ClusterError> {
    let cluster = Mutex::new(Cluster::default());
    let read = |kind: WatchKind| {
        kind.with(Read {
            connection,
            cluster: &cluster,
        })
    };
    let (essential, others): (Vec<_>, Vec<_>) =
        WatchKind::all().partition(|kind| WatchKind::ESSENTIAL.contains(kind));
    let (essential, others) = join(
        try_join_all(essential.into_iter().map(read)),
        try_join_all(others.into_iter().map(read)),
    )
    .await;
    essential.and(others)?;
    Ok(cluster.into_inner().unwrap_or_else(PoisonError::into_inner))
}

struct Read<'a> {
    connection: &'a Connection,
    cluster: &'a Mutex<Cluster>,
}

impl<'a> Each for Read<'a> {
    type Output = BoxFuture<'a, Result<(), ClusterError>>;

    fn work<K: Watched>(self) -> Self::Output {
        async move {
            self.apply([K::change(WatchEvent::Restarted)]);
            match (self.list::<K>().await, K::KIND) {
                (Ok(()), _) => {}
                (Err(error), WatchKind::Other(kind)) => match Absence::of(K::KIND, &error) {
                    Some(Absence::NotServed) => {}
                    Some(Absence::Unseen(why)) => self.apply([Change::Unseen(kind, Some(Arc::from(why)))]),
                    None => return Err(self.failed(K::KIND, error)),
                },
                (Err(error), _) => return Err(self.failed(K::KIND, error)),
            }
            self.apply([K::change(WatchEvent::Synced)]);
            Ok(())
        }
        .boxed()
    }
}

impl Read<'_> {
    async fn list<K: Watched>(&self) -> Result<(), RequestError> {
        let mut list = List::open(self.connection, &K::KIND.path()).await?;
        loop {
            let batch = list.batch::<K>().await?;
            if batch.is_empty() {
                return Ok(());
            }
            self.apply(
                batch
                    .into_iter()
                    .map(|object| K::change(WatchEvent::Listed(Box::new(object)))),
            );
        }
    }

    fn apply(&self, changes: impl IntoIterator<Item = Change>) {
        let mut cluster = self.cluster.lock().unwrap_or_else(PoisonError::into_inner);
        changes.into_iter().for_each(|change| cluster.apply(change));
    }

    fn failed(&self, kind: WatchKind, error: RequestError) -> ClusterError {
        ClusterError::new(&kind.listing(), self.connection.server(), error)
    }
}
