//! What the API server does to a pod besides storing it: defaults, admission and validation, where they matter to
//! scheduling.
//!
//! Not done, and not pretended: the token volume of the `ServiceAccount` plugin, the validation of volumes, probes,
//! affinity and whatever else scheduling does not read.

use k8s_openapi::{
    api::core::v1::{Container, Pod, PodCondition, PodSpec, PodStatus, Toleration},
    apimachinery::pkg::apis::meta::v1::Time,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    bindings,
    failure::{Cause, Failure},
    kinds::{POD, PRIORITY_CLASS},
    names,
    object::{Key, str_at},
    quantities,
    store::Store,
    strategy::{self, Part, Strategy},
};

const GATED: &str = "Scheduling is blocked due to non-empty scheduling gates";
const IMMUTABLE: &str = "pod updates may not change fields other than \
     `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only \
     additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
     previously negative)";

/// What the server does with pods.
pub(crate) static STRATEGY: Strategy = Strategy {
    default: |tree| change(tree, |pod| default_spec(pod.spec.get_or_insert_default())),
    admit,
    prepare: |tree| change(tree, prepare),
    validate: |tree| validate(&read(tree).spec.unwrap_or_default()),
    validate_update: |part, old, new| match part {
        Part::Main => {
            let spec = |tree| read(tree).spec.unwrap_or_default();
            validate_update(&spec(old), &spec(new))
        }
        Part::Status | Part::Sub(_) => Vec::new(),
    },
    ..strategy::PLAIN
};

/// Pods are of their type by the time that a strategy sees them.
fn read(tree: &Value) -> Pod {
    Pod::deserialize(tree).unwrap_or_default()
}

fn change(tree: &mut Value, change: impl FnOnce(&mut Pod)) {
    let mut pod = read(tree);
    change(&mut pod);
    if let Ok(changed) = serde_json::to_value(&pod) {
        *tree = changed;
    }
}

fn admit(store: &Store, old: Option<&Value>, tree: &mut Value) -> Result<(), Failure> {
    let mut pod = read(tree);
    let name = pod.metadata.name.clone().unwrap_or_default();
    let spec = pod.spec.get_or_insert_default();
    if let Some(old) = old {
        // Admission keeps what it once set where a client leaves it out.
        let old = read(old).spec.unwrap_or_default();
        spec.priority = spec.priority.or(old.priority);
        if spec.preemption_policy.is_none() {
            spec.preemption_policy.clone_from(&old.preemption_policy);
        }
    } else {
        spec.service_account_name.get_or_insert_with(|| "default".into());
        spec.service_account.clone_from(&spec.service_account_name);
        default_tolerations(spec);
        admit_priority(store, &name, spec)?;
        if let Some(node) = spec.node_name.as_deref().filter(|n| !n.is_empty()) {
            let labels = bindings::topology_labels(store, node);
            let labels = labels
                .into_iter()
                .filter_map(|(k, v)| Some((k, v.as_str()?.to_owned())));
            pod.metadata.labels.get_or_insert_default().extend(labels);
        }
    }
    *tree = serde_json::to_value(&pod).map_err(|error| Failure::internal(&error.to_string()))?;
    Ok(())
}

/// The status of a new pod, whatever was sent.
fn prepare(pod: &mut Pod) {
    let spec = pod.spec.get_or_insert_default();
    let mut status = PodStatus {
        phase: Some("Pending".into()),
        qos_class: Some(qos_class(spec).into()),
        ..PodStatus::default()
    };
    if spec
        .scheduling_gates
        .as_ref()
        .is_some_and(|gates| !gates.is_empty())
    {
        status.conditions = Some(vec![PodCondition {
            type_: "PodScheduled".into(),
            status: "False".into(),
            reason: Some("SchedulingGated".into()),
            message: Some(GATED.into()),
            last_transition_time: Some(Time(jiff::Timestamp::now())),
            ..PodCondition::default()
        }]);
    }
    pod.status = Some(status);
}

fn default_spec(spec: &mut PodSpec) {
    spec.restart_policy.get_or_insert_with(|| "Always".into());
    spec.dns_policy.get_or_insert_with(|| "ClusterFirst".into());
    spec.security_context.get_or_insert_default();
    spec.enable_service_links.get_or_insert(true);
    let grace = spec.termination_grace_period_seconds.get_or_insert(30);
    if *grace < 0 {
        *grace = 1;
    }
    if spec.scheduler_name.as_deref().unwrap_or_default().is_empty() {
        spec.scheduler_name = Some("default-scheduler".into());
    }
    let host_network = spec.host_network == Some(true);
    for container in spec
        .containers
        .iter_mut()
        .chain(spec.init_containers.iter_mut().flatten())
    {
        default_container(container, host_network);
    }
}

