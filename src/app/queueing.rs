//! Where a pod is in the queue, and what it waits for there, as running text.

use jiff::tz::TimeZone;

use super::figures::clock;
use super::prose::Line;
use crate::engine::view::Queued;
use crate::scheduling::queue::Place;

/// What is said of a pod that waits for more than a person; nothing of others.
pub fn lines(queued: &Queued, zone: &TimeZone) -> Vec<Line> {
    let tried = match queued.attempts {
        0 => "not tried yet".to_owned(),
        1 => "tried once".to_owned(),
        attempts => format!("tried {attempts} times"),
    };
    let since = clock(queued.since, zone);
    let first = match &queued.place {
        Place::Active | Place::Trying { .. } | Place::Held => return Vec::new(),
        Place::Backoff { until, error: false } => {
            format!(
                "kube-scheduler would try it again after {}, {tried}",
                clock(*until, zone)
            )
        }
        Place::Backoff { until, error: true } => format!(
            "after an error kube-scheduler would try it again after {}, {tried}",
            clock(*until, zone)
        ),
        Place::Unschedulable => format!("unschedulable since {since}, {tried}"),
        Place::Gated { plugin, reason } => format!("gated by {plugin}: {reason}"),
    };
    let bullet = || Line::hanging(2).dim("· ");
    let mut lines = vec![bullet().plain(first)];
    if !queued.waits_for.is_empty() {
        lines.push(bullet().dim("waits for ").dim(&queued.waits_for));
    }
    lines
}
