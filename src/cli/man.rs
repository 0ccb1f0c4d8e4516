//! `berth man`: the manual from the grammar.

use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::args::{self, Global, ManArgs};
use super::exit::{Exit, Failure};
use super::output::Output;

/// Runs the command.
pub(super) fn run(args: &ManArgs, global: &Global) -> Result<(), Failure> {
    let page = match &args.command {
        None => main_page()?,
        Some(name) => command_page(name)?,
    };
    let mut output = Output::new(global);
    output.bytes(&page)?;
    output.flush()
}

fn main_page() -> Result<Vec<u8>, Failure> {
    let command = args::command("berth")
        .after_help("")
        .subcommand_value_name("COMMAND");
    let man = Man::new(command);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_subcommands_section(&mut page)?;
    man.render_options_section(&mut page)?;
    exit_status(&mut page)?;
    environment(&mut page)?;
    man.render_version_section(&mut page)?;
    Ok(page)
}

fn command_page(name: &str) -> Result<Vec<u8>, Failure> {
    let mut root = args::command("berth");
    root.build();
    let names: Vec<&str> = root.get_subcommands().map(clap::Command::get_name).collect();
    let Some(command) = root.find_subcommand(name) else {
        return Err(Failure::new(
            Exit::Usage,
            format!("cannot print a manual page: there is no command '{name}'"),
        )
        .hint(format!("There are {}", names.join(", "))));
    };
    let mut page = Vec::new();
    Man::new(command.clone())
        .title(format!("berth-{name}"))
        .render(&mut page)?;
    Ok(page)
}

fn exit_status(page: &mut Vec<u8>) -> Result<(), Failure> {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for exit in Exit::ALL {
        roff.control("TP", []);
        roff.text([roman(exit.code().to_string())]);
        roff.text([roman(exit.meaning())]);
    }
    Ok(roff.to_writer(page)?)
}

fn environment(page: &mut Vec<u8>) -> Result<(), Failure> {
    let mut roff = Roff::new();
    roff.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in [
        (
            "KUBECONFIG",
            "Kubeconfig files, merged, where --kubeconfig is not given.",
        ),
        ("NO_COLOR", "Where it is set, nothing is coloured."),
    ] {
        roff.control("TP", []);
        roff.text([roman(name)]);
        roff.text([roman(meaning)]);
    }
    Ok(roff.to_writer(page)?)
}
