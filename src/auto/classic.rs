//! The loop of the small schedulers that people write to learn how it goes: one pod after the other, without a queue that
//! thinks, without assuming anything.
//!
//! ```text
//! watch pods ──▶ bounded queue ──▶ predicates ──▶ priorities ──▶ Binding ──▶ Event
//! watch nodes ──▶ list of nodes ──────┘
//! ```

use std::collections::HashMap;
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch as latest};

use super::happened::{Happened, Tell};
use super::scheduler::Ended;
use crate::cluster::events::PodEvent;
use crate::cluster::watch::{self, FeedEvent, WatchKind, WatchStatus};
use crate::cluster::{Connection, Identity};
use crate::model::node::Node;
use crate::model::{Cluster, Pod, PodKey};
use crate::placing::{Intent, Outcome, Placer, Refusal, Verdict};

/// Pods that may wait in the queue; the watch of pods waits where it is full.
pub const QUEUE: usize = 300;
/// How long a pod that could not be placed stays out of the queue.
const AGAIN: Duration = Duration::from_secs(1);

/// Whether a pod may go to a node.
pub type Predicate = Box<dyn FnMut(&Pod, &Node) -> bool + Send>;
/// How good a node is for a pod.
pub type Priority = Box<dyn FnMut(&Pod, &Node) -> i64 + Send>;

/// A small scheduler: its name, and the functions that it decides by.
pub struct Classic {
    scheduler_name: Arc<str>,
    predicates: Vec<Predicate>,
    priorities: Vec<Priority>,
    once: bool,
}

impl Classic {
    /// For pods of `scheduler_name`. As it is, every node fits and none is better: each pod goes to the first by name.
    pub fn new(scheduler_name: &str) -> Self {
        Self {
            scheduler_name: scheduler_name.into(),
            predicates: Vec::new(),
            priorities: Vec::new(),
            once: false,
        }
    }

    /// The scheduler that draws: `RandomFilter` lets a node pass or not, `RandomScore` gives it 0 to 99. The same `seed`
    /// draws the same.
    pub fn random(scheduler_name: &str, seed: u64) -> Self {
        let (mut filter, mut score) = (Rng::with_seed(seed), Rng::with_seed(seed.wrapping_add(1)));
        Self::new(scheduler_name)
            .predicate(move |_, _| filter.bool())
            .priority(move |_, _| score.i64(0..100))
    }

    /// Only nodes that `predicate` lets pass.
    #[must_use]
    pub fn predicate(mut self, predicate: impl FnMut(&Pod, &Node) -> bool + Send + 'static) -> Self {
        self.predicates.push(Box::new(predicate));
        self
    }

    /// The sum of all priorities decides; of several nodes that have the most, the first by name.
    #[must_use]
    pub fn priority(mut self, priority: impl FnMut(&Pod, &Node) -> i64 + Send + 'static) -> Self {
        self.priorities.push(Box::new(priority));
        self
    }

    /// Ends once every pod that waits by then had its turn.
    #[must_use]
    pub fn once(mut self, once: bool) -> Self {
        self.once = once;
        self
    }

    /// Places pods until `stop` is done. `tell` is told each step.
    pub async fn run(self, connection: Connection, stop: impl Future<Output = ()>, tell: Tell) -> Ended {
        let (nodes_in, nodes) = latest::channel(None);
        let (queue_in, queue) = mpsc::channel(QUEUE);
        let finder = find(
            connection.clone(),
            Arc::clone(&self.scheduler_name),
            queue_in.clone(),
            nodes_in,
            Arc::clone(&tell),
        );
        let finder = tokio::spawn(finder);
        let placer = Placer::new(
            connection,
            Identity::default(),
            vec![Arc::clone(&self.scheduler_name)],
        );
        let mut work = Work {
            classic: self,
            placer,
            nodes,
            again: queue_in,
            tell,
            ended: Ended::default(),
        };
        work.run(queue, stop).await;
        finder.abort();
        work.ended
    }

