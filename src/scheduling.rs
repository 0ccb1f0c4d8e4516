//! The scheduling cycle as a pure function of cluster, pod and profile.
//!
//! ```text
//! (Cluster, Pod, Profile) ──cycle::run──▶ Trace ──▶ screen, record (JSON), message, explanation
//! ```
//! The [`Trace`] holds every verdict and score; everything shown reads it, nothing computes it again. Plugins judge
//! whole columns of nodes at a time. [`plugins`] is the table of them.

pub mod assumed;
pub mod cel;
pub mod config;
pub mod cycle;
pub mod explanation;
pub mod features;
pub mod hint;
pub mod kept;
pub mod message;
pub mod nearest;
pub mod normalize;
pub mod plan;
pub mod plugin;
pub mod plugins;
pub mod profile;
pub mod profiles;
pub mod question;
pub mod queue;
pub mod record;
pub mod reserve;
pub mod room;
pub mod status;
pub mod trace;
pub mod unprepared;
pub mod unseen;
pub mod what_if;

pub use assumed::Assumed;
pub use explanation::Explanation;
pub use plugin::Phase;
pub use profile::Profile;
pub use profiles::Profiles;
pub use queue::Queue;
pub use reserve::Preparation;
pub use room::Room;
pub use status::{Code, Status};
pub use trace::Trace;
pub use unprepared::{Prepared, Unprepared};
