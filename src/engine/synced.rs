//! Whether the first lists are complete.

use crate::model::cluster::{ObjectKind, WatchEvent};
use crate::model::{Change, Cluster};

/// Which of the first lists of these kinds are complete; the cache itself knows it of all others.
#[derive(Debug, Default)]
pub struct Synced {
    pods: bool,
    nodes: bool,
    namespaces: bool,
}

impl Synced {
    /// Takes note of what `change` completes.
    pub fn note(&mut self, change: &Change) {
        match change {
            Change::Pod(WatchEvent::Synced) => self.pods = true,
            Change::Node(WatchEvent::Synced) => self.nodes = true,
            Change::Namespace(WatchEvent::Synced) => self.namespaces = true,
            _ => {}
        }
    }

    /// Whether all are complete in `cluster`, but for kinds that are not to be [seen](Cluster::unseen).
    pub fn holds(&self, cluster: &Cluster) -> bool {
        let came = |&kind: &ObjectKind| cluster.objects.is_synced(kind) || cluster.unseen.contains_key(&kind);
        self.pods && self.nodes && self.namespaces && ObjectKind::ALL.iter().all(came)
    }
}
