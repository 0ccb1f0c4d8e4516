//! The pods that wait for something to happen, those together that the same things help.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::PodKey;
use crate::model::pod::Template;
use crate::scheduling::hint::Occasions;

/// What pods that are helped by the same events have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Group {
    /// Equal templates get equal hints.
    pub(super) template: Template,
    pub(super) rejectors: Arc<[&'static str]>,
    /// The plugin that holds them back.
    pub(super) gate: Option<&'static str>,
}

/// The pods of a group.
#[derive(Clone, Debug, Default)]
pub(super) struct Bunch {
    pub(super) pods: FxHashSet<PodKey>,
    /// What any plugin that rejected them registered.
    pub(super) registered: Occasions,
    /// What the plugin registered that holds them back.
    pub(super) opening: Option<Occasions>,
}

impl Bunch {
    /// Whether any of `occasions` may help them at all.
    pub(super) fn minds(&self, occasions: Occasions) -> bool {
        self.registered.meets(occasions) && self.opening.is_none_or(|opening| opening.meets(occasions))
    }
}

/// Unschedulable and gated pods.
#[derive(Clone, Debug, Default)]
pub(super) struct Parked {
    groups: FxHashMap<Group, Bunch>,
}

impl Parked {
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The pods.
    pub(super) fn iter(&self) -> impl Iterator<Item = &PodKey> {
        self.groups.values().flat_map(|bunch| &bunch.pods)
    }

    /// Those together that the same things help.
    pub(super) fn bunches(&self) -> impl Iterator<Item = &Bunch> {
        self.groups.values()
    }

    /// Puts in the pod called `key`; `registered` tells what a plugin registered.
    pub(super) fn insert(&mut self, group: Group, key: PodKey, registered: impl Fn(&str) -> Occasions) {
        let bunch = self.groups.entry(group).or_insert_with_key(|group| Bunch {
            pods: FxHashSet::default(),
            registered: group.rejectors.iter().map(|plugin| registered(plugin)).collect(),
            opening: group.gate.map(&registered),
        });
        bunch.pods.insert(key);
    }

    pub(super) fn remove(&mut self, group: &Group, key: &PodKey) {
        if let Some(bunch) = self.groups.get_mut(group) {
            bunch.pods.remove(key);
            if bunch.pods.is_empty() {
                self.groups.remove(group);
            }
        }
    }
}
