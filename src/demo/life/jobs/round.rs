//! One look at a job.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    COMPONENT,
    failures::{Failures, finished_at},
    indexes,
    making::{self, is_tracked, untrack},
};
use crate::demo::{
    clock,
    failure::Failure,
    kinds::{POD, workload::JOB},
    life::{
        conditions, events,
        owned_pods::{self, BURST, Facts, is_active, is_finished},
        statuses::{self, int, set_count},
        world::World,
    },
    object::{Object, str_at},
};

const INTERIM_FAILURE: &str = "FailureTarget";
const INTERIM_SUCCESS: &str = "SuccessCriteriaMet";

pub(super) struct Round<'a> {
    world: &'a World,
    job: &'a Object,
    tree: Value,
    status: Value,
    pods: &'a [Arc<Object>],
    /// Those of them that run, or are to.
    active: Vec<Arc<Object>>,
    /// How many are on their way out.
    terminating: usize,
    /// The indexes that are done, of a job that has such.
    done: Option<BTreeSet<i64>>,
    completions: Option<i64>,
    parallelism: i64,
    next: Option<Duration>,
}

/// The pods that have finished and are not counted yet.
#[derive(Default)]
struct Finished {
    succeeded: Vec<Arc<Object>>,
    failed: Vec<Arc<Object>>,
}

impl<'a> Round<'a> {
    pub(super) fn new(world: &'a World, job: &'a Object, tree: Value, pods: &'a [Arc<Object>]) -> Self {
        let parallelism = int(&tree, "/spec/parallelism");
        let completions = int(&tree, "/spec/completions");
        // Neither: one pod. Only the parallelism: done as soon as one has succeeded.
        let completions = completions.or_else(|| parallelism.is_none().then_some(1));
        let indexed = tree["spec"]["completionMode"] == "Indexed";
        let done = str_at(&tree, "/status/completedIndexes").to_owned();
        Self {
            status: match &tree["status"] {
                status if status.is_object() => status.clone(),
                _ => json!({}),
            },
            active: pods.iter().filter(|pod| is_active(pod)).cloned().collect(),
            terminating: pods
                .iter()
                .filter(|pod| pod.deleting && !is_finished(pod))
                .count(),
            done: indexed.then(|| indexes::parse(&done, completions.unwrap_or(0))),
            world,
            job,
            tree,
            pods,
            completions,
            parallelism: parallelism.unwrap_or(1),
            next: None,
        }
    }

    /// Does what is to be done now; answers when to look again.
    pub(super) fn run(mut self, failures: &mut Failures) -> Result<Option<Duration>, Failure> {
        let finished = self.finished();
        Self::count_failures(&finished, failures);
        let suspended = self.tree["spec"]["suspend"] == true;
        if str_at(&self.status, "/startTime").is_empty() && !suspended {
            self.status["startTime"] = clock::now().into();
        }
        if let Some(done) = &mut self.done {
            let completions = self.completions.unwrap_or(0);
            done.extend(
                finished
                    .succeeded
                    .iter()
                    .filter_map(|pod| indexes::of(pod, completions)),
            );
        }
        let succeeded = match &self.done {
            Some(done) => i64::try_from(done.len()).unwrap_or(i64::MAX),
            None => self.number("succeeded") + finished.succeeded.len() as i64,
        };
        let failed = self.number("failed") + finished.failed.len() as i64;
        let mut managed = Ok(());
        let mut active = self.active.len() as i64;
        let mut ready = self.ready();
        let mut end = self.verdict(failed);
        if end.is_some() {
            for pod in std::mem::take(&mut self.active) {
                owned_pods::delete(&self.world.store, COMPONENT, (&JOB, self.job), &pod)?;
                self.terminating += usize::from(self.is_still_there(&pod));
            }
            (active, ready) = (0, 0);
        } else {
            if !self.job.deleting {
                match self.manage(succeeded, suspended, failures) {
                    Ok(count) => active = count,
                    Err(failure) => managed = Err(failure),
                }
                ready = ready.min(active);
            }
            let complete = match self.completions {
                None => succeeded > 0 && active == 0,
                Some(completions) => succeeded >= completions && active == 0,
            };
            if complete {
                let message = "Reached expected number of succeeded pods";
                end = Some((
                    INTERIM_SUCCESS,
                    "CompletionsReached".to_owned(),
                    message.to_owned(),
                ));
            } else if !self.job.deleting {
                self.tell_suspension(suspended);
            }
        }
        self.settle(&finished, end.is_some(), succeeded);
        self.finish(active, ready, end)?;
        managed?;
        Ok(self.next)
    }

