//! Queueing hints: what may help a pod that was rejected.
//!
//! A plugin registers the [`Occasion`]s that may make a difference to pods it rejected, and gives a [`Hint`] for each
//! event that is one of them. A change moves only the pods that a plugin which rejected them says it may help.

mod words;

use super::Profile;
use super::plugin::Plugin;
use std::collections::BTreeSet;

use crate::model::cluster::{Event, Happened, ObjectKind, Turn};
use crate::model::{Node, Pod};

/// A plugin's answer to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// It may help: the pod is tried again.
    Queue,
    /// It does not help.
    Skip,
}

impl Hint {
    /// [`Hint::Queue`] where `helps`.
    pub const fn when(helps: bool) -> Self {
        if helps { Self::Queue } else { Self::Skip }
    }
}

/// A sort of event: what upstream calls a ClusterEvent, resource and action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Occasion {
    /// A node is new.
    NodeAdded,
    /// A node is gone.
    NodeGone,
    /// A node's allocatable changed.
    NodeAllocatable,
    /// A node's labels changed.
    NodeLabels,
    /// A node's taints changed, or it is no longer cordoned.
    NodeTaints,
    /// A node's declared features changed.
    NodeFeatures,
    /// A pod was placed.
    PodPlaced,
    /// A placed pod is gone, or a node is no longer kept for a pod.
    PodGone,
    /// A placed pod's labels changed.
    PodLabels,
    /// A placed pod takes less.
    PodShrunk,
    /// The labels of the pod itself changed.
    OwnLabels,
    /// The pod itself got a toleration.
    OwnTolerations,
    /// The last scheduling gate of the pod itself is gone.
    OwnGates,
    /// The pod itself asks for less.
    OwnShrunk,
    /// Anything of the pod itself changed.
    OwnChange,
    /// Something happened to another object.
    Object(ObjectKind, Happened),
}

/// A set of sorts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occasions(u128);

impl Occasions {
    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `occasion` is among them.
    pub const fn contains(self, occasion: Occasion) -> bool {
        self.0 & occasion.bit() != 0
    }

