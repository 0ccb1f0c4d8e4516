//! Where in which file something is wrong.

use jiff::SignedDuration;
use serde_json::Value;

use super::ScenarioError;
use crate::demo::{
    kinds::{self, Kind},
    object::str_at,
    quantities::nanos,
    schema::{self, Shape, Type},
};

/// An entry of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) file: &'a str,
    pub(super) line: u64,
}

impl Place<'_> {
    pub(super) fn error(&self, message: impl Into<String>) -> ScenarioError {
        ScenarioError::Content {
            file: self.file.to_owned(),
            line: self.line,
            message: message.into(),
        }
    }

    pub(super) fn duration(&self, field: &str, text: &str) -> Result<SignedDuration, ScenarioError> {
        let wrong = |why: String| {
            self.error(format!(
                "{field}: {text:?} is no duration such as 90s or 12m ({why})"
            ))
        };
        let duration: SignedDuration = text
            .parse()
            .map_err(|error: jiff::Error| wrong(error.to_string()))?;
        if duration.is_negative() {
            return Err(wrong("it is negative".to_owned()));
        }
        Ok(duration)
    }

    pub(super) fn quantity(&self, field: &str, text: &str) -> Result<i128, ScenarioError> {
        nanos(text)
            .filter(|amount| *amount >= 0)
            .ok_or_else(|| self.error(format!("{field}: {text:?} is no quantity such as 500m or 2Gi")))
    }

    /// The kind of a manifest, all of whose fields must be known.
    pub(super) fn kind(&self, field: &str, manifest: &Value) -> Result<&'static Kind, ScenarioError> {
        let (api_version, kind) = (str_at(manifest, "/apiVersion"), str_at(manifest, "/kind"));
        let found = kinds::find_by_manifest(api_version, kind).filter(|kind| kind.is_stored());
        let found = found.ok_or_else(|| {
            self.error(format!(
                "{field}.kind: there is no {kind:?} in {api_version:?} here"
            ))
        })?;
        if let Some(of) = schema::of_kind(api_version, kind) {
            self.known(field, manifest, of)?;
        }
        Ok(found)
    }

    /// Whether a type has all fields of an object.
    pub(super) fn known(&self, at: &str, value: &Value, of: &'static Type) -> Result<(), ScenarioError> {
        for (name, value) in value.as_object().into_iter().flatten() {
            match of.field(name) {
                Some(field) => self.known_in(&format!("{at}.{name}"), value, &field.shape)?,
                // Each object has these two; some types do not list them.
                None if matches!(name.as_str(), "kind" | "apiVersion") => {}
                None => return Err(self.error(format!("{at}.{name}: there is no such field"))),
            }
        }
        Ok(())
    }

    fn known_in(&self, at: &str, value: &Value, shape: &Shape) -> Result<(), ScenarioError> {
        match (shape.pointee(), value) {
            (Shape::List(shape), Value::Array(items)) => {
                for (i, item) in items.iter().enumerate() {
                    self.known_in(&format!("{at}[{i}]"), item, shape)?;
                }
                Ok(())
            }
            (Shape::Map(shape), Value::Object(items)) => {
                for (key, item) in items {
                    self.known_in(&format!("{at}[{key}]"), item, shape)?;
                }
                Ok(())
            }
            (shape, value) => match shape.object() {
                Some(of) => self.known(at, value, of),
                None => Ok(()),
            },
        }
    }
}
