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
/// Columns to a cell where there is room: two and a gap; next, one and a gap.
const WIDE: [usize; 2] = [3, 2];

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
        let Grid { cell, per_row, group } = Grid::of(&sizes, room, rows);
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

/// How cells stand in rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    /// Columns to a cell, its gap included.
    pub(super) cell: usize,
    /// Cells to a row.
    pub(super) per_row: usize,
    /// Nodes to a cell.
    pub(super) group: usize,
}

impl Grid {
    /// The grid for zones of these sizes in `room` columns and `rows` rows: wide cells where each zone has its nodes in one
    /// row of them, else where they fit in rows that are full alike; else one column to a cell, and several nodes to one.
    pub(super) fn of(sizes: &[usize], room: usize, rows: usize) -> Self {
        let largest = sizes.iter().copied().max().unwrap_or(0).max(1);
        // The last one needs no gap.
        let most = |cell: usize| if cell > 1 { (room + 1) / cell } else { room }.max(1);
        let grid = |cell, per_row| Self {
            cell,
            per_row,
            group: 1,
        };
        if let Some(cell) = WIDE.into_iter().find(|&cell| largest <= most(cell)) {
            return grid(cell, most(cell));
        }
        for cell in WIDE {
            let lines = largest.div_ceil(most(cell));
            let per_row = largest.div_ceil(lines);
            if per_row >= LEAST_WRAPPED && needed(sizes, 1, per_row) <= rows {
                return grid(cell, per_row);
            }
        }
        let per_row = most(1);
        Self {
            cell: 1,
            per_row,
            group: smallest_group(sizes, per_row, rows),
        }
    }
}

/// Fewer cells to a row than these look like an accident where the zone goes on in the next.
const LEAST_WRAPPED: usize = 4;

/// Rows that zones of these sizes take.
fn needed(sizes: &[usize], group: usize, per_row: usize) -> usize {
    sizes
        .iter()
        .map(|size| size.div_ceil(group).div_ceil(per_row).max(1))
        .sum()
}

/// The fewest nodes to a cell with which zones of these sizes fit into `rows` rows.
fn smallest_group(sizes: &[usize], per_row: usize, rows: usize) -> usize {
    let most = sizes.iter().copied().max().unwrap_or(1).max(1);
    let (mut low, mut high) = (1, most);
    while low < high {
        let middle = usize::midpoint(low, high);
        if needed(sizes, middle, per_row) <= rows {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_small_cluster_stands_in_one_row_a_zone() {
        let grid = |sizes: &[usize], room, rows| {
            let Grid { cell, per_row, group } = Grid::of(sizes, room, rows);
            (cell, per_row, group)
        };
        assert_eq!(grid(&[4, 4, 4], 30, 10), (3, 10, 1));
        assert_eq!(grid(&[4, 4, 4], 9, 10), (2, 5, 1), "narrower rather than wrapped");
        assert_eq!(
            grid(&[8], 9, 10),
            (2, 4, 1),
            "two rows of four rather than five and three"
        );
        assert_eq!(grid(&[12, 3], 40, 10), (3, 13, 1));
        assert_eq!(grid(&[20, 3], 24, 4), (3, 7, 1), "seven, seven and six");
        assert_eq!(grid(&[20, 3], 24, 3), (2, 10, 1), "a row less is left");
        assert_eq!(grid(&[20, 3], 24, 2), (1, 24, 1), "no row is left to wrap into");
        assert_eq!(grid(&[100, 100], 10, 2), (1, 10, 10));
        assert_eq!(grid(&[], 10, 2), (3, 3, 1));
    }

    proptest! {
        #[test]
        fn every_grid_fits(sizes in prop::collection::vec(1..400_usize, 1..6), room in 1..120_usize, more in 0..20_usize) {
            let rows = sizes.len() + more;
            let Grid { cell, per_row, group } = Grid::of(&sizes, room, rows);
            prop_assert!(per_row * cell <= room + 1);
            prop_assert!(needed(&sizes, group, per_row) <= rows);
        }
    }
}
