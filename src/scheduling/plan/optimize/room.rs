//! One step of the search: room for a pod that is left over, and other nodes for those that had to go.

use std::cmp::Ordering;

use fastrand::Rng;

use super::attempt::Attempt;
use super::taste::Taste;
use crate::model::{NodeId, Pod};
use crate::scheduling::{Code, Trace};

/// At most so many of the other pods that are left over are tried again in a step.
const OTHERS: usize = 4;

impl Attempt<'_> {
    /// Takes some pods off their nodes for the sake of one that is left over, and puts as many back as fit. What is worse
    /// is undone, what is neither better nor worse half the time. Whether it is better now.
    pub(super) fn step(&mut self, rng: &mut Rng) -> bool {
        let Some(pod) = self.pick(rng) else {
            return false;
        };
        self.begin();
        let before = self.placed().to_vec();
        let mut homeless = Vec::new();
        if !self.put(pod, Taste::any(rng), rng) {
            homeless = self.ruin(pod, rng);
        }
        self.recreate(homeless, rng);
        match self.placed().cmp(before.as_slice()) {
            Ordering::Greater => return true,
            Ordering::Equal if rng.bool() => {}
            Ordering::Equal | Ordering::Less => self.roll_back(),
        }
        false
    }

    /// A pod that is left over: often one of the highest priority.
    fn pick(&self, rng: &mut Rng) -> Option<usize> {
        let mut all = self.left_over();
        let highest = all.iter().map(|&at| self.level(at)).min()?;
        if rng.bool() {
            all.retain(|&at| self.level(at) == highest);
        }
        rng.choice(all)
    }

    /// Takes pods off nodes so that there may be room for `pod`, and puts it there if there is. The pods that have no node
    /// now, `pod` too if it has none.
    fn ruin(&mut self, pod: usize, rng: &mut Rng) -> Vec<usize> {
        let target = if rng.u8(..4) == 0 {
            None
        } else {
            self.target(pod, rng)
        };
        let Some(node) = target else {
            let mut homeless = vec![pod];
            homeless.extend(self.scatter(rng));
            return homeless;
        };
        let mut going = self.movable(node);
        match rng.u8(..3) {
            0 => rng.shuffle(&mut going),
            1 => going.sort_by(|&a, &b| self.size(b).total_cmp(&self.size(a))),
            _ => {
                rng.shuffle(&mut going);
                going.sort_by_key(|&at| std::cmp::Reverse(self.level(at)));
            }
        }
        let mut homeless = Vec::new();
        for at in going {
            self.take_off(at);
            homeless.push(at);
            if self.put(pod, Taste::any(rng), rng) {
                return homeless;
            }
        }
        homeless.push(pod);
        homeless
    }

    /// A node from which pods of the plan could go to make room for `pod`.
    fn target(&mut self, pod: usize, rng: &mut Rng) -> Option<NodeId> {
        let model = self.pods.get(pod).cloned()?;
        let pin = self.pin(pod);
        let decided = self.judging.judge(&model);
        let trace = &decided.trace;
        let mut nodes: Vec<NodeId> = if trace.pre_filter_failure().is_some() {
            Vec::new()
        } else {
            let nodes = trace.nodes.ids.iter().copied();
            let allowed = nodes.filter(|&node| pin.is_none_or(|pin| pin == Some(node)));
            let helpful = allowed.filter(|&node| can_be_helped(trace, node));
            helpful
                .filter(|node| self.on.get(node).is_some_and(|on| !on.is_empty()))
                .collect()
        };
        self.judging.keep(decided);
        nodes.retain(|&node| !self.movable(node).is_empty());
        let roomy: Vec<NodeId> = nodes
            .iter()
            .copied()
            .filter(|&node| self.has_room(node, &model))
            .collect();
        rng.choice(if roomy.is_empty() { nodes } else { roomy })
    }

    /// The pods of the plan on `node` that are not pinned to it.
    fn movable(&self, node: NodeId) -> Vec<usize> {
        let on = self.on.get(&node).into_iter().flatten();
        on.copied().filter(|&at| self.pin(at).is_none()).collect()
    }

    /// Whether `pod` would have what it asks for on `node` without the pods of the plan that can go.
    fn has_room(&self, node: NodeId, pod: &Pod) -> bool {
        let nodes = &self.judging.cluster.nodes;
        let at = |column: &[i64]| column.get(node.index()).copied().unwrap_or(0);
        let going: Vec<&Pod> = self
            .movable(node)
            .into_iter()
            .filter_map(|at| self.pods.get(at).map(|pod| &**pod))
            .collect();
        let mut requests = pod.load.requests.iter();
        requests.all(|(resource, amount)| {
            let freed = going.iter().map(|pod| pod.load.requests.get(resource));
            let left = at(nodes.requested(resource)).saturating_sub(freed.sum::<i64>());
            amount == 0 || left.saturating_add(amount) <= at(nodes.allocatable(resource))
        })
    }

    /// Takes a few pods off their nodes, wherever they are: single ones, or all from a node or two.
    fn scatter(&mut self, rng: &mut Rng) -> Vec<usize> {
        let mut placed: Vec<usize> = (0..self.pods.len())
            .filter(|&at| self.sites().get(at).is_some_and(Option::is_some) && self.pin(at).is_none())
            .collect();
        rng.shuffle(&mut placed);
        let going: Vec<usize> = if rng.bool() {
            let count = rng.usize(1..=3);
            placed.into_iter().take(count).collect()
        } else {
            let count = rng.usize(1..=2);
            let mut nodes: Vec<NodeId> = Vec::new();
            for &at in &placed {
                let node = self.sites().get(at).copied().flatten();
                nodes.extend(node.filter(|node| !nodes.contains(node)));
                if nodes.len() == count {
                    break;
                }
            }
            nodes.into_iter().flat_map(|node| self.movable(node)).collect()
        };
        for &at in &going {
            self.take_off(at);
        }
        going
    }

    /// Finds nodes for pods that have none, and tries a few others that are left over.
    fn recreate(&mut self, mut homeless: Vec<usize>, rng: &mut Rng) {
        let mut others = self.left_over();
        others.retain(|at| !homeless.contains(at));
        rng.shuffle(&mut others);
        homeless.extend(others.into_iter().take(OTHERS));
        rng.shuffle(&mut homeless);
        match rng.u8(..4) {
            0 => {}
            1 => homeless.sort_by_key(|&at| self.level(at)),
            _ => homeless.sort_by(|&a, &b| {
                let level = self.level(a).cmp(&self.level(b));
                level.then_with(|| self.size(b).total_cmp(&self.size(a)))
            }),
        }
        let taste = Taste::any(rng);
        for at in homeless {
            self.put(at, taste, rng);
        }
    }
}

/// Whether all that keeps the pod off `node` may go away with pods.
fn can_be_helped(trace: &Trace, node: NodeId) -> bool {
    !trace.excluded(node)
        && trace
            .rejections(node)
            .all(|(_, status)| status.code == Code::Unschedulable)
}
