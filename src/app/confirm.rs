//! The dialog that places a pod: what it knows, and what it says.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tui_input::Input;

use super::consequence::Consequence;
use super::figures::{age, ago};
use super::guard::Guard;
use super::link::{Link, Trust};
use super::prose::Line;
use super::why::caveats;
use crate::engine::view::{NodeSummary, Selected};
use crate::model::{NodeId, Pod};
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
    /// The reason, as it is typed.
    pub input: Input,
    /// What is wrong with the reason.
    pub error: Option<ReasonError>,
    /// How far it is.
    pub step: Step,
    /// The first line shown.
    pub offset: usize,
    guard: Guard,
    wait: Duration,
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
            input: Input::default(),
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

    /// The reason was typed at: whoever does that has seen the dialog.
    pub fn typed(&mut self) {
        self.guard.typed();
        self.error = None;
    }

    /// Enter was pressed too early. Says how long until it may be pressed again.
    pub fn too_early(&mut self, now: Timestamp) -> Option<Duration> {
        self.guard.too_early(now)
    }

    /// Whether Enter confirms.
    pub fn armed(&self, now: Timestamp) -> bool {
        matches!(self.step, Step::Asking) && self.guard.armed(now)
    }

    /// What is confirmed.
    ///
    /// # Errors
    /// Where the reason is none, or missing where there must be one.
    pub fn intent(&self) -> Result<Intent, ReasonError> {
        let reason = if self.input.value().trim().is_empty() && !self.verdict.needs_reason() {
            // Why its scheduler's pods are adopted says why this one is placed.
            self.adoption.as_ref().map(|adoption| adoption.reason.clone())
        } else {
            Some(Reason::parse(self.input.value())?)
        };
        Ok(Intent {
            pod: self.pod.key.clone(),
            uid: Arc::clone(&self.pod.uid),
            resource_version: Arc::clone(&self.pod.resource_version),
            node: Arc::clone(&self.node),
            verdict: self.verdict.clone(),
            reason,
            adoption: self.adoption.clone(),
        })
    }

    /// What it asks, in words; `node` is the node's summary.
    pub fn question(&self, node: Option<&NodeSummary>, link: &Link, now: Timestamp) -> Vec<Line> {
        let mut lines = Vec::new();
        if let Trust::Stale { what, since, .. } = link.trust() {
            let text = format!(
                "What is shown is out of date: {what} stale for {}",
                age(since, now)
            );
            lines.push(Line::hanging(2).warn("▲ ").strong(text));
            lines.push(Line::new());
        }
        if let Some(before) = &self.before {
            lines.push(
                Line::hanging(2)
                    .warn("▲ ")
                    .strong("The decision changed meanwhile. Nothing was sent; look again"),
            );
            lines.push(Line::hanging(9).dim("  before ").plain(word(before)));
            lines.push(Line::hanging(9).dim("  now    ").plain(word(&self.verdict)));
            lines.push(Line::new());
        }
        for who in link.has_open(&self.pod.key) {
            let line = Line::hanging(2).warn("◇ ").strong(who.to_owned());
            lines.push(line.plain(" has this pod open, too: ask before you place it"));
            lines.push(Line::new());
        }
        if let Some(adoption) = &self.adoption {
            let (name, left) = (&adoption.scheduler, age(now, adoption.until));
            let line = Line::hanging(2).warn("◆ ").plain("A pod of ").strong(&**name);
            lines.push(line.plain(format!(
                ", adopted for {left} more; that it is not at work is looked at again before the Binding is sent"
            )));
            lines.push(Line::new());
        }
        self.judgement(node, &mut lines);
        for prepared in &self.verdict.prepared {
            lines.push(Line::hanging(2).accent("▸ ").plain(prepared.to_string()));
        }
        for left in &self.verdict.unprepared {
            lines.push(Line::hanging(2).bad("✗ ").bad(left.to_string()));
        }
        lines.extend(self.caveats.iter().cloned());
        lines.push(Line::new());
        lines.push(Line::new().dim(format!(
            "Judged {} ago on what is shown; judged again when you confirm",
            ago(self.judged, now)
        )));
        lines.push(Line::new());
        self.sends(&link.user, &mut lines);
        lines
    }

    fn judgement(&self, node: Option<&NodeSummary>, lines: &mut Vec<Line>) {
        let total = self.verdict.total.unwrap_or(0);
        if self.verdict.is_feasible() {
            lines.push(match &self.better {
                _ if self.verdict.best => Line::hanging(2)
                    .accent("★ ")
                    .strong(&*self.node)
                    .plain(format!(" is what the profile would choose: total {total}")),
                Some((better, most)) => Line::hanging(2)
                    .good("✓ ")
                    .strong(&*self.node)
                    .plain(format!(" fits: total {total}; the profile would choose "))
                    .strong(&**better)
                    .plain(format!(" with {most}")),
                None => Line::hanging(2)
                    .good("✓ ")
                    .strong(&*self.node)
                    .plain(format!(" fits: total {total}")),
            });
            return;
        }
        let rules = match self.verdict.broken.len() {
            1 => "1 rule".to_owned(),
            more => format!("{more} rules"),
        };
        lines.push(
            Line::new()
                .bad("✗ ")
                .strong(&*self.node)
                .plain(format!(" is rejected by {rules}, which you would overrule")),
        );
        let mut refused = false;
        for rule in &self.verdict.broken {
            let consequence = Consequence::of(rule, &self.pod, node);
            refused |= consequence.refused;
            lines.push(
                Line::hanging(4)
                    .plain("  ")
                    .strong(rule.plugin)
                    .plain("  ")
                    .plain(rule.reasons.join(", ")),
            );
            let line = Line::hanging(6).plain("    ");
            lines.push(if consequence.refused {
                line.bad("✗ ").bad(consequence.text)
            } else {
                line.warn("▲ ").plain(consequence.text)
            });
        }
        if refused {
            lines.push(Line::new());
            lines.push(Line::hanging(2).bad("✗ ").strong(
                "This placement would be lost: the pod would end as Failed and could only be deleted",
            ));
        }
    }

    fn sends(&self, user: &str, lines: &mut Vec<Line>) {
        let head = |number: &str, what: &str| {
            Line::hanging(17)
                .dim(if number == "1" { "Sends  " } else { "       " })
                .plain(format!("{number} "))
                .strong(format!("{what:<8}"))
        };
        let pod = &self.pod;
        lines.push(head("1", "Binding").plain(format!(
            "pods/{}/binding in {}, target Node {}",
            pod.key.name, pod.key.namespace, self.node
        )));
        lines.push(Line::hanging(17).plain(" ".repeat(17)).plain(format!(
            "uid {}, resourceVersion {}",
            pod.uid, pod.resource_version
        )));
        let mut annotations: Vec<(&str, String)> = Vec::new();
        let who = if user.is_empty() {
            "(you, as the server knows you)"
        } else {
            user
        };
        annotations.push(("berth.dev/placed-by", who.to_owned()));
        let adopted = self.adoption.as_ref();
        let reason = match (self.input.value().trim(), adopted) {
            ("", Some(adoption)) if !self.verdict.needs_reason() => adoption.reason.as_str(),
            (typed, _) => typed,
        };
        if !reason.is_empty() {
            annotations.push(("berth.dev/reason", reason.to_owned()));
        }
        if let Some(adoption) = adopted {
            annotations.push(("berth.dev/adopted", adoption.id.to_string()));
        }
        if !self.verdict.is_feasible() {
            let rules: Vec<&str> = self.verdict.broken.iter().map(|rule| rule.plugin).collect();
            annotations.push(("berth.dev/overruled", rules.join(",")));
        }
        for (key, value) in annotations {
            lines.push(
                Line::hanging(19)
                    .plain(" ".repeat(17))
                    .dim(format!("{key}: "))
                    .plain(value),
            );
        }
        lines.push(head("2", "Event").plain(format!(
            "Scheduled \"Successfully assigned {} to {}\"",
            pod.key, self.node
        )));
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

/// A verdict in a few words.
fn word(verdict: &Verdict) -> String {
    if !verdict.is_feasible() {
        let rules: Vec<String> = verdict.broken.iter().map(ToString::to_string).collect();
        return format!("rejected by {}", rules.join("; "));
    }
    let best = if verdict.best {
        ", the best"
    } else {
        ", not the best"
    };
    let left = match verdict.unprepared.len() {
        0 => "",
        _ => ", but something is left to nobody",
    };
    format!("fits, total {}{best}{left}", verdict.total.unwrap_or(0))
}
