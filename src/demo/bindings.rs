//! `POST …/pods/NAME/binding`: the one way a pod gets its node.
//!
//! Measured against kube-apiserver 1.37.2. What it does not check is not checked here: a node that does not exist,
//! resources, taints, phase, schedulerName. Annotations and labels of the Binding are merged unvalidated, as
//! upstream merges them: an illegal one is stored, and then spoils every later write to the pod.

use axum::response::Response;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    api, bodies, clock,
    failure::{Cause, Failure, aggregate},
    kinds::{Kind, NODE, POD},
    names,
    object::{Key, Object, child, metadata, str_at},
    request::Target,
    store::{Store, Write},
    subresource::{Call, Subresource},
};

/// Labels that admission copies from the node to the pod bound to it.
const TOPOLOGY: [&str; 2] = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"];

/// The answer to a binding that was made.
const BOUND: &str = r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":201}"#;

/// `binding`, of pods.
pub(crate) const SUBRESOURCE: Subresource = Subresource {
    name: "binding",
    of: ("", "v1", "Binding"),
    verbs: &["create"],
    answer: |store, _, key, call| {
        let dry_run = api::dry_run(&call.params)?;
        let binding = bodies::read_as("v1", "Binding", &call.headers, &call.body, &call.params)?;
        bind(store, key, &binding.tree, Topology::Copied, dry_run)?;
        Ok(api::created(
            Bytes::from_static(BOUND.as_bytes()),
            &binding.warnings,
        ))
    },
};

/// The older `POST …/namespaces/NS/bindings`: the pod is the one of the binding's own name, whatever its uid, and no label
/// of the node is copied.
pub(crate) fn create(store: &Store, target: &Target, call: &Call) -> Result<Response, Failure> {
    let ("POST", Some(namespace), None) = (call.method.as_str(), &target.namespace, &target.name) else {
        return Err(Failure::method_not_allowed());
    };
    let dry_run = api::dry_run(&call.params)?;
    let mut sent = bodies::read_as("v1", "Binding", &call.headers, &call.body, &call.params)?;
    let name = str_at(&sent.tree, "/metadata/name").to_owned();
    if name.is_empty() {
        return Err(Failure::bad_request("Name parameter required."));
    }
    metadata(&mut sent.tree).remove("uid");
    bind(
        store,
        &Key::new(namespace, &name),
        &sent.tree,
        Topology::Unknown,
        dry_run,
    )?;
    Ok(api::created(Bytes::from_static(BOUND.as_bytes()), &sent.warnings))
}

/// Whether the pod learns its zone and region from its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topology {
    Copied,
    Unknown,
}

