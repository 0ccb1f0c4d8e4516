//! What is wrong with a supposition.

use crate::scheduling::config::near;

/// Why a line is no supposition, or a supposition cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SuppositionError {
    /// The word and what is wrong with it.
    pub message: String,
    /// What to try.
    pub hint: String,
}

impl SuppositionError {
    /// `message`, with what to try.
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// `message` about `word`; the hint is the nearest of `known`, or `otherwise` where none is near.
    pub(super) fn unknown<'a>(
        message: impl Into<String>,
        word: &str,
        known: impl Iterator<Item = &'a str>,
        otherwise: impl Into<String>,
    ) -> Self {
        let hint = near(word, known);
        Self::new(
            message,
            hint.map_or_else(|| otherwise.into(), |near| format!("Did you mean {near}?")),
        )
    }
}
