//! Photographs the real program: runs it in a pseudo-terminal, presses keys, and writes what the screen shows as SVG.
//!
//! `cargo run --example gallery -- target/release/berth docs/gallery`

#![expect(clippy::print_stdout, reason = "it says what it wrote")]

mod cells;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use support::Terminal;

#[path = "../../tests/support/support.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest of it")]
mod support;

/// A picture to take: the program's arguments, the terminal's size, the keys to press, and a text to wait for after
/// each of them.
struct Shot {
    name: &'static str,
    args: &'static [&'static str],
    cols: u16,
    rows: u16,
    steps: &'static [Step],
}

enum Step {
    /// Wait until the screen holds this text.
    Until(&'static str),
    /// Press these keys.
    Press(&'static [&'static str]),
    /// Type this text.
    Type(&'static str),
    /// Let the screen come to rest.
    Rest,
}

use Step::{Press, Rest, Type, Until};

const SHOTS: &[Shot] = &[
    Shot {
        name: "home-120x36",
        args: &["demo"],
        cols: 120,
        rows: 36,
        steps: &[Until("nodes fit"), Rest],
    },
    Shot {
        name: "home-80x24",
        args: &["demo"],
        cols: 80,
        rows: 24,
        steps: &[Until("/12"), Rest],
    },
    Shot {
        name: "home-200x50",
        args: &["demo"],
        cols: 200,
        rows: 50,
        steps: &[Until("nodes fit"), Rest],
    },
    Shot {
        name: "nowhere-120x36",
        args: &["demo"],
        cols: 120,
        rows: 36,
        steps: &[Until("nodes fit"), Press(&["Down", "Down"]), Rest],
    },
    Shot {
        name: "overrule-120x36",
        args: &["demo"],
        cols: 120,
        rows: 36,
        steps: &[
            Until("nodes fit"),
            Press(&["Down", "Down", "o"]),
            Rest,
            Press(&["Enter"]),
            Until("overrule"),
            Type("only node with room until the pool grows"),
            Rest,
        ],
    },
    Shot {
        name: "help-120x36",
        args: &["demo"],
        cols: 120,
        rows: 36,
        steps: &[Until("nodes fit"), Press(&["?"]), Rest],
    },
    Shot {
        name: "large-200x50",
        args: &[
            "demo",
            "--nodes",
            "1000",
            "--pods",
            "10000",
            "--pending",
            "60",
            "--seed",
            "7",
        ],
        cols: 200,
        rows: 50,
        steps: &[Until("nodes fit"), Rest],
    },
];

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let program = PathBuf::from(args.next().context("usage: gallery PROGRAM FOLDER")?);
    let folder = PathBuf::from(args.next().context("usage: gallery PROGRAM FOLDER")?);
    let program = program
        .canonicalize()
        .with_context(|| format!("finding {}", program.display()))?;
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    for shot in SHOTS {
        let file = folder.join(format!("{}.svg", shot.name));
        let screen = take(&program, shot);
        std::fs::write(&file, cells::render(&screen, shot.name))
            .with_context(|| format!("writing {}", file.display()))?;
        println!("{}", file.display());
    }
    Ok(())
}

/// Runs the program as `shot` says; what its screen shows in the end.
fn take(program: &Path, shot: &Shot) -> vt100::Screen {
    let setup = Terminal::run(program).args(shot.args).size(shot.cols, shot.rows);
    let mut terminal = setup.env("COLORTERM", "truecolor").start();
    for step in shot.steps {
        match step {
            Until(text) => terminal.wait_for(text),
            Press(keys) => terminal.press(keys),
            Type(text) => terminal.type_text(text),
            Rest => std::thread::sleep(Duration::from_millis(1200)),
        }
    }
    terminal.look(Clone::clone)
}
