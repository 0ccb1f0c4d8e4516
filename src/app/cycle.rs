//! Step by step: the scheduling cycle as a film. A frame is cut from the trace for each plugin that speaks; nothing is
//! judged again for it.

pub mod cells;
mod cut;
pub mod field;
pub mod film;
mod headlines;
pub mod parts;
pub mod rail;
mod rule;
mod said;
pub mod sending;
pub mod stop;

pub use cells::Cell;
pub use field::{Field, Ground};
pub use film::{Film, Frame, Mark, Scene};
pub use parts::Parts;
pub use stop::Stop;

use std::sync::Arc;

use jiff::Timestamp;

use super::prose::Line;
use super::wire::Exchange;
use crate::model::{NodeId, PodKey};
use crate::placing::Stage;

/// The screen.
#[derive(Clone, Debug, Default)]
pub struct CycleScreen {
    /// The film, once the decision has come.
    pub film: Option<Film>,
    /// Which frame is shown.
    pub at: usize,
    /// When the next frame comes by itself, while the film plays.
    pub next: Option<Timestamp>,
    /// Whether the latest decision says something else than the film.
    pub outdated: bool,
    /// Where the nodes stand.
    pub ground: Ground,
    /// Which node of the ground the cursor is on.
    pub cursor: usize,
    /// The field in this frame.
    pub field: Field,
    /// The rail in this frame.
    pub rail: Vec<rail::Row>,
    /// What happens, wrapped.
    pub headline: Vec<Line>,
    /// What is said of the node under the cursor, wrapped.
    pub said: Vec<Line>,
    /// The first line shown of it.
    pub offset: usize,
    /// The requests shown, oldest first: those for this pod where there are any.
    pub requests: Vec<Arc<Exchange>>,
    /// Whether they are for this pod.
    pub for_pod: bool,
    /// The placement of the pod, once there was one.
    pub sent: Option<Sent>,
    /// How far its placement was.
    pub(super) stage: Option<Stage>,
    /// The frame and node that [`CycleScreen::said`] is of.
    pub(super) said_of: Option<(usize, Option<NodeId>)>,
}

/// A placement of the film's pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The node.
    pub to: Arc<str>,
    /// When it began.
    pub since: Timestamp,
    /// When it was over, if it is: what is sent later is for others.
    pub until: Option<Timestamp>,
}

impl Sent {
    /// Whether `request` is of this placement of `pod`.
    pub fn holds(&self, request: &Exchange, pod: &PodKey) -> bool {
        request.started >= self.since
            && self.until.is_none_or(|until| request.started <= until)
            && request.part(pod, &self.to).is_some()
    }
}

impl CycleScreen {
    /// The frame shown.
    pub fn frame(&self) -> Option<&Frame> {
        self.film.as_ref()?.frame(self.at)
    }

    /// Whether the film has come to where a person decides.
    pub fn decides(&self) -> bool {
        self.frame().is_some_and(|frame| frame.stop >= Stop::Permit)
    }

    /// The node under the cursor.
    pub fn node(&self) -> Option<NodeId> {
        self.ground.node(self.cursor)
    }

    /// The name of the node under the cursor.
    pub fn node_name(&self) -> Option<&Arc<str>> {
        let node = self.node()?;
        self.film.as_ref()?.trace.nodes.names.get(node.index())
    }
}
