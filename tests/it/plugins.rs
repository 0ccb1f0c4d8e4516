//! The plugins: their specs, their explanations, and what they make of what cannot be read.

mod explanations;
mod faults;
mod selectors;
mod specs;

use berth::model::from_api::PodObject;
use berth::model::intern::Interner;
use berth::scheduling::plugins;
use serde_json::{Value, json};

#[test]
fn what_a_pod_calls_for_and_no_plugin_decides_is_said() {
    let caveat = |spec: Value| {
        let object = json!({"metadata": {"namespace": "shop", "name": "web"}, "spec": spec});
        let object: PodObject = serde_json::from_value(object).expect("a pod");
        plugins::caveat(&object.to_pod(&mut Interner::default()))
    };
    let plain = json!({
        "nodeSelector": {"disk": "ssd"},
        "affinity": {"nodeAffinity": {}, "podAffinity": null},
        "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "token", "projected": {}}],
    });
    assert_eq!(caveat(plain), None, "all of it is decided");
    for (spec, plugin) in [
        (json!({"affinity": {"podAntiAffinity": {}}}), "InterPodAffinity"),
        (json!({"affinity": {"podAffinity": {}}}), "InterPodAffinity"),
        (
            json!({"topologySpreadConstraints": [{"maxSkew": 1}]}),
            "PodTopologySpread",
        ),
        (
            json!({"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]}),
            "VolumeBinding",
        ),
        (json!({"volumes": [{"csi": {"driver": "d"}}]}), "NodeVolumeLimits"),
        (json!({"volumes": [{"rbd": {}}]}), "VolumeRestrictions"),
        (json!({"resourceClaims": [{"name": "gpu"}]}), "DynamicResources"),
    ] {
        let said = caveat(spec);
        // A plugin that gets its row decides from then on.
        let wanted = plugins::row(plugin).is_none();
        assert_eq!(said.is_some_and(|text| text.contains(plugin)), wanted, "{plugin}");
    }
}