fn default_container(container: &mut Container, host_network: bool) {
    let image = container.image.as_deref().unwrap_or_default();
    let last = image.rsplit('/').next().unwrap_or_default();
    let latest = !image.contains('@') && last.split_once(':').is_none_or(|(_, tag)| tag == "latest");
    let policy = if latest { "Always" } else { "IfNotPresent" };
    container.image_pull_policy.get_or_insert_with(|| policy.into());
    container
        .termination_message_path
        .get_or_insert_with(|| "/dev/termination-log".into());
    container
        .termination_message_policy
        .get_or_insert_with(|| "File".into());
    for port in container.ports.iter_mut().flatten() {
        port.protocol.get_or_insert_with(|| "TCP".into());
        if host_network && port.host_port.unwrap_or(0) == 0 {
            port.host_port = Some(port.container_port);
        }
    }
    let resources = container.resources.get_or_insert_default();
    if let Some(limits) = &resources.limits {
        let requests = resources.requests.get_or_insert_default();
        for (resource, limit) in limits {
            requests.entry(resource.clone()).or_insert_with(|| limit.clone());
        }
    }
}

/// The `DefaultTolerationSeconds` plugin: five minutes on a node that is gone.
fn default_tolerations(spec: &mut PodSpec) {
    let tolerations = spec.tolerations.get_or_insert_default();
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let covers = |t: &Toleration| {
            t.key.as_deref().is_none_or(|k| k.is_empty() || k == key)
                && t.effect
                    .as_deref()
                    .is_none_or(|e| e.is_empty() || e == "NoExecute")
        };
        if !tolerations.iter().any(covers) {
            tolerations.push(Toleration {
                key: Some(key.into()),
                operator: Some("Exists".into()),
                effect: Some("NoExecute".into()),
                toleration_seconds: Some(300),
                ..Toleration::default()
            });
        }
    }
}

/// The `Priority` plugin: the number and the preemption policy come from the class.
fn admit_priority(store: &Store, pod: &str, spec: &mut PodSpec) -> Result<(), Failure> {
    let name = spec.priority_class_name.clone().unwrap_or_default();
    let class = if name.is_empty() {
        let classes = store.list(PRIORITY_CLASS.table, None).objects;
        let defaults = classes
            .iter()
            .map(|c| c.tree())
            .filter(|c| c["globalDefault"] == true);
        defaults.min_by_key(|class| class["value"].as_i64())
    } else {
        let class = store.get(PRIORITY_CLASS.table, &Key::new("", &name));
        let missing =
            || Failure::forbidden(&POD, pod, &format!("no PriorityClass with name {name} was found"));
        Some(class.ok_or_else(missing)?.tree())
    };
    let value = |class: &Value| class["value"].as_i64().and_then(|v| i32::try_from(v).ok());
    let priority = class.as_ref().and_then(value).unwrap_or(0);
    let policy = class
        .as_ref()
        .map(|c| str_at(c, "/preemptionPolicy"))
        .filter(|p| !p.is_empty());
    let policy = policy.unwrap_or("PreemptLowerPriority");
    if let Some(sent) = spec.priority.filter(|sent| *sent != priority) {
        let why = format!(
            "the integer value of priority ({sent}) must not be provided in pod spec; priority admission controller \
             computed {priority} from the given PriorityClass name"
        );
        return Err(Failure::forbidden(&POD, pod, &why));
    }
    if let Some(sent) = spec.preemption_policy.as_ref().filter(|sent| **sent != policy) {
        let why = format!(
            "the string value of PreemptionPolicy ({sent}) must not be provided in pod spec; priority admission \
             controller computed {policy} from the given PriorityClass name"
        );
        return Err(Failure::forbidden(&POD, pod, &why));
    }
    if let Some(name) = class.as_ref().map(|c| str_at(c, "/metadata/name")) {
        spec.priority_class_name = Some(name.to_owned());
    }
    spec.priority = Some(priority);
    spec.preemption_policy = Some(policy.to_owned());
    Ok(())
}

