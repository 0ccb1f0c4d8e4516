//! Containers of all three kinds.

use serde_json::Value;

use super::{
    Scope, each, requirements, trimmed_image,
    volumes::{self, Volumes},
};
use crate::demo::{
    failure::Cause,
    fields::{items, number, set, text},
    names,
    pods::resources::is_sidecar,
};

/// What containers may refer to.
pub(super) struct Known<'a> {
    pub(super) volumes: Volumes<'a>,
    pub(super) claims: Vec<&'a str>,
    pub(super) restart_policy: &'a str,
}

/// What an ephemeral container may have.
const EPHEMERAL_FIELDS: [&str; 17] = [
    "name",
    "image",
    "command",
    "args",
    "workingDir",
    "env",
    "envFrom",
    "volumeMounts",
    "volumeDevices",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "imagePullPolicy",
    "securityContext",
    "stdin",
    "stdinOnce",
    "tty",
    "targetContainerName",
];

pub(super) fn validate(spec: &Value, known: &Known<'_>, causes: &mut Vec<Cause>) {
    let containers = items(spec, "containers");
    if containers.is_empty() {
        causes.push(Cause::required("spec.containers", ""));
    }
    let mut seen: Vec<&str> = Vec::new();
    for (i, container) in containers.iter().enumerate() {
        let at = format!("spec.containers[{i}]");
        common(container, &at, known, causes);
        let name = text(container, "name");
        if seen.contains(&name) {
            causes.push(Cause::duplicate(format!("{at}.name"), name));
        }
        seen.push(name);
        restart_policy(container, &at, causes);
    }
    host_port_conflicts(containers, "spec.containers", causes);
    for (i, container) in items(spec, "initContainers").iter().enumerate() {
        let at = format!("spec.initContainers[{i}]");
        common(container, &at, known, causes);
        restart_policy(container, &at, causes);
        let name = text(container, "name");
        if seen.contains(&name) {
            causes.push(Cause::duplicate(format!("{at}.name"), name));
        } else if !name.is_empty() {
            seen.push(name);
        }
        // They run one by one; upstream's path then always is that of the first.
        host_port_conflicts(std::slice::from_ref(container), "spec.initContainers", causes);
        init_only(container, &at, causes);
    }
    ephemeral(spec, &seen, known, causes);
}

/// What holds for init containers that end before the others begin.
fn init_only(container: &Value, at: &str, causes: &mut Vec<Cause>) {
    if is_sidecar(container) {
        return;
    }
    for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
        if set(container, field).is_some() {
            let why = "may not be set for init containers without restartPolicy=Always";
            causes.push(Cause::forbidden(format!("{at}.{field}"), why));
        }
    }
    for (i, policy) in items(container, "resizePolicy").iter().enumerate() {
        if text(policy, "restartPolicy") == "RestartContainer" {
            let field = format!("{at}.resizePolicy[{i}].restartPolicy");
            let why = "must not be set to 'RestartContainer' for non-sidecar initContainers";
            causes.push(Cause::invalid(field, "RestartContainer", why));
        }
    }
}

fn ephemeral<'a>(spec: &'a Value, others: &[&'a str], known: &Known<'_>, causes: &mut Vec<Cause>) {
    let mut seen = others.to_vec();
    for (i, container) in items(spec, "ephemeralContainers").iter().enumerate() {
        let at = format!("spec.ephemeralContainers[{i}]");
        common(container, &at, known, causes);
        trimmed_image(container, &at, causes);
        let name = text(container, "name");
        if seen.contains(&name) {
            causes.push(Cause::duplicate(format!("{at}.name"), name));
        }
        seen.push(name);
        let target = text(container, "targetContainerName");
        if !target.is_empty() && !others.contains(&target) {
            causes.push(Cause::not_found(format!("{at}.targetContainerName"), target, ""));
        }
        for (field, value) in container.as_object().into_iter().flatten() {
            let empty = match value {
                Value::Null => true,
                Value::Array(list) => list.is_empty(),
                Value::Object(map) => map.is_empty(),
                _ => false,
            };
            if !empty && !EPHEMERAL_FIELDS.contains(&field.as_str()) {
                let why = "cannot be set for an Ephemeral Container";
                causes.push(Cause::forbidden(format!("{at}.{field}"), why));
            }
        }
        for (j, mount) in items(container, "volumeMounts").iter().enumerate() {
            for field in ["subPath", "subPathExpr"] {
                if !text(mount, field).is_empty() {
                    let field = format!("{at}.volumeMounts[{j}].{field}");
                    causes.push(Cause::forbidden(
                        field,
                        "cannot be set for an Ephemeral Container",
                    ));
                }
            }
        }
    }
}

