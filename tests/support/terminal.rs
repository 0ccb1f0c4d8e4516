//! A terminal without a window: runs a program in it, presses keys, and reads the screen.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use vt100::{Cell, MouseProtocolMode, Parser, Screen};

use super::{DEADLINE, keys};

/// What to run, and on what terminal: see [`Terminal::run`].
pub(crate) struct Setup {
    command: CommandBuilder,
    home: TempDir,
    columns: u16,
    rows: u16,
}

impl Setup {
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn size(mut self, columns: u16, rows: u16) -> Self {
        (self.columns, self.rows) = (columns, rows);
        self
    }

    /// The program's home folder and working directory, empty as yet.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn start(self) -> Terminal {
        Terminal::start(self)
    }
}

/// A running program and the terminal it runs in. The program is killed when this is dropped.
pub(crate) struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    shown: Arc<Shown>,
    /// The line discipline (echo, signals, ...) as it was before the program ran.
    modes: String,
    _home: TempDir,
}

/// What came out of the program, shared with the thread that reads it.
struct Shown {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: Parser,
    output: Vec<u8>,
    ended: bool,
}

impl Terminal {
    /// Prepares to run a program on a terminal of 80x24, in an empty home folder. Of this process' environment it sees
    /// `PATH` alone, so that nothing depends on who runs the tests.
    pub(crate) fn run(program: impl AsRef<OsStr>) -> Setup {
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut command = CommandBuilder::new(program);
        command.cwd(home.path());
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", home.path());
        command.env("LANG", "C.UTF-8");
        command.env("TERM", "xterm-256color");
        Setup {
            command,
            home,
            columns: 80,
            rows: 24,
        }
    }

