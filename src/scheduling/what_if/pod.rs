//! Suppositions about the pod in question.

use std::sync::Arc;

use super::error::SuppositionError;
use super::scratch::Scratch;
use super::supposition::{Asked, Dropped, Supposition, Whose};
use super::written::Tolerated;
use crate::model::Pod;
use crate::model::fault::{Concern, Fault};
use crate::model::from_api::{Request, is_of_pod_level};
use crate::model::labels::Labels;
use crate::model::pod::{ContainerRequests, PodSpec};
use crate::model::pod_affinity::PodAffinity;
use crate::model::resources::{Load, ResourceId};
use crate::model::topology_spread::WhenUnsatisfiable;

impl Scratch {
    pub(super) fn suppose_of_pod(&mut self, supposition: &Supposition) -> Result<(), SuppositionError> {
        if let Supposition::LabelPod { key, value } = supposition {
            return self.label_pod(key, value.as_ref());
        }
        let mut spec = (*self.pod.spec).clone();
        let mut load = None;
        match supposition {
            Supposition::Requests { whose, amounts } => {
                load = Some(self.requests(&mut spec, whose, amounts)?);
            }
            Supposition::Tolerate(toleration) => {
                let has = spec.tolerations.contains(toleration);
                if !has {
                    spec.tolerations.push(toleration.clone());
                }
            }
            Supposition::Untolerate(toleration) => {
                if !spec.tolerations.contains(toleration) {
                    let have: Vec<String> = spec
                        .tolerations
                        .iter()
                        .map(|have| Tolerated(have).to_string())
                        .collect();
                    let hint = match have.len() {
                        0 => "It has none at all.".to_owned(),
                        _ => format!("It has {}.", have.join(", ")),
                    };
                    let message = format!("the pod has no toleration {}", Tolerated(toleration));
                    return Err(SuppositionError::new(message, hint));
                }
                spec.tolerations.retain(|have| have != toleration);
            }
            Supposition::Select { key, value } => select(&mut spec, key, value.as_ref())?,
            Supposition::Drop(dropped) => self.drop_from(&mut spec, dropped)?,
            _ => {}
        }
        let interner = &mut self.cluster.interner;
        let spec = interner.spec(spec);
        let load = load.map_or_else(|| Arc::clone(&self.pod.load), |load| interner.load(load));
        let pod = Pod {
            spec,
            load,
            ..(*self.pod).clone()
        };
        self.change(pod);
        Ok(())
    }

    fn label_pod(&mut self, key: &Arc<str>, value: Option<&Arc<str>>) -> Result<(), SuppositionError> {
        if value.is_none() && self.pod.labels.get(key).is_none() {
            let keys = self.pod.labels.iter().map(|(key, _)| &**key);
            let message = format!("the pod has no label {key}");
            return Err(SuppositionError::unknown(
                message,
                key,
                keys,
                "Nothing is to be taken away.",
            ));
        }
        let labels = self.pod.labels.with(key, value.cloned());
        let pod = Pod {
            labels: self.cluster.interner.label_set(labels),
            ..(*self.pod).clone()
        };
        self.change(pod);
        Ok(())
    }

    /// Has the pod ask for other amounts; gives what it would take. The sums are made as for a pod of the API.
    fn requests(
        &mut self,
        spec: &mut PodSpec,
        whose: &Whose,
        amounts: &[Asked],
    ) -> Result<Load, SuppositionError> {
        if let Some(fault) = Fault::first(&self.pod.faults, Concern::Resources) {
            let hint = "The pod's requests cannot be supposed otherwise while they cannot be read.";
            return Err(SuppositionError::new(fault.to_string(), hint));
        }
        let names = &mut self.cluster.interner.resources;
        for asked in amounts {
            let request = Request::read(&asked.resource, &asked.quantity, names).map_err(|message| {
                let hint = "Resources are cpu, memory, ephemeral-storage, hugepages-SIZE or have a domain: example.com/gpu";
                SuppositionError::new(message, hint)
            })?;
            match whose {
                Whose::Every => spec
                    .containers
                    .iter_mut()
                    .for_each(|container| set(container, request)),
                Whose::Container(name) => {
                    if !spec.containers.iter().any(|container| container.name == *name) {
                        let have: Vec<Arc<str>> = spec
                            .containers
                            .iter()
                            .map(|container| Arc::clone(&container.name))
                            .collect();
                        let otherwise = format!("It has {}.", have.join(", "));
                        let message = format!("the pod has no container '{name}'");
                        let have = have.iter().map(|name| &**name);
                        return Err(SuppositionError::unknown(message, name, have, otherwise));
                    }
                    let of_name = spec
                        .containers
                        .iter_mut()
                        .filter(|container| container.name == *name);
                    of_name.for_each(|container| set(container, request));
                }
                Whose::Pod => {
                    if !is_of_pod_level(&asked.resource) {
                        let message = format!("a pod as a whole cannot ask for '{}'", asked.resource);
                        let hint = "It can for cpu, memory and huge pages; leave out --pod for others.";
                        return Err(SuppositionError::new(message, hint));
                    }
                    spec.pod_level.set(request.resource, request.amount);
                }
            }
        }
        Ok(spec.recount(names))
    }

