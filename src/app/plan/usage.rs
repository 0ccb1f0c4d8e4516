//! The cluster before and after a plan, line by line.

use crate::scheduling::plan::{NodeUsage, Usage, zones};

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// All nodes.
    All,
    /// The nodes of a zone.
    Zone,
    /// A node.
    Node,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What it is about.
    pub level: Level,
    /// Its name.
    pub name: String,
    /// What there is.
    pub allocatable: Usage,
    /// What is asked for without the plan.
    pub before: Usage,
    /// What is asked for once it is carried out.
    pub after: Usage,
}

/// The cluster, its zones, and the nodes: all of them where `lines` are enough, otherwise those that get pods.
pub fn bars(nodes: &[NodeUsage], lines: usize) -> Vec<Bar> {
    let zones = zones(nodes);
    let named = zones.iter().any(|zone| !zone.zone.is_empty());
    let heads = 1 + if named { zones.len() } else { 0 };
    let all = heads + nodes.len() <= lines;
    let mut whole = Bar {
        level: Level::All,
        name: "all nodes".to_owned(),
        allocatable: Usage::default(),
        before: Usage::default(),
        after: Usage::default(),
    };
    let mut bars = Vec::new();
    for zone in &zones {
        whole.allocatable.add(zone.allocatable);
        whole.before.add(zone.before);
        whole.after.add(zone.after);
        if named {
            bars.push(Bar {
                level: Level::Zone,
                name: if zone.zone.is_empty() {
                    "(no zone)".to_owned()
                } else {
                    zone.zone.to_string()
                },
                allocatable: zone.allocatable,
                before: zone.before,
                after: zone.after,
            });
        }
        let of_zone = nodes.iter().filter(|node| node.zone == zone.zone);
        let shown = of_zone.filter(|node| all || node.before != node.after);
        bars.extend(shown.map(|node| Bar {
            level: Level::Node,
            name: node.node.to_string(),
            allocatable: node.allocatable,
            before: node.before,
            after: node.after,
        }));
    }
    if !nodes.is_empty() {
        bars.insert(0, whole);
    }
    bars
}

/// `part` of `whole` in per cent.
pub fn percent(part: i64, whole: i64) -> i64 {
    if whole > 0 {
        part.saturating_mul(100) / whole
    } else {
        0
    }
}

/// `45%`, or `45→62%` where it changes.
pub fn change(before: i64, after: i64, whole: i64) -> String {
    let (before, after) = (percent(before, whole), percent(after, whole));
    if before == after {
        format!("{after}%")
    } else {
        format!("{before}→{after}%")
    }
}
