//! Pods that go to a node: how they count in the cache until the watches bring them, and their claims, as they are.

use std::sync::Arc;

use jiff::Timestamp;

use super::World;
use crate::engine::view::Selected;
use crate::model::cluster::Event;
use crate::model::{Pod, PodKey};
use crate::scheduling::cycle;
use crate::scheduling::plugin::Cycle;
use crate::scheduling::queue::Moment;

/// A pod that goes to a node.
#[derive(Debug)]
pub(super) struct UnderWay {
    pub(super) uid: Arc<str>,
    pub(super) node: Arc<str>,
    pub(super) seen: Seen,
    /// Whether its Binding is answered, so that nothing is written for it any more.
    pub(super) bound: bool,
}

/// What the watches say of a pod under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// That it waits: it counts as on its node all the same.
    Waiting,
    /// That it is on a node.
    OnNode,
    /// Nothing any more, or something of another of its name.
    Gone,
}

impl World {
    /// Whether the pod called `key` counts as on its node, which the watches do not say yet.
    pub(super) fn counts(&self, key: &PodKey) -> bool {
        let way = self.under_way.get(key);
        way.is_some_and(|way| way.seen == Seen::Waiting)
    }

    /// Holds what is assumed of the pod called `key` against what the watches say.
    pub(super) fn reconcile(&mut self, key: &PodKey) {
        let pod = self.cluster.pod(key).map(Arc::clone);
        if let Some(way) = self.under_way.get_mut(key) {
            match pod.as_ref().filter(|pod| pod.uid == way.uid) {
                Some(pod) if pod.is_waiting() => {
                    let node = Arc::clone(&way.node);
                    self.cluster.assume(key, &node);
                    return;
                }
                Some(_) => way.seen = Seen::OnNode,
                None => way.seen = Seen::Gone,
            }
        }
        let waits = pod.filter(|pod| pod.is_waiting());
        match (waits, self.nominations.ours(key)) {
            (Some(pod), Some(node)) if pod.nominated_node.is_none() => {
                let node = Arc::clone(node);
                self.cluster.nominate(key, Some(&node));
            }
            _ => {}
        }
    }

    /// Forgets the pods of which nothing is assumed any more.
    pub(super) fn conclude(&mut self) {
        let Self {
            under_way,
            assumed,
            cluster,
            ..
        } = self;
        under_way.retain(|_, way| {
            if !way.bound || way.seen == Seen::Waiting {
                return true;
            }
            if way.seen == Seen::Gone {
                assumed.let_go(cluster, &way.uid);
            }
            // Its claims may be behind: each kind has a watch of its own.
            assumed.has(&way.uid)
        });
    }

    /// The pod is bound.
    pub(in crate::auto) fn bound(&mut self, pod: &Pod, now: Timestamp) {
        if self.is_another(pod) {
            self.assumed.let_go(&mut self.cluster, &pod.uid);
        } else {
            self.queue.remove(&pod.key);
            self.assumed.bound(&mut self.cluster, &pod.uid);
            if let Some(way) = self.under_way.get_mut(&pod.key) {
                way.bound = true;
            }
            self.conclude();
        }
        self.tell_queue(now);
    }

    /// The pod is not placed for now, and nothing is left of what was prepared for it; without `blamed`, something went wrong.
    pub(in crate::auto) fn failed(&mut self, pod: &Pod, blamed: &[&'static str], now: Timestamp) {
        let key = &pod.key;
        if self.under_way.get(key).is_some_and(|way| way.uid == pod.uid) {
            if self.counts(key) {
                self.cluster.forget(key);
            }
            self.under_way.remove(key);
        }
        self.assumed.let_go(&mut self.cluster, &pod.uid);
        let mut events = self.cluster.take_events();
        for event in &mut events {
            if let Event::Pod(turn) = event
                && turn.before.as_ref().is_some_and(|pod| pod.key == *key)
            {
                // To the others it is gone from its node, as upstream tells it.
                turn.after = None;
            }
        }
        self.tell_of(&events, now);
        if self.is_another(pod) {
            return;
        }
        self.nominations.given_up(key);
        let at = &mut Moment {
            cluster: &self.cluster,
            profiles: &mut self.profiles,
            now,
        };
        self.queue.failed(key, blamed, at);
    }

    /// Whether another pod has taken the name of `pod`.
    fn is_another(&self, pod: &Pod) -> bool {
        let there = self.cluster.pod(&pod.key);
        there.is_some_and(|there| there.uid != pod.uid)
    }

    /// The decision on a pod that is on its way to its node, as if it were not, and had taken nothing.
    pub(in crate::auto) fn judge(&mut self, key: &PodKey, now: Timestamp) -> Option<Selected> {
        let node = self.under_way.get(key).filter(|way| way.seen == Seen::Waiting);
        let node = node.map(|way| Arc::clone(&way.node));
        if node.is_some() {
            self.cluster.forget(key);
        }
        let pod = self.cluster.pod(key).map(Arc::clone);
        let selected = pod.filter(|pod| pod.is_waiting()).map(|pod| {
            let profile = self.profiles.get(&pod.spec.scheduler_name);
            let nodes = self.node_index();
            let trace = self.assumed.without(&mut self.cluster, &pod.uid, |cluster| {
                let cycle = Cycle { cluster, pod: &pod };
                Arc::new(cycle::evaluate(cycle, &profile, &nodes))
            });
            Selected {
                pod,
                trace,
                judged: now,
                focus: Vec::new(),
            }
        });
        if let Some(node) = node {
            self.cluster.assume(key, &node);
        }
        drop(self.cluster.take_events());
        selected
    }
}
