//! What is a pod's own in a StatefulSet: its name, its labels, its claims.

use serde_json::{Value, json};

use crate::demo::{
    kinds::workload::STATEFUL_SET,
    life::owned_pods,
    object::{Object, child, str_at},
};

/// The label that tells which revision of the template a pod is of.
pub(super) const REVISION: &str = "controller-revision-hash";

/// Where a pod stands in its set; `None` where its name is none of the set's.
pub(super) fn ordinal(set: &Object, pod: &Object) -> Option<i64> {
    let rest = pod.key.name.strip_prefix(&*set.key.name)?.strip_prefix('-')?;
    let plain = rest == "0" || (!rest.starts_with('0') && rest.bytes().all(|b| b.is_ascii_digit()));
    rest.parse::<i32>().ok().filter(|_| plain).map(i64::from)
}

pub(super) fn pod_name(set: &Object, ordinal: i64) -> String {
    format!("{}-{ordinal}", set.key.name)
}

/// The claims of a pod: the name of its volume, and the claim to be made.
pub(super) fn claims(set: &Object, tree: &Value, ordinal: i64) -> Vec<(String, Value)> {
    let templates = tree["spec"]["volumeClaimTemplates"].as_array();
    let claim = |template: &Value| {
        let volume = str_at(template, "/metadata/name").to_owned();
        let mut metadata = json!({
            "name": format!("{volume}-{}-{ordinal}", set.key.name),
            "namespace": &*set.key.namespace,
        });
        if let Some(annotations) = template["metadata"].get("annotations") {
            metadata["annotations"] = annotations.clone();
        }
        let own = template["metadata"]["labels"].as_object();
        let selected = tree["spec"]["selector"]["matchLabels"].as_object();
        for (key, value) in own.into_iter().chain(selected).flatten() {
            child(&mut metadata, "labels").insert(key.clone(), value.clone());
        }
        (volume, json!({"metadata": metadata, "spec": template["spec"]}))
    };
    templates.into_iter().flatten().map(claim).collect()
}

/// The pod of an ordinal, of a revision's template.
pub(super) fn pod(set: &Object, tree: &Value, ordinal: i64, (revision, template): (&str, &Value)) -> Value {
    let mut pod = owned_pods::from_template(template, &STATEFUL_SET, set);
    let name = pod_name(set, ordinal);
    if let Some(metadata) = pod["metadata"].as_object_mut() {
        metadata.insert("name".into(), name.clone().into());
    }
    let labels = child(&mut pod["metadata"], "labels");
    labels.insert("statefulset.kubernetes.io/pod-name".into(), name.clone().into());
    labels.insert("apps.kubernetes.io/pod-index".into(), ordinal.to_string().into());
    labels.insert(REVISION.into(), revision.into());
    pod["spec"]["hostname"] = name.into();
    let service = str_at(tree, "/spec/serviceName");
    if !service.is_empty() {
        pod["spec"]["subdomain"] = service.into();
    }
    let claims = claims(set, tree, ordinal);
    let mut volumes: Vec<Value> = claims
        .iter()
        .map(|(volume, claim)| {
            json!({"name": volume, "persistentVolumeClaim": {"claimName": claim["metadata"]["name"]}})
        })
        .collect();
    let others = pod["spec"]["volumes"].as_array().into_iter().flatten();
    let others = others.filter(|other| !claims.iter().any(|(volume, _)| other["name"] == **volume));
    volumes.extend(others.cloned());
    if !volumes.is_empty() {
        pod["spec"]["volumes"] = volumes.into();
    }
    pod
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::kinds::POD;

    #[test]
    fn ordinals_are_read_from_names_of_the_set_alone() {
        let object = |kind, name: &str| {
            Object::freeze(kind, json!({"metadata": {"namespace": "ns", "name": name}}), 1)
        };
        let set = object(&STATEFUL_SET, "web");
        for (name, expected) in [
            ("web-0", Some(0)),
            ("web-12", Some(12)),
            ("web-01", None),
            ("web-", None),
            ("web-+1", None),
            ("web-1-2", None),
            ("other-1", None),
            ("web-99999999999", None),
        ] {
            assert_eq!(ordinal(&set, &object(&POD, name)), expected, "{name}");
        }
    }
}
