//! May we do here what placing takes? Right by right, asked of the API server.

use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::connect::Connection;
use super::error::{Action, ClusterError};
use super::right::Right;
use super::schedulers::{self, Scheduler};

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
    const SEE_PODS: &str = "seeing which pods wait, and which take room on the nodes";
    const SEE_NODES: &str = "seeing the nodes";
    const SEE_NAMESPACES: &str = "seeing the namespaces and their labels";
    let placing = |verb, resource, group| match namespace {
        Some(namespace) => Right::within(namespace, verb, resource, group),
        None => Right::everywhere(verb, resource, group),
    };
    vec![
        (Right::everywhere("list", "pods", ""), SEE_PODS, true),
        (Right::everywhere("watch", "pods", ""), SEE_PODS, true),
        (Right::everywhere("list", "nodes", ""), SEE_NODES, true),
        (Right::everywhere("watch", "nodes", ""), SEE_NODES, true),
        (Right::everywhere("list", "namespaces", ""), SEE_NAMESPACES, true),
        (Right::everywhere("watch", "namespaces", ""), SEE_NAMESPACES, true),
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
            Right::within("kube-system", "get", "leases", "coordination.k8s.io"),
            "telling whether other schedulers are alive",
            false,
        ),
    ]
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
    let asked = rights.iter().map(|(right, ..)| is_held(connection, right));
    let (held, schedulers) = tokio::try_join!(
        try_join_all(asked),
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

/// Whether the API server would let us do this.
async fn is_held(connection: &Connection, right: &Right) -> Result<bool, ClusterError> {
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
    let answer: Result<Review, _> = connection.post(path, &review).await;
    let action = Action::free(format!("asking whether we may {right}"));
    let answer = answer.map_err(|error| ClusterError::new(&action, connection.server(), error))?;
    Ok(answer.status.allowed)
}
