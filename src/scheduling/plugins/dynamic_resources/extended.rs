//! Extended resources that device classes stand for.

use std::sync::Arc;

use crate::model::device::{AllocationMode, Ask, DeviceClass, DeviceRequest, RequestKind, ResourceClaim};
use crate::model::pod::{ContainerKind, ContainerRequests, PodSpec};
use crate::model::resources::{self, ResourceId, ResourceNames};
use crate::model::{Cluster, Pod};

/// The claim for extended resources, as long as it is only thought of: no name that the API would take.
pub const IN_MEMORY: &str = "<extended-resources>";
const BY_CLASS: &str = "deviceclass.resource.kubernetes.io/";

/// Whether devices can stand for resource `name` at all.
fn is_extended(name: &str) -> bool {
    name.starts_with(BY_CLASS) || resources::is_extended(name)
}

/// The class whose devices stand for resource `name`: that which names it, the newest where several do, or that which
/// the resource itself names.
pub(in crate::scheduling::plugins) fn class_of<'a>(
    cluster: &'a Cluster,
    name: &str,
) -> Option<&'a DeviceClass> {
    let classes = &cluster.objects.device_classes;
    if classes.is_empty() || !is_extended(name) {
        return None;
    }
    let named = || {
        classes
            .iter()
            .map(|class| &**class)
            .filter(|class| class.extended_resource.as_deref() == Some(name))
    };
    let newest = named().reduce(|best, class| if class.created > best.created { class } else { best });
    newest.or_else(|| {
        let class = &**classes.named(name.strip_prefix(BY_CLASS)?)?;
        (!is_passed_over(cluster, class)).then_some(class)
    })
}

/// Whether an earlier class, by name, has the same extended resource and is no older: upstream then forgets the class
/// altogether, also under its own name.
fn is_passed_over(cluster: &Cluster, class: &DeviceClass) -> bool {
    let Some(resource) = &class.extended_resource else {
        return false;
    };
    let earlier = cluster
        .objects
        .device_classes
        .iter()
        .filter(|other| other.name < class.name);
    earlier
        .filter(|other| other.extended_resource.as_ref() == Some(resource))
        .any(|other| other.created >= class.created)
}

/// An extended resource that a pod asks for.
pub(super) struct Wanted<'a> {
    pub(super) resource: ResourceId,
    pub(super) name: &'a str,
    /// The class whose devices stand for it.
    pub(super) class: Option<&'a DeviceClass>,
}

/// The extended resources that the pod asks for; none where no class stands for any of them.
pub(super) fn wanted<'a>(cluster: &'a Cluster, pod: &Pod) -> Vec<Wanted<'a>> {
    let names = &cluster.interner.resources;
    let asked = pod.spec.requests.iter();
    let asked = asked.filter(|&(id, amount)| amount > 0 && id > ResourceId::EPHEMERAL_STORAGE);
    let mut all: Vec<Wanted<'a>> = asked
        .map(|(resource, _)| (resource, names.name(resource)))
        .filter(|(_, name)| is_extended(name))
        .map(|(resource, name)| Wanted {
            resource,
            name,
            class: class_of(cluster, name),
        })
        .collect();
    if all.iter().all(|wanted| wanted.class.is_none()) {
        return Vec::new();
    }
    all.sort_by_key(|wanted| wanted.name);
    all
}

/// The claim that kube-scheduler made for the pod's extended resources before.
pub(super) fn earlier_claim<'a>(cluster: &'a Cluster, pod: &Pod) -> Option<&'a ResourceClaim> {
    let owned = |claim: &&ResourceClaim| {
        let mut owners = claim.controllers.iter();
        owners.any(|owner| owner.name == pod.key.name && owner.uid == pod.uid)
    };
    let claims = cluster.objects.device_claims.iter().map(|claim| &**claim);
    claims.filter(|claim| claim.for_extended_resources).find(owned)
}