    /// Calculates, and gives the best node: the first with the highest sum.
    fn decide(&mut self, pod: &Pod, nodes: &[Arc<Node>]) -> Scores {
        let mut scores = Scores(Vec::new());
        for node in nodes {
            if self.predicates.iter_mut().all(|fits| fits(pod, node)) {
                let sum = self.priorities.iter_mut().map(|score| score(pod, node)).sum();
                scores.0.push((Arc::clone(&node.name), sum));
            }
        }
        scores
    }
}

impl fmt::Debug for Classic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Classic")
            .field("scheduler_name", &self.scheduler_name)
            .field("predicates", &self.predicates.len())
            .field("priorities", &self.priorities.len())
            .finish_non_exhaustive()
    }
}

/// The nodes that fit, with their sums, in name order.
struct Scores(Vec<(Arc<str>, i64)>);

impl Scores {
    fn best(&self) -> Option<&Arc<str>> {
        let most = self.0.iter().map(|(_, sum)| *sum).max()?;
        let mut best = self.0.iter().filter(|(_, sum)| *sum == most);
        best.next().map(|(node, _)| node)
    }
}

/// The nodes as the watch has them, in name order; `None` before its first list is complete.
type Nodes = Option<Arc<[Arc<Node>]>>;

/// What is in the queue.
enum Item {
    Pod(Arc<Pod>),
    /// All pods that there were at the beginning have been told.
    AllOfList,
}

/// Watches: keeps the nodes, and puts every pod of `scheduler_name` that waits into the queue once.
async fn find(
    connection: Connection,
    scheduler_name: Arc<str>,
    queue: mpsc::Sender<Item>,
    nodes: latest::Sender<Nodes>,
    tell: Tell,
) {
    let (feed_in, mut feed) = mpsc::channel(64);
    let _watching = watch::start(&connection, [WatchKind::Nodes], &feed_in);
    let of_nodes = async {
        let mut cluster = Cluster::default();
        let mut live = false;
        while let Some(event) = feed.recv().await {
            match event {
                FeedEvent::Changes(changes) => changes.into_iter().for_each(|change| cluster.apply(change)),
                FeedEvent::Status(kind, status) => {
                    live |= status == WatchStatus::Live;
                    tell(Happened::Watch(kind, status));
                }
            }
            if live {
                let mut all: Vec<Arc<Node>> =
                    cluster.nodes.iter().map(|(_, node)| Arc::clone(node)).collect();
                all.sort_by(|a, b| a.name.cmp(&b.name));
                nodes.send_replace(Some(all.into()));
            }
        }
    };
    let (pods_in, mut pods) = mpsc::channel(64);
    let _watching = watch::start(&connection, [WatchKind::Pods], &pods_in);
    let of_pods = async {
        let mut cluster = Cluster::default();
        let mut found: HashMap<PodKey, Arc<str>> = HashMap::new();
        while let Some(event) = pods.recv().await {
            match event {
                FeedEvent::Changes(changes) => changes.into_iter().for_each(|change| cluster.apply(change)),
                FeedEvent::Status(kind, status) => {
                    let live = status == WatchStatus::Live;
                    tell(Happened::Watch(kind, status));
                    if live && queue.send(Item::AllOfList).await.is_err() {
                        return;
                    }
                }
            }
            let ours = cluster
                .waiting()
                .filter(|pod| pod.spec.scheduler_name == scheduler_name);
            let mut new: Vec<Arc<Pod>> = ours
                .filter(|pod| !pod.is_gated() && found.get(&pod.key) != Some(&pod.uid))
                .cloned()
                .collect();
            new.sort_by(|a, b| (a.created, &a.key).cmp(&(b.created, &b.key)));
            found.retain(|key, _| cluster.pod(key).is_some_and(|pod| pod.is_waiting()));
            for pod in new {
                found.insert(pod.key.clone(), Arc::clone(&pod.uid));
                // Waits where the queue is full.
                if queue.send(Item::Pod(pod)).await.is_err() {
                    return;
                }
            }
        }
    };
    tokio::join!(of_nodes, of_pods);
}

