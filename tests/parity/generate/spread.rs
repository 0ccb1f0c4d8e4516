//! Topology spread constraints.

use serde_json::{Value, json};

use super::Generator;
use super::affinity::TOPOLOGIES;
use super::nodes::{HOSTNAME, ZONE};

impl Generator {
    pub(super) fn spread_constraints(&mut self, pod: &Value) -> Value {
        let mut all: Vec<Value> = Vec::new();
        for _ in 0..=self.random.below(3) {
            let constraint = self.spread_constraint(&pod["metadata"]["labels"]);
            // An API server takes one of a kind alone.
            let same = |other: &Value| {
                ["topologyKey", "whenUnsatisfiable"]
                    .iter()
                    .all(|key| other[key] == constraint[key])
            };
            if !all.iter().any(same) {
                all.push(constraint);
            }
        }
        json!(all)
    }

    fn spread_constraint(&mut self, labels: &Value) -> Value {
        let hard = self.random.one_in(2);
        let everywhere = hard && self.random.one_in(2);
        let topologies = if everywhere { &[HOSTNAME, ZONE] } else { TOPOLOGIES };
        let mut constraint = json!({
            "maxSkew": 1 + self.random.below(5) / 3,
            "topologyKey": self.random.pick(topologies),
            "whenUnsatisfiable": if hard { "DoNotSchedule" } else { "ScheduleAnyway" },
        });
        if !self.random.one_in(10) {
            constraint["labelSelector"] = self.label_selector();
            // Merged into the selector as API servers do since 1.34, or not, as before.
            if self.random.one_in(5) {
                let mut merged = constraint.clone();
                self.merge_keys(&mut merged, labels, "matchLabelKeys", "In");
                if self.random.one_in(2) {
                    merged["labelSelector"] = constraint["labelSelector"].clone();
                }
                constraint = merged;
            }
        }
        if self.theme.odd && self.random.one_in(8) {
            constraint["maxSkew"] = json!(i32::MAX);
        }
        if hard && self.random.one_in(4) {
            constraint["minDomains"] = json!(self.random.between(1, 5));
        }
        for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            if self.random.one_in(3) {
                constraint[policy] = json!(self.random.pick(&["Honor", "Ignore"]));
            }
        }
        constraint
    }
}
