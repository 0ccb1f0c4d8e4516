//! What the rest of the cluster decides about a new pod: the admission plugins that upstream has on.
//!
//! `ServiceAccount`, `Priority`, `DefaultTolerationSeconds`, `RuntimeClass` and `PodTopologyLabels`, in upstream's order.
//! The account `default` is taken to exist: upstream waits for the controller that makes it, and its making here is a
//! matter of the next moment.

use serde_json::{Map, Value, json};

use super::defaults::spec;
use crate::demo::{
    bindings, clock,
    failure::Failure,
    fields::{fill, is_true, is_unset, items, objects_mut, text},
    kinds::{POD, PRIORITY_CLASS, SERVICE_ACCOUNT},
    object::{Key, metadata, str_at},
    store::Store,
};

/// Where containers find the token of their service account.
const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const TOKEN_VOLUME: &str = "kube-api-access-";
/// Letters that the server adds to a `generateName`.
const SUFFIX: usize = 5;

/// Admits a pod, or a change of one.
pub(super) fn admit(store: &Store, old: Option<&Value>, tree: &mut Value) -> Result<(), Failure> {
    if let Some(old) = old {
        // Admission keeps what it once set where a client leaves it out.
        for field in ["priority", "preemptionPolicy"] {
            if let Some(value) = old.pointer(&format!("/spec/{field}")) {
                fill(spec(tree), field, value.clone());
            }
        }
        default_tolerations(spec(tree));
        return Ok(());
    }
    let name = asked_name(tree).to_owned();
    let forbid = |why: &str| Failure::forbidden(&POD, &name, why);
    admit_account(store, tree, &forbid)?;
    admit_priority(store, spec(tree), &forbid)?;
    default_tolerations(spec(tree));
    admit_runtime(tree, &forbid)?;
    copy_topology(store, tree);
    Ok(())
}

/// What the maker called the pod: admission comes before a name is generated.
fn asked_name(tree: &Value) -> &str {
    let name = str_at(tree, "/metadata/name");
    let prefix = str_at(tree, "/metadata/generateName");
    let generated = !prefix.is_empty() && name.len() == prefix.len() + SUFFIX && name.starts_with(prefix);
    if generated { prefix } else { name }
}

/// The pod's service account, and the volume with its token.
fn admit_account(store: &Store, tree: &mut Value, forbid: &impl Fn(&str) -> Failure) -> Result<(), Failure> {
    let namespace = str_at(tree, "/metadata/namespace").to_owned();
    let spec = spec(tree);
    fill(spec, "serviceAccountName", "default");
    let account = spec
        .get("serviceAccountName")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    spec.insert("serviceAccount".into(), account.as_str().into());
    let found = store.get(SERVICE_ACCOUNT.table, &Key::new(&namespace, &account));
    if found.is_none() && account != "default" {
        return Err(forbid(&format!(
            "error looking up service account {namespace}/{account}: serviceaccount {account:?} not found"
        )));
    }
    let found = found.map(|account| account.tree()).unwrap_or_default();
    let says = |tree: &Value| tree.get("automountServiceAccountToken").and_then(Value::as_bool);
    let own = spec.get("automountServiceAccountToken").and_then(Value::as_bool);
    if own.or_else(|| says(&found)).unwrap_or(true) {
        mount_token(spec);
    }
    let secrets = items(&found, "imagePullSecrets");
    let none = spec
        .get("imagePullSecrets")
        .and_then(Value::as_array)
        .is_none_or(Vec::is_empty);
    if none && !secrets.is_empty() {
        spec.insert("imagePullSecrets".into(), secrets.into());
    }
    Ok(())
}

fn mount_token(spec: &mut Map<String, Value>) {
    let volumes = spec.get("volumes").and_then(Value::as_array);
    let known = volumes.into_iter().flatten().map(|volume| text(volume, "name"));
    let known = known
        .filter(|name| name.starts_with(TOKEN_VOLUME))
        .map(str::to_owned)
        .next();
    let has_volume = known.is_some();
    let name = known.unwrap_or_else(|| {
        format!(
            "{TOKEN_VOLUME}{}",
            clock::suffix(&mut fastrand::Rng::new(), SUFFIX)
        )
    });
    let mut needed = false;
    for list in ["initContainers", "containers"] {
        for container in objects_mut(spec, list) {
            let mounts = container.entry("volumeMounts").or_insert(Value::Null);
            if !mounts.is_array() {
                *mounts = json!([]);
            }
            if let Some(mounts) = mounts.as_array_mut()
                && !mounts.iter().any(|mount| text(mount, "mountPath") == TOKEN_PATH)
            {
                mounts.push(json!({"name": name, "readOnly": true, "mountPath": TOKEN_PATH}));
                needed = true;
            }
        }
    }
    if needed && !has_volume {
        let volumes = spec.entry("volumes").or_insert(Value::Null);
        if !volumes.is_array() {
            *volumes = json!([]);
        }
        if let Some(volumes) = volumes.as_array_mut() {
            volumes.push(token_volume(&name));
        }
    }
}

