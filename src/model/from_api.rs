//! API objects → model: the only place that knows both.
//!
//! The types here are slim: serde reads only the fields that scheduling uses and skips the rest (`managedFields`
//! among it), so that a pod costs a fraction of the full API type.

pub mod meta;
pub mod namespace;
pub mod node;
pub mod pod;

pub use meta::Meta;
pub use namespace::NamespaceObject;
pub use node::NodeObject;
pub use pod::PodObject;
