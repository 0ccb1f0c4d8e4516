//! Nearest misses: the smallest changes by which a pod that fits nowhere would fit.
//!
//! ```text
//! Trace ──group nodes by verdicts──▶ few nodes ──each plugin's fixes, combined──▶ candidates, smallest first
//!       ──suppose, judge again with the same cycle──▶ remedies
//! ```
//! Candidates are guesses; a [`Remedy`] is what the cycle said yes to. The search is bounded, and does not claim to find
//! every change that would help.

mod candidates;
mod fixes;
mod groups;
mod judge;
mod rank;

use std::ops::ControlFlow;
use std::sync::Arc;

use self::candidates::{Candidates, candidates};
use self::groups::groups;
use self::judge::Judge;
use self::rank::Rank;
use super::Profile;
use super::plugin::Cycle;
use super::trace::NodeIndex;
use super::what_if::{Scratch, Supposition, Way};
use crate::model::NodeId;

/// The most candidates that are judged: each costs a cycle over all nodes.
const MOST_TRIED: usize = 240;

/// A change after which the pod fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// What would have to be otherwise; none of it can be left out.
    pub suppositions: Vec<Supposition>,
    /// How each of them is made so on the real cluster.
    pub ways: Vec<Way>,
    /// The nodes that it opens, in name order.
    pub opens: Vec<Arc<str>>,
    /// How many other nodes are out for the same reasons as the one that it changes; 0 where it changes the pod alone.
    pub alike: usize,
}

/// A plugin in whose case no change is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unchanged {
    /// The plugin.
    pub plugin: &'static str,
    /// How many nodes it keeps the pod off.
    pub nodes: usize,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nearest {
    /// The changes: fewest first, then what does least harm, then the smallest.
    pub remedies: Vec<Remedy>,
    /// The plugins that no change is proposed for.
    pub unchanged: Vec<Unchanged>,
    /// How many candidates were judged.
    pub tried: usize,
    /// Whether the search was called off.
    pub called_off: bool,
}

/// How far the search is: candidates judged, of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Judged so far.
    pub done: usize,
    /// At the most.
    pub of: usize,
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// The cluster and the pod that fits nowhere.
    pub cycle: Cycle<'a>,
    /// The profile that judges the pod.
    pub profile: &'a Profile,
    /// The [`node_index`](super::cycle::node_index) of the cluster.
    pub nodes: &'a Arc<NodeIndex>,
    /// The one node on which the pod is to fit; any, where there is none.
    pub node: Option<NodeId>,
    /// The most remedies that are wanted.
    pub limit: usize,
}

/// Whether a remedy asks for the same as another, of more, and opens no node that the other does not open.
fn is_idle_beside((rank, remedy): &(Rank, Remedy), (other_rank, other): &(Rank, Remedy)) -> bool {
    let mut parts = remedy.suppositions.iter().zip(&other.suppositions);
    remedy.suppositions.len() == other.suppositions.len()
        && parts.all(|(part, other)| part.is_of_the_same(other))
        && other_rank <= rank
        && remedy.opens.iter().all(|node| other.opens.contains(node))
}

/// The nearest misses of the pod. Nothing is found for one that fits already. `progress` is told each step and can call the
/// search off; what was found until then is given.
pub fn nearest(search: Search<'_>, progress: &mut dyn FnMut(Tried) -> ControlFlow<()>) -> Nearest {
    let pod = Arc::new(search.cycle.pod.clone());
    let scratch = Scratch::new(search.cycle.cluster.clone(), &pod);
    let mut judge = Judge::new(scratch, search);
    let trace = judge.trace();
    let mut found = Nearest::default();
    if judge.takes(&trace) {
        return found;
    }
    let groups = groups(&trace, judge.cluster(), search.node);
    let Candidates { mut all, unchanged } = candidates(&judge, &trace, &groups);
    found.unchanged = unchanged;
    all.truncate(MOST_TRIED);
    let of = all.len();
    let mut ranked: Vec<(Rank, Remedy)> = Vec::new();
    for (done, candidate) in all.into_iter().enumerate() {
        if progress(Tried { done, of }).is_break() {
            found.called_off = true;
            break;
        }
        let enough = ranked.len() >= search.limit;
        let worse = |(rank, _): &(Rank, Remedy)| rank.kind() < candidate.rank.kind();
        if enough && ranked.iter().all(worse) {
            break;
        }
        let holds_one = |(_, remedy): &(Rank, Remedy)| {
            let mut parts = remedy.suppositions.iter();
            parts.all(|part| candidate.suppositions.contains(part))
        };
        if ranked.iter().any(holds_one) {
            continue;
        }
        let Some((suppositions, opens)) = judge.smallest(candidate.suppositions) else {
            continue;
        };
        let same = |(_, remedy): &(Rank, Remedy)| remedy.suppositions == suppositions;
        if ranked.iter().any(same) {
            continue;
        }
        let of_cluster = suppositions.iter().any(Supposition::is_of_cluster);
        let remedy = Remedy {
            ways: judge.ways(&suppositions),
            alike: if of_cluster { candidate.alike } else { 0 },
            opens,
            suppositions,
        };
        let rank = Rank::of(&remedy.suppositions, judge.cluster(), judge.pod());
        let found = (rank, remedy);
        if ranked.iter().any(|known| is_idle_beside(&found, known)) {
            continue;
        }
        ranked.retain(|known| !is_idle_beside(known, &found));
        ranked.push(found);
    }
    found.tried = judge.judged();
    ranked.sort_by_cached_key(|(rank, remedy)| {
        let text: Vec<String> = remedy.suppositions.iter().map(ToString::to_string).collect();
        (*rank, usize::MAX - remedy.opens.len(), text)
    });
    ranked.truncate(search.limit);
    found.remedies = ranked.into_iter().map(|(_, remedy)| remedy).collect();
    found
}
