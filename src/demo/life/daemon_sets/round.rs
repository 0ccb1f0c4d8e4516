//! One look at a DaemonSet.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    COMPONENT,
    nodes::{Node, add_tolerations, node_of, pin},
};
use crate::demo::{
    failure::Failure,
    kinds::workload::DAEMON_SET,
    life::{
        backoff::Backoff,
        deployments::scaled,
        events,
        owned_pods::{self, BURST, Facts, is_finished},
        revisions::{self, Revision},
        statuses::{self, int, set_count},
        world::World,
    },
    object::{Key, Object, child, str_at},
};

/// The label that tells which revision of the template a pod is of.
const REVISION: &str = "controller-revision-hash";

pub(super) struct Round<'a> {
    world: &'a World,
    set: &'a Object,
    tree: Value,
    nodes: &'a BTreeMap<Arc<str>, Node>,
    /// By the node on which they are, or are to be; the oldest first.
    pods: HashMap<String, Vec<Facts>>,
    /// The spec that pods get, but for their node.
    spec: Value,
    hash: String,
    now: Timestamp,
    more: Option<Duration>,
}

impl<'a> Round<'a> {
    /// Does what is to be done now; answers when to look again.
    pub(super) fn run(
        world: &'a World,
        set: &'a Object,
        tree: Value,
        pods: Vec<Arc<Object>>,
        nodes: &'a BTreeMap<Arc<str>, Node>,
        failed: &mut Backoff,
    ) -> Result<Option<Duration>, Failure> {
        let mut revisions = revisions::list(world, set);
        let before = int(&tree, "/status/collisionCount");
        let mut collisions = before;
        let synced = revisions::sync(world, &DAEMON_SET, (set, &tree), &mut revisions, &mut collisions);
        if collisions != before {
            let mut status = tree["status"].clone();
            status["collisionCount"] = collisions.into();
            statuses::put(&world.store, &DAEMON_SET, set, &tree, &status)?;
        }
        let at = synced?;
        let hash = revisions
            .get(at)
            .and_then(|r| r.object.label(REVISION))
            .unwrap_or_default();
        let mut spec = tree["spec"]["template"]["spec"].clone();
        add_tolerations(&mut spec);
        let mut by_node: HashMap<String, Vec<Facts>> = HashMap::new();
        for pod in pods {
            let node = node_of(&pod.tree()).to_owned();
            by_node.entry(node).or_default().push(Facts::of(pod));
        }
        for pods in by_node.values_mut() {
            pods.sort_by(|a, b| (a.created, &a.object.key).cmp(&(b.created, &b.object.key)));
        }
        let mut round = Self {
            hash: hash.to_owned(),
            now: Timestamp::now(),
            pods: by_node,
            more: None,
            world,
            set,
            tree,
            nodes,
            spec,
        };
        let acted = if set.deleting { Ok(()) } else { round.act(failed) };
        let written = round.write_status();
        acted.and(written)?;
        round.clean_up(&revisions);
        Ok(round.more)
    }

    fn look_again(&mut self, wait: Duration) {
        self.more = Some(self.more.map_or(wait, |more| more.min(wait)));
    }

