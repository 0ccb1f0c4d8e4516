//! The plugins: their specs, their explanations, and what they make of what cannot be read.

mod explanations;
mod faults;
mod fields;
mod pod_affinity;
mod preemption;
mod selectors;
mod specs;
mod spread;
mod unprepared;
mod volumes;