    fn number(&self, name: &str) -> i64 {
        self.status[name].as_i64().unwrap_or(0)
    }

    fn ready(&self) -> i64 {
        let ready = self
            .active
            .iter()
            .filter(|pod| Facts::of(Arc::clone(pod)).is_ready());
        ready.count() as i64
    }

    fn is_still_there(&self, pod: &Object) -> bool {
        let now = self.world.store.get(pod.table, &pod.key);
        now.is_some_and(|now| now.uid == pod.uid)
    }

    fn replaces_only_failed(&self) -> bool {
        self.tree["spec"]["podReplacementPolicy"] == "Failed"
    }

    /// Whether a pod has failed. One that is deleted counts as such, unless it is to be waited for.
    fn has_failed(&self, pod: &Object) -> bool {
        match pod.field(&POD, "status.phase") {
            "Failed" => true,
            "Succeeded" => false,
            _ => pod.deleting && !self.replaces_only_failed(),
        }
    }

    fn finished(&self) -> Finished {
        let mut finished = Finished::default();
        for pod in self.pods.iter().filter(|pod| pod.deleting || is_finished(pod)) {
            if !is_tracked(&pod.tree()) || (self.done.is_some() && self.index(pod).is_none()) {
                continue;
            }
            if pod.field(&POD, "status.phase") == "Succeeded" {
                finished.succeeded.push(Arc::clone(pod));
            } else if self.has_failed(pod) {
                finished.failed.push(Arc::clone(pod));
            }
        }
        finished
    }

    fn count_failures(finished: &Finished, failures: &mut Failures) {
        let times = |pods: &[Arc<Object>]| -> Vec<Timestamp> {
            pods.iter().map(|pod| finished_at(&pod.tree())).collect()
        };
        failures.count(&times(&finished.succeeded), &times(&finished.failed));
    }

    fn index(&self, pod: &Object) -> Option<i64> {
        indexes::of(pod, self.completions.unwrap_or(0))
    }

    /// Whether the job is to end, with what interim condition, reason and message.
    fn verdict(&mut self, failed: i64) -> Option<(&'static str, String, String)> {
        for interim in [INTERIM_SUCCESS, INTERIM_FAILURE] {
            if let Some(condition) = conditions::find(&self.status, interim)
                && condition["status"] == "True"
            {
                let text = |at: &str| str_at(condition, at).to_owned();
                return Some((interim, text("/reason"), text("/message")));
            }
        }
        let fail =
            |reason: &str, message: &str| Some((INTERIM_FAILURE, reason.to_owned(), message.to_owned()));
        let limit = int(&self.tree, "/spec/backoffLimit").unwrap_or(6);
        if failed > limit || self.restarted_too_often(limit) {
            return fail(
                "BackoffLimitExceeded",
                "Job has reached the specified backoff limit",
            );
        }
        let deadline = int(&self.tree, "/spec/activeDeadlineSeconds")?;
        let start: Timestamp = str_at(&self.status, "/startTime").parse().ok()?;
        if self.tree["spec"]["suspend"] == true {
            return None;
        }
        let over = start.as_second().saturating_add(deadline);
        let left = over.saturating_sub(Timestamp::now().as_second());
        if left <= 0 {
            return fail(
                "DeadlineExceeded",
                "Job was active longer than specified deadline",
            );
        }
        self.look_again(Duration::from_secs(u64::try_from(left).unwrap_or(0)));
        None
    }

