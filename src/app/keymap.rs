//! Which keys do what: the table's own, unless a person wants others.

use crossterm::event::KeyEvent;

use super::actions::{Action, Context, Row, TABLE};
use super::chord::Chord;

/// The keys of each row of [`TABLE`], in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    keys: Vec<Vec<Chord>>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self {
            keys: TABLE.iter().map(|row| row.keys.to_vec()).collect(),
        }
    }
}

impl Keymap {
    /// With these keys, row by row of [`TABLE`].
    pub fn of(keys: impl IntoIterator<Item = Vec<Chord>>) -> Self {
        Self {
            keys: keys.into_iter().collect(),
        }
    }

    /// The rows with their keys.
    pub fn rows(&self) -> impl Iterator<Item = (&'static Row, &[Chord])> {
        TABLE.iter().zip(self.keys.iter().map(Vec::as_slice))
    }

    /// What `key` means in `context`.
    pub fn find(&self, context: Context, key: &KeyEvent) -> Option<Action> {
        let mut rows = self.rows().filter(|(row, _)| row.holds_in(context));
        let found = rows.find(|(_, keys)| keys.iter().any(|chord| chord.is(key)));
        found.map(|(row, _)| row.action)
    }

    /// The row of `action` in `context`, and the key to show for it; nothing where no key does it.
    pub fn hint(&self, context: Context, action: Action) -> Option<(&'static Row, Chord)> {
        let mut rows = self.rows().filter(|(row, _)| row.holds_in(context));
        let (row, keys) = rows.find(|(row, keys)| row.action == action && !keys.is_empty())?;
        Some((row, *keys.first()?))
    }
}

/// `keys` as they are shown, one after the other.
pub fn shown(keys: &[Chord]) -> String {
    let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    keys.join(" ")
}
