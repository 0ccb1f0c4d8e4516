//! May we do here what placing takes? Right by right, asked of the API server.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::connect::Connection;
use super::error::{Action, ClusterError};
use super::presence;
use super::right::Right;
use super::schedulers::{self, Scheduler};
use super::watch::WatchKind;
use crate::model::cluster::ObjectKind;

/// Questions that are on their way at once.
const QUESTIONS: usize = 8;

/// What a preflight found: the JSON of `berth check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Preflight {
    /// The API server.
    pub server: Server,
    /// Who we are to it.
    pub user: String,
    /// Every right that is used, and whether it is held.
    pub permissions: Vec<Permission>,
    /// The other schedulers.
    pub schedulers: Vec<Scheduler>,
}

/// The API server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Server {
    /// Such as `v1.37.2`.
    pub version: String,
    /// Where it is.
    pub url: String,
}

/// A right, and whether it is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Permission {
    /// The right.
    #[serde(flatten)]
    pub right: Right,
    /// Whether it is held.
    pub allowed: bool,
    /// What does not work without it.
    pub needed_for: &'static str,
    /// Whether placing a pod takes it.
    pub required: bool,
}

impl Preflight {
    /// The rights that placing takes and that are not held.
    pub fn missing(&self) -> impl Iterator<Item = &Permission> {
        self.permissions
            .iter()
            .filter(|permission| permission.required && !permission.allowed)
    }

    /// 0 where every right is held that placing takes, else 5.
    pub fn exit_code(&self) -> u8 {
        if self.missing().next().is_some() { 5 } else { 0 }
    }
}

/// Every right that is used, what for, and whether placing takes it. Pods are placed in `namespace`, or in any.
pub fn rights(namespace: Option<&str>) -> Vec<(Right, &'static str, bool)> {
    let placing = |verb, resource, group| match namespace {
        Some(namespace) => Right::within(namespace, verb, resource, group),
        None => Right::everywhere(verb, resource, group),
    };
    let see = |kind: WatchKind| {
        let (needed_for, required) = match kind {
            WatchKind::Pods => ("seeing which pods wait, and which take room on the nodes", true),
            WatchKind::Nodes => ("seeing the nodes", true),
            WatchKind::Namespaces => ("seeing the namespaces and their labels", true),
            WatchKind::Other(kind) => (judging(kind), false),
        };
        ["list", "watch"].map(|verb| (kind.right(verb), needed_for, required))
    };
    let mut rights: Vec<_> = WatchKind::ESSENTIAL.into_iter().flat_map(see).collect();
    rights.extend([
        (
            placing("get", "pods", ""),
            "making sure that the pod is unchanged before it is placed, and learning its fate when an answer is lost",
            true,
        ),
        (
            Right::everywhere("get", "nodes", ""),
            "making sure that the node exists before a pod is placed on it",
            true,
        ),
        (placing("create", "pods/binding", ""), "placing a pod", true),
        (
            placing("create", "events", "events.k8s.io"),
            "posting the event that tells who placed a pod where",
            true,
        ),
        (
            placing("patch", "events", "events.k8s.io"),
            "counting how often a pod that fits nowhere was tried, on the event that says so",
            false,
        ),
        (
            Right::within("kube-system", "get", "leases", "coordination.k8s.io"),
            "telling whether other schedulers are alive",
            false,
        ),
        (
            Right::everywhere("list", "events", "events.k8s.io"),
            "telling whether a scheduler without a lease is alive",
            false,
        ),
    ]);
    rights.extend(["create", "patch", "list", "delete"].map(|verb| {
        let right = Right::within(presence::NAMESPACE, verb, "leases", "coordination.k8s.io");
        (right, "seeing other operators, and being seen by them", false)
    }));
    rights.extend(preparing().map(|(right, needed_for)| {
        let right = match namespace {
            Some(namespace) if right.is_namespaced() && right.resource != "resourceclaims/binding" => Right {
                namespace: namespace.to_owned(),
                ..right
            },
            _ => right,
        };
        (right, needed_for, false)
    }));
    let others = WatchKind::all().filter(|kind| matches!(kind, WatchKind::Other(_)));
    rights.extend(others.flat_map(see));
    rights
}

