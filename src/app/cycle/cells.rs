//! What becomes of each node in a frame.

use super::film::{Film, Scene};
use crate::model::NodeId;

/// A node in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Still in.
    In,
    /// Falls out now.
    Falls,
    /// Out before, and rejected by this one, too.
    Also,
    /// Out before.
    Out,
    /// In, with so many eighths of the highest sum.
    Level(u8),
    /// What kube-scheduler may take.
    Chosen,
    /// Out, but room can be made on it.
    Room,
    /// Out, and kube-scheduler may nominate it.
    BestRoom,
}

impl Film {
    /// By slot of a node, what becomes of it in the frame at `at`.
    pub fn cells(&self, at: usize) -> Vec<Cell> {
        let Some(frame) = self.frames.get(at) else {
            return Vec::new();
        };
        let now = u32::try_from(at).unwrap_or(u32::MAX);
        let trace = &*self.trace;
        let column = match frame.scene {
            Scene::Filter(at) => trace.filters.get(at),
            _ => None,
        };
        let narrowing = match frame.scene {
            Scene::PreFilter(at) => trace.pre_filter.get(at),
            _ => None,
        };
        let mut cells = vec![Cell::Out; self.falls.len()];
        for (slot, (cell, falls)) in cells.iter_mut().zip(&self.falls).enumerate() {
            let node = NodeId(u32::try_from(slot).unwrap_or(u32::MAX));
            let rejects = || {
                column.is_some_and(|column| column.rejects(node))
                    || narrowing.is_some_and(|result| super::cut::leaves_out(result, node))
            };
            *cell = match *falls {
                Some(falls) if falls == now => Cell::Falls,
                Some(falls) if falls < now && rejects() => Cell::Also,
                Some(falls) if falls < now => Cell::Out,
                _ => Cell::In,
            };
        }
        let mut set = |node: NodeId, what: Cell| {
            if let Some(cell) = cells.get_mut(node.index()) {
                *cell = what;
            }
        };
        match frame.scene {
            Scene::PostFilter => {
                let found = trace.post_filter.iter();
                for found in found {
                    found.candidates.iter().for_each(|one| set(one.node, Cell::Room));
                    found.best.iter().for_each(|&node| set(node, Cell::BestRoom));
                }
            }
            Scene::Score(at) => self.levels(at + 1, &mut set),
            Scene::Total => self.levels(trace.scores.len(), &mut set),
            Scene::Choice | Scene::Reserve | Scene::Permit | Scene::PreBind | Scene::Bind | Scene::Event => {
                self.levels(trace.scores.len(), &mut set);
                trace
                    .decision
                    .chosen()
                    .iter()
                    .for_each(|&node| set(node, Cell::Chosen));
            }
            _ => {}
        }
        cells
    }

    /// The sums of the first `scores` scores, as parts of the highest sum of all.
    fn levels(&self, scores: usize, set: &mut impl FnMut(NodeId, Cell)) {
        let trace = &*self.trace;
        let most = trace.totals.iter().copied().max().unwrap_or(0);
        if trace.totals.is_empty() {
            return;
        }
        for (at, &node) in trace.feasible.iter().enumerate() {
            let sum = self.sum(at, scores);
            let level = if most <= 0 {
                0
            } else {
                (i128::from(sum) * 8 / i128::from(most)).clamp(0, 8)
            };
            set(node, Cell::Level(u8::try_from(level).unwrap_or(8)));
        }
    }

    /// The weighted sum of the first `scores` scores of the feasible node at `at`.
    pub(super) fn sum(&self, at: usize, scores: usize) -> i64 {
        let columns = self.trace.scores.iter().take(scores);
        let weighted =
            columns.filter_map(|column| Some(column.normalized.get(at)?.saturating_mul(column.weight)));
        weighted.fold(0, i64::saturating_add)
    }
}
