//! Taints and tolerations.

use std::fmt;
use std::sync::Arc;

/// What a taint does to pods that do not tolerate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// The scheduler keeps them off the node; a kubelet would take them.
    NoSchedule,
    /// The scheduler prefers other nodes.
    PreferNoSchedule,
    /// The scheduler keeps them off, and they are evicted from the node.
    NoExecute,
}

impl Effect {
    /// Reads the API's word for it.
    ///
    /// # Errors
    /// Where there is no such effect.
    pub fn parse(text: &str) -> Result<Self, String> {
        [Self::NoSchedule, Self::PreferNoSchedule, Self::NoExecute]
            .into_iter()
            .find(|effect| effect.as_str() == text)
            .ok_or_else(|| format!("'{text}' is none of NoSchedule, PreferNoSchedule, NoExecute"))
    }

    /// The API's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoSchedule => "NoSchedule",
            Self::PreferNoSchedule => "PreferNoSchedule",
            Self::NoExecute => "NoExecute",
        }
    }
}

/// A node's taint.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Taint {
    /// The taint's key.
    pub key: Arc<str>,
    /// The taint's value; often empty.
    pub value: Arc<str>,
    /// What it does.
    pub effect: Effect,
}

impl fmt::Display for Taint {
    /// As `kubectl taint` writes it: `key=value:Effect`, or `key:Effect` without a value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.value.is_empty() {
            write!(f, "{}:{}", self.key, self.effect.as_str())
        } else {
            write!(f, "{}={}:{}", self.key, self.value, self.effect.as_str())
        }
    }
}

/// How a toleration compares a taint's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TolerationOperator {
    /// Equal values; what an absent operator means.
    Equal,
    /// Any value.
    Exists,
    /// The taint's value as a number is less than the toleration's (gate TaintTolerationComparisonOperators).
    Lt,
    /// The taint's value as a number is greater than the toleration's (the same gate).
    Gt,
}

/// A pod's toleration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Toleration {
    /// The key; empty with `Exists` tolerates every key.
    pub key: Arc<str>,
    /// How values are compared.
    pub operator: TolerationOperator,
    /// The value to compare with.
    pub value: Arc<str>,
    /// The effect; `None` tolerates every effect.
    pub effect: Option<Effect>,
}

impl Toleration {
    /// Whether this toleration tolerates `taint`, as `ToleratesTaint` of upstream's core helpers decides with
    /// comparison operators off.
    pub fn tolerates(&self, taint: &Taint) -> bool {
        if self.effect.is_some_and(|effect| effect != taint.effect) {
            return false;
        }
        if !self.key.is_empty() && self.key != taint.key {
            return false;
        }
        match self.operator {
            TolerationOperator::Equal => self.value == taint.value,
            TolerationOperator::Exists => true,
            TolerationOperator::Lt | TolerationOperator::Gt => false,
        }
    }
}
