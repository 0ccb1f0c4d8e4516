//! What a scheduler counts, under the names that kube-scheduler's metrics have where they mean the same.
//!
//! Source of names, labels and buckets: `pkg/scheduler/metrics/metrics.go`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::model::Pod;

/// How often the queue is counted.
const COUNTED: Duration = Duration::from_millis(500);

/// How an attempt to place a pod ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Result {
    /// A node was found.
    Scheduled,
    /// None fits.
    Unschedulable,
    /// Something went wrong.
    Error,
}

impl Result {
    /// As the label `result` has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Unschedulable => "unschedulable",
            Self::Error => "error",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AttemptLabels {
    result: &'static str,
    profile: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QueueLabels {
    queue: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LeaderLabels {
    name: String,
}

/// The counters of one scheduler.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    attempts: Family<AttemptLabels, Counter>,
    attempt_seconds: Family<AttemptLabels, Histogram, fn() -> Histogram>,
    pending: Family<QueueLabels, Gauge>,
    binding_seconds: Histogram,
    sli_seconds: Histogram,
    preemption_attempts: Counter,
    victims: Histogram,
    leads: Family<LeaderLabels, Gauge>,
    ready: AtomicBool,
    stands_by: AtomicBool,
    counted: Mutex<Option<Instant>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let attempts = Family::default();
        let attempt_seconds: Family<AttemptLabels, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 2.0, 15)));
        let pending = Family::default();
        let binding_seconds = Histogram::new(exponential_buckets(0.001, 2.0, 15));
        let sli_seconds = Histogram::new(exponential_buckets(0.01, 2.0, 20));
        let preemption_attempts = Counter::default();
        let victims = Histogram::new(exponential_buckets(1.0, 2.0, 7));
        let leads = Family::default();
        let scheduler = registry.sub_registry_with_prefix("scheduler");
        scheduler.register(
            "schedule_attempts",
            "Attempts to place a pod, by result",
            attempts.clone(),
        );
        scheduler.register_with_unit(
            "scheduling_attempt_duration",
            "Time to decide on one pod, without its Binding",
            Unit::Seconds,
            attempt_seconds.clone(),
        );
        scheduler.register(
            "pending_pods",
            "Pods that wait, by queue: active, backoff, unschedulable, gated",
            pending.clone(),
        );
        scheduler.register_with_unit(
            "binding_duration",
            "Time from the decision until the pod is bound or refused, with what is prepared for it",
            Unit::Seconds,
            binding_seconds.clone(),
        );
        scheduler.register_with_unit(
            "pod_scheduling_sli_duration",
            "Time from a pod's creation until it was bound",
            Unit::Seconds,
            sli_seconds.clone(),
        );
        scheduler.register(
            "preemption_attempts",
            "How often room was made for a pod",
            preemption_attempts.clone(),
        );
        scheduler.register(
            "preemption_victims",
            "Pods that were deleted to make room, each time",
            victims.clone(),
        );
        registry.register(
            "leader_election_master_status",
            "Whether this process holds the Lease: 1, or 0",
            leads.clone(),
        );
        Self {
            registry,
            attempts,
            attempt_seconds,
            pending,
            binding_seconds,
            sli_seconds,
            preemption_attempts,
            victims,
            leads,
            ready: AtomicBool::new(false),
            stands_by: AtomicBool::new(false),
            counted: Mutex::default(),
        }
    }
}

impl Metrics {
    /// Where they are, as text; [`Metrics::CONTENT_TYPE`] names its form.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// The form of [`Metrics::encode`].
    pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// Whether it does what it is there for: the first lists are complete, or another copy works and this one stands by.
    pub fn ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed) || self.stands_by.load(Ordering::Relaxed)
    }

    /// Says whether another copy holds the Lease, so that this one has nothing to do.
    pub fn stands_by(&self, stands_by: bool) {
        self.stands_by.store(stands_by, Ordering::Relaxed);
    }

    /// Says whether this process holds the Lease called `name`.
    pub fn leads(&self, name: &str, leads: bool) {
        let labels = LeaderLabels {
            name: name.to_owned(),
        };
        self.leads.get_or_create(&labels).set(i64::from(leads));
    }

    pub(super) fn is_ready(&self) {
        self.ready.store(true, Ordering::Relaxed);
    }

    pub(super) fn attempted(&self, profile: &str, result: Result, took: Duration) {
        let labels = AttemptLabels {
            result: result.as_str(),
            profile: profile.to_owned(),
        };
        self.attempts.get_or_create(&labels).inc();
        self.attempt_seconds
            .get_or_create(&labels)
            .observe(took.as_secs_f64());
    }

    pub(super) fn binding_took(&self, time: Duration) {
        self.binding_seconds.observe(time.as_secs_f64());
    }

    pub(super) fn placed(&self, pod: &Pod) {
        let since = Timestamp::now().duration_since(pod.created);
        self.sli_seconds.observe(since.as_secs_f64().max(0.0));
    }

    pub(super) fn preempted(&self, victims: usize) {
        self.preemption_attempts.inc();
        if victims > 0 {
            self.victims.observe(victims as f64);
        }
    }

    /// Takes down what `count` says of the queue, now and then.
    pub(super) fn pending(&self, count: impl FnOnce() -> [usize; 4]) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.is_some_and(|at| at.elapsed() < COUNTED) {
            return;
        }
        *counted = Some(Instant::now());
        for (queue, count) in ["active", "backoff", "unschedulable", "gated"]
            .into_iter()
            .zip(count())
        {
            self.pending
                .get_or_create(&QueueLabels { queue })
                .set(count as i64);
        }
    }
}
