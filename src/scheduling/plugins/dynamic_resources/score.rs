//! How early the alternatives are that a node gives.

use super::filter::DeviceFilter;
use crate::model::NodeId;
use crate::model::device::{RequestKind, ResourceClaim};
use crate::scheduling::explanation::Explanation;
use crate::scheduling::normalize::Normalization;
use crate::scheduling::plugin::Score;
use crate::scheduling::status::Status;

/// The most alternatives that a request can have.
const MOST_ALTERNATIVES: i64 = 8;

/// The score; without a filter the pod has no claims, and every node gets 0.
pub(super) struct DeviceScore<'f, 'a> {
    pub(super) filter: Option<&'f DeviceFilter<'a>>,
}

/// An alternative that was taken: claim, `REQUEST/ALTERNATIVE`, index among the alternatives, points.
type Chosen = (String, String, usize, i64);

impl DeviceScore<'_, '_> {
    fn chosen(&self, node: NodeId) -> Vec<Chosen> {
        let Some(filter) = self.filter.filter(|filter| filter.inventory.is_some()) else {
            return Vec::new();
        };
        let found = filter.found.borrow();
        let Some(on_node) = found.get(&node).filter(|on_node| !on_node.allocations.is_empty()) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for (at, claim) in filter.claims.iter().enumerate() {
            let Some(claim) = claim else { continue };
            let new = on_node
                .allocations
                .iter()
                .find(|(of, _)| *of == at)
                .map(|(_, found)| found);
            let requests: Vec<&str> = match (&claim.allocation, new) {
                (Some(allocation), _) => allocation.devices.iter().map(|device| &*device.request).collect(),
                (None, Some(found)) => found
                    .devices
                    .iter()
                    .map(|(request, _)| request.as_str())
                    .collect(),
                (None, None) => Vec::new(),
            };
            of_claim(claim, &requests, &mut all);
        }
        all
    }
}

fn of_claim(claim: &ResourceClaim, taken: &[&str], all: &mut Vec<Chosen>) {
    for request in claim.requests.iter().flatten() {
        let RequestKind::FirstAvailable(alternatives) = &request.kind else {
            continue;
        };
        for (index, alternative) in alternatives.iter().enumerate() {
            let name = format!("{}/{}", request.name, alternative.name);
            if taken.contains(&&*name) {
                all.push((
                    claim.name.to_string(),
                    name,
                    index,
                    MOST_ALTERNATIVES - index as i64,
                ));
            }
        }
    }
}

impl Score for DeviceScore<'_, '_> {
    fn score(&self, nodes: &[NodeId], raw: &mut [i64]) -> Result<(), Status> {
        let Some(filter) = self.filter else {
            return Ok(());
        };
        let choice = |request: &crate::model::device::DeviceRequest| {
            matches!(request.kind, RequestKind::FirstAvailable(_))
        };
        let claims = filter.claims.iter().flatten();
        if !claims
            .flat_map(|claim| claim.requests.iter().flatten())
            .any(choice)
        {
            return Ok(());
        }
        for (&node, raw) in nodes.iter().zip(raw.iter_mut()) {
            *raw = self.chosen(node).iter().map(|(.., points)| points).sum();
        }
        Ok(())
    }

    fn normalization(&self) -> Normalization {
        Normalization::MoreIsBetter
    }

    fn explain(&self, node: NodeId, raw: i64, normalized: i64) -> Explanation {
        let mut why = Explanation::new("no claim of the pod has alternatives, so that all nodes are alike");
        let chosen = self.chosen(node);
        for (claim, name, index, points) in &chosen {
            why.step(
                format!("claim {claim}: {name} is taken"),
                format!("{MOST_ALTERNATIVES} − {index}"),
                points,
            );
        }
        if !chosen.is_empty() {
            why.summary =
                format!("the alternatives taken are worth {raw}: the earlier in the list, the more");
        }
        let points: Vec<String> = chosen.iter().map(|(.., points)| points.to_string()).collect();
        let sum = if points.is_empty() {
            "none taken".to_owned()
        } else {
            points.join(" + ")
        };
        why.step("sum over the alternatives", sum, raw);
        why.step(
            "against the best node",
            format!("{raw} of the highest, brought to 100"),
            normalized,
        );
        why
    }
}
