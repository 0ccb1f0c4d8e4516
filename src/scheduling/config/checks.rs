//! Upstream's rules for a configuration (`ValidateKubeSchedulerConfiguration`), and those that come of how its plugins
//! hand over to each other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Note;
use super::args::API_VERSION;
use super::duration::nanoseconds;
use super::error::Problem;
use super::merge::{ALL, Effective};
use super::objects::{ConfigurationObject, Extender, LeaderElection, ProfileObject};
use super::points::{self, Point};
use crate::model::syntax;

/// Seconds that a pod waits after its first attempt where nothing else is said.
pub(super) const INITIAL_BACKOFF: i64 = 1;
/// Seconds that a pod waits at most where nothing else is said.
pub(super) const MAX_BACKOFF: i64 = 10;

const KIND: &str = "KubeSchedulerConfiguration";

/// Whether the document is such a configuration at all.
pub(super) fn head(value: &Value) -> Result<(), Problem> {
    let hint = format!("A configuration begins with: apiVersion: {API_VERSION}, kind: {KIND}");
    if !value.is_object() {
        return Err(Problem::new("", "this is no configuration", hint));
    }
    for (field, expected) in [("apiVersion", API_VERSION), ("kind", KIND)] {
        match value.get(field) {
            Some(Value::String(text)) if text == expected => {}
            Some(found) => {
                let old =
                    field == "apiVersion" && found.as_str().is_some_and(|text| text.contains("/v1beta"));
                let hint = if old {
                    format!("Kubernetes 1.37 reads {API_VERSION} alone: the older versions are gone.")
                } else {
                    hint
                };
                return Err(Problem::new(
                    field,
                    format!("it is {found}, not {expected}"),
                    hint,
                ));
            }
            None => return Err(Problem::new("", format!("{field} is missing"), hint)),
        }
    }
    Ok(())
}

/// What is wrong with the configuration as a whole.
pub(super) fn configuration(object: &ConfigurationObject) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |field: &str, message: String| problems.push(Problem::new(field, message, ""));
    if object.parallelism.is_some_and(|parallelism| parallelism <= 0) {
        wrong("parallelism", "it must be greater than zero".to_owned());
    }
    if object.client_connection.burst < 0 {
        wrong("clientConnection.burst", "it must not be negative".to_owned());
    }
    let initial = object.pod_initial_backoff_seconds.unwrap_or(INITIAL_BACKOFF);
    let max = object.pod_max_backoff_seconds.unwrap_or(MAX_BACKOFF);
    if initial <= 0 {
        wrong(
            "podInitialBackoffSeconds",
            "it must be greater than zero".to_owned(),
        );
    }
    if max < initial {
        let field = if object.pod_max_backoff_seconds.is_some() {
            "podMaxBackoffSeconds"
        } else {
            "podInitialBackoffSeconds"
        };
        wrong(
            field,
            format!(
                "podMaxBackoffSeconds ({max}) must not be less than podInitialBackoffSeconds ({initial})"
            ),
        );
    }
    problems.extend(percentage(object.percentage_of_nodes_to_score, ""));
    problems.extend(leader_election(&object.leader_election));
    problems.extend(extenders(&object.extenders));
    problems.extend(profiles(&object.profiles));
    problems
}

fn percentage(of_nodes: Option<i32>, path: &str) -> Option<Problem> {
    of_nodes
        .filter(|percentage| !(0..=100).contains(percentage))
        .map(|percentage| {
            let field = format!("{path}percentageOfNodesToScore");
            Problem::new(
                field,
                format!("{percentage} is not in the range 0 to 100"),
                "0 lets kube-scheduler choose.",
            )
        })
}

