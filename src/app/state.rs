//! What the screen shows.

pub use super::options::Options;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crossterm::event::KeyEvent;
use jiff::Timestamp;
use tui_input::Input;

use super::chooser::Choice;
use super::compare::CompareScreen;
use super::cycle::CycleScreen;
use super::fixes::Fixes;
use super::history::History;
use super::layout::{Area, Beside, Layout, Pane};
use super::lesson::{Class, KeptBack};
use super::link::Link;
use super::manifest::Manifests;
use super::matrix::MatrixScreen;
use super::node_rows::NodeRows;
use super::notices::Notices;
use super::overlay::Overlay;
use super::picture::{Aspect, Picture};
use super::plan::Planning;
use super::prose::Line;
use super::screen::Screen;
use super::scroll::Scroll;
use super::studies::Studies;
use super::waiting_rows::WaitingRows;
use super::what_if::WhatIf;
use super::wire::WireScreen;
use crate::engine::View;
use crate::engine::view::{Interest, NodeSummary, Queued, Selected, Waiting};
use crate::model::workload::Owner;
use crate::model::{NodeId, Pod, PodKey};
use crate::placing::{Adoption, Outcome, Stage};
use crate::scheduling::Trace;
use crate::scheduling::cycle::NodeExplanation;

/// Everything that the screen shows; drawing reads it, [`super::update()`] alone writes it.
#[derive(Clone, Debug)]
pub struct State {
    /// What is settled.
    pub options: Options,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The time of the last message.
    pub now: Timestamp,
    /// The engine's latest.
    pub view: Arc<View>,
    /// The connection's latest.
    pub link: Link,
    /// The name of the theme.
    pub theme: Arc<str>,
    /// The screen that is shown.
    pub screen: Screen,
    /// The screens to go back to, the last first.
    pub behind: Vec<Screen>,
    /// The pane of the home screen that keys go to.
    pub focus: Pane,
    /// The only namespace shown; all where there is none.
    pub namespace: Option<Arc<str>>,
    /// The Waiting pane.
    pub waiting: WaitingPane,
    /// The Nodes pane.
    pub nodes: NodesPane,
    /// The Why pane.
    pub why: WhyPane,
    /// The Cluster pane.
    pub cluster: ClusterPane,
    /// What was placed in this session, the latest last.
    pub placed: Vec<Placement>,
    /// The first row of the Placed pane, counted from the latest.
    pub placed_offset: usize,
    /// The matrix screen.
    pub matrix: MatrixScreen,
    /// The compare screen.
    pub compare: CompareScreen,
    /// The manifests that were looked at.
    pub manifests: Manifests,
    /// The pods that are marked, by uid.
    pub marks: BTreeMap<Arc<str>, PodKey>,
    /// What of the home screen can be undone.
    pub choices: History<Choices>,
    /// The Plan screen.
    pub plan: Planning,
    /// The scheduling cycle, step by step.
    pub cycle: CycleScreen,
    /// The requests.
    pub wire: WireScreen,
    /// Questions that take time.
    pub studies: Studies,
    /// The What-if screen.
    pub what_if: WhatIf,
    /// The Fixes screen.
    pub fixes: Fixes,
    /// A filter that is being typed.
    pub filtering: Option<Filtering>,
    /// What lies over the home screen.
    pub overlay: Option<Overlay>,
    /// The placement that is under way.
    pub flight: Option<Flight>,
    /// Going to another context, while that is under way.
    pub connecting: Option<Connecting>,
    /// The adoptions that hold.
    pub adoptions: Vec<Arc<Adoption>>,
    /// The scheduler that came back and ended an adoption, and when that was.
    pub returned: Option<(Arc<str>, Timestamp)>,
    /// The line below the first, where there is something to say in it.
    pub banner: Option<Line>,
    /// What was told.
    pub notices: Notices,
    /// The lesson, where one is taken.
    pub class: Option<Box<Class>>,
    /// Keys that came before what they are for, the first in front.
    pub early: VecDeque<KeyEvent>,
    pub(super) interest: Interest,
    /// The pod that it is asked of who made it, and its controller.
    pub(super) asking: Option<(PodKey, Arc<Owner>)>,
    /// What other operators were told: the pod that is open, and whose pods are adopted.
    pub(super) doing: (Option<PodKey>, Vec<Arc<str>>),
    /// When the key that places was pressed last.
    pub(super) hurried: Option<Timestamp>,
    pub(super) clicked: Option<(Timestamp, u16, u16)>,
}

