//! An embedded API server for demonstrations, lessons and tests.
//!
//! It answers like a Kubernetes API server of 1.37 to the kinds in its table ([`kinds`]) and like one that lacks the
//! rest: unknown paths are 404, verbs it does not have are 405 and are not in discovery. It imports neither the
//! scheduling rules nor the model of this program, so that what works on it owes nothing to shared code.
//!
//! What it lacks, beyond kinds: server-side apply (415), tables and protobuf (406), deletion of collections and of
//! namespaces (405), `managedFields`, the leases of its kubelets, the expiry of events, authorization.

mod api;
mod bindings;
mod bodies;
mod clock;
mod discovery;
mod events;
mod failure;
mod kinds;
mod names;
mod nodes;
mod object;
mod patches;
mod pods;
mod quantities;
mod reads;
mod request;
mod reviews;
mod selectors;
mod store;
mod watches;
mod writes;
