//! What the dialog that places a pod asks, in words.

use jiff::Timestamp;

use super::Confirm;
use crate::app::figures::{age, ago};
use crate::app::link::Link;
use crate::app::prose::Line;
use crate::app::stale;
use crate::placing::Verdict;
use crate::placing::consequence::{Consequence, Fate};

impl Confirm {
    /// What it asks, in words.
    pub fn question(&self, link: &Link, now: Timestamp) -> Vec<Line> {
        let mut lines = stale::warning(link, now);
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
            let line = Line::hanging(2).warn("◇ ").strong(who);
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
        self.judgement(&mut lines);
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

    fn judgement(&self, lines: &mut Vec<Line>) {
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
        for rule in &self.verdict.broken {
            let consequence = Consequence::of(rule, &self.pod, &self.facts);
            lines.push(
                Line::hanging(4)
                    .plain("  ")
                    .strong(rule.plugin)
                    .plain("  ")
                    .plain(rule.reasons.join(", ")),
            );
            let line = Line::hanging(6).plain("    ");
            lines.push(if consequence.fate.is_harmful() {
                line.bad("✗ ").bad(consequence.text)
            } else {
                line.warn("▲ ").plain(consequence.text)
            });
        }
        let end = match self.fate() {
            Fate::Taken => return,
            Fate::Evicts => {
                "The kubelet would kill pods of lower priority for it, as if they were nobody's".to_owned()
            }
            Fate::Fails(reason) => format!(
                "This placement would be lost: the pod would end as Failed ({reason}) and could only be deleted"
            ),
        };
        lines.push(Line::new());
        lines.push(Line::hanging(2).bad("✗ ").strong(end));
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
        let reason = match (self.reason.value().trim(), adopted) {
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
