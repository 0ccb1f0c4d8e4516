//! The dialog that has a plan carried out: what it knows, and what it says.

use jiff::Timestamp;
use tui_input::Input;

use super::Planning;
use super::run::RATES;
use crate::app::guard::Guard;
use crate::app::link::Link;
use crate::app::prose::Line;
use crate::app::stale;
use crate::placing::Reason;
use crate::placing::reason::ReasonError;

/// The dialog.
#[derive(Clone, Debug)]
pub struct Dialog {
    /// The reason, as it is typed.
    pub input: Input,
    /// What is wrong with the reason.
    pub error: Option<ReasonError>,
    /// Which of [`RATES`] is chosen.
    pub rate: usize,
    /// The first line shown.
    pub offset: usize,
    /// Whether Enter is taken as meant for it.
    pub guard: Guard,
    /// Whether a pod has claims that want a reason.
    pub must: bool,
}

impl Dialog {
    /// The dialog for the plan as it is.
    pub fn open(planning: &Planning) -> Self {
        Self {
            input: Input::default(),
            error: None,
            rate: planning.run.rate,
            offset: 0,
            guard: Guard::default(),
            must: unprepared(planning) > 0,
        }
    }

    /// Takes the next rate, or the one before.
    pub fn turn(&mut self, by: isize) {
        self.rate = self.rate.saturating_add_signed(by).min(RATES.len() - 1);
    }

    /// The reason; nothing where none was typed.
    ///
    /// # Errors
    /// Where it is none, or missing where there must be one.
    pub fn reason(&self) -> Result<Option<Reason>, ReasonError> {
        if self.input.value().trim().is_empty() && !self.must {
            return Ok(None);
        }
        Reason::parse(self.input.value()).map(Some)
    }

    /// What it asks, in words.
    pub fn question(&self, planning: &Planning, link: &Link, now: Timestamp) -> Vec<Line> {
        let mut lines = stale::warning(link, now);
        if planning.stale {
            let text = "The cluster changed since it was planned: what differs will stop it (r plans again)";
            lines.push(Line::hanging(2).warn("▲ ").plain(text));
            lines.push(Line::new());
        }
        let Some(planned) = &planning.planned else {
            return lines;
        };
        let plan = &planned.plan;
        let todo: Vec<_> = plan
            .placements()
            .filter(|(pod, _)| !planning.run.is_done(&pod.uid))
            .collect();
        let count = todo.len();
        let rate = RATES.get(self.rate).copied().unwrap_or(RATES[0]);
        let seconds = count.saturating_sub(1).div_ceil(rate as usize);
        let lasts = if seconds > 0 {
            format!(": at least {seconds} s")
        } else {
            String::new()
        };
        let first = Line::new().strong(pods(count));
        lines.push(first.plain(format!(", one after the other, in the order of the plan{lasts}")));
        let mut shown = |head: &str, at: usize| {
            if let Some((pod, placement)) = todo.get(at) {
                let shown = Line::hanging(8)
                    .dim(format!("  {head:<6}"))
                    .plain(pod.key.to_string());
                lines.push(shown.dim(" → ").strong(&*placement.node));
            }
        };
        shown("first", 0);
        if count > 1 {
            shown("last", count - 1);
        }
        let (over, out) = (plan.unplaced().count(), plan.left_out().count());
        if over + out > 0 {
            lines.push(Line::new().dim(format!("  {over} left over and {out} left out are not touched")));
        }
        let claims = unprepared(planning);
        if claims > 0 {
            let text = format!(
                "{} with claims that a Binding alone does not see to: placed all the same, with your reason",
                pods(claims)
            );
            lines.push(Line::hanging(2).bad("✗ ").bad(text));
        }
        lines.push(Line::new());
        let head = |first: bool, what: &str| {
            let begun = Line::hanging(7).dim(if first { "Sends  " } else { "       " });
            begun.strong(format!("{count} {what}"))
        };
        lines.push(
            head(true, "Bindings").plain(" pods/NAME/binding, each with the pod's uid and resourceVersion"),
        );
        lines.push(head(false, "Events").plain(" Scheduled \"Successfully assigned POD to NODE\""));
        let who = if link.user.is_empty() {
            "(you, as the server knows you)"
        } else {
            &link.user
        };
        lines.push(
            Line::hanging(9)
                .plain("       ")
                .dim("berth.dev/placed-by: ")
                .plain(who),
        );
        let reason = self.input.value().trim();
        if !reason.is_empty() {
            lines.push(
                Line::hanging(9)
                    .plain("       ")
                    .dim("berth.dev/reason: ")
                    .plain(reason),
            );
        }
        lines.push(Line::new());
        lines.push(Line::new().dim("Each pod is judged again and tried on the server before. The first surprise stops it; ⏎ stops it, too"));
        lines
    }
}

fn unprepared(planning: &Planning) -> usize {
    let placements = planning
        .planned
        .iter()
        .flat_map(|planned| planned.plan.placements());
    placements
        .filter(|(pod, placement)| !placement.unprepared.is_empty() && !planning.run.is_done(&pod.uid))
        .count()
}

/// `1 pod`, `7 pods`.
pub fn pods(count: usize) -> String {
    if count == 1 {
        "1 pod".to_owned()
    } else {
        format!("{count} pods")
    }
}
