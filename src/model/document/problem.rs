//! What is wrong with a file that a person wrote, where, and what to try.

use std::fmt;

use super::Document;
use crate::model::text::inert;

/// Why a file cannot be used: everything that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError {
    /// The file.
    pub file: String,
    /// What is wrong, in the order of the file.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1; 0 where it is not known.
    pub line: u64,
    /// The field, such as `profiles[0].plugins.score`; empty for the whole file.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
    /// What to try; may be empty.
    pub hint: String,
}

impl std::error::Error for DocumentError {}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&self.file)?;
            if problem.line > 0 {
                write!(f, ":{}", problem.line)?;
            }
            if !problem.field.is_empty() {
                write!(f, ": {}", problem.field)?;
            }
            write!(f, ": {}", problem.message)?;
            if !problem.hint.is_empty() {
                write!(f, "\n  {}", problem.hint)?;
            }
        }
        Ok(())
    }
}

impl DocumentError {
    /// The `problems` of `file`, by line: those that name a field only get the line that it has in `document`.
    pub fn new(file: &str, mut problems: Vec<Problem>, document: Option<&Document>) -> Self {
        for problem in problems.iter_mut().filter(|problem| problem.line == 0) {
            problem.line = document.map_or(0, |document| document.line_of(&problem.field));
        }
        problems.sort_by_key(|problem| problem.line);
        Self {
            file: file.to_owned(),
            problems,
        }
    }
}

impl Problem {
    /// A problem with `field`, whose line is not looked up yet.
    pub fn new(field: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            line: 0,
            field: field.into(),
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// What serde says of `field`, in words for who wrote the file.
    pub fn of_serde(field: String, message: &str) -> Self {
        let message = message.split(" at line ").next().unwrap_or(message);
        // What serde calls the whole document.
        let field = if field == "." { String::new() } else { field };
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        if let (true, Some((unknown, expected))) =
            (message.starts_with("unknown field"), quoted.split_first())
        {
            let field = if field.is_empty() {
                (*unknown).to_owned()
            } else if field.ends_with(unknown) {
                field
            } else {
                format!("{field}.{unknown}")
            };
            let hint = match near(unknown, expected.iter().copied()) {
                Some(near) => format!("Did you mean {near}? Names of fields are case-sensitive."),
                None if expected.is_empty() => "There are no fields here.".to_owned(),
                None => format!("There are {}.", expected.join(", ")),
            };
            return Self::new(field, "there is no such field", hint);
        }
        if message.starts_with("invalid length") && message.contains("expected struct") {
            return Self::new(field, "it is a list; it must be a map of fields", "");
        }
        if let Some((found, expected)) = message
            .strip_prefix("invalid type: ")
            .or_else(|| message.strip_prefix("invalid value: "))
            .and_then(|rest| rest.split_once(", expected "))
        {
            let expected = match expected {
                "i32" | "i64" => "a whole number",
                "u64" => "a whole number, zero or above",
                "f32" => "a number",
                "a boolean" => "true or false",
                "a sequence" => "a list",
                other if other.starts_with("struct ") || other == "a map" => "a map of fields",
                other => other,
            };
            return Self::new(
                field,
                format!("it is the {}; it must be {expected}", found.replace('`', "'")),
                "",
            );
        }
        Self::new(field, message.replace('`', "'"), "")
    }

    /// What the parser says of a document that it cannot read.
    pub fn of_syntax(line: u64, message: &str) -> Self {
        let several = message.contains("multiple YAML documents");
        let (message, hint) = if several {
            (
                "there is more than one document",
                "Leave the first alone, without '---' after it.",
            )
        } else {
            let end = [" at line ", ", set DuplicateKeyPolicy"]
                .iter()
                .filter_map(|end| message.find(end))
                .min();
            let message = message.get(..end.unwrap_or(message.len())).unwrap_or(message);
            (message, "It must be YAML or JSON.")
        };
        Self {
            line,
            ..Self::new("", inert(message), hint)
        }
    }
}

/// The name nearest to `wanted`, where one is near; a difference in case alone is none.
pub fn near<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wanted.chars().count() / 3).max(1);
    let distance = |name: &str| strsim::osa_distance(&wanted.to_lowercase(), &name.to_lowercase());
    let near = names.map(|name| (distance(name), name)).min();
    near.filter(|(distance, _)| *distance <= limit)
        .map(|(_, name)| name)
}
