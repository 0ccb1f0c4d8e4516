//! What a decision says of one node: what is confirmed, and compared when it is judged again.

use std::fmt;

use super::prepare::is_left_alone;
use crate::model::NodeId;
use crate::scheduling::{Prepared, Trace, Unprepared};

/// A decision's word on one node.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Verdict {
    /// The rules that keep the pod off, in order; none where the node is feasible.
    pub broken: Vec<BrokenRule>,
    /// The weighted sum of its scores, where it is feasible.
    pub total: Option<i64>,
    /// Whether it is one of the nodes that the profile would choose.
    pub best: bool,
    /// What is seen to before the pod is bound here.
    pub prepared: Vec<Prepared>,
    /// What nobody sees to.
    pub unprepared: Vec<Unprepared>,
}

/// A rule that keeps the pod off a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRule {
    /// The plugin.
    pub plugin: &'static str,
    /// Upstream's reasons.
    pub reasons: Vec<String>,
}

impl Verdict {
    /// What `trace` says of `node`.
    pub fn of(trace: &Trace, node: NodeId) -> Self {
        let texts =
            |reasons: &[std::borrow::Cow<'static, str>]| reasons.iter().map(ToString::to_string).collect();
        let mut broken = Vec::new();
        if let Some((plugin, status)) = trace.pre_filter_failure() {
            broken.push(BrokenRule {
                plugin,
                reasons: texts(&status.reasons),
            });
        }
        for result in &trace.pre_filter {
            if result
                .nodes
                .as_ref()
                .is_some_and(|left| !left.contains(node.index()))
            {
                let reason = format!("node(s) didn't satisfy plugin(s) [{}]", result.plugin);
                broken.push(BrokenRule {
                    plugin: result.plugin,
                    reasons: vec![reason],
                });
            }
        }
        for (plugin, status) in trace.rejections(node) {
            match broken
                .iter_mut()
                .find(|rule: &&mut BrokenRule| rule.plugin == plugin)
            {
                Some(rule) => rule.reasons = texts(&status.reasons),
                None => broken.push(BrokenRule {
                    plugin,
                    reasons: texts(&status.reasons),
                }),
            }
        }
        let best = trace.decision.chosen().contains(&node);
        let overruled: Vec<&str> = broken.iter().map(|rule| rule.plugin).collect();
        let mut prepared = trace.prepared(node);
        prepared.retain(|prepared| !is_left_alone(prepared, &overruled));
        Self {
            broken,
            total: trace.total(node),
            best,
            prepared,
            unprepared: trace.unprepared(node),
        }
    }

    /// Whether no rule keeps the pod off.
    pub fn is_feasible(&self) -> bool {
        self.broken.is_empty()
    }

    /// Whether placing the pod here wants a reason: it breaks a rule, or leaves something to nobody.
    pub fn needs_reason(&self) -> bool {
        !self.is_feasible() || !self.unprepared.is_empty()
    }

    /// Whether a person who confirmed `self` has to look again where `now` holds: another set of broken rules or of things
    /// left to do, or no longer the profile's choice. A total that moved alone is no reason to ask again.
    pub fn differs_from(&self, now: &Self) -> bool {
        self.broken != now.broken || self.best != now.best || self.unprepared != now.unprepared
    }
}

impl fmt::Display for BrokenRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.plugin, self.reasons.join(", "))
    }
}
