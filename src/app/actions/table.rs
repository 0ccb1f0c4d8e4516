//! The table.

use crossterm::event::KeyCode;

use super::{Action, Context, Group, Row};
use crate::app::chord::Chord;
use crate::app::screen::Screen;

use Context::{Confirm, Filter, Leave, Pick, Read};

const HOME: Context = Context::Screen(Screen::Home);
const MATRIX: Context = Context::Screen(Screen::Matrix);
const CYCLE: Context = Context::Screen(Screen::Cycle);
const COMPARE: Context = Context::Screen(Screen::Compare);
const WHAT_IF: Context = Context::Screen(Screen::WhatIf);
const PLAN: Context = Context::Screen(Screen::Plan);
const WIRE: Context = Context::Screen(Screen::Wire);

/// Every screen.
const SCREENS: &[Context] = &[HOME, MATRIX, CYCLE, COMPARE, WHAT_IF, PLAN, WIRE];
/// Every screen but the first.
const OTHERS: &[Context] = &[MATRIX, CYCLE, COMPARE, WHAT_IF, PLAN, WIRE];
/// Where there is something to scroll.
const MOVES: &[Context] = &[HOME, MATRIX, CYCLE, COMPARE, WHAT_IF, PLAN, WIRE, Read];

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

/// Every key. The order within a group is that of the help; for the hint line see [`crate::app::hints`].
pub const TABLE: &[Row] = &[
    row(
        Action::Open,
        &[HOME],
        &[on(KeyCode::Enter)],
        "open",
        "open the pod's nodes, or place it on the node",
        Group::Decide,
    ),
    row(
        Action::Place,
        &[HOME],
        &[c('p')],
        "place",
        "place the selected pod on the node under the cursor",
        Group::Decide,
    ),
    row(
        Action::OtherNode,
        &[HOME],
        &[c('o')],
        "other node",
        "choose another node: go to the next one in Nodes",
        Group::Decide,
    ),
    row(
        Action::BestNode,
        &[HOME],
        &[c('b')],
        "best node",
        "back to the best node, and follow it",
        Group::Decide,
    ),
    row(
        Action::Mark,
        &[HOME],
        &[c('m')],
        "mark",
        "mark the pod for a plan, or take the mark off",
        Group::Decide,
    ),
    row(
        Action::Show(Screen::Matrix),
        SCREENS,
        &[c('x')],
        "matrix",
        "every node against every plugin",
        Group::Look,
    ),
    row(
        Action::Show(Screen::Cycle),
        SCREENS,
        &[c('s')],
        "step by step",
        "walk the scheduling cycle, phase by phase",
        Group::Look,
    ),
    row(
        Action::Show(Screen::Compare),
        SCREENS,
        &[c('c')],
        "compare",
        "two nodes side by side: why this one and not that one",
        Group::Look,
    ),
    row(
        Action::Show(Screen::WhatIf),
        SCREENS,
        &[c('w')],
        "what if",
        "change pod or nodes on a copy, and see what would be",
        Group::Look,
    ),
    row(
        Action::Show(Screen::Plan),
        SCREENS,
        &[c('P')],
        "plan",
        "place many pods, each after those before it",
        Group::Look,
    ),
    row(
        Action::Show(Screen::Wire),
        SCREENS,
        &[c('W')],
        "wire",
        "the requests that were sent, with their answers",
        Group::Look,
    ),
    row(
        Action::Filter,
        &[HOME],
        &[c('/')],
        "filter",
        "show only pods, or nodes, with a text in their name",
        Group::Find,
    ),
    row(
        Action::Namespace,
        SCREENS,
        &[c('n')],
        "namespace",
        "show only one namespace, or all",
        Group::Find,
    ),
    row(
        Action::Context,
        SCREENS,
        &[c('C')],
        "context",
        "go to another context of the kubeconfig",
        Group::Find,
    ),
    row(
        Action::Profile,
        SCREENS,
        &[c('R')],
        "profile",
        "judge every pod by one profile, or each by its own",
        Group::Find,
    ),
    row(
        Action::Copy,
        &[HOME],
        &[c('y')],
        "copy",
        "copy the name under the cursor, or what Why says",
        Group::Find,
    ),
    row(
        Action::Palette,
        SCREENS,
        &[c(':')],
        "palette",
        "find an action by its name",
        Group::Find,
    ),
    row(
        Action::Undo,
        SCREENS,
        &[c('u')],
        "undo",
        "undo the last choice: a filter, a namespace, a mark, an edit",
        Group::Find,
    ),
    row(
        Action::Redo,
        SCREENS,
        &[c('U'), ctrl('r')],
        "redo",
        "do again what was undone",
        Group::Find,
    ),
    row(
        Action::Up,
        MOVES,
        &[on(KeyCode::Up), c('k')],
        "up",
        "one row up",
        Group::Move,
    ),
    row(
        Action::Down,
        MOVES,
        &[on(KeyCode::Down), c('j')],
        "down",
        "one row down",
        Group::Move,
    ),
    row(
        Action::PageUp,
        &[
            HOME, MATRIX, CYCLE, COMPARE, WHAT_IF, PLAN, WIRE, Read, Confirm, Pick,
        ],
        &[on(KeyCode::PageUp), ctrl('b')],
        "page up",
        "a page up",
        Group::Move,
    ),
    row(
        Action::PageDown,
        &[
            HOME, MATRIX, CYCLE, COMPARE, WHAT_IF, PLAN, WIRE, Read, Confirm, Pick,
        ],
        &[on(KeyCode::PageDown), ctrl('f')],
        "page down",
        "a page down",
        Group::Move,
    ),
    row(
        Action::HalfUp,
        MOVES,
        &[ctrl('u')],
        "half up",
        "half a page up",
        Group::Move,
    ),
    row(
        Action::HalfDown,
        MOVES,
        &[ctrl('d')],
        "half down",
        "half a page down",
        Group::Move,
    ),
    row(
        Action::First,
        MOVES,
        &[c('g'), on(KeyCode::Home)],
        "first",
        "to the first row",
        Group::Move,
    ),
    row(
        Action::Last,
        MOVES,
        &[c('G'), on(KeyCode::End)],
        "last",
        "to the last row",
        Group::Move,
    ),
    row(
        Action::NextPane,
        &[HOME],
        &[on(KeyCode::Tab), on(KeyCode::Right), c('l')],
        "next pane",
        "to the next pane",
        Group::Move,
    ),
    row(
        Action::PreviousPane,
        &[HOME],
        &[on(KeyCode::BackTab), on(KeyCode::Left), c('h')],
        "pane before",
        "to the pane before",
        Group::Move,
    ),
    row(
        Action::Back,
        &[HOME],
        &[on(KeyCode::Esc)],
        "back",
        "clear the filter, go back to Waiting, clear the message",
        Group::Move,
    ),
    row(
        Action::Back,
        OTHERS,
        &[on(KeyCode::Esc), c('q')],
        "back",
        "back to the screen before",
        Group::Move,
    ),
    row(
        Action::Help,
        SCREENS,
        &[c('?'), on(KeyCode::F(1))],
        "keys",
        "show all keys",
        Group::Program,
    ),
    row(
        Action::Notices,
        SCREENS,
        &[c('e')],
        "messages",
        "read the last messages again",
        Group::Program,
    ),
    row(
        Action::Quit,
        &[HOME],
        &[c('q')],
        "quit",
        "leave; nothing stays behind",
        Group::Program,
    ),
    row(
        Action::Quit,
        &[
            HOME, MATRIX, CYCLE, COMPARE, WHAT_IF, PLAN, WIRE, Filter, Confirm, Read, Pick, Leave,
        ],
        &[ctrl('c')],
        "quit",
        "leave from anywhere",
        Group::Program,
    ),
    row(
        Action::Confirm,
        &[Confirm],
        &[on(KeyCode::Enter)],
        "dry run, then place",
        "place: judged again, tried on the server, then sent",
        Group::Dialog,
    ),
    row(
        Action::Confirm,
        &[Pick, Filter],
        &[on(KeyCode::Enter)],
        "choose",
        "choose, or keep the filter",
        Group::Dialog,
    ),
    row(
        Action::Back,
        &[Confirm, Pick, Filter],
        &[on(KeyCode::Esc)],
        "cancel",
        "cancel; nothing is sent",
        Group::Dialog,
    ),
    row(
        Action::Up,
        &[Confirm, Pick, Filter],
        &[on(KeyCode::Up)],
        "up",
        "one row up, while typing",
        Group::Dialog,
    ),
    row(
        Action::Down,
        &[Confirm, Pick, Filter],
        &[on(KeyCode::Down)],
        "down",
        "one row down, while typing",
        Group::Dialog,
    ),
    row(
        Action::Back,
        &[Read],
        &[on(KeyCode::Esc), on(KeyCode::Enter), c('q'), c('?')],
        "close",
        "close what was only read",
        Group::Dialog,
    ),
    row(
        Action::Back,
        &[Leave],
        &[on(KeyCode::Esc), c('n')],
        "stay",
        "stay until the placement is over",
        Group::Dialog,
    ),
    row(
        Action::Confirm,
        &[Leave],
        &[c('y')],
        "leave all the same",
        "leave although a placement is under way",
        Group::Dialog,
    ),
];

const fn row(
    action: Action,
    contexts: &'static [Context],
    keys: &'static [Chord],
    hint: &'static str,
    says: &'static str,
    group: Group,
) -> Row {
    Row {
        action,
        contexts,
        keys,
        hint,
        says,
        group,
    }
}
