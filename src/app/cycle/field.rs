//! The nodes as a field of cells, by zone: a cell for each, or for a few where there are many.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cells::Cell;
use super::film::Film;
use crate::app::figures::count;
use crate::app::layout::Area;
use crate::app::measure::width;
use crate::app::picture::Grid;
use crate::model::NodeId;

/// Which node stands where: by zone, in name order. It is the order of the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ground {
    /// Zones with their nodes; the name is empty for nodes without the label.
    pub zones: Vec<(Arc<str>, Vec<NodeId>)>,
}

/// The field in one frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// The zones, in name order, as far as there is room.
    pub zones: Vec<Row>,
    /// Nodes to a spot.
    pub group: usize,
    /// Columns for the zones' names.
    pub label: usize,
    /// Columns for how many nodes are left of how many, at the right.
    pub counts: usize,
    /// Spots to a row.
    pub per_row: usize,
    /// Columns to a spot: more where nodes are few.
    pub cell: usize,
    /// Zones that found no room.
    pub hidden: usize,
    /// Zone and spot of the node under the cursor.
    pub marked: Option<(usize, usize)>,
}

/// A zone of the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The zone; empty for nodes without the label.
    pub name: Arc<str>,
    /// A spot for each node or group, in name order.
    pub spots: Vec<Spot>,
    /// Nodes in it.
    pub nodes: usize,
    /// Nodes that are left.
    pub left: usize,
}

/// A node or a few of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// Nodes there are.
    pub nodes: usize,
    /// Nodes that are left.
    pub left: usize,
    /// Nodes that fall out now.
    pub falls: usize,
    /// Nodes that were out before and are rejected now, too.
    pub also: usize,
    /// How full the bars of those that are left are on average, in eighths, where they have any.
    pub level: Option<u8>,
    /// Whether kube-scheduler may take one.
    pub chosen: bool,
    /// Whether room can be made on one.
    pub room: bool,
    /// Whether kube-scheduler may nominate one.
    pub best_room: bool,
}

impl Ground {
    /// Where the nodes of `film` stand.
    pub fn of(film: &Film) -> Self {
        let mut zones: BTreeMap<Arc<str>, Vec<NodeId>> = BTreeMap::new();
        let index = &film.trace.nodes;
        for &id in &index.ids {
            let name = index.name(id);
            let known = film.nodes.binary_search_by(|node| (*node.name).cmp(name)).ok();
            let zone = known
                .and_then(|at| film.nodes.get(at))
                .map(|node| Arc::clone(&node.zone));
            zones.entry(zone.unwrap_or_default()).or_default().push(id);
        }
        Self {
            zones: zones.into_iter().collect(),
        }
    }

    /// The `nth` node.
    pub fn node(&self, nth: usize) -> Option<NodeId> {
        self.zones.iter().flat_map(|(_, nodes)| nodes).nth(nth).copied()
    }

    /// Which node `node` is.
    pub fn position(&self, node: NodeId) -> Option<usize> {
        let mut all = self.zones.iter().flat_map(|(_, nodes)| nodes);
        all.position(|&other| other == node)
    }

    /// Nodes there are.
    pub fn len(&self) -> usize {
        self.zones.iter().map(|(_, nodes)| nodes.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn spot_of(&self, node: NodeId, group: usize) -> Option<(usize, usize)> {
        self.zones.iter().enumerate().find_map(|(zone, (_, nodes))| {
            let at = nodes.iter().position(|&other| other == node)?;
            Some((zone, at / group.max(1)))
        })
    }
}

impl Field {
    /// The field of `ground` for `area`, where the nodes are as `cells` say by slot, and `cursor` is on one.
    pub fn of(ground: &Ground, cells: &[Cell], cursor: Option<NodeId>, area: Area) -> Self {
        let names = ground.zones.iter().map(|(name, _)| width(name));
        let label = names.max().unwrap_or(0).clamp(7, 14);
        let largest = ground
            .zones
            .iter()
            .map(|(_, nodes)| nodes.len())
            .max()
            .unwrap_or(0);
        let counts = 2 * width(&count(largest)) + 1;
        let room = (area.width as usize).saturating_sub(label + counts + 4).max(1);
        let rows = (area.height as usize).max(1);
        let shown = ground.zones.len().min(rows);
        let sizes: Vec<usize> = ground
            .zones
            .iter()
            .take(shown)
            .map(|(_, nodes)| nodes.len())
            .collect();
        let Grid { cell, per_row, group } = Grid::of(&sizes, room, rows);
        let of = |node: &NodeId| cells.get(node.index()).copied().unwrap_or(Cell::Out);
        let zones = ground.zones.iter().take(shown).map(|(name, nodes)| {
            let spots: Vec<Spot> = nodes
                .chunks(group.max(1))
                .map(|nodes| spot(nodes.iter().map(of)))
                .collect();
            Row {
                name: Arc::clone(name),
                nodes: nodes.len(),
                left: spots.iter().map(|spot| spot.left).sum(),
                spots,
            }
        });
        Self {
            zones: zones.collect(),
            group,
            label,
            counts,
            per_row,
            cell,
            hidden: ground.zones.len() - shown,
            marked: cursor.and_then(|node| ground.spot_of(node, group)),
        }
    }

    /// Lines that `row` takes.
    pub fn lines(&self, row: &Row) -> usize {
        row.spots.len().div_ceil(self.per_row.max(1)).max(1)
    }

    /// Which node stands at column `x` and row `y` of the field's area, as the order of the cursor counts; the first of a
    /// group.
    pub fn hit(&self, ground: &Ground, x: usize, y: usize) -> Option<usize> {
        let mut first = 0;
        let mut line = 0;
        for (row, (_, nodes)) in self.zones.iter().zip(&ground.zones) {
            let lines = self.lines(row);
            if y < line + lines {
                let column = x.checked_sub(self.spots_at())? / self.cell.max(1);
                let at = (y - line) * self.per_row + column;
                return (column < self.per_row && at < row.spots.len()).then_some(first + at * self.group);
            }
            first += nodes.len();
            line += lines;
        }
        None
    }

    /// The column of the first spot.
    pub fn spots_at(&self) -> usize {
        self.label + 2
    }
}

fn spot(cells: impl Iterator<Item = Cell>) -> Spot {
    let mut spot = Spot::default();
    let mut levels = 0_usize;
    let mut scored = 0_usize;
    for cell in cells {
        spot.nodes += 1;
        match cell {
            Cell::In => spot.left += 1,
            Cell::Falls => spot.falls += 1,
            Cell::Also => spot.also += 1,
            Cell::Out => {}
            Cell::Level(level) => {
                spot.left += 1;
                scored += 1;
                levels += level as usize;
            }
            Cell::Chosen => {
                spot.left += 1;
                spot.chosen = true;
            }
            Cell::Room => spot.room = true,
            Cell::BestRoom => spot.best_room = true,
        }
    }
    spot.level = (levels + scored / 2)
        .checked_div(scored)
        .and_then(|level| u8::try_from(level).ok());
    spot
}
