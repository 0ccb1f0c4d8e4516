//! What the server does with the objects of a kind beside keeping them.
//!
//! Upstream has the same steps in the same order: `SetDefaults`, admission that changes, `PrepareForCreate` and
//! `PrepareForUpdate`, `Validate` and `ValidateUpdate` (`pkg/apis`, `plugin/pkg/admission`, `pkg/registry`).

use serde_json::Value;

use super::{
    deletions::{Deletion, Step},
    failure::{Cause, Failure},
    names,
    object::Object,
    store::Store,
};

/// Which part of an object a write is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Main,
    Status,
    /// Another subresource that writes a part of the object, such as `scale`.
    Sub(&'static str),
}

impl Part {
    /// The subresource's name; empty for the object itself.
    pub(crate) fn subresource(self) -> &'static str {
        match self {
            Self::Main => "",
            Self::Status => "status",
            Self::Sub(name) => name,
        }
    }
}

/// What becomes of the dependents of an object whose deletion says nothing of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dependents {
    /// The garbage collector deletes them.
    Delete,
    /// They stay. Two older kinds keep this default, as upstream.
    Orphan,
    /// The kind is nobody's owner, whatever a deletion says.
    Unknown,
}

/// The steps, in their order. Trees are in the stored form, and of their type.
#[derive(Debug)]
pub(crate) struct Strategy {
    /// A PUT has to say which version of the object it changes.
    pub(crate) needs_version: bool,
    /// Fills in what was left out. Runs on every object that a client sends, and on what a patch makes of one.
    pub(crate) default: fn(&mut Value),
    /// Fills in what the rest of the cluster decides, or refuses; the second argument is the object as it was, if it was.
    pub(crate) admit: fn(&Store, Option<&Value>, &mut Value) -> Result<(), Failure>,
    /// Resets what the maker of an object has no say in. The status of kinds with one is empty by then.
    pub(crate) prepare: fn(&mut Value),
    /// The same for a change: what was, and what is to be.
    pub(crate) prepare_update: fn(Part, &Value, &mut Value),
    /// What is wrong with a new object. Names and metadata are looked at for all kinds alike.
    pub(crate) validate: fn(&Value) -> Vec<Cause>,
    /// What is wrong with a change: what was, and what is to be. [`Strategy::validate`] is not asked then.
    pub(crate) validate_update: fn(Part, &Value, &Value) -> Vec<Cause>,
    /// What is wrong with a name.
    pub(crate) name: fn(&str) -> Vec<String>,
    pub(crate) dependents: Dependents,
    /// A way of its own to begin a deletion, or a refusal; nothing where it begins as everywhere.
    pub(crate) begin_deletion: fn(&Object, &mut Value, &Deletion) -> Result<Option<Step>, Failure>,
    /// Whether anything but its finalizers keeps an object that is being deleted.
    pub(crate) is_held: fn(&Value) -> bool,
}

/// A kind that is kept as it comes.
pub(crate) const PLAIN: Strategy = Strategy {
    needs_version: false,
    default: |_| (),
    admit: |_, _, _| Ok(()),
    prepare: |_| (),
    prepare_update: |_, _, _| (),
    validate: |_| Vec::new(),
    validate_update: |_, _, _| Vec::new(),
    name: names::subdomain,
    dependents: Dependents::Delete,
    begin_deletion: |_, _, _| Ok(None),
    is_held: |_| false,
};
