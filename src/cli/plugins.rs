//! `berth plugins`: the table of plugins, or the profiles of a configuration, and documentation.

mod configured;

use serde_json::{Value, json};

use super::args::{Global, PluginsArgs};
use super::exit::{Exit, Failure};
use super::output::{Output, Span, Style};
use super::table::{Align, Table};
use crate::scheduling::config::{UPSTREAM_NAME, near};
use crate::scheduling::plugins::{self, NOT_YET, NotYet, Row, TABLE};
use crate::scheduling::{Profile, hint};

/// Runs the command.
pub(super) fn run(args: &PluginsArgs, global: &Global) -> Result<(), Failure> {
    let mut output = Output::new(global);
    match &args.name {
        Some(name) => match NOT_YET
            .iter()
            .find(|plugin| plugin.name.eq_ignore_ascii_case(name))
        {
            Some(plugin) => not_yet(plugin, &mut output)?,
            None => one(find(name)?, &mut output)?,
        },
        None => match &global.rules.config {
            Some(config) => configured::print(config, &global.rules, &mut output)?,
            None => all(&mut output)?,
        },
    }
    output.flush()
}

fn find(name: &str) -> Result<&'static Row, Failure> {
    plugins::row(name)
        .or_else(|| TABLE.iter().find(|row| row.name.eq_ignore_ascii_case(name)))
        .ok_or_else(|| {
            let names: Vec<&str> = TABLE.iter().map(|row| row.name).collect();
            let failure = Failure::new(
                Exit::Failed,
                format!("cannot show a plugin: there is none called '{name}'"),
            );
            failure.hint(match near(name, names.iter().copied()) {
                Some(near) => format!("Did you mean {near}?"),
                None => format!("There are {}", names.join(", ")),
            })
        })
}

fn one(row: &Row, output: &mut Output) -> Result<(), Failure> {
    if !output.for_people() {
        return output.document(&json!({
            "name": row.name, "phases": phases(row), "weight": row.weight, "docs": row.docs,
        }));
    }
    let weight = match row.weight {
        0 => String::new(),
        weight => format!(", weight {weight}"),
    };
    output.line(&[
        Span::new(row.name, Style::Strong),
        Span::new(format!("  {}{weight}", phases(row).join(", ")), Style::Dim),
    ])?;
    output.text("")?;
    for line in row.docs.trim_matches('\n').lines() {
        let style = if line.starts_with('#') {
            Style::Strong
        } else {
            Style::Plain
        };
        output.line(&[Span::new(line, style)])?;
    }
    tried_again(row, output)
}

/// The events that have a pod tried again that the plugin rejected.
fn tried_again(row: &Row, output: &mut Output) -> Result<(), Failure> {
    let profile = Profile::default_for(UPSTREAM_NAME);
    let events = hint::wanted_by_any(&profile, &[row.name]);
    if events.is_empty() {
        return Ok(());
    }
    output.text("")?;
    output.line(&[Span::new("## What has a rejected pod tried again", Style::Strong)])?;
    output.text(format!("{events}."))
}

fn all(output: &mut Output) -> Result<(), Failure> {
    if !output.for_people() {
        let rows = TABLE
            .iter()
            .map(|row| json!({"name": row.name, "phases": phases(row), "weight": row.weight}));
        let rows: Vec<_> = rows.chain(NOT_YET.iter().map(document)).collect();
        return output.document(&rows);
    }
    let mut table = Table::new([
        ("NAME", Align::Left),
        ("WEIGHT", Align::Right),
        ("PHASES", Align::Left),
        ("CHECKS", Align::Left),
    ])
    .flowing();
    for row in TABLE {
        let weight = match row.weight {
            0 => "-".to_owned(),
            weight => weight.to_string(),
        };
        table.row(vec![
            Span::new(row.name, Style::Strong),
            weight.into(),
            phases(row).join(",").into(),
            first_line(row).into(),
        ]);
    }
    table.print(output)?;
    output.text("")?;
    let mut table = Table::new([
        ("NOT YET", Align::Left),
        ("GATE, OFF BY DEFAULT", Align::Left),
        ("WHY", Align::Left),
    ])
    .flowing();
    for plugin in NOT_YET {
        table.row(vec![
            Span::new(plugin.name, Style::Dim),
            plugin.gate.into(),
            plugin.why.into(),
        ]);
    }
    table.print(output)
}

fn document(plugin: &NotYet) -> Value {
    json!({"name": plugin.name, "phases": [], "weight": 0, "notYet": plugin.why, "gate": plugin.gate})
}

fn not_yet(plugin: &NotYet, output: &mut Output) -> Result<(), Failure> {
    if !output.for_people() {
        return output.document(&document(plugin));
    }
    output.line(&[
        Span::new(plugin.name, Style::Strong),
        Span::new("  not yet", Style::Dim),
    ])?;
    output.text("")?;
    output.text(format!(
        "It {} It takes part in no profile here; kube-scheduler has it behind the feature gate {}, off by default.",
        plugin.why, plugin.gate
    ))
}

fn phases(row: &Row) -> Vec<&'static str> {
    row.phases.iter().map(|phase| phase.as_str()).collect()
}

/// The first line of running text in the documentation.
fn first_line(row: &Row) -> &'static str {
    row.docs
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .unwrap_or_default()
}
