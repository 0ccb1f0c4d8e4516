//! The last line: which keys matter now.

use super::actions::{Action, Context};
use super::confirm::Step;
use super::layout::Pane;
use super::lesson::tells;
use super::measure::{cut_middle, width};
use super::overlay::Overlay;
use super::plan::dialog::pods;
use super::plan::say::tab as tab_name;
use super::plan::{Side, Stage};
use super::room;
use super::screen::Screen;
use super::state::State;

/// A key and what it does now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// What.
    pub action: Action,
    /// The key.
    pub key: String,
    /// In a few words.
    pub text: String,
    /// Its first column.
    pub x: u16,
    /// Its columns.
    pub width: u16,
}

/// Where keys go now.
pub fn context(state: &State) -> Context {
    match (&state.overlay, &state.filtering) {
        (Some(overlay), _) => overlay.context(),
        (None, Some(_)) => Context::Filter,
        (None, None) if state.screen == Screen::WhatIf && state.what_if.typing.is_some() => Context::Line,
        (None, None) => Context::Screen(state.screen),
    }
}

/// The hints that have room.
pub fn hints(state: &State) -> Vec<Hint> {
    let context = context(state);
    let room = state.size.0 as usize;
    let mut used = 1;
    let mut hints = Vec::new();
    for &action in wanted(state, context) {
        if action == Action::MakeRoom && !room_helps(state) || state.covered() && tells(state.screen, action)
        {
            continue;
        }
        let Some((row, key)) = state.options.keymap.hint(context, action) else {
            continue;
        };
        let key = key.to_string();
        let text = text(state, context, action).unwrap_or_else(|| row.hint.to_owned());
        let columns = width(&key) + 1 + width(&text);
        if used + columns + 1 > room {
            continue;
        }
        used += columns + 3;
        hints.push(Hint {
            action,
            key,
            text,
            x: 0,
            width: columns as u16,
        });
    }
    hints.sort_by_key(|hint| matches!(hint.action, Action::Help | Action::Quit));
    let mut x = 1;
    for hint in &mut hints {
        hint.x = x;
        x += hint.width + 3;
    }
    hints
}

/// Whether deleting pods makes room for the selected one.
fn room_helps(state: &State) -> bool {
    let found = state
        .decision()
        .and_then(|selected| selected.trace.post_filter.as_ref());
    let ours = state.pod().is_some_and(|row| row.ours && !row.pod.is_gated());
    ours && found.is_some_and(|found| !found.candidates.is_empty())
}

const IN_WHAT_IF: &[Action] = &[
    Action::Add,
    Action::Back,
    Action::Help,
    Action::Open,
    Action::Remove,
    Action::Undo,
    Action::Copy,
    Action::NextPane,
    Action::Show(Screen::Fixes),
];

