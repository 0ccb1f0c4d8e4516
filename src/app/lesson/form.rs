//! How much of the lesson is shown, and where.

use crate::app::layout::Beside;

/// How much of the lesson is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Beside the screen.
    #[default]
    Beside,
    /// All of it, over the screen.
    Whole,
    /// Nothing.
    Away,
}

/// From so many columns on it has a column of its own.
const WIDE: u16 = 170;

impl Form {
    /// The next one.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Beside => Self::Whole,
            Self::Whole => Self::Away,
            Self::Away => Self::Beside,
        }
    }

    /// Where it is on a screen of this size.
    pub fn beside(self, (columns, rows): (u16, u16)) -> Beside {
        match self {
            Self::Away => Beside::Nothing,
            Self::Whole => Beside::Over,
            Self::Beside if columns >= WIDE => Beside::Right(columns * 3 / 10),
            // What is left to the screen would be too little.
            Self::Beside if rows < 20 => Beside::Nothing,
            Self::Beside => Beside::Below((rows * 5 / 12).clamp(9, 20)),
        }
    }
}