fn profiles(all: &[ProfileObject]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, profile) in all.iter().enumerate() {
        let path = format!("profiles[{at}]");
        problems.extend(percentage(
            profile.percentage_of_nodes_to_score,
            &format!("{path}."),
        ));
        if let Some(name) = profile.scheduler_name.as_deref().filter(|name| !name.is_empty())
            && let Some(first) = names.insert(name, at)
        {
            problems.push(Problem::new(
                format!("{path}.schedulerName"),
                format!("'{name}' is the schedulerName of profiles[{first}] already"),
                "Each profile has its own.",
            ));
        }
        for &point in Point::ALL {
            for (index, plugin) in profile.plugins.at(point).enabled.iter().enumerate() {
                if points::REMOVED.contains(&plugin.name.as_str()) {
                    let field = format!("{path}.plugins.{}.enabled[{index}].name", point.field());
                    problems.push(Problem::new(
                        field,
                        format!("{} is gone from Kubernetes", plugin.name),
                        "NodeVolumeLimits counts the volumes of all drivers.",
                    ));
                }
            }
        }
    }
    let sort_of = |profile: &ProfileObject| {
        let set = profile.plugins.at(Point::QueueSort);
        let disabled: Vec<String> = set.disabled.iter().map(|plugin| plugin.name.clone()).collect();
        let enabled: Vec<_> = set
            .enabled
            .iter()
            .map(|plugin| (plugin.name.clone(), plugin.weight))
            .collect();
        (enabled, disabled)
    };
    let Some((first, others)) = all.split_first() else {
        return problems;
    };
    for (at, profile) in others.iter().enumerate() {
        if sort_of(profile) != sort_of(first) {
            problems.push(Problem::new(
                format!("profiles[{}].plugins.queueSort", at + 1),
                "all profiles must sort the queue alike: there is one queue",
                "Write the same queueSort into every profile, or into none.",
            ));
        }
    }
    problems
}

fn leader_election(election: &LeaderElection) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut read = |field: &str, text: Option<&str>, default: i128| {
        let text = text.filter(|text| !text.is_empty());
        let nanoseconds = text.map_or(Some(default * 1_000_000_000), nanoseconds);
        if nanoseconds.is_none() {
            let text = text.unwrap_or_default();
            let message = format!("'{text}' is no duration");
            problems.push(Problem::new(
                format!("leaderElection.{field}"),
                message,
                "Such as 15s or 1m30s.",
            ));
        }
        nanoseconds
    };
    let lease = read("leaseDuration", election.lease_duration.as_deref(), 15);
    let renew = read("renewDeadline", election.renew_deadline.as_deref(), 10);
    let retry = read("retryPeriod", election.retry_period.as_deref(), 2);
    if election.leader_elect == Some(false) {
        return problems;
    }
    if !matches!(election.resource_lock.as_str(), "" | "leases") {
        let message = format!("'{}' is no kind of lock", election.resource_lock);
        problems.push(Problem::new(
            "leaderElection.resourceLock",
            message,
            "It is leases.",
        ));
    }
    // A zero is filled in with the default before these are compared.
    let or = |given: Option<i128>, default: i128| match given {
        Some(0) => Some(default * 1_000_000_000),
        given => given,
    };
    if let (Some(lease), Some(renew), Some(retry)) = (or(lease, 15), or(renew, 10), or(retry, 2)) {
        for (field, value) in [
            ("leaseDuration", lease),
            ("renewDeadline", renew),
            ("retryPeriod", retry),
        ] {
            if value <= 0 {
                let field = format!("leaderElection.{field}");
                problems.push(Problem::new(field, "it must be greater than zero", ""));
            }
        }
        if lease <= renew {
            let message = "it must be greater than renewDeadline";
            problems.push(Problem::new("leaderElection.leaseDuration", message, ""));
        }
    }
    problems
}

fn extenders(all: &[Extender]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut managed = BTreeSet::new();
    for (at, extender) in all.iter().enumerate() {
        let path = format!("extenders[{at}]");
        if !extender.prioritize_verb.is_empty() && extender.weight <= 0 {
            let message = "an extender that prioritizes needs a weight greater than zero";
            problems.push(Problem::new(format!("{path}.weight"), message, ""));
        }
        if let Some(text) = extender.http_timeout.as_deref()
            && nanoseconds(text).is_none()
        {
            let message = format!("'{text}' is no duration");
            problems.push(Problem::new(
                format!("{path}.httpTimeout"),
                message,
                "Such as 5s.",
            ));
        }
        for (index, resource) in extender.managed_resources.iter().enumerate() {
            let field = format!("{path}.managedResources[{index}].name");
            let name = resource.name.as_str();
            let extended = name.contains('/')
                && !name.contains("kubernetes.io/")
                && !name.starts_with("requests.")
                && syntax::is_label_key(name)
                && syntax::is_label_key(&format!("requests.{name}"));
            if !extended {
                let message = format!("'{name}' is no extended resource");
                problems.push(Problem::new(field, message, "Such as example.com/gpu."));
            } else if !managed.insert(name) {
                let message = format!("'{name}' is managed by an extender already");
                problems.push(Problem::new(field, message, ""));
            }
        }
    }
    let binders = all
        .iter()
        .filter(|extender| !extender.bind_verb.is_empty())
        .count();
    if binders > 1 {
        let message = format!("{binders} extenders bind; one alone can");
        problems.push(Problem::new("extenders", message, ""));
    }
    problems
}

