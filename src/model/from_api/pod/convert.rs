//! From the API's pod to the model's.

use std::sync::Arc;

use jiff::Timestamp;

use super::{ContainerObject, ContainerStatusObject, PodClaimObject, PodObject, TolerationObject};
use crate::model::fault::{Concern, Fault};
use crate::model::from_api::affinity;
use crate::model::from_api::pod_affinity;
use crate::model::from_api::requests::{Container, PodResources};
use crate::model::from_api::resource_list::{Reader, ResourceList, uncounted};
use crate::model::from_api::{ADOPTED, PLACED_BY};
use crate::model::ids::PodKey;
use crate::model::intern::Interner;
use crate::model::pod::{Attempt, ContainerKind, ContainerRequests, HostPort, Phase, Pod, PodSpec};
use crate::model::pod_claims::{ClaimSource, ClaimStatuses, PodClaim};
use crate::model::resources::Load;
use crate::model::taint::{Effect, Toleration, TolerationOperator};
use crate::model::workload::Owner;

impl PodObject {
    /// The pod as the model has it. What cannot be read is left out and told in its faults.
    pub fn to_pod(&self, interner: &mut Interner) -> Pod {
        let (meta, spec, status) = (&self.metadata, &self.spec, &self.status);
        let key = PodKey::new(interner.string(&meta.namespace), meta.name.as_str());
        let object = || Arc::from(format!("Pod {}/{}", meta.namespace, meta.name));
        let mut faults = Vec::new();

        let tolerations = self.tolerations(interner, &object, &mut faults);
        let node_affinity = spec
            .affinity
            .as_ref()
            .and_then(|affinity| affinity.node_affinity.as_ref());
        let node_affinity = node_affinity.map(|from| {
            let mut reader = affinity::Reader {
                interner,
                object: &object,
                faults: &mut faults,
            };
            reader.node_affinity(from)
        });
        let pod_affinity = spec.affinity.as_ref().and_then(|from| {
            let mut reader = pod_affinity::Reader {
                interner,
                namespace: &key.namespace,
                object: &object,
                faults: &mut faults,
            };
            reader.pod_affinity(from)
        });
        let pod_spec = PodSpec {
            scheduler_name: interner.string(spec.scheduler_name.as_deref().unwrap_or("default-scheduler")),
            priority: spec.priority.unwrap_or(0),
            never_preempts: spec.preemption_policy.as_deref() == Some("Never"),
            node_selector: spec.node_selector.as_ref().map(|labels| {
                labels
                    .iter()
                    .map(|(k, v)| (interner.string(k), interner.string(v)))
                    .collect()
            }),
            node_affinity,
            pod_affinity,
            tolerations,
            host_ports: self.host_ports(interner),
            scheduling_gates: spec
                .scheduling_gates
                .iter()
                .map(|gate| interner.string(&gate.name))
                .collect(),
            group: spec
                .scheduling_group
                .as_ref()
                .and_then(|group| present(group.pod_group_name.as_deref()))
                .map(|name| interner.string(name)),
            claims: claims(&spec.resource_claims, interner),
            spread: self.spread(interner, &object, &mut faults),
            images: self.images(interner),
            features: self.features(),
            ..PodSpec::default()
        };
        let (pod_spec, load) = self.with_resources(pod_spec, interner, &object, &mut faults);
        let unscheduled = status
            .conditions
            .iter()
            .find(|c| c.r#type == "PodScheduled" && c.status == "False");
        let owner = meta
            .owner_references
            .iter()
            .find(|owner| owner.controller == Some(true));
        Pod {
            key,
            uid: meta.uid.as_str().into(),
            resource_version: meta.resource_version.as_str().into(),
            generation: meta.generation.unwrap_or_default(),
            spec: interner.spec(pod_spec),
            labels: interner.labels(meta.labels.iter().flatten()),
            load: interner.load(load),
            volumes: self.volumes(interner),
            created: meta.creation_timestamp.unwrap_or(Timestamp::UNIX_EPOCH),
            node_name: present(spec.node_name.as_deref()).map(|name| interner.string(name)),
            nominated_node: present(status.nominated_node_name.as_deref()).map(|name| interner.string(name)),
            phase: phase(status.phase.as_deref()),
            deleting: meta.deletion_timestamp.is_some(),
            preempted: meta.deletion_timestamp.is_some() && self.is_disrupted_by_preemption(),
            started: status.start_time,
            owner: owner.map(|owner| {
                let [api_version, kind, name] =
                    [&owner.api_version, &owner.kind, &owner.name].map(|text| interner.string(text));
                interner.owner(Owner {
                    api_version,
                    kind,
                    name,
                })
            }),
            claims: self.claim_statuses(interner),
            unscheduled: unscheduled.map(|condition| {
                let mut text = |text: &Option<String>| interner.string(text.as_deref().unwrap_or(""));
                (text(&condition.reason), text(&condition.message))
            }),
            attempt: self.attempt(),
            faults,
        }
    }

    fn attempt(&self) -> Attempt {
        let mut conditions = self.status.conditions.iter();
        let Some(condition) = conditions.find(|condition| condition.r#type == "PodScheduled") else {
            return Attempt::None;
        };
        let by_berth = [PLACED_BY, ADOPTED]
            .iter()
            .any(|key| self.metadata.annotation(key).is_some());
        let gated = condition.reason.as_deref() == Some("SchedulingGated");
        match condition.last_transition_time {
            Some(at) if condition.status == "True" && !by_berth => Attempt::Bound(at),
            Some(at) if condition.status == "False" && !gated => Attempt::Failed(at),
            _ => Attempt::Other,
        }
    }

    fn tolerations(
        &self,
        interner: &mut Interner,
        object: &dyn Fn() -> Arc<str>,
        faults: &mut Vec<Fault>,
    ) -> Vec<Toleration> {
        let all = self.spec.tolerations.iter().enumerate();
        let all = all.filter_map(|(at, from)| match toleration(from, interner) {
            Ok(toleration) => Some(toleration),
            Err((field, message)) => {
                faults.push(Fault {
                    object: object(),
                    concern: Concern::Tolerations,
                    field: format!("spec.tolerations[{at}].{field}"),
                    message,
                });
                None
            }
        });
        all.collect()
    }

    fn with_resources(
        &self,
        mut pod_spec: PodSpec,
        interner: &mut Interner,
        object: &dyn Fn() -> Arc<str>,
        faults: &mut Vec<Fault>,
    ) -> (PodSpec, Load) {
        let (spec, status) = (&self.spec, &self.status);
        let mut shown = Vec::with_capacity(spec.containers.len() + spec.init_containers.len());
        let groups = [
            ("containers", &spec.containers),
            ("initContainers", &spec.init_containers),
        ];
        for (group, containers) in groups {
            for (at, container) in containers.iter().enumerate() {
                let name = interner.string(&container.name);
                shown.push((interner.string(&format!("spec.{group}[{at}]")), name, container));
            }
        }
        let mut reader = Reader {
            names: &mut interner.resources,
            object,
            faults: Vec::new(),
        };
        let mut total = PodResources::default();
        for (field, name, from) in shown {
            let container = self.container(from, &field, &mut reader);
            pod_spec.containers.push(ContainerRequests {
                name,
                field,
                requests: container.spec.amounts(),
                not_whole: container.spec.not_whole(),
                uncounted: from
                    .resources
                    .requests
                    .as_ref()
                    .map(uncounted)
                    .unwrap_or_default(),
                kind: container.kind,
            });
            total.containers.push(container);
        }
        let read = |list: Option<&ResourceList>, path: &str, reader: &mut Reader<'_>| {
            list.map(|list| reader.read(list, || path.to_owned()))
        };
        total.overhead = read(spec.overhead.as_ref(), "spec.overhead", &mut reader).unwrap_or_default();
        let level = spec
            .resources
            .as_ref()
            .and_then(|resources| resources.requests.as_ref());
        let level =
            read(level, "spec.resources.requests", &mut reader).map(|level| level.of_pod_level(reader.names));
        total.pod_level = level.filter(|level| !level.is_empty());
        total.has_status = status.resources.is_some();
        let actual = status
            .resources
            .as_ref()
            .and_then(|resources| resources.requests.as_ref());
        total.actual = read(actual, "status.resources.requests", &mut reader);
        total.allocated = read(
            status.allocated_resources.as_ref(),
            "status.allocatedResources",
            &mut reader,
        );
        let resize = status
            .conditions
            .iter()
            .find(|condition| condition.r#type == "PodResizePending");
        total.resize_infeasible =
            resize.is_some_and(|condition| condition.reason.as_deref() == Some("Infeasible"));

        let load = total.sum_up(&mut pod_spec, reader.names);
        faults.append(&mut reader.faults);
        (pod_spec, load)
    }

    fn container(&self, from: &ContainerObject, field: &str, reader: &mut Reader<'_>) -> Container {
        let kind = match field.starts_with("spec.initContainers") {
            false => ContainerKind::Regular,
            true if from.restart_policy.as_deref() == Some("Always") => ContainerKind::Sidecar,
            true => ContainerKind::Init,
        };
        let spec = from.resources.requests.as_ref();
        let spec = spec.map(|list| reader.read(list, || format!("{field}.resources.requests")));
        let (status, field) = self.status_of(&from.name).unzip();
        let (allocated, actual) = match status {
            Some(status) => (
                status.allocated_resources.as_ref(),
                status
                    .resources
                    .as_ref()
                    .and_then(|resources| resources.requests.as_ref()),
            ),
            None => (None, None),
        };
        let field = || field.clone().unwrap_or_default();
        Container {
            kind,
            spec: spec.unwrap_or_default(),
            allocated: allocated.map(|list| reader.read(list, || format!("{}.allocatedResources", field()))),
            actual: actual.map(|list| reader.read(list, || format!("{}.resources.requests", field()))),
        }
    }

    /// The status of the container called `name`, and where it stands.
    fn status_of(&self, name: &str) -> Option<(&ContainerStatusObject, String)> {
        let groups = [
            ("containerStatuses", &self.status.container_statuses),
            ("initContainerStatuses", &self.status.init_container_statuses),
        ];
        groups.into_iter().find_map(|(group, all)| {
            let at = all.iter().position(|status| status.name == name)?;
            Some((all.get(at)?, format!("status.{group}[{at}]")))
        })
    }

    fn is_disrupted_by_preemption(&self) -> bool {
        let mut conditions = self.status.conditions.iter();
        let condition = conditions.find(|condition| condition.r#type == "DisruptionTarget");
        condition.is_some_and(|condition| {
            condition.status == "True" && condition.reason.as_deref() == Some("PreemptionByScheduler")
        })
    }

    fn claim_statuses(&self, interner: &mut Interner) -> Option<Box<ClaimStatuses>> {
        let status = &self.status;
        let made = status.resource_claim_statuses.iter();
        let made = made.map(|from| {
            let claim = from.resource_claim_name.as_deref();
            (
                interner.string(&from.name),
                claim.map(|name| interner.string(name)),
            )
        });
        let statuses = ClaimStatuses {
            made: made.collect(),
            extended: status.extended_resource_claim_status,
        };
        (statuses != ClaimStatuses::default()).then(|| Box::new(statuses))
    }

    fn host_ports(&self, interner: &mut Interner) -> Vec<HostPort> {
        let sidecars = self.spec.init_containers.iter().enumerate();
        let sidecars =
            sidecars.filter(|(_, container)| container.restart_policy.as_deref() == Some("Always"));
        let sidecars = sidecars.map(|(at, container)| ("initContainers", at, container));
        let containers = self.spec.containers.iter().enumerate();
        let containers = containers.map(|(at, container)| ("containers", at, container));
        let mut ports = Vec::new();
        for (list, container, from) in sidecars.chain(containers) {
            for (at, port) in from.ports.iter().enumerate() {
                let Some(number) = port.host_port.filter(|&port| port > 0) else {
                    continue;
                };
                ports.push(HostPort {
                    port: number,
                    ip: interner.string(present(port.host_ip.as_deref()).unwrap_or("0.0.0.0")),
                    protocol: interner.string(present(port.protocol.as_deref()).unwrap_or("TCP")),
                    field: interner.string(&format!("spec.{list}[{container}].ports[{at}].hostPort")),
                });
            }
        }
        ports
    }
}

fn claims(from: &[PodClaimObject], interner: &mut Interner) -> Vec<PodClaim> {
    let claim = |from: &PodClaimObject| PodClaim {
        name: interner.string(&from.name),
        source: match (&from.resource_claim_name, &from.resource_claim_template_name) {
            (Some(claim), _) => ClaimSource::Claim(interner.string(claim)),
            (None, Some(template)) => ClaimSource::Template(interner.string(template)),
            (None, None) => ClaimSource::Unknown,
        },
    };
    from.iter().map(claim).collect()
}

fn present(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn toleration(
    from: &TolerationObject,
    interner: &mut Interner,
) -> Result<Toleration, (&'static str, String)> {
    let operator = match present(from.operator.as_deref()) {
        None | Some("Equal") => TolerationOperator::Equal,
        Some("Exists") => TolerationOperator::Exists,
        Some("Lt") => TolerationOperator::Lt,
        Some("Gt") => TolerationOperator::Gt,
        Some(other) => return Err(("operator", format!("'{other}' is none of Equal, Exists, Lt, Gt"))),
    };
    let effect = match present(from.effect.as_deref()) {
        None => None,
        Some(text) => Some(Effect::parse(text).map_err(|message| ("effect", message))?),
    };
    Ok(Toleration {
        key: interner.string(from.key.as_deref().unwrap_or("")),
        operator,
        value: interner.string(from.value.as_deref().unwrap_or("")),
        effect,
    })
}

fn phase(text: Option<&str>) -> Phase {
    match text {
        None | Some("" | "Pending") => Phase::Pending,
        Some("Running") => Phase::Running,
        Some("Succeeded") => Phase::Succeeded,
        Some("Failed") => Phase::Failed,
        Some(_) => Phase::Unknown,
    }
}
