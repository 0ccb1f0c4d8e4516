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
    /// One column to the left.
    Left,
    /// One column to the right.
    Right,
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
    /// Adopt the pods of a scheduler that does not work, or renew or end that.
    Adopt,
    /// Make room for the selected pod by deleting others.
    MakeRoom,
    /// Choose another node than the best.
    OtherNode,
    /// Back to the best node.
    BestNode,
    /// A step on, in the film.
    Forward,
    /// A step back, in the film.
    Backward,
    /// To the next phase, in the film.
    NextPhase,
    /// To the phase before, in the film.
    PreviousPhase,
    /// Let the film play, or stop it.
    Play,
    /// Take the latest decision.
    Latest,
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
    /// Suppose one thing more.
    Add,
    /// Take out what is under the cursor.
    Remove,
    /// Take over what a line may become.
    Complete,
    /// Find an action by its name.
    Palette,
    /// Something in a lesson.
    Lesson(LessonKey),
    /// What is known of the selected pod, and who made it.
    Details,
    /// Another picture of the cluster.
    Aspect,
    /// Mark a pod for a plan.
    Mark,
    /// Move the pod up in the plan.
    MoveUp,
    /// Move the pod down in the plan.
    MoveDown,
    /// Leave the pod out of the plan, or take it in again.
    Skip,
    /// Choose the pod's node in the plan.
    Pin,
    /// Look for the plan that places most, or go one by one.
    Optimize,
    /// Plan again.
    Again,
    /// Undo the last choice.
    Undo,
    /// Do again what was undone.
    Redo,
    /// Sort by the column under the cursor, or the other way round.
    Sort,
    /// Change sides.
    Swap,
    /// Copy the name under the cursor.
    Copy,
    /// Choose what to copy.
    CopyMenu,
    /// Write what is shown to a file.
    Export,
    /// Choose a theme.
    Theme,
    /// Read the last messages again.
    Notices,
    /// Show all keys.
    Help,
    /// Leave a dialog, a filter or a pane.
    Back,
    /// Say yes.
    Confirm,
    /// End a placement that still can be ended.
    TakeBack,
    /// Leave the program.
    Quit,
}

/// What keys do in a lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LessonKey {
    /// To the next step.
    Next,
    /// To the step before.
    Previous,
    /// The next hint.
    Hint,
    /// Predict.
    Predict,
    /// Begin again on a new cluster.
    Restart,
    /// Another size of the panel.
    Panel,
    /// Scroll up.
    Up,
    /// Scroll down.
    Down,
}

/// Where a key means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// A screen, with nothing lying over it.
    Screen(Screen),
    /// While a filter is typed.
    Filter,
    /// While a supposition is typed.
    Line,
    /// The dialog that places.
    Confirm,
    /// The same dialog while its placement is under way.
    Flight,
    /// A dialog that is only read.
    Read,
    /// A list to choose from.
    Pick,
    /// Leaving while a placement is under way.
    Leave,
}

impl Context {
    /// Whether a text is typed there, so that letters are no keys.
    pub const fn types(self) -> bool {
        matches!(self, Self::Filter | Self::Confirm | Self::Pick)
    }
}

/// A part of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Decide.
    Decide,
    /// Look deeper.
    Look,
    /// On the Plan screen.
    Plan,
    /// Find.
    Find,
    /// Move.
    Move,
    /// The rest.
    Program,
    /// In a lesson.
    Lesson,
    /// In dialogs.
    Dialog,
}

impl Group {
    /// All of them, in the order of the help.
    pub const ALL: [Self; 8] = [
        Self::Decide,
        Self::Look,
        Self::Plan,
        Self::Find,
        Self::Move,
        Self::Program,
        Self::Lesson,
        Self::Dialog,
    ];

    /// Its title.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Decide => "Decide",
            Self::Look => "Look deeper",
            Self::Plan => "In a plan",
            Self::Find => "Find",
            Self::Move => "Move",
            Self::Program => "Program",
            Self::Lesson => "In a lesson",
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

    /// What the action is called in settings and palette: `other-node`.
    pub fn name(&self) -> String {
        self.hint.replace(' ', "-")
    }

    /// Whether it means the same wherever keys go.
    pub fn is_everywhere(&self) -> bool {
        self.holds_in(Context::Leave) && self.holds_in(Context::Confirm)
    }
}
