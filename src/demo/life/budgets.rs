//! PodDisruptionBudgets: how many of the pods they select may be evicted now (`pkg/controller/disruption`).

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    Controller,
    backoff::Backoff,
    conditions,
    deployments::scaled,
    events,
    label_selector::{LabelSelector, Selecting},
    owned_pods::Facts,
    queue::Queue,
    replica_sets::replicas,
    statuses::{self, int},
    world::World,
};
use crate::demo::{
    clock,
    failure::Failure,
    kinds::{self, POD, Table, workload::BUDGET},
    object::{Key, Object, owners, str_at},
    store::Change,
};

const COMPONENT: &str = "controllermanager";
/// An eviction that was granted and did not happen within so long is forgotten.
const DELETION_TIMEOUT: i64 = 120;
/// With so many pods a budget is not looked at for each change of one.
const MANY: usize = 50;
const GATHER: Duration = Duration::from_millis(150);

/// Counts for budgets.
#[derive(Default)]
pub(crate) struct Budgets {
    selecting: Selecting,
    /// The pods that each budget selects.
    pods: HashMap<Key, BTreeSet<Key>>,
    backoff: Backoff,
}

/// How many pods there should be, and how many of them healthy at least.
struct Expected {
    pods: i64,
    healthy: i64,
}

impl Budgets {
    fn see_budget(&mut self, change: &Change, world: &World) {
        let key = &change.after.key;
        if change.deleted {
            self.selecting.remove(key);
            self.pods.remove(key);
            return;
        }
        let selector = LabelSelector::read(&change.after.tree()["spec"]["selector"]);
        if self.selecting.insert(key, selector.clone()) {
            let pods = world.store.list(Table::Pods, Some(&key.namespace)).objects;
            let selected = pods.into_iter().filter(|pod| selector.selects(pod));
            let selected = selected.map(|pod| pod.key.clone()).collect();
            self.pods.insert(key.clone(), selected);
        }
    }

    fn see_pod(&mut self, change: &Change, queue: &mut Queue) {
        let pod = &change.after;
        let before = change.before.as_deref();
        let now = if change.deleted {
            Vec::new()
        } else {
            self.selecting.of(pod)
        };
        let moved = change.deleted || before.is_none_or(|before| before.labels != pod.labels);
        let then = before
            .filter(|_| moved)
            .map(|before| self.selecting.of(before))
            .unwrap_or_default();
        for budget in then.iter().filter(|budget| !now.contains(budget)) {
            if let Some(pods) = self.pods.get_mut(budget) {
                pods.remove(&pod.key);
            }
        }
        for budget in &now {
            self.pods
                .entry(budget.clone())
                .or_default()
                .insert(pod.key.clone());
        }
        for budget in then.into_iter().chain(now) {
            if self.pods.get(&budget).is_some_and(|pods| pods.len() > MANY) {
                queue.add_after(budget, GATHER);
            } else {
                queue.add(budget);
            }
        }
    }

    fn count(&self, world: &World, budget: &Object, tree: &Value) -> Result<Option<i64>, Failure> {
        let keys = self.pods.get(&budget.key).into_iter().flatten();
        let pods: Vec<Arc<Object>> = keys.filter_map(|key| world.store.get(Table::Pods, key)).collect();
        if pods.is_empty() {
            tell(world, budget, "Normal", ("NoPods", "No matching pods found"));
        }
        let expected = match expect(world, budget, tree, &pods) {
            Ok(expected) => expected,
            Err(why) => {
                let message = format!("Failed to calculate the number of expected pods: {why}");
                tell(
                    world,
                    budget,
                    "Warning",
                    ("CalculateExpectedPodCountFailed", &message),
                );
                let mut status = tree["status"].clone();
                status["disruptionsAllowed"] = 0.into();
                set_condition(&mut status, tree, false, ("SyncFailed", &why));
                statuses::put(&world.store, &BUDGET, budget, tree, &status)?;
                return Ok(None);
            }
        };
        let now = Timestamp::now();
        let (disrupted, again) = disrupted(world, budget, tree, &pods, now);
        let healthy = pods.iter().filter(|pod| {
            !pod.deleting && !disrupted.contains_key(&*pod.key.name) && Facts::of(Arc::clone(pod)).is_ready()
        });
        let healthy = healthy.count() as i64;
        let allowed = match healthy.saturating_sub(expected.healthy) {
            allowed if expected.pods > 0 => allowed.max(0),
            _ => 0,
        };
        let mut status = json!({
            "currentHealthy": healthy, "desiredHealthy": expected.healthy, "expectedPods": expected.pods,
            "disruptionsAllowed": allowed,
        });
        if !disrupted.is_empty() {
            status["disruptedPods"] = disrupted.into();
        }
        if let Some(generation) = tree["metadata"].get("generation") {
            status["observedGeneration"] = generation.clone();
        }
        if let Some(before) = tree["status"].get("conditions") {
            status["conditions"] = before.clone();
        }
        let reason = if allowed > 0 {
            "SufficientPods"
        } else {
            "InsufficientPods"
        };
        set_condition(&mut status, tree, allowed > 0, (reason, ""));
        statuses::put(&world.store, &BUDGET, budget, tree, &status)?;
        Ok(again)
    }
}

