//! The selector of default constraints: what owns or selects the pod selects its like.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::label_selector::LabelSelector;
use crate::model::selector::{Operator, Requirement};
use crate::model::{Cluster, Pod};

/// What a default constraint counts, and who says so.
pub(super) struct DefaultSelector {
    /// Empty where nothing selects the pod.
    pub(super) selector: LabelSelector,
    /// The objects that it comes from, such as `Service web`.
    pub(super) from: Vec<String>,
}

/// The labels that Services selecting `pod` and its ReplicationController ask for, with the requirements of its
/// ReplicaSet or StatefulSet.
pub(super) fn of(pod: &Pod, cluster: &Cluster) -> DefaultSelector {
    let objects = &cluster.objects;
    let namespace = &*pod.key.namespace;
    let mut labels: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::new();
    let mut requirements = Vec::new();
    let mut from = Vec::new();
    for (name, service) in objects.services.in_namespace(namespace) {
        if service.selects(&pod.labels) {
            labels.extend(
                service
                    .selector
                    .iter()
                    .map(|(k, v)| (Arc::clone(k), Arc::clone(v))),
            );
            from.push(format!("Service {name}"));
        }
    }
    if let Some(owner) = &pod.owner {
        let version = owner.api_version.strip_prefix('/').unwrap_or(&owner.api_version);
        let (kind, name) = (&*owner.kind, &*owner.name);
        let selector = match (version, kind) {
            ("v1", "ReplicationController") => {
                if let Some(controller) = objects.replication_controllers.get(namespace, name) {
                    let selector = controller.selector.iter();
                    labels.extend(selector.map(|(k, v)| (Arc::clone(k), Arc::clone(v))));
                    from.push(format!("{kind} {name}"));
                }
                None
            }
            ("apps/v1", "ReplicaSet") => {
                let set = objects.replica_sets.get(namespace, name);
                set.map(|set| &set.selector)
            }
            ("apps/v1", "StatefulSet") => {
                let set = objects.stateful_sets.get(namespace, name);
                set.map(|set| &set.selector)
            }
            _ => None,
        };
        if let Some(LabelSelector::All(wanted)) = selector {
            requirements.extend_from_slice(wanted);
            from.push(format!("{kind} {name}"));
        }
    }
    requirements.extend(labels.into_iter().map(|(key, value)| Requirement {
        key,
        operator: Operator::In,
        values: vec![value],
    }));
    DefaultSelector {
        selector: LabelSelector::all(requirements),
        from,
    }
}
