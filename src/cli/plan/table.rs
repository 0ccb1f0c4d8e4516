//! A plan in lines.

use crate::cli::amount;
use crate::cli::args::Format;
use crate::cli::exit::Failure;
use crate::cli::output::{Output, Span, Style};
use crate::cli::table::{Align, Table};
use crate::model::resources::ResourceId;
use crate::scheduling::plan::{Difference, Plan, Usage, zones};

use Align::{Left, Right};

/// How many pods that were left out are listed, unless all are asked for.
const LEFT_OUT: usize = 10;

/// Prints `plan`.
pub(super) fn print(
    plan: &Plan,
    difference: Option<&Difference>,
    output: &mut Output,
) -> Result<(), Failure> {
    let wide = output.format == Format::Wide;
    let (placed, unplaced) = (plan.placements().count(), plan.unplaced().count());
    let verb = if placed == 1 {
        "pod goes to a node"
    } else {
        "pods go to nodes"
    };
    let summary = format!("{placed} {verb}, {unplaced} left over");
    output.line(&[Span::new(summary, Style::Strong)])?;
    if placed > 0 {
        output.text("")?;
        placements(plan, wide).print(output)?;
    }
    if unplaced > 0 {
        heading("Left over", output)?;
        left_over(plan).print(output)?;
    }
    left_out(plan, wide, output)?;
    if let Some(difference) = difference {
        differences(difference, output)?;
    }
    heading("Cluster, before and after", output)?;
    cluster(plan, wide).print(output)
}

fn heading(text: &str, output: &mut Output) -> Result<(), Failure> {
    output.text("")?;
    output.line(&[Span::new(text, Style::Strong)])
}

fn placements(plan: &Plan, wide: bool) -> Table {
    let mut columns = vec![
        ("#", Right),
        ("POD", Left),
        ("PRIORITY", Right),
        ("NODE", Left),
        ("TOTAL", Right),
        ("FIT", Right),
        ("WHY", Left),
    ];
    if wide {
        columns.insert(2, ("UID", Left));
    }
    let mut table = Table::new(columns).flowing();
    for (at, (pod, placement)) in plan.placements().enumerate() {
        let total = placement.total.map_or(String::new(), |total| total.to_string());
        let mut why = placement.why.to_string();
        for left in &placement.unprepared {
            why.push_str("; ");
            why.push_str(&left.to_string());
        }
        let style = if placement.unprepared.is_empty() {
            Style::Plain
        } else {
            Style::Warn
        };
        let mut row = vec![
            (at + 1).to_string().into(),
            Span::new(pod.key.to_string(), Style::Strong),
            pod.spec.priority.to_string().into(),
            (&placement.node).into(),
            total.into(),
            format!("{}/{}", placement.fit, plan.nodes).into(),
            Span::new(why, style),
        ];
        if wide {
            row.insert(2, (&pod.uid).into());
        }
        table.row(row);
    }
    table
}

fn left_over(plan: &Plan) -> Table {
    let mut table = Table::new([("POD", Left), ("PRIORITY", Right), ("WHY", Left)]).flowing();
    for (pod, unplaced) in plan.unplaced() {
        table.row(vec![
            Span::new(pod.key.to_string(), Style::Strong),
            pod.spec.priority.to_string().into(),
            Span::new(&unplaced.message, Style::Bad),
        ]);
    }
    table
}

fn left_out(plan: &Plan, wide: bool, output: &mut Output) -> Result<(), Failure> {
    let all = plan.left_out().count();
    if all == 0 {
        return Ok(());
    }
    heading("Left out", output)?;
    let mut table = Table::new([("POD", Left), ("WHY", Left)]).flowing();
    for (pod, why) in plan.left_out().take(if wide { all } else { LEFT_OUT }) {
        table.row(vec![
            pod.key.to_string().into(),
            Span::new(why.to_string(), Style::Dim),
        ]);
    }
    table.print(output)?;
    if !wide && all > LEFT_OUT {
        let more = all - LEFT_OUT;
        output.line(&[Span::new(
            format!("and {more} more (-o wide lists them)"),
            Style::Dim,
        )])?;
    }
    Ok(())
}

fn differences(difference: &Difference, output: &mut Output) -> Result<(), Failure> {
    heading("What the search does otherwise than one by one", output)?;
    let ((before, after), (less, more)) = (difference.counts, difference.totals);
    if difference.is_none() {
        return output.text("nothing: it found no better plan");
    }
    output.text(format!(
        "{after} pods placed instead of {before}; sum of totals {more} instead of {less}"
    ))?;
    let mut table = Table::new([("", Left), ("", Left), ("", Left)]);
    for (pod, priority, node) in &difference.placed {
        let text = format!("placed on {node} (priority {priority})");
        table.row(vec![
            Span::new("+", Style::Good),
            pod.to_string().into(),
            text.into(),
        ]);
    }
    for (pod, priority, node) in &difference.dropped {
        let text = format!("left over, was on {node} (priority {priority})");
        table.row(vec![
            Span::new("-", Style::Bad),
            pod.to_string().into(),
            text.into(),
        ]);
    }
    for moved in &difference.moved {
        let text = format!("{} instead of {}", moved.to, moved.from);
        table.row(vec!["~".into(), moved.pod.to_string().into(), text.into()]);
    }
    table.print(output)
}

fn cluster(plan: &Plan, wide: bool) -> Table {
    let first = if wide { "NODE" } else { "ZONE" };
    let mut table = Table::new([
        (first, Left),
        ("NODES", Right),
        ("CPU", Left),
        ("MEMORY", Left),
        ("PODS", Left),
    ]);
    let mut row = |name: &str, nodes: String, all: Usage, before: Usage, after: Usage| {
        let show = |resource| move |amount| amount::show(resource, amount);
        table.row(vec![
            name.into(),
            nodes.into(),
            change(show(ResourceId::CPU), all.cpu, before.cpu, after.cpu).into(),
            change(show(ResourceId::MEMORY), all.memory, before.memory, after.memory).into(),
            change(|pods| pods.to_string(), all.pods, before.pods, after.pods).into(),
        ]);
    };
    for zone in zones(&plan.usage) {
        let name = if zone.zone.is_empty() {
            "(no zone)"
        } else {
            &zone.zone
        };
        let nodes = zone.nodes.to_string();
        row(name, nodes, zone.allocatable, zone.before, zone.after);
        let nodes = plan.usage.iter().filter(|node| wide && node.zone == zone.zone);
        for node in nodes {
            let name = format!("  {}", node.node);
            row(&name, String::new(), node.allocatable, node.before, node.after);
        }
    }
    table
}

/// `12 → 20 of 48 (25% → 42%)`; one number where nothing changes.
fn change(show: impl Fn(i64) -> String, all: i64, before: i64, after: i64) -> String {
    let percent = |amount: i64| {
        if all > 0 {
            amount.saturating_mul(100) / all
        } else {
            0
        }
    };
    if before == after {
        return format!("{} of {} ({}%)", show(before), show(all), percent(before));
    }
    format!(
        "{} → {} of {} ({}% → {}%)",
        show(before),
        show(after),
        show(all),
        percent(before),
        percent(after)
    )
}
