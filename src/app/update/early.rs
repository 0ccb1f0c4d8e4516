//! Keys that come before what they are for: right after the start, or while a pod is judged. They wait, and are taken in their
//! order once it is there. A key that asks to place never waits: nobody can see yet what it would ask.

use crossterm::event::KeyEvent;

use super::{keys, settle};
use crate::app::actions::{Action, Context};
use crate::app::effect::Effect;
use crate::app::hints::context;
use crate::app::notices::Level;
use crate::app::screen::Screen;
use crate::app::state::State;

/// More keys than these do not wait.
const MOST: usize = 64;

/// Keeps `key`, which means `action` in `context`, where it has to wait, and says so; whether it does.
pub(super) fn hold(state: &mut State, context: Context, action: Option<Action>, key: &KeyEvent) -> bool {
    let Context::Screen(screen) = context else {
        return false;
    };
    let waits = !state.early.is_empty();
    let text = match action {
        Some(action) if is_for_the_program(action) => return false,
        Some(Action::Back) if waits => {
            state.early.clear();
            "the keys that waited are forgotten".to_owned()
        }
        _ => {
            let Some(what) = action
                .and_then(|action| awaited(state, screen, action))
                .or_else(|| {
                    let (first, context) = (state.early.front()?, context);
                    let first = state.options.keymap.find(context, first);
                    first.and_then(|first| awaited(state, screen, first))
                })
            else {
                return false;
            };
            if action.is_some_and(|action| asks_to_place(screen, action)) {
                format!("nothing can be placed before {what} is there")
            } else {
                if state.early.len() < MOST {
                    state.early.push_back(*key);
                }
                match state.early.len() {
                    1 => format!("the key waits for {what}; Esc forgets it"),
                    keys => format!("{keys} keys wait for {what}; Esc forgets them"),
                }
            }
        }
    };
    state.notices.tell(state.now, Level::Hint, text);
    true
}

/// Takes the keys that waited, as far as what they are for is there.
pub(super) fn take(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    // What was opened meanwhile takes no key that was meant for what lies below.
    if state.early.is_empty() || !matches!(context(state), Context::Screen(_)) {
        return effects;
    }
    while let Some(key) = state.early.front().copied() {
        let context = context(state);
        let action = state.options.keymap.find(context, &key);
        if let (Context::Screen(screen), Some(action)) = (context, action) {
            if awaited(state, screen, action).is_some() {
                break;
            }
            if asks_to_place(screen, action) {
                state.early.pop_front();
                continue;
            }
        }
        state.early.pop_front();
        effects.extend(keys::take(state, &key));
        effects.extend(settle::settle(state));
    }
    effects
}

/// What is waited for.
#[derive(Debug)]
enum Awaited {
    Lists,
    Decision(String),
}

impl std::fmt::Display for Awaited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lists => f.write_str("the first list of pods"),
            Self::Decision(pod) => write!(f, "the decision on {pod}"),
        }
    }
}

/// What has to be there before `action` can do what it is for on `screen`; nothing where it is there.
fn awaited(state: &State, screen: Screen, action: Action) -> Option<Awaited> {
    use Action::{
        Backward, BestNode, Copy, CopyMenu, Details, Forward, Latest, Left, MakeRoom, Mark, NextPhase, Open,
        OtherNode, Place, Play, PreviousPhase, Right, Show, Sort, Swap,
    };
    let for_a_pod = match action {
        Show(to) => !matches!(to, Screen::Home | Screen::Wire),
        CopyMenu | Details => true,
        Open | Place | MakeRoom | OtherNode | BestNode | Mark | Copy => screen == Screen::Home,
        action => screen == Screen::Home && moves(action),
    };
    let steps = matches!(
        action,
        Latest | Play | Forward | Backward | NextPhase | PreviousPhase
    );
    let places = matches!(action, Open | Place) || moves(action);
    let empty = match screen {
        _ if for_a_pod => state.pod().is_none(),
        Screen::Cycle if places || steps => state.cycle.film.is_none(),
        Screen::Matrix if places || matches!(action, Sort | Copy | Left | Right) => {
            state.matrix.matrix.is_empty()
        }
        Screen::Compare if places || matches!(action, Swap | OtherNode | Copy) => {
            state.compare.nodes.is_none()
        }
        _ => false,
    };
    let pod = state.pod().map(|row| &row.pod.key);
    match pod {
        _ if !empty => None,
        None if !state.view.synced => Some(Awaited::Lists),
        Some(pod) if state.judging() => Some(Awaited::Decision(pod.to_string())),
        _ => None,
    }
}

const fn moves(action: Action) -> bool {
    use Action::{Down, First, HalfDown, HalfUp, Last, PageDown, PageUp, Up};
    matches!(
        action,
        Up | Down | PageUp | PageDown | HalfUp | HalfDown | First | Last
    )
}

/// Whether it has nothing to do with what is shown.
const fn is_for_the_program(action: Action) -> bool {
    use Action::{Context, Export, Help, Lesson, Notices, Palette, Profile, Quit, Theme};
    matches!(
        action,
        Context | Export | Help | Lesson(_) | Notices | Palette | Profile | Quit | Theme
    )
}

/// Whether it opens a dialog that places.
const fn asks_to_place(screen: Screen, action: Action) -> bool {
    match action {
        Action::Place | Action::MakeRoom => true,
        Action::Open => matches!(screen, Screen::Home | Screen::Cycle | Screen::Plan),
        _ => false,
    }
}
