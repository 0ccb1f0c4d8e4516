//! The kinds that are watched.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::cluster::error::Action;
use crate::cluster::right::Right;
use crate::model::from_api::{Meta, NamespaceObject, NodeObject, PodObject};
use crate::model::{Change, WatchEvent};

/// A kind that is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WatchKind {
    /// Pods that are not over.
    Pods,
    /// Nodes.
    Nodes,
    /// Namespaces.
    Namespaces,
}

impl WatchKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pods, Self::Nodes, Self::Namespaces];

    /// The API's plural.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pods => "pods",
            Self::Nodes => "nodes",
            Self::Namespaces => "namespaces",
        }
    }

    /// Path and query of the list, and of the watch with more parameters behind it.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            // status.phase!=Succeeded,status.phase!=Failed
            Self::Pods => "/api/v1/pods?fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed",
            Self::Nodes => "/api/v1/nodes?",
            Self::Namespaces => "/api/v1/namespaces?",
        }
    }

    pub(crate) fn listing(self) -> Action {
        Action::new(
            format!("listing {self}"),
            Right::everywhere("list", self.as_str(), ""),
        )
    }

    pub(crate) fn watching(self) -> Action {
        Action::new(
            format!("watching {self}"),
            Right::everywhere("watch", self.as_str(), ""),
        )
    }
}

impl fmt::Display for WatchKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An object that is watched.
pub(crate) trait Watched: DeserializeOwned + Send + 'static {
    /// Its kind.
    const KIND: WatchKind;

    /// Its metadata.
    fn meta(&self) -> &Meta;

    /// What happened to it, as a change to the cluster.
    fn change(event: WatchEvent<Self>) -> Change;
}

macro_rules! watched {
    ($object:ident, $kind:ident, $change:ident) => {
        impl Watched for $object {
            const KIND: WatchKind = WatchKind::$kind;

            fn meta(&self) -> &Meta {
                &self.metadata
            }

            fn change(event: WatchEvent<Self>) -> Change {
                Change::$change(event)
            }
        }
    };
}

watched!(PodObject, Pods, Pod);
watched!(NodeObject, Nodes, Node);
watched!(NamespaceObject, Namespaces, Namespace);
