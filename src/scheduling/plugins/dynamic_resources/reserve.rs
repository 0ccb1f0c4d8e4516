//! Reserve and PreBind: what is written into which claim.

use std::sync::Arc;

use serde_json::{Value, json};

use super::allocator::Found;
use super::extended;
use super::filter::DeviceFilter;
use crate::model::NodeId;
use crate::model::device::RequestKind;
use crate::scheduling::features::Gate;
use crate::scheduling::reserve::{DeviceAllocation, Devices, ExtendedClaim, Reservation, ReservedClaim};
use crate::scheduling::status::{Code, Status};

impl DeviceFilter<'_> {
    /// What is done for the pod's claims where it is placed on `id`.
    pub(super) fn devices(&self, id: NodeId) -> Result<Devices, Status> {
        let Some(node) = self.cycle.cluster.nodes.get(id) else {
            return Ok(Devices::default());
        };
        let mut on_node = self.judge(id, node).map_err(|refusal| refusal.status(node))?;
        let mut found = |at: usize| {
            let place = on_node.allocations.iter().position(|(of, _)| *of == at)?;
            let (_, found) = on_node.allocations.swap_remove(place);
            Some(self.allocation(found))
        };
        let mut devices = Devices {
            timeout: self.binding_timeout,
            conditions: self.conditions,
            ..Devices::default()
        };
        for (at, claim) in self.claims.iter().enumerate() {
            if self.is_extended(at) {
                let Some(allocation) = found(at) else { continue };
                if claim.is_some() {
                    let text = "there is a claim for its extended resources already, made before";
                    return Err(Status::because(Code::UnschedulableAndUnresolvable, text));
                }
                devices.extended = self.extended_claim(id, allocation);
                continue;
            }
            let Some(claim) = claim else { continue };
            devices.all.push(Arc::clone(&claim.name));
            if claim.allocation.is_some() && claim.reserved_for.contains(&self.cycle.pod.uid) {
                devices.reserved.push(ReservedClaim {
                    claim: Arc::clone(&claim.name),
                    claim_uid: Arc::clone(&claim.uid),
                });
                continue;
            }
            devices.reservations.push(Reservation {
                claim: Arc::clone(&claim.name),
                claim_uid: Arc::clone(&claim.uid),
                allocation: found(at),
            });
        }
        Ok(devices)
    }

    fn allocation(&self, found: Found) -> DeviceAllocation {
        let shares = self
            .inventory
            .as_ref()
            .is_some_and(|inventory| inventory.gates.enabled(Gate::DRAConsumableCapacity));
        let results = found.result.pointer("/devices/results").and_then(Value::as_array);
        let shared = results.into_iter().flatten().enumerate();
        let shared = shared.filter(|(_, result)| shares && self.is_shareable(result));
        DeviceAllocation {
            shared: shared.map(|(at, _)| at).collect(),
            result: found.result,
        }
    }

    fn is_shareable(&self, result: &Value) -> bool {
        let is = |field: &str, text: &str| result.get(field).and_then(Value::as_str) == Some(text);
        let mut slices = self.cycle.cluster.objects.slices.iter();
        slices.any(|slice| {
            is("driver", &slice.driver)
                && is("pool", &slice.pool)
                && slice
                    .devices
                    .iter()
                    .any(|device| device.shareable && is("device", &device.name))
        })
    }

    fn extended_claim(&self, id: NodeId, allocation: DeviceAllocation) -> Option<ExtendedClaim> {
        let node = self.cycle.cluster.nodes.get(id)?;
        let claim = self.extended(id, node).ok()??;
        let requests = claim.requests.iter().flatten().filter_map(|request| {
            let RequestKind::Exactly(ask) = &request.kind else {
                return None;
            };
            Some(json!({"name": request.name, "exactly": {
                "deviceClassName": ask.class, "allocationMode": "ExactCount", "count": ask.count,
            }}))
        });
        let by_devices = self.by_devices(id, node).ok()?;
        let wanted = self.wanted.iter().zip(by_devices);
        let wanted: Vec<_> = wanted.filter(|(_, by)| *by).map(|(wanted, _)| wanted).collect();
        let names = &self.cycle.cluster.interner.resources;
        let mappings = extended::mappings(self.cycle.pod, names, &wanted).into_iter();
        let mappings = mappings.map(|mapping| {
            json!({
                "containerName": mapping.container, "resourceName": mapping.resource, "requestName": mapping.request,
            })
        });
        Some(ExtendedClaim {
            requests: requests.collect(),
            allocation,
            mappings: mappings.collect(),
        })
    }
}
