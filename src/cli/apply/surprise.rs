//! What ends a plan before its end.

use crate::cli::exit::{Exit, Failure};
use crate::cli::place::report;
use crate::placing::{Intent, Outcome, Verdict};
use crate::scheduling::plan::document::Placement;

/// Something is not as the plan has it, or did not work.
#[derive(Debug)]
pub(super) struct Surprise {
    pub(super) exit: Exit,
    pub(super) why: String,
}

impl Surprise {
    /// The cluster is another one than the plan was made for.
    pub(super) fn changed(why: impl Into<String>) -> Self {
        Self {
            exit: Exit::Changed,
            why: why.into(),
        }
    }

    pub(super) fn of_failure(failure: Failure) -> Self {
        Self {
            exit: failure.exit,
            why: failure.message,
        }
    }

    /// A placement that did not come about.
    pub(super) fn of_outcome(outcome: &Outcome, intent: &Intent) -> Self {
        let why = match outcome {
            Outcome::Changed { confirmed, now, .. } => report::changed(intent, confirmed, now),
            Outcome::Refused(refusal) => refusal.to_string(),
            Outcome::Unknown { node, error } => format!(
                "it may or may not be on {node}: the answer to the Binding was lost, and so was that to reading the pod: \
                 {error}"
            ),
            Outcome::Placed { .. } | Outcome::DryRun { .. } => String::new(),
        };
        Self {
            exit: Exit::from_code(outcome.exit_code()),
            why,
        }
    }
}

/// What is surprising about `now`, by what the plan says of the node; nothing where it says little.
pub(super) fn surprise(planned: &Placement, now: &Verdict) -> Option<Surprise> {
    let node = &planned.node;
    if !now.is_feasible() {
        let rules: Vec<String> = now.broken.iter().map(ToString::to_string).collect();
        let why = format!("{node} fits no longer: it is rejected by {}", rules.join("; "));
        return Some(Surprise::changed(why));
    }
    if planned.best == Some(true) && !now.best {
        return Some(Surprise::changed(format!(
            "{node} still fits, but is no longer the best node"
        )));
    }
    let unprepared: Vec<String> = now.unprepared.iter().map(ToString::to_string).collect();
    let more = unprepared
        .iter()
        .find(|left| !planned.unprepared.contains(left))?;
    Some(Surprise::changed(format!("the plan does not know that {more}")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::placing::verdict::BrokenRule;
    use crate::scheduling::Unprepared;

    #[test]
    fn what_the_plan_did_not_say_is_a_surprise() {
        let planned = Placement {
            node: "n1".into(),
            best: Some(true),
            ..Placement::default()
        };
        let as_planned = Verdict {
            best: true,
            ..Verdict::default()
        };
        let why =
            |planned: &Placement, now: &Verdict| surprise(planned, now).map(|found| (found.exit, found.why));
        assert_eq!(why(&planned, &as_planned), None);
        let second = Verdict::default();
        let (exit, text) = why(&planned, &second).expect("a surprise");
        assert_eq!(
            (exit, text.as_str()),
            (Exit::Changed, "n1 still fits, but is no longer the best node")
        );
        let unsaid = Placement {
            best: None,
            ..planned.clone()
        };
        assert_eq!(
            why(&unsaid, &second),
            None,
            "a plan written by hand does not say what is best"
        );
        let odd = Placement {
            best: Some(false),
            ..planned.clone()
        };
        assert_eq!(why(&odd, &as_planned), None, "better than planned");
        let full = Verdict {
            broken: vec![BrokenRule {
                plugin: "NodeResourcesFit",
                reasons: vec!["Insufficient cpu".into()],
            }],
            ..Verdict::default()
        };
        let (_, text) = why(&odd, &full).expect("a surprise");
        assert_eq!(
            text,
            "n1 fits no longer: it is rejected by NodeResourcesFit: Insufficient cpu"
        );
        let claims = Verdict {
            best: true,
            unprepared: vec![Unprepared::Devices(Arc::from("gpu"))],
            ..Verdict::default()
        };
        assert!(why(&planned, &claims).is_some());
        let known = Placement {
            unprepared: vec![Unprepared::Devices(Arc::from("gpu")).to_string()],
            ..planned
        };
        assert_eq!(why(&known, &claims), None);
    }
}
