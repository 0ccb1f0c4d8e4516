//! Budgets of disruption. (Priorities, start times and nominations are the pods' own.)

use serde_json::{Value, json};

use super::{Generator, NAMESPACES};

impl Generator {
    /// No pod is under two of them: which one upstream counts down first is chance.
    pub(super) fn budgets(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        for namespace in NAMESPACES {
            match self.random.below(4) {
                0 => {}
                1 => {
                    // The empty selector takes every pod of the namespace; none at all takes none.
                    let selector = if self.random.one_in(4) {
                        Value::Null
                    } else {
                        json!({})
                    };
                    all.push(self.budget("all", namespace, &selector));
                }
                _ => {
                    for app in self.random.some(&["web", "db", "cache"], 3) {
                        let selector = json!({ "matchLabels": { "app": app } });
                        all.push(self.budget(app, namespace, &selector));
                    }
                }
            }
        }
        all
    }

    fn budget(&mut self, name: &str, namespace: &str, selector: &Value) -> Value {
        let mut status = json!({
            "disruptionsAllowed": self.random.between(if self.theme.odd { -1 } else { 0 }, 2), "currentHealthy": 3, "desiredHealthy": 2, "expectedPods": 3,
        });
        if self.random.one_in(4) {
            let pod = format!("b{}", self.random.below(4));
            status["disruptedPods"] = json!({ pod: "2026-01-01T00:00:00Z" });
        }
        json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": { "name": name, "namespace": namespace },
            "spec": { "minAvailable": 2, "selector": selector }, "status": status,
        })
    }
}
