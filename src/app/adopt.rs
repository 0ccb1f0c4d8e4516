//! The dialog that adopts the pods of another scheduler: what it knows, and what it says.

use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHasher;
use tui_input::Input;

use super::figures::age;
use super::guard::Guard;
use super::link::{Link, OtherScheduler, called};
use super::plan::dialog::pods;
use super::prose::Line;
use crate::engine::View;
use crate::engine::view::Pending;
use crate::model::situation::State as Word;
use crate::placing::{Adoption, Reason};

/// Times that can be chosen, in minutes. The first ends an adoption that there is.
pub const TIMES: [i64; 7] = [0, 5, 15, 30, 60, 120, 240];

/// The dialog.
#[derive(Clone, Debug)]
pub struct Adopt {
    /// Whose pods.
    pub scheduler: Arc<str>,
    /// The adoption that there is, where it is to be renewed or ended.
    pub renews: Option<Arc<Adoption>>,
    /// Which of [`TIMES`] is chosen.
    pub time: usize,
    /// The reason, as it is typed.
    pub reason: Input,
    /// The scheduler's name, as it is typed where that scheduler is at work.
    pub name: Input,
    /// Whether the name is typed, and not the reason.
    pub naming: bool,
    /// What is wrong with what was typed.
    pub error: Option<String>,
    /// Whether Enter is taken as meant for it.
    pub guard: Guard,
}

/// What Enter comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Something is still to be typed.
    Stay,
    /// Adopt them so.
    Adopt(Adoption),
    /// End it.
    End,
}

impl Adopt {
    /// The dialog for the pods of `scheduler`, adopted as `renews` says where they are.
    pub fn open(scheduler: Arc<str>, renews: Option<Arc<Adoption>>) -> Self {
        let reason = renews.as_ref().map(|adoption| adoption.reason.to_string());
        let minutes = Adoption::TIME.as_mins();
        Self {
            scheduler,
            time: TIMES.iter().position(|&time| time == minutes).unwrap_or(1),
            reason: Input::new(reason.unwrap_or_default()),
            name: Input::default(),
            naming: false,
            error: None,
            guard: Guard::default(),
            renews,
        }
    }

    /// Takes the next time, or the one before.
    pub fn turn(&mut self, by: isize) {
        let first = usize::from(self.renews.is_none());
        self.time = self.time.saturating_add_signed(by).clamp(first, TIMES.len() - 1);
    }

    /// What is typed into.
    pub const fn input(&mut self) -> &mut Input {
        if self.naming {
            &mut self.name
        } else {
            &mut self.reason
        }
    }

    /// Something was typed: whoever does that has seen the dialog.
    pub fn typed(&mut self) {
        self.guard.typed();
        self.error = None;
    }

    /// Whether Enter ends the adoption.
    pub const fn ends(&self) -> bool {
        self.renews.is_some() && self.time == 0
    }

    /// Whether the scheduler is at work, so that its name is to be typed.
    pub fn races(&self, link: &Link) -> bool {
        !self.ends() && link.scheduler(&self.scheduler).and_then(OtherScheduler::alive) == Some(true)
    }

    /// What Enter comes to.
    pub fn answer(&mut self, link: &Link, now: Timestamp) -> Answer {
        if self.ends() {
            return Answer::End;
        }
        let reason = match Reason::parse(self.reason.value()) {
            Ok(reason) => reason,
            Err(error) => {
                (self.naming, self.error) = (false, Some(error.to_string()));
                return Answer::Stay;
            }
        };
        let race = self.races(link);
        if race && !self.naming {
            self.naming = true;
            return Answer::Stay;
        }
        if race && *self.name.value().trim() != *self.scheduler {
            self.error = Some(format!("that is not its name: type {} to go on", self.scheduler));
            return Answer::Stay;
        }
        let known = link.scheduler(&self.scheduler);
        let minutes = TIMES.get(self.time).copied().unwrap_or(1);
        let mut chance = FxHasher::default();
        (&link.user, &*self.scheduler, reason.as_str(), now.as_nanosecond()).hash(&mut chance);
        let begun = self.renews.as_ref();
        Answer::Adopt(Adoption {
            id: begun.map_or_else(
                || Adoption::name(now, chance.finish() as u32),
                |begun| Arc::clone(&begun.id),
            ),
            scheduler: Arc::clone(&self.scheduler),
            reason,
            began: begun.map_or(now, |begun| begun.began),
            until: now
                .saturating_add(SignedDuration::from_mins(minutes))
                .unwrap_or(Timestamp::MAX),
            race,
            evidence: known.map_or_else(String::new, |known| known.evidence.clone()),
            lease_seen: known.and_then(|known| known.lease_seen),
        })
    }

    /// What it asks, in words.
    pub fn question(&self, view: &View, link: &Link, now: Timestamp) -> Vec<Line> {
        let name = called(&self.scheduler);
        let Pending {
            pods: pending,
            critical,
        } = view.summary.pending(&self.scheduler);
        let mut lines = vec![situation(link.scheduler(&self.scheduler), name, now)];
        let wait = match pending {
            0 => "no pod waits for it".to_owned(),
            1 => "1 pod waits for it".to_owned(),
            more => format!("{} wait for it", pods(more)),
        };
        let line = Line::hanging(2).plain("  ").plain(wait);
        lines.push(match critical {
            0 => line,
            critical => line.plain(", ").bad(format!("! {critical} critical")),
        });
        for who in link.has_adopted(&self.scheduler) {
            let line = Line::hanging(2).warn("◇ ").strong(who);
            lines.push(line.plain(" has adopted them already: agree who places which"));
        }
        lines.push(Line::new());
        if self.races(link) {
            lines.push(Line::hanging(2).bad("✗ ").strong(
                "Both would place the same pods. Where both take one pod, one of them is told so; nothing keeps two \
                 schedulers from filling a node twice",
            ));
            lines.push(Line::new().plain(format!(
                "To go on all the same, type {}. Whether it is at work is then not looked at any more",
                self.scheduler
            )));
            return lines;
        }
        lines.push(Line::new().plain(format!(
            "For the time chosen its pods are placed from here as if they were ours, each when you confirm it or as a plan. \
             Just before a Binding is sent, {name} is looked at again; when it comes back, the adoption ends and nothing \
             more is sent",
        )));
        lines.push(Line::new());
        lines.push(
            Line::hanging(7)
                .dim("Sends  ")
                .plain("nothing now; the journal gets a line, and each pod that is placed the annotation ")
                .dim("berth.dev/adopted"),
        );
        lines
    }
}

/// What is known of the scheduler called `name`.
fn situation(known: Option<&OtherScheduler>, name: &str, now: Timestamp) -> Line {
    let line = Line::hanging(2);
    let Some(known) = known else {
        return line.warn("▲ ").strong(format!("Nothing is known of {name} yet"));
    };
    let since = known
        .since
        .map_or_else(String::new, |since| format!(" for {}", age(since, now)));
    let (line, text) = match known.state {
        Word::Alive => (line.bad("✗ "), format!("{name} is at work")),
        Word::Stuck => (
            line.bad("✗ "),
            format!("{name} runs, but has placed nothing{since}"),
        ),
        Word::Expired | Word::Silent => (line.warn("▲ "), format!("{name} is down{since}")),
        Word::HandedBack => (line.warn("▲ "), format!("{name} has been stopped{since}")),
        Word::Unknown => (
            line.warn("▲ "),
            format!("Whether {name} is at work cannot be told"),
        ),
    };
    line.strong(text).plain(format!(": {}", known.evidence))
}