/// The actions to show, the most important first.
fn wanted(state: &State, context: Context) -> &'static [Action] {
    use Action::{
        Back, Backward, Complete, Confirm, Copy, Filter, Forward, Help, Latest, NextPane, NextPhase, Open,
        OtherNode, Palette, Place, Play, Show, Sort, Swap, TakeBack, Up,
    };
    match context {
        Context::Screen(Screen::Home) => at_home(state.focus),
        Context::Screen(Screen::Plan) => in_plan(state),
        Context::Screen(Screen::WhatIf) => IN_WHAT_IF,
        Context::Screen(Screen::Fixes) => &[Open, Back, Help, Copy, Show(Screen::WhatIf)],
        Context::Screen(Screen::Matrix) if state.matrix.open => {
            &[Back, Help, NextPane, Show(Screen::Compare), Copy, Place]
        }
        Context::Screen(Screen::Matrix) => &[
            Open,
            Back,
            Help,
            Sort,
            Filter,
            Show(Screen::Compare),
            Place,
            Palette,
            Copy,
        ],
        Context::Screen(Screen::Compare) => &[
            OtherNode,
            Back,
            Help,
            Swap,
            Place,
            Open,
            Show(Screen::Matrix),
            Palette,
            Copy,
        ],
        Context::Screen(Screen::Cycle) if state.cycle.outdated => &[
            Forward,
            Backward,
            Back,
            Help,
            Latest,
            Play,
            NextPhase,
            Show(Screen::Wire),
        ],
        Context::Screen(Screen::Cycle) if state.cycle.decides() => &[
            Open,
            Forward,
            Backward,
            Back,
            Help,
            Play,
            NextPhase,
            Show(Screen::Wire),
        ],
        Context::Screen(Screen::Cycle) => &[
            Forward,
            Backward,
            Play,
            Back,
            Help,
            NextPhase,
            Place,
            Show(Screen::Wire),
        ],
        Context::Screen(Screen::Wire) => &[Open, Back, Help, Filter, Copy],
        Context::Line => &[Confirm, Complete, Back],
        Context::Filter | Context::Pick | Context::Leave => &[Confirm, Back],
        Context::Confirm => match &state.overlay {
            Some(Overlay::Confirm(confirm))
                if confirm.wants_name() && matches!(confirm.step, Step::Asking) =>
            {
                &[Confirm, Back, NextPane]
            }
            Some(Overlay::Confirm(confirm)) if matches!(confirm.step, Step::Asking) => &[Confirm, Back],
            Some(Overlay::Room(dialog)) if matches!(dialog.step, room::Step::Asking) => {
                match (dialog.wants_word(), dialog.candidates.len() > 1) {
                    (true, true) => &[Confirm, Back, NextPane, OtherNode],
                    (true, false) => &[Confirm, Back, NextPane],
                    (false, true) => &[Confirm, Back, OtherNode],
                    (false, false) => &[Confirm, Back],
                }
            }
            Some(Overlay::Plan(_) | Overlay::Adopt(_)) => &[Confirm, Back, Up],
            _ => &[Back],
        },
        Context::Flight => match &state.flight {
            Some(flight) if flight.stage.can_be_cancelled() && !flight.taken_back => &[Back, TakeBack],
            _ => &[Back],
        },
        Context::Read => &[Back],
    }
}

fn at_home(focus: Pane) -> &'static [Action] {
    use Action::{
        Back, BestNode, Copy, Filter, Help, MakeRoom, Namespace, NextPane, Notices, Open, OtherNode, Palette,
        Quit, Show,
    };
    match focus {
        Pane::Waiting => &[
            Open,
            Help,
            Quit,
            MakeRoom,
            OtherNode,
            Filter,
            Show(Screen::Cycle),
            Show(Screen::Matrix),
            Show(Screen::WhatIf),
            Show(Screen::Fixes),
            Palette,
            NextPane,
            Namespace,
            Notices,
            Copy,
        ],
        Pane::Nodes => &[
            Open,
            Help,
            Quit,
            MakeRoom,
            BestNode,
            Filter,
            Show(Screen::Matrix),
            Show(Screen::Compare),
            Palette,
            NextPane,
            Back,
            Copy,
            Notices,
        ],
        Pane::Why => &[Open, Help, Quit, MakeRoom, NextPane, Back, Copy, Notices],
        Pane::Cluster | Pane::Placed => &[Help, Quit, NextPane, Back, Notices],
    }
}

fn in_plan(state: &State) -> &'static [Action] {
    use Action::{
        Again, Back, Filter, Help, MoveDown, MoveUp, NextPane, Open, Optimize, Palette, Pin, Skip, Undo,
    };
    if state.plan.run.is_running() {
        return &[Open, Back, Help, NextPane, Filter, Palette];
    }
    &[
        Open, Back, Help, NextPane, Skip, Pin, Optimize, MoveUp, MoveDown, Again, Undo, Filter, Palette,
    ]
}

