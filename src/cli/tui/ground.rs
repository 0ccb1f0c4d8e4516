//! The terminal's answer to what colour its ground is, heard among the keys.
//!
//! The question is asked when the screen opens and nobody waits for the answer: a terminal that gives none costs nothing,
//! and one that gives it late disturbs nothing. It comes in as the keys Alt-], letters, and Alt-\ or Ctrl-g; none of them
//! may reach the screen.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::ui::theme::Ground;

/// What is longer is no answer.
const LONGEST: usize = 64;

/// Listens.
#[derive(Debug, Default)]
pub(super) struct Listener {
    /// Whether a question was asked that is not answered yet.
    asked: bool,
    answer: Option<String>,
    /// The key before was Esc: an answer that came in two pieces begins so.
    after_esc: bool,
}

/// What a key was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A key.
    Key,
    /// A part of an answer.
    Part,
    /// The end of an answer.
    Ground(Option<Ground>),
}

impl Listener {
    /// A question was asked.
    pub(super) const fn ask(&mut self) {
        self.asked = true;
    }

    /// Takes a key.
    pub(super) fn hear(&mut self, key: &KeyEvent) -> Heard {
        if !self.asked {
            return Heard::Key;
        }
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let after_esc = std::mem::replace(&mut self.after_esc, key.code == KeyCode::Esc);
        let begins = key.code == KeyCode::Char(']') && (alt || after_esc);
        let Some(answer) = &mut self.answer else {
            if begins {
                self.answer = Some(String::new());
                return Heard::Part;
            }
            return Heard::Key;
        };
        match key.code {
            KeyCode::Char('\\') if alt || after_esc => self.end(),
            KeyCode::Char('g') if ctrl => self.end(),
            // The end may come in two pieces, too.
            KeyCode::Esc => Heard::Part,
            KeyCode::Char(c) if is_part(c) && !alt && !ctrl && answer.len() < LONGEST => {
                answer.push(c);
                Heard::Part
            }
            // A person types into it: what came so far was no answer.
            _ => {
                self.answer = None;
                Heard::Key
            }
        }
    }

    fn end(&mut self) -> Heard {
        self.asked = false;
        let answer = self.answer.take().unwrap_or_default();
        Heard::Ground(Ground::of_answer(&answer))
    }
}

const fn is_part(c: char) -> bool {
    matches!(c, '0'..='9' | 'a'..='f' | 'A'..='F' | 'r' | 'g' | ';' | ':' | '/' | '#')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<KeyEvent> {
        text.chars()
            .map(|c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))
            .collect()
    }

    fn alt(c: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), KeyModifiers::ALT)
    }

    fn heard(listener: &mut Listener, keys: impl IntoIterator<Item = KeyEvent>) -> Vec<Heard> {
        keys.into_iter().map(|key| listener.hear(&key)).collect()
    }

    fn asked() -> Listener {
        let mut listener = Listener::default();
        listener.ask();
        listener
    }

    #[test]
    fn an_answer_is_no_keys() {
        let esc = KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE);
        let bell = KeyEvent::new(KeyCode::Char('g'), KeyModifiers::CONTROL);
        let ends = [vec![alt('\\')], vec![bell], [vec![esc], keys("\\")].concat()];
        for end in ends {
            let mut listener = asked();
            let all = [vec![alt(']')], keys("11;rgb:ffff/ffff/ffff"), end].concat();
            let heard = heard(&mut listener, all);
            assert_eq!(heard.last(), Some(&Heard::Ground(Some(Ground::Light))));
            assert!(
                heard.iter().rev().skip(1).all(|heard| *heard == Heard::Part),
                "{heard:?}"
            );
            assert_eq!(
                listener.hear(&keys("q")[0]),
                Heard::Key,
                "what follows is keys again"
            );
        }
    }

    #[test]
    fn an_answer_torn_after_its_first_byte_is_no_keys_either() {
        let mut listener = asked();
        let esc = KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE);
        let all = [vec![esc], keys("]11;rgb:0000/0000/0000"), vec![alt('\\')]].concat();
        let heard = heard(&mut listener, all);
        assert_eq!(heard.first(), Some(&Heard::Key), "Esc alone may have been meant");
        assert!(!heard[1..].contains(&Heard::Key), "{heard:?}");
        assert_eq!(heard.last(), Some(&Heard::Ground(Some(Ground::Dark))));
    }

    #[test]
    fn keys_stay_keys() {
        let mut listener = asked();
        assert!(
            heard(&mut listener, keys("jk]/11;rgb"))
                .iter()
                .all(|heard| *heard == Heard::Key)
        );
        let mut never = Listener::default();
        assert_eq!(never.hear(&alt(']')), Heard::Key);
        let mut listener = asked();
        let heard = heard(&mut listener, [vec![alt(']')], keys("1x"), keys("1")].concat());
        assert_eq!(heard, [Heard::Part, Heard::Part, Heard::Key, Heard::Key]);
    }
}
