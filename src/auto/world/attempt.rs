//! What is decided of one pod.

use std::sync::Arc;

use jiff::Timestamp;

use super::World;
use super::under_way::{Seen, UnderWay};
use crate::model::{NodeId, Pod, PodKey};
use crate::placing::Verdict;
use crate::scheduling::plugin::Cycle;
use crate::scheduling::trace::{Decision, NodeIndex};
use crate::scheduling::{Code, Preparation, Profile, Room, Trace, cycle, message, reserve, room};

/// What is decided of a pod.
#[derive(Debug)]
pub(in crate::auto) enum Attempt {
    /// It goes to a node. It is there already in the cache.
    Bind(Box<Binding>),
    /// It does not fit, or cannot be judged.
    Fails(Box<Failure>),
}

/// A pod, and the node that it goes to.
#[derive(Debug)]
pub(in crate::auto) struct Binding {
    pub(in crate::auto) pod: Arc<Pod>,
    pub(in crate::auto) node: Arc<str>,
    pub(in crate::auto) verdict: Verdict,
    /// What has to be done before; `None` where that is nothing.
    pub(in crate::auto) preparation: Option<Preparation>,
}

/// A pod that goes nowhere for now.
#[derive(Debug)]
pub(in crate::auto) struct Failure {
    pub(in crate::auto) pod: Arc<Pod>,
    /// Why, in kube-scheduler's words.
    pub(in crate::auto) message: String,
    /// Whether rules reject it everywhere; otherwise something went wrong.
    pub(in crate::auto) fits_nowhere: bool,
    /// The plugins that reject it, by name.
    pub(in crate::auto) blamed: Vec<&'static str>,
    /// The room that is made for it.
    pub(in crate::auto) room: Option<Room>,
}

impl World {
    /// Decides on `pod`.
    pub(super) fn attempt(&mut self, pod: Arc<Pod>, now: Timestamp) -> Attempt {
        let profile = self.profiles.get(&pod.spec.scheduler_name);
        let nodes = self.node_index();
        let nominated = self.nominations.beside(&pod);
        let decided = self.beside(&nominated, |world| {
            let cycle = Cycle {
                cluster: &world.cluster,
                pod: &pod,
            };
            world.kept.judge(cycle, &profile, &nodes)
        });
        let chosen = self.choose(&decided.trace, &pod, &profile, &nodes, !nominated.is_empty());
        let Some(id) = chosen else {
            let failure = self.beside(&nominated, |world| {
                world.failure(&pod, &decided.trace, &profile, &nodes)
            });
            self.kept.keep(decided);
            return Attempt::Fails(Box::new(failure));
        };
        let prepared = decided.trace.prepared(id);
        let verdict = Verdict::of(&decided.trace, id);
        self.kept.keep(decided);
        let preparation = if prepared.is_empty() {
            None
        } else {
            match self.preparation(&pod, &profile, id) {
                Ok(preparation) => preparation,
                Err(message) => return Attempt::Fails(Box::new(Failure::error(pod, message))),
            }
        };
        let node: Arc<str> = nodes.names.get(id.index()).cloned().unwrap_or_default();
        let way = UnderWay {
            uid: Arc::clone(&pod.uid),
            node: Arc::clone(&node),
            seen: Seen::Waiting,
            bound: false,
        };
        self.under_way.insert(pod.key.clone(), way);
        self.nominations.forget(&pod.key);
        self.cluster.assume(&pod.key, &node);
        self.tell_queue(now);
        if let Some(preparation) = &preparation {
            self.assumed.hold(&mut self.cluster, &pod, id, preparation);
            // What is gone helps nobody.
            drop(self.cluster.take_events());
        }
        Attempt::Bind(Box::new(Binding {
            pod,
            node,
            verdict,
            preparation,
        }))
    }

    /// What has to be done before `pod` is bound to `node`, if anything.
    ///
    /// # Errors
    /// What is to be said of a pod for which that cannot be told.
    fn preparation(&self, pod: &Pod, profile: &Profile, node: NodeId) -> Result<Option<Preparation>, String> {
        let cycle = Cycle {
            cluster: &self.cluster,
            pod,
        };
        match reserve::prepare(cycle, profile, node, &[]) {
            Ok(preparation) => Ok(Some(preparation).filter(|preparation| !preparation.is_empty())),
            Err((plugin, status)) => Err(format!(
                "running Reserve plugin \"{plugin}\": {}",
                status.message()
            )),
        }
    }

    /// The node for the pod of `trace`, drawn among the best. Where others are `nominated`, who were counted as there, it must
    /// fit without them, too: they may never come.
    fn choose(
        &mut self,
        trace: &Trace,
        pod: &Pod,
        profile: &Profile,
        nodes: &Arc<NodeIndex>,
        nominated: bool,
    ) -> Option<NodeId> {
        let mut chosen = trace.decision.chosen().to_vec();
        if nominated && !chosen.is_empty() {
            let cycle = Cycle {
                cluster: &self.cluster,
                pod,
            };
            let without = cycle::evaluate(cycle, profile, nodes);
            chosen.retain(|&node| without.feasible_index(node).is_some());
            if chosen.is_empty() {
                let both = trace.feasible.iter();
                let both = both.filter(|&&node| without.feasible_index(node).is_some());
                let best = both.clone().filter_map(|&node| trace.total(node)).max();
                chosen = both.copied().filter(|&node| trace.total(node) == best).collect();
            }
        }
        self.rng.choice(chosen)
    }

    /// What `judge` gives while the pods of `nominated` count as there. Nobody is told of it.
    fn beside<T>(&mut self, nominated: &[(PodKey, Arc<str>)], judge: impl FnOnce(&mut Self) -> T) -> T {
        if nominated.is_empty() {
            return judge(self);
        }
        for (key, node) in nominated {
            self.cluster.assume(key, node);
        }
        let judged = judge(self);
        for (key, _) in nominated {
            self.cluster.forget(key);
        }
        drop(self.cluster.take_events());
        judged
    }

    /// What is said of `pod`, which `trace` finds no node for, and the room that is made for it.
    fn failure(
        &mut self,
        pod: &Arc<Pod>,
        trace: &Trace,
        profile: &Profile,
        nodes: &Arc<NodeIndex>,
    ) -> Failure {
        if let Decision::Error(text) = &trace.decision {
            return Failure::error(Arc::clone(pod), text.clone());
        }
        // Without PostFilter so far.
        let cycle = Cycle {
            cluster: &self.cluster,
            pod,
        };
        let trace = Arc::new(cycle::run(cycle, profile, nodes));
        let found = trace.post_filter.as_ref();
        let best = found.filter(|found| found.status.code == Code::Success);
        // The first, whom the message names.
        let best = best.and_then(|found| found.best.first().copied());
        let room =
            best.and_then(|node| room::judged(&self.cluster, pod, Arc::clone(&trace), nodes.name(node)).room);
        Failure {
            message: message::unschedulable(&trace),
            fits_nowhere: true,
            blamed: trace.blamed(),
            room,
            pod: Arc::clone(pod),
        }
    }
}

impl Failure {
    /// Something went wrong with `pod`.
    pub(in crate::auto) fn error(pod: Arc<Pod>, message: String) -> Self {
        Self {
            pod,
            message,
            fits_nowhere: false,
            blamed: Vec::new(),
            room: None,
        }
    }
}
