//! The dialog that places a pod.

use std::sync::Arc;

use super::keys::dialog_size;
use crate::app::actions::{Action, Context};
use crate::app::confirm::{Confirm, Step};
use crate::app::effect::Effect;
use crate::app::link::some_of;
use crate::app::notices::Level;
use crate::app::overlay::Overlay;
use crate::app::prose::{Line, wrap};
use crate::app::state::{Errand, Flight, State};
use crate::engine::view::Waiting;
use crate::model::NodeId;
use crate::model::situation::lease_name;
use crate::placing::Stage;

/// Opens the dialog for the selected pod and the node under the cursor, or says why it cannot be placed.
pub(super) fn ask(state: &mut State) {
    let node = state.node();
    ask_for(state, node);
}

/// The same for `node`.
pub(super) fn ask_for(state: &mut State, node: Option<NodeId>) {
    if !may_begin(state) {
        return;
    }
    let dialog = state
        .decision()
        .zip(node)
        .and_then(|(selected, node)| Confirm::open(selected, node));
    match dialog {
        Some(mut confirm) => {
            if let Some(node) = state.view.node(&confirm.node) {
                confirm.see(node);
            }
            let adoption = state.adoption_of(&confirm.pod.spec.scheduler_name).cloned();
            let confirm = confirm
                .under(adoption)
                .waiting(state.options.settings.confirm.wait);
            state.overlay = Some(Overlay::Confirm(Box::new(confirm)));
        }
        None if state.decision().is_none() => {
            state
                .notices
                .tell(state.now, Level::Hint, "still judging this pod: in a moment");
        }
        None => state
            .notices
            .tell(state.now, Level::Hint, "there is no node to place it on"),
    }
}

/// Whether the selected pod may be placed now, or the reason why not is shown. One that is being placed shows its dialog.
pub(super) fn may_begin(state: &mut State) -> bool {
    let Some(row) = state.pod() else {
        let text = "no pod is selected: nothing waits here";
        state.notices.tell(state.now, Level::Hint, text);
        return false;
    };
    if state.link.file.is_some() {
        let text = "this is a file: nothing can be placed; Y copies the command that does it on the cluster";
        state.notices.tell(state.now, Level::Hint, text);
        return false;
    }
    if let Some(note) = refuse(state, row) {
        state.overlay = Some(note);
        return false;
    }
    if let Some(flight) = &state.flight {
        let dialog = match &flight.errand {
            _ if flight.pod.uid != row.pod.uid => None,
            Errand::Dialog(confirm) => {
                let mut confirm = confirm.clone();
                confirm.step = Step::Running;
                Some(Overlay::Confirm(confirm))
            }
            Errand::Room(dialog) => Some(Overlay::Room(dialog.clone())),
            Errand::Plan(_) => None,
        };
        if dialog.is_some() {
            state.overlay = dialog;
            return false;
        }
        let text = format!("{} is still being placed: one at a time", flight.pod.key);
        state.notices.tell(state.now, Level::Warn, text);
        return false;
    }
    if state.plan.run.is_running() {
        let text = "a plan is being carried out: one placement at a time";
        state.notices.tell(state.now, Level::Warn, text);
        return false;
    }
    true
}

/// The key that places: asks, unless the settings say that a node that fits may be placed on at once.
pub(super) fn place(state: &mut State) -> Vec<Effect> {
    let settings = state.options.settings.confirm;
    let before = state.hurried.replace(state.now);
    ask(state);
    // A key that is held down, or was pressed for the pod before, places nothing.
    let quiet = before.is_none_or(|before| {
        state.now.duration_since(before) >= Confirm::QUIET.try_into().unwrap_or_default()
    });
    let Some(Overlay::Confirm(confirm)) = &state.overlay else {
        return Vec::new();
    };
    if settings.place
        || !quiet
        || confirm.verdict.needs_reason()
        || !confirm.caveats.is_empty()
        || state.link.is_stale()
    {
        return Vec::new();
    }
    let effects = confirmed(state);
    state.overlay = None;
    effects
}

