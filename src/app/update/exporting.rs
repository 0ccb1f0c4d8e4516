//! The dialog that exports.

use crate::app::actions::Action;
use crate::app::effect::Effect;
use crate::app::export::{Export, Written};
use crate::app::notices::Level;
use crate::app::overlay::Overlay;
use crate::app::state::State;

/// Opens the dialog.
pub(super) fn open(state: &mut State) {
    state.overlay = Some(Overlay::Export(Export::of(state)));
}

/// Does `action` in the dialog.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(Overlay::Export(export)) = &mut state.overlay else {
        return Vec::new();
    };
    match action {
        Action::Up | Action::PageUp => export.step(-1),
        Action::Down | Action::PageDown => export.step(1),
        Action::Confirm => return write(state),
        _ => state.overlay = None,
    }
    Vec::new()
}

fn write(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Export(export)) = &state.overlay else {
        return Vec::new();
    };
    let path = export.path().to_owned();
    let replace = export.replaces.as_deref() == Some(&path);
    let content = if path.is_empty() {
        Err("the file needs a name")
    } else {
        export.content(state)
    };
    match content {
        Ok(content) => vec![Effect::Export {
            content,
            path,
            replace,
        }],
        Err(error) => {
            if let Some(Overlay::Export(export)) = &mut state.overlay {
                export.error = Some(error.to_owned());
            }
            Vec::new()
        }
    }
}

/// Takes how writing `path` ended.
pub(super) fn written(state: &mut State, path: &str, written: Written) {
    let dialog = match &mut state.overlay {
        Some(Overlay::Export(export)) if export.path() == path => Some(export),
        _ => None,
    };
    match (written, dialog) {
        (Written::Done(name), dialog) => {
            if dialog.is_some() {
                state.overlay = None;
            }
            state
                .notices
                .tell(state.now, Level::Good, format!("wrote {name}"));
        }
        (Written::Exists, Some(export)) => {
            export.error = Some("a file of this name is there already; Enter again replaces it".to_owned());
            export.replaces = Some(path.to_owned());
        }
        (Written::Failed(error), Some(export)) => export.error = Some(error),
        (Written::Exists, None) => {
            let text = format!("{path} was not written: it is there already");
            state.notices.tell(state.now, Level::Warn, text);
        }
        (Written::Failed(error), None) => state.notices.tell(state.now, Level::Error, error),
    }
}