struct Work {
    classic: Classic,
    placer: Placer,
    nodes: latest::Receiver<Nodes>,
    again: mpsc::Sender<Item>,
    tell: Tell,
    ended: Ended,
}

impl Work {
    /// Until `stop` is done; a pod that is under way by then is seen through.
    async fn run(&mut self, mut queue: mpsc::Receiver<Item>, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        loop {
            let item = tokio::select! {
                biased;
                () = &mut stop => return,
                item = queue.recv() => item,
            };
            match item {
                Some(Item::Pod(pod)) => self.place(pod).await,
                Some(Item::AllOfList) if !self.classic.once => {}
                Some(Item::AllOfList) | None => return,
            }
        }
    }

    async fn place(&mut self, pod: Arc<Pod>) {
        let tell = Arc::clone(&self.tell);
        tell(Happened::Found(pod.key.clone()));
        let nodes = self.known().await;
        let scores = self.classic.decide(&pod, &nodes);
        tell(Happened::Scored(pod.key.clone(), scores.0.clone()));
        let Some(node) = scores.best() else {
            let message = format!("no node fits: {} were looked at", nodes.len());
            return self.put_back(pod, true, message);
        };
        tell(Happened::Chosen(pod.key.clone(), Arc::clone(node)));
        match bind(&self.placer, &pod, node).await {
            Ok(()) => {
                self.ended.bound += 1;
                tell(Happened::Bound(pod.key.clone(), Arc::clone(node)));
                post(&self.placer, &pod, node, &tell).await;
            }
            Err(outcome) => match *outcome {
                // Nobody has to place it any more.
                Outcome::Refused(
                    refusal @ (Refusal::PodGone
                    | Refusal::PodReplaced
                    | Refusal::AlreadyBound { .. }
                    | Refusal::Deleting
                    | Refusal::Over(_)),
                ) => tell(Happened::Trouble(format!("{}: {refusal}", pod.key))),
                Outcome::Refused(refusal) => self.put_back(pod, false, refusal.to_string()),
                Outcome::Unknown { error, .. } => self.put_back(pod, false, error),
                other => self.put_back(pod, false, format!("{other:?}")),
            },
        }
    }

    /// The nodes, once they are known.
    async fn known(&mut self) -> Arc<[Arc<Node>]> {
        match self.nodes.wait_for(Option::is_some).await {
            Ok(nodes) => nodes.clone().unwrap_or_default(),
            // Nobody watches any more: it is over.
            Err(_) => Arc::default(),
        }
    }

    /// Says why the pod is not placed, and puts it back into the queue a little later.
    fn put_back(&mut self, pod: Arc<Pod>, fits_nowhere: bool, message: String) {
        (self.tell)(Happened::Unplaced {
            pod: pod.key.clone(),
            fits_nowhere,
            message: message.into(),
        });
        if self.classic.once {
            self.ended.left += 1;
            return;
        }
        let again = self.again.clone();
        tokio::spawn(async move {
            tokio::time::sleep(AGAIN).await;
            // Fails only where the scheduler is over.
            let _ = again.send(Item::Pod(pod)).await;
        });
    }
}

async fn bind(placer: &Placer, pod: &Pod, node: &Arc<str>) -> Result<(), Box<Outcome>> {
    let intent = Intent {
        pod: pod.key.clone(),
        uid: Arc::clone(&pod.uid),
        // The uid alone: what else changed on the pod does not matter to who decides without looking.
        resource_version: Arc::default(),
        node: Arc::clone(node),
        verdict: Verdict::default(),
        reason: None,
        adoption: None,
        insists: false,
    };
    placer.bind_plainly(&intent).await
}

async fn post(placer: &Placer, pod: &Pod, node: &str, tell: &Tell) {
    let event = PodEvent::scheduled(pod.key.clone(), &pod.uid, node, &pod.spec.scheduler_name);
    match placer.connection.post_event(&event.at(Timestamp::now())).await {
        Ok(()) => tell(Happened::Posted(pod.key.clone())),
        Err(error) => tell(Happened::Trouble(error.to_string())),
    }
}
