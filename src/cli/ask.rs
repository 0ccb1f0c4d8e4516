//! Asking a person on the terminal.

use super::exit::{Exit, Failure};
use super::note;

/// Asks `question` on standard error; whether the answer is yes.
///
/// # Errors
/// Where the answer cannot be read, or Ctrl-C comes instead.
pub(super) async fn yes(question: &str) -> Result<bool, Failure> {
    let answer = typed(&format!("{question} [y/N]")).await?;
    Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
}

/// Asks `question` on standard error, and gives what was typed.
///
/// # Errors
/// As [`yes`].
pub(super) async fn typed(question: &str) -> Result<String, Failure> {
    let question = question.to_owned();
    let asked = tokio::task::spawn_blocking(move || {
        use std::io::Write as _;
        let mut stderr = std::io::stderr();
        let _ = write!(stderr, "{question} ");
        let _ = stderr.flush();
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = tokio::select! {
        answer = asked => answer.map_err(std::io::Error::other).flatten(),
        Ok(()) = tokio::signal::ctrl_c() => {
            note("");
            return Err(Failure::silent(Exit::Interrupted));
        }
    };
    let answer =
        answer.map_err(|error| Failure::new(Exit::Failed, format!("cannot read the answer: {error}")))?;
    Ok(answer.trim().to_owned())
}