/// Why `row` cannot be placed from here.
fn refuse(state: &State, row: &Waiting) -> Option<Overlay> {
    let pod = &row.pod;
    let key = &pod.key;
    if !row.ours {
        let theirs = &pod.spec.scheduler_name;
        let names: Vec<&str> = state.options.scheduler_names.iter().map(|name| &**name).collect();
        let ours = some_of(&names).unwrap_or_default();
        let mut lines = vec![
            Line::new().strong(format!("{key} belongs to the scheduler ")).accent(&**theirs),
            Line::new(),
            Line::new().plain(format!(
                "This screen places pods with schedulerName {ours} only: two schedulers that place the same pods get in each other's way, and nothing keeps them from filling a node twice."
            )),
            Line::new(),
            Line::new().plain("Its nodes and reasons are shown all the same, so that you can see why it waits."),
            Line::new(),
        ];
        if let Some(other) = state.link.scheduler(theirs) {
            let line = Line::hanging(2);
            let (line, word) = match other.alive() {
                Some(true) => (line.good("✓ "), "is at work"),
                Some(false) => (line.bad("▲ "), "is not at work"),
                None => (line.warn("? "), "may or may not be at work"),
            };
            let line = line.strong(format!("{} {word}", other.called()));
            lines.push(line.plain(format!(": {}", other.evidence)));
        }
        let context = Context::Screen(state.screen);
        if let Some((_, key)) = state.options.keymap.hint(context, Action::Adopt) {
            let line = Line::hanging(2).plain("  Where it is down, its pods can be adopted for a while: ");
            lines.push(line.accent(key.to_string()));
        }
        lines.extend([
            Line::new(),
            Line::new().dim("To look yourself"),
            Line::hanging(4)
                .plain("  ")
                .accent(format!("kubectl get lease -n kube-system {}", lease_name(theirs))),
        ]);
        return Some(Overlay::Note("Not ours to place".to_owned(), lines, 0));
    }
    if pod.is_gated() {
        let mut lines = vec![
            Line::new().strong(format!("{key} is held back by scheduling gates")),
            Line::new(),
        ];
        lines.extend(
            pod.spec
                .scheduling_gates
                .iter()
                .map(|gate| Line::hanging(4).plain("  ‖ ").accent(&**gate)),
        );
        lines.extend([
            Line::new(),
            Line::new().plain(
                "No scheduler may place it, and the API server refuses to bind it, until whoever set the gates removes them. Each gate belongs to a controller or a person; its name says to whom.",
            ),
            Line::new(),
            Line::hanging(4).plain("  ").accent(format!(
                "kubectl get pod -n {} {} -o jsonpath='{{.spec.schedulingGates}}'",
                key.namespace, key.name
            )),
        ]);
        return Some(Overlay::Note("Held back by gates".to_owned(), lines, 0));
    }
    None
}

/// Does `action` in the dialog.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let now = state.now;
    let last = lines(state).saturating_sub(1);
    let Some(Overlay::Confirm(confirm)) = &mut state.overlay else {
        return Vec::new();
    };
    let scroll = |confirm: &mut Confirm, by: isize| {
        confirm.offset = confirm.offset.saturating_add_signed(by).min(last);
    };
    match action {
        Action::Up => scroll(confirm, -1),
        Action::Down => scroll(confirm, 1),
        Action::PageUp => scroll(confirm, -8),
        Action::PageDown => scroll(confirm, 8),
        Action::NextPane => confirm.turn(),
        Action::Back => state.overlay = None,
        Action::Confirm => match confirm.step {
            Step::Asking if confirm.hears(now) => return confirmed(state),
            Step::Asking => return confirm.too_early(now).map(Effect::Wake).into_iter().collect(),
            Step::Running | Step::Gone | Step::Over(_) => state.overlay = None,
        },
        _ => {}
    }
    Vec::new()
}

/// Does `action` in the dialog while the placement is under way.
pub(super) fn under_way(state: &mut State, action: Action) -> Vec<Effect> {
    match (action, &mut state.flight) {
        (Action::TakeBack, Some(flight)) if flight.stage.can_be_cancelled() => {
            flight.taken_back = true;
            return vec![Effect::TakeBack];
        }
        (Action::TakeBack, _) => {
            let text = "nothing is being prepared that could be undone: it is over in a moment";
            state.notices.tell(state.now, Level::Hint, text);
        }
        _ => state.overlay = None,
    }
    Vec::new()
}

/// How many lines the dialog has to say.
fn lines(state: &State) -> usize {
    let Some(Overlay::Confirm(confirm)) = &state.overlay else {
        return 0;
    };
    let (columns, _) = dialog_size(state.size);
    let lines = match &confirm.step {
        Step::Over(outcome) => confirm.outcome(outcome),
        _ => confirm.question(&state.link, state.now),
    };
    wrap(lines, columns).len()
}

/// Enter in the dialog, meant as such.
fn confirmed(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Confirm(confirm)) = &mut state.overlay else {
        return Vec::new();
    };
    match confirm.intent() {
        Err(error) => {
            confirm.field = error.field();
            confirm.error = Some(error);
            Vec::new()
        }
        Ok(intent) => {
            confirm.step = Step::Running;
            confirm.before = None;
            state.flight = Some(Flight {
                pod: Arc::clone(&confirm.pod),
                node: Arc::clone(&confirm.node),
                stage: Stage::Checking,
                taken_back: false,
                errand: Errand::Dialog(confirm.clone()),
            });
            vec![Effect::Place(intent)]
        }
    }
}