/// Binds a pod, or says whether it could be bound.
fn bind(store: &Store, key: &Key, binding: &Value, topology: Topology, dry_run: bool) -> Result<(), Failure> {
    let namespace = str_at(binding, "/metadata/namespace");
    if !namespace.is_empty() && namespace != &*key.namespace {
        return Err(Failure::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    if str_at(binding, "/metadata/name") != &*key.name {
        return Err(Failure::bad_request(
            "name in URL does not match name in Binding object",
        ));
    }
    let node = str_at(binding, "/target/name");
    let kind = str_at(binding, "/target/kind");
    let causes = validate(kind, node);
    if !causes.is_empty() {
        return Err(Failure::unclassified(aggregate(&causes)));
    }
    let topology = if kind == "Node" && topology == Topology::Copied {
        topology_labels(store, node)
    } else {
        Map::new()
    };
    store.write(&POD, key, |current| {
        let pod = current.ok_or_else(|| Failure::not_found(&POD, &key.name))?;
        let seen = |field| str_at(binding, field);
        check_preconditions(
            &POD,
            pod,
            seen("/metadata/uid"),
            seen("/metadata/resourceVersion"),
        )?;
        let mut tree = pod.tree();
        check_state(&tree)?;
        if dry_run {
            return Ok(Write::Keep);
        }
        assign(&mut tree, node, binding, &topology);
        Ok(Write::Put(tree))
    })?;
    Ok(())
}

fn validate(kind: &str, node: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    if !matches!(kind, "" | "Node") {
        causes.push(Cause::unsupported("target.kind", kind, &["Node", "<empty>"]));
    }
    if node.is_empty() {
        causes.push(Cause::required("target.name", ""));
    } else if causes.is_empty() {
        causes.extend(
            names::subdomain(node)
                .iter()
                .map(|why| Cause::invalid("target.name", node, why)),
        );
    }
    causes
}

/// Refuses where the uid or the resourceVersion that the client saw is no longer the object's.
pub(crate) fn check_preconditions(
    kind: &Kind,
    object: &Object,
    uid: &str,
    revision: &str,
) -> Result<(), Failure> {
    let current = object.revision.to_string();
    for (what, wanted, is) in [
        ("UID", uid, &*object.uid),
        ("ResourceVersion", revision, current.as_str()),
    ] {
        if !wanted.is_empty() && wanted != is {
            let Key { namespace, name } = &object.key;
            // Where upstream keeps nodes is older than their name.
            let directory = if std::ptr::eq(kind, &raw const NODE) {
                "minions"
            } else {
                kind.plural
            };
            let slash = if namespace.is_empty() { "" } else { "/" };
            let why = format!(
                "StorageError: invalid object, Code: 4, Key: /registry/{directory}{slash}{namespace}/{name}, ResourceVersion: \
                 0, AdditionalErrorMsg: Precondition failed: {what} in precondition: {wanted}, {what} in object meta: \
                 {is}"
            );
            return Err(Failure::conflict(kind, name, &why));
        }
    }
    Ok(())
}

fn check_state(pod: &Value) -> Result<(), Failure> {
    let name = str_at(pod, "/metadata/name");
    let node = str_at(pod, "/spec/nodeName");
    let gated = pod
        .pointer("/spec/schedulingGates")
        .and_then(Value::as_array)
        .is_some_and(|g| !g.is_empty());
    let why = if pod
        .pointer("/metadata/deletionTimestamp")
        .is_some_and(|t| !t.is_null())
    {
        format!("pod {name} is being deleted, cannot be assigned to a host")
    } else if !node.is_empty() {
        format!("pod {name} is already assigned to node {node:?}")
    } else if gated {
        format!("pod {name} has non-empty .spec.schedulingGates")
    } else {
        return Ok(());
    };
    Err(Failure::binding_conflict(name, &why))
}

fn assign(pod: &mut Value, node: &str, binding: &Value, topology: &Map<String, Value>) {
    child(pod, "spec").insert("nodeName".into(), node.into());
    for field in ["annotations", "labels"] {
        let mut sent = binding
            .pointer(&format!("/metadata/{field}"))
            .and_then(Value::as_object)
            .cloned();
        if field == "labels" && !topology.is_empty() {
            sent.get_or_insert_default().extend(topology.clone());
        }
        if let Some(sent) = sent.filter(|sent| !sent.is_empty()) {
            let metadata = metadata(pod);
            let target = metadata.entry(field).or_insert_with(|| json!({}));
            if let Some(target) = target.as_object_mut() {
                target.extend(sent);
            }
        }
    }
    let status = child(pod, "status");
    status.remove("nominatedNodeName");
    set_condition(status, "PodScheduled", true, None);
}

/// Sets a condition of a pod's status; its time moves only where its status does. With no reason, what was
/// written there before is gone.
pub(crate) fn set_condition(
    status: &mut Map<String, Value>,
    kind: &str,
    holds: bool,
    reason: Option<(&str, &str)>,
) {
    let holds = if holds { "True" } else { "False" };
    let conditions = status.entry("conditions").or_insert_with(|| json!([]));
    let Some(list) = conditions.as_array_mut() else {
        return;
    };
    let mut new =
        json!({"type": kind, "status": holds, "lastProbeTime": null, "lastTransitionTime": clock::now()});
    if let Some((reason, message)) = reason {
        new["reason"] = reason.into();
        if !message.is_empty() {
            new["message"] = message.into();
        }
    }
    match list.iter_mut().find(|c| str_at(c, "/type") == kind) {
        Some(old) => {
            for (key, value) in old.as_object().into_iter().flatten() {
                let kept = key == "observedGeneration"
                    || key == "lastTransitionTime" && str_at(old, "/status") == holds && !value.is_null();
                if kept {
                    new[key.as_str()] = value.clone();
                }
            }
            *old = new;
        }
        None => list.push(new),
    }
}

/// The labels that a pod on this node gets from it.
pub(crate) fn topology_labels(store: &Store, node: &str) -> Map<String, Value> {
    let Some(node) = store.get(NODE.table, &Key::new("", node)) else {
        return Map::new();
    };
    let label = |key: &&str| Some(((*key).to_owned(), Value::from(node.label(key)?)));
    TOPOLOGY.iter().filter_map(label).collect()
}
