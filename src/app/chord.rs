//! A key as it is pressed, and how it is written.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key, perhaps with Ctrl. Written as it is shown: `⏎`, `^c`, `⇧Tab`, `PgUp`, `x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chord {
    /// The key.
    pub code: KeyCode,
    /// Whether with Ctrl.
    pub ctrl: bool,
}

impl Chord {
    /// Whether `key` is this one.
    pub fn is(&self, key: &KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        !alt && self.code == key.code && self.ctrl == ctrl
    }

    /// Whether it puts a character into a text.
    pub const fn is_typed(&self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && !self.ctrl
    }

    /// The key that `text` names: as it is shown, or in letters that every keyboard has, such as `Enter` or `Ctrl-c`.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |code| Some(Self { code, ctrl: false });
        let mut letters = text.chars();
        if let (Some(letter), None) = (letters.next(), letters.next()) {
            let named = NAMES.iter().find(|(shown, ..)| *shown == text);
            return plain(named.map_or(KeyCode::Char(letter), |(.., code)| *code))
                .filter(|_| !letter.is_control());
        }
        let lower = text.to_lowercase();
        let ctrl = lower.strip_prefix('^').or_else(|| lower.strip_prefix("ctrl-"));
        if let Some(rest) = ctrl {
            let mut letters = rest.chars();
            return match (letters.next(), letters.next()) {
                (Some(letter @ 'a'..='z'), None) => Some(Self {
                    code: KeyCode::Char(letter),
                    ctrl: true,
                }),
                _ => None,
            };
        }
        if let Some(number) = lower.strip_prefix('f').and_then(|number| number.parse().ok()) {
            return plain(KeyCode::F(number)).filter(|_| (1..=12).contains(&number));
        }
        let mut names = NAMES.iter();
        let found =
            names.find(|(shown, name, _)| shown.to_lowercase() == lower || name.to_lowercase() == lower);
        plain(found?.2)
    }

    /// It in letters that every keyboard has.
    pub fn name(&self) -> String {
        match NAMES.iter().find(|(.., code)| *code == self.code) {
            Some((_, name, _)) => (*name).to_owned(),
            None if self.ctrl => self.to_string().replacen('^', "Ctrl-", 1),
            None => self.to_string(),
        }
    }
}

/// Keys that are no characters: as they are shown, as they are written, what they are.
const NAMES: [(&str, &str, KeyCode); 16] = [
    ("Space", "Space", KeyCode::Char(' ')),
    ("⏎", "Enter", KeyCode::Enter),
    ("Esc", "Esc", KeyCode::Esc),
    ("Tab", "Tab", KeyCode::Tab),
    ("⇧Tab", "Shift-Tab", KeyCode::BackTab),
    ("↑", "Up", KeyCode::Up),
    ("↓", "Down", KeyCode::Down),
    ("←", "Left", KeyCode::Left),
    ("→", "Right", KeyCode::Right),
    ("Home", "Home", KeyCode::Home),
    ("End", "End", KeyCode::End),
    ("PgUp", "PageUp", KeyCode::PageUp),
    ("PgDn", "PageDown", KeyCode::PageDown),
    ("Ins", "Insert", KeyCode::Insert),
    ("Del", "Delete", KeyCode::Delete),
    ("⌫", "Backspace", KeyCode::Backspace),
];

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("^")?;
        }
        if let Some((shown, ..)) = NAMES.iter().find(|(.., code)| *code == self.code) {
            return f.write_str(shown);
        }
        match self.code {
            KeyCode::Char(letter) => write!(f, "{letter}"),
            KeyCode::F(number) => write!(f, "F{number}"),
            other => write!(f, "{other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::actions::TABLE;

    #[test]
    fn keys_are_read_as_they_are_shown_and_as_they_are_written() {
        for &chord in TABLE.iter().flat_map(|row| row.keys) {
            assert_eq!(Chord::parse(&chord.to_string()), Some(chord), "{chord}");
            assert_eq!(Chord::parse(&chord.name()), Some(chord), "{}", chord.name());
        }
        for (text, shown) in [
            ("enter", "⏎"),
            ("ctrl-B", "^b"),
            ("PGUP", "PgUp"),
            ("shift-tab", "⇧Tab"),
            ("f12", "F12"),
            ("^", "^"),
            ("é", "é"),
            (" ", "Space"),
        ] {
            assert_eq!(
                Chord::parse(text).map(|chord| chord.to_string()).as_deref(),
                Some(shown),
                "{text}"
            );
        }
        for text in ["", "pp", "F0", "F13", "Ctrl-", "Ctrl-1", "^^", "alt-x", "\u{1b}"] {
            assert_eq!(Chord::parse(text), None, "{text:?}");
        }
    }
}
