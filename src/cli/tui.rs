//! The screen.

use super::exit::{Exit, Failure};
use super::source::{Settings, Source};

/// Opens the screen on `source`.
pub(super) async fn run(_source: Source, _settings: Settings) -> Result<(), Failure> {
    Err(Failure::new(Exit::Failed, "the screen is not part of this build"))
}