    /// Containers that are restarted in their pods count as well.
    fn restarted_too_often(&self, limit: i64) -> bool {
        if str_at(&self.tree, "/spec/template/spec/restartPolicy") != "OnFailure" {
            return false;
        }
        let restarts = self.active.iter().map(|pod| Facts::of(Arc::clone(pod)).restarts);
        let restarts = restarts.fold(0, i64::saturating_add);
        restarts > 0 && restarts >= limit
    }

    fn look_again(&mut self, wait: Duration) {
        self.next = Some(self.next.map_or(wait, |next| next.min(wait)));
    }

    /// Makes or deletes pods; answers how many are active then.
    fn manage(&mut self, succeeded: i64, suspended: bool, failures: &Failures) -> Result<i64, Failure> {
        let active = self.active.len() as i64;
        let wanted = match self.completions {
            _ if suspended => 0,
            None if succeeded > 0 => active,
            None => self.parallelism,
            Some(completions) => (completions - succeeded).min(self.parallelism).max(0),
        };
        let surplus = self.surplus(active - wanted);
        if !surplus.is_empty() {
            let count = surplus.len() as i64;
            for pod in surplus {
                // It is not to be counted as a failure.
                untrack(self.world, &pod);
                owned_pods::delete(&self.world.store, COMPONENT, (&JOB, self.job), &pod)?;
                self.terminating += usize::from(self.is_still_there(&pod));
            }
            return Ok(active - count);
        }
        let waited_for = if self.replaces_only_failed() {
            self.terminating as i64
        } else {
            0
        };
        let missing = wanted - active - waited_for;
        if missing <= 0 {
            return Ok(active);
        }
        let wait = failures.wait(Timestamp::now());
        if !wait.is_zero() {
            self.look_again(wait);
            return Ok(active);
        }
        let mut active = active;
        let missing = usize::try_from(missing).unwrap_or(0);
        for index in self.to_make(missing.min(BURST)) {
            let pod = making::pod(self.job, &self.tree, index);
            match owned_pods::create(&self.world.store, COMPONENT, (&JOB, self.job), pod) {
                Err(failure) if statuses::is_terminating(&failure) => return Ok(active),
                Err(failure) => return Err(failure),
                Ok(_) => active += 1,
            }
        }
        Ok(active)
    }

    /// The indexes of the pods to be made, or as many times none.
    fn to_make(&self, count: usize) -> Vec<Option<i64>> {
        let Some(done) = &self.done else {
            return vec![None; count];
        };
        let busy: BTreeSet<i64> = self.active.iter().filter_map(|pod| self.index(pod)).collect();
        let free = (0..self.completions.unwrap_or(0)).filter(|i| !done.contains(i) && !busy.contains(i));
        free.take(count).map(Some).collect()
    }

    /// The active pods that are too many: those of an index that another has, or that is none, first.
    fn surplus(&self, least: i64) -> Vec<Arc<Object>> {
        let least = usize::try_from(least).unwrap_or(0);
        let mut pods: Vec<Facts> = self.active.iter().map(|pod| Facts::of(Arc::clone(pod))).collect();
        owned_pods::sort_for_deletion(&mut pods, &HashMap::new(), Timestamp::now());
        let (mut surplus, mut left) = (Vec::new(), Vec::new());
        let mut taken = BTreeSet::new();
        // The one that got furthest keeps the index.
        for pod in pods.into_iter().rev() {
            let keeps = self.done.is_none() || self.index(&pod.object).is_some_and(|i| taken.insert(i));
            if keeps { &mut left } else { &mut surplus }.push(pod.object);
        }
        while surplus.len() < least {
            match left.pop() {
                Some(pod) => surplus.push(pod),
                None => break,
            }
        }
        surplus
    }

