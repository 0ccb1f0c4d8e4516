//! Bringing a decision up to date after single nodes changed, at the cost of those nodes.

use super::{Filters, decide, feasible, filter_error};
use crate::model::NodeId;
use crate::model::cluster::{NodeAspect, NodeChange};
use crate::scheduling::normalize::{self, Normalization};
use crate::scheduling::plugin::{Cycle, Phase, PreFilter, PreScore, Reach, Score, Touch};
use crate::scheduling::profile::{Enabled, Profile};
use crate::scheduling::status::Code;
use crate::scheduling::trace::{Decision, FilterColumn, ScoreColumn, StatusId, Trace};

/// Does again what `changes` concern, so that `trace` is what [`evaluate`](super::evaluate) would give now. False where
/// that takes judging everything again; `trace` is of no use then.
///
/// `trace` was made by `evaluate` for the same pod, profile and nodes, and `changes` is all that decisions depend on and
/// that changed since: see [`Cluster::changes_since`](crate::model::Cluster::changes_since).
pub fn refresh(trace: &mut Trace, cycle: Cycle<'_>, profile: &Profile, changes: &[&NodeChange]) -> bool {
    // What became of one claim may concern another on any node, and what there is to prepare.
    let claims = changes
        .iter()
        .any(|change| matches!(change.what, NodeAspect::Claims));
    if claims && may_have_claims(cycle) {
        return false;
    }
    let mut nodes: Vec<NodeId> = changes.iter().map(|change| change.node).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes.retain(|&node| cycle.cluster.nodes.get(node).is_some());
    Refresh {
        trace,
        cycle,
        profile,
        changes,
        nodes,
    }
    .run()
    .is_some()
}

/// Whether the pod may want volumes or devices by claims. Extended resources do, where classes of devices stand for any.
fn may_have_claims(cycle: Cycle<'_>) -> bool {
    let pod = cycle.pod;
    !pod.volumes.is_empty() || !pod.spec.claims.is_empty() || !cycle.cluster.objects.device_classes.is_empty()
}

/// The part of a refresh that is under way. Steps give `None` where everything is to be judged again.
struct Refresh<'a, 't> {
    trace: &'t mut Trace,
    cycle: Cycle<'a>,
    profile: &'a Profile,
    changes: &'a [&'a NodeChange],
    /// Those that changed.
    nodes: Vec<NodeId>,
}

