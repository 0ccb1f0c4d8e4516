//! What can be supposed.

use std::sync::Arc;

use crate::model::PodKey;
use crate::model::taint::{Effect, Taint, Toleration};

/// One thing that is otherwise, in thought.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Supposition {
    /// The node takes no new pods. The taint that the control plane adds is there, too.
    Cordon(Arc<str>),
    /// The node takes pods again. The taint that the control plane adds is gone, too.
    Uncordon(Arc<str>),
    /// The node has this taint, in place of one with the same key and effect.
    Taint {
        /// The node.
        node: Arc<str>,
        /// The taint.
        taint: Taint,
    },
    /// The node has no taint with this key and effect.
    Untaint {
        /// The node.
        node: Arc<str>,
        /// The taint's key.
        key: Arc<str>,
        /// Its effect; `None` for every effect.
        effect: Option<Effect>,
    },
    /// The node has this label.
    LabelNode {
        /// The node.
        node: Arc<str>,
        /// The label's key.
        key: Arc<str>,
        /// Its value; `None` takes the label away.
        value: Option<Arc<str>>,
    },
    /// There are more nodes like one that is there: fresh, without pods but those of DaemonSets and static ones.
    AddNodes {
        /// The node that they are like.
        like: Arc<str>,
        /// How many.
        count: u16,
    },
    /// The node is gone, and the pods on it with it.
    RemoveNode(Arc<str>),
    /// The pod is gone. Its claims stay as they are.
    Evict(PodKey),
    /// The pod asks for other amounts.
    Requests {
        /// Which of its requests.
        whose: Whose,
        /// The amounts; what is not named stays.
        amounts: Vec<Asked>,
    },
    /// The pod has this toleration, too.
    Tolerate(Toleration),
    /// The pod does not have this toleration.
    Untolerate(Toleration),
    /// The pod has this label.
    LabelPod {
        /// The label's key.
        key: Arc<str>,
        /// Its value; `None` takes the label away.
        value: Option<Arc<str>>,
    },
    /// The pod's `nodeSelector` has this entry.
    Select {
        /// The key.
        key: Arc<str>,
        /// The value; `None` takes the entry away.
        value: Option<Arc<str>>,
    },
    /// The pod does not ask for this at all.
    Drop(Dropped),
}

/// Which of a pod's requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Whose {
    /// Those of every container and init container, as `kubectl set resources` has it.
    Every,
    /// Those of the container or init container called so.
    Container(Arc<str>),
    /// Those of the pod as a whole: `spec.resources`.
    Pod,
}

/// An amount of a resource, as it is typed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// The resource.
    pub resource: Arc<str>,
    /// The quantity.
    pub quantity: Arc<str>,
}

/// What a pod can do without.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Dropped {
    /// `requiredDuringSchedulingIgnoredDuringExecution` of its node affinity.
    NodeAffinity,
    /// Its topology spread constraints with `DoNotSchedule`: those over this label, or all.
    Spread(Option<Arc<str>>),
    /// `requiredDuringSchedulingIgnoredDuringExecution` of its pod affinity.
    PodAffinity,
    /// `requiredDuringSchedulingIgnoredDuringExecution` of its pod anti-affinity.
    AntiAffinity,
    /// Every `hostPort` of its containers.
    Ports,
    /// Its scheduling gates.
    Gates,
}

impl Supposition {
    /// Whether it is the same as `other` but for the amounts that the pod asks for.
    pub fn is_of_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Requests { whose, amounts },
                Self::Requests {
                    whose: of,
                    amounts: others,
                },
            ) => {
                let resources = amounts.iter().map(|asked| &asked.resource);
                whose == of && resources.eq(others.iter().map(|asked| &asked.resource))
            }
            _ => self == other,
        }
    }

    /// Whether it is about the cluster and not about the pod.
    pub const fn is_of_cluster(&self) -> bool {
        matches!(
            self,
            Self::Cordon(_)
                | Self::Uncordon(_)
                | Self::Taint { .. }
                | Self::Untaint { .. }
                | Self::LabelNode { .. }
                | Self::AddNodes { .. }
                | Self::RemoveNode(_)
                | Self::Evict(_)
        )
    }
}
