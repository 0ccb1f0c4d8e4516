//! Keys of a plan.

use crossterm::event::KeyCode;

use super::{Entry, PLAN, c, on};
use crate::app::actions::Action;

pub(super) const ROWS: &[Entry] = &[
    (
        Action::Open,
        &[PLAN],
        &[on(KeyCode::Enter)],
        "carry out",
        "carry the plan out, stop it, or go on with what is left",
    ),
    (
        Action::MoveUp,
        &[PLAN],
        &[c('K')],
        "earlier",
        "move the pod up in the plan: it is placed earlier",
    ),
    (
        Action::MoveDown,
        &[PLAN],
        &[c('J')],
        "later",
        "move the pod down in the plan",
    ),
    (
        Action::Skip,
        &[PLAN],
        &[c(' ')],
        "skip",
        "leave the pod out of the plan, or take it in again",
    ),
    (
        Action::Pin,
        &[PLAN],
        &[c('i')],
        "pin",
        "choose the pod's node in the plan, among those that fit",
    ),
    (
        Action::Optimize,
        &[PLAN],
        &[c('O')],
        "optimize",
        "look for the plan that places most, or go one by one",
    ),
    (
        Action::Again,
        &[PLAN],
        &[c('r')],
        "plan again",
        "plan again on the cluster as it is now",
    ),
];
