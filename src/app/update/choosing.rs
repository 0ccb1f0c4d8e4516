//! Menus and the dialog that exports.

use crate::app::actions::Action;
use crate::app::copying;
use crate::app::effect::Effect;
use crate::app::export::{Export, Written};
use crate::app::menu::{Choice, Item, Menu};
use crate::app::notices::Level;
use crate::app::overlay::{Overlay, Picker};
use crate::app::state::State;

/// Opens the menu of themes, with the cursor on the one that is shown.
pub(super) fn themes(state: &mut State) {
    let items = state.options.settings.themes.iter().map(|name| Item {
        label: name.to_string(),
        about: about(name).to_owned(),
        choice: Choice::Theme(name.clone()),
    });
    let mut menu = Menu::new("Theme", items.collect());
    let names = &state.options.settings.themes;
    menu.picker.cursor = names.iter().position(|name| *name == state.theme).unwrap_or(0);
    state.overlay = Some(Overlay::Menu(menu));
}

fn about(theme: &str) -> &'static str {
    match theme {
        "auto" => "by the terminal's ground",
        "dark" => "light text on a dark ground",
        "light" => "dark text on a light ground",
        "high-contrast" => "white on black, seven to one",
        "terminal" => "the terminal's own colours",
        _ => "your own",
    }
}

/// Opens the menu of what can be copied.
pub(super) fn copies(state: &mut State) {
    let menu = copying::menu(state);
    if menu.items.is_empty() {
        state.notices.tell(state.now, Level::Hint, "nothing to copy here");
    } else {
        state.overlay = Some(Overlay::Menu(menu));
    }
}

/// Opens the dialog that exports.
pub(super) fn export(state: &mut State) {
    state.overlay = Some(Overlay::Export(Export::of(state)));
}

/// Does `action` in a list or in the dialog that exports.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match &mut state.overlay {
        Some(Overlay::Menu(menu)) => {
            let last = menu.matching().len().saturating_sub(1);
            if step(&mut menu.picker, last, action) {
                return Vec::new();
            }
            let chosen = menu.current().cloned();
            match action {
                Action::Confirm => chosen.map_or_else(Vec::new, |item| choose(state, item)),
                _ => {
                    state.overlay = None;
                    Vec::new()
                }
            }
        }
        Some(Overlay::Export(export)) => {
            match action {
                Action::Up | Action::PageUp => export.step(-1),
                Action::Down | Action::PageDown => export.step(1),
                Action::Confirm => return write(state),
                _ => state.overlay = None,
            }
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Moves the cursor of `picker` where `action` says so.
fn step(picker: &mut Picker, last: usize, action: Action) -> bool {
    let by = match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -8,
        Action::PageDown => 8,
        _ => return false,
    };
    picker.cursor = picker.cursor.saturating_add_signed(by).min(last);
    true
}

fn choose(state: &mut State, item: Item) -> Vec<Effect> {
    state.overlay = None;
    match item.choice {
        Choice::Theme(name) => {
            state.theme = name;
            Vec::new()
        }
        Choice::Copy(text) => {
            let what = if text.contains('\n') {
                item.label
            } else {
                text.clone()
            };
            copy(state, text, &what)
        }
    }
}

/// Puts `text` on the clipboard, and says so.
pub(super) fn copy(state: &mut State, text: String, what: &str) -> Vec<Effect> {
    if !state.options.settings.clipboard {
        let told = "nothing was copied: the clipboard is off in the settings";
        state.notices.tell(state.now, Level::Hint, told);
        return Vec::new();
    }
    state
        .notices
        .tell(state.now, Level::Hint, format!("copied {what}"));
    vec![Effect::Copy(text)]
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
