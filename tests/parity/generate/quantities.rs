//! Amounts of resources.

use serde_json::{Map, Value, json};

use super::Generator;
use super::odd;

const CPU: &[&str] = &["100m", "250m", "1", "2", "500m", "0.5", "1500m", "4", "0"];
const MEMORY: &[&str] = &[
    "64Mi",
    "1Gi",
    "128974848",
    "129e6",
    "129M",
    "123Mi",
    "1.5Gi",
    "2Gi",
    "0",
];
/// Where nodes are small, so that a few pods fill one.
const LITTLE_CPU: &[&str] = &["100m", "250m", "500m", "500m", "1", "0"];
const LITTLE_MEMORY: &[&str] = &["64Mi", "256Mi", "500M", "0.5Gi", "1Gi", "0"];
pub(super) const EXTENDED: &[&str] = &[
    "example.com/gpu",
    "nvidia.com/gpu",
    "hugepages-2Mi",
    "hugepages-1Gi",
    "ephemeral-storage",
];

impl Generator {
    pub(super) fn quantity(&mut self, usual: &[&str]) -> Value {
        if self.theme.odd {
            match self.random.below(24) {
                0 | 1 => return json!(self.random.pick(odd::QUANTITIES)),
                2 => return json!(self.random.between(0, 4)),
                _ => {}
            }
        }
        json!(self.random.pick(usual))
    }

    /// What a container asks for.
    pub(super) fn requests(&mut self) -> Value {
        let (cpu, memory) = if self.theme.tight {
            (LITTLE_CPU, LITTLE_MEMORY)
        } else {
            (CPU, MEMORY)
        };
        let mut all = Map::new();
        if !self.random.one_in(4) {
            all.insert("cpu".into(), self.quantity(cpu));
        }
        if !self.random.one_in(4) {
            all.insert("memory".into(), self.quantity(memory));
        }
        if self.random.one_in(if self.theme.odd { 6 } else { 24 }) {
            let name = self.extended_name();
            let mut amount = self.quantity(&["0", "1", "2", "1e1", "500m"]);
            // Upstream has devices stand for what 64 bits do not hold, and for nothing at all in NodeResourcesFit.
            if name.contains('/') && odd::BEYOND_64_BITS.iter().any(|text| amount == **text) {
                amount = json!("9");
            }
            all.insert(name, amount);
        }
        Value::Object(all)
    }

    pub(super) fn extended_name(&mut self) -> String {
        if self.theme.odd && self.random.one_in(2) {
            return self.random.pick(odd::RESOURCES).to_owned();
        }
        self.random.pick(EXTENDED).to_owned()
    }
}
