//! Photographs the real program: runs it in a pseudo-terminal, presses keys, and writes what the screen shows as SVG.
//!
//! `cargo run --example gallery -- target/release/berth docs/gallery [NAME]`: those whose name begins so, or all and the tour.

#![expect(clippy::print_stdout, reason = "it says what it wrote")]

mod cells;
mod film;
mod script;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use film::Frame;
use script::{SHOTS, Shot, Step, TOUR};
use support::Terminal;

#[path = "../../tests/support/support.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest of it")]
mod support;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let usage = "usage: gallery PROGRAM FOLDER [NAME]";
    let program = PathBuf::from(args.next().context(usage)?);
    let folder = PathBuf::from(args.next().context(usage)?);
    let only = args.next();
    let program = program
        .canonicalize()
        .with_context(|| format!("finding {}", program.display()))?;
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let wanted = |shot: &Shot| only.as_deref().is_none_or(|name| shot.name.starts_with(name));
    for shot in SHOTS.iter().filter(|shot| wanted(shot)) {
        let (screen, _) = take(&program, shot);
        write(&folder, shot.name, &cells::render(&screen, shot.name))?;
    }
    if wanted(&TOUR) {
        let (_, frames) = take(&program, &TOUR);
        write(
            &folder,
            TOUR.name,
            &film::render(&frames).context("the tour shows nothing")?,
        )?;
    }
    Ok(())
}

fn write(folder: &Path, name: &str, picture: &str) -> Result<()> {
    let file = folder.join(format!("{name}.svg"));
    std::fs::write(&file, picture).with_context(|| format!("writing {}", file.display()))?;
    println!("{}", file.display());
    Ok(())
}

/// Runs the program as `shot` says; what its screen shows in the end, and what was to be shown on the way.
fn take(program: &Path, shot: &Shot) -> (vt100::Screen, Vec<Frame>) {
    let setup = Terminal::run(program)
        .args(shot.args)
        .size(shot.size.0, shot.size.1);
    let mut terminal = setup.env("COLORTERM", "truecolor").start();
    let mut frames = Vec::new();
    for step in shot.steps {
        match step {
            Step::Until(text) => terminal.wait_for(text),
            Step::Press(keys) => {
                for key in *keys {
                    terminal.press(&[key]);
                    // Each is answered before the next, as with a person.
                    std::thread::sleep(Duration::from_millis(60));
                }
            }
            Step::Type(text) => terminal.type_text(text),
            Step::Rest => std::thread::sleep(Duration::from_millis(1200)),
            Step::Show(tenths, caption) => frames.push(Frame {
                picture: cells::render(&terminal.look(Clone::clone), shot.name),
                tenths: *tenths,
                caption,
            }),
        }
    }
    (terminal.look(Clone::clone), frames)
}
