//! The dialog that places a pod: what it knows, and what it says.

mod question;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tui_input::Input;

use super::guard::Guard;
use super::prose::Line;
use super::why::caveats;
use crate::engine::view::{NodeSummary, Selected};
use crate::model::{NodeId, Pod};
use crate::placing::consequence::{self, Fate, NodeFacts};
use crate::placing::reason::ReasonError;
use crate::placing::{Adoption, Intent, Outcome, Reason, Verdict};
use crate::scheduling::Trace;

/// The dialog.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// The pod, as it was shown.
    pub pod: Arc<Pod>,
    /// The node.
    pub node: Arc<str>,
    /// What is said of the node.
    pub verdict: Verdict,
    /// What was said before, where it changed while the dialog was open.
    pub before: Option<Verdict>,
    /// The best node and its total, where this node is not it.
    pub better: Option<(Arc<str>, i64)>,
    /// What the decision leaves out.
    pub caveats: Vec<Line>,
    /// When it was judged.
    pub judged: Timestamp,
    /// The adoption that it is placed under, where it is another scheduler's.
    pub adoption: Option<Arc<Adoption>>,
    /// What of the node decides what its kubelet does.
    pub facts: NodeFacts,
    /// The reason, as it is typed.
    pub reason: Input,
    /// The node's name, as it is typed where it has to be.
    pub name: Input,
    /// Which of the two the keys go to.
    pub field: Field,
    /// What is wrong with what was typed.
    pub error: Option<Missing>,
    /// How far it is.
    pub step: Step,
    /// The first line shown.
    pub offset: usize,
    guard: Guard,
    wait: Duration,
}

/// What is typed in the dialog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Field {
    /// The reason.
    #[default]
    Reason,
    /// The node's name, once more: where the kubelet would not simply take the pod in.
    Name,
}

/// What keeps Enter from confirming.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// The reason is none.
    #[error("{0}")]
    Reason(#[from] ReasonError),
    /// The node's name has to be typed.
    #[error("type the node's name, {0}, to place the pod there all the same")]
    Name(Arc<str>),
}

impl Missing {
    /// Where it is to be typed.
    pub const fn field(&self) -> Field {
        match self {
            Self::Reason(_) => Field::Reason,
            Self::Name(_) => Field::Name,
        }
    }
}

/// How far the dialog is.
#[derive(Clone, Debug)]
pub enum Step {
    /// Asking.
    Asking,
    /// Confirmed; under way.
    Running,
    /// The pod waits no longer: nothing to confirm.
    Gone,
    /// Over, and not simply placed.
    Over(Box<Outcome>),
}

impl Confirm {
    /// See [`Guard::QUIET`].
    pub const QUIET: Duration = Guard::QUIET;

    /// The dialog for `node` of the decision `selected`; nothing where the node is not in it.
    pub fn open(selected: &Selected, node: NodeId) -> Option<Self> {
        let trace = &selected.trace;
        let name = trace.nodes.names.get(node.index())?;
        let verdict = Verdict::of(trace, node);
        Some(Self {
            pod: Arc::clone(&selected.pod),
            node: Arc::clone(name),
            better: better(trace, &verdict),
            caveats: caveats(selected),
            verdict,
            before: None,
            judged: selected.judged,
            adoption: None,
            facts: NodeFacts::default(),
            reason: Input::default(),
            name: Input::default(),
            field: Field::default(),
            error: None,
            step: Step::Asking,
            offset: 0,
            guard: Guard::default(),
            wait: Self::QUIET,
        })
    }

    /// With the adoption that the pod is placed under.
    #[must_use]
    pub fn under(mut self, adoption: Option<Arc<Adoption>>) -> Self {
        self.adoption = adoption;
        self
    }

    /// Whether it still asks, under `adoption`.
    pub fn asks_under(&self, adoption: &Adoption) -> bool {
        let under = self.adoption.as_ref().is_some_and(|own| own.id == adoption.id);
        under && matches!(self.step, Step::Asking)
    }

    /// Takes what `node` is now.
    pub fn see(&mut self, node: &NodeSummary) {
        self.facts = NodeFacts::of_summary(node);
        if !self.wants_name() {
            self.field = Field::Reason;
        }
    }

    /// What the node's kubelet would do with the pod.
    pub fn fate(&self) -> Fate {
        consequence::fate(&self.verdict, &self.pod, &self.facts)
    }

    /// Whether the node's name has to be typed.
    pub fn wants_name(&self) -> bool {
        self.fate().is_harmful()
    }

    /// The text that keys go to.
    pub fn input(&mut self) -> &mut Input {
        match self.field {
            Field::Reason => &mut self.reason,
            Field::Name => &mut self.name,
        }
    }

    /// Has keys go to the other field, where there is one.
    pub fn turn(&mut self) {
        self.field = match self.field {
            Field::Reason if self.wants_name() => Field::Name,
            _ => Field::Reason,
        };
    }

