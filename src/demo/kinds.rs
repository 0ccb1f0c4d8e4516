//! The table of kinds: one row for each resource that the server has.
//!
//! Whatever is true of a kind and not of the server stands here: discovery, routing, field selectors and the
//! generic verbs read the row. What a kind does beyond storage is in its own file ([`super::pods`],
//! [`super::events`], …).

pub(crate) mod device;
pub(crate) mod storage;
pub(crate) mod workload;

pub(crate) use self::workload::SERVICE;
use k8s_openapi::api::{
    apps::v1::{Deployment, ReplicaSet},
    authentication::v1::SelfSubjectReview,
    authorization::v1::{
        LocalSubjectAccessReview, SelfSubjectAccessReview, SelfSubjectRulesReview, SubjectAccessReview,
    },
    autoscaling::v1::Scale,
    coordination::v1::Lease,
    core::v1::{ConfigMap, Event, Namespace, Node, Pod, Secret, ServiceAccount},
    events::v1::Event as EventsEvent,
    scheduling::v1::PriorityClass,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    bindings, events, namespaces, nodes, pods, priority_classes, reviews, scales, strategies,
    strategy::{self, Strategy},
    subresource::Subresource,
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
    /// What an object that says nothing has besides its metadata, as JSON: upstream's bookmarks are such objects.
    pub(crate) blank: &'static str,
    /// What the server does with its objects beside keeping them.
    pub(crate) strategy: &'static Strategy,
    /// Subresources beside `status`.
    pub(crate) subresources: &'static [Subresource],
    /// Answers it, where it is not kept.
    pub(crate) review: Option<reviews::Answer>,
    /// Reads the object as its type and writes it back: wrong types are an error, unknown fields are gone.
    pub(crate) normalise: fn(Value) -> Result<Value, serde_json::Error>,
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

fn typed<T: Serialize + DeserializeOwned>(value: Value) -> Result<Value, serde_json::Error> {
    serde_json::to_value(serde_json::from_value::<T>(value)?)
}

#[expect(clippy::unnecessary_wraps, reason = "stands where a type would be read")]
fn as_sent(value: Value) -> Result<Value, serde_json::Error> {
    Ok(value)
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
    blank: "{}",
    strategy: &strategy::PLAIN,
    subresources: &[],
    review: None,
    normalise: as_sent,
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
    blank: r#"{"spec":{"containers":null},"status":{}}"#,
    strategy: &pods::STRATEGY,
    subresources: &[bindings::SUBRESOURCE],
    categories: &["all"],
    normalise: typed::<Pod>,
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
    blank: r#"{"spec":{},"status":{"daemonEndpoints":{"kubeletEndpoint":{"Port":0}},
        "nodeInfo":{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"","osImage":"",
        "containerRuntimeVersion":"","kubeletVersion":"","kubeProxyVersion":"","operatingSystem":"",
        "architecture":""}}}"#,
    strategy: &nodes::STRATEGY,
    normalise: typed::<Node>,
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
    blank: r#"{"spec":{},"status":{}}"#,
    strategy: &namespaces::STRATEGY,
    subresources: &[namespaces::FINALIZE],
    normalise: typed::<Namespace>,
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
    blank: r#"{"value":0}"#,
    strategy: &priority_classes::STRATEGY,
    normalise: typed::<PriorityClass>,
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
    normalise: typed::<ServiceAccount>,
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
    blank: r#"{"involvedObject":{},"source":{},"firstTimestamp":null,"lastTimestamp":null,
        "eventTime":null,"reportingComponent":"","reportingInstance":""}"#,
    strategy: &events::CORE_STRATEGY,
    normalise: typed::<Event>,
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
    blank: r#"{"eventTime":null,"regarding":{},"deprecatedSource":{},"deprecatedFirstTimestamp":null,
        "deprecatedLastTimestamp":null}"#,
    strategy: &events::STRATEGY,
    normalise: typed::<EventsEvent>,
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
    normalise: typed::<SelfSubjectAccessReview>,
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
    normalise: typed::<SelfSubjectRulesReview>,
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
    normalise: typed::<SubjectAccessReview>,
    ..PLAIN
};

/// Asks whether somebody may do something in a namespace.
static LOCAL_ACCESS_REVIEW: Kind = Kind {
    group: "authorization.k8s.io",
    kind: "LocalSubjectAccessReview",
    plural: "localsubjectaccessreviews",
    singular: "localsubjectaccessreview",
    review: Some(reviews::local_access),
    normalise: typed::<LocalSubjectAccessReview>,
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
    normalise: typed::<SelfSubjectReview>,
    ..PLAIN
};

/// How many pods a workload is to have: the same object in another shape, under its `scale`.
pub(crate) static SCALE: Kind = Kind {
    group: "autoscaling",
    kind: "Scale",
    plural: "scales",
    singular: "scale",
    blank: r#"{"spec":{},"status":{"replicas":0}}"#,
    normalise: typed::<Scale>,
    ..PLAIN
};

static CONFIG_MAP: Kind = Kind {
    kind: "ConfigMap",
    plural: "configmaps",
    singular: "configmap",
    short_names: &["cm"],
    table: Table::ConfigMaps,
    strategy: &strategies::config_maps::STRATEGY,
    normalise: typed::<ConfigMap>,
    ..PLAIN
};

static SECRET: Kind = Kind {
    kind: "Secret",
    plural: "secrets",
    singular: "secret",
    table: Table::Secrets,
    strategy: &strategies::secrets::STRATEGY,
    normalise: typed::<Secret>,
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
    blank: r#"{"spec":{}}"#,
    strategy: &strategies::leases::STRATEGY,
    normalise: typed::<Lease>,
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
    blank: r#"{"spec":{"replicas":0,"selector":null,"template":{"metadata":{},
        "spec":{"containers":null}},"strategy":{}},"status":{}}"#,
    subresources: &[scales::SUBRESOURCE],
    categories: &["all"],
    strategy: &strategies::deployments::STRATEGY,
    normalise: typed::<Deployment>,
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
    fields: &[("status.replicas", "/status/replicas")],
    blank: r#"{"spec":{"replicas":0,"selector":null,"template":{"metadata":{},
        "spec":{"containers":null}}},"status":{"replicas":0}}"#,
    subresources: &[scales::SUBRESOURCE],
    categories: &["all"],
    strategy: &strategies::replica_sets::STRATEGY,
    normalise: typed::<ReplicaSet>,
    ..PLAIN
};

/// Every kind, in discovery's order: the core group first.
pub(crate) static KINDS: [&Kind; 36] = [
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
            assert!(
                serde_json::from_str::<Value>(kind.blank).is_ok_and(|blank| blank.is_object()),
                "{}",
                kind.kind
            );
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
