//! The integration tests: one program, as linking many takes longer than running them.

#[path = "../support/support.rs"]
mod support;

mod cli;
mod connecting;
mod control_plane;
mod demo_api;
mod layers;
mod parity;
mod placing;
mod processes;
mod rights;
mod screen_real;
mod terminal;
mod watching;