impl<'a> Refresh<'a, '_> {
    fn run(mut self) -> Option<()> {
        // A filter that works alone, without its preparing phase, is not worth following.
        let mut filters = self.profile.in_phase(Phase::Filter);
        if filters.any(|enabled| !self.profile.runs(enabled.row.name, Phase::PreFilter)) {
            return None;
        }
        // Where scoring failed, a single or nominated node is chosen all the same.
        let scored = self.trace.totals.len() == self.trace.feasible.len();
        if matches!(self.trace.decision, Decision::Error(_)) || !scored {
            return None;
        }
        if self.trace.pre_filter_failure().is_some() {
            return self.still_rejected();
        }
        let mut prepared = Vec::new();
        let mut everywhere = false;
        for enabled in self.profile.in_phase(Phase::PreFilter) {
            let reach = self.reach(enabled);
            if reach == Reach::Nothing {
                continue;
            }
            self.filter(enabled, reach, &mut prepared)?;
            everywhere |= reach == Reach::Cluster;
        }
        if self.trace.filters.iter().any(|column| column.has(Code::Error))
            && filter_error(self.trace).is_some()
        {
            return None;
        }
        self.trace.post_filter = None;
        let touched = if everywhere {
            let now = feasible(self.trace);
            if now != self.trace.feasible {
                return None;
            }
            Vec::new()
        } else {
            self.flips()?
        };
        if self.trace.feasible.is_empty() {
            self.trace.decision = Decision::Unschedulable;
            self.trace.pre_score.clear();
            self.trace.scores.clear();
            self.trace.totals.clear();
            self.trace.allocations.clear();
            return Some(());
        }
        if !self.trace.allocations.is_empty() {
            return None;
        }
        self.score(&prepared, &touched)
    }

    /// A pod that PreFilter rejects stays rejected, unless a plugin whose PreFilter looks at the cluster says otherwise.
    fn still_rejected(&mut self) -> Option<()> {
        let far = |enabled: &Enabled| self.reach(enabled) == Reach::Cluster;
        if self.profile.in_phase(Phase::PreFilter).any(far) {
            return None;
        }
        let mut prepared = Vec::new();
        for enabled in self.profile.in_phase(Phase::PreFilter) {
            self.filter(enabled, Reach::Node, &mut prepared)?;
        }
        self.trace.post_filter = None;
        Some(())
    }

    fn reach(&self, enabled: &Enabled) -> Reach {
        let reaches = self
            .changes
            .iter()
            .map(|change| enabled.plugin.reach(self.cycle, Touch::Node(change)));
        reaches.max().unwrap_or(Reach::Nothing)
    }

    /// Filters again with one plugin; adds what it prepared, if it filters.
    fn filter(&mut self, enabled: &'a Enabled, reach: Reach, filters: &mut Filters<'a>) -> Option<()> {
        let plugin = enabled.row.name;
        let Some(prepared) = enabled.plugin.pre_filter(self.cycle) else {
            return Some(());
        };
        let before = self
            .trace
            .pre_filter
            .iter()
            .find(|result| result.plugin == plugin)?;
        let (left, filter) = match prepared {
            PreFilter::Skip => return (before.status.code == Code::Skip).then_some(()),
            PreFilter::Reject(status) => return (before.status == status).then_some(()),
            PreFilter::Run { nodes, filter } => (nodes, filter),
        };
        let names = left.as_ref().map_or(&[][..], |left| &left.names);
        if before.status.code != Code::Success
            || before.nodes.is_some() != left.is_some()
            || before.names != names
        {
            return None;
        }
        let mut columns = self.trace.filters.iter_mut();
        let Some(column) = columns.find(|column| column.plugin == plugin) else {
            return Some(());
        };
        if reach == Reach::Cluster {
            *column = FilterColumn::new(plugin, self.cycle.cluster.nodes.slots());
            filter.filter(&self.trace.nodes.ids, column);
        } else {
            for &node in &self.nodes {
                column.set(node, StatusId::SUCCESS);
            }
            filter.filter(&self.nodes, column);
        }
        filters.push((plugin, filter));
        Some(())
    }

    /// Puts the changed nodes that became feasible into the trace and takes out those that are so no more; gives them.
    fn flips(&mut self) -> Option<Vec<NodeId>> {
        let mut flipped = Vec::new();
        for at in 0..self.nodes.len() {
            let node = *self.nodes.get(at)?;
            let fits =
                !self.trace.filters.iter().any(|column| column.rejects(node)) && !self.trace.excluded(node);
            let name = self.trace.nodes.name(node);
            let place = self
                .trace
                .feasible
                .binary_search_by(|&id| self.trace.nodes.name(id).cmp(name));
            match (place, fits) {
                (Ok(_), true) | (Err(_), false) => continue,
                (Ok(place), false) => {
                    self.trace.feasible.remove(place);
                    for column in &mut self.trace.scores {
                        column.raw.remove(place);
                        column.normalized.remove(place);
                    }
                    if !self.trace.totals.is_empty() {
                        self.trace.totals.remove(place);
                    }
                }
                (Err(place), true) => {
                    if self.trace.feasible.is_empty() {
                        // Nothing was scored so far.
                        return None;
                    }
                    self.trace.feasible.insert(place, node);
                    for column in &mut self.trace.scores {
                        column.raw.insert(place, 0);
                        column.normalized.insert(place, 0);
                    }
                    self.trace.totals.insert(place, 0);
                }
            }
            flipped.push(node);
        }
        Some(flipped)
    }

    fn score(&mut self, filters: &Filters<'a>, flipped: &[NodeId]) -> Option<()> {
        // The plugins look at the feasible nodes while their scores are written into the trace.
        let feasible = std::mem::take(&mut self.trace.feasible);
        let done = self.score_all(filters, flipped, &feasible);
        self.trace.feasible = feasible;
        let columns = done?;
        self.totals(flipped, columns)
    }

    /// Scores again; gives how far scores may have changed.
    fn score_all(&mut self, filters: &Filters<'a>, flipped: &[NodeId], feasible: &[NodeId]) -> Option<Reach> {
        let places: Vec<usize> = self
            .nodes
            .iter()
            .filter_map(|&node| {
                let name = self.trace.nodes.name(node);
                feasible
                    .binary_search_by(|&id| self.trace.nodes.name(id).cmp(name))
                    .ok()
            })
            .collect();
        let mut furthest = Reach::Nothing;
        let has_pre_score = |enabled: &&Enabled| self.profile.runs(enabled.row.name, Phase::PreScore);
        let alone = self
            .profile
            .in_phase(Phase::Score)
            .filter(|enabled| !has_pre_score(enabled));
        for enabled in self.profile.in_phase(Phase::PreScore).chain(alone) {
            let touches = flipped.iter().map(|&node| Touch::Feasible(node));
            let by_flips = touches.map(|touch| enabled.plugin.reach(self.cycle, touch)).max();
            let reach = self.reach(enabled).max(by_flips.unwrap_or(Reach::Nothing));
            if reach == Reach::Nothing {
                continue;
            }
            let plugin = enabled.row.name;
            let filter = filters.iter().find(|(of, _)| *of == plugin);
            let by_filter = filter.and_then(|(_, filter)| filter.pre_score(feasible));
            let Some(prepared) = by_filter.or_else(|| enabled.plugin.pre_score(self.cycle, feasible)) else {
                continue;
            };
            let before = self.trace.pre_score.iter().find(|(of, _)| *of == plugin);
            // One without PreScore has nobody to tell whether it ran but its scores.
            let ran = before.map_or_else(
                || self.trace.scores.iter().any(|column| column.plugin == plugin),
                |(_, status)| status.code == Code::Success,
            );
            match prepared {
                PreScore::Skip if !ran => {}
                PreScore::Run(score) if ran => {
                    let column = self
                        .trace
                        .scores
                        .iter_mut()
                        .find(|column| column.plugin == plugin)?;
                    let all = if reach == Reach::Cluster {
                        rescore(&*score, feasible, column)?
                    } else {
                        rescore_at(&*score, feasible, &places, column)?
                    };
                    furthest = furthest.max(if all { Reach::Cluster } else { Reach::Node });
                }
                _ => return None,
            }
        }
        Some(furthest)
    }

    /// Adds up again, and finds the best.
    fn totals(&mut self, flipped: &[NodeId], reach: Reach) -> Option<()> {
        let sum = |scores: &[ScoreColumn], place: usize| -> i64 {
            let weighted = scores
                .iter()
                .map(|column| column.weight * column.normalized.get(place).copied().unwrap_or(0));
            weighted.sum()
        };
        let known = match &self.trace.decision {
            Decision::Scored(best) if reach < Reach::Cluster => {
                let mut best = best.clone();
                best.retain(|node| !flipped.contains(node));
                let highest = best.first().and_then(|&node| self.trace.total(node));
                highest.map(|highest| (best, highest))
            }
            _ => None,
        };
        let Some((mut best, highest)) = known else {
            self.trace.totals = (0..self.trace.feasible.len())
                .map(|place| sum(&self.trace.scores, place))
                .collect();
            self.trace.decision = decide(self.cycle, self.trace, Ok(()));
            return Some(());
        };
        // Where the best became worse, or another better, all are looked at again.
        let mut decided = self.trace.feasible.len() > 1 && self.cycle.pod.nominated_node.is_none();
        for &node in &self.nodes {
            let Some(place) = self.trace.feasible_index(node) else {
                continue;
            };
            let total = sum(&self.trace.scores, place);
            *self.trace.totals.get_mut(place)? = total;
            decided &= total <= highest;
            let name = self.trace.nodes.name(node);
            match best.binary_search_by(|&id| self.trace.nodes.name(id).cmp(name)) {
                Ok(at) if total != highest => {
                    best.remove(at);
                }
                Err(at) if total == highest => best.insert(at, node),
                _ => {}
            }
        }
        self.trace.decision = if decided && !best.is_empty() {
            Decision::Scored(best)
        } else {
            decide(self.cycle, self.trace, Ok(()))
        };
        Some(())
    }
}

