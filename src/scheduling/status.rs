//! What a plugin says.

use std::borrow::Cow;

/// A verdict's code, with the names that the upstream framework prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The plugin has no objection.
    Success,
    /// The plugin has nothing to say in the phases that follow.
    Skip,
    /// Not now, but removing other pods may help.
    Unschedulable,
    /// Not now, and removing pods does not help.
    UnschedulableAndUnresolvable,
    /// No verdict can be had: the cycle ends, here as upstream.
    Error,
    /// Something cannot be read (see [`Fault`](crate::model::Fault)), which upstream never meets: the one node that it
    /// concerns is out, all others are judged. Told as `Error`.
    Fault,
}

impl Code {
    /// Upstream's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::Skip => "Skip",
            Self::Unschedulable => "Unschedulable",
            Self::UnschedulableAndUnresolvable => "UnschedulableAndUnresolvable",
            Self::Error | Self::Fault => "Error",
        }
    }

    /// Whether the plugin keeps the pod off.
    pub const fn is_rejection(self) -> bool {
        matches!(
            self,
            Self::Unschedulable | Self::UnschedulableAndUnresolvable | Self::Error | Self::Fault
        )
    }
}

/// A verdict: a code and upstream's texts for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Status {
    /// The code.
    pub code: Code,
    /// Upstream's reasons, sorted; empty for `Success` and `Skip`.
    pub reasons: Vec<Cow<'static, str>>,
}

impl Status {
    /// No objection.
    pub const SUCCESS: Self = Self {
        code: Code::Success,
        reasons: Vec::new(),
    };
    /// Nothing to say.
    pub const SKIP: Self = Self {
        code: Code::Skip,
        reasons: Vec::new(),
    };

    /// The reasons in one line.
    pub fn message(&self) -> String {
        self.reasons.join(", ")
    }

    /// `code` for one reason.
    pub fn because(code: Code, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            reasons: vec![reason.into()],
        }
    }
}
