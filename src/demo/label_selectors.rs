//! `metav1.LabelSelector`: what is wrong with one, how it is written as text, and what it selects.
//!
//! Source of the rules: `ValidateLabelSelector` and `LabelSelectorAsSelector` of `k8s.io/apimachinery`.

use serde_json::Value;

use super::{
    failure::Cause,
    names,
    object::{Object, str_at},
};

/// A selector by labels. It is made of what the server has validated; a requirement that it cannot read selects nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LabelSelector {
    terms: Vec<Term>,
    /// Selects nothing: there was no selector.
    none: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    key: String,
    /// The values that a label may have, or may not have; `None` for any.
    values: Option<Vec<String>>,
    /// Whether the label must be so; else it must not, and may be missing.
    wanted: bool,
}

impl LabelSelector {
    /// Reads a `metav1.LabelSelector`: an empty one selects everything, none at all selects nothing.
    pub(crate) fn read(selector: &Value) -> Self {
        let mut this = Self::of_map(&selector["matchLabels"]);
        this.none = !selector.is_object();
        for expression in terms(selector) {
            let values = || values(expression).into_iter().map(str::to_owned).collect();
            let (values, wanted) = match str_at(expression, "/operator") {
                "In" => (Some(values()), true),
                "NotIn" => (Some(values()), false),
                "Exists" => (None, true),
                "DoesNotExist" => (None, false),
                _ => (Some(Vec::new()), true),
            };
            this.terms.push(Term {
                key: str_at(expression, "/key").to_owned(),
                values,
                wanted,
            });
        }
        this
    }

