//! One line below the first: that a scheduler does not work, that its pods are adopted, or that it is back.

use jiff::Timestamp;

use super::actions::{Action, Context};
use super::figures::{age, count};
use super::link::{OtherScheduler, called};
use super::prose::Line;
use super::state::State;
use crate::engine::View;
use crate::engine::view::Pending;
use crate::model::situation::State as Word;
use crate::placing::Adoption;

/// A scheduler without a Lease that so few pods wait for, none of them critical, is worth no banner: test clusters have such
/// pods.
const FEW: usize = 10;
/// For how many seconds it is told that a scheduler is back.
const BACK: i64 = 60;

/// What the banner says; nothing where all is as it should be.
pub fn line(state: &State) -> Option<Line> {
    let room = (state.size.0 as usize).saturating_sub(2);
    let words: Box<dyn Fn(usize) -> Line> = if let Some(adoption) = next_to_end(state) {
        Box::new(move |brevity| adopted(state, adoption, brevity))
    } else if let Some((name, at)) = &state.returned
        && state.now.duration_since(*at).as_secs() < BACK
    {
        Box::new(move |brevity| returned(state, name, *at, brevity))
    } else {
        let down = subject(state)?;
        Box::new(move |brevity| fallen(state, down, brevity))
    };
    (0..5)
        .map(&words)
        .find(|line| line.width() <= room)
        .or_else(|| Some(words(4)))
}

/// The adoption that ends first.
pub fn next_to_end(state: &State) -> Option<&Adoption> {
    let all = state.adoptions.iter().map(|adoption| &**adoption);
    all.min_by_key(|adoption| adoption.until)
}

/// The scheduler that is to be told of: of those that do not work, the one that the most important pods wait for.
pub fn subject(state: &State) -> Option<&OtherScheduler> {
    let fallen = state
        .link
        .schedulers
        .iter()
        .filter(|other| is_fallen(other, &state.view));
    fallen.rev().max_by_key(|other| {
        let Pending {
            pods: pending,
            critical,
        } = state.view.summary.pending(&other.name);
        (critical, pending)
    })
}

/// Whether a scheduler is to be told of: it does not work, and was there or is missed.
pub fn is_fallen(other: &OtherScheduler, view: &View) -> bool {
    match other.state {
        Word::Expired | Word::HandedBack | Word::Stuck => true,
        Word::Silent => {
            let Pending {
                pods: pending,
                critical,
            } = view.summary.pending(&other.name);
            other.has_lease || critical > 0 || pending >= FEW
        }
        Word::Alive | Word::Unknown => false,
    }
}

fn key(state: &State) -> String {
    let context = Context::Screen(state.screen);
    let hint = state.options.keymap.hint(context, Action::Adopt);
    hint.map_or_else(String::new, |(_, key)| key.to_string())
}

/// `40 pods wait for it, 3 critical`, shorter the greater `brevity`.
fn waits(line: Line, state: &State, name: &str, brevity: usize) -> Line {
    let Pending {
        pods: pending,
        critical,
    } = state.view.summary.pending(name);
    let line = line.dim(" · ").plain(match (pending, brevity) {
        (0, 0) => "no pod waits for it".to_owned(),
        (1, 0) => "1 pod waits for it".to_owned(),
        (more, 0) => format!("{} pods wait for it", count(more)),
        (more, _) => format!("{} wait", count(more)),
    });
    match critical {
        0 => line,
        _ if brevity > 2 => line.dim(", ").bad(format!("!{}", count(critical))),
        _ => line.dim(", ").bad(format!("! {} critical", count(critical))),
    }
}

fn does(line: Line, state: &State, what: &str, brevity: usize) -> Line {
    let key = key(state);
    match brevity {
        _ if key.is_empty() => line,
        0 => line
            .dim(" · ")
            .plain("berth: ")
            .accent(key)
            .plain(format!(" {what}")),
        1..4 => line.dim(" · ").accent(key).plain(format!(" {what}")),
        _ => line,
    }
}

fn fallen(state: &State, other: &OtherScheduler, brevity: usize) -> Line {
    let name = other.called();
    let time = other
        .since
        .map_or_else(|| "?".to_owned(), |since| age(since, state.now));
    let Pending {
        pods: pending,
        critical,
    } = state.view.summary.pending(&other.name);
    let text = match (other.state, brevity) {
        (Word::Expired, 0) => format!("▲ {name} is down for {time} (lease expired)"),
        (Word::Expired, 1) => format!("▲ {name} down {time} (lease expired)"),
        (Word::HandedBack, 0) => format!("▲ {name} was stopped {time} ago (lease handed back)"),
        (Word::HandedBack, 1) => format!("▲ {name} stopped {time} ago (handed back)"),
        (Word::HandedBack, _) => format!("▲ {name} stopped {time} ago"),
        (Word::Silent, 0) => format!("▲ {name} is down for {time} (nobody looks at its pods)"),
        (Word::Stuck, 0) => format!("▲ {name} renews its lease, but has placed nothing for {time}"),
        (Word::Stuck, 1..3) => format!("▲ {name} is stuck for {time}"),
        (Word::Stuck, _) => format!("▲ {name} stuck {time}"),
        _ => format!("▲ {name} down {time}"),
    };
    let grave = critical > 0 || (pending > 0 && other.state != Word::HandedBack);
    let line = if grave {
        Line::new().bad(text)
    } else {
        Line::new().warn(text)
    };
    does(waits(line, state, &other.name, brevity), state, "adopts", brevity)
}

fn adopted(state: &State, adoption: &Adoption, brevity: usize) -> Line {
    const SOON: i64 = 120;
    let name = &adoption.scheduler;
    let left = adoption.until.duration_since(state.now).as_secs().max(0);
    let time = if left >= 3600 {
        format!("{}:{:02}:{:02}", left / 3600, left / 60 % 60, left % 60)
    } else {
        format!("{}:{:02}", left / 60, left % 60)
    };
    let others = match state.adoptions.len() {
        0 | 1 => String::new(),
        more => format!(" and {} more", more - 1),
    };
    let text = match brevity {
        0 => format!("◆ pods of {name}{others} are adopted for {time} more"),
        1 | 2 => format!("◆ {name} adopted{others}, {time} left"),
        _ => format!("◆ {name} {time}"),
    };
    let line = if left < SOON || adoption.race {
        Line::new().bad(text)
    } else {
        Line::new().warn(text)
    };
    let line = match (adoption.race, brevity) {
        (true, 0) => line.bad(", though it may be at work: it may place them, too"),
        (true, 1..3) => line.bad(", racing it"),
        _ => line,
    };
    does(
        waits(line, state, name, brevity),
        state,
        if brevity == 0 { "renews or ends" } else { "renews" },
        brevity,
    )
}

fn returned(state: &State, name: &str, at: Timestamp, brevity: usize) -> Line {
    let (name, time) = (called(name), age(at, state.now));
    Line::new().good(match brevity {
        0 | 1 => format!("✓ {name} is at work again: adoption ended {time} ago, its pods are left to it"),
        2 => format!("✓ {name} is at work again: adoption ended {time} ago"),
        _ => format!("✓ {name} is back, adoption ended"),
    })
}
