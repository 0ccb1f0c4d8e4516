//! What was found, as an `AllocationResult`.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Failure, Search};
use crate::model::device::{Ask, Device, DeviceToleration, ResourceClaim, ResourceSlice};
use crate::model::quantity::WrittenQuantity;
use crate::model::selector::Requirement;
use crate::scheduling::features::Gate;

/// A device that was taken.
pub(super) struct Taken<'c, 'a> {
    /// The alternative, or the request where it has none.
    pub(super) name: &'c str,
    /// The request, where it has alternatives.
    pub(super) parent: Option<&'c str>,
    pub(super) ask: &'c Ask,
    pub(super) slice: &'a ResourceSlice,
    pub(super) device: &'a Device,
    /// What share of which capacity.
    pub(super) consumed: Vec<(Arc<str>, WrittenQuantity)>,
}

/// What one claim gets.
#[derive(Clone, Debug)]
pub(in crate::scheduling::plugins::dynamic_resources) struct Found {
    /// The API's `AllocationResult`, without share ids.
    pub(in crate::scheduling::plugins::dynamic_resources) result: Value,
    /// The devices, each as the request (or `REQUEST/ALTERNATIVE`) that it answers and `DRIVER/POOL/DEVICE`.
    pub(in crate::scheduling::plugins::dynamic_resources) devices: Vec<(String, String)>,
}

fn full(parent: Option<&str>, name: &str) -> String {
    parent.map_or_else(|| name.to_owned(), |parent| format!("{parent}/{name}"))
}

impl Search<'_, '_> {
    /// What claim `at` gets.
    pub(super) fn found(&self, at: usize) -> Result<Found, Failure> {
        let Some(&claim) = self.claims.get(at) else {
            return Err(Failure::None);
        };
        let taken = self.taken.get(at).map_or(&[][..], Vec::as_slice);
        let mut devices = Map::new();
        if !taken.is_empty() {
            devices.insert(
                "results".to_owned(),
                taken.iter().map(|one| self.result(one)).collect(),
            );
        }
        let config = self.config(at, claim);
        if !config.is_empty() {
            devices.insert("config".to_owned(), Value::Array(config));
        }
        let mut result = Map::new();
        result.insert("devices".to_owned(), Value::Object(devices));
        let selector = node_selector(taken, &self.node.name).map_err(|text| {
            Failure::Error(format!("create NodeSelector for claim {}: {text}", claim.name))
        })?;
        if let Some(selector) = selector {
            result.insert("nodeSelector".to_owned(), selector);
        }
        let shown = taken.iter().map(|one| {
            let device = format!("{}/{}/{}", one.slice.driver, one.slice.pool, one.device.name);
            (full(one.parent, one.name), device)
        });
        Ok(Found {
            result: Value::Object(result),
            devices: shown.collect(),
        })
    }

    fn result(&self, one: &Taken<'_, '_>) -> Value {
        let mut value = json!({
            "request": full(one.parent, one.name),
            "driver": one.slice.driver,
            "pool": one.slice.pool,
            "device": one.device.name,
        });
        if one.ask.admin_access == Some(true) {
            value["adminAccess"] = json!(true);
        }
        if !one.ask.tolerations.is_empty() {
            value["tolerations"] = one.ask.tolerations.iter().map(toleration).collect();
        }
        if !one.consumed.is_empty() {
            let consumed = one.consumed.iter();
            let consumed = consumed.map(|(name, share)| (name.to_string(), json!(share.to_string())));
            value["consumedCapacity"] = Value::Object(consumed.collect());
        }
        if self.inventory.gates.enabled(Gate::DRADeviceBindingConditions) {
            let conditions = one.device.binding_conditions.as_deref().unwrap_or_default();
            if !conditions.is_empty() {
                value["bindingConditions"] = json!(conditions);
            }
            if !one.device.failure_conditions.is_empty() {
                value["bindingFailureConditions"] = json!(one.device.failure_conditions);
            }
        }
        value
    }

    /// The request's name, and `REQUEST/ALTERNATIVE` where an alternative was taken.
    fn names(&self, at: usize) -> Vec<(String, Option<String>)> {
        let groups = self.requests.get(at).into_iter().flatten();
        let names = groups.filter_map(|group| {
            let name = group.alternatives.get(group.chosen)?.name;
            Some(match group.parent {
                Some(parent) => (parent.to_owned(), Some(full(Some(parent), name))),
                None => (name.to_owned(), None),
            })
        });
        names.collect()
    }

