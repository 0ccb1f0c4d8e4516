//! A placement, from the confirmed intent to its outcome.
//!
//! ```text
//! Intent ─▶ check pod and node ─▶ judge again ─▶ dry run ─▶ prepare ─▶ Binding ─▶ Event ─▶ Outcome
//! ```
//! Where the pod has claims that want volumes or devices, these are seen to first ([`prepare`]). Nothing is sent unless an
//! [`Intent`] was confirmed, and what was confirmed is compared with what holds now. Where nothing fits, room can be made
//! ([`preempt`]); that ends in an ordinary placement.

pub mod adoption;
mod annotations;
mod cancel;
pub mod consequence;
mod diary;
mod facts;
pub mod intent;
pub mod outcome;
pub mod placer;
pub mod preempt;
pub mod prepare;
pub mod reason;
pub mod telling;
mod unattended;
pub mod verdict;

pub use adoption::Adoption;
pub use cancel::Cancel;
pub use consequence::Fate;
pub use intent::Intent;
pub use outcome::{Outcome, Refusal, Stage};
pub use placer::{DryRun, Judge, Placer};
pub use preempt::{Preempted, Preemption, Survey};
pub use prepare::Unready;
pub use reason::Reason;
pub use verdict::Verdict;
