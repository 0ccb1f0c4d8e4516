//! The log: to a file where one is named, never to the screen.

use std::fs::OpenOptions;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use super::args::Global;
use super::exit::{Exit, Failure};

/// Starts the log that the options ask for.
pub(super) fn start(global: &Global) -> Result<(), Failure> {
    let Some(path) = &global.log_file else {
        return Ok(());
    };
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(Exit::Failed, format!("cannot log to {}: {error}", path.display()))
            .hint("Name a file in a folder that you may write to, or leave --log-file out.")
    };
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|error| failed(&error))?;
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter(global.verbose)))
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .try_init()
        .map_err(|error| failed(&error))
}

/// What is logged: kube's own lines at debug name whole requests and come one step later.
const fn filter(verbose: u8) -> &'static str {
    match verbose {
        0 => "warn",
        1 => "warn,berth=info",
        2 => "info,berth=debug,kube=debug",
        _ => "debug,berth=trace,kube=trace",
    }
}
