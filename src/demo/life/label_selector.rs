//! `metav1.LabelSelector`, as controllers select pods by it.

use std::collections::HashMap;

use serde_json::Value;

use crate::demo::object::{Key, Object, str_at};

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
        let expressions = selector["matchExpressions"].as_array().into_iter().flatten();
        for expression in expressions {
            let values = || {
                let values = expression["values"].as_array().into_iter().flatten();
                values.filter_map(Value::as_str).map(str::to_owned).collect()
            };
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
        !self.none
            && self.terms.iter().all(|term| {
                let label = object.label(&term.key);
                let is_so = label.is_some_and(|label| {
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

/// Objects by their selectors: which of them may select an object?
#[derive(Default)]
pub(crate) struct Selecting {
    selectors: HashMap<Key, LabelSelector>,
    /// By namespace and one label that they require; an empty one for those that require none.
    places: HashMap<(Box<str>, String), Vec<Key>>,
}

impl Selecting {
    /// Takes an object's selector in, or its new one; answers whether that is another than before.
    pub(crate) fn insert(&mut self, key: &Key, selector: LabelSelector) -> bool {
        if self.selectors.get(key) == Some(&selector) {
            return false;
        }
        self.remove(key);
        let place = (
            key.namespace.as_ref().into(),
            selector.required().unwrap_or_default(),
        );
        self.places.entry(place).or_default().push(key.clone());
        self.selectors.insert(key.clone(), selector);
        true
    }

    pub(crate) fn remove(&mut self, key: &Key) {
        if let Some(selector) = self.selectors.remove(key) {
            let place = (
                key.namespace.as_ref().into(),
                selector.required().unwrap_or_default(),
            );
            if let Some(keys) = self.places.get_mut(&place) {
                keys.retain(|other| other != key);
                if keys.is_empty() {
                    self.places.remove(&place);
                }
            }
        }
    }

    /// Whose selectors select this object, in its namespace.
    pub(crate) fn of(&self, object: &Object) -> Vec<Key> {
        if self.selectors.is_empty() {
            return Vec::new();
        }
        let labels = object.labels.iter().map(|(k, v)| format!("{k}={v}"));
        let places = labels.chain([String::new()]);
        places
            .filter_map(|label| self.places.get(&(object.key.namespace.as_ref().into(), label)))
            .flatten()
            .filter(|key| self.selectors.get(key).is_some_and(|s| s.selects(object)))
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::demo::kinds::POD;

    fn pod(labels: &Value) -> Object {
        let tree = json!({"metadata": {"namespace": "ns", "name": "p", "labels": labels}});
        Object::freeze(&POD, tree, 1)
    }

    #[test]
    fn selectors_select_as_upstream() {
        let web = pod(&json!({"app": "web", "tier": "front"}));
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
    fn who_selects_an_object_is_found_by_a_label_or_among_those_without() {
        let mut selecting = Selecting::default();
        let key = |name| Key::new("ns", name);
        selecting.insert(
            &key("web"),
            LabelSelector::read(&json!({"matchLabels": {"app": "web"}})),
        );
        selecting.insert(&key("all"), LabelSelector::read(&json!({})));
        selecting.insert(
            &Key::new("other", "web"),
            LabelSelector::read(&json!({"matchLabels": {"app": "web"}})),
        );
        assert_eq!(
            selecting.of(&pod(&json!({"app": "web"}))),
            [key("web"), key("all")]
        );
        assert_eq!(selecting.of(&pod(&json!({"app": "db"}))), [key("all")]);
        selecting.remove(&key("all"));
        assert!(selecting.of(&pod(&json!({}))).is_empty());
    }
}