/// What holds for all containers.
fn common(container: &Value, at: &str, known: &Known<'_>, causes: &mut Vec<Cause>) {
    let name = text(container, "name");
    if name.is_empty() {
        causes.push(Cause::required(format!("{at}.name"), ""));
    } else {
        each(&names::label(name), causes, |why| {
            Cause::invalid(format!("{at}.name"), name, why)
        });
    }
    if text(container, "image").is_empty() {
        causes.push(Cause::required(format!("{at}.image"), ""));
    }
    word(
        container,
        "terminationMessagePolicy",
        &["File", "FallbackToLogsOnError"],
        at,
        causes,
    );
    ports(container, at, causes);
    environment(container, at, causes);
    volumes::mounts(container, at, &known.volumes, causes);
    word(
        container,
        "imagePullPolicy",
        &["Always", "IfNotPresent", "Never"],
        at,
        causes,
    );
    if let Some(resources) = set(container, "resources") {
        let at = format!("{at}.resources");
        requirements::validate(resources, &at, Scope::Container, &known.claims, causes);
    }
    resize_policies(container, known.restart_policy, at, causes);
}

fn word(container: &Value, field: &str, words: &[&str], at: &str, causes: &mut Vec<Cause>) {
    let at = || format!("{at}.{field}");
    match text(container, field) {
        "" => causes.push(Cause::required(at(), "")),
        word if words.contains(&word) => {}
        other => causes.push(Cause::unsupported(at(), other, words)),
    }
}

fn ports(container: &Value, at: &str, causes: &mut Vec<Cause>) {
    let mut seen = Vec::new();
    for (i, port) in items(container, "ports").iter().enumerate() {
        let at = format!("{at}.ports[{i}]");
        let name = text(port, "name");
        if !name.is_empty() {
            let wrong = port_name(name);
            each(&wrong, causes, |why| {
                Cause::invalid(format!("{at}.name"), name, why)
            });
            if wrong.is_empty() && seen.contains(&name) {
                causes.push(Cause::duplicate(format!("{at}.name"), name));
            }
            seen.push(name);
        }
        for (field, needed) in [("containerPort", true), ("hostPort", false)] {
            match number(port, field).unwrap_or(0) {
                0 if needed => causes.push(Cause::required(format!("{at}.{field}"), "")),
                0..=65535 => {}
                other => {
                    let why = "must be between 1 and 65535, inclusive";
                    causes.push(Cause::invalid(format!("{at}.{field}"), other, why));
                }
            }
        }
        word(port, "protocol", &["SCTP", "TCP", "UDP"], &at, causes);
    }
}

fn port_name(name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if name.len() > 15 {
        wrong.push("must be no more than 15 characters");
    }
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.chars().all(legal) {
        wrong.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    }
    if !name.contains(|c: char| c.is_ascii_lowercase()) {
        wrong.push("must contain at least one letter (a-z)");
    }
    if name.contains("--") {
        wrong.push("must not contain consecutive hyphens");
    }
    if name.starts_with('-') || name.ends_with('-') {
        wrong.push("must not begin or end with a hyphen");
    }
    wrong.into_iter().map(str::to_owned).collect()
}

fn host_port_conflicts(containers: &[Value], at: &str, causes: &mut Vec<Cause>) {
    let mut taken: Vec<String> = Vec::new();
    for (i, container) in containers.iter().enumerate() {
        for (j, port) in items(container, "ports").iter().enumerate() {
            let host = number(port, "hostPort").unwrap_or(0);
            if host == 0 {
                continue;
            }
            let one = format!("{}/{}/{host}", text(port, "protocol"), text(port, "hostIP"));
            if taken.contains(&one) {
                causes.push(Cause::duplicate(format!("{at}[{i}].ports[{j}].hostPort"), &one));
            }
            taken.push(one);
        }
    }
}