    fn tell_suspension(&mut self, suspended: bool) {
        let before = conditions::is_true(&self.status, "Suspended");
        if before == suspended {
            return;
        }
        let (reason, event, message) = if suspended {
            self.unset("startTime");
            ("JobSuspended", "Suspended", "Job suspended")
        } else {
            self.status["startTime"] = clock::now().into();
            ("JobResumed", "Resumed", "Job resumed")
        };
        conditions::remove(&mut self.status, "Suspended");
        self.condition("Suspended", suspended, (reason, message));
        self.tell("Normal", (event, message));
    }

    fn unset(&mut self, name: &str) {
        if let Some(status) = self.status.as_object_mut() {
            status.remove(name);
        }
    }

    fn condition(&mut self, kind: &str, is: bool, (reason, message): (&str, &str)) {
        let now = clock::now();
        let condition = json!({
            "type": kind, "status": if is { "True" } else { "False" }, "reason": reason, "message": message,
            "lastProbeTime": now, "lastTransitionTime": now,
        });
        conditions::push(&mut self.status, condition);
    }

    fn tell(&self, severity: &str, what: (&str, &str)) {
        events::post(&self.world.store, COMPONENT, "", (&JOB, self.job), severity, what);
    }

    /// Counts finished pods and lets them go. When the job ends, what still ran counts as failed.
    fn settle(&mut self, finished: &Finished, ending: bool, succeeded: i64) {
        let let_go = |pods: &[Arc<Object>]| pods.iter().filter(|pod| untrack(self.world, pod)).count() as i64;
        let good = let_go(&finished.succeeded);
        let mut bad = let_go(&finished.failed);
        if ending || self.job.deleting {
            let rest = self.pods.iter().filter(|pod| {
                let counted = finished.succeeded.iter().chain(&finished.failed);
                !counted.into_iter().any(|other| other.uid == pod.uid) && is_tracked(&pod.tree())
            });
            let rest = rest.filter(|pod| untrack(self.world, pod)).count() as i64;
            // Of a job that succeeded nothing is left running; one that is deleted counts no more.
            bad += if ending { rest } else { 0 };
        }
        let succeeded = if self.done.is_some() {
            succeeded
        } else {
            self.number("succeeded") + good
        };
        let failed = self.number("failed") + bad;
        let done = self.done.as_ref().map(indexes::format);
        if let Some(status) = self.status.as_object_mut() {
            set_count(status, "succeeded", succeeded);
            set_count(status, "failed", failed);
            match done.filter(|done| !done.is_empty()) {
                Some(done) => status.insert("completedIndexes".into(), done.into()),
                None => status.remove("completedIndexes"),
            };
        }
    }

    /// Writes the status, with the end where nothing is left to wait for.
    fn finish(
        &mut self,
        active: i64,
        ready: i64,
        end: Option<(&'static str, String, String)>,
    ) -> Result<(), Failure> {
        if let Some(status) = self.status.as_object_mut() {
            set_count(status, "active", active);
            status.insert("ready".into(), ready.into());
            status.insert("terminating".into(), self.terminating.into());
            status
                .entry("uncountedTerminatedPods")
                .or_insert_with(|| json!({}));
        }
        let mut over = None;
        if let Some((interim, reason, message)) = end {
            let why = (reason.as_str(), message.as_str());
            if conditions::find(&self.status, interim).is_none() {
                self.condition(interim, true, why);
            }
            if self.terminating == 0 {
                if interim == INTERIM_SUCCESS {
                    self.condition("Complete", true, why);
                    self.status["completionTime"] = clock::now().into();
                    over = Some(("Normal", "Completed".to_owned(), "Job completed".to_owned()));
                } else {
                    self.condition("Failed", true, why);
                    over = Some(("Warning", reason, message));
                }
            }
        }
        statuses::put(&self.world.store, &JOB, self.job, &self.tree, &self.status)?;
        if let Some((severity, reason, message)) = over {
            self.tell(severity, (&reason, &message));
        }
        Ok(())
    }
}
