//! The plan that places most: a search that takes pods off nodes and puts them back otherwise.
//!
//! It begins with the plan that goes one by one, and with plans that pack pods as tight as they go. Then, as long as pods are
//! left over, it makes room for one of them (ruin) and finds other nodes for the pods that had to go (recreate); every step
//! is judged by the cycle. What seems better is gone through from the beginning, pod after pod, so that each placement of the
//! plan that comes out was judged after those before it. The same seed and the same number of evaluations give the same plan.

mod attempt;
mod room;
mod taste;

use std::ops::ControlFlow;
use std::sync::Arc;

use fastrand::Rng;
use rustc_hash::FxHashMap;

use self::attempt::Attempt;
use self::taste::Taste;
use super::difference::{Difference, difference};
use super::judging::Judging;
use super::objective::Objective;
use super::one_by_one::{Tell, one_by_one, through};
use super::request::Request;
use super::{Fate, Mode, Plan, Progress, Row, Why};
use crate::model::{Cluster, NodeId, Pod, PodKey};
use crate::scheduling::trace::NodeIndex;
use crate::scheduling::{Profiles, cycle};

/// How long to search, and where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// The same number searches the same way.
    pub seed: u64,
    /// About how many times pods may be judged, beside what the plan that goes one by one takes.
    pub evaluations: usize,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            seed: 0,
            evaluations: 20_000,
        }
    }
}

/// What the search found.
#[derive(Clone, Debug)]
pub struct Optimized {
    /// The best plan; never worse than `one_by_one`.
    pub plan: Plan,
    /// The plan that goes one by one.
    pub one_by_one: Plan,
    /// What the best plan does otherwise.
    pub difference: Difference,
}

/// Of the evaluations, so many in a hundred are for finding room; the rest is for the sum of the totals.
const FOR_ROOM: usize = 80;
/// What seems better is gone through after so many times the evaluations that it takes, as more may be found meanwhile.
const PATIENCE: usize = 3;

/// Looks for the plan with the greatest [`Objective`]. `None` where `progress` broke it off.
pub fn optimize(
    cluster: &Cluster,
    profiles: &Profiles,
    request: &Request,
    search: Search,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Option<Optimized> {
    let first = one_by_one(cluster, profiles, request, progress)?;
    let mut optimizer = Optimizer::new(cluster, profiles, request, search, &first);
    optimizer.pack(progress)?;
    optimizer.make_room(progress)?;
    optimizer.polish(progress)?;
    let plan = optimizer.finish();
    Some(Optimized {
        difference: difference(&first, &plan),
        plan,
        one_by_one: first,
    })
}

/// A search under way.
struct Optimizer<'a> {
    cluster: &'a Cluster,
    nodes: Arc<NodeIndex>,
    profiles: &'a Profiles,
    request: &'a Request,
    search: Search,
    rng: Rng,
    /// The pods that take part, in the order of the queue.
    pods: Arc<[Arc<Pod>]>,
    places: FxHashMap<PodKey, usize>,
    left_out: Vec<Row>,
    evaluations: usize,
    best: Plan,
    objective: Objective,
}

/// Where each pod is to go, by its place in [`Optimizer::pods`].
type Sites = Vec<Option<NodeId>>;

impl<'a> Optimizer<'a> {
    fn new(
        cluster: &'a Cluster,
        profiles: &'a Profiles,
        request: &'a Request,
        search: Search,
        first: &Plan,
    ) -> Self {
        let mut best = first.clone();
        let is_out = |row: &mut Row| matches!(row.fate, Fate::LeftOut(_));
        let left_out = best.rows.extract_if(.., is_out).collect();
        let pods: Arc<[Arc<Pod>]> = best.rows.iter().map(|row| Arc::clone(&row.pod)).collect();
        let places = pods.iter().enumerate();
        Self {
            cluster,
            nodes: Arc::new(cycle::node_index(cluster)),
            profiles,
            request,
            search,
            rng: Rng::with_seed(search.seed),
            places: places.map(|(at, pod)| (pod.key.clone(), at)).collect(),
            pods,
            left_out,
            evaluations: 0,
            objective: best.objective(),
            best,
        }
    }

    /// Whether some pod has no node in the best plan.
    fn some_left_over(&self) -> bool {
        self.objective.placed.iter().sum::<usize>() < self.pods.len()
    }

    /// Begins from a plan that packs as tight as it goes, where that is better.
    fn pack(&mut self, progress: Tell<'_>) -> Option<()> {
        for largest_first in [false, true] {
            if !self.some_left_over() || self.evaluations + self.pods.len() > self.search.evaluations {
                break;
            }
            let mut attempt = self.attempt();
            for at in attempt.packing_order(largest_first) {
                attempt.put(at, Taste::Tightest, &mut self.rng);
                self.tell(attempt.evaluations(), &attempt, progress)?;
            }
            self.evaluations += attempt.evaluations();
            self.look_at(&attempt, progress)?;
        }
        Some(())
    }

