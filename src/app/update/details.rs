//! The dialog with a pod's details. Who made the pod is asked while it is open, and no longer.

use std::sync::Arc;

use crate::app::details::Details;
use crate::app::effect::Effect;
use crate::app::notices::Level;
use crate::app::overlay::Overlay;
use crate::app::state::State;
use crate::model::PodKey;
use crate::model::workload::Maker;

/// Opens it for the selected pod.
pub(super) fn open(state: &mut State) {
    let Some(row) = state.pod() else {
        state.notices.tell(state.now, Level::Hint, "no pod is selected");
        return;
    };
    state.overlay = Some(Overlay::Details(Box::new(Details {
        pod: Arc::clone(&row.pod),
        made_by: None,
        offset: 0,
    })));
}

/// Takes the answer.
pub(super) fn found(state: &mut State, pod: &PodKey, makers: Result<Vec<Maker>, String>) {
    if let Some(Overlay::Details(details)) = &mut state.overlay
        && details.pod.key == *pod
    {
        details.made_by = Some(makers);
    }
}

/// Asks who made the pod that is looked at, and calls that off once nobody looks.
pub(super) fn settle(state: &mut State) -> Option<Effect> {
    let wanted = match &state.overlay {
        Some(Overlay::Details(details)) if details.made_by.is_none() => {
            let owner = details.pod.owner.as_ref();
            owner.map(|owner| (details.pod.key.clone(), Arc::clone(owner)))
        }
        _ => None,
    };
    if state.asking == wanted {
        return None;
    }
    state.asking.clone_from(&wanted);
    Some(Effect::FollowOwners(wanted))
}
