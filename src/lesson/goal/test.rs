//! What holds of an object: a kind of goal is a variant of [`Test`], with the words that it is known by.

use serde_json::Value;

use crate::lesson::field::Field;

/// What holds of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Exists,
    Gone,
    Waits,
    Bound(Option<String>),
    ByBerth,
    Condition {
        of: String,
        status: String,
        reason: Option<String>,
    },
    Taint {
        key: String,
        value: String,
        effect: String,
    },
    NoTaint(String),
    Has(Field),
    HasNot(Field),
    Compare(Field, Operator, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Is,
    IsNot,
    AtLeast,
    Contains,
}

/// The annotation by which berth tells that it placed a pod.
const PLACED_BY: &str = "berth.dev/placed-by";

impl Test {
    /// Reads what has to hold.
    pub(super) fn parse(words: &[&str]) -> Result<Self, (String, String)> {
        let text = |word: &str| word.to_owned();
        Ok(match words {
            ["exists"] => Self::Exists,
            ["is", "gone"] => Self::Gone,
            ["waits" | "wait"] => Self::Waits,
            ["is" | "are", "bound"] => Self::Bound(None),
            ["is" | "are", "bound", "to", node] => Self::Bound(Some(text(node))),
            ["is" | "are", "bound", "by", "berth"] => Self::ByBerth,
            ["is" | "are", "running"] => Self::Compare(Field::phase(), Operator::Is, text("Running")),
            ["has", "condition", condition, rest @ ..] if condition.contains('=') => {
                let (of, status) = condition.split_once('=').unwrap_or_default();
                let reason = match rest {
                    [] => None,
                    ["because", reason] => Some(text(reason)),
                    _ => return Err(unknown(words)),
                };
                Self::Condition {
                    of: text(of),
                    status: text(status),
                    reason,
                }
            }
            ["has", "no", "taint", key] => Self::NoTaint(text(key)),
            ["has", "taint", taint] => {
                let (pair, effect) = taint.split_once(':').unwrap_or((taint, ""));
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                Self::Taint {
                    key: text(key),
                    value: text(value),
                    effect: text(effect),
                }
            }
            ["has", "no", path] => Self::HasNot(field(path)?),
            ["has", path] => Self::Has(field(path)?),
            [path, operator, rest @ ..] if path.starts_with('.') && !rest.is_empty() => {
                let operator = match *operator {
                    "=" => Operator::Is,
                    "!=" => Operator::IsNot,
                    ">=" => Operator::AtLeast,
                    "contains" => Operator::Contains,
                    other => {
                        let hint = "there are `=`, `!=`, `>=` and `contains`".to_owned();
                        return Err((format!("`{other}` compares nothing"), hint));
                    }
                };
                Self::Compare(field(path)?, operator, rest.join(" "))
            }
            _ => return Err(unknown(words)),
        })
    }

    /// What `object` is instead; `None` where it holds.
    pub(super) fn against(&self, object: &Value) -> Option<String> {
        let node = object["spec"]["nodeName"].as_str();
        match self {
            Self::Exists => None,
            Self::Gone => Some("is still there".to_owned()),
            Self::Waits => node.map(|node| format!("is bound to {node}")),
            Self::Bound(wanted) => match (node, wanted) {
                (None, _) => Some("is not bound".to_owned()),
                (Some(node), Some(wanted)) if node != wanted => Some(format!("is bound to {node}")),
                _ => None,
            },
            Self::ByBerth => match (node, object["metadata"]["annotations"][PLACED_BY].as_str()) {
                (None, _) => Some("is not bound".to_owned()),
                (Some(_), None) => Some("was bound by somebody else".to_owned()),
                _ => None,
            },
            Self::Condition { of, status, reason } => {
                let conditions = object["status"]["conditions"].as_array();
                let found = conditions.and_then(|all| all.iter().find(|one| one["type"] == of.as_str()));
                match found {
                    None => Some(format!("has no condition {of}")),
                    Some(one) if one["status"] != status.as_str() => {
                        Some(format!("has {of}={}", one["status"].as_str().unwrap_or("?")))
                    }
                    Some(one)
                        if reason
                            .as_ref()
                            .is_some_and(|reason| one["reason"] != reason.as_str()) =>
                    {
                        Some(format!(
                            "has {of} because {}",
                            one["reason"].as_str().unwrap_or("?")
                        ))
                    }
                    Some(_) => None,
                }
            }
            Self::Taint { key, value, effect } => {
                let has = taints(object).any(|taint| {
                    taint["key"] == key.as_str()
                        && taint["value"].as_str().unwrap_or_default() == value
                        && (effect.is_empty() || taint["effect"] == effect.as_str())
                });
                (!has).then(|| "does not have that taint".to_owned())
            }
            Self::NoTaint(key) => {
                let has = taints(object).any(|taint| taint["key"] == key.as_str());
                has.then(|| "still has it".to_owned())
            }
            Self::Has(field) => match field.of(object) {
                None => Some(format!("has no {field}")),
                Some(_) => None,
            },
            Self::HasNot(field) => field.of(object).map(|value| format!("has {field} = {value}")),
            Self::Compare(field, operator, wanted) => {
                let value = field.of(object);
                let is = value.as_deref().unwrap_or_default();
                let holds = match operator {
                    Operator::Is => is == wanted,
                    Operator::IsNot => is != wanted,
                    Operator::Contains => is.contains(wanted.as_str()),
                    Operator::AtLeast => match (is.parse::<f64>(), wanted.parse::<f64>()) {
                        (Ok(is), Ok(wanted)) => is >= wanted,
                        _ => false,
                    },
                };
                (!holds).then(|| match value {
                    Some(value) => format!("has {field} = {value}"),
                    None => format!("has no {field}"),
                })
            }
        }
    }
}

fn taints(node: &Value) -> impl Iterator<Item = &Value> {
    node["spec"]["taints"].as_array().into_iter().flatten()
}

fn field(path: &str) -> Result<Field, (String, String)> {
    Field::parse(path).ok_or_else(|| {
        let hint = r#"write `.status.phase`, `.spec.taints[0].key` or `.metadata.labels["a/b"]`"#.to_owned();
        (format!("`{path}` is no field"), hint)
    })
}

fn unknown(words: &[&str]) -> (String, String) {
    let hint = "there are `exists`, `is gone`, `waits`, `is bound [to NODE]`, `is bound by berth`, `is running`, \
                `has condition TYPE=STATUS [because REASON]`, `has [no] taint …`, `has [no] .FIELD`, \
                `.FIELD = VALUE` (`!=`, `>=`, `contains`)";
    let message = match words {
        [] => "the goal does not say what has to hold".to_owned(),
        words => format!("`{}` is nothing that can be checked", words.join(" ")),
    };
    (message, hint.to_owned())
}
