//! The claims of a pod.

use crate::model::device::{RequestKind, ResourceClaim};
use crate::model::pod_claims::{ClaimSource, PodClaim};
use crate::model::text::quoted;
use crate::model::{Cluster, Pod};
use crate::scheduling::features::{FeatureGates, Gate};
use crate::scheduling::plugin::Cycle;
use crate::scheduling::status::{Code, Status};

/// The ResourceClaims that the pod refers to, in order.
///
/// # Errors
/// Why the pod has to wait for one, in upstream's words.
pub(super) fn of_pod(cycle: Cycle<'_>) -> Result<Vec<&ResourceClaim>, String> {
    let (cluster, pod) = (cycle.cluster, cycle.pod);
    let mut all = Vec::with_capacity(pod.spec.claims.len());
    for wanted in &pod.spec.claims {
        all.extend(one(cluster, pod, wanted)?);
    }
    Ok(all)
}

fn one<'a>(cluster: &'a Cluster, pod: &Pod, wanted: &PodClaim) -> Result<Option<&'a ResourceClaim>, String> {
    let (name, made) = match &wanted.source {
        ClaimSource::Claim(name) => (name, false),
        ClaimSource::Template(_) => {
            let mut statuses = pod.claims.iter().flat_map(|claims| &claims.made);
            match statuses.find(|(name, _)| *name == wanted.name) {
                Some((_, Some(claim))) => (claim, true),
                Some((_, None)) => return Ok(None),
                None => return Err(format!("pod \"{}\": ResourceClaim not created yet", pod.key)),
            }
        }
        ClaimSource::Unknown => {
            return Err(format!(
                "pod {}, spec.resourceClaim {}: none of the supported fields are set",
                quoted(&pod.key.to_string()),
                quoted(&wanted.name)
            ));
        }
    };
    let namespace = &pod.key.namespace;
    let Some(claim) = cluster.objects.device_claims.get(namespace, name) else {
        return Err(format!("could not find ResourceClaim \"{namespace}/{name}\""));
    };
    if claim.deleting {
        return Err(format!("resourceclaim {} is being deleted", quoted(&claim.name)));
    }
    if made && claim.controllers.first().is_none_or(|owner| owner.uid != pod.uid) {
        return Err(format!(
            "ResourceClaim {namespace}/{name} was not created for Pod {} (Pod is not owner)",
            pod.key
        ));
    }
    Ok(Some(claim))
}

/// What keeps a claim from being allocated whatever the node.
pub(super) fn check(cluster: &Cluster, gates: FeatureGates, claim: &ResourceClaim) -> Result<(), Status> {
    let wait = |text: String| Err(Status::because(Code::UnschedulableAndUnresolvable, text));
    let class = |class: &str, request: &str| {
        if class.is_empty() {
            let text = format!("request {request}: unsupported request type");
            return Err(Status::because(Code::Error, text));
        }
        match cluster.objects.device_classes.named(class) {
            Some(_) => Ok(()),
            None => wait(format!("request {request}: device class {class} does not exist")),
        }
    };
    for request in claim.requests.iter().flatten() {
        let of = |text: &str| {
            wait(format!(
                "resource claim {}/{}, request {}: {text}",
                claim.namespace, claim.name, request.name
            ))
        };
        match &request.kind {
            RequestKind::Exactly(ask) => class(&ask.class, &request.name)?,
            RequestKind::FirstAvailable(_) if !gates.enabled(Gate::DRAPrioritizedList) => {
                of("has subrequests, but the DRAPrioritizedList feature is disabled")?;
            }
            RequestKind::FirstAvailable(all) => {
                for one in all {
                    class(&one.ask.class, &format!("{}/{}", request.name, one.name))?;
                }
            }
            RequestKind::Unknown => of("unknown request type")?,
        }
    }
    Ok(())
}
