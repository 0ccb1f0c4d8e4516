//! Keys that a person wants otherwise.

use std::collections::BTreeMap;

use crate::app::actions::{Group, Row, TABLE};
use crate::app::chord::Chord;
use crate::app::keymap::Keymap;
use crate::model::document::{Problem, near};

/// The table's keys, with those of `wanted` in their place, by name of the action.
pub(super) fn keymap(wanted: &BTreeMap<String, Vec<String>>) -> Result<Keymap, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut keys: BTreeMap<&str, Vec<Chord>> = BTreeMap::new();
    for (name, texts) in wanted {
        let field = format!("keys.{name}");
        if !TABLE.iter().any(|row| may_change(row) && row.name() == *name) {
            let names = TABLE.iter().filter(|row| may_change(row)).map(Row::name);
            let names: Vec<String> = names.collect();
            let near = near(name, names.iter().map(String::as_str));
            let hint = near.map_or_else(
                || "'berth settings --example' lists them all.".to_owned(),
                |near| format!("Did you mean {near}?"),
            );
            problems.push(Problem::new(field, "there is no such action", hint));
            continue;
        }
        let mut chords = Vec::new();
        for text in texts {
            match Chord::parse(text) {
                Some(chord) => chords.push(chord),
                None => problems.push(Problem::new(
                    field.clone(),
                    format!("'{text}' is no key"),
                    "A key is one character, Enter, Esc, Tab, Shift-Tab, Up, Down, Left, Right, Home, End, PgUp, PgDn, Ins, \
                     Del, Backspace, Space, F1 to F12, or Ctrl- with a letter.",
                )),
            }
        }
        keys.insert(name, chords);
    }
    let changed = |row: &Row| {
        let name = row.name();
        keys.get(name.as_str()).filter(|_| may_change(row))
    };
    let keymap = Keymap::of(
        TABLE
            .iter()
            .map(|row| changed(row).cloned().unwrap_or_else(|| row.keys.to_vec())),
    );
    problems.extend(while_typing(&keymap, &changed));
    problems.extend(conflicts(&keymap, &changed));
    if problems.is_empty() {
        Ok(keymap)
    } else {
        Err(problems)
    }
}

/// Whether the keys of `row` may be changed. Those of dialogs may not, nor the one that leaves from anywhere: they are
/// the way out, and what sends something.
pub(super) fn may_change(row: &Row) -> bool {
    row.group != Group::Dialog && !row.contexts.iter().all(|context| context.types()) && !row.is_everywhere()
}

/// Letters for actions that work while a text is typed, too: they could not be typed any more.
fn while_typing<'a>(keymap: &Keymap, changed: &impl Fn(&Row) -> Option<&'a Vec<Chord>>) -> Vec<Problem> {
    let rows = keymap.rows().filter(|(row, _)| changed(row).is_some());
    let typed = rows.filter(|(row, _)| row.contexts.iter().any(|context| context.types()));
    typed
        .flat_map(|(row, keys)| {
            keys.iter()
                .filter(|chord| chord.is_typed())
                .map(move |chord| (row, chord))
        })
        .map(|(row, chord)| {
            Problem::new(
                format!("keys.{}", row.name()),
                format!("{chord} cannot be its key: it works while a text is typed, too"),
                "Take one that types nothing, such as PgUp, F5 or Ctrl-b.",
            )
        })
        .collect()
}

/// Keys that would mean two things in one place.
fn conflicts<'a>(keymap: &Keymap, changed: &impl Fn(&Row) -> Option<&'a Vec<Chord>>) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    let rows: Vec<(&Row, &[Chord])> = keymap.rows().collect();
    for (at, (row, keys)) in rows.iter().enumerate() {
        for (other, others) in rows.iter().skip(at + 1) {
            let meet = row.contexts.iter().any(|&context| other.holds_in(context));
            if row.action == other.action || !meet || (changed(row).is_none() && changed(other).is_none()) {
                continue;
            }
            for chord in keys.iter().filter(|chord| others.contains(chord)) {
                let (name, against) = if changed(row).is_some() {
                    (row.name(), other.name())
                } else {
                    (other.name(), row.name())
                };
                let problem = Problem::new(
                    format!("keys.{name}"),
                    format!("{chord} is the key of {against}, too"),
                    format!("Give {against} another one, or none: {against}: []"),
                );
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(wanted: &[(&str, &[&str])]) -> Vec<String> {
        let wanted = wanted.iter().map(|(name, keys)| {
            let keys = keys.iter().map(|&key| key.to_owned()).collect();
            ((*name).to_owned(), keys)
        });
        let problems = keymap(&wanted.collect()).err().unwrap_or_default();
        problems
            .into_iter()
            .map(|problem| format!("{}: {}", problem.field, problem.message))
            .collect()
    }

    #[test]
    fn a_key_means_one_thing_in_a_place() {
        assert_eq!(
            problems(&[("place", &["o"])]),
            ["keys.place: o is the key of other-node, too"]
        );
        assert!(
            problems(&[("place", &["o"]), ("other-node", &["p"])]).is_empty(),
            "they may change places"
        );
        assert!(
            problems(&[("place", &["o"]), ("other-node", &[])]).is_empty(),
            "or one may have none"
        );
    }

    #[test]
    fn the_way_out_and_dialogs_are_not_changed() {
        let keymap = keymap(&[("quit".to_owned(), vec!["Ctrl-q".to_owned()])].into()).unwrap();
        let out = keymap.rows().find(|(row, _)| row.is_everywhere());
        assert_eq!(
            out.map(|(_, keys)| keys.to_vec()),
            Some(vec![Chord::parse("Ctrl-c").unwrap()])
        );
        assert_eq!(problems(&[("quit", &["Ctrl-c"])]), Vec::<String>::new());
        assert_eq!(
            problems(&[("place", &["Ctrl-c"])]),
            ["keys.place: ^c is the key of quit, too"]
        );
        assert_eq!(
            problems(&[("dry-run,-then-place", &["x"])]),
            ["keys.dry-run,-then-place: there is no such action"]
        );
    }

    #[test]
    fn letters_can_still_be_typed() {
        let found = problems(&[("page-up", &["X"])]);
        assert_eq!(
            found,
            ["keys.page-up: X cannot be its key: it works while a text is typed, too"]
        );
        assert!(problems(&[("page-up", &["F9"])]).is_empty());
    }
}
