//! Workloads beside those that the demonstration itself makes, what selects their pods, and what protects these.

use super::{Kind, PLAIN, Table, tables};

pub(super) static SERVICE: Kind = Kind {
    kind: "Service",
    plural: "services",
    singular: "service",
    short_names: &["svc"],
    table: Table::Services,
    has_status: true,
    returns_deleted: true,
    fields: &[("spec.clusterIP", "/spec/clusterIP"), ("spec.type", "/spec/type")],
    defaults: &[
        ("/spec/type", r#""ClusterIP""#),
        ("/spec/sessionAffinity", r#""None""#),
        ("/status/loadBalancer", "{}"),
    ],
    categories: &["all"],
    printer: &tables::SERVICE,
    ..PLAIN
};

pub(super) static REPLICATION_CONTROLLER: Kind = Kind {
    kind: "ReplicationController",
    plural: "replicationcontrollers",
    singular: "replicationcontroller",
    short_names: &["rc"],
    table: Table::ReplicationControllers,
    has_status: true,
    counts_generation: true,
    fields: &[("status.replicas", "/status/replicas")],
    defaults: &[("/spec/replicas", "1"), ("/status/replicas", "0")],
    categories: &["all"],
    printer: &tables::REPLICATION_CONTROLLER,
    ..PLAIN
};

pub(super) static STATEFUL_SET: Kind = Kind {
    group: "apps",
    kind: "StatefulSet",
    plural: "statefulsets",
    singular: "statefulset",
    short_names: &["sts"],
    table: Table::StatefulSets,
    has_status: true,
    counts_generation: true,
    defaults: &[("/spec/replicas", "1"), ("/status/replicas", "0")],
    categories: &["all"],
    printer: &tables::STATEFUL_SET,
    ..PLAIN
};

pub(super) static BUDGET: Kind = Kind {
    group: "policy",
    kind: "PodDisruptionBudget",
    plural: "poddisruptionbudgets",
    singular: "poddisruptionbudget",
    short_names: &["pdb"],
    table: Table::Budgets,
    has_status: true,
    counts_generation: true,
    defaults: &[
        ("/status/disruptionsAllowed", "0"),
        ("/status/currentHealthy", "0"),
        ("/status/desiredHealthy", "0"),
        ("/status/expectedPods", "0"),
    ],
    printer: &tables::BUDGET,
    ..PLAIN
};

pub(super) static DAEMON_SET: Kind = Kind {
    group: "apps",
    kind: "DaemonSet",
    plural: "daemonsets",
    singular: "daemonset",
    short_names: &["ds"],
    categories: &["all"],
    table: Table::DaemonSets,
    has_status: true,
    counts_generation: true,
    defaults: &[
        ("/status/currentNumberScheduled", "0"),
        ("/status/numberMisscheduled", "0"),
        ("/status/desiredNumberScheduled", "0"),
        ("/status/numberReady", "0"),
    ],
    printer: &tables::DAEMON_SET,
    ..PLAIN
};

pub(super) static CONTROLLER_REVISION: Kind = Kind {
    group: "apps",
    kind: "ControllerRevision",
    plural: "controllerrevisions",
    singular: "controllerrevision",
    table: Table::ControllerRevisions,
    printer: &tables::CONTROLLER_REVISION,
    ..PLAIN
};

pub(super) static JOB: Kind = Kind {
    group: "batch",
    kind: "Job",
    plural: "jobs",
    singular: "job",
    categories: &["all"],
    table: Table::Jobs,
    has_status: true,
    counts_generation: true,
    fields: &[("status.successful", "/status/succeeded")],
    printer: &tables::JOB,
    ..PLAIN
};
