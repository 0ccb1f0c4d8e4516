//! Nodes and pods with little to say.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Container, Node, NodeSpec, NodeStatus, Pod, PodSchedulingGate, PodSpec, ResourceRequirements, Taint,
    Toleration,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::Client;
use kube::api::{Api, ObjectMeta, PostParams};

use super::programs::{KWOK_ANNOTATION, KWOK_VALUE};

/// A node with 4 CPUs, 8Gi of memory and room for 110 pods, which kwok keeps Ready.
pub(crate) fn node(name: &str) -> NodeBuilder {
    let metadata = ObjectMeta {
        name: Some(name.into()),
        labels: Some(BTreeMap::from([("kubernetes.io/hostname".into(), name.into())])),
        annotations: Some(BTreeMap::from([(KWOK_ANNOTATION.into(), KWOK_VALUE.into())])),
        ..ObjectMeta::default()
    };
    let node = Node {
        metadata,
        spec: Some(NodeSpec::default()),
        status: Some(NodeStatus::default()),
    };
    NodeBuilder(node)
        .resource("cpu", "4")
        .resource("memory", "8Gi")
        .resource("pods", "110")
}

pub(crate) struct NodeBuilder(Node);

impl NodeBuilder {
    pub(crate) fn cpu(self, quantity: &str) -> Self {
        self.resource("cpu", quantity)
    }

    pub(crate) fn memory(self, quantity: &str) -> Self {
        self.resource("memory", quantity)
    }

    /// Sets capacity and allocatable alike.
    pub(crate) fn resource(self, name: &str, quantity: &str) -> Self {
        self.with(|node| {
            let status = node.status.get_or_insert_default();
            for resources in [&mut status.capacity, &mut status.allocatable] {
                resources
                    .get_or_insert_default()
                    .insert(name.into(), Quantity(quantity.into()));
            }
        })
    }

    pub(crate) fn label(self, key: &str, value: &str) -> Self {
        self.with(|node| {
            node.metadata
                .labels
                .get_or_insert_default()
                .insert(key.into(), value.into());
        })
    }

    /// `effect` is `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub(crate) fn taint(self, key: &str, value: &str, effect: &str) -> Self {
        let taint = Taint {
            key: key.into(),
            value: Some(value.into()),
            effect: effect.into(),
            ..Taint::default()
        };
        self.with(|node| {
            node.spec
                .get_or_insert_default()
                .taints
                .get_or_insert_default()
                .push(taint);
        })
    }

    pub(crate) fn cordoned(self) -> Self {
        self.with(|node| node.spec.get_or_insert_default().unschedulable = Some(true))
    }

    /// Nobody plays its kubelet: it never becomes Ready, and pods bound to it stay Pending.
    pub(crate) fn without_kubelet(self) -> Self {
        self.with(|node| node.metadata.annotations = None)
    }

    /// Anything that has no method of its own.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Node)) -> Self {
        change(&mut self.0);
        self
    }

    pub(crate) fn build(self) -> Node {
        self.0
    }

    pub(crate) async fn create(self, client: &Client) -> Node {
        let nodes: Api<Node> = Api::all(client.clone());
        nodes
            .create(&PostParams::default(), &self.build())
            .await
            .expect("the API server takes the node")
    }
}

/// A pod of the scheduler `berth` with one container that requests nothing.
pub(crate) fn pod(name: &str) -> PodBuilder {
    let container = Container {
        name: "app".into(),
        image: Some("nginx".into()),
        ..Container::default()
    };
    let spec = PodSpec {
        scheduler_name: Some("berth".into()),
        containers: vec![container],
        ..PodSpec::default()
    };
    let metadata = ObjectMeta {
        name: Some(name.into()),
        ..ObjectMeta::default()
    };
    PodBuilder(Pod {
        metadata,
        spec: Some(spec),
        status: None,
    })
}

pub(crate) struct PodBuilder(Pod);

impl PodBuilder {
    pub(crate) fn scheduler(self, name: &str) -> Self {
        self.spec(|spec| spec.scheduler_name = Some(name.into()))
    }

    pub(crate) fn requests(self, cpu: &str, memory: &str) -> Self {
        let requests = BTreeMap::from([
            ("cpu".into(), Quantity(cpu.into())),
            ("memory".into(), Quantity(memory.into())),
        ]);
        let resources = ResourceRequirements {
            requests: Some(requests),
            ..ResourceRequirements::default()
        };
        self.spec(|spec| spec.containers[0].resources = Some(resources))
    }

    pub(crate) fn node_selector(self, key: &str, value: &str) -> Self {
        self.spec(|spec| {
            spec.node_selector
                .get_or_insert_default()
                .insert(key.into(), value.into());
        })
    }

    /// Tolerates all taints with this key.
    pub(crate) fn tolerates(self, key: &str) -> Self {
        let toleration = Toleration {
            key: Some(key.into()),
            operator: Some("Exists".into()),
            ..Toleration::default()
        };
        self.spec(|spec| spec.tolerations.get_or_insert_default().push(toleration))
    }

    pub(crate) fn gate(self, name: &str) -> Self {
        let gate = PodSchedulingGate { name: name.into() };
        self.spec(|spec| spec.scheduling_gates.get_or_insert_default().push(gate))
    }

    /// Makes it a pod that is bound already.
    pub(crate) fn on(self, node: &str) -> Self {
        self.spec(|spec| spec.node_name = Some(node.into()))
    }

    pub(crate) fn label(self, key: &str, value: &str) -> Self {
        self.with(|pod| {
            pod.metadata
                .labels
                .get_or_insert_default()
                .insert(key.into(), value.into());
        })
    }

    fn spec(self, change: impl FnOnce(&mut PodSpec)) -> Self {
        self.with(|pod| change(pod.spec.get_or_insert_default()))
    }

    /// Anything that has no method of its own.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Pod)) -> Self {
        change(&mut self.0);
        self
    }

    pub(crate) fn build(self) -> Pod {
        self.0
    }

    pub(crate) async fn create(self, client: &Client, namespace: &str) -> Pod {
        let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
        pods.create(&PostParams::default(), &self.build())
            .await
            .expect("the API server takes the pod")
    }
}
