//! `metadata.managedFields`: which manager owns which field.

use serde_json::Value;

use super::{kinds::Kind, object::metadata, strategy::Part, writes::Options};

/// Brings the field managers of an object up to date with a write: `old` is what was (nothing for a new object), `new`
/// what is to be stored.
///
/// Nothing is recorded yet: an object has no `managedFields` here.
pub(crate) fn record(_kind: &Kind, _part: Part, _old: Option<&Value>, new: &mut Value, _options: &Options) {
    metadata(new).remove("managedFields");
}
