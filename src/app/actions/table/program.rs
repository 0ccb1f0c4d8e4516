//! Keys of the program.

use crossterm::event::KeyCode;

use super::{COMPARE, CYCLE, Entry, FIXES, HOME, MATRIX, PLAN, SCREENS, WHAT_IF, WIRE, c, ctrl, on};
use crate::app::actions::{Action, Context};

use Context::{Confirm, Filter, Flight, Leave, Line, Pick, Read};

pub(super) const ROWS: &[Entry] = &[
    (
        Action::Help,
        SCREENS,
        &[c('?'), on(KeyCode::F(1))],
        "keys",
        "show all keys",
    ),
    (
        Action::Export,
        SCREENS,
        &[c('E')],
        "export",
        "write the decision, or this screen, to a file",
    ),
    (Action::Theme, SCREENS, &[c('T')], "theme", "choose another theme"),
    (
        Action::Notices,
        SCREENS,
        &[c('e')],
        "messages",
        "read the last messages again",
    ),
    (
        Action::Quit,
        &[HOME],
        &[c('q')],
        "quit",
        "leave; nothing stays behind",
    ),
    (
        Action::Quit,
        &[
            HOME, MATRIX, CYCLE, COMPARE, WHAT_IF, FIXES, PLAN, WIRE, Filter, Line, Confirm, Flight, Read,
            Pick, Leave,
        ],
        &[ctrl('c')],
        "quit",
        "leave from anywhere",
    ),
];
