//! Suppositions about nodes.

use std::sync::Arc;

use super::error::SuppositionError;
use super::scratch::Scratch;
use super::supposition::Supposition;
use crate::model::taint::{Effect, Taint};
use crate::model::{Node, Pod, PodKey};

/// The taint that the control plane keeps on a cordoned node.
pub(crate) const CORDON: &str = "node.kubernetes.io/unschedulable";
/// The label by which a node is told from others.
const HOSTNAME: &str = "kubernetes.io/hostname";
/// The domain of the taints that say how a node fares; a fresh one fares well.
const OF_CONDITIONS: &str = "node.kubernetes.io/";

impl Scratch {
    pub(super) fn suppose_of_node(&mut self, supposition: &Supposition) -> Result<(), SuppositionError> {
        match supposition {
            Supposition::Cordon(name) => {
                let mut node = self.node(name)?;
                node.unschedulable = true;
                set_taint(&mut node, cordon());
                self.put_node(node);
            }
            Supposition::Uncordon(name) => {
                let mut node = self.node(name)?;
                node.unschedulable = false;
                remove_taints(&mut node, CORDON, Some(Effect::NoSchedule));
                self.put_node(node);
            }
            Supposition::Taint { node, taint } => {
                let mut node = self.node(node)?;
                set_taint(&mut node, taint.clone());
                self.put_node(node);
            }
            Supposition::Untaint { node, key, effect } => {
                let mut node = self.node(node)?;
                if !remove_taints(&mut node, key, *effect) {
                    return Err(no_taint(&node, key, *effect));
                }
                self.put_node(node);
            }
            Supposition::LabelNode { node, key, value } => {
                let mut node = self.node(node)?;
                if value.is_none() && node.labels.get(key).is_none() {
                    let keys = node.labels.iter().map(|(key, _)| &**key);
                    let message = format!("node {} has no label {key}", node.name);
                    return Err(SuppositionError::unknown(
                        message,
                        key,
                        keys,
                        "Nothing is to be taken away.",
                    ));
                }
                let labels = node.labels.with(key, value.clone());
                node.labels = self.cluster.interner.label_set(labels);
                self.put_node(node);
            }
            Supposition::AddNodes { like, count } => self.add_nodes(&self.node(like)?, *count),
            Supposition::RemoveNode(name) => {
                let node = self.node(name)?;
                let id = self.cluster.nodes.id(name);
                let pods = id.into_iter().flat_map(|id| self.cluster.pods_on(id));
                let pods: Vec<PodKey> = pods.map(|(_, pod)| pod.key.clone()).collect();
                for key in &pods {
                    self.remove_pod(key);
                }
                self.remove_node(&node.name);
            }
            _ => {}
        }
        Ok(())
    }

    fn node(&self, name: &str) -> Result<Node, SuppositionError> {
        if let Some((_, node)) = self.cluster.node(name) {
            return Ok((**node).clone());
        }
        let names = self.cluster.nodes.iter().map(|(_, node)| &*node.name);
        let otherwise = "The names are those that kubectl get nodes prints.";
        let message = format!("there is no node '{name}'");
        Err(SuppositionError::unknown(message, name, names, otherwise))
    }

    /// `count` fresh nodes as `like` is, with the pods that run on every such node: of DaemonSets, and static ones.
    fn add_nodes(&mut self, like: &Node, count: u16) {
        let id = self.cluster.nodes.id(&like.name);
        let pods = id.into_iter().flat_map(|id| self.cluster.pods_on(id));
        let pods: Vec<Arc<Pod>> = pods
            .filter(|(_, pod)| is_of_node(pod))
            .map(|(_, pod)| Arc::clone(pod))
            .collect();
        let mut number: u32 = 1;
        for _ in 0..count {
            let name: Arc<str> = loop {
                let name = format!("{}-new-{number}", like.name);
                number += 1;
                if self.cluster.nodes.id(&name).is_none() {
                    break name.into();
                }
            };
            let fresh = self.fresh(like, &name);
            self.put_node(fresh);
            for pod in &pods {
                self.put_pod(Pod {
                    key: PodKey::new(
                        Arc::clone(&pod.key.namespace),
                        format!("{}-on-{name}", pod.key.name),
                    ),
                    uid: "".into(),
                    node_name: Some(Arc::clone(&name)),
                    ..(**pod).clone()
                });
            }
        }
    }

    /// A node like `like` that has just come: neither cordoned nor unwell, with no images yet.
    fn fresh(&mut self, like: &Node, name: &Arc<str>) -> Node {
        let labels = match like.labels.get(HOSTNAME) {
            Some(_) => {
                let labels = like.labels.with(HOSTNAME, Some(Arc::clone(name)));
                self.cluster.interner.label_set(labels)
            }
            None => Arc::clone(&like.labels),
        };
        let taints = like.taints.iter();
        let taints = taints
            .filter(|taint| !taint.key.starts_with(OF_CONDITIONS))
            .cloned();
        Node {
            name: Arc::clone(name),
            uid: "".into(),
            labels,
            taints: taints.collect(),
            unschedulable: false,
            ready: true,
            images: Box::default(),
            ..like.clone()
        }
    }
}

/// Whether `pod` is one that each node has of its own: of a DaemonSet, or static. Evicting it makes no room, since another
/// comes in its place.
pub(crate) fn is_of_node(pod: &Pod) -> bool {
    let owner = pod.owner.as_ref();
    owner.is_some_and(|owner| matches!(&*owner.kind, "DaemonSet" | "Node"))
}

fn cordon() -> Taint {
    Taint {
        key: CORDON.into(),
        value: "".into(),
        effect: Effect::NoSchedule,
    }
}

/// Puts `taint` in the place of the one with its key and effect, or at the end.
fn set_taint(node: &mut Node, taint: Taint) {
    let mut taints = node.taints.to_vec();
    let same = |have: &&mut Taint| have.key == taint.key && have.effect == taint.effect;
    match taints.iter_mut().find(same) {
        Some(have) => *have = taint,
        None => taints.push(taint),
    }
    node.taints = taints.into();
}

/// Whether there was one to remove.
fn remove_taints(node: &mut Node, key: &str, effect: Option<Effect>) -> bool {
    let goes = |taint: &&Taint| *taint.key == *key && effect.is_none_or(|effect| effect == taint.effect);
    let stay: Vec<Taint> = node.taints.iter().filter(|taint| !goes(taint)).cloned().collect();
    let any = stay.len() < node.taints.len();
    if any {
        node.taints = stay.into();
    }
    any
}

fn no_taint(node: &Node, key: &str, effect: Option<Effect>) -> SuppositionError {
    let what = effect.map_or_else(|| key.to_owned(), |effect| format!("{key}:{}", effect.as_str()));
    let message = format!("node {} has no taint {what}", node.name);
    let taints: Vec<String> = node.taints.iter().map(ToString::to_string).collect();
    let hint = match taints.len() {
        0 => "It has no taints at all.".to_owned(),
        _ => format!("It has {}.", taints.join(", ")),
    };
    SuppositionError::new(message, hint)
}
