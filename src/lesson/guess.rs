//! What a learner predicts, held against what the scheduling code says.

use std::collections::BTreeSet;

use crate::scheduling::question::Answer;

/// A prediction and what it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// As it was typed.
    pub typed: String,
    /// Whether it was right.
    pub right: bool,
    /// The answer.
    pub truth: String,
    /// Where it differed, or with what numbers it is so.
    pub told: Vec<(Side, String)>,
}

/// How a part of a prediction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It is so.
    Right,
    /// It was said and is not so.
    Wrong,
    /// It is so and was not said.
    Missed,
    /// A number was said that is off by so much.
    Off,
    /// Neither: it explains.
    Why,
}

impl Guess {
    /// Holds `typed` against `truth`.
    ///
    /// # Errors
    /// Where it is no possible answer: why, and what would be one.
    pub fn of(typed: &str, truth: &Answer) -> Result<Self, String> {
        let typed = typed.trim();
        let (right, told) = match truth {
            Answer::Choices(choices) => {
                let said = names(typed, choices.iter().map(|choice| choice.name.as_str()))?;
                let sides = choices.iter().filter_map(|choice| {
                    let side = match (said.contains(choice.name.as_str()), choice.is) {
                        (true, true) => Side::Right,
                        (true, false) => Side::Wrong,
                        (false, true) => Side::Missed,
                        (false, false) => return None,
                    };
                    Some((side, format!("{}: {}", choice.name, choice.why)))
                });
                let told: Vec<(Side, String)> = sides.collect();
                (told.iter().all(|(side, _)| *side == Side::Right), told)
            }
            Answer::Number { value, parts } => {
                let said: i64 = typed
                    .parse()
                    .map_err(|_| format!("'{typed}' is no whole number: type one, such as 42"))?;
                let mut told = Vec::new();
                if said != *value {
                    let by = if said > *value { "too high" } else { "too low" };
                    told.push((Side::Off, format!("{} {by}", said.abs_diff(*value))));
                }
                let parts = parts.iter().filter(|(_, part)| *part != 0);
                told.extend(parts.map(|(plugin, part)| (Side::Why, format!("{plugin} gives {part}"))));
                (said == *value, told)
            }
            Answer::Text(text) => {
                let right = typed.eq_ignore_ascii_case(text.trim());
                let side = if right { Side::Right } else { Side::Wrong };
                (right, vec![(side, text.clone())])
            }
            Answer::Unknown(why) => return Err(format!("this cannot be told yet: {why}")),
        };
        Ok(Self {
            typed: typed.to_owned(),
            right,
            truth: truth.to_string(),
            told,
        })
    }
}

/// The names in `typed`, each one of `known`; none where it says `none`.
fn names<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Result<BTreeSet<&'a str>, String> {
    let known: Vec<&str> = known.collect();
    if typed.is_empty() {
        return Err(format!("type names, or none; there are {}", known.join(", ")));
    }
    if typed.eq_ignore_ascii_case("none") {
        return Ok(BTreeSet::new());
    }
    let words = typed.split([' ', ',']).filter(|word| !word.is_empty());
    let found = words.map(|word| {
        let same = |name: &&&str| name.eq_ignore_ascii_case(word) || name.ends_with(&format!("/{word}"));
        let found = known.iter().find(same).copied();
        found.ok_or_else(|| format!("there is no '{word}'; there are {}", known.join(", ")))
    });
    found.collect()
}
