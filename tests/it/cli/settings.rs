//! The settings' file: where it is, what is wrong with it, what it changes on a terminal.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use vt100::Color;

use super::{berth, run};
use crate::support::Terminal;

/// The program with `folder` for its home.
fn at_home(folder: &Path) -> Command {
    let mut command = berth();
    command
        .env("HOME", folder)
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("BERTH_CONFIG");
    command
}

/// A home with `text` for its settings.
fn home(text: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join(".config/berth");
    fs::create_dir_all(folder.join("themes")).expect("a folder");
    fs::write(folder.join("settings.yaml"), text).expect("a file");
    home
}

#[test]
fn the_file_is_where_others_are() {
    let home = tempfile::tempdir().expect("a folder");
    let path = |command: &mut Command| run(command.args(["settings", "--path"])).stdout;
    let usual = home.path().join(".config/berth/settings.yaml");
    assert_eq!(path(&mut at_home(home.path())), format!("{}\n", usual.display()));
    let elsewhere = path(at_home(home.path()).env("XDG_CONFIG_HOME", "/elsewhere"));
    assert_eq!(elsewhere, "/elsewhere/berth/settings.yaml\n");
    assert_eq!(
        path(at_home(home.path()).env("BERTH_CONFIG", "/mine.yaml")),
        "/mine.yaml\n"
    );
}

#[test]
fn the_example_is_a_file_that_changes_nothing() {
    let example = run(berth().args(["settings", "--example"])).stdout;
    assert!(
        example.contains("\n  place: [\"p\"] # place the selected pod"),
        "{example}"
    );
    let home = home(&example);
    let told = run(at_home(home.path()).args(["settings", "-o", "json"]));
    let held: serde_json::Value = serde_json::from_str(&told.stdout).expect("JSON");
    assert_eq!(
        (&held["found"], &held["theme"]),
        (&true.into(), &"auto".into()),
        "{}",
        told.stderr
    );
    let without = run(at_home(home.path()).args(["settings", "-o", "json", "--no-settings"]));
    let without: serde_json::Value = serde_json::from_str(&without.stdout).expect("JSON");
    assert_eq!(without["keys"], held["keys"]);
    assert_eq!(without["columns"], held["columns"]);
}

#[test]
fn what_is_wrong_is_told_by_line_and_the_way_around_it() {
    let home = home("theme: dark\nkeys:\n  plce: p\n");
    let file = home.path().join(".config/berth/settings.yaml");
    let told = run(at_home(home.path()).arg("settings"));
    assert_eq!(told.code, 2);
    let error = format!(
        "error: {}:3: keys.plce: there is no such action\n  Did you mean place?\n  --no-settings goes without the file.\n",
        file.display()
    );
    assert_eq!(told.stderr, error);
    assert_eq!(
        run(at_home(home.path()).args(["settings", "--no-settings"])).code,
        0
    );
    // What only prints lines has no use for the file, and goes on without.
    assert_eq!(run(at_home(home.path()).arg("plugins")).code, 0);
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let home = tempfile::tempdir().expect("a folder");
    let told = run(at_home(home.path())
        .env("BERTH_CONFIG", "/no/such.yaml")
        .arg("settings"));
    assert_eq!(told.code, 2);
    assert!(
        told.stderr.contains("cannot read the settings /no/such.yaml"),
        "{}",
        told.stderr
    );
}