    /// With another time than [`Confirm::QUIET`] until Enter confirms.
    #[must_use]
    pub fn waiting(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self.guard = Guard::waiting(self.quiet());
        self
    }

    /// How long until Enter confirms: where a rule is overruled, never less than [`Confirm::QUIET`].
    fn quiet(&self) -> Duration {
        if self.verdict.needs_reason() {
            self.wait.max(Self::QUIET)
        } else {
            self.wait
        }
    }

    /// Takes a newer decision on the same pod; asks again where it says something else of the node.
    pub fn judged_again(&mut self, selected: &Selected) {
        let Some(node) = selected.trace.nodes.id(&self.node) else {
            self.step = Step::Over(Box::new(Outcome::Refused(crate::placing::Refusal::NodeGone(
                self.node.to_string(),
            ))));
            return;
        };
        let now = Verdict::of(&selected.trace, node);
        if self.verdict.differs_from(&now) {
            self.ask_again(now.clone());
        }
        self.better = better(&selected.trace, &now);
        self.verdict = now;
        self.pod = Arc::clone(&selected.pod);
        self.caveats = caveats(selected);
        self.judged = selected.judged;
    }

    /// Asks again, as `now` is said of the node.
    fn ask_again(&mut self, now: Verdict) {
        self.before = Some(std::mem::replace(&mut self.verdict, now));
        self.step = Step::Asking;
        self.guard = Guard::waiting(self.quiet());
        self.offset = 0;
    }

    /// Asks again after the placement was judged anew and found to have changed.
    pub fn changed(&mut self, confirmed: Verdict, now: Verdict, judged: &Selected) {
        self.verdict = confirmed;
        self.ask_again(now);
        self.better = better(&judged.trace, &self.verdict);
        self.pod = Arc::clone(&judged.pod);
        self.judged = judged.judged;
    }

    /// The dialog is on the screen. Says how long until it may be confirmed, the first time.
    pub fn drawn(&mut self, now: Timestamp) -> Option<Duration> {
        if matches!(self.step, Step::Asking) {
            self.guard.drawn(now)
        } else {
            None
        }
    }

    /// Something was typed: whoever does that has seen the dialog.
    pub fn typed(&mut self) {
        self.guard.typed();
        self.error = None;
    }

    /// Enter was pressed too early. Says how long until it may be pressed again.
    pub fn too_early(&mut self, now: Timestamp) -> Option<Duration> {
        self.guard.too_early(now)
    }

    /// What the key that confirms is held back by, in the words of its hint.
    pub fn held(&self, now: Timestamp) -> Option<&'static str> {
        if !matches!(self.step, Step::Asking) {
            Some("…")
        } else if self.verdict.needs_reason() && self.reason.value().trim().is_empty() {
            Some("once there is a reason")
        } else if self.wants_name() && !self.is_named() {
            Some("once the node is named")
        } else {
            self.guard.held(now)
        }
    }

    /// Whether Enter is taken as meant for the dialog.
    pub fn hears(&self, now: Timestamp) -> bool {
        matches!(self.step, Step::Asking) && self.guard.armed(now)
    }

    fn is_named(&self) -> bool {
        self.name.value().trim() == &*self.node
    }

    /// What is confirmed.
    ///
    /// # Errors
    /// Where the reason is none, or missing where there must be one; where the node's name must be typed and is not.
    pub fn intent(&self) -> Result<Intent, Missing> {
        let reason = if self.reason.value().trim().is_empty() && !self.verdict.needs_reason() {
            // Why its scheduler's pods are adopted says why this one is placed.
            self.adoption.as_ref().map(|adoption| adoption.reason.clone())
        } else {
            Some(Reason::parse(self.reason.value())?)
        };
        let insists = self.wants_name();
        if insists && !self.is_named() {
            return Err(Missing::Name(Arc::clone(&self.node)));
        }
        Ok(Intent {
            pod: self.pod.key.clone(),
            uid: Arc::clone(&self.pod.uid),
            resource_version: Arc::clone(&self.pod.resource_version),
            node: Arc::clone(&self.node),
            verdict: self.verdict.clone(),
            reason,
            adoption: self.adoption.clone(),
            insists,
        })
    }

    /// What became of it, and what to do next, in words.
    pub fn outcome(&self, outcome: &Outcome) -> Vec<Line> {
        super::aftermath::tell(&self.pod, &self.node, outcome)
    }
}

/// The best node and its total, where another than the one of `verdict`.
fn better(trace: &Trace, verdict: &Verdict) -> Option<(Arc<str>, i64)> {
    if verdict.best {
        return None;
    }
    let &best = trace.decision.chosen().first()?;
    Some((
        Arc::clone(trace.nodes.names.get(best.index())?),
        trace.total(best)?,
    ))
}
