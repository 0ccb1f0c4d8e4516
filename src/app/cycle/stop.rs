//! Where the film stops: the phases of the scheduling cycle, and what comes between them.

/// A stop, in kube-scheduler's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// May the pod enter the queue?
    PreEnqueue,
    /// Where it stands there.
    Queue,
    /// Plugins prepare, and perhaps narrow the nodes.
    PreFilter,
    /// Plugin by plugin, nodes fall out.
    Filter,
    /// No node is left: can room be made?
    PostFilter,
    /// Plugins prepare scoring.
    PreScore,
    /// Plugin by plugin, nodes get scores.
    Score,
    /// What comes of it.
    Choice,
    /// What the pod needs is set aside.
    Reserve,
    /// Leave is waited for.
    Permit,
    /// What must be done before binding.
    PreBind,
    /// The pod gets its node.
    Bind,
    /// It is told.
    Event,
}

impl Stop {
    /// All of them, in order.
    pub const ALL: [Self; 13] = [
        Self::PreEnqueue,
        Self::Queue,
        Self::PreFilter,
        Self::Filter,
        Self::PostFilter,
        Self::PreScore,
        Self::Score,
        Self::Choice,
        Self::Reserve,
        Self::Permit,
        Self::PreBind,
        Self::Bind,
        Self::Event,
    ];

    /// Its name; upstream's where it is a phase.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PreEnqueue => "PreEnqueue",
            Self::Queue => "Queue",
            Self::PreFilter => "PreFilter",
            Self::Filter => "Filter",
            Self::PostFilter => "PostFilter",
            Self::PreScore => "PreScore",
            Self::Score => "Score",
            Self::Choice => "Choice",
            Self::Reserve => "Reserve",
            Self::Permit => "Permit",
            Self::PreBind => "PreBind",
            Self::Bind => "Bind",
            Self::Event => "Event",
        }
    }

    /// The rule of the cycle behind it, in a sentence.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::PreEnqueue => {
                "Each plugin may keep the pod out of the queue; a pod outside it is not tried at all."
            }
            Self::Queue => "Pods are tried one at a time: higher priority first, then who waits longer.",
            Self::PreFilter => {
                "Each plugin looks at the pod once, before any node: it prepares, narrows the nodes, skips, or rejects \
                 the pod."
            }
            Self::Filter => {
                "Each plugin is asked about each node, in order; the first that rejects a node takes it out, and those \
                 after it are not asked."
            }
            Self::PostFilter => "No node is left: each plugin may look for a way to make room.",
            Self::PreScore => {
                "Each plugin looks at the nodes that are left once, before it scores them; it may skip."
            }
            Self::Score => {
                "Each plugin scores each node that is left; scores are brought into 0 to 100, and count with the \
                 plugin's weight."
            }
            Self::Choice => "The highest sum wins; among equals, one is taken at random.",
            Self::Reserve => {
                "What the pod needs on its node is set aside, so that no pod tried meanwhile gets it."
            }
            Self::Permit => "Plugins may let the pod wait here for leave.",
            Self::PreBind => {
                "What must be there before the pod is: volumes are bound, devices are allocated."
            }
            Self::Bind => {
                "A Binding names pod and node; the API server sets spec.nodeName from it, once and for good."
            }
            Self::Event => "An Event tells who looks at the pod where it went.",
        }
    }
}
