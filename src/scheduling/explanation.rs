//! Why a figure or a verdict is what it is.

use std::fmt::Display;

/// Inputs and arithmetic behind one plugin's verdict or score on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// One sentence: the finding, such as `cpu: 4000m asked for, 300m free`.
    pub summary: String,
    /// What went in: name, value, and where in which manifest it stands.
    pub inputs: Vec<Input>,
    /// The arithmetic, step by step, numbers put in. For a verdict, the result of a step is [`HOLDS`] or the reason
    /// for which the node is rejected; for a score, that of the last step is the score itself, normalised.
    pub steps: Vec<Step>,
}

/// The result of a step of a verdict that is no objection.
pub const HOLDS: &str = "holds";

/// A value that went in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Which side it is from.
    pub side: Side,
    /// What it is.
    pub name: String,
    /// Its value, with unit.
    pub value: String,
    /// The field's path in that manifest, with `[*]` for each item of a list; empty where it is a sum over many. A field
    /// of another object has that object's kind first, such as `CSINode spec.drivers`.
    pub field: String,
}

impl Input {
    /// The field's path where it stands in the manifest of pod or node itself.
    pub fn in_manifest(&self) -> Option<&str> {
        let own = ["metadata.", "spec.", "status."];
        let path = Some(&*self.field).filter(|field| own.iter().any(|part| field.starts_with(part)));
        path.filter(|_| self.side != Side::Profile)
    }
}

/// Whose manifest an input is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The pod's.
    Pod,
    /// The node's.
    Node,
    /// The profile's configuration.
    Profile,
}

/// A line of arithmetic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is worked out.
    pub name: String,
    /// The formula with its numbers put in, such as `(4000m − 1700m) × 100 / 4000m`.
    pub formula: String,
    /// What it gives.
    pub result: String,
}

impl Explanation {
    /// An explanation that so far only says `summary`.
    pub fn new(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            ..Self::default()
        }
    }

    /// Adds something of the pod's that went in.
    pub fn pod(&mut self, name: impl Into<String>, value: impl Into<String>, field: impl Into<String>) {
        self.input(Side::Pod, name.into(), value.into(), field.into());
    }

    /// Adds something of the node's that went in.
    pub fn node(&mut self, name: impl Into<String>, value: impl Into<String>, field: impl Into<String>) {
        self.input(Side::Node, name.into(), value.into(), field.into());
    }

    /// Adds something of the profile's configuration that went in.
    pub fn profile(&mut self, name: impl Into<String>, value: impl Into<String>, field: impl Into<String>) {
        self.input(Side::Profile, name.into(), value.into(), field.into());
    }

    fn input(&mut self, side: Side, name: String, value: String, field: String) {
        self.inputs.push(Input {
            side,
            name,
            value,
            field,
        });
    }

    /// Adds a line of arithmetic.
    pub fn step(&mut self, name: impl Into<String>, formula: impl Into<String>, result: impl Display) {
        self.steps.push(Step {
            name: name.into(),
            formula: formula.into(),
            result: result.to_string(),
        });
    }
}

/// `1 pod`, `2 pods`.
pub(super) fn pods(count: i64) -> String {
    format!("{count} {}", if count == 1 { "pod" } else { "pods" })
}