/// The claim for those of `wanted` that a node provides by devices.
pub(super) fn claim(pod: &Pod, names: &ResourceNames, wanted: &[&Wanted<'_>]) -> ResourceClaim {
    let (mut requests, mut mappings) = (Vec::new(), Vec::new());
    for of in wanted {
        requests_for(&pod.spec, names, of, &mut requests, &mut mappings);
    }
    requests.sort_by(|a, b| a.name.cmp(&b.name));
    ResourceClaim {
        namespace: pod.key.namespace.clone(),
        name: IN_MEMORY.into(),
        uid: "".into(),
        deleting: false,
        for_extended_resources: true,
        controllers: Vec::new(),
        requests: Some(requests),
        constraints: Vec::new(),
        config: Vec::new(),
        reserved_for: Vec::new(),
        allocation: None,
        pending: false,
        devices: Vec::new(),
        faults: Vec::new(),
    }
}

/// Which request of the claim gives a container its extended resource.
pub(super) struct Mapping {
    pub(super) container: Arc<str>,
    pub(super) resource: String,
    pub(super) request: String,
}

/// The mappings for the claim that [`claim`] makes of the same.
pub(super) fn mappings(pod: &Pod, names: &ResourceNames, wanted: &[&Wanted<'_>]) -> Vec<Mapping> {
    let (mut requests, mut mappings) = (Vec::new(), Vec::new());
    for of in wanted {
        requests_for(&pod.spec, names, of, &mut requests, &mut mappings);
    }
    mappings
}

/// Requests for one resource: one for each container that lives long, and one for the init container that wants most
/// beyond what it can use of those that come after it.
fn requests_for(
    spec: &PodSpec,
    names: &ResourceNames,
    &Wanted { resource, class, .. }: &Wanted<'_>,
    requests: &mut Vec<DeviceRequest>,
    mappings: &mut Vec<Mapping>,
) {
    let Some(class) = class else { return };
    let (regular, first): (Vec<_>, Vec<_>) = spec
        .containers
        .iter()
        .partition(|container| container.kind == ContainerKind::Regular);
    let containers: Vec<&ContainerRequests> = first.into_iter().chain(regular).collect();
    let asked = |at: usize| {
        let container = containers.get(at)?;
        let asked = container.requests.iter().find(|&(id, _)| id == resource)?.1;
        (asked != 0 && !container.not_whole.contains(&resource)).then_some((*container, asked))
    };
    let counted = |at: usize, have: i64| {
        let (container, asked) = asked(at).filter(|&(_, asked)| have < asked)?;
        let name = names.name(resource);
        let counted = container.requests.iter().map(|(id, _)| names.name(id));
        let uncounted = container.uncounted.iter().map(|name| &**name);
        let before = counted.chain(uncounted).filter(|&other| other < name).count();
        Some((
            format!("container-{at}-request-{before}"),
            asked.saturating_sub(have),
        ))
    };
    let mapping = |at: usize, request: &str| {
        let container = containers.get(at)?;
        Some(Mapping {
            container: Arc::clone(&container.name),
            resource: names.name(resource).to_owned(),
            request: request.to_owned(),
        })
    };
    let is_short = |container: &ContainerRequests| container.kind == ContainerKind::Init;
    let long: Vec<Option<(String, i64)>> = containers
        .iter()
        .enumerate()
        .map(|(at, container)| if is_short(container) { None } else { counted(at, 0) })
        .collect();
    let own = long.iter().enumerate();
    mappings.extend(own.filter_map(|(at, request)| mapping(at, &request.as_ref()?.0)));
    let mut most: Option<(String, i64)> = None;
    let (mut short, mut rest) = (Vec::new(), Vec::new());
    for (at, _) in containers
        .iter()
        .enumerate()
        .filter(|(_, container)| is_short(container))
    {
        let Some((_, wants)) = asked(at) else { continue };
        let mut have = 0_i64;
        for (name, count) in long.iter().skip(at).flatten() {
            have = have.saturating_add(*count);
            short.extend(mapping(at, name));
            if have >= wants {
                break;
            }
        }
        if let Some(own) = counted(at, have) {
            rest.push((at, short.len()));
            if most.as_ref().is_none_or(|(_, count)| *count < own.1) {
                most = Some(own);
            }
        }
    }
    // Init containers run one after the other, and share what the greediest of them gets.
    if let Some((name, _)) = &most {
        for (at, place) in rest.into_iter().rev() {
            if let Some(own) = mapping(at, name) {
                short.insert(place, own);
            }
        }
    }
    mappings.append(&mut short);
    requests.extend(
        most.into_iter()
            .chain(long.into_iter().flatten())
            .map(|(name, count)| DeviceRequest {
                name: name.into(),
                kind: RequestKind::Exactly(Ask {
                    class: class.name.clone(),
                    selectors: Vec::new(),
                    mode: AllocationMode::ExactCount,
                    count,
                    admin_access: None,
                    tolerations: Vec::new(),
                    capacity: None,
                    derives: false,
                }),
            }),
    );
}
