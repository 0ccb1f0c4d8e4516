//! The nodes' labels by key.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::SharedColumn;
use crate::model::ids::NodeId;
use crate::model::labels::Labels;

/// The values of one label over the nodes.
pub type LabelColumn = SharedColumn<Arc<str>>;

/// A column per label key that some node has.
#[derive(Clone, Debug, Default)]
pub struct LabelColumns(FxHashMap<Arc<str>, LabelColumn>);

impl LabelColumns {
    /// The column of `key`; `None` where no node has the label.
    pub fn get(&self, key: &str) -> Option<&LabelColumn> {
        self.0.get(key)
    }

    pub(super) fn change(&mut self, node: NodeId, from: Option<&Labels>, to: Option<&Labels>) {
        for (key, _) in from.into_iter().flat_map(Labels::iter) {
            if to.is_none_or(|to| to.get(key).is_none())
                && let Some(column) = self.0.get_mut(key)
            {
                column.set(node, None);
                if column.is_unused() {
                    self.0.remove(key);
                }
            }
        }
        for (key, value) in to.into_iter().flat_map(Labels::iter) {
            if !self.0.contains_key(key) {
                self.0.insert(Arc::clone(key), LabelColumn::default());
            }
            if let Some(column) = self.0.get_mut(key) {
                column.set(node, Some(Arc::clone(value)));
            }
        }
    }
}
