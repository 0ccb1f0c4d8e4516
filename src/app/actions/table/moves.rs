//! Keys that move.

use crossterm::event::KeyCode;

use super::{COMPARE, CYCLE, Entry, FIXES, HOME, MATRIX, MOVES, OTHERS, PLAN, WHAT_IF, WIRE, c, ctrl, on};
use crate::app::actions::{Action, Context};

use Context::{Confirm, Pick, Read};

pub(super) const ROWS: &[Entry] = &[
    (Action::Up, MOVES, &[on(KeyCode::Up), c('k')], "up", "one row up"),
    (
        Action::Down,
        MOVES,
        &[on(KeyCode::Down), c('j')],
        "down",
        "one row down",
    ),
    (
        Action::PageUp,
        &[
            HOME, MATRIX, CYCLE, COMPARE, WHAT_IF, FIXES, PLAN, WIRE, Read, Confirm, Pick,
        ],
        &[on(KeyCode::PageUp), ctrl('b')],
        "page up",
        "a page up",
    ),
    (
        Action::PageDown,
        &[
            HOME, MATRIX, CYCLE, COMPARE, WHAT_IF, FIXES, PLAN, WIRE, Read, Confirm, Pick,
        ],
        &[on(KeyCode::PageDown), ctrl('f')],
        "page down",
        "a page down",
    ),
    (Action::HalfUp, MOVES, &[ctrl('u')], "half up", "half a page up"),
    (
        Action::HalfDown,
        MOVES,
        &[ctrl('d')],
        "half down",
        "half a page down",
    ),
    (
        Action::First,
        MOVES,
        &[c('g'), on(KeyCode::Home)],
        "first",
        "to the first row, or step",
    ),
    (
        Action::Last,
        MOVES,
        &[c('G'), on(KeyCode::End)],
        "last",
        "to the last row, or step",
    ),
    (
        Action::Forward,
        &[CYCLE],
        &[on(KeyCode::Right), c('l')],
        "step",
        "a step on",
    ),
    (
        Action::Backward,
        &[CYCLE],
        &[on(KeyCode::Left), c('h')],
        "back a step",
        "a step back",
    ),
    (
        Action::NextPhase,
        &[CYCLE],
        &[on(KeyCode::Tab)],
        "next phase",
        "to the next phase",
    ),
    (
        Action::PreviousPhase,
        &[CYCLE],
        &[on(KeyCode::BackTab)],
        "phase before",
        "to the phase before",
    ),
    (
        Action::Play,
        &[CYCLE],
        &[c(' ')],
        "play",
        "play the film, a step a second; any key stops it",
    ),
    (
        Action::Left,
        &[MATRIX],
        &[on(KeyCode::Left), c('h')],
        "left",
        "one column to the left",
    ),
    (
        Action::Right,
        &[MATRIX],
        &[on(KeyCode::Right), c('l')],
        "right",
        "one column to the right",
    ),
    (
        Action::NextPane,
        &[MATRIX],
        &[on(KeyCode::Tab), on(KeyCode::BackTab)],
        "read",
        "between the matrix and the explanation",
    ),
    (
        Action::NextPane,
        &[HOME, WHAT_IF, PLAN],
        &[on(KeyCode::Tab), on(KeyCode::Right), c('l')],
        "next pane",
        "to the next pane",
    ),
    (
        Action::PreviousPane,
        &[HOME, WHAT_IF, PLAN],
        &[on(KeyCode::BackTab), on(KeyCode::Left), c('h')],
        "pane before",
        "to the pane before",
    ),
    (
        Action::Back,
        &[HOME],
        &[on(KeyCode::Esc)],
        "back",
        "clear the filter, go back to Waiting, clear the message",
    ),
    (
        Action::Back,
        OTHERS,
        &[on(KeyCode::Esc), c('q')],
        "back",
        "back to the screen before",
    ),
];
