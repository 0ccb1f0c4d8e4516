//! Container images: what nodes have, and what pods ask for.

use std::sync::Arc;

/// An image on a node, as `status.images` lists it. Interned: nodes with the same image share one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NodeImage {
    /// Its names, by tag and by digest, as the node spells them.
    pub names: Box<[Arc<str>]>,
    /// Bytes.
    pub size: i64,
}

/// An image that a pod asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PodImage {
    /// Its name, with `:latest` where the manifest gives neither tag nor digest.
    pub name: Arc<str>,
    /// Where it stands in the manifest, such as `spec.containers[0].image`.
    pub field: Arc<str>,
}

/// Whether `name` has to be read with `:latest` at its end: no colon stands in it after the last slash.
pub fn lacks_tag(name: &str) -> bool {
    !name.rsplit('/').next().unwrap_or(name).contains(':')
}
