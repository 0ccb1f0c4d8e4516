//! Decisions on a cluster that stands still, each worked out once for pods that are alike.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::from_api::{Meta, PodObject};
use crate::model::pod::Template;
use crate::model::{Change, Cluster, Pod, WatchEvent};
use crate::placing::Unready;
use crate::scheduling::cycle::{self, NodeExplanation};
use crate::scheduling::plugin::Cycle;
use crate::scheduling::trace::NodeIndex;
use crate::scheduling::{Preparation, Profile, Profiles, Trace, reserve};

/// Judges pods on one cluster.
#[derive(Debug)]
pub(super) struct Decider<'a> {
    cluster: &'a Cluster,
    nodes: Arc<NodeIndex>,
    profiles: Profiles,
    alike: HashMap<Template, Arc<Trace>>,
}

impl<'a> Decider<'a> {
    /// For the pods of `cluster`, by `profiles`.
    pub(super) fn new(cluster: &'a Cluster, profiles: &Profiles) -> Self {
        Self {
            cluster,
            nodes: Arc::new(cycle::node_index(cluster)),
            profiles: profiles.clone(),
            alike: HashMap::new(),
        }
    }

    /// Judges `pod` by the profile of its schedulerName.
    pub(super) fn judge(&mut self, pod: &Pod) -> Trace {
        let (cluster, nodes) = (self.cluster, Arc::clone(&self.nodes));
        let profile = self.profiles.get(&pod.spec.scheduler_name);
        cycle::run(Cycle { cluster, pod }, &profile, &nodes)
    }

    /// As [`Decider::judge`], but pods of this cluster that are alike are judged once: the trace may bear the name of
    /// another.
    pub(super) fn judge_alike(&mut self, pod: &Pod) -> Arc<Trace> {
        let template = pod.template();
        if let Some(trace) = self.alike.get(&template) {
            return Arc::clone(trace);
        }
        let trace = Arc::new(self.judge(pod));
        self.alike.insert(template, Arc::clone(&trace));
        trace
    }

    /// Why `trace` says what it says of the node called `node`; `None` where there is no such node.
    pub(super) fn explain(&mut self, pod: &Pod, trace: &Trace, node: &str) -> Option<NodeExplanation> {
        let node = self.nodes.id(node)?;
        let cluster = self.cluster;
        let profile = self.profiles.get(&pod.spec.scheduler_name);
        Some(cycle::explain(Cycle { cluster, pod }, &profile, trace, node))
    }

    /// What has to be done before `pod` is bound to the node called `node`; `None` where there is no such node.
    pub(super) fn prepare(
        &mut self,
        pod: &Pod,
        node: &str,
        overruled: &[&str],
    ) -> Option<Result<Preparation, Unready>> {
        let node = self.nodes.id(node)?;
        let cluster = self.cluster;
        let profile = self.profiles.get(&pod.spec.scheduler_name);
        let prepared = reserve::prepare(Cycle { cluster, pod }, &profile, node, overruled);
        Some(prepared.map_err(|(plugin, status)| (plugin, status.message())))
    }

    /// What `with` gives for the profile that `pod` is judged by.
    pub(super) fn with_profile<T>(&mut self, pod: &Pod, with: impl FnOnce(&Profile) -> T) -> T {
        with(&self.profiles.get(&pod.spec.scheduler_name))
    }
}

/// The pod and the cluster to judge it on: a bound pod is first taken off its node.
pub(super) fn unbound(mut cluster: Cluster, pod: &Arc<Pod>) -> (Cluster, Arc<Pod>) {
    if pod.node_name.is_none() {
        return (cluster, Arc::clone(pod));
    }
    let metadata = Meta {
        namespace: pod.key.namespace.to_string(),
        name: pod.key.name.to_string(),
        uid: pod.uid.to_string(),
        ..Meta::default()
    };
    let gone = PodObject {
        metadata,
        ..PodObject::default()
    };
    cluster.apply(Change::Pod(WatchEvent::Deleted(Box::new(gone))));
    (cluster, Arc::new(cycle::unbound(pod)))
}

/// The pods of `scope` (all namespaces where there is none) that wait, in queue order.
pub(super) fn waiting<'a>(cluster: &'a Cluster, scope: Option<&str>) -> Vec<&'a Arc<Pod>> {
    let mut pods: Vec<_> = cluster
        .waiting()
        .filter(|pod| scope.is_none_or(|namespace| *pod.key.namespace == *namespace))
        .collect();
    pods.sort_by(|a, b| crate::scheduling::queue::order(a, b));
    pods
}

/// As [`waiting`], ordered by the pods' names as they are printed.
pub(super) fn waiting_by_name<'a>(cluster: &'a Cluster, scope: Option<&str>) -> Vec<&'a Arc<Pod>> {
    let mut pods = waiting(cluster, scope);
    pods.sort_by_cached_key(|pod| pod.key.to_string());
    pods
}
