//! The kinds that are watched.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::cluster::error::Action;
use crate::cluster::right::Right;
use crate::model::cluster::{ObjectKind, object_kinds};
use crate::model::from_api::object::Object;
use crate::model::from_api::{self, Meta, NamespaceObject, NodeObject, PodObject};
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
    /// What else decisions depend on. Pods can be seen and placed without.
    Other(ObjectKind),
}

impl WatchKind {
    /// The kinds without which there is nothing to see.
    pub const ESSENTIAL: [Self; 3] = [Self::Pods, Self::Nodes, Self::Namespaces];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        let others = ObjectKind::ALL.iter().map(|&kind| Self::Other(kind));
        Self::ESSENTIAL.into_iter().chain(others)
    }

    /// The API's plural.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pods => "pods",
            Self::Nodes => "nodes",
            Self::Namespaces => "namespaces",
            Self::Other(kind) => kind.api().plural,
        }
    }

    /// The API group; empty for the core.
    pub const fn group(self) -> &'static str {
        match self {
            Self::Pods | Self::Nodes | Self::Namespaces => "",
            Self::Other(kind) => kind.api().group,
        }
    }

    /// `apiVersion` and `kind` of its objects.
    pub(crate) fn type_meta(self) -> (String, &'static str) {
        match self {
            Self::Pods => ("v1".to_owned(), "Pod"),
            Self::Nodes => ("v1".to_owned(), "Node"),
            Self::Namespaces => ("v1".to_owned(), "Namespace"),
            Self::Other(kind) => {
                let api = kind.api();
                let version = match api.group {
                    "" => api.version.to_owned(),
                    group => format!("{group}/{}", api.version),
                };
                (version, api.kind)
            }
        }
    }

    /// Path and query of the list, and of the watch with more parameters behind it.
    pub(crate) fn path(self) -> String {
        match self {
            // status.phase!=Succeeded,status.phase!=Failed
            Self::Pods => {
                "/api/v1/pods?fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed".to_owned()
            }
            Self::Nodes => "/api/v1/nodes?".to_owned(),
            Self::Namespaces => "/api/v1/namespaces?".to_owned(),
            Self::Other(kind) => kind.api().path() + "?",
        }
    }

    pub(crate) fn listing(self) -> Action {
        Action::new(format!("listing {self}"), self.right("list"))
    }

    pub(crate) fn watching(self) -> Action {
        Action::new(format!("watching {self}"), self.right("watch"))
    }

    /// The right to do `verb` to all objects of the kind.
    pub(crate) const fn right(self, verb: &'static str) -> Right {
        Right::everywhere(verb, self.as_str(), self.group())
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

macro_rules! essential {
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

essential!(PodObject, Pods, Pod);
essential!(NodeObject, Nodes, Node);
essential!(NamespaceObject, Namespaces, Namespace);

/// Work that is the same for every kind, written once for all their types.
pub(crate) trait Each {
    /// What it gives.
    type Output;

    /// Does it for `K`.
    fn work<K: Watched>(self) -> Self::Output;
}

macro_rules! others {
    ($($kind:ident $field:ident $object:ident $model:path,)*) => {
        $(
            impl Watched for from_api::$object {
                const KIND: WatchKind = WatchKind::Other(ObjectKind::$kind);

                fn meta(&self) -> &Meta {
                    Object::meta(self)
                }

                fn change(event: WatchEvent<Self>) -> Change {
                    Change::$kind(event)
                }
            }
        )*

        impl WatchKind {
            /// Does `each` for the kind's type.
            pub(crate) fn with<E: Each>(self, each: E) -> E::Output {
                match self {
                    Self::Pods => each.work::<PodObject>(),
                    Self::Nodes => each.work::<NodeObject>(),
                    Self::Namespaces => each.work::<NamespaceObject>(),
                    $(Self::Other(ObjectKind::$kind) => each.work::<from_api::$object>(),)*
                }
            }
        }
    };
}
object_kinds!(others);
