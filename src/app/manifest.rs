//! A pod's or a node's manifest as a person reads it: its lines, and which of them a rule looked at.

mod cache;
mod excerpt;
mod field;
mod tidy;
mod yaml;

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

pub use cache::{Manifests, Reading};
pub use excerpt::{Excerpt, ExcerptRow};
pub use yaml::YamlLine;

use crate::model::PodKey;

/// Whose manifest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A pod's.
    Pod(PodKey),
    /// A node's.
    Node(Arc<str>),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod(key) => key.fmt(f),
            Self::Node(name) => f.write_str(name),
        }
    }
}

/// A manifest, line by line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    object: Value,
    lines: Vec<YamlLine>,
}

impl Manifest {
    /// The manifest of `object`, without what only servers read (`managedFields`, what `kubectl apply` notes down) and
    /// without what may be a secret: values of environment variables, and what follows `--password` and its like.
    pub fn new(mut object: Value) -> Self {
        tidy::tidy(&mut object);
        let lines = yaml::lines(&object);
        Self { object, lines }
    }

    /// The object, as shown.
    pub fn object(&self) -> &Value {
        &self.object
    }

    /// Its lines, in YAML.
    pub fn lines(&self) -> &[YamlLine] {
        &self.lines
    }

    /// The paths of the fields that `field` means and that the object has: one, or several where `[*]` stands for each
    /// item of a list.
    pub fn find(&self, field: &str) -> Vec<String> {
        field::find(&self.object, field)
    }

    /// The lines of `fields`, with `context` lines around each and the lines that they hang on.
    pub fn excerpt<'a>(&self, fields: impl IntoIterator<Item = &'a str>, context: usize) -> Excerpt {
        excerpt::of(self, fields, context)
    }
}
