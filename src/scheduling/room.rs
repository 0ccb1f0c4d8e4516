//! Room that can be made for a pod on a node: which pods would go, what protects them, and who else is concerned.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::trace::{Candidate, Trace};
use crate::model::cluster::ObjectKind;
use crate::model::workload::Owner;
use crate::model::{Cluster, Pod, PodKey};

/// What a decision says of making room on a node.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The pod to make room for, as it was judged.
    pub pod: Arc<Pod>,
    /// The decision.
    pub trace: Arc<Trace>,
    /// The room that can be made; `None` where removing pods does not help, or is not needed.
    pub room: Option<Room>,
    /// The pods that are on their way out of the node to make room there already.
    pub leaving: Vec<(PodKey, Arc<str>)>,
}

/// A node, and who has to leave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The node.
    pub node: Arc<str>,
    /// The pods that have to go, the most important first.
    pub victims: Vec<Victim>,
    /// The PodDisruptionBudgets that are about any of them.
    pub budgets: Vec<Budget>,
    /// How many of the pods would go against a budget.
    pub violations: usize,
    /// Whether budgets cannot be seen, so that nobody knows which pods they protect.
    pub budgets_unseen: bool,
    /// Waiting pods of lower priority that are nominated for the node: they lose that.
    pub outranked: Vec<(PodKey, Arc<str>)>,
}

/// A pod that has to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Victim {
    /// The pod.
    pub key: PodKey,
    /// Its uid.
    pub uid: Arc<str>,
    /// Its priority.
    pub priority: i32,
    /// When it started, if it did.
    pub started: Option<Timestamp>,
    /// The controller that owns it, and makes another.
    pub owner: Option<Arc<Owner>>,
    /// What it takes on the node, such as `cpu 500m`.
    pub takes: Vec<String>,
    /// Whether it would go against a budget.
    pub protected: bool,
}

/// A PodDisruptionBudget about pods that have to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Its namespace and name.
    pub key: PodKey,
    /// `status.disruptionsAllowed`: how many of its pods may go now.
    pub allowed: i32,
    /// How many of those that have to go it is about.
    pub concerned: usize,
}

impl Room {
    /// Room on `node` that takes nobody's going.
    pub fn without_victims(node: Arc<str>) -> Self {
        Self {
            node,
            victims: Vec::new(),
            budgets: Vec::new(),
            violations: 0,
            budgets_unseen: false,
            outranked: Vec::new(),
        }
    }

    /// Whether going on takes more than saying yes: it goes against budgets, or may.
    pub const fn violates(&self) -> bool {
        self.violations > 0 || self.budgets_unseen
    }

    /// Whether a person who confirmed `self` has to look again where `now` holds: others have to go, or others of them
    /// are protected.
    pub fn differs_from(&self, now: &Self) -> bool {
        let who = |room: &Self| -> Vec<(Arc<str>, bool)> {
            let mut who: Vec<_> = room
                .victims
                .iter()
                .map(|victim| (Arc::clone(&victim.uid), victim.protected))
                .collect();
            who.sort();
            who
        };
        who(self) != who(now) || self.budgets_unseen != now.budgets_unseen
    }
}

impl fmt::Display for Budget {
    /// How much room it has, for a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            key,
            allowed,
            concerned,
        } = self;
        write!(
            f,
            "{key}: {allowed} of its pods may go now, {concerned} of these are under it"
        )
    }
}

impl Victim {
    /// Its priority, its owner and what it takes, for a person.
    pub fn words(&self) -> String {
        let takes = if self.takes.is_empty() {
            "nothing it asked for".to_owned()
        } else {
            self.takes.join(", ")
        };
        format!(
            "priority {}, owner {}, takes {takes}",
            self.priority,
            self.owner()
        )
    }

    /// Who makes another where it goes.
    pub fn owner(&self) -> String {
        match &self.owner {
            Some(owner) => format!("{}/{}", owner.kind, owner.name),
            None => "nobody: it will not come back".to_owned(),
        }
    }
}

/// What `trace`, the decision on `pod` in `cluster`, says of making room on the node called `node`.
pub fn judged(cluster: &Cluster, pod: &Arc<Pod>, trace: Arc<Trace>, node: &str) -> Judged {
    let found = trace.post_filter.as_ref();
    let id = trace.nodes.id(node);
    let mut candidates = found.into_iter().flat_map(|found| &found.candidates);
    let candidate = candidates.find(|candidate| Some(candidate.node) == id);
    let room = candidate.map(|candidate| room(cluster, pod, &trace, candidate));
    let below = id
        .into_iter()
        .flat_map(|id| cluster.nodes.pods_below(id, pod.spec.priority));
    let leaving = below
        .filter_map(|id| cluster.pods.get(id))
        .filter(|pod| pod.preempted);
    Judged {
        pod: Arc::clone(pod),
        room,
        leaving: leaving
            .map(|pod| (pod.key.clone(), Arc::clone(&pod.uid)))
            .collect(),
        trace,
    }
}

fn room(cluster: &Cluster, pod: &Pod, trace: &Trace, candidate: &Candidate) -> Room {
    let node = Arc::from(trace.nodes.name(candidate.node));
    let found = candidate
        .victims
        .iter()
        .filter_map(|found| Some((found, cluster.pod(&found.key)?)));
    let names = &cluster.interner.resources;
    let mut budgets: Vec<Budget> = Vec::new();
    let victims = found.map(|(found, pod)| {
        let namespace = &pod.key.namespace;
        let about = cluster.objects.budgets.in_namespace(namespace);
        for (_, budget) in about.filter(|(_, budget)| budget.is_about(&pod.labels)) {
            let key = PodKey::new(Arc::clone(namespace), Arc::clone(&budget.name));
            match budgets.iter_mut().find(|known| known.key == key) {
                Some(known) => known.concerned += 1,
                None => budgets.push(Budget {
                    key,
                    allowed: budget.allowed,
                    concerned: 1,
                }),
            }
        }
        let takes = pod.load.requests.iter().filter(|(_, amount)| *amount > 0);
        Victim {
            key: found.key.clone(),
            uid: Arc::clone(&pod.uid),
            priority: found.priority,
            started: found.started,
            owner: pod.owner.clone(),
            takes: takes
                .map(|(resource, amount)| {
                    format!("{} {}", names.name(resource), names.show(resource, amount))
                })
                .collect(),
            protected: found.protected,
        }
    });
    let victims = victims.collect();
    let outranked = cluster.waiting().filter(|other| {
        other.nominated_node.as_ref() == Some(&node) && other.spec.priority < pod.spec.priority
    });
    Room {
        victims,
        budgets,
        violations: candidate.pdb_violations,
        budgets_unseen: cluster.unseen.contains_key(&ObjectKind::PodDisruptionBudget),
        outranked: outranked
            .map(|pod| (pod.key.clone(), Arc::clone(&pod.uid)))
            .collect(),
        node,
    }
}
