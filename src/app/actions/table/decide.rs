//! Keys that decide.

use crossterm::event::KeyCode;

use super::{COMPARE, CYCLE, Entry, FIXES, HOME, MATRIX, SCREENS, WHAT_IF, c, on};
use crate::app::actions::Action;

pub(super) const ROWS: &[Entry] = &[
    (
        Action::Open,
        &[HOME],
        &[on(KeyCode::Enter)],
        "open",
        "open the pod's nodes, or place it on the node",
    ),
    (
        Action::Open,
        &[CYCLE],
        &[on(KeyCode::Enter)],
        "permit",
        "at Permit and after: place the pod on the node under the cursor",
    ),
    (
        Action::Place,
        &[HOME, MATRIX, COMPARE, CYCLE],
        &[c('p')],
        "place",
        "place the selected pod on the node under the cursor",
    ),
    (
        Action::Adopt,
        SCREENS,
        &[c('A')],
        "adopt",
        "adopt the pods of a scheduler that is down, for a while; renew or end that",
    ),
    (
        Action::MakeRoom,
        &[HOME],
        &[c('V')],
        "make room",
        "where nothing fits: delete pods of lower priority, then place the pod",
    ),
    (
        Action::OtherNode,
        &[HOME],
        &[c('o')],
        "other node",
        "choose another node: go to the next one in Nodes",
    ),
    (
        Action::BestNode,
        &[HOME],
        &[c('b')],
        "best node",
        "back to the best node, and follow it",
    ),
    (
        Action::Mark,
        &[HOME],
        &[c('m')],
        "mark",
        "mark the pod for a plan, or take the mark off",
    ),
    (
        Action::Add,
        &[WHAT_IF],
        &[c('a')],
        "add",
        "suppose one thing more: type a line",
    ),
    (
        Action::Open,
        &[WHAT_IF],
        &[on(KeyCode::Enter)],
        "edit",
        "type the supposition under the cursor anew",
    ),
    (
        Action::Remove,
        &[WHAT_IF],
        &[c('d'), on(KeyCode::Delete)],
        "take out",
        "suppose what is under the cursor no more",
    ),
    (
        Action::Open,
        &[FIXES],
        &[on(KeyCode::Enter)],
        "try it",
        "suppose the change, and see what would be",
    ),
];
