//! Node affinity, and affinity between pods.

use serde_json::{Map, Value, json};

use super::Generator;
use super::nodes::{HOSTNAME, KEYS, REGION, VALUES, ZONE, ZONES};
use super::odd;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// What pods are kept together or apart by; the last is a label that no node has.
pub(super) const TOPOLOGIES: &[&str] = &[
    HOSTNAME,
    HOSTNAME,
    HOSTNAME,
    HOSTNAME,
    ZONE,
    ZONE,
    ZONE,
    ZONE,
    ZONE,
    REGION,
    REGION,
    "disk",
    "example.com/pool",
    "example.com/none",
];

impl Generator {
    pub(super) fn node_affinity(&mut self, spec: &mut Value) {
        if self.random.one_in(4) {
            let mut selector = Map::new();
            for _ in 0..self.random.below(3) {
                let (key, value) = self.label_of_node();
                selector.insert(key.to_owned(), json!(value));
            }
            spec["nodeSelector"] = Value::Object(selector);
        }
        if self.random.one_in(3) {
            let terms: Vec<Value> = (0..self.random.below(4)).map(|_| self.term(false)).collect();
            spec["affinity"]["nodeAffinity"][REQUIRED] = json!({ "nodeSelectorTerms": terms });
        }
        if self.random.one_in(2) {
            let terms: Vec<Value> = (0..self.random.below(4))
                .map(|_| json!({ "weight": self.random.between(0, 100), "preference": self.term(true) }))
                .collect();
            spec["affinity"]["nodeAffinity"][PREFERRED] = json!(terms);
        }
    }

    /// A label, mostly one that nodes have.
    fn label_of_node(&mut self) -> (&'static str, &'static str) {
        match self.random.below(4) {
            0 => (self.random.pick(KEYS), self.random.pick(VALUES)),
            1 => (REGION, self.random.pick(&["ra", "rb"])),
            _ => (ZONE, self.random.pick(ZONES)),
        }
    }

    /// A term of a node selector; `careful` where a malformed one would be one too many.
    pub(super) fn term(&mut self, careful: bool) -> Value {
        let mut term = json!({});
        if !self.random.one_in(4) {
            let most = self.random.below(3) + usize::from(!self.random.one_in(8));
            term["matchExpressions"] = (0..most).map(|_| self.requirement(careful)).collect();
        }
        if self.random.one_in(3) {
            term["matchFields"] = (0..=self.random.below(2)).map(|_| self.field()).collect();
        }
        term
    }

    fn requirement(&mut self, careful: bool) -> Value {
        let operators = ["In", "In", "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];
        let operator = self.random.pick(&operators);
        let junk = self.theme.odd && self.random.one_in(if careful { 20 } else { 5 });
        let (mut key, _) = self.label_of_node();
        let known: &[&'static str] = match key {
            ZONE => ZONES,
            REGION => &["ra", "rb"],
            _ => VALUES,
        };
        let values: Vec<&str> = match operator {
            "In" | "NotIn" => (usize::from(junk)..=self.random.below(3))
                .map(|_| self.random.pick(known))
                .collect(),
            "Gt" | "Lt" if junk => vec![self.random.pick(&["word", "1", ""]); self.random.below(3)],
            "Gt" | "Lt" => vec![self.random.pick(&["5", "0", "-3", "7", "+4"])],
            _ if junk => vec!["a"],
            _ => Vec::new(),
        };
        if junk && self.random.one_in(3) {
            key = self.random.pick(odd::KEYS);
        }
        let mut requirement = json!({ "key": key, "operator": operator });
        if !values.is_empty() {
            requirement["values"] = json!(values);
        }
        requirement
    }

    fn field(&mut self) -> Value {
        let values: Vec<String> = (0..=self.random.below(3)).map(|_| self.node_name()).collect();
        let mut operators = vec!["In", "In", "In", "NotIn"];
        let mut key = "metadata.name";
        if self.theme.odd {
            operators.push("Exists");
            if self.random.one_in(10) {
                key = "metadata.namespace";
            }
        }
        json!({ "key": key, "operator": self.random.pick(&operators), "values": values })
    }

    pub(super) fn pod_affinity(&mut self, pod: &mut Value) {
        for (kind, often) in [("podAffinity", 8), ("podAntiAffinity", 5)] {
            if self.random.one_in(often) {
                let terms =
                    (0..=self.random.below(2)).map(|_| self.affinity_term(&pod["metadata"]["labels"]));
                let terms: Vec<Value> = terms.collect();
                pod["spec"]["affinity"][kind][REQUIRED] = json!(terms);
            }
            if self.random.one_in(3) {
                let mut terms = Vec::new();
                for _ in 0..=self.random.below(2) {
                    let term = self.affinity_term(&pod["metadata"]["labels"]);
                    terms.push(json!({ "weight": self.random.between(1, 100), "podAffinityTerm": term }));
                }
                pod["spec"]["affinity"][kind][PREFERRED] = json!(terms);
            }
        }
    }

    fn affinity_term(&mut self, labels: &Value) -> Value {
        let mut term = json!({ "topologyKey": self.random.pick(TOPOLOGIES) });
        if !self.random.one_in(8) {
            term["labelSelector"] = self.label_selector();
            for (list, operator) in [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")] {
                if self.random.one_in(8) {
                    self.merge_keys(&mut term, labels, list, operator);
                }
            }
        }
        if self.random.one_in(4) {
            term["namespaces"] = json!(self.random.some(&["default", "team-a", "nowhere"], 2));
        }
        if self.random.one_in(4) {
            term["namespaceSelector"] = self.namespace_selector();
        }
        term
    }

    /// As the API server stores `matchLabelKeys`: merged into the selector.
    pub(super) fn merge_keys(&mut self, term: &mut Value, labels: &Value, list: &str, operator: &str) {
        let key = self.random.pick(&["pod-template-hash", "tier"]);
        term[list] = json!([key]);
        if !labels[key].is_string() {
            return;
        }
        let merged = json!({ "key": key, "operator": operator, "values": [labels[key]] });
        let selector = &mut term["labelSelector"];
        match selector["matchExpressions"].as_array_mut() {
            Some(expressions) => expressions.push(merged),
            None => selector["matchExpressions"] = json!([merged]),
        }
    }
}
