//! The `default` service account of each namespace (`pkg/controller/serviceaccount`).

use std::time::Duration;

use serde_json::json;

use super::{Controller, queue::Queue, statuses, world::World};
use crate::demo::{
    kinds::{NAMESPACE, SERVICE_ACCOUNT, Table},
    object::Key,
    store::Change,
};

const DEFAULT: &str = "default";
/// How long it waits before it tries again what the server refused.
const RETRY: Duration = Duration::from_secs(1);

/// Makes service accounts.
pub(crate) struct ServiceAccounts;

impl Controller for ServiceAccounts {
    fn name(&self) -> &'static str {
        "serviceaccount-controller"
    }

    fn watches(&self) -> &'static [Table] {
        &[Table::Namespaces, Table::ServiceAccounts]
    }

    fn see(&mut self, change: &Change, _: &World, queue: &mut Queue) {
        let key = &change.after.key;
        if change.after.table == Table::ServiceAccounts {
            if change.deleted && &*key.name == DEFAULT {
                queue.add(Key::new("", &key.namespace));
            }
        } else if !change.deleted && change.before.is_none() {
            queue.add(key.clone());
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, queue: &mut Queue) {
        let Some(namespace) = world.store.get(Table::Namespaces, key) else {
            return;
        };
        let account = Key::new(&key.name, DEFAULT);
        let ending = namespace.field(&NAMESPACE, "status.phase") != "Active";
        if ending || world.store.get(Table::ServiceAccounts, &account).is_some() {
            return;
        }
        let tree = json!({"metadata": {"name": DEFAULT, "namespace": &*key.name}});
        match statuses::create(&world.store, &SERVICE_ACCOUNT, &key.name, tree) {
            Err(failure) if failure.code() != 409 && !statuses::is_terminating(&failure) => {
                tracing::warn!(namespace = %key.name, "no default service account: {}", failure.message());
                queue.add_after(key.clone(), RETRY);
            }
            _ => {}
        }
    }
}
