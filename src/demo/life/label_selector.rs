//! Who selects an object by its labels.

use std::collections::HashMap;

pub(crate) use crate::demo::label_selectors::LabelSelector;
use crate::demo::object::{Key, Object};

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
    use serde_json::{Value, json};

    use super::*;
    use crate::demo::kinds::POD;

    fn pod(labels: &Value) -> Object {
        let tree = json!({"metadata": {"namespace": "ns", "name": "p", "labels": labels}});
        Object::freeze(&POD, tree, 1)
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
