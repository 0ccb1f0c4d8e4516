//! Which images are on which nodes.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::ids::NodeId;
use crate::model::image::NodeImage;

/// Nodes by image name: few names, and for each the nodes that have it.
#[derive(Clone, Debug, Default)]
pub struct Images(FxHashMap<Arc<str>, Holding>);

/// Who has an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Bytes, as the node told that had it first: upstream keeps that number until no node has the image.
    pub size: i64,
    /// The nodes, by slot.
    pub nodes: Vec<NodeId>,
}

impl Images {
    /// Who has the image called `name`; `None` where nobody has.
    pub fn holding(&self, name: &str) -> Option<&Holding> {
        self.0.get(name)
    }

    /// Has `node` exchange the images `from` for `to`; gives the names of which anything changed.
    pub(super) fn change(
        &mut self,
        node: NodeId,
        from: &[Arc<NodeImage>],
        to: &[Arc<NodeImage>],
    ) -> Vec<Arc<str>> {
        if from == to {
            return Vec::new();
        }
        let names = |images: &[Arc<NodeImage>]| -> FxHashSet<Arc<str>> {
            images.iter().flat_map(|image| &image.names).cloned().collect()
        };
        let kept = names(to);
        let mut changed = Vec::new();
        for name in names(from) {
            if !kept.contains(&name) && self.remove(node, &name) {
                changed.push(name);
            }
        }
        let mut seen = FxHashSet::default();
        for image in to {
            for name in &image.names {
                if seen.insert(name) && self.set(node, name, image.size) {
                    changed.push(Arc::clone(name));
                }
            }
        }
        changed
    }

    fn remove(&mut self, node: NodeId, name: &str) -> bool {
        let Some(holding) = self.0.get_mut(name) else {
            return false;
        };
        let Ok(at) = holding.nodes.binary_search(&node) else {
            return false;
        };
        holding.nodes.remove(at);
        if holding.nodes.is_empty() {
            self.0.remove(name);
        }
        true
    }

    fn set(&mut self, node: NodeId, name: &Arc<str>, size: i64) -> bool {
        let Some(holding) = self.0.get_mut(name) else {
            let nodes = vec![node];
            self.0.insert(Arc::clone(name), Holding { size, nodes });
            return true;
        };
        match holding.nodes.binary_search(&node) {
            Ok(_) if holding.nodes.len() == 1 && holding.size != size => {
                holding.size = size;
                true
            }
            Ok(_) => false,
            Err(at) => {
                holding.nodes.insert(at, node);
                true
            }
        }
    }
}
