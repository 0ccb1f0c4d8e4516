//! berth: a terminal-UI scheduler for Kubernetes.
//!
//! Layers, each using only those above it (`tests/it/layers.rs` keeps them):
//!
//! ```text
//! model       values and the cluster cache
//! scheduling  the scheduling cycle: plugins, profile, trace; pure
//! cluster     the API server: connect, watch, bind, events, preflight
//! journal     who placed what where, and what was sent: a file that only grows
//! lesson      lessons: texts, goals, questions, progress; pure
//! engine      the thread that owns cache and queue and publishes views
//! placing     a confirmed placement: judged again, dry run, Binding, Event
//! auto        the loop of a scheduler without a person
//! demo        an embedded API server; shares nothing with model or scheduling
//! app         what the screen shows and how keys change it; no I/O
//! ui          drawing: a pure function of the app's state
//! cli         one file a subcommand; the runtime that joins all of it
//! ```

// Nothing in here panics; tests may.
#![warn(clippy::expect_used, clippy::panic, clippy::unreachable)]

pub mod app;
pub mod auto;
pub mod cli;
pub mod cluster;
pub mod demo;
pub mod engine;
pub mod journal;
pub mod lesson;
pub mod model;
pub mod placing;
pub mod scheduling;
pub mod ui;
