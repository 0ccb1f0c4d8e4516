//! What each namespace gets without asking: the `default` service account (`pkg/controller/serviceaccount`) and the
//! certificate authority by which pods would know the server (`pkg/controller/certificates/rootcacertpublisher`).
//!
//! Nothing in a pod ever asks the server here, so the certificate is left empty.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Controller, queue::Queue, statuses, world::World};
use crate::demo::{
    kinds::{CONFIG_MAP, Kind, NAMESPACE, SERVICE_ACCOUNT, Table},
    object::Key,
    store::Change,
};

/// How long it waits before it tries again what the server refused.
const RETRY: Duration = Duration::from_secs(1);

/// What each namespace gets: kind, name, and what it holds beside metadata.
type Default = (&'static Kind, &'static str, fn() -> Value);

pub(crate) static DEFAULTS: [Default; 2] = [
    (&SERVICE_ACCOUNT, "default", || json!({})),
    (
        &CONFIG_MAP,
        "kube-root-ca.crt",
        || json!({"data": {"ca.crt": ""}}),
    ),
];

/// Makes what each namespace gets.
pub(crate) struct NamespaceDefaults;

impl Controller for NamespaceDefaults {
    fn name(&self) -> &'static str {
        "namespace-defaults"
    }

    fn watches(&self) -> &'static [Table] {
        &[Table::Namespaces, Table::ServiceAccounts, Table::ConfigMaps]
    }

    fn see(&mut self, change: &Change, _: &World, queue: &mut Queue) {
        let key = &change.after.key;
        if change.after.table == Table::Namespaces {
            if !change.deleted && change.before.is_none() {
                queue.add(key.clone());
            }
        } else if change.deleted && DEFAULTS.iter().any(|(_, name, _)| *name == &*key.name) {
            queue.add(Key::new("", &key.namespace));
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, queue: &mut Queue) {
        let Some(namespace) = world.store.get(Table::Namespaces, key) else {
            return;
        };
        if namespace.field(&NAMESPACE, "status.phase") != "Active" {
            return;
        }
        for (kind, name, content) in &DEFAULTS {
            if world.store.get(kind.table, &Key::new(&key.name, name)).is_some() {
                continue;
            }
            let mut tree = content();
            tree["metadata"] = json!({"name": name, "namespace": &*key.name});
            match statuses::create(&world.store, kind, &key.name, tree) {
                Err(failure) if failure.code() != 409 && !statuses::is_terminating(&failure) => {
                    tracing::warn!(namespace = %key.name, name, "not made: {}", failure.message());
                    queue.add_after(key.clone(), RETRY);
                }
                _ => {}
            }
        }
    }
}
