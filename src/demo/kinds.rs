//! The table of kinds: one row for each resource that the server has.
//!
//! Whatever is true of a kind and not of the server stands here: discovery, routing, field selectors and the
//! generic verbs read the row. What a kind does beyond storage is in its own file ([`super::pods`],
//! [`super::events`], …).

pub(crate) mod device;
pub(crate) mod storage;
pub(crate) mod workload;

pub(crate) use self::workload::SERVICE;
use serde_json::{Value, json};

use super::{
    bindings, events, evictions, logs, namespaces, nodes, pods, priority_classes, reviews, scales,
    schema::{self, Type},
    strategies,
    strategy::{self, Strategy},
    subresource::Subresource,
    tables::{self, Printer},
};

/// Where objects of a kind are kept. Two rows may share one: events are the same under both of their groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Table {
    Pods,
    Nodes,
    Namespaces,
    Events,
    ConfigMaps,
    ServiceAccounts,
    PriorityClasses,
    Leases,
    Deployments,
    ReplicaSets,
    Services,
    ReplicationControllers,
    StatefulSets,
    DaemonSets,
    ControllerRevisions,
    Jobs,
    Secrets,
    Budgets,
    Volumes,
    Claims,
    StorageClasses,
    CsiNodes,
    CsiDrivers,
    Capacities,
    Attachments,
    DeviceClasses,
    DeviceTaintRules,
    ResourceClaims,
    ResourceClaimTemplates,
    ResourceSlices,
    /// Kinds that are answered and not kept: the reviews.
    Nowhere,
}

impl Table {
    /// How many tables there are to keep objects in.
    pub(crate) const COUNT: usize = Self::Nowhere as usize;
}

/// One kind of object that the server knows.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a row of a table, whose yes and no are independent"
)]
#[expect(clippy::struct_field_names, reason = "`kind` is what the API calls it")]
pub(crate) struct Kind {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) singular: &'static str,
    pub(crate) short_names: &'static [&'static str],
    /// Names for several kinds at once, such as `all`.
    pub(crate) categories: &'static [&'static str],
    pub(crate) namespaced: bool,
    pub(crate) table: Table,
    /// Has a `status` subresource: the main resource then does not write the status.
    pub(crate) has_status: bool,
    /// The server counts changes of the spec in `metadata.generation`.
    pub(crate) counts_generation: bool,
    /// A PUT to a name that is not there makes the object.
    pub(crate) create_on_update: bool,
    /// DELETE answers with the object instead of a `Status`.
    pub(crate) returns_deleted: bool,
    /// Fields to select by besides `metadata.name` and `metadata.namespace`: name, JSON pointer into the stored
    /// object. Rows that share a table list the same pointers in the same order.
    pub(crate) fields: &'static [(&'static str, &'static str)],
    /// What is said of another field, where upstream has words for it that are this kind's alone.
    pub(crate) no_such_field: Option<fn(&str) -> String>,
    /// What the server does with its objects beside keeping them.
    pub(crate) strategy: &'static Strategy,
    /// Subresources beside `status`.
    pub(crate) subresources: &'static [Subresource],
    /// The columns under which kubectl shows its objects.
    pub(crate) printer: &'static Printer,
    /// Answers it, where it is not kept.
    pub(crate) review: Option<reviews::Answer>,
}

impl Kind {
    /// `v1` or `group/version`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.into()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The resource as error messages name it: `pods` or `deployments.apps`.
    pub(crate) fn resource(&self) -> String {
        if self.group.is_empty() {
            self.plural.into()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    /// The type of its objects; every row has one.
    pub(crate) fn schema(&self) -> Option<&'static Type> {
        schema::of_kind(&self.api_version(), self.kind)
    }

    /// Reads a tree as an object of this kind.
    ///
    /// # Errors
    /// Where a value is not of its type.
    pub(crate) fn read(&self, tree: Value) -> Result<Value, String> {
        let of = self
            .schema()
            .ok_or_else(|| format!("there is no type of {}", self.kind))?;
        schema::decode(of, tree, false).map(|decoded| decoded.tree)
    }

    /// An object that says nothing, as it is written: upstream's bookmarks are such objects.
    pub(crate) fn blank(&self) -> Value {
        self.schema()
            .map_or_else(|| json!({}), |of| schema::zero(&of.shape))
    }

    /// Kept in a table, as opposed to answered and forgotten.
    pub(crate) fn is_stored(&self) -> bool {
        self.table != Table::Nowhere
    }

    /// The verbs of the main resource, as discovery lists them.
    pub(crate) fn verbs(&self) -> &'static [&'static str] {
        if self.table == Table::Nowhere {
            &["create"]
        } else if self.table == Table::Namespaces {
            &["create", "delete", "get", "list", "patch", "update", "watch"]
        } else {
            &[
                "create",
                "delete",
                "deletecollection",
                "get",
                "list",
                "patch",
                "update",
                "watch",
            ]
        }
    }
}

