//! What a name on the command line means, and which names are near where it means nothing.

use std::sync::Arc;

use k8s_openapi::api::core;

use super::exit::{Exit, Failure};
use super::source::Snapshot;
use crate::model::{Cluster, NodeId, Pod, PodKey};

/// How many near names are offered.
const OFFERED: usize = 3;

/// The key that `[NAMESPACE/]NAME` stands for. As in kubectl, `pod/NAME` is understood, too, where no namespace is
/// called so.
pub(super) fn key(text: &str, snapshot: &Snapshot) -> Result<PodKey, Failure> {
    let text = text
        .split_once('/')
        .filter(|(kind, _)| matches!(*kind, "pod" | "pods" | "po"))
        .filter(|(kind, _)| !snapshot.cluster.namespaces.contains_key(*kind))
        .map_or(text, |(_, name)| name);
    PodKey::parse(text, &snapshot.namespace).map_err(|error| Failure::new(Exit::Usage, error.to_string()))
}

/// The pod that `text` names; `doing` says what for, as in `explain shop/cart`.
pub(super) async fn pod(text: &str, snapshot: &Snapshot, doing: &str) -> Result<Arc<Pod>, Failure> {
    let key = key(text, snapshot)?;
    if let Some(pod) = snapshot.cluster.pod(&key) {
        return Ok(Arc::clone(pod));
    }
    Err(match phase_of(&key, snapshot).await {
        Some(phase) => Failure::new(
            Exit::Failed,
            format!("cannot {doing}: pod {key} is over (phase {phase}): it waits for no node any more"),
        ),
        None => unknown_pod(&key, &snapshot.cluster, doing),
    })
}

/// The phase of a pod that is not in the cache, where it exists all the same: the cache leaves out pods that are over.
async fn phase_of(key: &PodKey, snapshot: &Snapshot) -> Option<String> {
    let Some(connection) = &snapshot.connection else {
        return snapshot.over.get(key).cloned();
    };
    let pods: kube::Api<core::v1::Pod> = kube::Api::namespaced(connection.client().clone(), &key.namespace);
    let pod = pods.get_opt(&key.name).await.ok()??;
    let phase = pod.status?.phase?;
    matches!(phase.as_str(), "Succeeded" | "Failed").then_some(phase)
}

/// The node called `name`.
pub(super) fn node(name: &str, cluster: &Cluster, doing: &str) -> Result<NodeId, Failure> {
    if let Some((id, _)) = cluster.node(name) {
        return Ok(id);
    }
    let names: Vec<&str> = cluster.nodes.iter().map(|(_, node)| &*node.name).collect();
    let failure = Failure::new(Exit::Failed, format!("cannot {doing}: there is no node '{name}'"));
    let near = near(name, names.iter().map(|have| (*have, (*have).to_owned())));
    Err(if names.is_empty() {
        failure.hint("The cluster has no nodes at all.")
    } else if near.is_empty() {
        failure.hint("All nodes: kubectl get nodes")
    } else {
        failure.hint(did_you_mean(&near))
    })
}

fn unknown_pod(key: &PodKey, cluster: &Cluster, doing: &str) -> Failure {
    let failure = Failure::new(
        Exit::Failed,
        format!(
            "cannot {doing}: there is no pod '{}' in namespace '{}'",
            key.name, key.namespace
        ),
    );
    let elsewhere: Vec<String> = pods(cluster)
        .filter(|pod| pod.key.name == key.name)
        .map(|pod| pod.key.to_string())
        .collect();
    let offered = if elsewhere.is_empty() {
        near(
            &key.name,
            pods(cluster)
                .filter(|pod| pod.key.namespace == key.namespace)
                .map(|pod| (&*pod.key.name, pod.key.to_string())),
        )
    } else {
        let mut elsewhere = elsewhere;
        elsewhere.sort_unstable();
        elsewhere.truncate(OFFERED);
        elsewhere
    };
    if offered.is_empty() {
        let program = super::program();
        failure.hint(format!("Pods that wait: {program} pods -A"))
    } else {
        failure.hint(did_you_mean(&offered))
    }
}

fn pods(cluster: &Cluster) -> impl Iterator<Item = &Arc<Pod>> {
    cluster.pods.iter().map(|(_, pod)| pod)
}

fn did_you_mean(names: &[String]) -> String {
    format!("Did you mean {}?", names.join(" or "))
}

/// The names nearest to `wanted`, the nearest first: a few letters away, or one that begins with it.
fn near<'a>(wanted: &str, names: impl Iterator<Item = (&'a str, String)>) -> Vec<String> {
    let limit = (wanted.chars().count() / 3).max(1);
    let mut near: Vec<(usize, String)> = names
        .filter_map(|(name, shown)| {
            if !wanted.is_empty() && name.starts_with(wanted) {
                return Some((0, shown));
            }
            let distance = strsim::osa_distance(wanted, name);
            (distance <= limit).then_some((distance, shown))
        })
        .collect();
    near.sort();
    near.truncate(OFFERED);
    near.into_iter().map(|(_, shown)| shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered_nearest_first() {
        let names = ["cart-7f9c4", "cart", "card", "front", "crat"];
        let near = |wanted: &str| near(wanted, names.iter().map(|name| (*name, (*name).to_owned())));
        assert_eq!(near("cart"), ["cart", "cart-7f9c4", "card"]);
        assert_eq!(near("fornt"), ["front"]);
        assert!(near("database").is_empty());
    }
}
