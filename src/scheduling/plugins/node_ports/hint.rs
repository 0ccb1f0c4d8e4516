//! What may help a pod whose ports are taken.

use crate::model::cluster::{Event, Turn};
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::Cycle;

pub(super) const EVENTS: &[Occasion] = &[Occasion::NodeAdded, Occasion::PodGone];

pub(super) fn hint(cycle: Cycle<'_>, event: &Event) -> Hint {
    let Event::Pod(Turn {
        before: Some(gone), ..
    }) = event
    else {
        return Hint::Queue;
    };
    let mut wanted = cycle.pod.spec.host_ports.iter();
    Hint::when(wanted.any(|port| {
        let mut freed = gone.spec.host_ports.iter();
        freed.any(|freed| port.conflicts_with(freed))
    }))
}