/// The kind of that group, version and plural name.
pub(crate) fn find(group: &str, version: &str, plural: &str) -> Option<&'static Kind> {
    KINDS
        .iter()
        .copied()
        .find(|k| k.group == group && k.version == version && k.plural == plural)
}

/// The kind that a table is stored as; `None` for kinds that are not kept.
pub(crate) fn of_table(table: Table) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|k| k.is_stored() && k.table == table)
}

/// The kind that a manifest names.
pub(crate) fn find_by_manifest(api_version: &str, kind: &str) -> Option<&'static Kind> {
    KINDS
        .iter()
        .copied()
        .find(|k| k.kind == kind && k.api_version() == api_version)
}

const PLAIN: Kind = Kind {
    group: "",
    version: "v1",
    kind: "",
    plural: "",
    singular: "",
    short_names: &[],
    namespaced: true,
    table: Table::Nowhere,
    has_status: false,
    counts_generation: false,
    create_on_update: false,
    returns_deleted: false,
    fields: &[],
    no_such_field: None,
    strategy: &strategy::PLAIN,
    printer: &tables::PLAIN,
    subresources: &[],
    review: None,
    categories: &[],
};

/// Pods.
pub(crate) static POD: Kind = Kind {
    kind: "Pod",
    plural: "pods",
    singular: "pod",
    short_names: &["po"],
    table: Table::Pods,
    has_status: true,
    counts_generation: true,
    returns_deleted: true,
    fields: &[
        ("spec.nodeName", "/spec/nodeName"),
        ("spec.restartPolicy", "/spec/restartPolicy"),
        ("spec.schedulerName", "/spec/schedulerName"),
        ("spec.serviceAccountName", "/spec/serviceAccountName"),
        ("spec.hostNetwork", "/spec/hostNetwork"),
        ("status.phase", "/status/phase"),
        ("status.podIP", "/status/podIP"),
        ("status.nominatedNodeName", "/status/nominatedNodeName"),
    ],
    strategy: &pods::STRATEGY,
    subresources: &[
        logs::ATTACH,
        bindings::SUBRESOURCE,
        pods::EPHEMERAL_CONTAINERS,
        evictions::SUBRESOURCE,
        logs::EXEC,
        logs::SUBRESOURCE,
        logs::PORT_FORWARD,
        logs::POD_PROXY,
        pods::RESIZE,
    ],
    categories: &["all"],
    printer: &tables::POD,
    ..PLAIN
};

/// Nodes.
pub(crate) static NODE: Kind = Kind {
    kind: "Node",
    plural: "nodes",
    singular: "node",
    short_names: &["no"],
    namespaced: false,
    table: Table::Nodes,
    has_status: true,
    fields: &[("spec.unschedulable", "/spec/unschedulable")],
    strategy: &nodes::STRATEGY,
    subresources: &[logs::NODE_PROXY],
    printer: &tables::NODE,
    ..PLAIN
};

/// Namespaces.
pub(crate) static NAMESPACE: Kind = Kind {
    kind: "Namespace",
    plural: "namespaces",
    singular: "namespace",
    short_names: &["ns"],
    namespaced: false,
    table: Table::Namespaces,
    has_status: true,
    fields: &[("status.phase", "/status/phase")],
    strategy: &namespaces::STRATEGY,
    printer: &tables::NAMESPACE,
    subresources: &[namespaces::FINALIZE],
    ..PLAIN
};

/// Priority classes.
pub(crate) static PRIORITY_CLASS: Kind = Kind {
    group: "scheduling.k8s.io",
    kind: "PriorityClass",
    plural: "priorityclasses",
    singular: "priorityclass",
    short_names: &["pc"],
    namespaced: false,
    table: Table::PriorityClasses,
    counts_generation: true,
    strategy: &priority_classes::STRATEGY,
    printer: &tables::PRIORITY_CLASS,
    ..PLAIN
};