/// The Waiting pane.
#[derive(Clone, Debug, Default)]
pub struct WaitingPane {
    /// Its rows.
    pub rows: WaitingRows,
    /// Where the cursor is.
    pub scroll: Scroll,
    /// The selected pod's name and uid.
    pub chosen: Option<(PodKey, Arc<str>)>,
    /// What names must contain.
    pub filter: String,
    /// Whether the cursor was moved: until then, it stays on the first pod while the list is coming in.
    pub touched: bool,
}

/// The Nodes pane.
#[derive(Clone, Debug, Default)]
pub struct NodesPane {
    /// Its rows.
    pub rows: NodeRows,
    /// Which node the cursor is on, and the first row shown.
    pub scroll: Scroll,
    /// The node that was chosen; the best one is followed until one is.
    pub chosen: Option<Arc<str>>,
    /// What names must contain.
    pub filter: String,
    /// Steps of the cursor that were asked for before the decision came.
    pub(super) steps: isize,
}

/// The Why pane.
#[derive(Clone, Debug, Default)]
pub struct WhyPane {
    /// What it says, wrapped.
    pub lines: Vec<Line>,
    /// The first line shown.
    pub offset: usize,
    pub(super) of: Option<WhyOf>,
}

/// What the Why pane was made from.
#[derive(Clone, Debug)]
pub(super) struct WhyOf {
    pub trace: Arc<Trace>,
    pub node: NodeId,
    pub explanation: Option<Arc<NodeExplanation>>,
    pub columns: usize,
    pub queued: Option<Queued>,
}

/// The Cluster pane.
#[derive(Clone, Debug, Default)]
pub struct ClusterPane {
    /// What the picture is of.
    pub aspect: Aspect,
    /// The picture.
    pub picture: Picture,
    /// Zone and cell of the node under the cursor.
    pub marked: Option<(usize, usize)>,
    pub(super) of: Option<PictureOf>,
}

/// What the Cluster pane was made from.
#[derive(Clone, Debug)]
pub(super) struct PictureOf {
    pub nodes: Arc<[NodeSummary]>,
    pub area: Area,
    pub aspect: Aspect,
    pub trace: Option<Arc<Trace>>,
}

/// What a person chose on the home screen, and can undo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// See [`State::namespace`].
    pub namespace: Option<Arc<str>>,
    /// See [`WaitingPane::filter`].
    pub waiting_filter: String,
    /// See [`NodesPane::filter`].
    pub nodes_filter: String,
    /// See [`State::marks`].
    pub marks: BTreeMap<Arc<str>, PodKey>,
}

/// What a filter narrows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterTarget {
    /// The Waiting pane.
    Waiting,
    /// The Nodes pane.
    Nodes,
    /// The table of the Plan screen.
    Plan,
    /// The matrix.
    Matrix,
    /// The requests.
    Wire,
}

/// A filter that is being typed.
#[derive(Clone, Debug)]
pub struct Filtering {
    /// What it narrows.
    pub target: FilterTarget,
    /// The text.
    pub input: Input,
}

/// A placement that is under way.
#[derive(Clone, Debug)]
pub struct Flight {
    /// The pod.
    pub pod: Arc<Pod>,
    /// The node.
    pub node: Arc<str>,
    /// How far it is.
    pub stage: Stage,
    /// Whether it is to end, with what was prepared undone.
    pub taken_back: bool,
    /// Who asked for it.
    pub(super) errand: Errand,
}

/// Going to another context; what is shown stays until its server has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connecting {
    /// The context.
    pub to: Arc<str>,
    /// Since when.
    pub since: Timestamp,
    /// What is waited for, in words.
    pub step: Arc<str>,
}

/// Who asked for a placement.
#[derive(Clone, Debug)]
pub(super) enum Errand {
    /// The dialog that confirmed it, to ask again with.
    Dialog(Box<super::confirm::Confirm>),
    /// The dialog that confirmed making room for it.
    Room(Box<super::room::RoomDialog>),
    /// A plan that is carried out; the total that it has for the node.
    Plan(Option<i64>),
}

/// How a placement looks afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Placed.
    Placed,
    /// Placed, with something missing.
    PlacedBut,
    /// Not placed.
    Failed,
    /// Not known.
    Unknown,
}

impl Mark {
    /// How the placement looks that ended so.
    pub const fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Placed {
                event_error: None, ..
            } => Self::Placed,
            Outcome::Placed { .. } => Self::PlacedBut,
            Outcome::Unknown { .. } => Self::Unknown,
            Outcome::Refused(_) | Outcome::Changed { .. } | Outcome::DryRun { .. } => Self::Failed,
        }
    }
}

