//! The terminal: taken when the screen starts, given back however it ends.

use std::io::{self, BufWriter, Stdout, Write};
use std::mem::ManuallyDrop;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::execute;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

/// What the screen is drawn on. Buffered: a frame is one write.
pub(super) type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// The terminal in raw mode on its alternate screen, until dropped.
pub(super) struct Taken {
    /// What to draw on. Never dropped: that would show the cursor, which is done here, and panic where the terminal is
    /// gone and standard error with it.
    pub(super) screen: ManuallyDrop<Screen>,
}

impl Taken {
    /// Takes the terminal, and the mouse where it is wanted. A panic gives it back before its message is printed.
    ///
    /// # Errors
    /// Where the terminal refuses.
    pub(super) fn take(mouse: bool) -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let default = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                give_back();
                default(panic);
            }));
        });
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let mut out = io::stdout();
        let taken = execute!(out, EnterAlternateScreen, EnableBracketedPaste, Hide).and_then(|()| {
            if mouse {
                execute!(out, EnableMouseCapture)
            } else {
                Ok(())
            }
        });
        if let Err(error) = taken {
            give_back();
            return Err(error);
        }
        let screen = Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 16, out)));
        match screen {
            Ok(screen) => Ok(Self {
                screen: ManuallyDrop::new(screen),
            }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }
}

impl Taken {
    /// Whether it is still ours: a panic anywhere in the program gives it back.
    pub(super) fn is_held() -> bool {
        TAKEN.load(Ordering::SeqCst)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

/// Whether there is something to give back. Doing it twice would move the cursor onto what a panic has printed.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Leaves nothing behind. Every step is tried: one that fails must not keep the others from being done.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    // tmux, where it has grown meanwhile, would wrap full rows of the screen that is left into the one that returns.
    let _ = execute!(out, Clear(ClearType::All));
    let _ = execute!(
        out,
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        Show
    );
    let _ = disable_raw_mode();
    let _ = out.flush();
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::num::NonZero;

    use portable_pty::{CommandBuilder, PtySize, native_pty_system};

    use super::*;

    /// Set where the test plays the program that panics.
    const VICTIM: &str = "BERTH_TEST_VICTIM";

    #[test]
    fn a_panic_gives_the_terminal_back_before_its_message() {
        if std::env::var_os(VICTIM).is_some() {
            let _taken = Taken::take(true).expect("a terminal");
            panic!("on purpose");
        }
        let pty = native_pty_system()
            .openpty(PtySize::default())
            .expect("a terminal");
        let before = format!("{:?}", pty.master.get_termios());
        let mut again = CommandBuilder::new(std::env::current_exe().expect("this program"));
        let name = "cli::terminal::tests::a_panic_gives_the_terminal_back_before_its_message";
        again.args(["--exact", name, "--nocapture"]);
        again.env(VICTIM, "1");
        let mut victim = pty.slave.spawn_command(again).expect("it starts");
        let mut output = pty.master.try_clone_reader().expect("a reader");
        let reader = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut buffer) {
                bytes.extend_from_slice(&buffer[..read]);
            }
            bytes
        });
        assert!(!victim.wait().expect("it ends").success());
        assert_eq!(
            format!("{:?}", pty.master.get_termios()),
            before,
            "raw mode is over"
        );
        drop(pty);
        let bytes = reader.join().expect("its output");
        let size = NonZero::new(80).expect("not zero");
        let mut parser = vt100::Parser::new(size, size, 0);
        parser.process(&bytes);
        let screen = parser.screen();
        assert!(
            bytes.windows(8).any(|part| part == b"\x1b[?1049h"),
            "it took the terminal"
        );
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert!(
            screen.contents().contains("on purpose"),
            "the message can be read"
        );
    }
}
