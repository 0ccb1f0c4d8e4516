//! What may help a pod whose node is not there.

use crate::scheduling::hint::Occasion;

pub(super) const EVENTS: &[Occasion] = &[Occasion::NodeAdded];
