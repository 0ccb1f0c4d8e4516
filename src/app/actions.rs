//! What a person can do: one table for keys, hints and help.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Something a person can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Half a page up.
    HalfUp,
    /// Half a page down.
    HalfDown,
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// To the next pane.
    NextPane,
    /// To the pane before.
    PreviousPane,
    /// Open what is under the cursor: the nodes of a pod, or the dialog that places it.
    Open,
    /// Ask to place the selected pod on the node under the cursor.
    Place,
    /// Choose another node than the best.
    OtherNode,
    /// Back to the best node.
    BestNode,
    /// Show only rows with a text in them.
    Filter,
    /// Show only one namespace.
    Namespace,
    /// Copy the name under the cursor.
    Copy,
    /// Read the last messages again.
    Notices,
    /// Show all keys.
    Help,
    /// Leave a dialog, a filter or a pane.
    Back,
    /// Say yes.
    Confirm,
    /// Leave the program.
    Quit,
}

/// Where a key means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// The home screen.
    Home,
    /// While a filter is typed.
    Filter,
    /// The dialog that places.
    Confirm,
    /// A dialog that is only read.
    Read,
    /// A list to choose from.
    Pick,
    /// Leaving while a placement is under way.
    Leave,
}

/// A part of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Decide.
    Decide,
    /// Find.
    Find,
    /// Move.
    Move,
    /// The rest.
    Program,
    /// In dialogs.
    Dialog,
}

impl Group {
    /// All of them, in the order of the help.
    pub const ALL: [Self; 5] = [Self::Decide, Self::Find, Self::Move, Self::Program, Self::Dialog];

    /// Its title.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Decide => "Decide",
            Self::Find => "Find",
            Self::Move => "Move",
            Self::Program => "Program",
            Self::Dialog => "In dialogs",
        }
    }
}

/// A key, perhaps with Ctrl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chord {
    /// The key.
    pub code: KeyCode,
    /// Whether with Ctrl.
    pub ctrl: bool,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What is done.
    pub action: Action,
    /// Where.
    pub contexts: &'static [Context],
    /// The keys for it.
    pub keys: &'static [Chord],
    /// The keys as they are shown, the first word being the one for the hint line.
    pub shown: &'static str,
    /// A word or two for the hint line.
    pub hint: &'static str,
    /// A sentence for the help.
    pub says: &'static str,
    /// Where in the help.
    pub group: Group,
}

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

use Context::{Confirm, Filter, Home, Leave, Pick, Read};