fn environment(container: &Value, at: &str, causes: &mut Vec<Cause>) {
    for (i, variable) in items(container, "env").iter().enumerate() {
        let at = format!("{at}.env[{i}]");
        let name = text(variable, "name");
        if name.is_empty() {
            causes.push(Cause::required(format!("{at}.name"), ""));
        } else {
            variable_name(name, &format!("{at}.name"), causes);
        }
        let Some(from) = set(variable, "valueFrom") else {
            continue;
        };
        let at = format!("{at}.valueFrom");
        let sources = [
            "fieldRef",
            "resourceFieldRef",
            "configMapKeyRef",
            "secretKeyRef",
            "fileKeyRef",
        ];
        let count = sources
            .iter()
            .filter(|source| set(from, source).is_some())
            .count();
        let why = if count == 0 {
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        } else if !text(variable, "value").is_empty() {
            "may not be specified when `value` is not empty"
        } else if count > 1 {
            "may not have more than one field specified at a time"
        } else {
            continue;
        };
        causes.push(Cause::invalid(at, "", why));
    }
    for (i, source) in items(container, "envFrom").iter().enumerate() {
        let prefix = text(source, "prefix");
        if !prefix.is_empty() {
            variable_name(prefix, &format!("{at}.envFrom[{i}].prefix"), causes);
        }
        let mut count = 0;
        for reference in ["configMapRef", "secretRef"] {
            if let Some(named) = set(source, reference) {
                count += 1;
                if text(named, "name").is_empty() {
                    let field = format!("{at}.envFrom[{i}].{reference}.name");
                    causes.push(Cause::required(field, ""));
                }
            }
        }
        let why = match count {
            0 => "must specify one of: `configMapRef` or `secretRef`",
            1 => continue,
            _ => "may not have more than one field specified at a time",
        };
        causes.push(Cause::invalid(format!("{at}.envFrom"), "", why));
    }
}

fn variable_name(name: &str, at: &str, causes: &mut Vec<Cause>) {
    if !name.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'=') {
        let why = "a valid environment variable name must consist only of printable ASCII characters other than '='";
        causes.push(Cause::invalid(at, name, why));
    }
}

fn resize_policies(container: &Value, pod_restarts: &str, at: &str, causes: &mut Vec<Cause>) {
    let at = format!("{at}.resizePolicy");
    let mut seen = Vec::new();
    for (i, policy) in items(container, "resizePolicy").iter().enumerate() {
        let resource = text(policy, "resourceName");
        if seen.contains(&resource) {
            causes.push(Cause::duplicate(format!("{at}[{i}]"), resource));
        }
        seen.push(resource);
        match resource {
            "cpu" | "memory" => {}
            "" => causes.push(Cause::required(&at, "")),
            other => causes.push(Cause::unsupported(&at, other, &["cpu", "memory"])),
        }
        let restarts = text(policy, "restartPolicy");
        match restarts {
            "NotRequired" | "RestartContainer" => {}
            "" => causes.push(Cause::required(&at, "")),
            other => causes.push(Cause::unsupported(
                &at,
                other,
                &["NotRequired", "RestartContainer"],
            )),
        }
        if pod_restarts == "Never" && restarts != "NotRequired" {
            let why = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            causes.push(Cause::invalid(&at, restarts, why));
        }
    }
}

/// A container's own restart policy and its rules.
fn restart_policy(container: &Value, at: &str, causes: &mut Vec<Cause>) {
    const RULES: usize = 20;
    const CODES: usize = 255;
    let rules = items(container, "restartPolicyRules");
    let words = ["Always", "Never", "OnFailure"];
    match set(container, "restartPolicy").and_then(Value::as_str) {
        None if !rules.is_empty() => {
            let why = "must specify restartPolicy when restart rules are used";
            causes.push(Cause::required(format!("{at}.restartPolicy"), why));
        }
        Some(other) if !words.contains(&other) => {
            causes.push(Cause::unsupported(format!("{at}.restartPolicy"), other, &words));
        }
        _ => {}
    }
    if rules.len() > RULES {
        causes.push(Cause::too_many(
            format!("{at}.restartPolicyRules"),
            rules.len(),
            RULES,
        ));
    }
    for (i, rule) in rules.iter().enumerate() {
        let at = format!("{at}.restartPolicyRules[{i}]");
        let actions = ["Restart", "RestartAllContainers"];
        let action = text(rule, "action");
        if !actions.contains(&action) {
            causes.push(Cause::unsupported(format!("{at}.action"), action, &actions));
        }
        let Some(codes) = set(rule, "exitCodes") else {
            causes.push(Cause::required(format!("{at}.exitCodes"), "must be specified"));
            continue;
        };
        let operator = text(codes, "operator");
        if !matches!(operator, "In" | "NotIn") {
            let field = format!("{at}.exitCodes.operator");
            causes.push(Cause::unsupported(field, operator, &["In", "NotIn"]));
        }
        let count = items(codes, "values").len();
        if count > CODES {
            causes.push(Cause::too_many(format!("{at}.exitCodes.values"), count, CODES));
        }
    }
}
