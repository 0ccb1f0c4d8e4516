//! What the watches bring, and what it does to the cache.

use crate::model::from_api::{NamespaceObject, NodeObject, PodObject};

/// A change to the cluster, in API terms.
#[derive(Clone, Debug)]
pub enum Change {
    /// To a pod.
    Pod(WatchEvent<PodObject>),
    /// To a node.
    Node(WatchEvent<NodeObject>),
    /// To a namespace.
    Namespace(WatchEvent<NamespaceObject>),
}

/// One step of a list-and-watch.
#[derive(Clone, Debug)]
pub enum WatchEvent<K> {
    /// A list begins: what it does not bring again is gone when it is complete. The cache keeps what it has until
    /// then, so that a relist neither loses nor doubles anything.
    Restarted,
    /// An object of the list.
    Listed(Box<K>),
    /// The list is complete.
    Synced,
    /// An object was made or changed.
    Applied(Box<K>),
    /// An object is gone.
    Deleted(Box<K>),
}