/// The plugins whose Filter upstream ends the cycle with an error where their PreFilter did not run.
const FILTER_WANTS_PRE_FILTER: [&str; 9] = [
    "NodePorts",
    "NodeResourcesFit",
    "VolumeRestrictions",
    "VolumeBinding",
    "PodTopologySpread",
    "InterPodAffinity",
    "DynamicResources",
    "NodeDeclaredFeatures",
    "DeferredPodScheduling",
];
/// Those whose Score does so without PreScore.
const SCORE_WANTS_PRE_SCORE: [&str; 3] = ["TaintToleration", "PodTopologySpread", "InterPodAffinity"];
/// Those whose Score does so without PreFilter.
const SCORE_WANTS_PRE_FILTER: [&str; 2] = ["VolumeBinding", "DynamicResources"];

/// Whether what the profile at `path` runs can work: kube-scheduler starts with such a profile, then ends every cycle
/// with an error.
pub(super) fn runnable(effective: &Effective, path: &str, problems: &mut Vec<Problem>) {
    let runs = |plugin: &str, point: Point| effective.at(point).iter().any(|name| name == plugin);
    let mut needs = |plugins: &[&str], point: Point, needed: Point| {
        for plugin in plugins {
            if runs(plugin, point) && !runs(plugin, needed) {
                let (point, needed) = (point.field(), needed.field());
                problems.push(Problem::new(
                    format!("{path}.plugins.{needed}"),
                    format!(
                        "{plugin} runs at {point}, but not at {needed}, which prepares it: no pod could be scheduled"
                    ),
                    format!("Enable {plugin} at {needed}, too, or disable it at {point}."),
                ));
            }
        }
    };
    needs(&FILTER_WANTS_PRE_FILTER, Point::Filter, Point::PreFilter);
    needs(&SCORE_WANTS_PRE_SCORE, Point::Score, Point::PreScore);
    needs(&SCORE_WANTS_PRE_FILTER, Point::Score, Point::PreFilter);
}

/// What kube-scheduler would do otherwise than berth because of the configuration.
pub(super) fn notes(object: &ConfigurationObject) -> Vec<Note> {
    let mut notes = Vec::new();
    for (at, extender) in object.extenders.iter().enumerate() {
        let verbs = [
            ("filters", &extender.filter_verb),
            ("scores", &extender.prioritize_verb),
            ("preempts", &extender.preempt_verb),
            ("binds", &extender.bind_verb),
        ];
        let does: Vec<&str> = verbs
            .iter()
            .filter(|(_, verb)| !verb.is_empty())
            .map(|(does, _)| *does)
            .collect();
        let does = if does.is_empty() {
            "is asked nothing".to_owned()
        } else {
            does.join(", ")
        };
        notes.push(Note {
            text: format!(
                "extenders[{at}] ({}) {does} in kube-scheduler; berth never asks it: decisions can differ",
                extender.url_prefix
            ),
            grave: true,
        });
    }
    notes.extend(sampling(
        object.percentage_of_nodes_to_score,
        "percentageOfNodesToScore",
    ));
    notes
}

fn sampling(percentage: Option<i32>, field: &str) -> Option<Note> {
    percentage.filter(|&percentage| percentage != 100).map(|_| Note {
        text: format!("{field} is not used: berth looks at every node, kube-scheduler at some"),
        grave: false,
    })
}

/// The same for the profile at `path`.
pub(super) fn notes_of_profile(
    profile: &ProfileObject,
    effective: &Effective,
    path: &str,
    notes: &mut Vec<Note>,
) {
    let field = format!("{path}.percentageOfNodesToScore");
    notes.extend(sampling(profile.percentage_of_nodes_to_score, &field));
    let sets = Point::ALL
        .iter()
        .map(|&point| (point.field(), profile.plugins.at(point)));
    for (field, set) in sets.chain([("multiPoint", &profile.plugins.multi_point)]) {
        for plugin in &set.disabled {
            let name = plugin.name.as_str();
            if name != ALL && points::of_plugin(name).is_none() {
                let near = super::error::near(name, points::names());
                let near = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
                notes.push(Note {
                    text: format!("{path}.plugins.{field}: there is no plugin '{name}' to disable{near}"),
                    grave: false,
                });
            }
        }
    }
    let unjudged = points::UNJUDGED.iter().filter(|name| {
        Point::ALL
            .iter()
            .any(|&point| effective.at(point).iter().any(|have| have == *name))
    });
    for name in unjudged {
        notes.push(Note {
            text: format!("{path}: {name} is enabled; berth has no such rule yet: decisions can differ"),
            grave: true,
        });
    }
}
