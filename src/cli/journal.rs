//! `berth journal`: who placed what where, when and why.

use std::path::PathBuf;
use std::sync::Arc;

use etcetera::BaseStrategy as _;

use super::args::Global;
use super::exit::{Exit, Failure};
use crate::journal::{File, Nowhere, Record};

/// Where what is sent is written down.
pub(super) fn of(global: &Global) -> Result<Arc<dyn Record>, Failure> {
    if global.no_journal {
        return Ok(Arc::new(Nowhere));
    }
    Ok(Arc::new(File::new(place()?)))
}

/// The journal's file, in the state directory.
fn place() -> Result<PathBuf, Failure> {
    let base = etcetera::choose_base_strategy().map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!("there is no place for the journal: {error}"),
        )
        .hint("Name one with XDG_STATE_HOME, or do without it with --no-journal.")
    })?;
    let state = base.state_dir().unwrap_or_else(|| base.data_dir());
    Ok(state.join("berth").join("journal"))
}
