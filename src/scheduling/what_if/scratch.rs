//! A cluster to suppose things on, and to take them back.

use std::sync::Arc;

use super::error::SuppositionError;
use super::supposition::Supposition;
use crate::model::{Cluster, Node, Pod, PodKey};
use crate::scheduling::cycle;

/// A copy of a cluster and the pod in question, on which things are supposed. Taking them back costs what they cost, so that
/// many can be tried on one copy.
#[derive(Debug)]
pub struct Scratch {
    pub(super) cluster: Cluster,
    pub(super) pod: Arc<Pod>,
    /// What was there before, in the order in which it was changed.
    before: Vec<Before>,
}

/// An object as it was before it was changed; `None` where it was not there.
#[derive(Debug)]
enum Before {
    Node(Arc<str>, Option<Arc<Node>>),
    Pod(PodKey, Option<Arc<Pod>>),
}

impl Scratch {
    /// `cluster` with `pod` in it as one that waits: a bound pod is taken off its node.
    pub fn new(mut cluster: Cluster, pod: &Arc<Pod>) -> Self {
        let mut pod = Arc::clone(pod);
        if pod.node_name.is_some() {
            pod = Arc::new(cycle::unbound(&pod));
            cluster.put_pod((*pod).clone());
        }
        Self {
            cluster,
            pod,
            before: Vec::new(),
        }
    }

    /// The cluster as supposed.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The pod as supposed.
    pub fn pod(&self) -> &Arc<Pod> {
        &self.pod
    }

    /// The cluster and the pod as supposed.
    pub fn into_parts(self) -> (Cluster, Arc<Pod>) {
        (self.cluster, self.pod)
    }

    /// Makes `supposition` so; where it cannot be, nothing is changed.
    ///
    /// # Errors
    /// Why it makes no sense here.
    pub fn suppose(&mut self, supposition: &Supposition) -> Result<(), SuppositionError> {
        match supposition {
            Supposition::Cordon(_)
            | Supposition::Uncordon(_)
            | Supposition::Taint { .. }
            | Supposition::Untaint { .. }
            | Supposition::LabelNode { .. }
            | Supposition::AddNodes { .. }
            | Supposition::RemoveNode(_) => self.suppose_of_node(supposition),
            Supposition::Evict(key) => self.evict(key),
            _ => self.suppose_of_pod(supposition),
        }
    }

    /// Takes back everything that was supposed.
    pub fn take_back(&mut self) {
        for before in std::mem::take(&mut self.before).into_iter().rev() {
            match before {
                Before::Node(_, Some(node)) => self.cluster.put_node((*node).clone()),
                Before::Node(name, None) => self.cluster.remove_node(&name),
                Before::Pod(key, before) => {
                    if let Some(pod) = before.as_ref().filter(|_| key == self.pod.key) {
                        self.pod = Arc::clone(pod);
                    }
                    match before {
                        Some(pod) => self.cluster.put_pod((*pod).clone()),
                        None => self.cluster.remove_pod(&key),
                    }
                }
            }
        }
    }

    pub(super) fn put_node(&mut self, node: Node) {
        let before = self.cluster.node(&node.name).map(|(_, node)| Arc::clone(node));
        self.before.push(Before::Node(Arc::clone(&node.name), before));
        self.cluster.put_node(node);
    }

    pub(super) fn remove_node(&mut self, name: &Arc<str>) {
        let before = self.cluster.node(name).map(|(_, node)| Arc::clone(node));
        self.before.push(Before::Node(Arc::clone(name), before));
        self.cluster.remove_node(name);
    }

    pub(super) fn put_pod(&mut self, pod: Pod) {
        let before = self.cluster.pod(&pod.key).cloned();
        self.before.push(Before::Pod(pod.key.clone(), before));
        self.cluster.put_pod(pod);
    }

    pub(super) fn remove_pod(&mut self, key: &PodKey) {
        let before = self.cluster.pod(key).cloned();
        self.before.push(Before::Pod(key.clone(), before));
        self.cluster.remove_pod(key);
    }

    /// Puts `pod` in the place of the pod in question.
    pub(super) fn change(&mut self, pod: Pod) {
        let before = Some(Arc::clone(&self.pod));
        self.before.push(Before::Pod(pod.key.clone(), before));
        self.pod = Arc::new(pod.clone());
        self.cluster.put_pod(pod);
    }

    fn evict(&mut self, key: &PodKey) -> Result<(), SuppositionError> {
        if *key == self.pod.key {
            return Err(SuppositionError::new(
                format!("{key} is the pod in question"),
                "Evict another one, which makes room for it.",
            ));
        }
        if self.cluster.pod(key).is_none() {
            let names: Vec<String> = self
                .cluster
                .pods
                .iter()
                .filter(|(_, pod)| pod.key.namespace == key.namespace)
                .map(|(_, pod)| pod.key.to_string())
                .collect();
            let names = names.iter().map(String::as_str);
            return Err(SuppositionError::unknown(
                format!("there is no pod {key}"),
                &key.to_string(),
                names,
                "Write it as NAMESPACE/NAME.",
            ));
        }
        self.remove_pod(key);
        Ok(())
    }
}
