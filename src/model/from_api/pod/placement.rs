//! What a pod says about where it runs, beside node affinity and resources: spread, images, features of the node.

use std::sync::Arc;

use super::{ContainerObject, PodObject, VolumeMountObject};
use crate::model::fault::{Concern, Fault};
use crate::model::image::{PodImage, lacks_tag};
use crate::model::intern::Interner;
use crate::model::node_feature::{NodeFeature, NodeFeatures};
use crate::model::topology_spread::SpreadConstraint;

impl PodObject {
    pub(super) fn spread(
        &self,
        interner: &mut Interner,
        object: &dyn Fn() -> Arc<str>,
        faults: &mut Vec<Fault>,
    ) -> Vec<SpreadConstraint> {
        let constraints = self.spec.topology_spread_constraints.iter().enumerate();
        let constraints = constraints.filter_map(|(at, from)| match from.to_model(interner) {
            Ok(constraint) => Some(constraint),
            Err((field, message)) => {
                faults.push(Fault {
                    object: object(),
                    concern: Concern::TopologySpread,
                    field: format!("spec.topologySpreadConstraints[{at}].{field}"),
                    message,
                });
                None
            }
        });
        constraints.collect()
    }

    /// The images of init containers, containers and image volumes, in this order.
    pub(super) fn images(&self, interner: &mut Interner) -> Vec<PodImage> {
        let spec = &self.spec;
        let of = |group: &'static str, containers: &[ContainerObject]| {
            let images = containers.iter().enumerate();
            let images = images.map(|(at, container)| {
                let name = container.image.clone().unwrap_or_default();
                (name, format!("spec.{group}[{at}].image"))
            });
            images.collect::<Vec<_>>()
        };
        let mut all = of("initContainers", &spec.init_containers);
        all.append(&mut of("containers", &spec.containers));
        let volumes = spec.volumes.iter().enumerate();
        all.extend(volumes.filter_map(|(at, volume)| {
            let name = volume.image.as_ref()?.reference.clone().unwrap_or_default();
            Some((name, format!("spec.volumes[{at}].image.reference")))
        }));
        let images = all.into_iter().map(|(mut name, field)| {
            if lacks_tag(&name) {
                name.push_str(":latest");
            }
            PodImage {
                name: interner.string(&name),
                field: interner.string(&field),
            }
        });
        images.collect()
    }

    /// The features that a node has to declare to run it, as `InferForPodScheduling` of upstream finds them.
    pub(super) fn features(&self) -> NodeFeatures {
        let spec = &self.spec;
        let containers = || spec.containers.iter().chain(&spec.init_containers);
        let mounts = containers().map(|container| &container.volume_mounts).chain(
            spec.ephemeral_containers
                .iter()
                .map(|container| &container.volume_mounts),
        );
        let bound = |mount: &VolumeMountObject| !mount.bind_mount_options.is_empty();
        let mut rules = containers().flat_map(|container| &container.restart_policy_rules);
        let mut all = NodeFeatures::default();
        if rules.any(|rule| rule.action == "RestartAllContainers") {
            all.insert(NodeFeature::RestartAllContainersOnContainerExits);
        }
        if spec.host_network == Some(true) && spec.host_users == Some(false) {
            all.insert(NodeFeature::UserNamespacesHostNetworkSupport);
        }
        if mounts.flatten().any(bound) {
            all.insert(NodeFeature::VolumeBindMountOptions);
        }
        all
    }
}