/// Every key. The order within a group is that of the help; for the hint line see [`super::hints`].
pub const TABLE: &[Row] = &[
    row(
        Action::Open,
        &[Home],
        &[on(KeyCode::Enter)],
        "⏎",
        "open",
        "open the pod's nodes, or place it on the node",
        Group::Decide,
    ),
    row(
        Action::Place,
        &[Home],
        &[c('p')],
        "p",
        "place",
        "place the selected pod on the node under the cursor",
        Group::Decide,
    ),
    row(
        Action::OtherNode,
        &[Home],
        &[c('o')],
        "o",
        "other node",
        "choose another node: go to the next one in Nodes",
        Group::Decide,
    ),
    row(
        Action::BestNode,
        &[Home],
        &[c('b')],
        "b",
        "best node",
        "back to the best node, and follow it",
        Group::Decide,
    ),
    row(
        Action::Filter,
        &[Home],
        &[c('/')],
        "/",
        "filter",
        "show only pods, or nodes, with a text in their name",
        Group::Find,
    ),
    row(
        Action::Namespace,
        &[Home],
        &[c('n')],
        "n",
        "namespace",
        "show only one namespace, or all",
        Group::Find,
    ),
    row(
        Action::Copy,
        &[Home],
        &[c('y')],
        "y",
        "copy",
        "copy the name under the cursor, or what Why says",
        Group::Find,
    ),
    row(
        Action::Up,
        &[Home, Read],
        &[on(KeyCode::Up), c('k')],
        "↑ k",
        "up",
        "one row up",
        Group::Move,
    ),
    row(
        Action::Down,
        &[Home, Read],
        &[on(KeyCode::Down), c('j')],
        "↓ j",
        "down",
        "one row down",
        Group::Move,
    ),
    row(
        Action::PageUp,
        &[Home, Read, Confirm, Pick],
        &[on(KeyCode::PageUp), ctrl('b')],
        "PgUp ^b",
        "page up",
        "a page up",
        Group::Move,
    ),
    row(
        Action::PageDown,
        &[Home, Read, Confirm, Pick],
        &[on(KeyCode::PageDown), ctrl('f')],
        "PgDn ^f",
        "page down",
        "a page down",
        Group::Move,
    ),
    row(
        Action::HalfUp,
        &[Home, Read],
        &[ctrl('u')],
        "^u",
        "half up",
        "half a page up",
        Group::Move,
    ),
    row(
        Action::HalfDown,
        &[Home, Read],
        &[ctrl('d')],
        "^d",
        "half down",
        "half a page down",
        Group::Move,
    ),
    row(
        Action::First,
        &[Home, Read],
        &[c('g'), on(KeyCode::Home)],
        "g Home",
        "first",
        "to the first row",
        Group::Move,
    ),
    row(
        Action::Last,
        &[Home, Read],
        &[c('G'), on(KeyCode::End)],
        "G End",
        "last",
        "to the last row",
        Group::Move,
    ),
    row(
        Action::NextPane,
        &[Home],
        &[on(KeyCode::Tab), on(KeyCode::Right), c('l')],
        "Tab → l",
        "next pane",
        "to the next pane",
        Group::Move,
    ),
    row(
        Action::PreviousPane,
        &[Home],
        &[on(KeyCode::BackTab), on(KeyCode::Left), c('h')],
        "⇧Tab ← h",
        "pane before",
        "to the pane before",
        Group::Move,
    ),
    row(
        Action::Back,
        &[Home],
        &[on(KeyCode::Esc)],
        "Esc",
        "back",
        "clear the filter, go back to Waiting, clear the message",
        Group::Move,
    ),
    row(
        Action::Help,
        &[Home],
        &[c('?'), on(KeyCode::F(1))],
        "? F1",
        "keys",
        "show all keys",
        Group::Program,
    ),
    row(
        Action::Notices,
        &[Home],
        &[c('e')],
        "e",
        "messages",
        "read the last messages again",
        Group::Program,
    ),
    row(
        Action::Quit,
        &[Home],
        &[c('q')],
        "q",
        "quit",
        "leave; nothing stays behind",
        Group::Program,
    ),
    row(
        Action::Quit,
        &[Home, Filter, Confirm, Read, Pick, Leave],
        &[ctrl('c')],
        "^c",
        "quit",
        "leave from anywhere",
        Group::Program,
    ),
    row(
        Action::Confirm,
        &[Confirm],
        &[on(KeyCode::Enter)],
        "⏎",
        "dry run, then place",
        "place: judged again, tried on the server, then sent",
        Group::Dialog,
    ),
    row(
        Action::Confirm,
        &[Pick, Filter],
        &[on(KeyCode::Enter)],
        "⏎",
        "choose",
        "choose, or keep the filter",
        Group::Dialog,
    ),
    row(
        Action::Back,
        &[Confirm, Pick, Filter],
        &[on(KeyCode::Esc)],
        "Esc",
        "cancel",
        "cancel; nothing is sent",
        Group::Dialog,
    ),
    row(
        Action::Up,
        &[Confirm, Pick, Filter],
        &[on(KeyCode::Up)],
        "↑",
        "up",
        "one row up, while typing",
        Group::Dialog,
    ),
    row(
        Action::Down,
        &[Confirm, Pick, Filter],
        &[on(KeyCode::Down)],
        "↓",
        "down",
        "one row down, while typing",
        Group::Dialog,
    ),
    row(
        Action::Back,
        &[Read],
        &[on(KeyCode::Esc), on(KeyCode::Enter), c('q'), c('?')],
        "Esc ⏎ q ?",
        "close",
        "close what was only read",
        Group::Dialog,
    ),
    row(
        Action::Back,
        &[Leave],
        &[on(KeyCode::Esc), c('n')],
        "Esc n",
        "stay",
        "stay until the placement is over",
        Group::Dialog,
    ),
    row(
        Action::Confirm,
        &[Leave],
        &[c('y')],
        "y",
        "leave all the same",
        "leave although a placement is under way",
        Group::Dialog,
    ),
];

const fn row(
    action: Action,
    contexts: &'static [Context],
    keys: &'static [Chord],
    shown: &'static str,
    hint: &'static str,
    says: &'static str,
    group: Group,
) -> Row {
    Row {
        action,
        contexts,
        keys,
        shown,
        hint,
        says,
        group,
    }
}

/// What `key` means in `context`.
pub fn find(context: Context, key: &KeyEvent) -> Option<Action> {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    if key.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    TABLE
        .iter()
        .filter(|row| row.contexts.contains(&context))
        .find(|row| {
            row.keys
                .iter()
                .any(|chord| chord.code == key.code && chord.ctrl == ctrl)
        })
        .map(|row| row.action)
}

/// The row of `action` in `context`.
pub fn row_of(context: Context, action: Action) -> Option<&'static Row> {
    TABLE
        .iter()
        .find(|row| row.action == action && row.contexts.contains(&context))
}

impl Row {
    /// The key for the hint line.
    pub fn key(&self) -> &'static str {
        self.shown.split(' ').next().unwrap_or(self.shown)
    }
}