    /// Reads a map of labels, as a `ReplicationController` has one.
    pub(crate) fn of_map(labels: &Value) -> Self {
        let labels = labels.as_object();
        let terms = labels.into_iter().flatten().map(|(key, value)| Term {
            key: key.clone(),
            values: Some(vec![value.as_str().unwrap_or_default().to_owned()]),
            wanted: true,
        });
        Self {
            terms: terms.collect(),
            none: labels.is_none(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    pub(crate) fn selects(&self, object: &Object) -> bool {
        self.matches(|key| object.label(key))
    }

    /// Whether it selects what has these labels, by key.
    pub(crate) fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        !self.none
            && self.terms.iter().all(|term| {
                let is_so = label(&term.key).is_some_and(|label| {
                    let values = term.values.as_ref();
                    values.is_none_or(|values| values.iter().any(|value| value == label))
                });
                is_so == term.wanted
            })
    }

    /// One `key=value` that everything has that this selects, where there is such.
    pub(crate) fn required(&self) -> Option<String> {
        self.terms.iter().find_map(|term| match term.values.as_deref() {
            Some([value]) if term.wanted => Some(format!("{}={value}", term.key)),
            _ => None,
        })
    }
}

/// What is wrong with the selector at that field.
pub(crate) fn validate(selector: &Value, at: &str) -> Vec<Cause> {
    let mut causes = labels(selector.get("matchLabels"), &format!("{at}.matchLabels"));
    for (i, term) in terms(selector).enumerate() {
        let at = format!("{at}.matchExpressions[{i}]");
        let values = values(term);
        match str_at(term, "/operator") {
            "In" | "NotIn" if values.is_empty() => {
                let why = "must be specified when `operator` is 'In' or 'NotIn'";
                causes.push(Cause::required(format!("{at}.values"), why));
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                causes.push(Cause::forbidden(format!("{at}.values"), why));
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => causes.push(Cause::invalid(
                format!("{at}.operator"),
                other,
                "not a valid selector operator",
            )),
        }
        let key = str_at(term, "/key");
        let wrong = names::qualified(key);
        causes.extend(
            wrong
                .iter()
                .map(|why| Cause::invalid(format!("{at}.key"), key, why)),
        );
        for (i, value) in values.iter().enumerate() {
            let wrong = names::label_value(value);
            causes.extend(
                wrong
                    .iter()
                    .map(|why| Cause::invalid(format!("{at}.values[{i}]"), *value, why)),
            );
        }
    }
    causes
}

/// What is wrong with labels at that field.
pub(crate) fn labels(labels: Option<&Value>, at: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (key, value) in labels.and_then(Value::as_object).into_iter().flatten() {
        let wrong = names::qualified(key).into_iter().map(|why| (key.as_str(), why));
        let value = value.as_str().unwrap_or_default();
        let wrong = wrong.chain(names::label_value(value).into_iter().map(|why| (value, why)));
        causes.extend(wrong.map(|(text, why)| Cause::invalid(at, text, &why)));
    }
    causes
}

/// The selector as upstream shows it, in the order of its fields.
pub(crate) fn shown(selector: &Value) -> String {
    let field = |of: &Value, name: &str| {
        let value = of.get(name).filter(|value| !value.is_null())?;
        Some(format!("{}:{value}", Value::from(name)))
    };
    let object = |parts: Vec<String>| format!("{{{}}}", parts.join(","));
    let mut parts: Vec<String> = field(selector, "matchLabels").into_iter().collect();
    let terms: Vec<String> = terms(selector)
        .map(|term| {
            let fields = ["key", "operator", "values"];
            object(fields.iter().filter_map(|name| field(term, name)).collect())
        })
        .collect();
    if !terms.is_empty() {
        parts.push(format!("\"matchExpressions\":[{}]", terms.join(",")));
    }
    object(parts)
}

/// Selects everything: it says nothing.
pub(crate) fn is_empty(selector: &Value) -> bool {
    let labels = selector.get("matchLabels").and_then(Value::as_object);
    labels.is_none_or(serde_json::Map::is_empty) && terms(selector).next().is_none()
}

/// The selector as text, such as a client could send in a query.
pub(crate) fn text(selector: &Value) -> String {
    let wanted = selector.get("matchLabels").and_then(Value::as_object);
    let equal = wanted.into_iter().flatten().map(|(key, value)| {
        let value = value.as_str().unwrap_or_default();
        (key.clone(), format!("{key}={value}"))
    });
    let mut parts: Vec<(String, String)> = equal.collect();
    for term in terms(selector) {
        let key = str_at(term, "/key");
        let mut values = values(term);
        values.sort_unstable();
        let values = values.join(",");
        let text = match str_at(term, "/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        };
        parts.push((key.to_owned(), text));
    }
    parts.sort_by(|a, b| a.0.cmp(&b.0));
    let parts: Vec<String> = parts.into_iter().map(|(_, text)| text).collect();
    parts.join(",")
}

fn terms(selector: &Value) -> impl Iterator<Item = &Value> {
    let terms = selector.get("matchExpressions").and_then(Value::as_array);
    terms.into_iter().flatten()
}

fn values(term: &Value) -> Vec<&str> {
    let values = term.get("values").and_then(Value::as_array);
    values.into_iter().flatten().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_select_as_upstream() {
        let tree =
            json!({"metadata": {"namespace": "ns", "name": "p", "labels": {"app": "web", "tier": "front"}}});
        let web = Object::freeze(&crate::demo::kinds::POD, tree, 1);
        let yes = [
            json!({}),
            json!({"matchLabels": {"app": "web"}}),
            json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["db", "web"]}]}),
            json!({"matchExpressions": [{"key": "gone", "operator": "NotIn", "values": ["x"]}]}),
            json!({"matchExpressions": [{"key": "tier", "operator": "Exists"}, {"key": "gone", "operator": "DoesNotExist"}]}),
        ];
        let no = [
            Value::Null,
            json!({"matchLabels": {"app": "db"}}),
            json!({"matchLabels": {"app": "web", "gone": ""}}),
            json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}),
            json!({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}),
            json!({"matchExpressions": [{"key": "app", "operator": "Like", "values": ["web"]}]}),
        ];
        for selector in &yes {
            assert!(LabelSelector::read(selector).selects(&web), "{selector}");
        }
        for selector in &no {
            assert!(!LabelSelector::read(selector).selects(&web), "{selector}");
        }
    }

    #[test]
    fn a_selector_selects_and_is_written() {
        let selector = json!({"matchLabels": {"a": "b"}, "matchExpressions": [
            {"key": "x", "operator": "In", "values": ["y", "b"]}, {"key": "q", "operator": "DoesNotExist"},
            {"key": "r", "operator": "NotIn", "values": ["1"]},
        ]});
        assert_eq!(text(&selector), "a=b,!q,r notin (1),x in (b,y)");
        let selects =
            |labels: &Value| LabelSelector::read(&selector).matches(|key| labels.get(key)?.as_str());
        assert!(selects(&json!({"a": "b", "x": "y"})));
        for no in [
            json!({"a": "b"}),
            json!({"a": "b", "x": "y", "q": ""}),
            json!({"a": "b", "x": "y", "r": "1"}),
        ] {
            assert!(!selects(&no), "{no}");
        }
        assert!(validate(&selector, "spec.selector").is_empty());
        let wrong = json!({"matchExpressions": [{"key": "a b", "operator": "Is", "values": ["-"]}]});
        assert_eq!(validate(&wrong, "spec.selector").len(), 3);
        assert!(is_empty(&json!({})) && !is_empty(&selector));
    }
}