    fn act(&mut self, failed: &mut Backoff) -> Result<(), Failure> {
        let (mut missing, mut surplus) = (Vec::new(), Vec::new());
        let mut broken = Vec::new();
        for (name, node) in self.nodes {
            let (runs, stays) = node.takes(&self.spec);
            let pods = self.pods.get(&**name).map_or(&[][..], Vec::as_slice);
            if pods.is_empty() {
                if runs {
                    missing.push(Arc::clone(name));
                }
                continue;
            }
            if !stays {
                surplus.extend(
                    pods.iter()
                        .filter(|pod| !pod.object.deleting)
                        .map(|pod| Arc::clone(&pod.object)),
                );
                continue;
            }
            let mut kept = false;
            for pod in pods.iter().filter(|pod| !pod.object.deleting) {
                if is_finished(&pod.object) {
                    broken.push((Arc::clone(name), Arc::clone(&pod.object)));
                } else if std::mem::replace(&mut kept, true) {
                    // The oldest stays.
                    surplus.push(Arc::clone(&pod.object));
                }
            }
        }
        // Pods that wait for a node that is gone are nobody else's to collect.
        let lost = self
            .pods
            .iter()
            .filter(|(node, _)| !self.nodes.contains_key(node.as_str()));
        let unbound = lost
            .flat_map(|(_, pods)| pods)
            .filter(|pod| pod.node().is_empty() && !pod.object.deleting);
        surplus.extend(unbound.map(|pod| Arc::clone(&pod.object)));
        for (node, pod) in broken {
            if self.replace_finished(&node, &pod, failed) {
                surplus.push(pod);
            }
        }
        let about = (&DAEMON_SET, self.set);
        for pod in surplus.iter().take(BURST) {
            owned_pods::delete(&self.world.store, COMPONENT, about, pod)?;
        }
        for node in missing.iter().take(BURST) {
            let pod = self.pod(node);
            match owned_pods::create(&self.world.store, COMPONENT, about, pod) {
                Err(failure) if statuses::is_terminating(&failure) => return Ok(()),
                made => made?,
            };
        }
        if missing.len() > BURST || surplus.len() > BURST {
            self.look_again(Duration::ZERO);
        }
        if missing.is_empty() && surplus.is_empty() {
            self.update()?;
        }
        Ok(())
    }

    /// Tells of a pod that has ended; answers whether it is time to replace it.
    fn replace_finished(&mut self, node: &str, pod: &Object, failed: &mut Backoff) -> bool {
        let key = Key::new(&self.set.uid, node);
        let (namespace, name) = (&pod.key.namespace, &pod.key.name);
        let store = &self.world.store;
        let about = (&DAEMON_SET, self.set);
        if pod.field(&crate::demo::kinds::POD, "status.phase") == "Succeeded" {
            let message = format!(
                "Found succeeded daemon pod {namespace}/{name} on node {node}, will try to delete it"
            );
            events::post(
                store,
                COMPONENT,
                "",
                about,
                "Normal",
                ("SucceededDaemonPod", &message),
            );
            return true;
        }
        // The first is replaced at once; a series of them ever later.
        let tree = pod.tree();
        let made: Option<Timestamp> = str_at(&tree, "/metadata/creationTimestamp").parse().ok();
        let age = made.map_or(i64::MAX, |made| self.now.as_second() - made.as_second());
        let due = i64::try_from(failed.peek(&key).as_secs()).unwrap_or(i64::MAX);
        if age < due {
            self.look_again(Duration::from_secs(u64::try_from(due - age).unwrap_or(1)));
            return false;
        }
        failed.fail(&key);
        let message =
            format!("Found failed daemon pod {namespace}/{name} on node {node}, will try to kill it");
        events::post(
            store,
            COMPONENT,
            "",
            about,
            "Warning",
            ("FailedDaemonPod", &message),
        );
        true
    }

    fn pod(&self, node: &str) -> Value {
        let mut pod = owned_pods::from_template(&self.tree["spec"]["template"], &DAEMON_SET, self.set);
        pod["spec"] = self.spec.clone();
        pin(&mut pod["spec"], node);
        let labels = child(&mut pod["metadata"], "labels");
        labels.insert(REVISION.into(), self.hash.clone().into());
        let generation = &self.tree["metadata"]["annotations"]["deprecated.daemonset.template.generation"];
        if generation.is_string() {
            labels.insert("pod-template-generation".into(), generation.clone());
        }
        pod
    }

    fn is_available(&self, pod: &Facts) -> Result<(), Option<i64>> {
        pod.available(int(&self.tree, "/spec/minReadySeconds").unwrap_or(0), self.now)
    }