/// A placement of this session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// When it was over.
    pub at: Timestamp,
    /// The pod.
    pub pod: PodKey,
    /// Its uid.
    pub uid: Arc<str>,
    /// The node.
    pub node: Arc<str>,
    /// How it ended.
    pub mark: Mark,
    /// The same in words.
    pub text: String,
}

impl State {
    /// The screen before anything has come, on a terminal of `size` columns and rows.
    pub fn new(options: Options, size: (u16, u16), now: Timestamp) -> Self {
        Self {
            namespace: options.namespace.clone(),
            theme: Arc::clone(&options.settings.theme),
            options,
            size,
            now,
            view: Arc::default(),
            link: Link::default(),
            screen: Screen::Home,
            behind: Vec::new(),
            focus: Pane::Waiting,
            waiting: WaitingPane::default(),
            nodes: NodesPane::default(),
            why: WhyPane::default(),
            cluster: ClusterPane::default(),
            placed: Vec::new(),
            placed_offset: 0,
            matrix: MatrixScreen::default(),
            compare: CompareScreen::default(),
            manifests: Manifests::default(),
            marks: BTreeMap::new(),
            choices: History::default(),
            plan: Planning::default(),
            cycle: CycleScreen::default(),
            wire: WireScreen::default(),
            studies: Studies::default(),
            what_if: WhatIf::default(),
            fixes: Fixes::default(),
            filtering: None,
            overlay: None,
            flight: None,
            connecting: None,
            adoptions: Vec::new(),
            returned: None,
            banner: None,
            notices: Notices::default(),
            class: None,
            early: VecDeque::new(),
            interest: Interest::default(),
            asking: None,
            doing: (None, Vec::new()),
            hurried: None,
            clicked: None,
        }
    }

    /// Shows `screen`; Esc leads back.
    pub(super) fn show(&mut self, screen: Screen) {
        if screen == self.screen {
            return;
        }
        self.behind.retain(|&behind| behind != screen);
        self.behind.push(self.screen);
        self.screen = screen;
    }

    /// Goes back to the screen before.
    pub(super) fn leave(&mut self) {
        self.screen = self.behind.pop().unwrap_or_default();
    }

    /// The name of the theme to draw with: the one under the cursor while one is chosen.
    pub fn shown_theme(&self) -> &str {
        let Some(Overlay::Choose(chooser)) = &self.overlay else {
            return &self.theme;
        };
        match chooser.chosen().map(|item| &item.choice) {
            Some(Choice::Theme(name)) => name,
            _ => &self.theme,
        }
    }

    /// Where things are.
    pub fn layout(&self) -> Layout {
        let beside = match &self.class {
            Some(class) => class.form.beside(self.size),
            None => Beside::Nothing,
        };
        Layout::with(self.size, self.focus, self.banner.is_some(), beside)
    }

    /// Whether what the scheduling code says is not to be seen yet: a lesson asks for a prediction, or will do so next of a
    /// pod that is there already.
    pub fn covered(&self) -> bool {
        match self.class.as_ref().and_then(|class| class.kept_back()) {
            None => false,
            Some(KeptBack::Now(_)) => true,
            Some(KeptBack::Next(pod)) => self.view.waiting.iter().any(|row| row.pod.key == *pod),
        }
    }

    /// The adoption of the pods of the scheduler called `name`.
    pub fn adoption_of(&self, name: &str) -> Option<&Arc<Adoption>> {
        self.adoptions
            .iter()
            .find(|adoption| *adoption.scheduler == *name)
    }

    /// The pod under the cursor.
    pub fn pod(&self) -> Option<&Waiting> {
        self.waiting.rows.get(self.waiting.scroll.cursor)
    }

    /// The decision on the pod under the cursor, if it has come.
    pub fn decision(&self) -> Option<&Selected> {
        let selected = self.view.selected.as_ref()?;
        (selected.pod.uid == self.pod()?.pod.uid).then_some(selected)
    }

    /// Whether the decision on the pod under the cursor is still to come: the nodes shown are those of another.
    pub fn judging(&self) -> bool {
        self.pod().is_some() && self.decision().is_none() && !self.covered()
    }

    /// The node under the cursor.
    pub fn node(&self) -> Option<NodeId> {
        self.nodes.rows.node(self.nodes.scroll.cursor)
    }

    /// The name of the node under the cursor.
    pub fn node_name(&self) -> Option<&Arc<str>> {
        self.nodes.rows.name(self.nodes.scroll.cursor)
    }

    /// The node called `name`, as the picture of the cluster knows it.
    pub fn summary_of(&self, name: &str) -> Option<&NodeSummary> {
        self.view.node(name)
    }
}
