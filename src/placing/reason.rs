//! The reason that a person gives for a placement.

use std::fmt;

/// A reason that may stand in an annotation: not empty, one line, at most [`Reason::MAX_BYTES`].
///
/// The API server stores a Binding's annotations without checking them, and a pod with illegal ones can then only be
/// deleted; so a reason is checked before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// The longest reason, in bytes of UTF-8.
    pub const MAX_BYTES: usize = 512;

    /// Takes `text`, trimmed.
    ///
    /// # Errors
    /// Where it is empty, too long, or has characters that a terminal would act on.
    pub fn parse(text: &str) -> Result<Self, ReasonError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ReasonError::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(ReasonError::TooLong(text.len()));
        }
        match text.chars().find(|&c| crate::model::text::is_active(c)) {
            Some(c) => Err(ReasonError::Control(c)),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReasonError {
    /// Nothing was written.
    #[error("the reason is empty: say in a few words why the pod goes there")]
    Empty,
    /// Too many bytes.
    #[error("the reason has {0} bytes; at most {max} fit", max = Reason::MAX_BYTES)]
    TooLong(usize),
    /// A character that a terminal would act on.
    #[error("the reason holds the character U+{:04X}, which is not text: write plain words on one line", u32::from(*.0))]
    Control(char),
}
