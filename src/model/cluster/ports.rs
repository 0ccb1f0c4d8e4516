//! Host ports in use.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::ids::NodeId;
use crate::model::pod::HostPort;

/// Which host ports are taken on which nodes: by protocol and port, so that a pod that wants one looks at those nodes
/// alone.
#[derive(Clone, Debug, Default)]
pub struct UsedPorts(FxHashMap<(Arc<str>, i32), Holders>);

/// The addresses in use on each node, each as often as there are pods that have it.
pub type Holders = FxHashMap<NodeId, Vec<Arc<str>>>;

impl UsedPorts {
    /// Who holds `port`'s number under its protocol, at whatever address.
    pub fn holders(&self, port: &HostPort) -> Option<&Holders> {
        self.0.get(&(Arc::clone(&port.protocol), port.port))
    }

    pub(super) fn add(&mut self, node: NodeId, port: &HostPort) {
        let holders = self.0.entry((Arc::clone(&port.protocol), port.port)).or_default();
        holders.entry(node).or_default().push(Arc::clone(&port.ip));
    }

    pub(super) fn remove(&mut self, node: NodeId, port: &HostPort) {
        let key = (Arc::clone(&port.protocol), port.port);
        let Some(holders) = self.0.get_mut(&key) else {
            return;
        };
        if let Some(addresses) = holders.get_mut(&node) {
            if let Some(at) = addresses.iter().position(|ip| *ip == port.ip) {
                addresses.swap_remove(at);
            }
            if addresses.is_empty() {
                holders.remove(&node);
            }
        }
        if holders.is_empty() {
            self.0.remove(&key);
        }
    }
}
