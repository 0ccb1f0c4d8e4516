//! One look at a StatefulSet.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    COMPONENT,
    identity::{self, REVISION, ordinal},
};
use crate::demo::{
    failure::Failure,
    kinds::{POD, Table, storage::CLAIM, workload::STATEFUL_SET},
    life::{
        deployments::scaled,
        events,
        owned_pods::{BURST, Facts, is_finished},
        replica_sets::replicas,
        revisions::{self, Revision},
        statuses::{self, int, set_count},
        world::World,
    },
    object::{Key, Object, str_at},
};

pub(super) struct Round<'a> {
    world: &'a World,
    set: &'a Object,
    tree: Value,
    revisions: Vec<Revision>,
    /// The names of the revision that stands and of the one to come.
    current: String,
    update: String,
    first: i64,
    wanted: i64,
    now: Timestamp,
}

/// Whether a set can go on, or has to wait for what it has just done or still waits for.
#[derive(PartialEq, Eq)]
enum Step {
    On,
    Wait,
}

impl<'a> Round<'a> {
    /// Does what is to be done now; answers in how many seconds to look again.
    pub(super) fn run(
        world: &'a World,
        set: &'a Object,
        tree: Value,
        pods: Vec<Arc<Object>>,
    ) -> Result<Option<i64>, Failure> {
        let mut revisions = revisions::list(world, set);
        let before = int(&tree, "/status/collisionCount");
        let mut collisions = before;
        let about = (set, &tree);
        let synced = revisions::sync(world, &STATEFUL_SET, about, &mut revisions, &mut collisions);
        if collisions != before {
            let mut status = tree["status"].clone();
            status["collisionCount"] = collisions.into();
            statuses::put(&world.store, &STATEFUL_SET, set, &tree, &status)?;
        }
        let at = synced?;
        let update = revisions
            .get(at)
            .map_or_else(String::new, |r| r.name().to_owned());
        let stands = str_at(&tree, "/status/currentRevision");
        let known = revisions.iter().any(|revision| revision.name() == stands);
        let round = Self {
            current: if known { stands.to_owned() } else { update.clone() },
            first: int(&tree, "/spec/ordinals/start").unwrap_or(0),
            wanted: replicas(&tree),
            now: Timestamp::now(),
            world,
            set,
            tree,
            revisions,
            update,
        };
        let pods: BTreeMap<i64, Facts> = pods
            .into_iter()
            .filter_map(|pod| Some((ordinal(set, &pod)?, Facts::of(pod))))
            .collect();
        let acted = if set.deleting { Ok(()) } else { round.act(&pods) };
        let written = round.write_status(&pods);
        acted.and(written)?;
        round.clean_up(&pods);
        let waits = pods
            .values()
            .filter_map(|pod| round.available(pod).err().flatten());
        Ok(waits.min())
    }

    fn is_wanted(&self, ordinal: i64) -> bool {
        (self.first..self.first.saturating_add(self.wanted)).contains(&ordinal)
    }

    fn available(&self, pod: &Facts) -> Result<(), Option<i64>> {
        if pod.phase() != "Running" {
            return Err(None);
        }
        pod.available(int(&self.tree, "/spec/minReadySeconds").unwrap_or(0), self.now)
    }

    /// Runs, is ready for long enough and is to stay.
    fn is_healthy(&self, pod: &Facts) -> bool {
        !pod.object.deleting && self.available(pod).is_ok()
    }

    fn is_parallel(&self) -> bool {
        self.tree["spec"]["podManagementPolicy"] == "Parallel"
    }

    fn act(&self, pods: &BTreeMap<i64, Facts>) -> Result<(), Failure> {
        let parallel = self.is_parallel();
        let mut made = 0;
        for ordinal in self.first..self.first.saturating_add(self.wanted) {
            let pod = pods.get(&ordinal);
            if pod.is_none() {
                made += 1;
                if made > BURST {
                    return Ok(());
                }
            }
            if self.keep(ordinal, pod)? == Step::Wait && !parallel {
                return Ok(());
            }
        }
        let healthy = |(_, pod): &(&i64, &Facts)| !self.is_healthy(pod);
        let in_order = pods.iter().filter(|(ordinal, _)| self.is_wanted(**ordinal));
        let surplus = || pods.iter().filter(|(ordinal, _)| !self.is_wanted(**ordinal));
        let first_unhealthy = in_order
            .chain(surplus())
            .find(healthy)
            .map(|(ordinal, _)| *ordinal);
        for (ordinal, pod) in surplus().rev() {
            if pod.object.deleting {
                if parallel {
                    continue;
                }
                return Ok(());
            }
            // Another one that is not well comes first.
            if !parallel && !self.is_healthy(pod) && first_unhealthy != Some(*ordinal) {
                return Ok(());
            }
            self.delete(&pod.object)?;
            if !parallel {
                return Ok(());
            }
        }
        self.update(pods)
    }

