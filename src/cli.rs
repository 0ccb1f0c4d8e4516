//! The command line: one file a subcommand.
//!
//! Results go to standard output and nothing else does; what went wrong goes to standard error, with an exit code of
//! [`exit::Exit`].

mod adopt;
mod age;
mod amount;
mod apply;
pub mod args;
mod ask;
mod auto;
mod check;
mod completion;
mod decide;
mod demo;
pub mod exit;
mod explain;
mod journal;
pub mod learn;
mod link;
mod logging;
mod man;
mod manifest;
mod names;
mod output;
mod place;
mod plan;
mod plugins;
mod pods;
mod presence;
pub mod rules;
mod settings;
mod snapshot;
pub mod source;
mod table;
mod terminal;
mod tui;
mod watch;
mod wire;

use std::ffi::OsString;
use std::process::ExitCode;

use args::{Args, Command};
use exit::{Exit, Failure};
use source::{Settings, Source};

use crate::ui::ColorLevel;

/// The program: reads the command line, does what it says.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let args = match args::parse(&arguments) {
        Ok(args) => args,
        Err(error) => return usage(&error),
    };
    let end = logging::start(&args.global)
        .and_then(|()| rules::Rules::load(&args.global))
        .and_then(|rules| {
            let global = args::Global { rules, ..args.global };
            start(Args { global, ..args })
        });
    match end {
        Ok(()) => Exit::Done.into(),
        Err(failure) => {
            if !failure.message.is_empty() {
                note(&failure.to_string());
            }
            failure.exit.into()
        }
    }
}

/// What the program is called in hints.
fn program() -> &'static str {
    args::program_name(std::env::args_os().next().as_ref())
}

/// Says something on standard error. Where nobody listens there either, nothing is left to try.
fn note(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Help and version go to standard output, complaints to standard error.
fn usage(error: &clap::Error) -> ExitCode {
    match error.print() {
        Err(failed) if !error.use_stderr() => Failure::from(failed).exit.into(),
        _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage.code())),
    }
}

fn start(args: Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot start: {error}")))?;
    let end = runtime.block_on(run(args));
    // A thread that still waits for standard input must not keep the program.
    runtime.shutdown_background();
    end
}

/// Runs the command. The screen deals with interrupts itself: it has a terminal to restore.
async fn run(args: Args) -> Result<(), Failure> {
    let Args { global, command } = args;
    let Some(command) = command else {
        let look = look(&global)?;
        let source = source::open(&global).await?;
        return Box::pin(tui::run(source, Settings::of_screen(&global), look)).await;
    };
    match command {
        Command::Demo(demo) if demo.headless => demo.serve().await,
        Command::Demo(demo) => {
            let look = look(&global)?;
            Box::pin(tui::run(Source::Demo(demo), Settings::of_screen(&global), look)).await
        }
        Command::Learn(args) => {
            let Some(opening) = learn::run(&args, &global).await? else {
                return Ok(());
            };
            let look = look(&global)?;
            let settings = opening.settings(Settings::of_screen(&global))?;
            Box::pin(tui::run(Source::Lesson(Box::new(opening)), settings, look)).await
        }
        Command::Pods => interruptible(pods::run(global)).await,
        Command::Explain(args) => Box::pin(interruptible(explain::run(args, global))).await,
        Command::Place(args) => Box::pin(place::run(args, global)).await,
        Command::Plan(args) => interruptible(plan::run(args, global)).await,
        Command::Apply(args) => Box::pin(apply::run(args, global)).await,
        Command::Auto(args) => Box::pin(auto::run(args, global)).await,
        Command::Watch => interruptible(watch::run(global)).await,
        Command::Check(args) => interruptible(check::run(args, global)).await,
        Command::Journal(args) => interruptible(journal::run(args, global)).await,
        Command::Snapshot(args) => interruptible(snapshot::run(args, global)).await,
        Command::Plugins(args) => plugins::run(&args, &global),
        Command::Settings(args) => settings::run(&args, &global),
        Command::Completion(args) => completion::run(&args, &global),
        Command::Man(args) => man::run(&args, &global),
    }
}

/// What a person has set for the screen.
fn look(global: &args::Global) -> Result<settings::Look, Failure> {
    let level = if output::colors_wanted(global) {
        ColorLevel::from_env(|name| std::env::var(name).ok())
    } else {
        ColorLevel::None
    };
    settings::Look::load(global, level)
}

/// Runs `work` on a thread of its own until it is done or Ctrl-C comes.
async fn interruptible<T: Send + 'static>(
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Result<T, Failure> {
    let work = tokio::spawn(work);
    tokio::select! {
        end = work => end.unwrap_or_else(|error| {
            Err(Failure::new(Exit::Failed, format!("stopped by a fault of this program: {error}")))
        }),
        Ok(()) = tokio::signal::ctrl_c() => Err(Failure::silent(Exit::Interrupted)),
    }
}
