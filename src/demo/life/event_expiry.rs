//! Events are kept for an hour, as an API server's `--event-ttl` has it.

use std::time::Duration;

use super::{Controller, queue::Queue, world::World};
use crate::demo::{
    kinds::{EVENT, Table},
    object::Key,
    store::{Change, Write},
};

/// An event is gone so long after it was last written.
const KEPT: Duration = Duration::from_secs(3600);

/// Removes events.
pub(crate) struct EventExpiry;

impl Controller for EventExpiry {
    fn name(&self) -> &'static str {
        "event-expiry"
    }

    fn watches(&self) -> &'static [Table] {
        &[Table::Events]
    }

    fn see(&mut self, change: &Change, _: &World, queue: &mut Queue) {
        if !change.deleted {
            queue.add_after(version(change), KEPT);
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, _: &mut Queue) {
        let Some((name, revision)) = key.name.rsplit_once(' ') else {
            return;
        };
        let event = Key::new(&key.namespace, name);
        let written = world.store.write(&EVENT, &event, |current| {
            Ok(match current {
                Some(current) if current.revision.to_string() == revision => Write::Remove(current.tree()),
                _ => Write::Keep,
            })
        });
        if let Err(failure) = written {
            tracing::warn!(event = name, "not expired: {}", failure.message());
        }
    }
}

/// One version of an event: what is written again lives on from then.
fn version(change: &Change) -> Key {
    let event = &change.after;
    Key::new(
        &event.key.namespace,
        &format!("{} {}", event.key.name, event.revision),
    )
}
