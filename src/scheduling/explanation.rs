//! Why a figure or a verdict is what it is.

/// Inputs and arithmetic behind one plugin's verdict or score on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// One sentence: the finding, such as `cpu: 4000m asked for, 300m free`.
    pub summary: String,
    /// What went in: name, value, and where in which manifest it stands.
    pub inputs: Vec<Input>,
    /// The arithmetic, step by step, numbers put in.
    pub steps: Vec<Step>,
}

/// A value that went in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Which side it is from.
    pub side: Side,
    /// What it is.
    pub name: String,
    /// Its value, with unit.
    pub value: String,
    /// The field's path in that manifest; empty where it is a sum over many.
    pub field: String,
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