    /// Makes room for pods that are left over.
    fn make_room(&mut self, progress: Tell<'_>) -> Option<()> {
        let limit = self.search.evaluations * FOR_ROOM / 100;
        while self.evaluations < limit && self.some_left_over() {
            let mut attempt = self.attempt();
            attempt.take_up(&self.sites_of_best(), &self.order_of_best());
            let mut better_at = None;
            loop {
                let better = attempt.step(&mut self.rng);
                let spent = attempt.evaluations();
                if better {
                    better_at = Some(spent);
                }
                self.tell(spent, &attempt, progress)?;
                let ripe = better_at.is_some_and(|at| spent >= at + self.pods.len() * PATIENCE);
                if ripe || attempt.is_complete() || self.evaluations + spent >= limit {
                    break;
                }
            }
            self.evaluations += attempt.evaluations();
            if better_at.is_some() {
                self.look_at(&attempt, progress)?;
            }
        }
        Some(())
    }

    /// Sends pods back to the nodes that the profile would choose, where that costs no pod its place.
    fn polish(&mut self, progress: Tell<'_>) -> Option<()> {
        for place in 0..self.pods.len() {
            if self.evaluations + self.pods.len() > self.search.evaluations {
                break;
            }
            let pod = self.pods.get(place).map(|pod| &pod.key);
            let row = self.best.rows.iter().find(|row| Some(&row.pod.key) == pod);
            let why = row.and_then(Row::placement).map(|placement| placement.why);
            if why == Some(Why::Search) {
                let mut sites = self.sites_of_best();
                if let Some(site) = sites.get_mut(place) {
                    *site = None;
                }
                self.go_through(&sites, &self.order_of_best(), progress)?;
            }
        }
        Some(())
    }

    /// Goes through what was found: in the order of the queue, so that what matters most is placed first, and where that
    /// does not come out as well, in the order in which it was found.
    fn look_at(&mut self, attempt: &Attempt<'_>, progress: Tell<'_>) -> Option<()> {
        let queue: Vec<usize> = (0..self.pods.len()).collect();
        let placed = self.go_through(attempt.sites(), &queue, progress)?;
        if placed.as_slice() < attempt.placed() {
            self.go_through(attempt.sites(), &attempt.order(), progress)?;
        }
        Some(())
    }

    /// Plans in `order`, each pod where `sites` has it if it fits there; keeps what is better. How many it places of each
    /// priority.
    fn go_through(&mut self, sites: &Sites, order: &[usize], progress: Tell<'_>) -> Option<Vec<usize>> {
        let pods = order.iter().filter_map(|&at| self.pods.get(at).cloned());
        let queue: Vec<Arc<Pod>> = pods.collect();
        let rather = |at: usize| order.get(at).and_then(|&at| sites.get(at).copied().flatten());
        let (done, of) = (self.evaluations, self.search.evaluations);
        let best = self.objective.placed.iter().sum();
        let mut told = |step: Progress| {
            progress(Progress {
                done: (done + step.done).min(of),
                of,
                placed: best,
            })
        };
        let mut judging = self.judging();
        let plan = through(
            &mut judging,
            self.cluster,
            &queue,
            self.request,
            &rather,
            &mut told,
        )?;
        self.evaluations += judging.evaluations;
        let objective = plan.objective();
        let placed = objective.placed.clone();
        if objective > self.objective {
            self.best = plan;
            self.objective = objective;
        }
        Some(placed)
    }

    fn tell(&self, spent: usize, attempt: &Attempt<'_>, progress: Tell<'_>) -> Option<()> {
        let best: usize = self.objective.placed.iter().sum();
        let step = Progress {
            done: (self.evaluations + spent).min(self.search.evaluations),
            of: self.search.evaluations,
            placed: best.max(attempt.placed().iter().sum()),
        };
        progress(step).is_continue().then_some(())
    }

    fn judging(&self) -> Judging {
        Judging::new(
            self.cluster.clone(),
            Arc::clone(&self.nodes),
            self.profiles.clone(),
        )
    }

    fn attempt(&self) -> Attempt<'a> {
        Attempt::new(self.judging(), Arc::clone(&self.pods), self.request)
    }

    fn sites_of_best(&self) -> Sites {
        let mut sites = vec![None; self.pods.len()];
        for row in &self.best.rows {
            let node = row
                .placement()
                .and_then(|placement| self.nodes.id(&placement.node));
            let site = self.places.get(&row.pod.key).and_then(|&at| sites.get_mut(at));
            if let Some(site) = site {
                *site = node;
            }
        }
        sites
    }

    fn order_of_best(&self) -> Vec<usize> {
        let rows = self.best.rows.iter();
        rows.filter_map(|row| self.places.get(&row.pod.key).copied())
            .collect()
    }

    /// The best plan, and the pods that were left out.
    fn finish(self) -> Plan {
        let mut plan = self.best;
        plan.rows.extend(self.left_out);
        plan.mode = Mode::Optimized {
            seed: self.search.seed,
            evaluations: self.evaluations,
        };
        plan
    }
}
