//! Tolerations, gates, spreading and claims of devices.

use serde_json::{Value, json};

use super::{each, selectors};
use crate::demo::{
    failure::Cause,
    fields::{items, number, set, text},
    names,
};

pub(super) fn tolerations(spec: &Value, causes: &mut Vec<Cause>) {
    for (i, toleration) in items(spec, "tolerations").iter().enumerate() {
        let at = format!("spec.tolerations[{i}]");
        let of = |field: &str| text(toleration, field);
        let (key, operator, value) = (of("key"), of("operator"), of("value"));
        if !key.is_empty() {
            selectors::key_of_label(key, &format!("{at}.key"), causes);
        }
        if key.is_empty() && operator != "Exists" {
            let why =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            causes.push(Cause::invalid(format!("{at}.operator"), operator, why));
        }
        let effect = of("effect");
        if set(toleration, "tolerationSeconds").is_some() && effect != "NoExecute" {
            let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            causes.push(Cause::invalid(format!("{at}.effect"), effect, why));
        }
        match operator {
            "" | "Equal" => {
                let wrong = names::label_value(value);
                if !wrong.is_empty() {
                    causes.push(Cause::invalid(format!("{at}.operator"), value, &wrong.join(";")));
                }
            }
            "Exists" if !value.is_empty() => {
                let why = "value must be empty when `operator` is 'Exists'";
                causes.push(Cause::invalid(format!("{at}.operator"), value, why));
            }
            "Exists" => {}
            // These two are behind a gate that is off.
            "Lt" | "Gt" => {
                let words = ["Equal", "Exists", "Lt", "Gt"];
                causes.push(Cause::unsupported(format!("{at}.operator"), operator, &words));
            }
            other => causes.push(Cause::unsupported(
                format!("{at}.operator"),
                other,
                &["Equal", "Exists"],
            )),
        }
        if !matches!(effect, "" | "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
            let words = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
            causes.push(Cause::unsupported(format!("{at}.effect"), effect, &words));
        }
    }
}

pub(super) fn gates(spec: &Value, causes: &mut Vec<Cause>) {
    let mut seen = Vec::new();
    for (i, gate) in items(spec, "schedulingGates").iter().enumerate() {
        let at = format!("spec.schedulingGates[{i}]");
        let name = text(gate, "name");
        each(&names::qualified(name), causes, |why| {
            Cause::invalid(&at, name, why)
        });
        if seen.contains(&name) {
            causes.push(Cause::duplicate(&at, name));
        }
        seen.push(name);
    }
}

pub(super) fn spread(spec: &Value, causes: &mut Vec<Cause>) {
    let constraints = items(spec, "topologySpreadConstraints");
    for (i, constraint) in constraints.iter().enumerate() {
        let at = format!("spec.topologySpreadConstraints[{i}]");
        positive(
            number(constraint, "maxSkew").unwrap_or(0),
            &format!("{at}.maxSkew"),
            causes,
        );
        let key = text(constraint, "topologyKey");
        if key.is_empty() {
            causes.push(Cause::required(format!("{at}.topologyKey"), "can not be empty"));
        }
        let action = text(constraint, "whenUnsatisfiable");
        if !matches!(action, "DoNotSchedule" | "ScheduleAnyway") {
            let words = ["DoNotSchedule", "ScheduleAnyway"];
            causes.push(Cause::unsupported(
                format!("{at}.whenUnsatisfiable"),
                action,
                &words,
            ));
        }
        let again = constraints
            .iter()
            .skip(i + 1)
            .any(|other| text(other, "topologyKey") == key && text(other, "whenUnsatisfiable") == action);
        if again {
            let field = format!("{at}.{{topologyKey, whenUnsatisfiable}}");
            causes.push(Cause::duplicate(field, &format!("{{{key}, {action}}}")));
        }
        if let Some(domains) = number(constraint, "minDomains") {
            let at = format!("{at}.minDomains");
            positive(domains, &at, causes);
            if action != "DoNotSchedule" {
                let why = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
                causes.push(Cause::invalid(at, domains, &why));
            }
        }
        for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            if set(constraint, policy).is_some() && !matches!(text(constraint, policy), "Honor" | "Ignore") {
                let field = format!("{at}.{policy}");
                causes.push(Cause::unsupported(
                    field,
                    text(constraint, policy),
                    &["Honor", "Ignore"],
                ));
            }
        }
        selectors::label_keys(constraint, &at, causes);
        selectors::selector(
            constraint.get("labelSelector"),
            &format!("{at}.labelSelector"),
            causes,
        );
    }
}

fn positive(number: i64, at: &str, causes: &mut Vec<Cause>) {
    if number <= 0 {
        causes.push(Cause::invalid(at, number, "must be greater than zero"));
    }
}

/// The pod's claims; answers their names.
pub(super) fn resource_claims<'a>(spec: &'a Value, causes: &mut Vec<Cause>) -> Vec<&'a str> {
    let mut seen: Vec<&str> = Vec::new();
    for (i, claim) in items(spec, "resourceClaims").iter().enumerate() {
        let at = format!("spec.resourceClaims[{i}]");
        let name = text(claim, "name");
        if name.is_empty() {
            causes.push(Cause::required(format!("{at}.name"), ""));
        } else if seen.contains(&name) {
            causes.push(Cause::duplicate(format!("{at}.name"), name));
        } else {
            each(&names::label(name), causes, |why| {
                Cause::invalid(format!("{at}.name"), name, why)
            });
            seen.push(name);
        }
        let of = |field: &str| set(claim, field).cloned().unwrap_or_default();
        let (direct, template) = (of("resourceClaimName"), of("resourceClaimTemplateName"));
        // Upstream shows its own type here, whose fields have other names.
        let shown =
            || json!({"Name": name, "ResourceClaimName": direct, "ResourceClaimTemplateName": template});
        if direct.is_null() && template.is_null() {
            let why = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
            causes.push(Cause::invalid(&at, shown(), why));
        }
        if !direct.is_null() && !template.is_null() {
            let why = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
            causes.push(Cause::invalid(&at, shown(), why));
        }
        for (field, value) in [
            ("resourceClaimName", &direct),
            ("resourceClaimTemplateName", &template),
        ] {
            if let Some(name) = value.as_str() {
                each(&names::subdomain(name), causes, |why| {
                    Cause::invalid(format!("{at}.{field}"), name, why)
                });
            }
        }
    }
    seen
}
