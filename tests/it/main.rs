//! The integration tests: one program, as linking many takes longer than running them.

#[path = "../support/support.rs"]
mod support;

mod adopting_real;
mod auto;
mod cli;
mod connecting;
mod control_plane;
mod demo_api;
mod desk;
mod drift;
mod engine;
mod faults;
mod film;
mod flows;
mod hostile;
mod journal;
mod judged;
mod keys;
mod kubectl;
mod layers;
mod looks;
mod manifests;
mod model;
mod nearest;
mod outage;
mod owners;
mod parity;
mod placing;
mod plan;
mod plugins;
mod presence;
mod processes;
mod queue;
mod refresh;
mod rights;
mod scene;
mod screen_contexts;
mod screen_real;
mod screens;
mod screens_sizes;
mod screens_world;
mod telling;
mod terminal;
mod twins;
mod watching;
pub(crate) mod what_if;
