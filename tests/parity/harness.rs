//! What the parity tests and `just parity` share: random clusters, berth's answers, and the comparison with upstream's.

pub(crate) mod compare;
pub(crate) mod generate;
pub(crate) mod ours;
pub(crate) mod recorded;
