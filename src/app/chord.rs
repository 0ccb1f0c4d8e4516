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
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("^")?;
        }
        let name = match self.code {
            KeyCode::Char(' ') => "Space",
            KeyCode::Char(letter) => return write!(f, "{letter}"),
            KeyCode::F(number) => return write!(f, "F{number}"),
            KeyCode::Enter => "⏎",
            KeyCode::Esc => "Esc",
            KeyCode::Tab => "Tab",
            KeyCode::BackTab => "⇧Tab",
            KeyCode::Up => "↑",
            KeyCode::Down => "↓",
            KeyCode::Left => "←",
            KeyCode::Right => "→",
            KeyCode::Home => "Home",
            KeyCode::End => "End",
            KeyCode::PageUp => "PgUp",
            KeyCode::PageDown => "PgDn",
            KeyCode::Insert => "Ins",
            KeyCode::Delete => "Del",
            KeyCode::Backspace => "⌫",
            other => return write!(f, "{other}"),
        };
        f.write_str(name)
    }
}