/// Scores every node again; true, as any score may be another now.
fn rescore(score: &dyn Score, feasible: &[NodeId], column: &mut ScoreColumn) -> Option<bool> {
    column.raw.clear();
    column.raw.resize(feasible.len(), 0);
    score.score(feasible, &mut column.raw).ok()?;
    column.most = normalize::most(&column.raw);
    column.normalized.clone_from(&column.raw);
    score.normalize(feasible, &mut column.normalized);
    within(&column.normalized)?;
    Some(true)
}

/// Scores the nodes at `places` again; whether that changes the normalised scores of others.
fn rescore_at(
    score: &dyn Score,
    feasible: &[NodeId],
    places: &[usize],
    column: &mut ScoreColumn,
) -> Option<bool> {
    let nodes: Vec<NodeId> = places
        .iter()
        .filter_map(|&at| feasible.get(at).copied())
        .collect();
    let mut raw = vec![0; nodes.len()];
    score.score(&nodes, &mut raw).ok()?;
    for (&place, &raw) in places.iter().zip(&raw) {
        *column.raw.get_mut(place)? = raw;
    }
    let way = score.normalization();
    let most = if way == Normalization::AsIs {
        column.most
    } else {
        normalize::most(&column.raw)
    };
    if way == Normalization::Own || most != column.most {
        column.most = most;
        column.normalized.clone_from(&column.raw);
        score.normalize(feasible, &mut column.normalized);
        within(&column.normalized)?;
        return Some(true);
    }
    for &place in places {
        let normalized = way.one(*column.raw.get(place)?, most);
        within(&[normalized])?;
        *column.normalized.get_mut(place)? = normalized;
    }
    Some(false)
}

/// Scores out of range end a cycle; that is told where everything is judged.
fn within(scores: &[i64]) -> Option<()> {
    scores
        .iter()
        .all(|score| (0..=normalize::MAX).contains(score))
        .then_some(())
}
