//! The values that expressions work with.

use std::cmp::Ordering;
use std::sync::Arc;

use kube_cel::cel;

use super::CelError;
use super::semver::Semver;
use crate::model::quantity::Quantity;

/// A value, or why there is none.
pub(super) type Outcome = Result<Value, CelError>;

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Arc<str>),
    Bytes(Arc<[u8]>),
    List(Arc<[Value]>),
    Map(Arc<Map>),
    Quantity(Quantity),
    Semver(Arc<Semver>),
    Optional(Option<Arc<Value>>),
    /// A type, by name.
    Type(Arc<str>),
    /// Of the `cel` crate: addresses, durations and the like.
    Other(cel::Value),
}

/// Entries by key, and what every other key stands for.
#[derive(Clone, Debug, Default)]
pub(super) struct Map {
    pub(super) entries: Vec<(Value, Value)>,
    pub(super) default: Option<Value>,
}

impl Map {
    /// The entry itself, without a default.
    pub(super) fn own(&self, key: &Value) -> Option<&Value> {
        let entry = self
            .entries
            .iter()
            .find(|(have, _)| matches!(have.equals(key), Ok(true)));
        entry.map(|(_, value)| value)
    }

    pub(super) fn find(&self, key: &Value) -> Option<&Value> {
        self.own(key).or(self.default.as_ref())
    }
}

/// How two numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Ordered(Ordering),
    /// One of them is no number, such as zero divided by zero.
    NotANumber,
}

/// An error with cel-go's words for an operation that there is not.
pub(super) fn no_overload() -> CelError {
    CelError("no such overload".to_owned())
}

pub(super) fn fail<T>(text: impl Into<String>) -> Result<T, CelError> {
    Err(CelError(text.into()))
}

impl Value {
    pub(super) fn string(text: &str) -> Self {
        Self::String(text.into())
    }

    pub(super) fn list(values: Vec<Self>) -> Self {
        Self::List(values.into())
    }

    pub(super) fn map(entries: Vec<(Self, Self)>) -> Self {
        Self::Map(Arc::new(Map {
            entries,
            default: None,
        }))
    }

    pub(super) fn some(value: Self) -> Self {
        Self::Optional(Some(Arc::new(value)))
    }

    /// The name of its type.
    pub(super) fn type_name(&self) -> &str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Semver(_) => "kubernetes.Semver",
            Self::Optional(_) => "optional_type",
            Self::Type(_) => "type",
            Self::Other(cel::Value::Duration(_)) => "google.protobuf.Duration",
            Self::Other(cel::Value::Timestamp(_)) => "google.protobuf.Timestamp",
            Self::Other(_) => "dyn",
        }
    }

    /// The text of a key that is missing.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Uint(value) => value.to_string(),
            Self::Double(value) => value.to_string(),
            Self::String(value) => value.to_string(),
            other => other.type_name().to_owned(),
        }
    }

    /// Numbers of all kinds on one scale; `None` where one is no number.
    pub(super) fn compare_numbers(&self, other: &Self) -> Option<Comparison> {
        let whole = |value: &Self| match value {
            Self::Int(value) => Some(i128::from(*value)),
            Self::Uint(value) => Some(i128::from(*value)),
            _ => None,
        };
        let real = |value: &Self| match value {
            Self::Double(value) => Some(*value),
            _ => whole(value).map(|value| value as f64),
        };
        let ordering = match (whole(self), whole(other)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => real(self)?.partial_cmp(&real(other)?),
        };
        Some(ordering.map_or(Comparison::NotANumber, Comparison::Ordered))
    }

    /// `==`.
    ///
    /// # Errors
    /// Where a value of Kubernetes' own is compared with one of another type.
    pub(super) fn equals(&self, other: &Self) -> Result<bool, CelError> {
        if let Some(ordering) = self.compare_numbers(other) {
            return Ok(ordering == Comparison::Ordered(Ordering::Equal));
        }
        Ok(match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Null, _) | (_, Self::Null) => false,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::String(a), Self::String(b)) | (Self::Type(a), Self::Type(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Quantity(a), Self::Quantity(b)) => a == b,
            (Self::Semver(a), Self::Semver(b)) => a == b,
            (Self::Quantity(_) | Self::Semver(_), _) => return Err(no_overload()),
            (Self::Optional(a), Self::Optional(b)) => match (a, b) {
                (Some(a), Some(b)) => a.equals(b)?,
                (None, None) => true,
                _ => false,
            },
            (Self::List(a), Self::List(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (a, b) in a.iter().zip(b.iter()) {
                    if !a.equals(b)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Self::Map(a), Self::Map(b)) => {
                if a.entries.len() != b.entries.len() {
                    return Ok(false);
                }
                for (key, value) in &a.entries {
                    match b.own(key) {
                        Some(other) if value.equals(other)? => {}
                        _ => return Ok(false),
                    }
                }
                true
            }
            (Self::Other(a), Self::Other(b)) => a == b,
            _ => false,
        })
    }
}
