//! Pods put on nodes in the cache before the API server says so: to see what would be, or because it soon will.

use std::sync::Arc;

use super::Cluster;
use crate::model::ids::PodKey;
use crate::model::pod::Pod;

impl Cluster {
    /// Puts the pod called `key`, which waits, on `node`, as its Binding would. Whether there is such a pod, and such a
    /// node.
    ///
    /// What a Binding alone does not do is not done here either: claims stay as they are.
    pub fn assume(&mut self, key: &PodKey, node: &str) -> bool {
        let Some(pod) = self.pod(key).filter(|pod| pod.is_waiting()) else {
            return false;
        };
        let Some((_, found)) = self.node(node) else {
            return false;
        };
        let bound = Pod {
            node_name: Some(Arc::clone(&found.name)),
            ..(**pod).clone()
        };
        self.put_pod(bound);
        true
    }

    /// Takes back what [`Cluster::assume`] did: the pod called `key` waits again. Whether it was on a node.
    pub fn forget(&mut self, key: &PodKey) -> bool {
        let Some(pod) = self.pod(key).filter(|pod| pod.node_name.is_some()) else {
            return false;
        };
        let waiting = Pod {
            node_name: None,
            ..(**pod).clone()
        };
        self.put_pod(waiting);
        true
    }

    /// Nominates `node` for the pod called `key`, which waits, as its status soon will; with `None`, no node. Whether there
    /// is such a pod.
    pub fn nominate(&mut self, key: &PodKey, node: Option<&Arc<str>>) -> bool {
        let Some(pod) = self.pod(key).filter(|pod| pod.is_waiting()) else {
            return false;
        };
        let nominated = Pod {
            nominated_node: node.cloned(),
            ..(**pod).clone()
        };
        self.put_pod(nominated);
        true
    }
}
