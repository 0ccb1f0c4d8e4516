//! The terminal: taken when the screen starts, given back however it ends.

use std::io::{self, BufWriter, Stdout, Write};
use std::mem::ManuallyDrop;
use std::sync::Once;

use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
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
    /// Takes the terminal. A panic gives it back before its message is printed.
    ///
    /// # Errors
    /// Where the terminal refuses.
    pub(super) fn take() -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let default = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                give_back();
                default(panic);
            }));
        });
        enable_raw_mode()?;
        let mut out = io::stdout();
        if let Err(error) = execute!(
            out,
            EnterAlternateScreen,
            EnableMouseCapture,
            EnableBracketedPaste,
            Hide
        ) {
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

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

/// Leaves nothing behind. Every step is tried: one that fails must not keep the others from being done.
fn give_back() {
    let mut out = io::stdout();
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
