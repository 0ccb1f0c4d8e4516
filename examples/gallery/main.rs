//! Photographs the real program: runs it in a pseudo-terminal, presses keys, and writes what the screen shows as SVG.
//!
//! `cargo run --example gallery -- target/release/berth docs/gallery`

mod svg;

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

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
    Press(&'static str),
    /// Let the screen come to rest.
    Rest,
}

use Step::{Press, Rest, Until};

const DOWN: &str = "\x1b[B";
const ENTER: &str = "\r";

const SHOTS: &[Shot] = &[
    Shot {
        name: "home-120x36",
        args: &["demo"],
        cols: 120,
        rows: 36,
        steps: &[Until("live"), Rest],
    },
    Shot {
        name: "home-80x24",
        args: &["demo"],
        cols: 80,
        rows: 24,
        steps: &[Until("live"), Rest],
    },
    Shot {
        name: "home-200x50",
        args: &["demo"],
        cols: 200,
        rows: 50,
        steps: &[Until("live"), Rest],
    },
    Shot {
        name: "confirm-120x36",
        args: &["demo"],
        cols: 120,
        rows: 36,
        steps: &[Until("live"), Rest, Press(DOWN), Rest, Press(ENTER), Rest],
    },
    Shot {
        name: "help-120x36",
        args: &["demo"],
        cols: 120,
        rows: 36,
        steps: &[Until("live"), Rest, Press("?"), Rest],
    },
];

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let program = PathBuf::from(args.next().context("usage: gallery PROGRAM FOLDER")?);
    let folder = PathBuf::from(args.next().context("usage: gallery PROGRAM FOLDER")?);
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    for shot in SHOTS {
        let file = folder.join(format!("{}.svg", shot.name));
        let screen = take(&program, shot).with_context(|| format!("photographing {}", shot.name))?;
        std::fs::write(&file, svg::render(&screen)).with_context(|| format!("writing {}", file.display()))?;
        println!("{}", file.display());
    }
    Ok(())
}

fn take(program: &Path, shot: &Shot) -> Result<vt100::Screen> {
    let size = PtySize {
        rows: shot.rows,
        cols: shot.cols,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pty = native_pty_system().openpty(size)?;
    let mut command = CommandBuilder::new(program);
    command.args(shot.args);
    command.env("TERM", "xterm-256color");
    command.env("COLORTERM", "truecolor");
    command.env_remove("NO_COLOR");
    let mut child = pty.slave.spawn_command(command)?;
    drop(pty.slave);
    let rows = NonZero::new(shot.rows).context("a picture without rows")?;
    let cols = NonZero::new(shot.cols).context("a picture without columns")?;
    let parser = Arc::new(Mutex::new(vt100::Parser::new(rows, cols, 0)));
    let mut output = pty.master.try_clone_reader()?;
    let sink = Arc::clone(&parser);
    std::thread::spawn(move || {
        let mut bytes = [0; 1 << 16];
        while let Ok(read @ 1..) = output.read(&mut bytes) {
            if let Ok(mut parser) = sink.lock() {
                parser.process(&bytes[..read]);
            }
        }
    });
    let screen = || {
        parser
            .lock()
            .map(|parser| parser.screen().clone())
            .map_err(|_| anyhow::anyhow!("reader died"))
    };
    let mut keys = pty.master.take_writer()?;
    for step in shot.steps {
        match step {
            Until(text) => {
                let begun = Instant::now();
                while !screen()?.contents().contains(text) {
                    ensure!(
                        begun.elapsed() < Duration::from_secs(20),
                        "no '{text}' in\n{}",
                        screen()?.contents()
                    );
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            Press(text) => {
                keys.write_all(text.as_bytes())?;
                keys.flush()?;
            }
            Rest => std::thread::sleep(Duration::from_millis(1500)),
        }
    }
    let taken = screen()?;
    child.kill()?;
    child.wait()?;
    Ok(taken)
}