fn qos_class(spec: &PodSpec) -> &'static str {
    let mut guaranteed = true;
    let mut any = false;
    for container in spec
        .containers
        .iter()
        .chain(spec.init_containers.iter().flatten())
    {
        let resources = container.resources.as_ref();
        let amount = |list: Option<&std::collections::BTreeMap<String, _>>, key: &str| {
            list.and_then(|list| list.get(key))
                .and_then(|q: &k8s_openapi::apimachinery::pkg::api::resource::Quantity| {
                    quantities::nanos(&q.0)
                })
                .filter(|n| *n != 0)
        };
        for key in ["cpu", "memory"] {
            let request = amount(resources.and_then(|r| r.requests.as_ref()), key);
            let limit = amount(resources.and_then(|r| r.limits.as_ref()), key);
            any |= request.is_some() || limit.is_some();
            guaranteed &= limit.is_some() && request == limit;
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

fn validate(spec: &PodSpec) -> Vec<Cause> {
    let mut causes = Vec::new();
    if spec.containers.is_empty() {
        causes.push(Cause::required("spec.containers", ""));
    }
    let mut seen = Vec::new();
    for (field, list) in [
        ("containers", spec.containers.as_slice()),
        (
            "initContainers",
            spec.init_containers.as_deref().unwrap_or_default(),
        ),
    ] {
        for (i, container) in list.iter().enumerate() {
            let at = format!("spec.{field}[{i}]");
            if container.name.is_empty() {
                causes.push(Cause::required(format!("{at}.name"), ""));
            } else {
                let wrong = names::label(&container.name);
                let name = container.name.as_str();
                causes.extend(
                    wrong
                        .iter()
                        .map(|why| Cause::invalid(format!("{at}.name"), name, why)),
                );
                if seen.contains(&name) {
                    causes.push(Cause::duplicate(format!("{at}.name"), name));
                }
                seen.push(name);
            }
            if container.image.as_deref().unwrap_or_default().is_empty() {
                causes.push(Cause::required(format!("{at}.image"), ""));
            }
            validate_resources(container, &at, &mut causes);
        }
    }
    for (key, value) in spec.node_selector.iter().flatten() {
        let wrong = names::qualified(key).into_iter().map(|why| (key, why));
        let wrong = wrong.chain(names::label_value(value).into_iter().map(|why| (value, why)));
        causes.extend(wrong.map(|(text, why)| Cause::invalid("spec.nodeSelector", text.as_str(), &why)));
    }
    if let Some(node) = spec.node_name.as_deref().filter(|n| !n.is_empty()) {
        causes.extend(
            names::subdomain(node)
                .iter()
                .map(|why| Cause::invalid("spec.nodeName", node, why)),
        );
        if spec
            .scheduling_gates
            .as_ref()
            .is_some_and(|gates| !gates.is_empty())
        {
            let why = "cannot be set until all schedulingGates have been cleared";
            causes.push(Cause::forbidden("spec.nodeName", why));
        }
    }
    if !matches!(
        spec.restart_policy.as_deref(),
        Some("Always" | "OnFailure" | "Never")
    ) {
        let policy = spec.restart_policy.as_deref().unwrap_or_default();
        let known = ["Always", "OnFailure", "Never"];
        causes.push(Cause::unsupported("spec.restartPolicy", policy, &known));
    }
    causes
}

fn validate_resources(container: &Container, at: &str, causes: &mut Vec<Cause>) {
    let Some(resources) = &container.resources else {
        return;
    };
    let lists = [("limits", &resources.limits), ("requests", &resources.requests)];
    for (list, amounts) in lists {
        for (resource, quantity) in amounts.iter().flatten() {
            let field = format!("{at}.resources.{list}[{resource}]");
            if quantities::nanos(&quantity.0).is_some_and(|n| n < 0) {
                causes.push(Cause::invalid(
                    field,
                    quantity.0.as_str(),
                    "must be greater than or equal to 0",
                ));
            }
        }
    }
    for (resource, request) in resources.requests.iter().flatten() {
        let limit = resources.limits.as_ref().and_then(|limits| limits.get(resource));
        if let Some(limit) = limit
            && quantities::nanos(&request.0) > quantities::nanos(&limit.0)
        {
            let why = format!("must be less than or equal to {resource} limit of {}", limit.0);
            causes.push(Cause::invalid(
                format!("{at}.resources.requests"),
                request.0.as_str(),
                &why,
            ));
        }
    }
}

fn validate_update(old: &PodSpec, new: &PodSpec) -> Vec<Cause> {
    let mut causes = Vec::new();
    let old_gates = old.scheduling_gates.clone().unwrap_or_default();
    let new_gates = new.scheduling_gates.clone().unwrap_or_default();
    if new_gates.iter().any(|gate| !old_gates.contains(gate)) {
        let why = "only deletion is allowed, but found new scheduling gate(s)";
        causes.push(Cause::forbidden("spec.schedulingGates", why));
    }
    let old_tolerations = old.tolerations.clone().unwrap_or_default();
    let new_tolerations = new.tolerations.clone().unwrap_or_default();
    if old_tolerations
        .iter()
        .any(|toleration| !new_tolerations.contains(toleration))
    {
        let why = "existing toleration can not be modified except its tolerationSeconds";
        causes.push(Cause::forbidden("spec.tolerations", why));
    }
    let mut munged = new.clone();
    for (new, old) in munged.containers.iter_mut().zip(&old.containers) {
        new.image.clone_from(&old.image);
    }
    let init = munged.init_containers.iter_mut().flatten();
    for (new, old) in init.zip(old.init_containers.iter().flatten()) {
        new.image.clone_from(&old.image);
    }
    munged.active_deadline_seconds = old.active_deadline_seconds;
    munged.tolerations.clone_from(&old.tolerations);
    munged.scheduling_gates.clone_from(&old.scheduling_gates);
    // A gated pod may still be steered: more node selector, or an affinity.
    if !old_gates.is_empty() {
        let kept = old.node_selector.iter().flatten().all(|(key, value)| {
            new.node_selector
                .as_ref()
                .and_then(|s| s.get(key))
                .is_some_and(|v| v == value)
        });
        if kept {
            munged.node_selector.clone_from(&old.node_selector);
        }
        munged.affinity.clone_from(&old.affinity);
    }
    if &munged != old {
        causes.push(Cause::forbidden("spec", IMMUTABLE));
    }
    causes
}
