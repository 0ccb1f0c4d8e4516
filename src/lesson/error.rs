//! What is wrong with a file.

/// Why a lesson cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct LessonError {
    /// The file.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to try.
    pub hint: String,
}

impl LessonError {
    /// The same of the file called so.
    pub(super) fn of(self, file: &str) -> Self {
        Self {
            file: file.to_owned(),
            ..self
        }
    }
}

/// Something wrong in a line of a file that is not known here.
pub(super) fn wrong(line: usize, message: impl Into<String>, hint: impl Into<String>) -> LessonError {
    LessonError {
        file: String::new(),
        line,
        message: message.into(),
        hint: hint.into(),
    }
}
