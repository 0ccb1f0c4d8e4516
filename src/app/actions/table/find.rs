//! Keys that find.

use super::{COMPARE, Entry, FIXES, HOME, MATRIX, PLAN, SCREENS, WHAT_IF, WIRE, c, ctrl};
use crate::app::actions::Action;

pub(super) const ROWS: &[Entry] = &[
    (
        Action::Sort,
        &[MATRIX],
        &[c('S')],
        "sort",
        "sort by the column under the cursor, again for the other way round",
    ),
    (
        Action::Filter,
        &[MATRIX],
        &[c('/')],
        "filter",
        "show only nodes with a text in name or zone, =fits, or !plugin that rejects",
    ),
    (
        Action::Filter,
        &[HOME, PLAN, WIRE],
        &[c('/')],
        "filter",
        "show only pods, nodes or requests with a text in them",
    ),
    (
        Action::Namespace,
        SCREENS,
        &[c('n')],
        "namespace",
        "show only one namespace, or all",
    ),
    (
        Action::Context,
        SCREENS,
        &[c('C')],
        "context",
        "go to another context of the kubeconfig",
    ),
    (
        Action::Profile,
        SCREENS,
        &[c('R')],
        "profile",
        "judge every pod by one profile, or each by its own",
    ),
    (
        Action::Copy,
        &[MATRIX, COMPARE],
        &[c('y')],
        "copy",
        "copy the explanation, the comparison, or the node's name",
    ),
    (
        Action::Copy,
        &[HOME, PLAN, WIRE],
        &[c('y')],
        "copy",
        "copy the name under the cursor, what Why says, or a request",
    ),
    (
        Action::CopyMenu,
        SCREENS,
        &[c('Y')],
        "copy more",
        "choose what to copy: names, the decision, a command",
    ),
    (
        Action::Copy,
        &[WHAT_IF, FIXES],
        &[c('y')],
        "copy",
        "copy the commands that make the change so",
    ),
    (
        Action::Palette,
        SCREENS,
        &[c(':')],
        "palette",
        "find an action by its name",
    ),
    (
        Action::Undo,
        SCREENS,
        &[c('u')],
        "undo",
        "undo the last choice: a filter, a namespace, a mark, an edit",
    ),
    (
        Action::Redo,
        SCREENS,
        &[c('U'), ctrl('r')],
        "redo",
        "do again what was undone",
    ),
];
