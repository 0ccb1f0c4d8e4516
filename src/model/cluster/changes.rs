//! What the watches bring, and what it does to the cache.

use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::objects::{ObjectKind, object_kinds};
use super::{Cluster, Derived, Event};
use crate::model::from_api::{self, NamespaceObject, NodeObject, PodObject};
use crate::model::ids::PodKey;

macro_rules! changes {
    ($($kind:ident $field:ident $object:ident $model:path,)*) => {
        /// A change to the cluster, in API terms.
        #[derive(Clone, Debug)]
        pub enum Change {
            /// To a pod.
            Pod(WatchEvent<PodObject>),
            /// To a node.
            Node(WatchEvent<NodeObject>),
            /// To a namespace.
            Namespace(WatchEvent<NamespaceObject>),
            $(
                #[doc = concat!("To a ", stringify!($kind), ".")]
                $kind(WatchEvent<from_api::$object>),
            )*
            /// Why objects of a kind are not seen, or that they are seen again.
            Unseen(ObjectKind, Option<Arc<str>>),
        }

        impl Change {
            /// Lists of every kind begin.
            pub fn restarted() -> Vec<Self> {
                vec![
                    Self::Pod(WatchEvent::Restarted),
                    Self::Node(WatchEvent::Restarted),
                    Self::Namespace(WatchEvent::Restarted),
                    $(Self::$kind(WatchEvent::Restarted),)*
                ]
            }

            /// Lists of every kind are complete; pods last, since what waits is judged by all the rest.
            pub fn synced() -> Vec<Self> {
                vec![
                    $(Self::$kind(WatchEvent::Synced),)*
                    Self::Node(WatchEvent::Synced),
                    Self::Namespace(WatchEvent::Synced),
                    Self::Pod(WatchEvent::Synced),
                ]
            }
        }

        impl Cluster {
            /// Takes on a change. Objects may come in any order.
            pub fn apply(&mut self, change: Change) {
                match change {
                    Change::Pod(event) => self.apply_pod(event),
                    Change::Node(event) => self.apply_node(event),
                    Change::Namespace(event) => self.apply_namespace(event),
                    $(Change::$kind(event) => {
                        let derived = Derived {
                            nodes: &mut self.nodes,
                            storage: &mut self.storage,
                        };
                        let mut turns = self.events.is_some().then(Vec::new);
                        let any =
                            self.objects.$field.apply(event, &mut self.interner, derived, turns.as_mut());
                        self.changed(any);
                        if let (Some(events), Some(turns)) = (&mut self.events, turns) {
                            events.extend(turns.into_iter().map(Event::$kind));
                        }
                    })*
                    Change::Unseen(kind, why) => {
                        let before = match &why {
                            Some(why) => self.unseen.insert(kind, Arc::clone(why)),
                            None => self.unseen.remove(&kind),
                        };
                        self.changed(before != why);
                    }
                }
            }
        }
    };
}
object_kinds!(changes);

/// One step of a list-and-watch.
#[derive(Clone, Debug)]
pub enum WatchEvent<K> {
    /// A list begins: what it does not bring again is gone when it is complete. The cache keeps what it has until
    /// then, so that a relist neither loses nor doubles anything.
    Restarted,
    /// An object of the list.
    Listed(Box<K>),
    /// The list is complete.
    Synced,
    /// An object was made or changed.
    Applied(Box<K>),
    /// An object is gone.
    Deleted(Box<K>),
}

/// The lists that are under way: what each has brought so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    pods: Option<FxHashSet<PodKey>>,
    nodes: Option<FxHashSet<Arc<str>>>,
    namespaces: Option<FxHashSet<Arc<str>>>,
}

fn brought<K: Eq + Hash>(list: &mut Option<FxHashSet<K>>, key: K) {
    if let Some(list) = list {
        list.insert(key);
    }
}

fn dropped<K: Eq + Hash>(list: &mut Option<FxHashSet<K>>, key: &K) {
    if let Some(list) = list {
        list.remove(key);
    }
}

impl Cluster {
    fn apply_pod(&mut self, event: WatchEvent<PodObject>) {
        match event {
            WatchEvent::Restarted => self.lists.pods = Some(FxHashSet::default()),
            WatchEvent::Listed(object) | WatchEvent::Applied(object) => {
                let pod = object.to_pod(&mut self.interner);
                if pod.phase.is_over() {
                    dropped(&mut self.lists.pods, &pod.key);
                    self.remove_pod(&pod.key);
                } else {
                    brought(&mut self.lists.pods, pod.key.clone());
                    self.put_pod(pod);
                }
            }
            WatchEvent::Deleted(object) => {
                let key = PodKey::new(object.metadata.namespace, object.metadata.name);
                dropped(&mut self.lists.pods, &key);
                self.remove_pod(&key);
            }
            WatchEvent::Synced => {
                if let Some(list) = self.lists.pods.take() {
                    let gone: Vec<PodKey> = self
                        .pods
                        .keys()
                        .filter(|key| !list.contains(*key))
                        .cloned()
                        .collect();
                    for key in &gone {
                        self.remove_pod(key);
                    }
                }
            }
        }
    }

    fn apply_node(&mut self, event: WatchEvent<NodeObject>) {
        match event {
            WatchEvent::Restarted => self.lists.nodes = Some(FxHashSet::default()),
            WatchEvent::Listed(object) | WatchEvent::Applied(object) => {
                let node = object.to_node(&mut self.interner);
                brought(&mut self.lists.nodes, Arc::clone(&node.name));
                self.put_node(node);
            }
            WatchEvent::Deleted(object) => {
                let name = Arc::from(object.metadata.name);
                dropped(&mut self.lists.nodes, &name);
                self.remove_node(&name);
            }
            WatchEvent::Synced => {
                if let Some(list) = self.lists.nodes.take() {
                    let names = self.nodes.iter().map(|(_, node)| &node.name);
                    let gone: Vec<_> = names.filter(|name| !list.contains(*name)).cloned().collect();
                    for name in &gone {
                        self.remove_node(name);
                    }
                }
            }
        }
    }

    fn apply_namespace(&mut self, event: WatchEvent<NamespaceObject>) {
        match event {
            WatchEvent::Restarted => self.lists.namespaces = Some(FxHashSet::default()),
            WatchEvent::Listed(object) | WatchEvent::Applied(object) => {
                let name = self.interner.string(&object.metadata.name);
                let labels = self.interner.labels(object.metadata.labels.iter().flatten());
                brought(&mut self.lists.namespaces, Arc::clone(&name));
                let before = self.namespaces.insert(name, Arc::clone(&labels));
                self.changed(before.as_ref() != Some(&labels));
            }
            WatchEvent::Deleted(object) => {
                let name = Arc::from(object.metadata.name);
                dropped(&mut self.lists.namespaces, &name);
                let gone = self.namespaces.remove(&name).is_some();
                self.changed(gone);
            }
            WatchEvent::Synced => {
                if let Some(list) = self.lists.namespaces.take() {
                    let before = self.namespaces.len();
                    self.namespaces.retain(|name, _| list.contains(name));
                    self.changed(self.namespaces.len() < before);
                }
            }
        }
    }
}
