//! Placing without asking: the loop of a scheduler.
//!
//! ```text
//! watches ──▶ World: cache and queue ──pop, judge, assume──▶ binding ──▶ Event
//!                 ▲            └─ nothing fits ─▶ condition, event, room ─┐  │
//!                 └───────────── done, failed ◀───────────────────────────┴──┘
//! ```
//! [`Scheduler`] is kube-scheduler's loop with berth's rules: the queue with backoff and hints, Reserve and PreBind,
//! preemption, conditions and events. [`classic`] has the small loop of the schedulers that people write to learn how it
//! goes.

pub mod classic;
mod effects;
mod happened;
mod judge;
pub mod metrics;
mod poster;
mod scheduler;
mod world;

pub use classic::Classic;
pub use happened::{Happened, Tell};
pub use metrics::Metrics;
pub use scheduler::{Ended, Scheduler, Settings};
