//! `scale`: how many pods a workload is to have, alone.
//!
//! A `Scale` is made from the workload and written back into it, so that both have one version, one conflict and one
//! history of managers.

use bytes::Bytes;
use http::{StatusCode, header};
use serde_json::{Map, Value, json};

use super::{
    api, bodies,
    failure::{Cause, Failure},
    kinds::{Kind, SCALE, Table},
    label_selectors,
    negotiation::Shape,
    object::{Key, child, encode, metadata, str_at},
    patches::{self, Form},
    reads,
    store::Store,
    strategy::Part,
    subresource::{Call, Subresource},
    writes,
};

/// `scale`, of workloads that count replicas.
pub(crate) const SUBRESOURCE: Subresource = Subresource {
    name: "scale",
    of: ("autoscaling", "v1", "Scale"),
    verbs: &["get", "patch", "update"],
    answer: |store, kind, key, call| {
        let (scale, warnings) = match call.method.as_str() {
            "GET" => {
                let object = store.get(kind.table, key);
                let object = object.ok_or_else(|| Failure::not_found(kind, &key.name))?;
                (of(kind, &object.tree()), Vec::new())
            }
            "PUT" => {
                let sent = bodies::read(&SCALE, &call.headers, &call.body, &call.params)?;
                let changed = update(store, kind, key, call, |_| Ok(sent.tree.clone()))?;
                (changed, sent.warnings)
            }
            _ => {
                let form = Form::parse(api::text(&call.headers, &header::CONTENT_TYPE))?;
                let mut warnings = Vec::new();
                let changed = update(store, kind, key, call, |scale| {
                    let patched = patches::changed(&SCALE, key, form, scale, call)?;
                    warnings = patched.warnings;
                    Ok(patched.tree)
                })?;
                (changed, warnings)
            }
        };
        let whole = encode(&SCALE, &scale).0;
        let shown = match call.wanted.shape {
            Shape::Whole => None,
            _ => reads::written(&SCALE, &whole, &call.params, call.wanted)?,
        };
        Ok(api::json(StatusCode::OK, shown.unwrap_or(whole), &warnings))
    },
};

fn update(
    store: &Store,
    kind: &'static Kind,
    key: &Key,
    call: &Call,
    mut change: impl FnMut(Value) -> Result<Value, Failure>,
) -> Result<Value, Failure> {
    let options = api::options(call)?;
    let changed: Bytes = writes::update(store, kind, key, Part::Sub("scale"), &options, |mut workload| {
        let scale = change(of(kind, &workload))?;
        let replicas = scale.pointer("/spec/replicas").and_then(Value::as_i64);
        let replicas = replicas.unwrap_or(0);
        if replicas < 0 {
            let cause = Cause::invalid("spec.replicas", replicas, "must be greater than or equal to 0");
            return Err(Failure::invalid_kind(
                SCALE.group,
                SCALE.kind,
                &key.name,
                &[cause],
            ));
        }
        child(&mut workload, "spec").insert("replicas".into(), replicas.into());
        // What says which object is meant, and which version of it.
        for field in ["name", "namespace", "uid", "resourceVersion"] {
            let said = str_at(&scale, &format!("/metadata/{field}"));
            metadata(&mut workload).insert(field.into(), said.into());
        }
        Ok(workload)
    })?;
    let workload: Value =
        serde_json::from_slice(&changed).map_err(|error| Failure::internal(&error.to_string()))?;
    Ok(of(kind, &workload))
}

/// The scale of a workload.
fn of(kind: &Kind, workload: &Value) -> Value {
    let mut metadata = Map::new();
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(value) = workload.pointer(&format!("/metadata/{field}")) {
            metadata.insert(field.into(), value.clone());
        }
    }
    let count = |at: &str| workload.pointer(at).and_then(Value::as_i64).unwrap_or(0);
    let mut spec = Map::new();
    if count("/spec/replicas") != 0 {
        spec.insert("replicas".into(), count("/spec/replicas").into());
    }
    let selector = workload.pointer("/spec/selector").unwrap_or(&Value::Null);
    let selector = if kind.table == Table::ReplicationControllers {
        label_selectors::text(&json!({"matchLabels": selector}))
    } else {
        label_selectors::text(selector)
    };
    let mut status = json!({"replicas": count("/status/replicas")});
    if !selector.is_empty() {
        status["selector"] = selector.into();
    }
    json!({"metadata": metadata, "spec": spec, "status": status})
}
