//! The settings as a file holds them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde_json::Value;

use super::{Confirmations, NodeColumn, Settings, WaitingColumn, keys};
use crate::model::document::{Document, DocumentError, Problem, near};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SettingsFile {
    theme: Option<String>,
    keys: BTreeMap<String, OneOrMore>,
    columns: ColumnsFile,
    refresh: RefreshFile,
    confirm: ConfirmFile,
    clipboard: Option<bool>,
    mouse: Option<bool>,
    tell: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ColumnsFile {
    waiting: Option<Vec<String>>,
    nodes: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RefreshFile {
    frames: Option<u32>,
    ages: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ConfirmFile {
    place: Option<String>,
    leave: Option<bool>,
    wait: Option<String>,
}

/// One key, or a list.
#[derive(Debug, Default)]
struct OneOrMore(Vec<String>);

/// Reads `text`.
pub(super) fn read(text: &str, file: &str) -> Result<Settings, DocumentError> {
    let document = Document::read(text).map_err(|problem| DocumentError::new(file, vec![problem], None))?;
    parse(&document).map_err(|problems| DocumentError::new(file, problems, Some(&document)))
}

/// Lists where there must be fields with names: serde would take their items for fields in order.
fn lists(value: &Value) -> Vec<Problem> {
    const MESSAGE: &str = "it is a list; it must be a map of fields";
    if value.is_array() {
        return vec![Problem {
            line: 1,
            ..Problem::new("", MESSAGE, "")
        }];
    }
    let maps = ["keys", "columns", "refresh", "confirm"].into_iter();
    let lists = maps.filter(|field| value.get(field).is_some_and(Value::is_array));
    lists.map(|field| Problem::new(field, MESSAGE, "")).collect()
}

fn parse(document: &Document) -> Result<Settings, Vec<Problem>> {
    let value = document.value();
    if value.is_null() {
        return Ok(Settings::default());
    }
    let lists = lists(&value);
    if !lists.is_empty() {
        return Err(lists);
    }
    let file: SettingsFile = serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        vec![Problem::of_serde(path, &error.inner().to_string())]
    })?;
    let mut settings = Settings::default();
    let mut problems = Vec::new();
    if let Some(theme) = file.theme {
        settings.theme = theme.into();
    }
    let wanted = file.keys.into_iter().map(|(name, keys)| (name, keys.0)).collect();
    match keys::keymap(&wanted) {
        Ok(keymap) => settings.keymap = Arc::new(keymap),
        Err(found) => problems.extend(found),
    }
    if let Some(names) = file.columns.waiting {
        let all = WaitingColumn::ALL.map(|column| (column.as_str(), column));
        settings.waiting = columns("columns.waiting", "pod", &names, &all, &mut problems);
    }
    if let Some(names) = file.columns.nodes {
        let all = NodeColumn::ALL.map(|column| (column.as_str(), column));
        settings.nodes = columns("columns.nodes", "node", &names, &all, &mut problems);
    }
    match file.refresh.frames {
        Some(frames) if !(1..=30).contains(&frames) => {
            let message = format!("it is {frames}; it must be 1 to 30");
            problems.push(Problem::new(
                "refresh.frames",
                message,
                "Nobody sees more than 30 frames a second of text.",
            ));
        }
        Some(frames) => settings.frames = frames,
        None => {}
    }
    let second = Duration::from_secs(1);
    if let Some(text) = &file.refresh.ages {
        let least_and_most = (second, 60 * second);
        settings.ages = duration("refresh.ages", text, least_and_most, &mut problems);
    }
    settings.confirm = confirmations(&file.confirm, settings.confirm, &mut problems);
    settings.clipboard = file.clipboard.unwrap_or(settings.clipboard);
    settings.mouse = file.mouse.unwrap_or(settings.mouse);
    settings.tell = file.tell.unwrap_or(settings.tell);
    if problems.is_empty() {
        Ok(settings)
    } else {
        Err(problems)
    }
}

fn confirmations(file: &ConfirmFile, usual: Confirmations, problems: &mut Vec<Problem>) -> Confirmations {
    let mut confirm = usual;
    match file.place.as_deref() {
        None => {}
        Some("always") => confirm.place = true,
        Some("overruling") => confirm.place = false,
        Some(other) => problems.push(Problem::new(
            "confirm.place",
            format!("it is '{other}'; it must be always or overruling"),
            "A placement that overrules a rule is always asked about.",
        )),
    }
    confirm.leave = file.leave.unwrap_or(confirm.leave);
    if let Some(text) = &file.wait {
        let least_and_most = (Duration::from_millis(200), Duration::from_secs(10));
        confirm.wait = duration("confirm.wait", text, least_and_most, problems);
    }
    confirm
}

/// The columns called `names`, after `first`, which stands first in any case.
fn columns<T: Copy + PartialEq>(
    field: &str,
    first: &str,
    names: &[String],
    all: &[(&'static str, T)],
    problems: &mut Vec<Problem>,
) -> Vec<T> {
    let mut columns = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let found = all.iter().find(|(have, _)| have == name);
        let problem = match found {
            None if name == first && at == 0 => continue,
            None if name == first => (format!("{first} always stands first"), "Leave it out.".to_owned()),
            None => {
                let near = near(name, all.iter().map(|(have, _)| *have));
                let names: Vec<&str> = all.iter().map(|(have, _)| *have).collect();
                let hint = near.map_or_else(
                    || format!("There are {}.", names.join(", ")),
                    |near| format!("Did you mean {near}?"),
                );
                (format!("there is no column '{name}'"), hint)
            }
            Some((_, column)) if columns.contains(column) => {
                (format!("{name} is there twice"), String::new())
            }
            Some((_, column)) => {
                columns.push(*column);
                continue;
            }
        };
        problems.push(Problem::new(format!("{field}[{at}]"), problem.0, problem.1));
    }
    columns
}

fn duration(
    field: &str,
    text: &str,
    (least, most): (Duration, Duration),
    problems: &mut Vec<Problem>,
) -> Duration {
    let read = text.parse::<SignedDuration>().ok();
    match read.and_then(|duration| Duration::try_from(duration).ok()) {
        Some(duration) if (least..=most).contains(&duration) => return duration,
        Some(_) => {
            let message = format!("it is {text}; it must be {least:?} to {most:?}");
            problems.push(Problem::new(field, message, ""));
        }
        None => {
            let message = format!("'{text}' is no duration");
            problems.push(Problem::new(field, message, "Such as 700ms, 2s or 1m."));
        }
    }
    least
}

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = OneOrMore;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key or a list of keys")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<OneOrMore, E> {
                Ok(OneOrMore(vec![text.to_owned()]))
            }

            // A digit without quotes.
            fn visit_u64<E: Error>(self, number: u64) -> Result<OneOrMore, E> {
                Ok(OneOrMore(vec![number.to_string()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<OneOrMore, A::Error> {
                let mut keys = Vec::new();
                while let Some(One(key)) = items.next_element()? {
                    keys.push(key);
                }
                Ok(OneOrMore(keys))
            }
        }
        from.deserialize_any(Keys)
    }
}

/// A key of a list.
struct One(String);

impl<'de> Deserialize<'de> for One {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Key;
        impl Visitor<'_> for Key {
            type Value = One;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<One, E> {
                Ok(One(text.to_owned()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<One, E> {
                Ok(One(number.to_string()))
            }
        }
        from.deserialize_any(Key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::actions::{Action, Context};
    use crate::app::screen::Screen;

    #[test]
    fn what_is_set_holds() {
        let text = "
theme: light
keys: {place: [F6, F5], open: o, other-node: ''}
columns:
  waiting: [pod, age, priority]
  nodes: [total]
refresh: {frames: 5, ages: 10s}
confirm: {place: overruling, leave: false, wait: 300ms}
clipboard: false
mouse: false
tell: false
";
        // No key is '', so leave that one out.
        let settings = Settings::read(&text.replace(", other-node: ''", ", other-node: []"), "f").unwrap();
        assert_eq!(&*settings.theme, "light");
        assert_eq!(settings.waiting, [WaitingColumn::Age, WaitingColumn::Priority]);
        assert_eq!(settings.nodes, [NodeColumn::Total]);
        assert_eq!((settings.frames, settings.ages), (5, Duration::from_secs(10)));
        let confirm = settings.confirm;
        assert_eq!(
            (confirm.place, confirm.leave, confirm.wait),
            (false, false, Duration::from_millis(300))
        );
        assert!(!settings.clipboard && !settings.mouse && !settings.tell);
        let home = Context::Screen(Screen::Home);
        let key = |action| settings.keymap.hint(home, action).map(|(_, key)| key.to_string());
        assert_eq!(key(Action::Place).as_deref(), Some("F6"));
        assert_eq!(key(Action::Open).as_deref(), Some("o"));
        assert_eq!(key(Action::OtherNode), None);
    }

    #[test]
    fn what_is_wrong_is_said_by_line_and_field() {
        for (text, error) in [
            (
                "them: dark\n",
                "f:1: them: there is no such field\n  Did you mean theme?",
            ),
            (
                "\ntheme: [a]\n",
                "f:2: theme: it is the sequence; it must be a string",
            ),
            (
                "mouse: yes please\n",
                "f:1: mouse: it is the string \"yes please\"; it must be true or false",
            ),
            (
                "refresh:\n  frames: 60\n",
                "f:2: refresh.frames: it is 60; it must be 1 to 30",
            ),
            (
                "refresh:\n  ages: 1\n",
                "f:2: refresh.ages: it is the integer '1'; it must be a string",
            ),
            (
                "refresh:\n  ages: soon\n",
                "f:2: refresh.ages: 'soon' is no duration\n  Such as 700ms, 2s or 1m.",
            ),
            (
                "refresh:\n  ages: -5s\n",
                "f:2: refresh.ages: '-5s' is no duration",
            ),
            (
                "confirm:\n  wait: 10ms\n",
                "f:2: confirm.wait: it is 10ms; it must be 200ms to 10s",
            ),
            (
                "confirm:\n  place: never\n",
                "f:2: confirm.place: it is 'never'; it must be always or overruling",
            ),
            (
                "columns:\n  waiting: [age,\n    prio]\n",
                "f:3: columns.waiting[1]: there is no column 'prio'\n  There are scheduler",
            ),
            (
                "columns: {nodes: [totel]}\n",
                "f:1: columns.nodes[0]: there is no column 'totel'\n  Did you mean total?",
            ),
            (
                "columns: {nodes: [zone, node]}\n",
                "f:1: columns.nodes[1]: node always stands first",
            ),
            (
                "columns: {nodes: [zone, zone]}\n",
                "f:1: columns.nodes[1]: zone is there twice",
            ),
            (
                "keys:\n  plce: p\n",
                "f:2: keys.plce: there is no such action\n  Did you mean place?",
            ),
            ("keys:\n  place: pp\n", "f:2: keys.place: 'pp' is no key"),
            (
                "keys:\n  place: {}\n",
                "f:2: keys.place: it is the map; it must be a key or a list of keys",
            ),
            ("theme: dark\ntheme: light\n", "f:2: "),
            ("theme: 'dark\n", "f:"),
            ("- theme\n", "f:1: it is a list; it must be a map of fields"),
            (
                "columns: [a]\n",
                "f:1: columns: it is a list; it must be a map of fields",
            ),
        ] {
            let found = Settings::read(text, "f").expect_err(text).to_string();
            assert!(found.starts_with(error), "{text:?}: {found}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let text = "keys: {place: pp}\nrefresh: {frames: 0}\nconfirm: {wait: 1h}\n";
        let error = Settings::read(text, "f").expect_err("three things are wrong");
        let lines: Vec<u64> = error.problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [1, 2, 3]);
    }
}
