//! Going to another context of the kubeconfig.

use std::sync::Arc;

use crate::app::effect::Effect;
use crate::app::figures::age;
use crate::app::notices::Level;
use crate::app::state::{Connecting, State};

/// Begins to go to `context`, unless it is the one that is shown.
pub(super) fn connect(state: &mut State, context: &Arc<str>) -> Vec<Effect> {
    if *state.link.context == **context {
        return stay(state);
    }
    if let Some(flight) = &state.flight {
        let text = format!("{} is still being placed: wait for it first", flight.pod.key);
        state.notices.tell(state.now, Level::Warn, text);
        return Vec::new();
    }
    if state.plan.run.is_running() {
        let text = "a plan is being carried out: stop it first";
        state.notices.tell(state.now, Level::Warn, text);
        return Vec::new();
    }
    state.connecting = Some(Connecting {
        to: Arc::clone(context),
        since: state.now,
        step: "getting credentials".into(),
    });
    vec![Effect::Connect(Arc::clone(context))]
}

/// It is this far.
pub(super) fn reached(state: &mut State, step: Arc<str>) {
    if let Some(connecting) = &mut state.connecting {
        connecting.step = step;
    }
}

/// It has failed: what is shown stays.
pub(super) fn failed(state: &mut State, why: &str) {
    if let Some(Connecting { to, since, .. }) = state.connecting.take() {
        let text = format!("not connected to {to} after {}: {why}", age(since, state.now));
        state.notices.tell(state.now, Level::Error, text);
    }
}

/// Calls it off.
pub(super) fn stay(state: &mut State) -> Vec<Effect> {
    let Some(Connecting { to, since, .. }) = state.connecting.take() else {
        return Vec::new();
    };
    let text = format!(
        "connecting to {to} was called off after {}",
        age(since, state.now)
    );
    state.notices.tell(state.now, Level::Info, text);
    vec![Effect::Stay]
}
