//! `--feature-gates A=true,B=false`, by the rules of kube-scheduler's own flag.

use std::collections::BTreeMap;

use super::known::{KNOWN, find};
use super::{FeatureGates, Gate, Stage};

/// Why feature gates cannot be set so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GateError {
    /// What is wrong.
    pub message: String,
    /// What to try.
    pub hint: String,
}

impl GateError {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

impl FeatureGates {
    /// Those that `text` sets, all others as in Kubernetes 1.37. `AllAlpha` and `AllBeta` set what is not set by name.
    ///
    /// # Errors
    /// A pair that is none, a gate that there is not or that is locked, a gate that needs another that is off.
    pub fn parse(text: &str) -> Result<Self, GateError> {
        let set = pairs(text)?;
        let mut on: BTreeMap<&str, bool> = KNOWN.iter().map(|known| (known.name, known.default)).collect();
        for (all, stage) in [("AllAlpha", Stage::Alpha), ("AllBeta", Stage::Beta)] {
            let Some(&value) = set.get(all) else { continue };
            for known in KNOWN.iter().filter(|known| known.stage == stage && !known.locked) {
                on.insert(known.name, value);
            }
        }
        for (&name, &value) in set
            .iter()
            .filter(|(name, _)| !matches!(**name, "AllAlpha" | "AllBeta"))
        {
            let known = find(name).ok_or_else(|| unknown(name))?;
            if known.locked && known.default != value {
                let always = if known.default { "always on" } else { "always off" };
                return Err(GateError::new(
                    format!(
                        "feature gate '{name}' cannot be set to {value}: it is locked to {} in 1.37",
                        known.default
                    ),
                    format!("Leave it out: it is {always}."),
                ));
            }
            on.insert(known.name, value);
        }
        for known in KNOWN.iter().filter(|known| on.get(known.name) == Some(&true)) {
            if let Some(missing) = known.needs.iter().find(|needed| on.get(**needed) != Some(&true)) {
                return Err(GateError::new(
                    format!(
                        "feature gate '{}' is on, but needs '{missing}', which is off",
                        known.name
                    ),
                    format!(
                        "Turn both on or both off: {}=false or {missing}=true.",
                        known.name
                    ),
                ));
            }
        }
        let mut gates = Self::default();
        for &gate in Gate::ALL {
            gates.set(gate, on.get(gate.as_str()).copied().unwrap_or(gate.default()));
        }
        Ok(gates)
    }
}

fn pairs(text: &str) -> Result<BTreeMap<&str, bool>, GateError> {
    let mut set = BTreeMap::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            GateError::new(
                format!("'{pair}' sets no feature gate"),
                format!("Write {pair}=true or {pair}=false."),
            )
        })?;
        let (name, value) = (name.trim(), value.trim());
        // The words that Go takes for a truth value.
        let value = match value {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => true,
            "0" | "f" | "F" | "false" | "FALSE" | "False" => false,
            _ => {
                return Err(GateError::new(
                    format!("feature gate '{name}' cannot be set to '{value}'"),
                    "It is true or false.",
                ));
            }
        };
        set.insert(name, value);
    }
    Ok(set)
}

fn unknown(name: &str) -> GateError {
    let near = KNOWN
        .iter()
        .map(|known| (distance(name, known.name), known.name))
        .min();
    let hint = match near {
        Some((distance, near)) if distance <= (name.len() / 3).max(1) => format!("Did you mean {near}?"),
        _ => "The gates are those of kube-scheduler 1.37; their names are case-sensitive.".to_owned(),
    };
    GateError::new(format!("there is no feature gate '{name}' in 1.37"), hint)
}

/// How far apart two names are; a difference in case alone is none.
fn distance(a: &str, b: &str) -> usize {
    strsim::osa_distance(&a.to_lowercase(), &b.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gates_that_rules_look_at_are_among_all() {
        assert!(KNOWN.is_sorted_by(|a, b| a.name < b.name));
        for gate in Gate::ALL {
            let known = find(gate.as_str()).unwrap_or_else(|| panic!("{gate:?} is known"));
            assert_eq!(known.default, gate.default(), "{gate:?}");
        }
    }

    #[test]
    fn a_gate_is_set_by_name_before_all_of_its_stage() {
        let gates =
            FeatureGates::parse(" AllAlpha=true, GenericWorkload=T,DRAListTypeAttributes=0,").unwrap();
        assert!(gates.enabled(Gate::TopologyAwareWorkloadScheduling));
        assert!(!gates.enabled(Gate::DRAListTypeAttributes));
        assert_eq!(FeatureGates::parse("").unwrap(), FeatureGates::default());
    }

    #[test]
    fn what_cannot_be_set_says_why() {
        for (text, message, hint) in [
            ("Nope", "'Nope' sets no", "Nope=true"),
            ("GenericWorkload=yes", "'yes'", "true or false"),
            (
                "genericworkload=true",
                "no feature gate 'genericworkload'",
                "Did you mean GenericWorkload?",
            ),
            ("Zzzzzzzzzzzzzz=true", "no feature gate", "case-sensitive"),
            ("DRAPrioritizedList=false", "locked to true", "always on"),
            ("AllAlpha=true", "needs 'GenericWorkload'", "GenericWorkload=true"),
        ] {
            let error = FeatureGates::parse(text).unwrap_err();
            assert!(
                error.message.contains(message) && error.hint.contains(hint),
                "{text}: {error:?}"
            );
        }
    }
}
