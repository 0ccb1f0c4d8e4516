//! Devices: what pods ask for. Classes, slices and claims have files of their own.

mod cel;
mod claims;
mod classes;
mod slices;

use serde_json::{Value, json};

use super::Generator;

const GPU: &str = "gpu.example.com";
const NIC: &str = "nic.example.com";

/// Claims a namespace that several pods may share.
const SHARED: usize = 3;

/// The devices there are, and what of them is given away already.
#[derive(Default)]
pub(super) struct Pool {
    devices: Vec<Device>,
    taken: Vec<usize>,
}

/// What an allocation needs to know of a device.
struct Device {
    driver: String,
    pool: String,
    name: String,
    /// The node that it is on; none where several reach it.
    node: Option<String>,
    /// Can be given away more than once, in parts.
    shared: bool,
}

impl Generator {
    /// Everything that devices need, with the claims that pods share.
    pub(super) fn device_inventory(&mut self) -> Vec<Value> {
        let mut all = self.device_classes();
        all.extend(self.slices());
        all.extend(self.taint_rules());
        for namespace in super::NAMESPACES {
            for at in 0..SHARED {
                if self.random.one_in(8) {
                    continue;
                }
                let mut claim = self.claim_of_devices(namespace, &format!("shared-{at}"));
                if self.random.one_in(2) {
                    self.allocate(&mut claim);
                    if claim["status"]["allocation"].is_object() {
                        self.reserve_for_others(&mut claim);
                    }
                }
                all.push(claim);
            }
        }
        all
    }

    /// Has `pod` ask for devices: claims by name, from a template, or an extended resource.
    pub(super) fn claim_devices(&mut self, pod: &mut Value) {
        if self.random.one_in(4) {
            let name = self.random.pick(&[
                "example.com/gpu",
                "example.com/gpu",
                "deviceclass.resource.kubernetes.io/gpu",
            ]);
            let count = self.random.between(1, 2);
            let at = self
                .random
                .below(pod["spec"]["containers"].as_array().map_or(1, Vec::len));
            pod["spec"]["containers"][at]["resources"]["requests"][name] = json!(count.to_string());
            pod["spec"]["containers"][at]["resources"]["limits"][name] = json!(count.to_string());
            if !self.random.one_in(3) {
                return;
            }
        }
        let (mut claims, mut statuses) = (Vec::new(), Vec::new());
        for at in 0..=self.random.below(3) / 2 {
            let name = format!("d{at}");
            if self.random.one_in(4) {
                let shared = format!("shared-{}", self.random.below(SHARED));
                claims.push(json!({ "name": name, "resourceClaimName": shared }));
                continue;
            }
            claims.push(json!({ "name": name, "resourceClaimTemplateName": "template" }));
            match self.random.below(20) {
                // Its claim was not made yet; it needs none.
                0 => {}
                1 => statuses.push(json!({ "name": name })),
                _ => {
                    let made = format!("{}-{name}", pod["metadata"]["name"].as_str().unwrap_or_default());
                    statuses.push(json!({ "name": name, "resourceClaimName": made }));
                }
            }
        }
        pod["spec"]["resourceClaims"] = json!(claims);
        pod["status"]["resourceClaimStatuses"] = json!(statuses);
    }

    /// The claim that an earlier cycle made for the pod's extended resources.
    fn extended_claim(&mut self, pod: &Value) -> Value {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let owner = text(&pod["metadata"]["name"]);
        let name = format!("{owner}-extended-resources-x7k2p");
        let mut claim = self.claim_of_devices(&text(&pod["metadata"]["namespace"]), &name);
        let exactly = json!({ "deviceClassName": "gpu", "allocationMode": "ExactCount", "count": 1 });
        claim["spec"]["devices"] =
            json!({ "requests": [{ "name": "container-0-request-0", "exactly": exactly }] });
        claim["metadata"]["annotations"]["resource.kubernetes.io/extended-resource-claim"] = json!("true");
        claim["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "v1", "kind": "Pod", "name": owner, "uid": pod["metadata"]["uid"], "controller": true,
        }]);
        self.allocate(&mut claim);
        claim
    }

    /// The claims that were made for `pod` from a template.
    pub(super) fn device_claims(&mut self, pod: &Value) -> Vec<Value> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (namespace, owner) = (
            text(&pod["metadata"]["namespace"]),
            text(&pod["metadata"]["name"]),
        );
        let bound = pod["spec"]["nodeName"].is_string();
        let mut all = Vec::new();
        let asks = |container: &Value| container["resources"]["requests"]["example.com/gpu"].is_string();
        let extended = pod["spec"]["containers"]
            .as_array()
            .is_some_and(|all| all.iter().any(asks));
        if extended && (bound || self.random.one_in(4)) {
            all.push(self.extended_claim(pod));
        }
        for status in pod["status"]["resourceClaimStatuses"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let Some(name) = status["resourceClaimName"].as_str() else {
                continue;
            };
            if self.random.one_in(24) {
                continue;
            }
            let mut claim = self.claim_of_devices(&namespace, name);
            if !self.random.one_in(24) {
                claim["metadata"]["ownerReferences"] = json!([{
                    "apiVersion": "v1", "kind": "Pod", "name": owner, "uid": pod["metadata"]["uid"], "controller": true,
                }]);
            }
            if bound || self.random.one_in(8) {
                self.allocate(&mut claim);
            }
            if bound && claim["status"]["allocation"].is_object() {
                claim["status"]["reservedFor"] =
                    json!([{ "resource": "pods", "name": owner, "uid": pod["metadata"]["uid"] }]);
            }
            all.push(claim);
        }
        all
    }
}
