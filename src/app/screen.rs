//! What the body of the terminal shows.

/// A screen. Its state, its keys and its drawing are in files of the same name: `app/`, `app/update/`, `ui/screens/`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Screen {
    /// Who waits, where it could go, why.
    #[default]
    Home,
    /// Nodes against plugins.
    Matrix,
    /// The scheduling cycle, step by step.
    Cycle,
    /// Two nodes side by side.
    Compare,
    /// What would be if something were otherwise.
    WhatIf,
    /// A placement for each of many pods.
    Plan,
    /// The requests that were sent, with their answers.
    Wire,
}

impl Screen {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Home,
        Self::Matrix,
        Self::Cycle,
        Self::Compare,
        Self::WhatIf,
        Self::Plan,
        Self::Wire,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Home => "Home",
            Self::Matrix => "Matrix",
            Self::Cycle => "Step by step",
            Self::Compare => "Compare",
            Self::WhatIf => "What if",
            Self::Plan => "Plan",
            Self::Wire => "Wire",
        }
    }
}