#[test]
fn themes_of_ones_own_stand_beside_the_file() {
    let home = home("theme: mine\n");
    let told = run(at_home(home.path()).arg("settings"));
    assert_eq!(told.code, 2);
    assert!(
        told.stderr
            .contains("settings.yaml:1: theme: there is no theme 'mine'\n  There are auto, dark"),
        "{}",
        told.stderr
    );
    let themes = home.path().join(".config/berth/themes");
    fs::write(themes.join("mine.yaml"), "base: dark\ndim: \"#555555\"\n").expect("a file");
    fs::write(themes.join("other.yaml"), "base: drak\n").expect("a file");
    let told = run(at_home(home.path()).arg("settings"));
    assert_eq!((told.code, &*told.stderr), (0, ""));
    assert!(
        told.stdout
            .contains("there are auto, dark, light, high-contrast, terminal, mine"),
        "{}",
        told.stdout
    );
    assert!(
        told.stdout.contains("a theme is left out: ")
            && told
                .stdout
                .contains("other.yaml:1: base: there is no theme 'drak'")
    );
    assert!(
        told.stdout.contains("mine: dim on the ground has a contrast of "),
        "{}",
        told.stdout
    );
    fs::write(themes.join("mine.yaml"), "base: dark\ndmi: red\n").expect("a file");
    let told = run(at_home(home.path()).arg("settings"));
    assert_eq!(told.code, 2);
    assert!(
        told.stderr
            .contains("mine.yaml:2: dmi: there is no such field\n  Did you mean dim?"),
        "{}",
        told.stderr
    );
}

/// The ground of the screen's first cell.
fn ground(terminal: &Terminal) -> Color {
    terminal.cell(0, 0).bgcolor()
}

#[test]
fn the_terminals_ground_is_asked_for_and_the_answer_presses_no_key() {
    let setup = Terminal::run(env!("CARGO_BIN_EXE_berth"))
        .arg("demo")
        .size(120, 36);
    let mut terminal = setup.env("COLORTERM", "truecolor").start();
    terminal.wait_for("nodes fit");
    let asked = terminal.output().windows(6).any(|bytes| bytes == b"\x1b]11;?");
    assert!(asked, "it asks");
    assert_eq!(
        ground(&terminal),
        Color::Default,
        "without an answer the terminal's colours are kept"
    );
    terminal.type_text("\u{1b}]11;rgb:ffff/ffff/ffff\u{1b}\\");
    terminal.wait_until("a light ground", |_| true);
    let deadline = std::time::Instant::now() + crate::support::DEADLINE;
    while ground(&terminal) != Color::Rgb(0xfb, 0xfb, 0xf9) {
        assert!(
            std::time::Instant::now() < deadline,
            "the ground never becomes light\n{}",
            terminal.screen()
        );
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let screen = terminal.screen();
    assert!(
        !screen.contains("does nothing") && screen.contains("nodes fit"),
        "{screen}"
    );
    terminal.press(&["q"]);
    assert!(terminal.wait().success());
    terminal.assert_restored();
}

#[test]
fn a_theme_that_is_set_asks_nothing_and_a_file_is_written() {
    let setup = Terminal::run(env!("CARGO_BIN_EXE_berth"))
        .arg("demo")
        .size(120, 36);
    let folder = setup.home().to_owned();
    fs::create_dir_all(folder.join(".config/berth")).expect("a folder");
    fs::write(
        folder.join(".config/berth/settings.yaml"),
        "theme: dark\nmouse: false\nkeys: {quit: Ctrl-q}\n",
    )
    .expect("a file");
    let mut terminal = setup.env("COLORTERM", "truecolor").start();
    terminal.wait_for("nodes fit");
    assert_eq!(ground(&terminal), Color::Rgb(0x10, 0x14, 0x1a));
    let output = terminal.output();
    assert!(!output.windows(4).any(|bytes| bytes == b"\x1b]11"), "no question");
    assert!(
        !output.windows(8).any(|bytes| bytes == b"\x1b[?1000h"),
        "no mouse"
    );
    terminal.press(&["E", "Down", "Down"]);
    terminal.wait_for("▸ SVG");
    terminal.press(&["Enter"]);
    terminal.wait_for("✓ wrote");
    let files: Vec<_> = fs::read_dir(&folder)
        .expect("the folder")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    let picture = files
        .iter()
        .find(|path| path.extension().is_some_and(|ending| ending == "svg"));
    let picture = fs::read_to_string(picture.expect("a picture")).expect("it can be read");
    assert!(picture.starts_with("<svg ") && picture.contains("Waiting") && !picture.contains("Export"));
    terminal.press(&["Ctrl-q"]);
    assert!(terminal.wait().success());
    terminal.assert_restored();
}