    fn is_updated(&self, pod: &Facts) -> bool {
        pod.object.label(REVISION) == Some(&self.hash)
    }

    /// Replaces pods of older revisions, as far as pods may be unavailable.
    fn update(&self) -> Result<(), Failure> {
        let strategy = &self.tree["spec"]["updateStrategy"];
        if !matches!(str_at(strategy, "/type"), "" | "RollingUpdate") {
            return Ok(());
        }
        let wanted = self
            .nodes
            .values()
            .filter(|node| node.takes(&self.spec).0)
            .count();
        let one = json!(1);
        let most = strategy.pointer("/rollingUpdate/maxUnavailable").unwrap_or(&one);
        let most = usize::try_from(scaled(most, wanted as i64, true))
            .unwrap_or(0)
            .max(1);
        let (mut unavailable, mut idle, mut due) = (0, Vec::new(), Vec::new());
        for (name, pods) in &self.pods {
            if !self.nodes.contains_key(name.as_str()) {
                continue;
            }
            let Some(pod) = pods.iter().find(|pod| !pod.object.deleting) else {
                unavailable += 1;
                continue;
            };
            let available = self.is_available(pod).is_ok();
            unavailable += usize::from(!available);
            if !self.is_updated(pod) {
                if available { &mut due } else { &mut idle }.push(pod);
            }
        }
        due.sort_by(|a, b| a.object.key.cmp(&b.object.key));
        let room = most.saturating_sub(unavailable);
        for pod in idle.into_iter().chain(due.into_iter().take(room)) {
            owned_pods::delete(&self.world.store, COMPONENT, (&DAEMON_SET, self.set), &pod.object)?;
        }
        Ok(())
    }

    fn write_status(&mut self) -> Result<(), Failure> {
        let (mut desired, mut current, mut misscheduled) = (0, 0, 0);
        let (mut ready, mut available, mut updated) = (0, 0, 0);
        let mut next: Option<i64> = None;
        for (name, node) in self.nodes {
            let oldest = self.pods.get(&**name).and_then(|pods| pods.first());
            if !node.takes(&self.spec).0 {
                misscheduled += i64::from(oldest.is_some());
                continue;
            }
            desired += 1;
            let Some(pod) = oldest else { continue };
            current += 1;
            ready += i64::from(pod.is_ready());
            updated += i64::from(self.is_updated(pod));
            match self.is_available(pod) {
                Ok(()) => available += 1,
                Err(left) => next = next.into_iter().chain(left).min(),
            }
        }
        let mut status = self.tree["status"].clone();
        if !status.is_object() {
            status = json!({});
        }
        for (name, count) in [
            ("desiredNumberScheduled", desired),
            ("currentNumberScheduled", current),
            ("numberMisscheduled", misscheduled),
            ("numberReady", ready),
        ] {
            status[name] = count.into();
        }
        if let Some(status) = status.as_object_mut() {
            set_count(status, "updatedNumberScheduled", updated);
            set_count(status, "numberAvailable", available);
            set_count(status, "numberUnavailable", desired - available);
            let generation = int(&self.tree, "/metadata/generation").unwrap_or(0);
            set_count(status, "observedGeneration", generation);
        }
        statuses::put(&self.world.store, &DAEMON_SET, self.set, &self.tree, &status)?;
        if let Some(next) = next.and_then(|next| u64::try_from(next).ok()) {
            self.look_again(Duration::from_secs(next));
        }
        Ok(())
    }

    fn clean_up(&self, revisions: &[Revision]) {
        let limit = int(&self.tree, "/spec/revisionHistoryLimit").unwrap_or(10);
        let limit = usize::try_from(limit).unwrap_or(0);
        revisions::clean_up(self.world, revisions, limit, |revision| {
            let hash = revision.object.label(REVISION);
            let mut pods = self.pods.values().flatten();
            hash == Some(&self.hash) || pods.any(|pod| pod.object.label(REVISION) == hash)
        });
    }
}