/// What seeing to a pod's claims takes before it is bound, and undoing that.
fn preparing() -> impl Iterator<Item = (Right, &'static str)> {
    const DEVICES: &str = "resource.k8s.io";
    const VOLUMES: &str = "binding, or having made, the volumes of a pod before it is placed";
    const CLAIMS: &str = "allocating and reserving the devices of a pod before it is placed";
    const EXTENDED: &str = "making, and deleting again, the claim for extended resources that are devices";
    [
        ("get", "persistentvolumeclaims", "", VOLUMES),
        ("update", "persistentvolumeclaims", "", VOLUMES),
        ("get", "persistentvolumes", "", VOLUMES),
        ("update", "persistentvolumes", "", VOLUMES),
        ("get", "resourceclaims", DEVICES, CLAIMS),
        ("update", "resourceclaims", DEVICES, CLAIMS),
        ("update", "resourceclaims/status", DEVICES, CLAIMS),
        ("update", "resourceclaims/binding", DEVICES, CLAIMS),
        ("create", "resourceclaims", DEVICES, EXTENDED),
        ("delete", "resourceclaims", DEVICES, EXTENDED),
        (
            "patch",
            "pods/status",
            "",
            "naming that claim on the pod, and the node while its volumes or room are waited for",
        ),
        (
            "delete",
            "pods",
            "",
            "making room for a pod by deleting others of lower priority",
        ),
    ]
    .into_iter()
    .map(|(verb, resource, group, needed_for)| (Right::everywhere(verb, resource, group), needed_for))
}

/// What objects of `kind` are needed for. A decision that is made without says so.
const fn judging(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Service
        | ObjectKind::ReplicationController
        | ObjectKind::ReplicaSet
        | ObjectKind::StatefulSet => "judging by which pods belong together, so that they are spread",
        ObjectKind::PodDisruptionBudget => "judging which pods may give way to others",
        ObjectKind::PersistentVolume
        | ObjectKind::PersistentVolumeClaim
        | ObjectKind::StorageClass
        | ObjectKind::CsiNode
        | ObjectKind::CsiDriver
        | ObjectKind::CsiStorageCapacity
        | ObjectKind::VolumeAttachment => "judging pods with volumes by where these can be",
        ObjectKind::ResourceClaim
        | ObjectKind::ResourceSlice
        | ObjectKind::DeviceClass
        | ObjectKind::DeviceTaintRule => "judging pods that ask for devices by where there are some",
    }
}

/// Asks the API server for everything that `berth check` tells.
///
/// # Errors
/// Where it does not answer, or does not let us ask.
pub async fn check(
    connection: &Connection,
    scheduler_names: &[&str],
    namespace: Option<&str>,
) -> Result<Preflight, ClusterError> {
    let version = connection.server_version().await?;
    let user = connection.review().await?.name;
    let rights = rights(namespace);
    let asked: Vec<_> = rights.iter().map(|(right, ..)| connection.may(right)).collect();
    let (held, schedulers) = tokio::try_join!(
        stream::iter(asked).buffered(QUESTIONS).try_collect::<Vec<bool>>(),
        schedulers::others(connection, scheduler_names)
    )?;
    let permissions = rights
        .into_iter()
        .zip(held)
        .map(|((right, needed_for, required), allowed)| Permission {
            right,
            allowed,
            needed_for,
            required,
        });
    Ok(Preflight {
        server: Server {
            version: version.git_version,
            url: connection.server().to_owned(),
        },
        user,
        permissions: permissions.collect(),
        schedulers,
    })
}

impl Connection {
    /// Whether the API server would let us do this.
    ///
    /// # Errors
    /// Where it does not answer, or does not let us ask.
    pub async fn may(&self, right: &Right) -> Result<bool, ClusterError> {
        #[derive(Deserialize)]
        struct Review {
            status: Status,
        }
        #[derive(Deserialize)]
        struct Status {
            #[serde(default)]
            allowed: bool,
        }
        let (resource, subresource) = right.resource.split_once('/').unwrap_or((right.resource, ""));
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "verb": right.verb, "group": right.group, "resource": resource, "subresource": subresource,
                "namespace": right.namespace,
            }},
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let answer: Result<Review, _> = self.post(path, &review).await;
        let action = Action::free(format!("asking whether we may {right}"));
        let answer = answer.map_err(|error| ClusterError::new(&action, self.server(), error))?;
        Ok(answer.status.allowed)
    }
}