/// Service accounts.
pub(crate) static SERVICE_ACCOUNT: Kind = Kind {
    kind: "ServiceAccount",
    plural: "serviceaccounts",
    singular: "serviceaccount",
    short_names: &["sa"],
    table: Table::ServiceAccounts,
    returns_deleted: true,
    subresources: &[reviews::TOKEN],
    ..PLAIN
};

/// Events of the core group, which is also how events are stored.
pub(crate) static EVENT: Kind = Kind {
    kind: "Event",
    plural: "events",
    singular: "event",
    short_names: &["ev"],
    table: Table::Events,
    create_on_update: true,
    fields: &[
        ("involvedObject.kind", "/involvedObject/kind"),
        ("involvedObject.namespace", "/involvedObject/namespace"),
        ("involvedObject.name", "/involvedObject/name"),
        ("involvedObject.uid", "/involvedObject/uid"),
        ("involvedObject.apiVersion", "/involvedObject/apiVersion"),
        (
            "involvedObject.resourceVersion",
            "/involvedObject/resourceVersion",
        ),
        ("involvedObject.fieldPath", "/involvedObject/fieldPath"),
        ("reason", "/reason"),
        ("reportingComponent", "/reportingComponent"),
        ("source", "/source/component"),
        ("type", "/type"),
    ],
    strategy: &events::CORE_STRATEGY,
    printer: &tables::EVENT,
    ..PLAIN
};

/// Events of `events.k8s.io`: the same store, other names for some fields.
pub(crate) static EVENTS_EVENT: Kind = Kind {
    group: "events.k8s.io",
    kind: "Event",
    plural: "events",
    singular: "event",
    short_names: &["ev"],
    table: Table::Events,
    create_on_update: true,
    fields: &[
        ("regarding.kind", "/involvedObject/kind"),
        ("regarding.namespace", "/involvedObject/namespace"),
        ("regarding.name", "/involvedObject/name"),
        ("regarding.uid", "/involvedObject/uid"),
        ("regarding.apiVersion", "/involvedObject/apiVersion"),
        ("regarding.resourceVersion", "/involvedObject/resourceVersion"),
        ("regarding.fieldPath", "/involvedObject/fieldPath"),
        ("reason", "/reason"),
        ("reportingController", "/reportingComponent"),
        // Upstream has no `source` here; the column is kept so that both rows count alike.
        ("", "/source/component"),
        ("type", "/type"),
    ],
    strategy: &events::STRATEGY,
    printer: &tables::EVENT,
    ..PLAIN
};

/// Asks whether the caller may do something.
pub(crate) static ACCESS_REVIEW: Kind = Kind {
    group: "authorization.k8s.io",
    kind: "SelfSubjectAccessReview",
    plural: "selfsubjectaccessreviews",
    singular: "selfsubjectaccessreview",
    namespaced: false,
    review: Some(reviews::own_access),
    ..PLAIN
};

/// Asks what the caller may do.
static RULES_REVIEW: Kind = Kind {
    group: "authorization.k8s.io",
    kind: "SelfSubjectRulesReview",
    plural: "selfsubjectrulesreviews",
    singular: "selfsubjectrulesreview",
    namespaced: false,
    review: Some(reviews::own_rules),
    ..PLAIN
};

/// Asks whether somebody may do something.
static SUBJECT_ACCESS_REVIEW: Kind = Kind {
    group: "authorization.k8s.io",
    kind: "SubjectAccessReview",
    plural: "subjectaccessreviews",
    singular: "subjectaccessreview",
    namespaced: false,
    review: Some(reviews::access),
    ..PLAIN
};

/// Asks whether somebody may do something in a namespace.
static LOCAL_ACCESS_REVIEW: Kind = Kind {
    group: "authorization.k8s.io",
    kind: "LocalSubjectAccessReview",
    plural: "localsubjectaccessreviews",
    singular: "localsubjectaccessreview",
    review: Some(reviews::local_access),
    ..PLAIN
};

/// Asks who the caller is.
pub(crate) static SUBJECT_REVIEW: Kind = Kind {
    group: "authentication.k8s.io",
    kind: "SelfSubjectReview",
    plural: "selfsubjectreviews",
    singular: "selfsubjectreview",
    namespaced: false,
    review: Some(reviews::own_subject),
    ..PLAIN
};

/// How many pods a workload is to have: the same object in another shape, under its `scale`.
pub(crate) static SCALE: Kind = Kind {
    group: "autoscaling",
    kind: "Scale",
    plural: "scales",
    singular: "scale",
    printer: &tables::SCALE,
    ..PLAIN
};

