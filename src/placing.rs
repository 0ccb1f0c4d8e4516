//! A placement, from the confirmed intent to its outcome.
//!
//! ```text
//! Intent ─▶ check pod and node ─▶ judge again ─▶ dry run ─▶ Binding ─▶ Event ─▶ Outcome
//! ```
//! Nothing is sent unless an [`Intent`] was confirmed, and what was confirmed is compared with what holds now.

mod annotations;
mod facts;
pub mod intent;
pub mod outcome;
pub mod placer;
pub mod reason;
pub mod verdict;

pub use intent::Intent;
pub use outcome::{Outcome, Refusal, Stage};
pub use placer::{DryRun, Judge, Placer};
pub use reason::Reason;
pub use verdict::Verdict;