fn text(state: &State, context: Context, action: Action) -> Option<String> {
    match (context, action) {
        (Context::Screen(_), Action::Back) if state.connecting.is_some() => Some("stay here".to_owned()),
        (Context::Screen(Screen::Home), Action::Open) => {
            if state.layout().single() && state.focus == Pane::Waiting {
                return Some("nodes".to_owned());
            }
            let pod = state.pod()?;
            if state.link.file.is_some() {
                return Some("only to be looked at".to_owned());
            }
            if !pod.ours || pod.pod.is_gated() {
                return Some("why not".to_owned());
            }
            if state.judging() {
                return Some("judging …".to_owned());
            }
            let node = cut_middle(state.node_name()?, 24);
            Some(format!("place on {node}"))
        }
        (Context::Screen(Screen::Home), Action::Back)
            if !state.nodes.filter.is_empty() && state.focus == Pane::Nodes =>
        {
            Some("clear filter".to_owned())
        }
        (Context::Screen(Screen::Plan), Action::Open) => Some(match &state.plan.run.stage {
            Stage::Running => "stop".to_owned(),
            Stage::Stopped(_) => "go on".to_owned(),
            Stage::Idle | Stage::Finished => match state.plan.left() {
                0 => return None,
                left => format!("carry out: {}", pods(left)),
            },
        }),
        (Context::Screen(Screen::Plan), Action::NextPane) => {
            let tab = match state.plan.side {
                Side::Table => Side::Cluster,
                Side::Cluster => Side::Table,
            };
            Some(tab_name(tab).to_lowercase())
        }
        (Context::Confirm, Action::Up) if matches!(state.overlay, Some(Overlay::Adopt(_))) => {
            Some("longer".to_owned())
        }
        (Context::Confirm, Action::Up) => Some("faster".to_owned()),
        (Context::Screen(Screen::Matrix), Action::Back) if state.matrix.open => Some("close".to_owned()),
        (Context::Screen(Screen::Matrix), Action::Back) if !state.matrix.filter.is_empty() => {
            Some("clear filter".to_owned())
        }
        (Context::Screen(Screen::Compare), Action::Place) => {
            let [a, _] = state.compare.nodes.as_ref()?;
            Some(format!("place on {}", cut_middle(a, 24)))
        }
        (Context::Screen(Screen::Compare), Action::Open) if state.compare.unfolded => Some("fold".to_owned()),
        (Context::Screen(Screen::Cycle), Action::Play) if state.cycle.next.is_some() => {
            Some("stop".to_owned())
        }
        (Context::Screen(Screen::Cycle), Action::Open | Action::Place) => {
            let node = cut_middle(state.cycle.node_name()?, 16);
            Some(format!("place on {node}"))
        }
        (Context::Screen(Screen::Wire), Action::Back) if state.wire.opened => Some("close".to_owned()),
        (Context::Screen(Screen::Wire), Action::Back) if !state.wire.filter.is_empty() => {
            Some("clear filter".to_owned())
        }
        (Context::Confirm, Action::Back) => {
            let asking = match &state.overlay {
                Some(Overlay::Confirm(confirm)) => matches!(confirm.step, Step::Asking),
                Some(Overlay::Room(dialog)) => matches!(dialog.step, room::Step::Asking),
                _ => return None,
            };
            Some(if asking { "cancel" } else { "close" }.to_owned())
        }
        (Context::Confirm, Action::Confirm) => confirms(state),
        (Context::Pick, Action::Confirm) => match &state.overlay {
            Some(Overlay::Export(export)) if export.replaces.is_some() => Some("replace".to_owned()),
            Some(Overlay::Export(_)) => Some("write".to_owned()),
            Some(Overlay::Guess(_)) => Some("answer".to_owned()),
            _ => None,
        },
        (Context::Filter, Action::Confirm) => Some("keep".to_owned()),
        (Context::Filter, Action::Back) => Some("clear".to_owned()),
        _ => None,
    }
}

/// What Enter does in the dialog that is open, or what it is held back by; `None` where the table says it.
fn confirms(state: &State) -> Option<String> {
    match &state.overlay {
        Some(Overlay::Confirm(confirm)) => confirm.held(state.now).map(str::to_owned),
        Some(Overlay::Room(dialog)) => Some(
            dialog
                .held(state.now)
                .unwrap_or("make room, then place")
                .to_owned(),
        ),
        Some(Overlay::Plan(dialog)) => Some(match dialog.guard.held(state.now) {
            Some(held) => held.to_owned(),
            None => format!("place {}", pods(state.plan.left())),
        }),
        Some(Overlay::Adopt(dialog)) => {
            let does = match (dialog.ends(), &dialog.renews) {
                (true, _) => "end it",
                (false, Some(_)) => "renew",
                (false, None) => "adopt",
            };
            Some(dialog.guard.held(state.now).unwrap_or(does).to_owned())
        }
        _ => None,
    }
}
