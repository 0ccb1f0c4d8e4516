//! What is known of the selected pod beside the decision: whose it is, what its status says, and who made it.

use std::sync::Arc;

use super::figures::age;
use super::prose::Line;
use super::state::State;
use crate::model::Pod;
use crate::model::workload::Maker;

/// The dialog that shows it.
#[derive(Clone, Debug)]
pub struct Details {
    /// The pod, as it was when this was opened.
    pub pod: Arc<Pod>,
    /// Who made it, once that is known, or why it cannot be told.
    pub made_by: Option<Result<Vec<Maker>, String>>,
    /// The first line shown.
    pub offset: usize,
}

/// What it says at the moment of `state`.
pub fn lines(details: &Details, state: &State) -> Vec<Line> {
    let pod = &details.pod;
    let mut lines = vec![
        Line::new().strong(pod.key.to_string()),
        Line::new(),
        row("scheduler").plain(&*pod.spec.scheduler_name),
        row("priority").plain(pod.spec.priority.to_string()),
        row("age").plain(age(pod.created, state.now)),
    ];
    if let Some(node) = &pod.nominated_node {
        lines.push(row("nominated").plain(format!("room is made for it on {node}")));
    }
    if let Some((reason, message)) = &pod.unscheduled {
        let said = format!("{reason}: {message}");
        lines.push(row("PodScheduled").plain(said));
    }
    let gates = pod.spec.scheduling_gates.iter();
    lines.extend(gates.map(|gate| row("gate").plain(gate)));
    let labels = pod.labels.iter();
    lines.extend(labels.map(|(key, value)| row("label").plain(format!("{key}={value}"))));
    lines.push(Line::new());
    match (&details.made_by, &pod.owner) {
        (_, None) => lines.push(row("made by").dim("nobody else: it has no controller")),
        (None, Some(_)) => lines.push(row("made by").dim("asking the API server …")),
        (Some(Err(why)), Some(owner)) => {
            lines.push(row("made by").plain(format!("{}/{}", owner.kind, owner.name)));
            lines.push(row("").dim(why));
        }
        (Some(Ok(makers)), Some(_)) => {
            for (at, maker) in makers.iter().enumerate() {
                lines.push(row(if at == 0 { "made by" } else { "of" }).plain(maker.to_string()));
            }
        }
    }
    lines
}

fn row(of: &str) -> Line {
    Line::hanging(14).dim(format!("{of:<14}"))
}
