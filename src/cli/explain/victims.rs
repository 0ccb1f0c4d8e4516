//! The nodes on which pods of lower priority could make room, and which pods those are.

use jiff::Timestamp;

use crate::cli::age::age;
use crate::cli::args::Format;
use crate::cli::exit::Failure;
use crate::cli::output::{Output, Span, Style};
use crate::cli::table::{Align, Table};
use crate::model::Cluster;
use crate::scheduling::Trace;
use crate::scheduling::trace::{Candidate, PostFilterResult, Victim};

/// How many nodes are listed without `-o wide`.
const LISTED: usize = 10;

/// Prints a row per node, those first that kube-scheduler would choose from.
pub(super) fn print(
    cluster: &Cluster,
    trace: &Trace,
    found: &PostFilterResult,
    output: &mut Output,
) -> Result<(), Failure> {
    let best = |candidate: &&Candidate| found.best.contains(&candidate.node);
    let others = found.candidates.iter().filter(|candidate| !best(candidate));
    let ordered: Vec<&Candidate> = found.candidates.iter().filter(best).chain(others).collect();
    let listed = if output.format == Format::Wide {
        ordered.len()
    } else {
        LISTED
    };
    let heads = [
        ("", Align::Left),
        ("NODE", Align::Left),
        ("VICTIMS", Align::Right),
        ("AGAINST BUDGETS", Align::Right),
        ("WHO WOULD HAVE TO GO", Align::Left),
    ];
    let mut table = Table::new(heads).indent(2).flowing();
    let now = Timestamp::now();
    for candidate in ordered.iter().take(listed) {
        let first = best(candidate);
        let against = candidate.pdb_violations;
        let who: Vec<String> = candidate.victims.iter().map(|of| words(of, now)).collect();
        table.row(vec![
            Span::new(if first { "★" } else { "" }, Style::Good),
            Span::new(
                trace.nodes.name(candidate.node),
                if first { Style::Strong } else { Style::Plain },
            ),
            candidate.victims.len().to_string().into(),
            Span::new(
                against.to_string(),
                if against > 0 { Style::Warn } else { Style::Plain },
            ),
            who.join("; ").into(),
        ]);
    }
    table.print(output)?;
    if ordered.len() > listed {
        output.text(format!(
            "  and {} more; -o wide lists all",
            ordered.len() - listed
        ))?;
    }
    let unread = cluster
        .objects
        .budgets
        .iter()
        .filter_map(|budget| budget.fault.as_ref());
    for fault in unread {
        let text = format!("  {fault}: the budget protects nobody");
        output.line(&[Span::new(text, Style::Warn)])?;
    }
    Ok(())
}

fn words(victim: &Victim, now: Timestamp) -> String {
    let since = match victim.started {
        Some(started) => format!("since {}", age(started, now)),
        None => "not started".to_owned(),
    };
    let budget = if victim.protected {
        ", against its budget"
    } else {
        ""
    };
    format!("{} (priority {}, {since}{budget})", victim.key, victim.priority)
}
