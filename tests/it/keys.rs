//! The one table of actions: no key means two things, and help, README and docs say what it says.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use berth::app::actions::{Context, Group, TABLE};
use berth::app::chord::Chord;
use berth::app::keymap::shown;
use berth::app::settings::{FIELDS, example};
use berth::app::{Keymap, Screen, overlay};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

fn pressed(chord: Chord) -> KeyEvent {
    let modifiers = if chord.ctrl {
        KeyModifiers::CONTROL
    } else {
        KeyModifiers::NONE
    };
    KeyEvent::new(chord.code, modifiers)
}

#[test]
fn no_key_means_two_things() {
    let keymap = Keymap::default();
    for row in TABLE {
        assert!(!row.hint.is_empty() && !row.contexts.is_empty() && !row.keys.is_empty());
        for &chord in row.keys {
            for &context in row.contexts {
                let found = keymap.find(context, &pressed(chord));
                assert_eq!(found, Some(row.action), "{chord} in {context:?} means two things");
            }
        }
    }
}

#[test]
fn no_name_stands_for_two_actions() {
    let mut named: BTreeMap<String, berth::app::actions::Action> = BTreeMap::new();
    for row in TABLE.iter().filter(|row| row.group != Group::Dialog) {
        let before = named.insert(row.name(), row.action);
        assert!(
            before.is_none_or(|before| before == row.action),
            "settings could not tell {before:?} from {:?}: both are called {}",
            row.action,
            row.name()
        );
    }
}

#[test]
fn every_key_is_written_in_its_own_way() {
    let mut written: BTreeMap<String, Chord> = BTreeMap::new();
    for &chord in TABLE.iter().flat_map(|row| row.keys) {
        let before = written.insert(chord.to_string(), chord);
        assert!(before.is_none_or(|before| before == chord), "{chord:?}");
    }
}

#[test]
fn while_typing_letters_are_typed() {
    let keymap = Keymap::default();
    for context in [Context::Confirm, Context::Filter, Context::Pick, Context::Line] {
        for letter in ('a'..='z').chain('A'..='Z').chain('0'..='9') {
            let key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
            assert_eq!(keymap.find(context, &key), None, "'{letter}' in {context:?}");
        }
    }
}

#[test]
fn help_tells_the_keys_of_the_screen_and_of_dialogs_and_no_others() {
    for screen in Screen::ALL {
        let lines = overlay::help(&Keymap::default(), screen, true);
        let help: Vec<String> = lines.iter().map(berth::app::prose::Line::text).collect();
        for row in TABLE {
            let line = help
                .iter()
                .any(|line| line.ends_with(row.says) && line.contains(&shown(row.keys)));
            let here = row.holds_in(Context::Screen(screen)) || row.group == Group::Dialog;
            assert_eq!(line, here, "{screen:?}: {} {}", shown(row.keys), row.says);
        }
    }
}

/// The keys as a table in Markdown: those of the rows that `keep` keeps.
fn table(keep: impl Fn(&berth::app::actions::Row) -> bool) -> String {
    let mut text = "| key | does |\n|---|---|\n".to_owned();
    for row in TABLE.iter().filter(|row| keep(row)) {
        let keys = row.keys.iter().map(|key| match key.to_string().as_str() {
            "|" => "<kbd>\\|</kbd>".to_owned(),
            key => format!("<kbd>{}</kbd>", key.replace('<', "&lt;").replace('>', "&gt;")),
        });
        let keys: Vec<String> = keys.collect();
        writeln!(text, "| {} | {} |", keys.join(" "), row.says).expect("a string takes all");
    }
    text
}

/// What stands in `file` between the marks around `what`, which must be `expected`; `just docs` writes it.
fn holds(file: &str, what: &str, expected: &str) {
    let begin = format!("<!-- {what}: made by `just docs` -->\n");
    let end = format!("<!-- end of {what} -->");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
    let (before, rest) = text.split_once(&begin).expect("the mark at the beginning");
    let (have, after) = rest.split_once(&end).expect("the mark at the end");
    if std::env::var_os("BERTH_WRITE_DOCS").is_some() {
        fs::write(&path, format!("{before}{begin}{expected}{end}{after}")).expect("the file is written");
        return;
    }
    assert_eq!(have, expected, "{file} is out of date: run `just docs`");
}

#[test]
fn the_readme_lists_the_keys_of_the_home_screen() {
    let home = Context::Screen(Screen::Home);
    let groups = [Group::Decide, Group::Look, Group::Find, Group::Program];
    holds(
        "README.md",
        "keys",
        &table(|row| row.holds_in(home) && groups.contains(&row.group)),
    );
}

#[test]
fn the_docs_list_every_key() {
    let mut text = String::new();
    for group in Group::ALL {
        write!(text, "\n## {}\n\n", group.as_str()).expect("a string takes all");
        text += &table(|row| row.group == group);
    }
    text.push('\n');
    holds("docs/keys.md", "keys", &text);
}

#[test]
fn the_docs_list_everything_that_can_be_set() {
    let cell = |text: &str| text.replace('|', "\\|");
    let mut text = "| field | default | may be | does |\n|---|---|---|---|\n".to_owned();
    for field in FIELDS {
        writeln!(
            text,
            "| `{}` | `{}` | {} | {} |",
            field.path, field.default, field.may_be, field.says
        )
        .expect("a string takes all");
    }
    holds("docs/settings.md", "fields", &text);
    let mut text = "| action | keys | does |\n|---|---|---|\n".to_owned();
    for (name, keys, says) in example::actions() {
        let keys = keys.map_or_else(
            || "not the same on every screen".to_owned(),
            |keys| format!("`{}`", cell(&example::listed(&keys))),
        );
        writeln!(text, "| `{name}` | {keys} | {says} |").expect("a string takes all");
    }
    holds("docs/settings.md", "actions", &text);
}
