//! `POST …/pods/NAME/eviction`: a deletion that asks the pod's disruption budget first.
//!
//! Source: `pkg/registry/core/pod/storage/eviction.go`. What a budget allows is counted by its controller; an eviction
//! takes one of the allowed disruptions and tells the controller which pod it was for.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    api, bindings, bodies, clock,
    deletions::{self, Deletion},
    failure::Failure,
    fields::{entries, items, number, text},
    kinds::{self, EVICTION, POD, Table},
    object::{Key, Object, child, str_at},
    store::Store,
    strategy::Part,
    subresource::{Call, Subresource},
    writes::{self, Options},
};

const REFUSED: &str = "Cannot evict pod as it would violate the pod's disruption budget.";
/// The reason of the cause that names the budget.
const CAUSE: &str = "DisruptionBudget";
/// Seconds after which to ask again where a budget is not counted yet.
const AGAIN: u64 = 10;
/// Evictions that a budget's controller may still have to confirm.
const UNCONFIRMED: usize = 2000;

/// `eviction`, of pods.
pub(crate) const SUBRESOURCE: Subresource = Subresource {
    name: "eviction",
    of: ("policy", "v1", "Eviction"),
    verbs: &["create"],
    answer: |store, _, key, call| {
        let sent = bodies::read(&EVICTION, &call.headers, &call.body, &call.params)?;
        evict(store, key, &sent.tree, call)?;
        let status = r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":201}"#;
        Ok(api::created(
            Bytes::from_static(status.as_bytes()),
            &sent.warnings,
        ))
    },
};

/// Where an eviction stands with the budgets of its pod.
enum Verdict {
    /// None has a say.
    Free,
    /// This one has.
    Ask(Key),
    /// One would have, did the pod not already count as disrupted: the pod must not get well in between.
    Unhealthy(Key),
}

