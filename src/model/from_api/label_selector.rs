//! Label selectors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::affinity::{RequirementObject, operator};
use super::null_is_default;
use crate::model::intern::Interner;
use crate::model::label_selector::LabelSelector;
use crate::model::selector::{Operator, Requirement};

/// A `LabelSelector`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelectorObject {
    /// Labels that must be there with these values.
    pub match_labels: Option<BTreeMap<String, String>>,
    /// Comparisons that must hold.
    #[serde(deserialize_with = "null_is_default")]
    pub match_expressions: Vec<RequirementObject>,
}

/// The selector as the model has it; `None` is the absent one, which matches nothing.
///
/// # Errors
/// Field, below the selector, and what is wrong with it, where upstream would not make a selector of it.
pub fn label_selector(
    from: Option<&LabelSelectorObject>,
    interner: &mut Interner,
) -> Result<LabelSelector, (String, String)> {
    let Some(from) = from else {
        return Ok(LabelSelector::Nothing);
    };
    let mut all = Vec::new();
    for (key, value) in from.match_labels.iter().flatten() {
        let requirement = Requirement {
            key: interner.string(key),
            operator: Operator::In,
            values: vec![interner.string(value)],
        };
        sound(&requirement).map_err(|message| (format!("matchLabels.{key}"), message))?;
        all.push(requirement);
    }
    for (at, from) in from.match_expressions.iter().enumerate() {
        let field = || format!("matchExpressions[{at}]");
        let operator = operator(&from.operator).filter(|op| !matches!(op, Operator::Gt | Operator::Lt));
        let Some(operator) = operator else {
            let message = format!("'{}' is none of In, NotIn, Exists, DoesNotExist", from.operator);
            return Err((format!("{}.operator", field()), message));
        };
        let mut values: Vec<_> = from.values.iter().map(|value| interner.string(value)).collect();
        values.sort();
        let requirement = Requirement {
            key: interner.string(&from.key),
            operator,
            values,
        };
        sound(&requirement).map_err(|message| (field(), message))?;
        all.push(requirement);
    }
    Ok(LabelSelector::all(all))
}

fn sound(requirement: &Requirement) -> Result<(), String> {
    let Some(problem) = requirement.label_problem() else {
        return Ok(());
    };
    let values: Vec<&str> = requirement.values.iter().map(|value| &**value).collect();
    let (key, operator) = (&requirement.key, requirement.operator.as_str());
    Err(format!(
        "'{key} {operator} ({})' {}",
        values.join(", "),
        problem.as_str()
    ))
}
