//! A list to choose one thing from while typing: a theme, what to copy.

use std::sync::Arc;

use super::overlay::Picker;

/// The list.
#[derive(Clone, Debug)]
pub struct Menu {
    /// What it is for.
    pub title: &'static str,
    /// Everything there is to choose.
    pub items: Vec<Item>,
    /// What was typed, and the cursor among what matches.
    pub picker: Picker,
}

/// A thing to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is called.
    pub label: String,
    /// More about it.
    pub about: String,
    /// What choosing it does.
    pub choice: Choice,
}

/// What choosing does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Takes this theme.
    Theme(Arc<str>),
    /// Copies this text.
    Copy(String),
}

impl Menu {
    /// A menu with the cursor on the first of `items`.
    pub fn new(title: &'static str, items: Vec<Item>) -> Self {
        Self {
            title,
            items,
            picker: Picker::default(),
        }
    }

    /// The items that have what was typed in their label, then those that have it in what is said of them.
    pub fn matching(&self) -> Vec<&Item> {
        let typed = self.picker.input.value().trim().to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&typed);
        let (mut found, others): (Vec<&Item>, Vec<&Item>) =
            self.items.iter().partition(|item| has(&item.label));
        found.extend(others.into_iter().filter(|item| has(&item.about)));
        found
    }

    /// The item under the cursor.
    pub fn current(&self) -> Option<&Item> {
        self.matching().get(self.picker.cursor).copied()
    }
}
