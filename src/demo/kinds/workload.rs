//! Workloads beside those that the demonstration itself makes, what selects their pods, and what protects these.

use k8s_openapi::api::{
    apps::v1::{ControllerRevision, DaemonSet, StatefulSet},
    batch::v1::Job,
    core::v1::{ReplicationController, Service},
    policy::v1::PodDisruptionBudget,
};

use super::{Kind, PLAIN, Table, typed};
use crate::demo::{scales, strategies};

pub(crate) static SERVICE: Kind = Kind {
    kind: "Service",
    plural: "services",
    singular: "service",
    short_names: &["svc"],
    table: Table::Services,
    has_status: true,
    returns_deleted: true,
    fields: &[("spec.clusterIP", "/spec/clusterIP"), ("spec.type", "/spec/type")],
    blank: r#"{"spec":{},"status":{"loadBalancer":{}}}"#,
    categories: &["all"],
    strategy: &strategies::services::STRATEGY,
    normalise: typed::<Service>,
    ..PLAIN
};

pub(crate) static REPLICATION_CONTROLLER: Kind = Kind {
    kind: "ReplicationController",
    plural: "replicationcontrollers",
    singular: "replicationcontroller",
    short_names: &["rc"],
    table: Table::ReplicationControllers,
    has_status: true,
    counts_generation: true,
    fields: &[("status.replicas", "/status/replicas")],
    blank: r#"{"spec":{},"status":{"replicas":0}}"#,
    subresources: &[scales::SUBRESOURCE],
    categories: &["all"],
    strategy: &strategies::replication_controllers::STRATEGY,
    normalise: typed::<ReplicationController>,
    ..PLAIN
};

pub(crate) static STATEFUL_SET: Kind = Kind {
    group: "apps",
    kind: "StatefulSet",
    plural: "statefulsets",
    singular: "statefulset",
    short_names: &["sts"],
    table: Table::StatefulSets,
    has_status: true,
    counts_generation: true,
    blank: r#"{"spec":{"selector":null,"template":{"metadata":{},"spec":{"containers":null}},"serviceName":"","updateStrategy":{}},"status":{"replicas":0}}"#,
    subresources: &[scales::SUBRESOURCE],
    categories: &["all"],
    strategy: &strategies::stateful_sets::STRATEGY,
    normalise: typed::<StatefulSet>,
    ..PLAIN
};

pub(crate) static BUDGET: Kind = Kind {
    group: "policy",
    kind: "PodDisruptionBudget",
    plural: "poddisruptionbudgets",
    singular: "poddisruptionbudget",
    short_names: &["pdb"],
    table: Table::Budgets,
    has_status: true,
    counts_generation: true,
    blank: r#"{"spec":{},"status":{"disruptionsAllowed":0,"currentHealthy":0,"desiredHealthy":0,"expectedPods":0}}"#,
    strategy: &strategies::budgets::STRATEGY,
    normalise: typed::<PodDisruptionBudget>,
    ..PLAIN
};

pub(crate) static DAEMON_SET: Kind = Kind {
    group: "apps",
    kind: "DaemonSet",
    plural: "daemonsets",
    singular: "daemonset",
    short_names: &["ds"],
    categories: &["all"],
    table: Table::DaemonSets,
    has_status: true,
    counts_generation: true,
    blank: r#"{"spec":{"selector":null,"template":{"metadata":{},"spec":{"containers":null}},"updateStrategy":{}},"status":{"currentNumberScheduled":0,"numberMisscheduled":0,"desiredNumberScheduled":0,"numberReady":0}}"#,
    strategy: &strategies::daemon_sets::STRATEGY,
    normalise: typed::<DaemonSet>,
    ..PLAIN
};

pub(crate) static CONTROLLER_REVISION: Kind = Kind {
    group: "apps",
    kind: "ControllerRevision",
    plural: "controllerrevisions",
    singular: "controllerrevision",
    table: Table::ControllerRevisions,
    blank: r#"{"data":null,"revision":0}"#,
    strategy: &strategies::revisions::STRATEGY,
    normalise: typed::<ControllerRevision>,
    ..PLAIN
};

pub(crate) static JOB: Kind = Kind {
    group: "batch",
    kind: "Job",
    plural: "jobs",
    singular: "job",
    categories: &["all"],
    table: Table::Jobs,
    has_status: true,
    counts_generation: true,
    blank: r#"{"spec":{"template":{"metadata":{},"spec":{"containers":null}}},"status":{}}"#,
    strategy: &strategies::jobs::STRATEGY,
    normalise: typed::<Job>,
    ..PLAIN
};
