//! The table, a file for each part of the help.

mod decide;
mod dialog;
mod find;
mod lesson;
mod look;
mod moves;
mod plan;
mod program;

use crossterm::event::KeyCode;

use super::{Action, Context, Group, Row};
use crate::app::chord::Chord;
use crate::app::screen::Screen;

use Context::Read;

const HOME: Context = Context::Screen(Screen::Home);
const MATRIX: Context = Context::Screen(Screen::Matrix);
const CYCLE: Context = Context::Screen(Screen::Cycle);
const COMPARE: Context = Context::Screen(Screen::Compare);
const WHAT_IF: Context = Context::Screen(Screen::WhatIf);
const FIXES: Context = Context::Screen(Screen::Fixes);
const PLAN: Context = Context::Screen(Screen::Plan);
const WIRE: Context = Context::Screen(Screen::Wire);

/// Every screen.
const SCREENS: &[Context] = &[HOME, MATRIX, CYCLE, COMPARE, WHAT_IF, FIXES, PLAN, WIRE];
/// Every screen but the first.
const OTHERS: &[Context] = &[MATRIX, CYCLE, COMPARE, WHAT_IF, FIXES, PLAN, WIRE];
/// Where there is something to scroll.
const MOVES: &[Context] = &[HOME, MATRIX, CYCLE, COMPARE, WHAT_IF, FIXES, PLAN, WIRE, Read];

const fn on(code: KeyCode) -> Chord {
    Chord { code, ctrl: false }
}
const fn c(letter: char) -> Chord {
    on(KeyCode::Char(letter))
}
const fn ctrl(letter: char) -> Chord {
    Chord {
        code: KeyCode::Char(letter),
        ctrl: true,
    }
}

/// A row but for its group: the action, where, the keys, its hint, what it says.
type Entry = (
    Action,
    &'static [Context],
    &'static [Chord],
    &'static str,
    &'static str,
);

const PARTS: [(Group, &[Entry]); Group::ALL.len()] = [
    (Group::Decide, decide::ROWS),
    (Group::Look, look::ROWS),
    (Group::Plan, plan::ROWS),
    (Group::Find, find::ROWS),
    (Group::Move, moves::ROWS),
    (Group::Program, program::ROWS),
    (Group::Lesson, lesson::ROWS),
    (Group::Dialog, dialog::ROWS),
];

/// Every key. The order within a group is that of the help; for the hint line see [`crate::app::hints`].
pub const TABLE: &[Row] = &joined::<{ count() }>();

const fn count() -> usize {
    let (mut count, mut part) = (0, 0);
    while part < PARTS.len() {
        count += PARTS[part].1.len();
        part += 1;
    }
    count
}

const fn joined<const N: usize>() -> [Row; N] {
    let mut rows = [row(PARTS[0].0, PARTS[0].1[0]); N];
    let (mut at, mut part) = (0, 0);
    while part < PARTS.len() {
        let (group, entries) = PARTS[part];
        let mut entry = 0;
        while entry < entries.len() {
            rows[at] = row(group, entries[entry]);
            at += 1;
            entry += 1;
        }
        part += 1;
    }
    rows
}

const fn row(group: Group, (action, contexts, keys, hint, says): Entry) -> Row {
    Row {
        action,
        contexts,
        keys,
        hint,
        says,
        group,
    }
}
