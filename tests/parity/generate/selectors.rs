//! Labels of pods and namespaces, and selectors of them.

use serde_json::{Map, Value, json};

use super::Generator;

const APPS: &[&str] = &["web", "db", "cache"];
const TIERS: &[&str] = &["front", "back"];
const HASHES: &[&str] = &["5d4f8c7b9d", "7c9d8b6f5c"];

impl Generator {
    pub(super) fn label(&mut self, pod: &mut Value) {
        let mut labels = Map::new();
        for (key, values) in [("app", APPS), ("tier", TIERS), ("pod-template-hash", HASHES)] {
            if !self.random.one_in(4) {
                labels.insert(key.into(), json!(self.random.pick(values)));
            }
        }
        if !labels.is_empty() || self.random.one_in(2) {
            pod["metadata"]["labels"] = Value::Object(labels);
        }
    }

    /// The namespaces; now and then one is missing, or has no label.
    pub(super) fn namespaces(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        for name in super::NAMESPACES {
            if self.random.one_in(12) {
                continue;
            }
            let mut metadata = json!({ "name": name, "labels": { "kubernetes.io/metadata.name": name } });
            for (key, values) in [("team", &["a", "b"]), ("env", &["prod", "test"])] {
                if self.random.one_in(2) {
                    metadata["labels"][key] = json!(self.random.pick(values));
                }
            }
            if self.random.one_in(10) {
                metadata["labels"] = Value::Null;
            }
            all.push(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": metadata }));
        }
        all
    }

    /// A selector of pods; the empty one takes all.
    pub(super) fn label_selector(&mut self) -> Value {
        match self.random.below(8) {
            0 => json!({}),
            1..=3 => json!({ "matchLabels": { "app": self.random.pick(APPS) } }),
            4 => json!({ "matchLabels": { "app": self.random.pick(APPS), "tier": self.random.pick(TIERS) } }),
            5 => json!({
                "matchLabels": { "tier": self.random.pick(TIERS) },
                "matchExpressions": [self.expression("app", APPS)],
            }),
            _ => {
                let (key, values) =
                    [("app", APPS), ("tier", TIERS), ("pod-template-hash", HASHES)][self.random.below(3)];
                json!({ "matchExpressions": [self.expression(key, values)] })
            }
        }
    }

    pub(super) fn namespace_selector(&mut self) -> Value {
        match self.random.below(5) {
            0 => json!({}),
            1 => json!({ "matchLabels": { "team": self.random.pick(&["a", "b"]) } }),
            2 => {
                json!({ "matchLabels": { "kubernetes.io/metadata.name": self.random.pick(super::NAMESPACES) } })
            }
            3 => json!({ "matchExpressions": [self.expression("team", &["a", "b"])] }),
            _ => json!({ "matchExpressions": [self.expression("env", &["prod", "test"])] }),
        }
    }

    fn expression(&mut self, key: &str, values: &[&str]) -> Value {
        let mut operator = self.random.pick(&["In", "In", "NotIn", "Exists", "DoesNotExist"]);
        if self.theme.odd && self.random.one_in(60) {
            operator = "Like";
        }
        let mut expression = json!({ "key": key, "operator": operator });
        if matches!(operator, "In" | "NotIn") {
            let mut some = self.random.some(values, values.len());
            if some.is_empty() {
                some.push(values[0]);
            }
            expression["values"] = json!(some);
        }
        expression
    }

    /// What selects by plain labels alone, as a Service does.
    pub(super) fn plain_selector(&mut self) -> Value {
        match self.random.below(6) {
            0 => json!({ "app": self.random.pick(APPS), "tier": self.random.pick(TIERS) }),
            1 => json!({ "tier": self.random.pick(TIERS) }),
            2 => json!({}),
            _ => json!({ "app": self.random.pick(APPS) }),
        }
    }
}
