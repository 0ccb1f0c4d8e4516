//! Features that nodes declare and pods need.

use serde_json::{Value, json};

use super::Generator;

const DECLARED: &[&str] = &[
    "ExtendWebSocketsToKubelet",
    "FeatureOfTomorrow",
    "InPlacePodLevelResourcesVerticalScaling",
    "RestartAllContainersOnContainerExits",
    "UserNamespacesHostNetworkSupport",
    "VolumeBindMountOptions",
];

impl Generator {
    pub(super) fn declared_features(&mut self) -> Value {
        json!(self.random.some(DECLARED, DECLARED.len()))
    }

    pub(super) fn needing_container(&mut self, container: &mut Value) {
        if self.random.one_in(2) {
            let action = self
                .random
                .pick(&["RestartAllContainers", "RestartAllContainers", "Restart"]);
            container["restartPolicyRules"] =
                json!([{ "action": action, "exitCodes": { "operator": "In", "values": [42] } }]);
        } else {
            let mut mount = json!({ "name": "data", "mountPath": "/data" });
            if self.random.one_in(2) {
                mount["bindMountOptions"] = json!(["noexec"]);
            }
            container["volumeMounts"] = json!([mount]);
        }
    }

    pub(super) fn needing_pod(&mut self, pod: &mut Value) {
        pod["spec"]["hostNetwork"] = json!(!self.random.one_in(4));
        if !self.random.one_in(4) {
            pod["spec"]["hostUsers"] = json!(self.random.one_in(4));
        }
    }
}