fn evict(store: &Store, key: &Key, eviction: &Value, call: &Call) -> Result<(), Failure> {
    let namespace = str_at(eviction, "/metadata/namespace");
    if !namespace.is_empty() && namespace != &*key.namespace {
        return Err(Failure::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    if str_at(eviction, "/metadata/name") != &*key.name {
        return Err(Failure::bad_request(
            "name in URL does not match name in Eviction object",
        ));
    }
    let mut options = api::options(call)?;
    let wished = eviction.get("deleteOptions").cloned().unwrap_or_default();
    options.dry_run |= !items(&wished, "dryRun").is_empty();
    let pod = store
        .get(Table::Pods, key)
        .ok_or_else(|| Failure::not_found(&POD, &key.name))?;
    let mut deletion = Deletion {
        grace_seconds: number(&wished, "gracePeriodSeconds"),
        uid: str_at(&wished, "/preconditions/uid").to_owned(),
        revision: str_at(&wished, "/preconditions/resourceVersion").to_owned(),
        dry_run: options.dry_run,
        ..Deletion::default()
    };
    let asked_revision = !deletion.revision.is_empty();
    match verdict(store, &pod)? {
        Verdict::Free => remove(store, key, deletion, &options),
        Verdict::Ask(budget) => {
            take(store, &budget, &key.name, options.dry_run)?;
            remove(store, key, deletion, &options)
        }
        Verdict::Unhealthy(budget) => {
            // Even where the client means an earlier version, as upstream.
            deletion.revision = pod.revision.to_string();
            remove(store, key, deletion, &options).map_err(|failure| {
                if failure.code() == http::StatusCode::CONFLICT && !asked_revision {
                    not_counted(&budget.name)
                } else {
                    failure
                }
            })
        }
    }
}

fn verdict(store: &Store, pod: &Object) -> Result<Verdict, Failure> {
    let tree = pod.tree();
    // What runs nowhere, or no more, cannot be disrupted.
    if pod.deleting || matches!(str_at(&tree, "/status/phase"), "Succeeded" | "Failed" | "Pending") {
        return Ok(Verdict::Free);
    }
    let budgets = store.list(Table::Budgets, Some(&pod.key.namespace)).objects;
    let mut budgets = budgets.into_iter().filter_map(|budget| {
        let tree = budget.tree();
        selects(tree.pointer("/spec/selector")?, pod).then(|| (budget.key.clone(), tree))
    });
    let Some((key, budget)) = budgets.next() else {
        return Ok(Verdict::Free);
    };
    if budgets.next().is_some() {
        return Err(Failure::unclassified(
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
        ));
    }
    let ready = items(&tree["status"], "conditions")
        .iter()
        .any(|condition| text(condition, "type") == "Ready" && text(condition, "status") == "True");
    let count = |field: &str| number(&budget["status"], field).unwrap_or(0);
    let well = count("currentHealthy") >= count("desiredHealthy") && count("desiredHealthy") > 0;
    let always = str_at(&budget, "/spec/unhealthyPodEvictionPolicy") == "AlwaysAllow";
    Ok(if !ready && (always || well) {
        Verdict::Unhealthy(key)
    } else {
        Verdict::Ask(key)
    })
}

/// Whether a label selector takes an object in. An empty one takes all.
fn selects(selector: &Value, object: &Object) -> bool {
    let labels = entries(selector, "matchLabels")
        .all(|(key, value)| object.label(key).is_some_and(|own| value == own));
    labels
        && items(selector, "matchExpressions").iter().all(|expression| {
            let own = object.label(text(expression, "key"));
            let among = own.is_some_and(|own| items(expression, "values").iter().any(|value| value == own));
            match text(expression, "operator") {
                "In" => among,
                "NotIn" => !among,
                "Exists" => own.is_some(),
                "DoesNotExist" => own.is_none(),
                _ => false,
            }
        })
}

/// Takes one of the disruptions that a budget allows.
fn take(store: &Store, budget: &Key, pod: &str, dry_run: bool) -> Result<(), Failure> {
    let options = Options {
        dry_run,
        ..Options::by("kube-apiserver")
    };
    let kind = kinds::find("policy", "v1", "poddisruptionbudgets").ok_or_else(Failure::no_such_resource)?;
    writes::update(store, kind, budget, Part::Status, &options, |mut tree| {
        check(&tree, &budget.name)?;
        let generation = number(&tree["metadata"], "generation").unwrap_or(0);
        let status = child(&mut tree, "status");
        let left = status
            .get("disruptionsAllowed")
            .and_then(Value::as_i64)
            .unwrap_or(0)
            .saturating_sub(1);
        status.insert("disruptionsAllowed".into(), left.into());
        let disrupted = status.entry("disruptedPods").or_insert(Value::Null);
        if !disrupted.is_object() {
            *disrupted = json!({});
        }
        if let Some(disrupted) = disrupted.as_object_mut() {
            disrupted.insert(pod.to_owned(), clock::now().into());
        }
        if left == 0 {
            exhausted(status, generation);
        }
        Ok(tree)
    })?;
    Ok(())
}

fn exhausted(status: &mut serde_json::Map<String, Value>, generation: i64) {
    let condition = json!({
        "type": "DisruptionAllowed", "status": "False", "reason": "InsufficientPods", "message": "",
        "observedGeneration": generation, "lastTransitionTime": clock::now(),
    });
    let conditions = status.entry("conditions").or_insert(Value::Null);
    if !conditions.is_array() {
        *conditions = json!([]);
    }
    if let Some(conditions) = conditions.as_array_mut() {
        conditions.retain(|condition| text(condition, "type") != "DisruptionAllowed");
        conditions.push(condition);
    }
}

/// Whether a budget allows a disruption, and if not, why.
fn check(budget: &Value, name: &str) -> Result<(), Failure> {
    let status = &budget["status"];
    let count = |field: &str| number(status, field).unwrap_or(0);
    let generation = number(&budget["metadata"], "generation").unwrap_or(0);
    if count("observedGeneration") < generation {
        return Err(not_counted(name));
    }
    let allowed = count("disruptionsAllowed");
    let forbidden = |why: &str, detail: &str| {
        let cause = format!("The disruption budget {name} does not allow evicting pods currently: {detail}");
        Err(Failure::forbidden_named("policy", "poddisruptionbudget", name, why).because(CAUSE, &cause))
    };
    if allowed < 0 {
        let why = "pdb disruptions allowed is negative";
        return forbidden(why, why);
    }
    if entries(status, "disruptedPods").count() > UNCONFIRMED {
        return forbidden(
            "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
            "too many pending evictions not confirmed by PDB controller",
        );
    }
    if allowed > 0 {
        return Ok(());
    }
    let refusing = items(status, "conditions").iter().find(|condition| {
        text(condition, "type") == "DisruptionAllowed"
            && text(condition, "status") == "False"
            && !text(condition, "message").is_empty()
    });
    let refusing = refusing.map(|condition| (text(condition, "reason"), text(condition, "message")));
    let (desired, current) = (count("desiredHealthy"), count("currentHealthy"));
    let why = match refusing {
        Some(("SyncFailed", message)) => format!(
            "The disruption budget {name} does not allow evicting pods currently because it failed sync: {message}"
        ),
        _ if current <= desired => {
            format!("The disruption budget {name} needs {desired} healthy pods and has {current} currently")
        }
        Some((reason, message)) => format!(
            "The disruption budget {name} does not allow evicting pods currently ({reason}): {message}"
        ),
        None => format!("The disruption budget {name} does not allow evicting pods currently"),
    };
    Err(Failure::too_many_requests(REFUSED, 0, CAUSE, &why))
}

fn not_counted(budget: &str) -> Failure {
    let why = format!("The disruption budget {budget} is still being processed by the server.");
    Failure::too_many_requests(REFUSED, AGAIN, CAUSE, &why)
}

/// Marks the pod as evicted, and deletes it.
fn remove(store: &Store, key: &Key, mut deletion: Deletion, options: &Options) -> Result<(), Failure> {
    if !deletion.dry_run {
        writes::update(store, &POD, key, Part::Status, options, |mut pod| {
            let uid = str_at(&pod, "/metadata/uid");
            let revision = str_at(&pod, "/metadata/resourceVersion");
            precondition("UID", &deletion.uid, uid, "deleted and then recreated", &key.name)?;
            precondition(
                "ResourceVersion",
                &deletion.revision,
                revision,
                "modified",
                &key.name,
            )?;
            let why = ("EvictionByEvictionAPI", "Eviction API: evicting");
            bindings::set_condition(child(&mut pod, "status"), "DisruptionTarget", true, Some(why));
            Ok(pod)
        })?;
        // The version that was asked for is the one before this mark.
        if !deletion.revision.is_empty()
            && let Some(pod) = store.get(Table::Pods, key)
        {
            deletion.revision = pod.revision.to_string();
        }
    }
    deletions::delete(store, &POD, key, &deletion)?;
    Ok(())
}

fn precondition(what: &str, wanted: &str, is: &str, ending: &str, pod: &str) -> Result<(), Failure> {
    if wanted.is_empty() || wanted == is {
        return Ok(());
    }
    let why = format!(
        "the {what} in the precondition ({wanted}) does not match the {what} in record ({is}). The object might have \
         been {ending}"
    );
    Err(Failure::deletion_conflict(&POD, pod, &why))
}
