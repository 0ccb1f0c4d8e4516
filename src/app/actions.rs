//! What a person can do: one table for keys, hints, help, palette and the README's keys.

mod table;

pub use table::TABLE;

use super::chord::Chord;
use super::screen::Screen;

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
    /// Connect to another context.
    Context,
    /// Judge by another profile.
    Profile,
    /// Open a screen.
    Show(Screen),
    /// Find an action by its name.
    Palette,
    /// Mark a pod for a plan.
    Mark,
    /// Undo the last choice.
    Undo,
    /// Do again what was undone.
    Redo,
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
    /// A screen, with nothing lying over it.
    Screen(Screen),
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
    /// Look deeper.
    Look,
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
    pub const ALL: [Self; 6] = [
        Self::Decide,
        Self::Look,
        Self::Find,
        Self::Move,
        Self::Program,
        Self::Dialog,
    ];

    /// Its title.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Decide => "Decide",
            Self::Look => "Look deeper",
            Self::Find => "Find",
            Self::Move => "Move",
            Self::Program => "Program",
            Self::Dialog => "In dialogs",
        }
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What is done.
    pub action: Action,
    /// Where.
    pub contexts: &'static [Context],
    /// The keys for it, the first being the one for the hint line.
    pub keys: &'static [Chord],
    /// A word or two for the hint line.
    pub hint: &'static str,
    /// A sentence for the help.
    pub says: &'static str,
    /// Where in the help.
    pub group: Group,
}

impl Row {
    /// Whether it means something in `context`.
    pub fn holds_in(&self, context: Context) -> bool {
        self.contexts.contains(&context)
    }
}