    fn drop_from(&mut self, spec: &mut PodSpec, dropped: &Dropped) -> Result<(), SuppositionError> {
        let none =
            |what: &str| SuppositionError::new(format!("the pod has no {what}"), "Nothing is to be dropped.");
        match dropped {
            Dropped::NodeAffinity => {
                let affinity = spec.node_affinity.as_mut();
                let affinity = affinity.filter(|affinity| affinity.required.is_some());
                affinity.ok_or_else(|| none("required node affinity"))?.required = None;
            }
            Dropped::Spread(key) => {
                let before = spec.spread.len();
                spec.spread.retain(|constraint| {
                    constraint.when_unsatisfiable != WhenUnsatisfiable::DoNotSchedule
                        || key.as_ref().is_some_and(|key| *key != constraint.topology_key)
                });
                if spec.spread.len() == before {
                    return Err(none("topology spread constraint with DoNotSchedule so"));
                }
            }
            Dropped::PodAffinity => {
                let what = "required pod affinity";
                self.change_affinity(spec, |affinity| std::mem::take(&mut affinity.required).is_empty())
                    .ok_or_else(|| none(what))?;
            }
            Dropped::AntiAffinity => {
                let what = "required pod anti-affinity";
                self.change_affinity(spec, |affinity| {
                    std::mem::take(&mut affinity.required_anti).is_empty()
                })
                .ok_or_else(|| none(what))?;
            }
            Dropped::Ports => {
                if spec.host_ports.is_empty() {
                    return Err(none("port of the node"));
                }
                spec.host_ports.clear();
            }
            Dropped::Gates => {
                if spec.scheduling_gates.is_empty() {
                    return Err(none("scheduling gates"));
                }
                spec.scheduling_gates.clear();
            }
        }
        Ok(())
    }

    /// `None` where `change` finds nothing to take away.
    fn change_affinity(
        &mut self,
        spec: &mut PodSpec,
        change: impl FnOnce(&mut PodAffinity) -> bool,
    ) -> Option<()> {
        let mut affinity = (**spec.pod_affinity.as_ref()?).clone();
        if change(&mut affinity) {
            return None;
        }
        let left = (!affinity.is_empty()).then(|| self.cluster.interner.pod_affinity(affinity));
        spec.pod_affinity = left;
        Some(())
    }
}

fn set(container: &mut ContainerRequests, request: Request) {
    container.requests.set(request.resource, request.amount);
    let of_devices = request.resource > ResourceId::EPHEMERAL_STORAGE;
    container
        .not_whole
        .retain(|&resource| resource != request.resource);
    if of_devices && !request.whole {
        container.not_whole.push(request.resource);
        container.not_whole.sort();
    }
}

fn select(spec: &mut PodSpec, key: &Arc<str>, value: Option<&Arc<str>>) -> Result<(), SuppositionError> {
    let have = spec.node_selector.clone().unwrap_or_default();
    if value.is_none() && have.get(key).is_none() {
        let keys = have.iter().map(|(key, _)| &**key);
        let message = format!("the pod's nodeSelector has no {key}");
        return Err(SuppositionError::unknown(
            message,
            key,
            keys,
            "Nothing is to be taken away.",
        ));
    }
    let left: Labels = have.with(key, value.cloned());
    spec.node_selector = (!left.is_empty()).then_some(left);
    Ok(())
}
