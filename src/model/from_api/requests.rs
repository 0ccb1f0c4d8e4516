//! What a pod asks for, by upstream's rules for containers, init containers, sidecars, overhead, pod-level resources and
//! resizes (`PodRequests` of `k8s.io/component-helpers/resource`).

use super::resource_list::{Quantities, in_unit};
use crate::model::pod::{ContainerKind, PodSpec};
use crate::model::quantity::Quantity;
use crate::model::resources::{Load, NonZeroRequests, ResourceId, ResourceNames};

/// What a container without a cpu request is taken to ask for, where zero will not do.
const DEFAULT_CPU: Quantity = Quantity::from_milli(100);
/// The same for memory.
const DEFAULT_MEMORY: Quantity = Quantity::new(200 << 20);

/// One container: what its spec asks for, and its status.
#[derive(Debug)]
pub(super) struct Container {
    pub(super) kind: ContainerKind,
    pub(super) spec: Quantities,
    pub(super) allocated: Option<Quantities>,
    pub(super) actual: Option<Quantities>,
}

/// A pod's part in the sums.
#[derive(Debug, Default)]
pub(super) struct PodResources {
    /// Regular containers, then init containers in order.
    pub(super) containers: Vec<Container>,
    pub(super) overhead: Quantities,
    /// `spec.resources.requests`, of cpu, memory and huge pages alone.
    pub(super) pod_level: Option<Quantities>,
    /// Whether a resize is pending that the node can never grant.
    pub(super) resize_infeasible: bool,
    /// Whether there is a `status.resources`.
    pub(super) has_status: bool,
    /// `status.resources.requests`.
    pub(super) actual: Option<Quantities>,
    /// `status.allocatedResources`.
    pub(super) allocated: Option<Quantities>,
}

#[derive(Clone, Copy)]
enum Source {
    Spec,
    Allocated,
    Actual,
}

impl PodSpec {
    /// Works out anew what the pod asks for from what its containers, its overhead and it as a whole ask for, and gives
    /// what it would take on a node. The pod must not be bound: what a kubelet granted has no part in it.
    pub(crate) fn recount(&mut self, names: &ResourceNames) -> Load {
        let containers = self.containers.iter().map(|container| Container {
            kind: container.kind,
            spec: Quantities::of(&container.requests),
            allocated: None,
            actual: None,
        });
        let level = Quantities::of(&self.pod_level);
        let resources = PodResources {
            containers: containers.collect(),
            overhead: Quantities::of(&self.overhead),
            pod_level: (!level.is_empty()).then_some(level),
            ..PodResources::default()
        };
        resources.sum_up(self, names)
    }
}

impl PodResources {
    /// Writes the sums into `spec`; gives the load.
    pub(super) fn sum_up(self, spec: &mut PodSpec, names: &ResourceNames) -> Load {
        let load = self.load(names);
        spec.requests = self.requests().amounts().at_least_zero();
        spec.non_zero = self.non_zero();
        spec.overhead = self.overhead.amounts();
        spec.pod_level = self.pod_level.map(|level| level.amounts()).unwrap_or_default();
        load
    }

    /// What it asks of a node, as NodeResourcesFit filters by.
    fn requests(&self) -> Quantities {
        let mut total = self.sum(Source::Spec, &[]);
        self.replace_by_pod_level(&mut total, None);
        total.add(&self.overhead);
        total
    }

    /// What LeastAllocated scores: containers and overhead, with defaults.
    fn non_zero(&self) -> NonZeroRequests {
        let defaults = [
            (ResourceId::CPU, DEFAULT_CPU),
            (ResourceId::MEMORY, DEFAULT_MEMORY),
        ];
        let mut total = self.sum(Source::Spec, &defaults);
        total.add(&self.overhead);
        non_zero_of(&total)
    }

    /// What it takes on its node.
    fn load(&self, names: &ResourceNames) -> Load {
        let requests = self.taken(&[], names);
        let mut defaults = vec![
            (ResourceId::CPU, DEFAULT_CPU),
            (ResourceId::MEMORY, DEFAULT_MEMORY),
        ];
        if self.pod_level.is_some() {
            defaults.retain(|&(resource, _)| requests.get(resource).is_none());
        }
        Load {
            requests: requests.amounts(),
            non_zero: non_zero_of(&self.taken(&defaults, names)),
        }
    }

    /// The largest of what is asked for, allocated and in effect.
    fn taken(&self, defaults: &[(ResourceId, Quantity)], names: &ResourceNames) -> Quantities {
        let (allocated, actual) = match (&self.allocated, &self.actual) {
            (Some(allocated), Some(actual)) => (allocated.clone(), actual.clone()),
            _ => (
                self.sum(Source::Allocated, defaults),
                self.sum(Source::Actual, defaults),
            ),
        };
        let mut total = if self.resize_infeasible {
            Quantities::default()
        } else {
            self.sum(Source::Spec, defaults)
        };
        total.raise_to(&actual);
        total.raise_to(&allocated);
        self.replace_by_pod_level(&mut total, Some(names));
        total.add(&self.overhead);
        total
    }

    fn replace_by_pod_level(&self, total: &mut Quantities, status_too: Option<&ResourceNames>) {
        let Some(spec) = &self.pod_level else {
            return;
        };
        let mut level = spec.clone();
        if let Some(names) = status_too.filter(|_| self.has_status) {
            if self.resize_infeasible {
                level = Quantities::default();
            }
            for status in [&self.actual, &self.allocated].into_iter().flatten() {
                level.raise_to(&status.clone().of_pod_level(names));
            }
        }
        for (resource, quantity) in level.iter() {
            total.upsert(resource, quantity, |have, new| *have = *new);
        }
    }

    /// Regular containers and sidecars together, or the largest init container with the sidecars before it.
    fn sum(&self, source: Source, defaults: &[(ResourceId, Quantity)]) -> Quantities {
        let mut running = Quantities::default();
        let mut sidecars = Quantities::default();
        let mut starting = Quantities::default();
        for container in &self.containers {
            let own = self.own(container, source, defaults);
            match container.kind {
                ContainerKind::Regular => running.add(&own),
                ContainerKind::Sidecar => {
                    running.add(&own);
                    sidecars.add(&own);
                    starting.raise_to(&sidecars);
                }
                ContainerKind::Init => {
                    let mut with = own;
                    with.add(&sidecars);
                    starting.raise_to(&with);
                }
            }
        }
        running.raise_to(&starting);
        running
    }

    fn own(&self, container: &Container, source: Source, defaults: &[(ResourceId, Quantity)]) -> Quantities {
        let fallback = (!self.resize_infeasible).then_some(&container.spec);
        let found = match source {
            Source::Spec => Some(&container.spec),
            Source::Allocated => container.allocated.as_ref().or(fallback),
            Source::Actual => container
                .actual
                .as_ref()
                .or(container.allocated.as_ref())
                .or(fallback),
        };
        let mut own = found.cloned().unwrap_or_default();
        for (resource, quantity) in defaults {
            own.upsert(*resource, quantity, |_, _| {});
        }
        own
    }
}

fn non_zero_of(total: &Quantities) -> NonZeroRequests {
    let of = |resource| {
        total
            .get(resource)
            .map_or(0, |quantity| in_unit(resource, quantity))
    };
    NonZeroRequests {
        milli_cpu: of(ResourceId::CPU),
        memory: of(ResourceId::MEMORY),
    }
}
