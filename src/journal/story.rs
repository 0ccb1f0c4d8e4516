//! The lines of one placement, put together.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;

use super::entry::{Begun, Effect, Entry, Outcome, Step};

/// One placement.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// Its id.
    pub id: String,
    /// When it began.
    pub at: Timestamp,
    /// What was confirmed; empty where that line is lost.
    pub begun: Begun,
    /// What was sent, in order.
    pub requests: Vec<Request>,
    /// How it ended, and that in words; `None` where the program did not live to see it.
    pub end: Option<(Timestamp, Outcome, String)>,
    /// Whether its event is known to be there.
    pub posted: bool,
    /// The removed pods whose events are known to be there.
    pub told: Vec<String>,
    /// The pods of which was looked up afterwards whether they were removed, and whether they were.
    pub looked_up: Vec<(String, bool)>,
}

/// A request of a placement.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// When it was about to be sent.
    pub at: Timestamp,
    /// Its number.
    pub number: u32,
    /// RBAC's verb.
    pub verb: String,
    /// The path.
    pub path: String,
    /// What it does.
    pub effect: Option<Effect>,
    /// The HTTP status, and what was wrong; `None` where nothing is known.
    pub answer: Option<(Option<u16>, String)>,
}

impl Story {
    /// Whether nobody knows yet how it ended.
    pub fn is_open(&self) -> bool {
        matches!(self.end, None | Some((_, Outcome::Unknown, _)))
    }

    /// Whether nobody knows yet how it ended, or whom it removed.
    pub fn is_to_be_looked_up(&self) -> bool {
        self.is_open() || self.removals().iter().any(|removal| removal.taken.is_none())
    }

    /// Whether its event is still to be posted.
    pub fn owes_event(&self) -> bool {
        !self.posted && matches!(self.end, Some((_, Outcome::Placed, _))) && !self.begun.event.is_null()
    }

    /// Whether it is about making room, not about placing.
    pub fn makes_room(&self) -> bool {
        !self.begun.victims.is_empty()
    }

    /// The pods whose deletion was sent.
    pub fn removals(&self) -> Vec<Removal<'_>> {
        let mut all: Vec<Removal<'_>> = Vec::new();
        for request in &self.requests {
            let Some(Effect::Removed { pod, uid, event }) = &request.effect else {
                continue;
            };
            let answered = match request.answer {
                Some((Some(200), _)) => Some(true),
                // Behind a server error, and without an answer, it may have been carried out.
                Some((Some(code), _)) if code < 500 => Some(false),
                _ => None,
            };
            let looked_up = self.looked_up.iter().find(|(looked_up, _)| looked_up == pod);
            let taken = answered.or(looked_up.map(|(_, removed)| *removed));
            match all.iter_mut().find(|known| known.uid == uid) {
                Some(known) => known.taken = either(known.taken, taken),
                None => all.push(Removal {
                    pod,
                    uid,
                    event,
                    taken,
                }),
            }
        }
        all
    }

    /// The removed pods about which an event is still to be posted.
    pub fn to_be_told(&self) -> Vec<Removal<'_>> {
        let mut all = self.removals();
        all.retain(|removal| {
            removal.taken == Some(true) && !self.told.iter().any(|told| told == removal.pod)
        });
        all
    }

    /// Whether the Binding was sent, or may have been.
    pub fn sent_binding(&self) -> bool {
        let mut effects = self.requests.iter().map(|request| &request.effect);
        effects.any(|effect| *effect == Some(Effect::Bound))
    }
}

/// A pod whose deletion was sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Removal<'a> {
    /// Its namespace and name.
    pub pod: &'a str,
    /// Its uid.
    pub uid: &'a str,
    /// The event that is owed for it, as it is posted.
    pub event: &'a Value,
    /// Whether the API server deleted it by that; `None` where nobody knows.
    pub taken: Option<bool>,
}

/// What is known of a deletion that was sent twice.
fn either(first: Option<bool>, second: Option<bool>) -> Option<bool> {
    match (first, second) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (None, _) | (_, None) => None,
        (Some(false), Some(false)) => Some(false),
    }
}

/// The placements of `entries`, in the order in which they began.
pub fn stories(entries: Vec<Entry>) -> Vec<Story> {
    let mut all: Vec<Story> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for Entry { at, id, step } in entries {
        if matches!(
            step,
            Step::Adopted(_) | Step::Renewed { .. } | Step::Released { .. }
        ) {
            continue;
        }
        let place = *places.entry(id.clone()).or_insert_with(|| {
            all.push(Story {
                id,
                at,
                begun: Begun::default(),
                requests: Vec::new(),
                end: None,
                posted: false,
                told: Vec::new(),
                looked_up: Vec::new(),
            });
            all.len() - 1
        });
        let Some(story) = all.get_mut(place) else { continue };
        match step {
            Step::Begun(begun) => story.begun = *begun,
            Step::Sent {
                request,
                verb,
                path,
                effect,
                body: _,
            } => story.requests.push(Request {
                at,
                number: request,
                verb,
                path,
                effect,
                answer: None,
            }),
            Step::Answered {
                request,
                status,
                error,
            } => {
                let mut sent = story.requests.iter_mut();
                if let Some(sent) = sent.find(|sent| sent.number == request) {
                    sent.answer = Some((status, error));
                }
            }
            Step::Ended { outcome, text } | Step::Settled { outcome, text } => {
                story.end = Some((at, outcome, text));
            }
            Step::Posted => story.posted = true,
            Step::Adopted(_) | Step::Renewed { .. } | Step::Released { .. } => {}
            Step::Told { pod } => story.told.push(pod),
            Step::LookedUp { pod, removed } => story.looked_up.push((pod, removed)),
        }
    }
    all
}
