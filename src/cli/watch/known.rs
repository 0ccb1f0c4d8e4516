//! The objects seen so far: what makes an event of a list or a watch an add, an update or a delete.

use std::collections::HashMap;

use crate::model::from_api::Meta;
use crate::model::{Change, WatchEvent};

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// It is new.
    Add,
    /// It changed.
    Update,
    /// It is gone.
    Delete,
}

impl What {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// Which object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Object {
    pub(super) kind: &'static str,
    /// `None` for kinds without namespaces.
    pub(super) namespace: Option<String>,
    pub(super) name: String,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) what: What,
    pub(super) object: Object,
    pub(super) uid: String,
    pub(super) version: String,
}

#[derive(Clone, Debug)]
struct Seen {
    uid: String,
    version: String,
    /// How many lists had begun when it was seen last.
    list: u64,
}

/// Objects by kind, namespace and name.
#[derive(Debug, Default)]
pub(super) struct Known {
    objects: HashMap<Object, Seen>,
    /// How many lists began, of each kind.
    lists: HashMap<&'static str, u64>,
}

impl Known {
    /// What `change` means: mostly one event, none where nothing is new, several at the end of a list.
    pub(super) fn take(&mut self, change: Change) -> Vec<Event> {
        match change {
            Change::Pod(event) => self.event("Pod", event, |pod| &pod.metadata),
            Change::Node(event) => self.event("Node", event, |node| &node.metadata),
            Change::Namespace(event) => self.event("Namespace", event, |namespace| &namespace.metadata),
            // No other kind is watched here.
            _ => Vec::new(),
        }
    }

    fn event<K>(&mut self, kind: &'static str, event: WatchEvent<K>, meta: fn(&K) -> &Meta) -> Vec<Event> {
        match event {
            WatchEvent::Restarted => {
                *self.lists.entry(kind).or_default() += 1;
                Vec::new()
            }
            WatchEvent::Listed(object) | WatchEvent::Applied(object) => {
                let list = self.lists.get(kind).copied().unwrap_or_default();
                self.present(kind, meta(&object), list)
            }
            WatchEvent::Deleted(object) => self.gone(kind, meta(&object)),
            WatchEvent::Synced => self.synced(kind),
        }
    }

    fn present(&mut self, kind: &'static str, meta: &Meta, list: u64) -> Vec<Event> {
        let object = Object::of(kind, meta);
        let now = Seen {
            uid: meta.uid.clone(),
            version: meta.resource_version.clone(),
            list,
        };
        let event = |what, seen: &Seen| Event {
            what,
            object: object.clone(),
            uid: seen.uid.clone(),
            version: seen.version.clone(),
        };
        match self.objects.insert(object.clone(), now.clone()) {
            None => vec![event(What::Add, &now)],
            // Deleted and made again under its name while nobody watched.
            Some(before) if before.uid != now.uid => {
                vec![event(What::Delete, &before), event(What::Add, &now)]
            }
            Some(before) if before.version != now.version => vec![event(What::Update, &now)],
            Some(_) => Vec::new(),
        }
    }

    fn gone(&mut self, kind: &'static str, meta: &Meta) -> Vec<Event> {
        let object = Object::of(kind, meta);
        let seen = self.objects.remove(&object);
        let event = |_| Event {
            what: What::Delete,
            object,
            uid: meta.uid.clone(),
            version: meta.resource_version.clone(),
        };
        seen.map(event).into_iter().collect()
    }

    /// The list is complete: what it did not bring is gone.
    fn synced(&mut self, kind: &'static str) -> Vec<Event> {
        let list = self.lists.get(kind).copied().unwrap_or_default();
        let missing = |object: &Object, seen: &Seen| object.kind == kind && seen.list < list;
        let mut gone: Vec<Event> = self
            .objects
            .extract_if(|object, seen| missing(object, seen))
            .map(|(object, seen)| Event {
                what: What::Delete,
                object,
                uid: seen.uid,
                version: seen.version,
            })
            .collect();
        gone.sort_by(|a, b| a.object.cmp(&b.object));
        gone
    }
}

impl Object {
    fn of(kind: &'static str, meta: &Meta) -> Self {
        Self {
            kind,
            namespace: (kind == "Pod").then(|| meta.namespace.clone()),
            name: meta.name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::from_api::PodObject;

    fn pod(name: &str, uid: &str, version: &str) -> Box<PodObject> {
        let mut pod = PodObject::default();
        pod.metadata.namespace = "shop".into();
        pod.metadata.name = name.into();
        pod.metadata.uid = uid.into();
        pod.metadata.resource_version = version.into();
        Box::new(pod)
    }

    fn told(known: &mut Known, events: impl IntoIterator<Item = WatchEvent<PodObject>>) -> Vec<String> {
        events
            .into_iter()
            .flat_map(|event| known.take(Change::Pod(event)))
            .map(|event| format!("{} {}", event.what.as_str(), event.object.name))
            .collect()
    }

    #[test]
    fn a_list_again_tells_only_what_is_new() {
        use WatchEvent::{Applied, Deleted, Listed, Restarted, Synced};
        let mut known = Known::default();
        let first = [
            Restarted,
            Listed(pod("a", "1", "1")),
            Listed(pod("b", "2", "2")),
            Synced,
            Applied(pod("c", "3", "3")),
            Applied(pod("a", "1", "4")),
        ];
        assert_eq!(told(&mut known, first), ["add a", "add b", "add c", "update a"]);
        let second = [
            Restarted,
            Listed(pod("a", "1", "4")),
            Listed(pod("b", "9", "9")),
            Synced,
        ];
        assert_eq!(told(&mut known, second), ["delete b", "add b", "delete c"]);
        assert_eq!(told(&mut known, [Deleted(pod("a", "1", "5"))]), ["delete a"]);
        assert_eq!(told(&mut known, [Deleted(pod("a", "1", "5"))]), [""; 0]);
    }
}
