//! The integration tests: one program, as linking many takes longer than running them.

#[path = "../support/support.rs"]
mod support;

mod control_plane;
mod demo_api;
mod layers;
mod model;
mod parity;
mod placing;
mod processes;
mod terminal;
mod watching;
