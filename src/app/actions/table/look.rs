//! Keys that look deeper.

use crossterm::event::KeyCode;

use super::{COMPARE, CYCLE, Entry, FIXES, HOME, MATRIX, SCREENS, WHAT_IF, WIRE, c, on};
use crate::app::actions::Action;
use crate::app::screen::Screen;

pub(super) const ROWS: &[Entry] = &[
    (
        Action::Open,
        &[MATRIX],
        &[on(KeyCode::Enter)],
        "explain",
        "explain the cell: numbers, lines of the manifests, the rule",
    ),
    (
        Action::Open,
        &[COMPARE],
        &[on(KeyCode::Enter)],
        "all plugins",
        "show the plugins that say the same of both nodes, or fold them",
    ),
    (
        Action::Open,
        &[WIRE],
        &[on(KeyCode::Enter)],
        "open",
        "read a request and its answer in full",
    ),
    (
        Action::OtherNode,
        &[COMPARE],
        &[c('o')],
        "other node",
        "compare with another node",
    ),
    (
        Action::Swap,
        &[COMPARE],
        &[on(KeyCode::Tab), c('S')],
        "swap",
        "have the two nodes change sides",
    ),
    (
        Action::Show(Screen::Matrix),
        SCREENS,
        &[c('x')],
        "matrix",
        "every node against every plugin",
    ),
    (
        Action::Show(Screen::Cycle),
        SCREENS,
        &[c('s')],
        "step by step",
        "walk the scheduling cycle, phase by phase",
    ),
    (
        Action::Show(Screen::Compare),
        SCREENS,
        &[c('c')],
        "compare",
        "two nodes side by side: why this one and not that one",
    ),
    (
        Action::Show(Screen::WhatIf),
        SCREENS,
        &[c('w')],
        "what if",
        "change pod or nodes on a copy, and see what would be",
    ),
    (
        Action::Show(Screen::Fixes),
        SCREENS,
        &[c('f')],
        "fixes",
        "the smallest changes by which the pod would fit, or fit the node under the cursor",
    ),
    (
        Action::Details,
        &[HOME, MATRIX, CYCLE, COMPARE, WHAT_IF, FIXES],
        &[c('D')],
        "details",
        "what is known of the pod, and who made it, through resources of any kind",
    ),
    (
        Action::Show(Screen::Plan),
        SCREENS,
        &[c('P')],
        "plan",
        "place many pods, each after those before it",
    ),
    (
        Action::Show(Screen::Wire),
        SCREENS,
        &[c('W')],
        "wire",
        "the requests that were sent, with their answers",
    ),
    (
        Action::Latest,
        &[CYCLE],
        &[c('r')],
        "latest",
        "take the latest decision for the film",
    ),
    (
        Action::Aspect,
        &[HOME],
        &[c('v')],
        "picture",
        "the cluster by cpu, memory, pods, or by where the pod fits",
    ),
];