/// The older way to bind a pod: by a Binding in its namespace.
pub(crate) static BINDING: Kind = Kind {
    kind: "Binding",
    plural: "bindings",
    singular: "binding",
    ..PLAIN
};

/// What is sent to the `eviction` of a pod; no resource of its own.
pub(crate) static EVICTION: Kind = Kind {
    group: "policy",
    kind: "Eviction",
    ..PLAIN
};

pub(crate) static CONFIG_MAP: Kind = Kind {
    kind: "ConfigMap",
    plural: "configmaps",
    singular: "configmap",
    short_names: &["cm"],
    table: Table::ConfigMaps,
    printer: &tables::CONFIG_MAP,
    strategy: &strategies::config_maps::STRATEGY,
    ..PLAIN
};

static SECRET: Kind = Kind {
    kind: "Secret",
    plural: "secrets",
    singular: "secret",
    table: Table::Secrets,
    fields: &[("type", "/type")],
    printer: &tables::SECRET,
    strategy: &strategies::secrets::STRATEGY,
    ..PLAIN
};

/// Leases.
pub(crate) static LEASE: Kind = Kind {
    group: "coordination.k8s.io",
    kind: "Lease",
    plural: "leases",
    singular: "lease",
    table: Table::Leases,
    create_on_update: true,
    printer: &tables::LEASE,
    strategy: &strategies::leases::STRATEGY,
    ..PLAIN
};

pub(crate) static DEPLOYMENT: Kind = Kind {
    group: "apps",
    kind: "Deployment",
    plural: "deployments",
    singular: "deployment",
    short_names: &["deploy"],
    table: Table::Deployments,
    has_status: true,
    counts_generation: true,
    printer: &tables::DEPLOYMENT,
    subresources: &[scales::SUBRESOURCE],
    categories: &["all"],
    strategy: &strategies::deployments::STRATEGY,
    ..PLAIN
};

pub(crate) static REPLICA_SET: Kind = Kind {
    group: "apps",
    kind: "ReplicaSet",
    plural: "replicasets",
    singular: "replicaset",
    short_names: &["rs"],
    table: Table::ReplicaSets,
    has_status: true,
    counts_generation: true,
    printer: &tables::REPLICA_SET,
    subresources: &[scales::SUBRESOURCE],
    categories: &["all"],
    strategy: &strategies::replica_sets::STRATEGY,
    ..PLAIN
};

/// Every kind, in discovery's order: the core group first.
pub(crate) static KINDS: [&Kind; 37] = [
    &BINDING,
    &CONFIG_MAP,
    &EVENT,
    &NAMESPACE,
    &NODE,
    &storage::CLAIM,
    &storage::VOLUME,
    &POD,
    &workload::REPLICATION_CONTROLLER,
    &SECRET,
    &SERVICE_ACCOUNT,
    &SERVICE,
    &workload::CONTROLLER_REVISION,
    &workload::DAEMON_SET,
    &DEPLOYMENT,
    &REPLICA_SET,
    &workload::STATEFUL_SET,
    &SUBJECT_REVIEW,
    &LOCAL_ACCESS_REVIEW,
    &ACCESS_REVIEW,
    &RULES_REVIEW,
    &SUBJECT_ACCESS_REVIEW,
    &workload::JOB,
    &LEASE,
    &EVENTS_EVENT,
    &workload::BUDGET,
    &device::DEVICE_CLASS,
    &device::DEVICE_TAINT_RULE,
    &device::RESOURCE_CLAIM,
    &device::RESOURCE_CLAIM_TEMPLATE,
    &device::RESOURCE_SLICE,
    &PRIORITY_CLASS,
    &storage::CSI_DRIVER,
    &storage::CSI_NODE,
    &storage::CSI_STORAGE_CAPACITY,
    &storage::STORAGE_CLASS,
    &storage::VOLUME_ATTACHMENT,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_whole() {
        for kind in KINDS {
            assert!(kind.schema().is_some(), "{}", kind.kind);
            let found = find(kind.group, kind.version, kind.plural);
            assert!(
                found.is_some_and(|found| std::ptr::eq(found, kind)),
                "{}",
                kind.kind
            );
        }
        // The two rows of events read one table.
        let columns = |kind: &Kind| kind.fields.iter().map(|(_, at)| *at).collect::<Vec<_>>();
        assert_eq!(columns(&EVENT), columns(&EVENTS_EVENT));
    }
}
