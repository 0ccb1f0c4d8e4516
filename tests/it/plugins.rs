//! The plugins: their specs, their explanations, and what they make of what cannot be read.

#[path = "plugins/explanations.rs"]
mod explanations;
#[path = "plugins/faults.rs"]
mod faults;
#[path = "plugins/specs.rs"]
mod specs;
