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

    /// Whether the scheduler keeps pods off, and does not just prefer other nodes.
    pub const fn keeps_off(self) -> bool {
        matches!(self, Self::NoSchedule | Self::NoExecute)
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

impl Taint {
    /// Reads what [`fmt::Display`] writes; nothing where it is no taint.
    pub fn parse(text: &str) -> Option<Self> {
        let (rest, effect) = text.rsplit_once(':')?;
        let (key, value) = rest.split_once('=').unwrap_or((rest, ""));
        Some(Self {
            key: key.into(),
            value: value.into(),
            effect: Effect::parse(effect).ok()?,
        })
    }
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
    /// Whether this toleration tolerates `taint`, as `ToleratesTaint` of upstream's core API decides; `comparisons` is
    /// the gate TaintTolerationComparisonOperators, without which `Lt` and `Gt` tolerate nothing.
    pub fn tolerates(&self, taint: &Taint, comparisons: bool) -> bool {
        if self.effect.is_some_and(|effect| effect != taint.effect) {
            return false;
        }
        if !self.key.is_empty() && self.key != taint.key {
            return false;
        }
        match self.operator {
            TolerationOperator::Equal => self.value == taint.value,
            TolerationOperator::Exists => true,
            TolerationOperator::Lt => comparisons && self.compares(taint, |taint, own| taint < own),
            TolerationOperator::Gt => comparisons && self.compares(taint, |taint, own| taint > own),
        }
    }

    fn compares(&self, taint: &Taint, holds: fn(i64, i64) -> bool) -> bool {
        let numbers = integer(&taint.value).zip(integer(&self.value));
        numbers.is_some_and(|(taint, own)| holds(taint, own))
    }
}

/// Reads a whole number as upstream has it: no plus sign, no zeros in front, nothing else; `None` for anything else or what
/// 64 bits do not hold.
fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    (plain || text == "0").then(|| text.parse().ok())?
}
