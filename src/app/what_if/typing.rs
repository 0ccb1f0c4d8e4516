//! A supposition that is being typed.

use tui_input::Input;

use crate::scheduling::what_if::SuppositionError;

/// A line that is being typed, with what it may become.
#[derive(Clone, Debug, Default)]
pub struct Typing {
    /// The text.
    pub input: Input,
    /// Which supposition it takes the place of; it is a new one where there is none.
    pub replaces: Option<usize>,
    /// What is wrong with it, once it was to be supposed.
    pub error: Option<SuppositionError>,
    /// What it may become.
    pub offers: Vec<Offer>,
    /// The offer under the cursor; none before one was stepped to.
    pub cursor: Option<usize>,
}

/// What a line may become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The whole line, to be typed on; not yet complete where it ends with a blank.
    pub line: String,
    /// What is shown for it.
    pub shown: String,
    /// What it means.
    pub says: String,
}

impl Typing {
    /// Goes to the offer `by` further.
    pub(in crate::app) fn step(&mut self, by: isize) {
        let last = self.offers.len().saturating_sub(1);
        if self.offers.is_empty() {
            self.cursor = None;
            return;
        }
        self.cursor = match self.cursor {
            None if by > 0 => Some(0),
            None => Some(last),
            Some(0) if by < 0 => None,
            Some(at) => Some(at.saturating_add_signed(by).min(last)),
        };
    }

    /// Takes over the offer under the cursor, or the first; whether there is one.
    pub(in crate::app) fn take_over(&mut self) -> bool {
        let Some(offer) = self.offers.get(self.cursor.unwrap_or(0)) else {
            return false;
        };
        self.input = Input::new(offer.line.clone());
        self.cursor = None;
        self.error = None;
        true
    }
}
