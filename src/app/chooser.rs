//! A list to choose from while typing, the best matches first: the palette, namespaces, contexts, profiles, themes,
//! what to copy.

use std::cmp::Reverse;
use std::sync::Arc;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::Input;

use super::actions::{Action, Context, Group};
use super::keymap::shown;
use super::state::State;
use crate::model::PodKey;

/// The list.
#[derive(Clone, Debug)]
pub struct Chooser {
    /// What is chosen.
    pub title: &'static str,
    /// What to say where nothing matches.
    pub empty: &'static str,
    /// What was typed.
    pub input: Input,
    /// The row under the cursor.
    pub cursor: usize,
    items: Vec<Item>,
    matches: Vec<usize>,
}

/// Something to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it says.
    pub label: String,
    /// What stands at its right: a key.
    pub aside: String,
    /// Whether it is what holds now.
    pub current: bool,
    /// What it does.
    pub choice: Choice,
}

/// What choosing does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// An action.
    Do(Action),
    /// Shows only this namespace; all where there is none.
    Namespace(Option<Arc<str>>),
    /// Connects to this context.
    Context(Arc<str>),
    /// Has this profile judge every pod; each pod's own where there is none.
    Profile(Option<Arc<str>>),
    /// Draws in this theme.
    Theme(Arc<str>),
    /// Copies this text, which is called so.
    Copy(&'static str, String),
    /// Has this pod of the plan go to this node; wherever the profile says where there is none.
    Pin(PodKey, Option<Arc<str>>),
    /// Begins the lesson again with this step.
    Restart(usize),
    /// Compares with this node, as the second of the two.
    CompareWith(Arc<str>),
}

impl Item {
    /// An item without a key.
    pub fn new(label: impl Into<String>, current: bool, choice: Choice) -> Self {
        Self {
            label: label.into(),
            aside: String::new(),
            current,
            choice,
        }
    }
}

impl Chooser {
    /// A list of `items`, in their order until something is typed.
    pub fn new(title: &'static str, empty: &'static str, items: Vec<Item>) -> Self {
        Self {
            title,
            empty,
            input: Input::default(),
            cursor: 0,
            matches: (0..items.len()).collect(),
            items,
        }
    }

    /// Every action that means something on the screen, and every place to go to.
    pub fn palette(state: &State) -> Self {
        let context = Context::Screen(state.screen);
        let rows = state.options.keymap.rows();
        let here = rows.filter(|(row, _)| {
            row.holds_in(context)
                && row.group != Group::Move
                && (row.group != Group::Lesson || state.class.is_some())
        });
        let mut items: Vec<Item> = here
            .filter(|(row, _)| row.action != Action::Palette)
            .map(|(row, keys)| Item {
                aside: shown(keys),
                ..Item::new(
                    format!("{}: {}", row.hint, row.says),
                    false,
                    Choice::Do(row.action),
                )
            })
            .collect();
        let places = [namespaces(state), contexts(state), profiles(state)];
        for (kind, places) in ["namespace", "context", "profile"].into_iter().zip(places) {
            items.extend(places.into_iter().map(|item| Item {
                label: format!("{kind} {}", item.label),
                ..item
            }));
        }
        Self::new("Palette", "No action has this in its name", items)
    }

    /// The namespaces.
    pub fn namespaces(state: &State) -> Self {
        Self::new(
            "Namespace",
            "No namespace has this in its name",
            namespaces(state),
        )
    }

    /// The kubeconfig's contexts.
    pub fn contexts(state: &State) -> Self {
        Self::new(
            "Context",
            "The kubeconfig has no context of that name",
            contexts(state),
        )
    }

    /// The configured profiles.
    pub fn profiles(state: &State) -> Self {
        Self::new(
            "Profile",
            "There is no profile of that name; --config FILE brings some",
            profiles(state),
        )
    }

    /// The themes, the cursor on the one that is shown.
    pub fn themes(state: &State) -> Self {
        let items = state.options.settings.themes.iter().map(|name| {
            let choice = Choice::Theme(Arc::clone(name));
            Item {
                aside: about(name).to_owned(),
                ..Item::new(&**name, *name == state.theme, choice)
            }
        });
        let mut themes = Self::new("Theme", "There is no theme of that name", items.collect());
        themes.cursor = themes.items.iter().position(|item| item.current).unwrap_or(0);
        themes
    }

