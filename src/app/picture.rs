//! The cluster as a picture: a cell for each node, or for a few, by zone.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::layout::Area;
use super::measure::width;
use crate::engine::view::NodeSummary;
use crate::scheduling::Trace;

/// What the picture is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aspect {
    /// How much of the cpu is asked for.
    #[default]
    Cpu,
    /// How much of the memory is asked for.
    Memory,
    /// How many of the pods that a node may hold are on it.
    Pods,
    /// Where the selected pod fits.
    Fit,
}

impl Aspect {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu requested",
            Self::Memory => "memory requested",
            Self::Pods => "pods",
            Self::Fit => "where the pod fits",
        }
    }

    /// The next one.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Cpu => Self::Memory,
            Self::Memory => Self::Pods,
            Self::Pods => Self::Fit,
            Self::Fit => Self::Cpu,
        }
    }
}

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// This much is asked for: 0 to 8 eighths.
    Load(u8),
    /// Cordoned, with its load.
    Cordoned(u8),
    /// Not ready.
    NotReady,
    /// So many eighths of the nodes fit the selected pod: 0 where none does.
    Fits(u8),
    /// The profile would choose it, or one of them.
    Best,
}

/// The nodes of one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// The zone; empty for nodes without the label.
    pub name: Arc<str>,
    /// A cell for each node or group, in name order.
    pub cells: Vec<Cell>,
    /// Nodes in it.
    pub nodes: usize,
    /// How much is asked for, or how many nodes fit, in per cent.
    pub percent: i64,
}

/// The picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// The zones, in name order.
    pub zones: Vec<Zone>,
    /// Nodes to a cell.
    pub group: usize,
    /// Columns for the zones' names.
    pub label: usize,
    /// Cells to a row.
    pub per_row: usize,
    /// Columns to a cell: more where nodes are few.
    pub cell: usize,
    /// Zones that found no room.
    pub hidden: usize,
}

/// Columns behind the cells: ` 100%`.
const PERCENT: usize = 5;
/// Columns to a cell where there is room: two and a gap.
pub(super) const WIDE: usize = 3;

impl Picture {
    /// The picture of `nodes` for `area`; `trace` is the decision on the selected pod, without which no node fits.
    pub fn of(nodes: &[NodeSummary], aspect: Aspect, trace: Option<&Trace>, area: Area) -> Self {
        let of = Subject { aspect, trace };
        let mut zones: BTreeMap<&Arc<str>, Vec<&NodeSummary>> = BTreeMap::new();
        for node in nodes {
            zones.entry(&node.zone).or_default().push(node);
        }
        let label = zones
            .keys()
            .map(|zone| width(zone))
            .max()
            .unwrap_or(0)
            .clamp(7, 14);
        let room = (area.width as usize).saturating_sub(label + PERCENT + 3).max(1);
        let rows = (area.height as usize).max(1);
        let shown = zones.len().min(rows);
        let sizes: Vec<usize> = zones.values().take(shown).map(Vec::len).collect();
        let largest = sizes.iter().copied().max().unwrap_or(0);
        let cell = if largest * WIDE <= room { WIDE } else { 1 };
        let per_row = (room / cell).max(1);
        let group = smallest_group(&sizes, per_row, rows);
        let hidden = zones.len() - shown;
        Self {
            zones: zones
                .into_iter()
                .take(shown)
                .map(|(name, nodes)| of.zone(name, &nodes, group))
                .collect(),
            group,
            label,
            per_row,
            cell,
            hidden,
        }
    }

    /// Zone and cell in which `node` is, one of the `nodes` that the picture is of.
    pub fn find(&self, nodes: &[NodeSummary], node: &NodeSummary) -> Option<(usize, usize)> {
        let zone = self.zones.iter().position(|zone| zone.name == node.zone)?;
        let before = nodes
            .iter()
            .take_while(|other| other.id != node.id)
            .filter(|other| other.zone == node.zone)
            .count();
        Some((zone, before / self.group.max(1)))
    }

    /// Rows that `zone` takes.
    pub fn rows(&self, zone: &Zone) -> usize {
        zone.cells.len().div_ceil(self.per_row.max(1)).max(1)
    }
}

/// The fewest nodes to a cell with which zones of these sizes fit into `rows` rows.
pub(super) fn smallest_group(sizes: &[usize], per_row: usize, rows: usize) -> usize {
    let needed = |group: usize| -> usize {
        sizes
            .iter()
            .map(|size| size.div_ceil(group).div_ceil(per_row).max(1))
            .sum()
    };
    let most = sizes.iter().copied().max().unwrap_or(1).max(1);
    let (mut low, mut high) = (1, most);
    while low < high {
        let middle = usize::midpoint(low, high);
        if needed(middle) <= rows {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// What the cells are made from.
struct Subject<'a> {
    aspect: Aspect,
    trace: Option<&'a Trace>,
}

impl Subject<'_> {
    fn zone(&self, name: &Arc<str>, nodes: &[&NodeSummary], group: usize) -> Zone {
        Zone {
            name: Arc::clone(name),
            cells: nodes.chunks(group.max(1)).map(|nodes| self.cell(nodes)).collect(),
            nodes: nodes.len(),
            percent: share(self.sum(nodes), 100),
        }
    }

    fn cell(&self, nodes: &[&NodeSummary]) -> Cell {
        let eighths = share(self.sum(nodes), 8) as u8;
        if self.aspect == Aspect::Fit {
            let chosen = |node: &&NodeSummary| {
                self.trace
                    .is_some_and(|trace| trace.decision.chosen().contains(&node.id))
            };
            let any = self.sum(nodes).0 > 0;
            return match eighths {
                _ if nodes.iter().any(chosen) => Cell::Best,
                // A single one among many shows, too.
                0 if any => Cell::Fits(1),
                eighths => Cell::Fits(eighths),
            };
        }
        if nodes.iter().all(|node| !node.ready) {
            Cell::NotReady
        } else if nodes.iter().all(|node| node.unschedulable) {
            Cell::Cordoned(eighths)
        } else {
            Cell::Load(eighths)
        }
    }

    /// What is asked for of what there is; or nodes that fit, and all.
    fn sum(&self, nodes: &[&NodeSummary]) -> (i64, i64) {
        let part = |node: &NodeSummary| match self.aspect {
            Aspect::Cpu => node.cpu,
            Aspect::Memory => node.memory,
            Aspect::Pods => node.pods,
            Aspect::Fit => {
                let fits = self
                    .trace
                    .is_some_and(|trace| trace.feasible_index(node.id).is_some());
                (i64::from(fits), 1)
            }
        };
        nodes.iter().fold((0_i64, 0_i64), |(asked, there), node| {
            let (more_asked, more_there) = part(node);
            (asked.saturating_add(more_asked), there.saturating_add(more_there))
        })
    }
}

/// `asked` of `there` in parts of `whole`, rounded, at most `whole`.
fn share((asked, there): (i64, i64), whole: i64) -> i64 {
    if there <= 0 {
        return 0;
    }
    let parts = (i128::from(asked) * i128::from(whole) * 2 + i128::from(there)) / (i128::from(there) * 2);
    parts.clamp(0, i128::from(whole)) as i64
}
