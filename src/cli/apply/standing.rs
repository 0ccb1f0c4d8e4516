//! Where a pod of a plan stands: it waits, or it is where the plan has it. Anything else is a surprise.

use k8s_openapi::api::core::v1::Pod;

use super::surprise::Surprise;
use crate::cli::exit::{Exit, Failure};
use crate::cluster::Connection;
use crate::cluster::request::RequestError;
use crate::cluster::request::pod_path;
use crate::cluster::{Action, ClusterError, Right};
use crate::model::from_api::PLACED_BY;
use crate::model::text::inert;
use crate::model::{Cluster, PodKey};
use crate::scheduling::plan::document::Placement;

/// Where a pod stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It waits for a node.
    Waiting,
    /// It is, or was, on the node that the plan has for it.
    There {
        /// Whether this program placed it.
        by_us: bool,
    },
}

/// Where the pod called `key` stands: by `cluster` where it waits there, otherwise as the API server says.
///
/// # Errors
/// Where it is not as the plan has it.
pub(super) async fn of(
    key: &PodKey,
    placement: &Placement,
    cluster: &Cluster,
    connection: &Connection,
) -> Result<Standing, Failure> {
    let waits = cluster
        .pod(key)
        .is_some_and(|pod| pod.is_waiting() && *pod.uid == *placement.uid);
    if waits {
        return Ok(Standing::Waiting);
    }
    read(key, placement, connection).await.map_err(|surprise| {
        let message = format!("the plan was not begun: pod {key}: {}", surprise.why);
        Failure::new(surprise.exit, message)
            .hint("Nothing was sent. Plan again, or take the pod out of the plan.")
    })
}

/// Where the pod called `key` stands, as the API server says.
pub(super) async fn read(
    key: &PodKey,
    placement: &Placement,
    connection: &Connection,
) -> Result<Standing, Surprise> {
    let path = pod_path(&key.namespace, &key.name);
    let found: Result<Pod, RequestError> = connection.get(&path).await;
    let pod = match found {
        Ok(pod) => pod,
        Err(error) if error.code() == Some(404) => {
            return Err(Surprise::changed("it is gone: it was deleted"));
        }
        Err(error) => {
            let right = Right::within(&*key.namespace, "get", "pods", "");
            let action = Action::new(format!("reading pod {key}"), right);
            let error = ClusterError::new(&action, connection.server(), error);
            return Err(Surprise {
                exit: Exit::from_code(error.exit_code()),
                why: error.to_string(),
            });
        }
    };
    judge(&pod, placement)
}

fn judge(pod: &Pod, placement: &Placement) -> Result<Standing, Surprise> {
    if pod.metadata.uid.as_deref() != Some(&placement.uid) {
        return Err(Surprise::changed("it was deleted and made again under its name"));
    }
    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
    match node.filter(|node| !node.is_empty()) {
        Some(node) if *node == placement.node => {
            let annotations = pod.metadata.annotations.as_ref();
            let by_us = annotations.is_some_and(|annotations| annotations.contains_key(PLACED_BY));
            return Ok(Standing::There { by_us });
        }
        Some(node) => {
            let why = format!(
                "it is on {} already, and the plan has {} for it",
                inert(node),
                placement.node
            );
            return Err(Surprise::changed(why));
        }
        None => {}
    }
    if pod.metadata.deletion_timestamp.is_some() {
        return Err(Surprise::changed("it is being deleted"));
    }
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    match phase {
        Some(phase @ ("Succeeded" | "Failed")) => {
            Err(Surprise::changed(format!("it is over (phase {phase})")))
        }
        _ => Ok(Standing::Waiting),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn standing(pod: serde_json::Value) -> Result<Standing, String> {
        let placement = Placement {
            uid: "u".into(),
            node: "n1".into(),
            ..Placement::default()
        };
        let pod = serde_json::from_value(pod).expect("a pod");
        judge(&pod, &placement).map_err(|surprise| surprise.why)
    }

    #[test]
    fn a_pod_waits_or_is_there_or_surprises() {
        let meta = json!({"uid": "u"});
        assert_eq!(
            standing(json!({"metadata": meta, "spec": {"containers": []}})),
            Ok(Standing::Waiting)
        );
        let on = |node: &str| json!({"containers": [], "nodeName": node});
        assert_eq!(
            standing(json!({"metadata": meta, "spec": on("n1"), "status": {"phase": "Succeeded"}})),
            Ok(Standing::There { by_us: false }),
            "it ran, and is over"
        );
        let ours = json!({"uid": "u", "annotations": {PLACED_BY: "ana"}});
        assert_eq!(
            standing(json!({"metadata": ours, "spec": on("n1")})),
            Ok(Standing::There { by_us: true })
        );
        for (pod, expected) in [
            (
                json!({"metadata": meta, "spec": on("n2")}),
                "it is on n2 already, and the plan has n1 for it",
            ),
            (
                json!({"metadata": {"uid": "v"}, "spec": on("n1")}),
                "it was deleted and made again under its name",
            ),
            (
                json!({"metadata": {"uid": "u", "deletionTimestamp": "2026-01-01T00:00:00Z"}, "spec": {"containers": []}}),
                "it is being deleted",
            ),
            (
                json!({"metadata": meta, "spec": {"containers": []}, "status": {"phase": "Failed"}}),
                "it is over (phase Failed)",
            ),
        ] {
            assert_eq!(standing(pod), Err(expected.to_owned()));
        }
    }
}
