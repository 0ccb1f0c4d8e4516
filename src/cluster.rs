//! The API server: connecting, watching, preflight, events.
//!
//! ```text
//! kubeconfig ─▶ connect ─▶ Connection ─┬─▶ watch    changes for the engine, and how fresh they are
//!                                      ├─▶ load     the same, once
//!                                      ├─▶ probe    does the server answer at all
//!                                      ├─▶ preflight what we may do there
//!                                      └─▶ wire     every request that was made
//! ```

pub mod connect;
pub mod election;
pub mod error;
pub mod events;
pub mod identity;
pub mod kubeconfig;
mod list;
pub mod load;
pub mod manifest;
pub mod owners;
pub mod preflight;
pub mod presence;
pub mod probe;
pub(crate) mod request;
pub mod right;
pub mod schedulers;
pub mod snapshot;
mod transport;
pub mod watch;
pub mod wire;

pub use connect::{ConnectOptions, Connection, connect};
pub use error::{Action, ClusterError};
pub use identity::Identity;
pub use right::Right;