    /// Makes the pod of an ordinal, or looks whether it is as it is to be.
    fn keep(&self, ordinal: i64, pod: Option<&Facts>) -> Result<Step, Failure> {
        let Some(pod) = pod else {
            return self.make(ordinal);
        };
        if is_finished(&pod.object) {
            if !pod.object.deleting {
                self.delete(&pod.object)?;
            }
            return Ok(Step::Wait);
        }
        if pod.phase() == "Pending" && !pod.object.deleting {
            self.make_claims(ordinal)?;
        }
        Ok(if self.is_healthy(pod) {
            Step::On
        } else {
            Step::Wait
        })
    }

    fn make(&self, ordinal: i64) -> Result<Step, Failure> {
        let name = identity::pod_name(self.set, ordinal);
        let key = Key::new(&self.set.key.namespace, &name);
        if !self.make_claims(ordinal)? {
            return Ok(Step::Wait);
        }
        let revision = self.revision_of_new(ordinal);
        let found = self.revisions.iter().find(|other| other.name() == revision);
        let mut template = found.map_or(Value::Null, |found| found.data["spec"]["template"].clone());
        if let Some(template) = template.as_object_mut() {
            template.remove("$patch");
        }
        let pod = identity::pod(self.set, &self.tree, ordinal, (revision, &template));
        let made = statuses::create(&self.world.store, &POD, &key.namespace, pod);
        match made {
            Err(failure) if statuses::is_terminating(&failure) => Ok(Step::Wait),
            made => {
                self.tell("Create", &name, made.as_ref().err());
                made.map(|_| Step::Wait)
            }
        }
    }

    /// New pods are of the revision that stands where the partition, or an update that is under way, says so.
    fn revision_of_new(&self, ordinal: i64) -> &str {
        let strategy = &self.tree["spec"]["updateStrategy"];
        let stay = match str_at(strategy, "/type") {
            "OnDelete" => 0,
            _ if strategy["rollingUpdate"].is_object() => self.partition(),
            _ => int(&self.tree, "/status/currentReplicas").unwrap_or(0),
        };
        if ordinal < self.first.saturating_add(stay) {
            &self.current
        } else {
            &self.update
        }
    }

    fn partition(&self) -> i64 {
        int(&self.tree, "/spec/updateStrategy/rollingUpdate/partition").unwrap_or(0)
    }

    /// Makes the claims that a pod lacks; answers whether none of them is on its way out.
    fn make_claims(&self, ordinal: i64) -> Result<bool, Failure> {
        let mut sound = true;
        for (_, claim) in identity::claims(self.set, &self.tree, ordinal) {
            let name = str_at(&claim, "/metadata/name").to_owned();
            let key = Key::new(&self.set.key.namespace, &name);
            if let Some(there) = self.world.store.get(Table::Claims, &key) {
                sound &= !there.deleting;
                continue;
            }
            let made = statuses::create(&self.world.store, &CLAIM, &key.namespace, claim);
            let pod = identity::pod_name(self.set, ordinal);
            let set = &self.set.key.name;
            let about = (&STATEFUL_SET, self.set);
            let (severity, reason, message) = match &made {
                Ok(_) => (
                    "Normal",
                    "SuccessfulCreate",
                    format!("Create Claim {name} Pod {pod} in StatefulSet {set} success"),
                ),
                Err(failure) => (
                    "Warning",
                    "FailedCreate",
                    format!(
                        "Create Claim {name} for Pod {pod} in StatefulSet {set} failed error: {}",
                        failure.message()
                    ),
                ),
            };
            events::post(
                &self.world.store,
                COMPONENT,
                "",
                about,
                severity,
                (reason, &message),
            );
            made?;
        }
        Ok(sound)
    }

