//! What may help a pod that waits for its own preemption to end: nothing by this plugin's word. Those that rejected the pod
//! at first say when there is room.

use crate::model::cluster::Event;
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::Cycle;

pub(super) const EVENTS: &[Occasion] = &[Occasion::PodGone];

pub(super) fn hint(_cycle: Cycle<'_>, _event: &Event) -> Hint {
    Hint::Skip
}
