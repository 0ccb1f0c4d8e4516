//! Keys in dialogs.

use crossterm::event::KeyCode;

use super::{Entry, c, ctrl, on};
use crate::app::actions::{Action, Context};

use Context::{Confirm, Filter, Flight, Leave, Line, Pick, Read};

pub(super) const ROWS: &[Entry] = &[
    (
        Action::Confirm,
        &[Confirm],
        &[on(KeyCode::Enter)],
        "dry run, then place",
        "place: judged again, tried on the server, then sent",
    ),
    (
        Action::Confirm,
        &[Pick, Filter],
        &[on(KeyCode::Enter)],
        "choose",
        "choose, or keep the filter",
    ),
    (
        Action::Confirm,
        &[Line],
        &[on(KeyCode::Enter)],
        "suppose",
        "suppose what was typed, or take over what is under the cursor",
    ),
    (
        Action::Complete,
        &[Line],
        &[on(KeyCode::Tab)],
        "complete",
        "take over what is under the cursor, and type on",
    ),
    (
        Action::Back,
        &[Confirm, Pick, Filter, Line],
        &[on(KeyCode::Esc)],
        "cancel",
        "cancel; nothing is sent",
    ),
    (
        Action::NextPane,
        &[Confirm],
        &[on(KeyCode::Tab)],
        "other field",
        "to the other field, where there are two",
    ),
    (
        Action::OtherNode,
        &[Confirm],
        &[ctrl('n')],
        "other node",
        "make room on another node",
    ),
    (
        Action::TakeBack,
        &[Flight],
        &[c('c')],
        "take back",
        "end a placement that is being prepared: what was prepared is undone",
    ),
    (
        Action::Back,
        &[Flight],
        &[on(KeyCode::Esc), on(KeyCode::Enter)],
        "hide; it goes on",
        "hide a placement that is under way; it goes on",
    ),
    (
        Action::Up,
        &[Confirm, Pick, Filter, Line],
        &[on(KeyCode::Up)],
        "up",
        "one row up, while typing",
    ),
    (
        Action::Down,
        &[Confirm, Pick, Filter, Line],
        &[on(KeyCode::Down)],
        "down",
        "one row down, while typing",
    ),
    (
        Action::Back,
        &[Read],
        &[on(KeyCode::Esc), on(KeyCode::Enter), c('q'), c('?')],
        "close",
        "close what was only read",
    ),
    (
        Action::Back,
        &[Leave],
        &[on(KeyCode::Esc), c('n')],
        "stay",
        "stay until the placement is over",
    ),
    (
        Action::Confirm,
        &[Leave],
        &[c('y')],
        "leave all the same",
        "leave although a placement is under way",
    ),
];