    fn tell(&self, verb: &str, pod: &str, failure: Option<&Failure>) {
        let set = &self.set.key.name;
        let (severity, outcome, end) = match failure {
            None => ("Normal", "Successful", "successful".to_owned()),
            Some(failure) => (
                "Warning",
                "Failed",
                format!("failed error: {}", failure.message()),
            ),
        };
        let reason = format!("{outcome}{verb}");
        let message = format!("{verb} Pod {pod} in StatefulSet {set} {end}");
        let about = (&STATEFUL_SET, self.set);
        events::post(
            &self.world.store,
            COMPONENT,
            "",
            about,
            severity,
            (&reason, &message),
        );
    }

    fn delete(&self, pod: &Object) -> Result<(), Failure> {
        let deleted = statuses::delete(&self.world.store, &POD, pod);
        self.tell("Delete", &pod.key.name, deleted.as_ref().err());
        deleted
    }

    /// Replaces pods of an older revision, from the last on, as far as pods may be unavailable.
    fn update(&self, pods: &BTreeMap<i64, Facts>) -> Result<(), Failure> {
        let strategy = &self.tree["spec"]["updateStrategy"];
        if !matches!(str_at(strategy, "/type"), "" | "RollingUpdate") {
            return Ok(());
        }
        let most = strategy.pointer("/rollingUpdate/maxUnavailable");
        let most = most.map_or(1, |most| scaled(most, self.wanted, true).max(1));
        let in_range = || pods.iter().filter(|(ordinal, _)| self.is_wanted(**ordinal));
        let missing = self.wanted - in_range().count() as i64;
        let mut unavailable = missing + in_range().filter(|(_, pod)| !self.is_healthy(pod)).count() as i64;
        let old = |pod: &Facts| pod.object.label(REVISION) != Some(&self.update) && !pod.object.deleting;
        let lowest = self.first.saturating_add(self.partition());
        let targets = || {
            let due = in_range().filter(|(ordinal, pod)| **ordinal >= lowest && old(pod));
            due.rev().map(|(_, pod)| pod)
        };
        if self.is_parallel() {
            // Those that are unavailable already cost nothing.
            for pod in targets().filter(|pod| !self.is_healthy(pod)) {
                self.delete(&pod.object)?;
            }
        }
        for pod in targets().filter(|pod| self.is_healthy(pod)) {
            if unavailable >= most {
                break;
            }
            self.delete(&pod.object)?;
            unavailable += 1;
        }
        Ok(())
    }

    fn write_status(&self, pods: &BTreeMap<i64, Facts>) -> Result<(), Failure> {
        let count = |what: &dyn Fn(&Facts) -> bool| pods.values().filter(|pod| what(pod)).count() as i64;
        let of = |revision: &str| {
            count(&|pod| pod.object.label(REVISION) == Some(revision) && !pod.object.deleting)
        };
        let running = |pod: &Facts| pod.phase() == "Running" && pod.is_ready();
        let (all, ready) = (pods.len() as i64, count(&running));
        let (mut current, updated) = (of(&self.current), of(&self.update));
        let mut standing = &self.current;
        let rolling = matches!(
            str_at(&self.tree, "/spec/updateStrategy/type"),
            "" | "RollingUpdate"
        );
        if rolling && [all, ready, updated].iter().all(|count| *count == self.wanted) {
            (current, standing) = (updated, &self.update);
        }
        let mut status = self.tree["status"].clone();
        if !status.is_object() {
            status = json!({});
        }
        status["replicas"] = all.into();
        status["availableReplicas"] = count(&|pod| self.available(pod).is_ok()).into();
        status["currentRevision"] = standing.clone().into();
        status["updateRevision"] = self.update.clone().into();
        if let Some(status) = status.as_object_mut() {
            status.entry("collisionCount").or_insert(0.into());
            set_count(status, "readyReplicas", ready);
            set_count(status, "currentReplicas", current);
            set_count(status, "updatedReplicas", updated);
            let generation = int(&self.tree, "/metadata/generation").unwrap_or(0);
            set_count(status, "observedGeneration", generation);
        }
        statuses::put(&self.world.store, &STATEFUL_SET, self.set, &self.tree, &status)
    }

    fn clean_up(&self, pods: &BTreeMap<i64, Facts>) {
        let limit = int(&self.tree, "/spec/revisionHistoryLimit").unwrap_or(10);
        let limit = usize::try_from(limit).unwrap_or(0);
        revisions::clean_up(self.world, &self.revisions, limit, |revision| {
            let name = revision.name();
            let in_use = |pod: &Facts| pod.object.label(REVISION) == Some(name);
            name == self.current || name == self.update || pods.values().any(in_use)
        });
    }
}