    /// What can be copied where the cursors are.
    pub fn copies(state: &State) -> Self {
        let items = super::copying::texts(state).into_iter().map(|(what, text)| {
            let label = if text.contains('\n') {
                what.to_owned()
            } else {
                format!("{what}: {text}")
            };
            Item::new(label, false, Choice::Copy(what, text))
        });
        Self::new("Copy", "There is nothing to copy here", items.collect())
    }

    /// The nodes to compare with, those that fit first.
    pub fn nodes(state: &State) -> Self {
        let empty = "No node has this in its name";
        let Some(selected) = state.decision() else {
            return Self::new("Compare with", empty, Vec::new());
        };
        let trace = &selected.trace;
        let current = state.compare.nodes.as_ref().map(|[_, b]| &**b);
        let fits = trace.feasible.iter().copied();
        let others = trace.nodes.ids.iter().copied();
        let others = others.filter(|&node| trace.feasible_index(node).is_none());
        let items = fits.chain(others).filter_map(|node| {
            let name = trace.nodes.names.get(node.index())?;
            let aside = match trace.total(node) {
                Some(total) => format!("✓ {total}"),
                None => "✗".to_owned(),
            };
            Some(Item {
                aside,
                ..Item::new(
                    &**name,
                    current == Some(&**name),
                    Choice::CompareWith(Arc::clone(name)),
                )
            })
        });
        Self::new("Compare with", empty, items.collect())
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The greatest of what `columns` says of the items.
    pub fn widest(&self, columns: impl Fn(&Item) -> usize) -> usize {
        self.items.iter().map(columns).max().unwrap_or(0)
    }

    /// Those that match, the best first.
    pub fn matches(&self) -> impl Iterator<Item = &Item> {
        self.matches.iter().filter_map(|&at| self.items.get(at))
    }

    /// The one under the cursor.
    pub fn chosen(&self) -> Option<&Item> {
        self.items.get(*self.matches.get(self.cursor)?)
    }

    /// Moves the cursor.
    pub(super) fn step(&mut self, by: isize) {
        let last = self.matches.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }

    /// Finds again what matches: something was typed.
    pub(super) fn typed(&mut self) {
        let typed = self.input.value().trim().to_lowercase();
        let pattern = Pattern::parse(&typed, CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let scored = self.items.iter().enumerate().filter_map(|(at, item)| {
            let text = Utf32Str::new(&item.label, &mut buffer);
            let score = pattern.score(text, &mut matcher)?;
            let begins = item.label.to_lowercase().starts_with(&typed);
            Some((at, begins, score))
        });
        let mut scored: Vec<(usize, bool, u32)> = scored.collect();
        scored.sort_by_key(|&(at, begins, score)| (Reverse(begins), Reverse(score), at));
        self.matches = scored.into_iter().map(|(at, ..)| at).collect();
        self.cursor = 0;
    }
}

fn about(theme: &str) -> &'static str {
    match theme {
        "auto" => "by the terminal's ground",
        "dark" => "light text on a dark ground",
        "light" => "dark text on a light ground",
        "high-contrast" => "white on black, seven to one",
        "terminal" => "the terminal's own colours",
        _ => "your own",
    }
}

fn namespaces(state: &State) -> Vec<Item> {
    let all = Item::new(
        "all namespaces",
        state.namespace.is_none(),
        Choice::Namespace(None),
    );
    let names = state.view.summary.namespaces.iter();
    let each = names.map(|name| {
        let current = state.namespace.as_ref() == Some(name);
        Item::new(&**name, current, Choice::Namespace(Some(Arc::clone(name))))
    });
    std::iter::once(all).chain(each).collect()
}

fn contexts(state: &State) -> Vec<Item> {
    let names = state.options.contexts.iter();
    let each = names.map(|name| {
        let current = *state.link.context == **name;
        Item::new(&**name, current, Choice::Context(Arc::clone(name)))
    });
    each.collect()
}

fn profiles(state: &State) -> Vec<Item> {
    if state.options.profiles.is_empty() {
        return Vec::new();
    }
    let judging = &state.view.profile;
    let own = Item::new("each pod's own", judging.is_none(), Choice::Profile(None));
    let names = state.options.profiles.iter();
    let each = names.map(|name| {
        let current = judging.as_ref() == Some(name);
        Item::new(&**name, current, Choice::Profile(Some(Arc::clone(name))))
    });
    std::iter::once(own).chain(each).collect()
}
