//! A file with everything at its default, and what it is for.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{FIELDS, keys};
use crate::app::actions::TABLE;
use crate::app::chord::Chord;

/// How wide comments are.
const COLUMNS: usize = 98;

/// The file.
pub fn text() -> String {
    let mut text = String::new();
    comment(
        &mut text,
        "",
        "Settings of berth's screen: everything at its default, so that lines that are left alone may go.",
    );
    let mut section = "";
    for field in FIELDS {
        let (of, name) = field.path.split_once('.').unwrap_or(("", field.path));
        if of != section || of.is_empty() {
            text.push('\n');
        }
        if of != section && !of.is_empty() {
            let _ = writeln!(text, "{of}:");
        }
        section = of;
        let indent = if of.is_empty() { "" } else { "  " };
        comment(
            &mut text,
            indent,
            &format!("{}: {}", capital(field.says), field.may_be),
        );
        let _ = writeln!(text, "{indent}{name}: {}", field.default);
    }
    text.push('\n');
    comment(
        &mut text,
        "",
        "Keys by action: one, several, or none ([]). A key is one character, Enter, Esc, Tab, Shift-Tab, Up, Down, Left, \
         Right, Home, End, PgUp, PgDn, Ins, Del, Backspace, Space, F1 to F12, or Ctrl- with a letter. Keys in dialogs and \
         Ctrl-c, which leaves from anywhere, stay as they are.",
    );
    text.push_str("keys:\n");
    for (name, keys, says) in actions() {
        match keys {
            Some(keys) => {
                let _ = writeln!(text, "  {name}: [{}] # {says}", listed(&keys));
            }
            None => {
                let _ = writeln!(text, "  # {name}: [Esc] # {says}; not the same on every screen");
            }
        }
    }
    text
}

/// The actions whose keys may be changed: name, keys (none where they differ from screen to screen), what it does.
pub fn actions() -> Vec<(String, Option<Vec<Chord>>, &'static str)> {
    let mut found: Vec<(String, Option<Vec<Chord>>, &'static str)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for row in TABLE.iter().filter(|row| keys::may_change(row)) {
        let name = row.name();
        match places.get(&name).and_then(|&at| found.get_mut(at)) {
            Some((_, keys, _)) => {
                if keys.as_deref() != Some(row.keys) {
                    *keys = None;
                }
            }
            None => {
                places.insert(name.clone(), found.len());
                found.push((name, Some(row.keys.to_vec()), row.says));
            }
        }
    }
    found
}

/// Keys as they are written in the file.
pub fn listed(keys: &[Chord]) -> String {
    let keys: Vec<String> = keys
        .iter()
        .map(|key| format!("\"{}\"", key.name().replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    keys.join(", ")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

fn comment(to: &mut String, indent: &str, text: &str) {
    let mut line = format!("{indent}#");
    for word in text.split(' ') {
        if line.len() + 1 + word.len() > COLUMNS {
            to.push_str(&line);
            to.push('\n');
            line = format!("{indent}#");
        }
        line.push(' ');
        line.push_str(word);
    }
    to.push_str(&line);
    to.push('\n');
}
