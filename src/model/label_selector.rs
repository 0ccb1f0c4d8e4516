//! Label selectors: which objects are meant, by their labels.

mod written;

pub use written::SelectorError;

use super::labels::Labels;
use super::selector::Requirement;

/// A `LabelSelector` of the API, ready to match.
///
/// Absent and empty are opposites, as upstream has it: an absent selector matches nothing, an empty one everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum LabelSelector {
    /// Matches nothing: there is no selector.
    #[default]
    Nothing,
    /// Every requirement must hold; none at all matches everything. (`matchLabels` are `In` with one value.)
    All(Vec<Requirement>),
}

impl LabelSelector {
    /// Whether it selects an object with `labels`.
    pub fn matches(&self, labels: &Labels) -> bool {
        match self {
            Self::Nothing => false,
            Self::All(requirements) => requirements.iter().all(|r| r.matches(labels.get(&r.key))),
        }
    }

    /// Whether it matches everything.
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::All(requirements) if requirements.is_empty())
    }

    /// The selector of `requirements`, sorted, so that equal ones are equal.
    pub fn all(mut requirements: Vec<Requirement>) -> Self {
        requirements.sort_by(|a, b| {
            (&a.key, a.operator as u8, &a.values).cmp(&(&b.key, b.operator as u8, &b.values))
        });
        requirements.dedup();
        Self::All(requirements)
    }
}
