//! `berth pods`: what waits for a node, in queue order, and why.

mod place;

use jiff::Timestamp;
use serde::Serialize;

use self::place::Place;
use super::adopt::Adoptions;
use super::age::age;
use super::args::{Format, Global};
use super::decide::{Decider, waiting};
use super::exit::Failure;
use super::note;
use super::output::{Output, Span, Style};
use super::source::{self, Snapshot};
use super::table::{Align, Table};
use crate::model::{NodeId, Pod};
use crate::scheduling::{Trace, message};

/// A pod that waits, as programs read it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    pod: String,
    namespace: String,
    name: String,
    uid: String,
    priority: i32,
    scheduler_name: String,
    ours: bool,
    created: Timestamp,
    gates: Vec<String>,
    nodes: usize,
    feasible: usize,
    best: Vec<String>,
    total: Option<i64>,
    decision: &'static str,
    message: String,
    queue: Place,
}

/// Runs the command.
pub(super) async fn run(global: Global) -> Result<(), Failure> {
    let snapshot = source::snapshot(&global).await?;
    Adoptions::look(&snapshot, &global).await?;
    let ours = global.ours();
    let mut decider = Decider::new(&snapshot.cluster, &global.rules.profiles);
    let records: Vec<Record> = waiting(&snapshot.cluster, snapshot.scope.as_deref())
        .into_iter()
        .map(|pod| {
            let trace = decider.judge_alike(pod);
            let place = decider.with_profile(pod, |profile| Place::of(&trace, profile));
            record(pod, &trace, place, &ours)
        })
        .collect();
    let mut output = Output::new(&global);
    if !output.for_people() {
        output.document(&records)?;
    } else if records.is_empty() {
        note(&nothing_waits(&snapshot));
    } else {
        table(&records, &snapshot, output.format).print(&mut output)?;
    }
    output.flush()
}

fn record(pod: &Pod, trace: &Trace, queue: Place, ours: &[String]) -> Record {
    let chosen = trace.decision.chosen();
    Record {
        pod: pod.key.to_string(),
        namespace: pod.key.namespace.to_string(),
        name: pod.key.name.to_string(),
        uid: pod.uid.to_string(),
        priority: pod.spec.priority,
        scheduler_name: pod.spec.scheduler_name.to_string(),
        ours: ours.iter().any(|name| **name == *pod.spec.scheduler_name),
        created: pod.created,
        gates: pod
            .spec
            .scheduling_gates
            .iter()
            .map(ToString::to_string)
            .collect(),
        nodes: trace.nodes.ids.len(),
        feasible: trace.feasible.len(),
        best: names(trace, chosen),
        total: chosen.first().and_then(|&node| trace.total(node)),
        decision: trace.decision.as_str(),
        message: message::unschedulable(trace),
        queue,
    }
}

fn names(trace: &Trace, nodes: &[NodeId]) -> Vec<String> {
    nodes
        .iter()
        .map(|&node| trace.nodes.name(node).to_owned())
        .collect()
}

pub(super) fn nothing_waits(snapshot: &Snapshot) -> String {
    match &snapshot.scope {
        Some(namespace) => format!("No pods wait in namespace '{namespace}'. All namespaces: -A"),
        None => "No pods wait.".to_owned(),
    }
}

fn table(records: &[Record], snapshot: &Snapshot, format: Format) -> Table {
    use Align::{Left, Right};
    let wide = format == Format::Wide;
    let namespaces = wide || snapshot.scope.is_none();
    let mut columns = vec![
        ("NAME", Left),
        ("PRIORITY", Right),
        ("AGE", Right),
        ("FIT", Right),
    ];
    if namespaces {
        columns.insert(0, ("NAMESPACE", Left));
    }
    if wide {
        columns.extend([("BEST", Left), ("TOTAL", Right)]);
    }
    columns.extend([("SCHEDULER", Left), ("WHY", Left)]);
    let mut table = Table::new(columns).flowing();
    let now = Timestamp::now();
    for record in records {
        let mut row = vec![
            Span::new(&record.name, if record.ours { Style::Strong } else { Style::Dim }),
            record.priority.to_string().into(),
            age(record.created, now).into(),
            fit(record),
        ];
        if namespaces {
            row.insert(0, (&record.namespace).into());
        }
        if wide {
            let total = record.total.map_or(String::new(), |total| total.to_string());
            row.extend([record.best.join(",").into(), total.into()]);
        }
        let scheduler = if record.ours { Style::Plain } else { Style::Warn };
        row.extend([
            Span::new(&record.scheduler_name, scheduler),
            why(record, wide).into(),
        ]);
        table.row(row);
    }
    table
}

fn fit(record: &Record) -> Span {
    let style = match record.feasible {
        _ if record.queue.gated_by.is_some() => return Span::new("gated", Style::Dim),
        0 => Style::Bad,
        _ => Style::Good,
    };
    Span::new(format!("{}/{}", record.feasible, record.nodes), style)
}

/// Why the pod waits, in one line. What another column says already is left out, unless the whole message is wanted.
fn why(record: &Record, whole: bool) -> String {
    if let Some(gate) = &record.queue.gated_by {
        return format!("gated by {}: {}", gate.plugin, gate.reason);
    }
    match record.best.as_slice() {
        [] => {
            let counted = format!("0/{} nodes are available: ", record.nodes);
            if !whole {
                let reasons = record.message.strip_prefix(&counted);
                return reasons.unwrap_or(&record.message).to_owned();
            }
            match &*record.queue.waits_for_any {
                "" => record.message.clone(),
                events => format!("{} Waits for: {events}.", record.message),
            }
        }
        [best] => format!("fits; best on {best}"),
        [best, others @ ..] => format!("fits; best on {best} and {} more alike", others.len()),
    }
}