fn token_volume(name: &str) -> Value {
    let field = json!({"apiVersion": "v1", "fieldPath": "metadata.namespace"});
    json!({"name": name, "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": field}]}},
    ]}})
}

/// The number and the preemption policy come from the class.
fn admit_priority(
    store: &Store,
    spec: &mut Map<String, Value>,
    forbid: &impl Fn(&str) -> Failure,
) -> Result<(), Failure> {
    let asked = spec.get("priorityClassName").and_then(Value::as_str);
    let class = match asked.filter(|name| !name.is_empty()) {
        None => default_class(store),
        Some(name) => {
            let class = store.get(PRIORITY_CLASS.table, &Key::new("", name));
            let missing = || forbid(&format!("no PriorityClass with name {name} was found"));
            Some(class.ok_or_else(missing)?.tree())
        }
    };
    let priority = class
        .as_ref()
        .and_then(|class| class["value"].as_i64())
        .unwrap_or(0);
    let policy = class
        .as_ref()
        .map(|class| text(class, "preemptionPolicy"))
        .filter(|policy| !policy.is_empty())
        .unwrap_or("PreemptLowerPriority");
    if let Some(sent) = spec
        .get("priority")
        .and_then(Value::as_i64)
        .filter(|sent| *sent != priority)
    {
        return Err(forbid(&format!(
            "the integer value of priority ({sent}) must not be provided in pod spec; priority admission controller \
             computed {priority} from the given PriorityClass name"
        )));
    }
    let sent = spec.get("preemptionPolicy").and_then(Value::as_str);
    if let Some(sent) = sent.filter(|sent| *sent != policy) {
        return Err(forbid(&format!(
            "the string value of PreemptionPolicy ({sent}) must not be provided in pod spec; priority admission \
             controller computed {policy} from the given PriorityClass name"
        )));
    }
    if let Some(name) = class.as_ref().map(|class| str_at(class, "/metadata/name")) {
        spec.insert("priorityClassName".into(), name.into());
    }
    spec.insert("priority".into(), priority.into());
    spec.insert("preemptionPolicy".into(), policy.into());
    Ok(())
}

/// The class of pods that name none. Of several, which only a race can make, the lowest.
pub(crate) fn default_class(store: &Store) -> Option<Value> {
    const MARK: &[u8] = br#""globalDefault":true"#;
    // There are few classes and many pods: no class is parsed that does not say so.
    let marked = store.find(PRIORITY_CLASS.table, |class| {
        class.body().windows(MARK.len()).any(|window| window == MARK)
    });
    let classes = marked
        .iter()
        .map(|class| class.tree())
        .filter(|class| is_true(class, "globalDefault"));
    classes.min_by_key(|class| class["value"].as_i64())
}

/// Five minutes on a node that is gone.
fn default_tolerations(spec: &mut Map<String, Value>) {
    let tolerations = spec.entry("tolerations").or_insert(Value::Null);
    if !tolerations.is_array() {
        *tolerations = json!([]);
    }
    let Some(tolerations) = tolerations.as_array_mut() else {
        return;
    };
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let covers = |toleration: &Value| {
            matches!(text(toleration, "key"), known if known.is_empty() || known == key)
                && matches!(text(toleration, "effect"), "" | "NoExecute")
        };
        if !tolerations.iter().any(covers) {
            tolerations.push(json!({
                "key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300,
            }));
        }
    }
}

/// There are no runtime classes here, so that none can be named.
fn admit_runtime(tree: &mut Value, forbid: &impl Fn(&str) -> Failure) -> Result<(), Failure> {
    let spec = spec(tree);
    if !is_unset(spec, "runtimeClassName") {
        let class = spec["runtimeClassName"].as_str().unwrap_or_default();
        return Err(forbid(&format!("pod rejected: RuntimeClass {class:?} not found")));
    }
    let overhead = spec.get("overhead").and_then(Value::as_object);
    if overhead.is_some_and(|overhead| !overhead.is_empty()) {
        return Err(forbid(
            "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
        ));
    }
    Ok(())
}

/// A pod that is made on a node has that node's zone and region.
fn copy_topology(store: &Store, tree: &mut Value) {
    let node = str_at(tree, "/spec/nodeName");
    if node.is_empty() {
        return;
    }
    let labels = bindings::topology_labels(store, node);
    if !labels.is_empty() {
        let target = metadata(tree).entry("labels").or_insert(Value::Null);
        if !target.is_object() {
            *target = json!({});
        }
        if let Some(target) = target.as_object_mut() {
            target.extend(labels);
        }
    }
}
