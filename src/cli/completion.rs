//! `berth completion`: completion scripts from the grammar.

use super::args::{self, CompletionArgs, Global};
use super::exit::Failure;
use super::output::Output;

/// Runs the command.
pub(super) fn run(args: &CompletionArgs, global: &Global) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut args::command("berth"), "berth", &mut script);
    let mut output = Output::new(global);
    output.bytes(&script)?;
    output.flush()
}