    /// Whether one of them is among `others`.
    pub const fn meets(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
}

impl FromIterator<Self> for Occasions {
    fn from_iter<T: IntoIterator<Item = Self>>(sets: T) -> Self {
        Self(sets.into_iter().fold(0, |all, set| all | set.0))
    }
}

impl FromIterator<Occasion> for Occasions {
    fn from_iter<T: IntoIterator<Item = Occasion>>(occasions: T) -> Self {
        let bits = occasions.into_iter().map(Occasion::bit);
        Self(bits.fold(0, |all, bit| all | bit))
    }
}

impl Occasion {
    const fn bit(self) -> u128 {
        const SINGLE: u32 = 15;
        const WAYS: u32 = 3;
        let at = match self {
            Self::NodeAdded => 0,
            Self::NodeGone => 1,
            Self::NodeAllocatable => 2,
            Self::NodeLabels => 3,
            Self::NodeTaints => 4,
            Self::NodeFeatures => 5,
            Self::PodPlaced => 6,
            Self::PodGone => 7,
            Self::PodLabels => 8,
            Self::PodShrunk => 9,
            Self::OwnLabels => 10,
            Self::OwnTolerations => 11,
            Self::OwnGates => 12,
            Self::OwnShrunk => 13,
            Self::OwnChange => 14,
            Self::Object(kind, happened) => SINGLE + kind as u32 * WAYS + happened as u32,
        };
        1 << at
    }
}

/// The sorts that `event` is of, as far as pods other than its own are concerned.
pub fn occasions(event: &Event) -> Occasions {
    match event {
        Event::Node(turn) => of_node(turn),
        Event::Pod(turn) => of_placed(turn),
        other => {
            let object = other.of_object();
            object
                .map(|(kind, happened)| Occasion::Object(kind, happened))
                .into_iter()
                .collect()
        }
    }
}

fn of_node(turn: &Turn<Node>) -> Occasions {
    let (before, after) = match (&turn.before, &turn.after) {
        (None, _) => return those(&[(Occasion::NodeAdded, true)]),
        (_, None) => return those(&[(Occasion::NodeGone, true)]),
        (Some(before), Some(after)) => (before, after),
    };
    let allocatable = before.allocatable != after.allocatable || before.allowed_pods != after.allowed_pods;
    let uncordoned = before.unschedulable && !after.unschedulable;
    let all = [
        (Occasion::NodeAllocatable, allocatable),
        (Occasion::NodeLabels, before.labels != after.labels),
        (Occasion::NodeTaints, before.taints != after.taints || uncordoned),
        (Occasion::NodeFeatures, before.features != after.features),
    ];
    those(&all)
}

fn of_placed(turn: &Turn<Pod>) -> Occasions {
    let placed = |pod: &Option<std::sync::Arc<Pod>>| pod.as_ref().is_some_and(|pod| pod.node_name.is_some());
    match (&turn.before, &turn.after) {
        (Some(before), Some(after)) if placed(&turn.before) && placed(&turn.after) => {
            let before_takes = &before.load.requests;
            let mut takes = before_takes.iter();
            let shrunk = takes.any(|(resource, amount)| after.load.requests.get(resource) < amount);
            those(&[
                (Occasion::PodLabels, before.labels != after.labels),
                (Occasion::PodShrunk, shrunk),
            ])
        }
        (_, Some(_)) if placed(&turn.after) => those(&[(Occasion::PodPlaced, true)]),
        (Some(_), None) if placed(&turn.before) => those(&[(Occasion::PodGone, true)]),
        _ if gives_up_node(turn).is_some() => those(&[(Occasion::PodGone, true)]),
        _ => Occasions::default(),
    }
}

/// The pod that a node was kept for and is no more, where the pod was not placed. Pods of higher priority do not mind.
pub fn gives_up_node(turn: &Turn<Pod>) -> Option<&Pod> {
    let before = turn.before.as_deref()?;
    let after = turn.after.as_deref();
    let kept = before
        .nominated_node
        .as_ref()
        .filter(|_| before.node_name.is_none())?;
    let goes =
        after.is_none_or(|after| after.node_name.is_none() && after.nominated_node.as_ref() != Some(kept));
    goes.then_some(before)
}

/// What each of `plugins` waits for in pods that it rejected under `profile`; not those that wait for nothing.
pub fn wanted(profile: &Profile, plugins: &[&'static str]) -> Vec<(&'static str, String)> {
    let all = plugins.iter().filter_map(|&name| {
        let words = words::waits_for(profile.plugin(name)?.events());
        (!words.is_empty()).then_some((name, words))
    });
    all.collect()
}

/// What a pod waits for that `plugins` rejected under `profile`, whichever of them asks for it.
pub fn wanted_by_any(profile: &Profile, plugins: &[&'static str]) -> String {
    let plugins = plugins.iter().filter_map(|name| profile.plugin(name));
    let all: BTreeSet<Occasion> = plugins.flat_map(Plugin::events).copied().collect();
    words::waits_for(&all.into_iter().collect::<Vec<_>>())
}

/// The sorts of a change to the waiting pod itself.
pub fn occasions_of_own(before: &Pod, after: &Pod) -> Occasions {
    let mut asks = before.spec.requests.iter();
    let shrunk = asks.any(|(resource, amount)| after.spec.requests.get(resource) < amount);
    those(&[
        (Occasion::OwnLabels, before.labels != after.labels),
        (Occasion::OwnShrunk, shrunk),
        (Occasion::OwnGates, before.is_gated() && !after.is_gated()),
        (
            Occasion::OwnTolerations,
            before.spec.tolerations.len() != after.spec.tolerations.len(),
        ),
        (Occasion::OwnChange, true),
    ])
}

fn those(all: &[(Occasion, bool)]) -> Occasions {
    let those = all.iter().filter(|(_, holds)| *holds);
    those.map(|(occasion, _)| *occasion).collect()
}
