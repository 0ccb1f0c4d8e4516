//! What may help a pod that its gates hold back.

use crate::scheduling::hint::Occasion;

pub(super) const EVENTS: &[Occasion] = &[Occasion::OwnGates];