    fn start(setup: Setup) -> Self {
        let Setup {
            command,
            home,
            columns,
            rows,
        } = setup;
        let pair = native_pty_system()
            .openpty(size(columns, rows))
            .expect("a pseudo-terminal");
        let modes = modes(&*pair.master);
        let mut reader = pair.master.try_clone_reader().expect("the terminal can be read");
        let keyboard = pair.master.take_writer().expect("the terminal can be written to");
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let parser = Parser::new(nonzero(rows), nonzero(columns), 0);
        let shown = Arc::new(Shown {
            state: Mutex::new(State {
                parser,
                output: Vec::new(),
                ended: false,
            }),
            changed: Condvar::new(),
        });
        let sink = Arc::clone(&shown);
        thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            // At the end Linux gives an error, others an empty read.
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let mut state = sink.lock();
                state.parser.process(&buffer[..count]);
                state.output.extend_from_slice(&buffer[..count]);
                sink.changed.notify_all();
            }
            sink.lock().ended = true;
            sink.changed.notify_all();
        });
        Self {
            master: pair.master,
            keyboard,
            child,
            shown,
            modes,
            _home: home,
        }
    }

    /// Presses keys, by name: `Enter`, `Esc`, `Tab`, `BackTab`, `Backspace`, `Delete`, `Insert`, `Space`, `Up`, `Down`,
    /// `Left`, `Right`, `Home`, `End`, `PageUp`, `PageDown`, `F1` to `F12`, `Ctrl-c`, `Alt-x`, or one character.
    pub(crate) fn press(&mut self, keys: &[&str]) {
        for key in keys {
            let application_cursor = self.shown.lock().parser.screen().application_cursor();
            self.send(&keys::bytes(key, application_cursor));
            if *key == "Esc" {
                // What follows at once would make it Alt and that key; no hand is as quick.
                thread::sleep(Duration::from_millis(50));
            }
        }
    }

    /// Types text as it is.
    pub(crate) fn type_text(&mut self, text: &str) {
        self.send(text.as_bytes());
    }

    /// Presses and releases the left mouse button. Columns and rows count from 0.
    pub(crate) fn click(&mut self, column: u16, row: u16) {
        let (x, y) = (column + 1, row + 1);
        self.send(format!("\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m").as_bytes());
    }

    /// Turns the mouse wheel by one step, up or down.
    pub(crate) fn scroll(&mut self, up: bool, column: u16, row: u16) {
        let button = if up { 64 } else { 65 };
        self.send(format!("\x1b[<{button};{};{}M", column + 1, row + 1).as_bytes());
    }

    fn send(&mut self, bytes: &[u8]) {
        let sent = self
            .keyboard
            .write_all(bytes)
            .and_then(|()| self.keyboard.flush());
        sent.unwrap_or_else(|error| panic!("cannot send {bytes:?}: {error}\n{}", self.picture()));
    }

    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.shown.lock().parser.set_size(nonzero(rows), nonzero(columns));
        self.master
            .resize(size(columns, rows))
            .expect("the terminal can be resized");
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = self
            .child
            .process_id()
            .and_then(|id| Pid::from_raw(id.cast_signed()));
        kill_process(pid.expect("the program runs"), signal).expect("the program takes signals");
    }

    /// The program's process id.
    pub(crate) fn process_id(&self) -> u32 {
        self.child.process_id().expect("the program runs")
    }

    /// The screen's text, a line for each row, without the spaces at the ends of rows.
    pub(crate) fn screen(&self) -> String {
        self.look(text)
    }

    /// One cell, with its colours. Columns and rows count from 0.
    pub(crate) fn cell(&self, column: u16, row: u16) -> Cell {
        self.look(|screen| screen.cell(row, column).expect("a cell of the screen").clone())
    }

    /// Column and row, from 0, of the first place where the screen shows this text within one row.
    pub(crate) fn find(&self, wanted: &str) -> Option<(u16, u16)> {
        self.look(|screen| {
            let (rows, columns) = screen.size();
            (0..rows.get()).find_map(|row| {
                let rest = |column| {
                    (column..columns.get())
                        .filter_map(|column| screen.cell(row, column))
                        .filter(|cell| !cell.is_wide_continuation())
                        .map(|cell| if cell.has_contents() { cell.contents() } else { " " })
                        .collect::<String>()
                };
                (0..columns.get())
                    .find(|column| rest(*column).starts_with(wanted))
                    .map(|column| (column, row))
            })
        })
    }

    /// Looks at the screen as it is now.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Screen) -> T) -> T {
        look(self.shown.lock().parser.screen())
    }

    /// Waits until the screen shows this text.
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait_until(&format!("the screen shows {text:?}"), |screen| {
            screen.contains(text)
        });
    }

    /// Waits until the screen no longer shows this text.
    pub(crate) fn wait_until_gone(&self, text: &str) {
        self.wait_until(&format!("the screen no longer shows {text:?}"), |screen| {
            !screen.contains(text)
        });
    }

    /// Waits until the screen's text is as wanted.
    ///
    /// # Panics
    /// Panics with the screen where it is not by the deadline, or where the program has ended before.
    pub(crate) fn wait_until(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        let mut state = self.shown.lock();
        while !wanted(&text(state.parser.screen())) {
            let left = deadline.saturating_duration_since(Instant::now());
            let why = if state.ended {
                "the program has ended"
            } else {
                "waited in vain"
            };
            if state.ended || left.is_zero() {
                drop(state);
                panic!("{why}: {what}\n{}", self.picture());
            }
            let woken = self.shown.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the program has ended and all that it printed is on the screen.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let status = self.child.try_wait().expect("the program can be waited for");
            if let Some(status) = status.filter(|_| self.shown.lock().ended) {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "the program does not end\n{}",
                self.picture()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Every byte that the program has printed so far.
    pub(crate) fn output(&self) -> Vec<u8> {
        self.shown.lock().output.clone()
    }

    /// Checks that the terminal is as a shell wants it: main screen, visible cursor, mouse and paste modes off, and
    /// the line discipline as it was before.
    pub(crate) fn assert_restored(&self) {
        self.look(|screen| {
            assert!(!screen.alternate_screen(), "still on the alternate screen");
            assert!(!screen.hide_cursor(), "the cursor is still hidden");
            assert_eq!(
                screen.mouse_protocol_mode(),
                MouseProtocolMode::None,
                "the mouse is still captured"
            );
            assert!(!screen.bracketed_paste(), "bracketed paste is still on");
            assert!(
                !screen.application_cursor(),
                "cursor keys are still in application mode"
            );
        });
        assert_eq!(
            modes(&*self.master),
            self.modes,
            "the line discipline is not as it was"
        );
    }

    /// The screen between two lines, for the messages of failing tests.
    fn picture(&self) -> String {
        let line = "─".repeat(self.look(|screen| screen.size().1.get()).into());
        format!("{line}\n{}{line}", self.screen())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panicked while it looked at the screen leaves the screen as it was.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn text(screen: &Screen) -> String {
    let columns = screen.size().1.get();
    screen
        .rows(0, columns)
        .flat_map(|row| [row.trim_end().to_owned(), "\n".into()])
        .collect()
}

fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn nonzero(length: u16) -> NonZeroU16 {
    NonZeroU16::new(length).expect("a screen of at least one cell")
}