    fn config(&self, at: usize, claim: &ResourceClaim) -> Vec<Value> {
        let names = self.names(at);
        let mut all: Vec<(&str, Vec<String>, &Map<String, Value>)> = Vec::new();
        let mut classes: Vec<(&str, usize, usize)> = Vec::new();
        let groups = self.requests.get(at).into_iter().flatten();
        let chosen = groups.filter_map(|group| Some((group.parent, group.alternatives.get(group.chosen)?)));
        for (parent, asked) in chosen {
            let name = full(parent, asked.name);
            if let Some(&(_, start, end)) = classes.iter().find(|(class, ..)| *class == &*asked.class.name) {
                for (_, requests, _) in all.iter_mut().take(end).skip(start) {
                    requests.push(name.clone());
                }
                continue;
            }
            let start = all.len();
            all.extend(
                asked
                    .class
                    .config
                    .iter()
                    .map(|body| ("FromClass", vec![name.clone()], body)),
            );
            classes.push((&asked.class.name, start, all.len()));
        }
        for config in &claim.config {
            let concerns = |(name, chosen): &(String, Option<String>)| {
                config
                    .requests
                    .iter()
                    .any(|of| **of == **name || chosen.as_deref() == Some(&**of))
            };
            if config.requests.is_empty() || names.iter().any(concerns) {
                let requests = config.requests.iter().map(ToString::to_string).collect();
                all.push(("FromClaim", requests, &config.body));
            }
        }
        let values = all.into_iter().map(|(source, requests, body)| {
            let listed = |name: &String| requests.contains(name);
            let everywhere = names
                .iter()
                .all(|(name, chosen)| listed(name) || chosen.as_ref().is_some_and(listed));
            let mut value = body.clone();
            value.insert("source".to_owned(), json!(source));
            if !requests.is_empty() && !everywhere {
                value.insert("requests".to_owned(), json!(requests));
            }
            Value::Object(value)
        });
        values.collect()
    }
}

fn toleration(of: &DeviceToleration) -> Value {
    let mut value = Map::new();
    let texts = [
        ("key", &of.key),
        ("operator", &of.operator),
        ("value", &of.value),
        ("effect", &of.effect),
    ];
    for (field, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        value.insert(field.to_owned(), json!(text));
    }
    if let Some(seconds) = of.seconds {
        value.insert("tolerationSeconds".to_owned(), json!(seconds));
    }
    Value::Object(value)
}

/// The nodes on which all of the devices can be used; `None` for every node.
fn node_selector(taken: &[Taken<'_, '_>], node: &str) -> Result<Option<Value>, String> {
    let mut fields: Vec<&Requirement> = Vec::new();
    let mut labels: Vec<&Requirement> = Vec::new();
    for one in taken {
        let per_device = one.slice.per_device == Some(true);
        let reach = if per_device {
            &one.device.reach
        } else {
            &one.slice.reach
        };
        if reach.node_name.is_some() || one.device.binds_to_node {
            let only = json!({ "key": "metadata.name", "operator": "In", "values": [node] });
            return Ok(Some(json!({ "nodeSelectorTerms": [{ "matchFields": [only] }] })));
        }
        match reach.selector.as_ref().map(|selector| selector.terms.as_slice()) {
            None | Some([]) => {}
            Some([term]) => {
                add_new(&mut fields, &term.fields);
                add_new(&mut labels, &term.expressions);
            }
            Some(terms) => {
                return Err(format!(
                    "unsupported ResourceSlice.NodeSelector with {} terms",
                    terms.len()
                ));
            }
        }
    }
    if fields.is_empty() && labels.is_empty() {
        return Ok(None);
    }
    let mut term = Map::new();
    for (key, requirements) in [("matchFields", fields), ("matchExpressions", labels)] {
        if !requirements.is_empty() {
            term.insert(
                key.to_owned(),
                requirements.into_iter().map(requirement).collect(),
            );
        }
    }
    Ok(Some(json!({ "nodeSelectorTerms": [term] })))
}

fn add_new<'a>(all: &mut Vec<&'a Requirement>, from: &'a [Requirement]) {
    for requirement in from {
        let values = |of: &'a Requirement| of.values.iter().collect::<BTreeSet<_>>();
        let have = all.iter().any(|have| {
            have.key == requirement.key
                && have.operator == requirement.operator
                && values(have) == values(requirement)
        });
        if !have {
            all.push(requirement);
        }
    }
}

fn requirement(of: &Requirement) -> Value {
    let mut value = json!({ "key": of.key, "operator": of.operator.as_str() });
    if !of.values.is_empty() {
        value["values"] = json!(of.values);
    }
    value
}
