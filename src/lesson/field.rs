//! Fields of objects, as goals name them: `.status.phase`, `.metadata.annotations["berth.dev/reason"]`, `.spec.taints[0]`.

use std::fmt;

use serde_json::Value;

/// The way to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    written: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Item(usize),
}

impl Field {
    /// Reads it; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("[\"") {
                let (key, after) = after.split_once("\"]")?;
                steps.push(Step::Key(key.to_owned()));
                rest = after;
            } else if let Some(after) = rest.strip_prefix('[') {
                let (item, after) = after.split_once(']')?;
                steps.push(Step::Item(item.parse().ok()?));
                rest = after;
            } else {
                let after = rest.strip_prefix('.')?;
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let (key, after) = after.split_at(end);
                if key.is_empty() {
                    return None;
                }
                steps.push(Step::Key(key.to_owned()));
                rest = after;
            }
        }
        (!steps.is_empty()).then(|| Self {
            written: text.to_owned(),
            steps,
        })
    }

    /// `.status.phase`.
    pub(super) fn phase() -> Self {
        Self {
            written: ".status.phase".to_owned(),
            steps: ["status", "phase"].map(|key| Step::Key(key.to_owned())).to_vec(),
        }
    }

    /// What `object` has there, as text; `None` where it has nothing.
    pub fn of(&self, object: &Value) -> Option<String> {
        let mut at = object;
        for step in &self.steps {
            at = match step {
                Step::Key(key) => at.get(key)?,
                Step::Item(item) => at.get(item)?,
            };
        }
        match at {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}
