//! Workloads beside those that the demonstration itself makes, what selects their pods, and what protects these.

use super::{Kind, PLAIN, Table, tables};
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
    printer: &tables::SERVICE,
    categories: &["all"],
    strategy: &strategies::services::STRATEGY,
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
    printer: &tables::REPLICATION_CONTROLLER,
    subresources: &[scales::SUBRESOURCE],
    categories: &["all"],
    strategy: &strategies::replication_controllers::STRATEGY,
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
    printer: &tables::STATEFUL_SET,
    subresources: &[scales::SUBRESOURCE],
    categories: &["all"],
    strategy: &strategies::stateful_sets::STRATEGY,
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
    printer: &tables::BUDGET,
    strategy: &strategies::budgets::STRATEGY,
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
    printer: &tables::DAEMON_SET,
    strategy: &strategies::daemon_sets::STRATEGY,
    ..PLAIN
};

pub(crate) static CONTROLLER_REVISION: Kind = Kind {
    group: "apps",
    kind: "ControllerRevision",
    plural: "controllerrevisions",
    singular: "controllerrevision",
    table: Table::ControllerRevisions,
    printer: &tables::CONTROLLER_REVISION,
    strategy: &strategies::revisions::STRATEGY,
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
    fields: &[("status.successful", "/status/succeeded")],
    no_such_field: Some(|name| format!("field label {name:?} not supported for Job")),
    printer: &tables::JOB,
    strategy: &strategies::jobs::STRATEGY,
    ..PLAIN
};