impl Controller for Budgets {
    fn name(&self) -> &'static str {
        "disruption-controller"
    }

    fn watches(&self) -> &'static [Table] {
        &[
            Table::Budgets,
            Table::Pods,
            Table::Deployments,
            Table::ReplicaSets,
            Table::ReplicationControllers,
            Table::StatefulSets,
        ]
    }

    fn see(&mut self, change: &Change, world: &World, queue: &mut Queue) {
        let object = &change.after;
        match object.table {
            Table::Budgets => {
                self.see_budget(change, world);
                queue.add(object.key.clone());
            }
            Table::Pods => self.see_pod(change, queue),
            // A workload of another size: its pods are expected to be more or fewer.
            _ if !self.pods.is_empty() && resized(change) => {
                let pods = world.pods_of(&object.uid);
                let sets = world.controlled(Table::ReplicaSets, &object.uid);
                let through = sets.iter().flat_map(|set| world.pods_of(&set.uid));
                let budgets: BTreeSet<Key> = pods
                    .into_iter()
                    .chain(through)
                    .flat_map(|pod| self.selecting.of(&pod))
                    .collect();
                for budget in budgets {
                    queue.add(budget);
                }
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, queue: &mut Queue) {
        let Some(budget) = world.store.get(Table::Budgets, key) else {
            self.backoff.forget(key);
            return;
        };
        if budget.deleting {
            return;
        }
        match self.count(world, &budget, &budget.tree()) {
            Ok(again) => {
                self.backoff.forget(key);
                if let Some(seconds) = again.and_then(|seconds| u64::try_from(seconds).ok()) {
                    queue.add_after(key.clone(), Duration::from_secs(seconds));
                }
            }
            Err(_) => queue.add_after(key.clone(), self.backoff.fail(key)),
        }
    }
}

fn resized(change: &Change) -> bool {
    let size = |object: &Object| replicas(&object.tree());
    let before = change.before.as_deref();
    before.is_none_or(|before| size(before) != size(&change.after))
}

fn tell(world: &World, budget: &Object, severity: &str, what: (&str, &str)) {
    events::post(&world.store, COMPONENT, "", (&BUDGET, budget), severity, what);
}

fn set_condition(status: &mut Value, tree: &Value, is: bool, (reason, message): (&str, &str)) {
    let mut condition = json!({
        "type": "DisruptionAllowed", "status": if is { "True" } else { "False" },
        "reason": reason, "message": message, "lastTransitionTime": clock::now(),
    });
    if let Some(generation) = int(tree, "/metadata/generation") {
        condition["observedGeneration"] = generation.into();
    }
    if let Some(before) = conditions::find(status, "DisruptionAllowed")
        && before["status"] == condition["status"]
    {
        condition["lastTransitionTime"] = before["lastTransitionTime"].clone();
    }
    conditions::remove(status, "DisruptionAllowed");
    conditions::push(status, condition);
}

/// The numbers that the spec asks for, or why they cannot be told.
fn expect(world: &World, budget: &Object, tree: &Value, pods: &[Arc<Object>]) -> Result<Expected, String> {
    let spec = &tree["spec"];
    if let Some(most) = spec.get("maxUnavailable").filter(|most| !most.is_null()) {
        let pods = scale(world, budget, pods)?;
        let healthy = pods.saturating_sub(scaled(most, pods, true)).max(0);
        return Ok(Expected { pods, healthy });
    }
    match spec.get("minAvailable").filter(|least| !least.is_null()) {
        Some(least) if least.is_string() => {
            let pods = scale(world, budget, pods)?;
            let healthy = scaled(least, pods, true);
            Ok(Expected { pods, healthy })
        }
        least => Ok(Expected {
            pods: pods.len() as i64,
            healthy: least.and_then(Value::as_i64).unwrap_or(0),
        }),
    }
}

/// The sizes of the workloads that the pods belong to, each counted once.
fn scale(world: &World, budget: &Object, pods: &[Arc<Object>]) -> Result<i64, String> {
    let mut sizes: HashMap<Box<str>, i64> = HashMap::new();
    let mut unmanaged = false;
    for pod in pods {
        if pod.controller.is_empty() {
            unmanaged = true;
        } else if !sizes.contains_key(&*pod.controller) {
            let Some(owner) = controller(world, pod)? else {
                unmanaged = true;
                continue;
            };
            // A ReplicaSet of a deployment speaks for all of that.
            let above = if owner.table == Table::ReplicaSets && !owner.controller.is_empty() {
                controller(world, &owner)?
            } else {
                None
            };
            let owner = above.unwrap_or(owner);
            sizes.insert((&*pod.controller).into(), 0);
            sizes.insert(owner.uid.clone(), replicas(&owner.tree()));
        }
    }
    if unmanaged {
        let selector = &budget.tree()["spec"]["selector"];
        let message = format!(
            "Pods selected by this PodDisruptionBudget (selector: {selector}) were found to be unmanaged. As a result, \
             the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account \
             for these pods please set \".spec.minAvailable\" field of the PDB to an integer value."
        );
        tell(world, budget, "Warning", ("UnmanagedPods", &message));
    }
    Ok(sizes.into_values().fold(0, i64::saturating_add))
}

/// What controls an object; refused where that is of a kind that has no scale.
fn controller(world: &World, object: &Object) -> Result<Option<Arc<Object>>, String> {
    let tree = object.tree();
    let Some(reference) = owners(&tree).find(|owner| owner["controller"] == true) else {
        return Ok(None);
    };
    let (version, name) = (str_at(reference, "/apiVersion"), str_at(reference, "/kind"));
    let Some(kind) = kinds::find_by_manifest(version, name) else {
        return Ok(None);
    };
    let scalable = [
        Table::Deployments,
        Table::ReplicaSets,
        Table::ReplicationControllers,
        Table::StatefulSets,
    ];
    if !scalable.contains(&kind.table) {
        return Err(format!(
            "{} does not implement the scale subresource",
            kind.resource()
        ));
    }
    let key = Key::new(&object.key.namespace, str_at(reference, "/name"));
    let owner = world.store.get(kind.table, &key);
    Ok(owner.filter(|owner| *owner.uid == *object.controller))
}

/// The pods whose eviction was granted and that are still there, and in how many seconds the next of these is over.
fn disrupted(
    world: &World,
    budget: &Object,
    tree: &Value,
    pods: &[Arc<Object>],
    now: Timestamp,
) -> (Map<String, Value>, Option<i64>) {
    let (mut kept, mut next) = (Map::new(), None::<i64>);
    let Some(granted) = tree["status"]["disruptedPods"].as_object() else {
        return (kept, next);
    };
    for pod in pods.iter().filter(|pod| !pod.deleting) {
        let Some(time) = granted.get(&*pod.key.name) else {
            continue;
        };
        let at: Option<Timestamp> = time.as_str().and_then(|time| time.parse().ok());
        let over = at.map_or(i64::MIN, |at| at.as_second().saturating_add(DELETION_TIMEOUT));
        if over < now.as_second() {
            let namespace = &budget.key.namespace;
            let message =
                format!("Pod was expected by PDB {namespace}/{namespace} to be deleted but it wasn't");
            let about = (&POD, &**pod);
            events::post(
                &world.store,
                COMPONENT,
                "",
                about,
                "Warning",
                ("NotDeleted", &message),
            );
        } else {
            kept.insert(pod.key.name.to_string(), time.clone());
            let left = over.saturating_sub(now.as_second()).saturating_add(1);
            next = Some(next.map_or(left, |next| next.min(left)));
        }
    }
    (kept, next)
}
