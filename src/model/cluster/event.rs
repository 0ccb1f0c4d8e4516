//! What happened to the cluster, one thing at a time, for who waits for something to happen.

use std::sync::Arc;

use super::objects::object_kinds;
use crate::model::node::Node;
use crate::model::pod::Pod;

/// An object before and after a change; one side is `None` where it came or went.
#[derive(Clone, Debug)]
pub struct Turn<T> {
    /// As it was.
    pub before: Option<Arc<T>>,
    /// As it is.
    pub after: Option<Arc<T>>,
}

macro_rules! events {
    ($($kind:ident $field:ident $object:ident $model:path,)*) => {
        /// Something that happened. Told while somebody [listens](super::Cluster::listen).
        #[derive(Clone, Debug)]
        pub enum Event {
            /// To a pod; one that is over is gone.
            Pod(Turn<Pod>),
            /// To a node.
            Node(Turn<Node>),
            $(
                #[doc = concat!("To a ", stringify!($kind), ".")]
                $kind(Turn<$model>),
            )*
        }

        impl Event {
            /// The kind, where it is one of the objects beside pods and nodes, and what happened to it.
            pub fn of_object(&self) -> Option<(super::ObjectKind, Happened)> {
                match self {
                    Self::Pod(_) | Self::Node(_) => None,
                    $(Self::$kind(turn) => Some((super::ObjectKind::$kind, turn.happened())),)*
                }
            }
        }
    };
}
object_kinds!(events);

/// What can happen to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Happened {
    /// It is new.
    Added,
    /// It is another one than before.
    Changed,
    /// It is gone.
    Gone,
}

impl<T> Turn<T> {
    /// What happened.
    pub fn happened(&self) -> Happened {
        match (&self.before, &self.after) {
            (None, _) => Happened::Added,
            (Some(_), Some(_)) => Happened::Changed,
            (Some(_), None) => Happened::Gone,
        }
    }
}
