//! Functions: those of the language, and the way to the others.

use super::value::{Outcome, Value, fail, no_overload};
use super::{lists, quantities, strings};

/// The functions of the language itself, which say less where their arguments are wrong.
const STANDARD: [&str; 6] = ["size", "startsWith", "endsWith", "contains", "matches", "value"];

/// The value of function `name` over `arguments`, the first of which is what it was called on where `method`; `None`
/// where the function is not one of those here.
pub(super) fn call(name: &str, method: bool, arguments: &[Value]) -> Option<Outcome> {
    let found = match arguments {
        [Value::String(text), rest @ ..] if method || name == "size" => strings::call(name, text, rest),
        [Value::List(items), rest @ ..] => lists::call(name, items, rest),
        [Value::Map(map)] if name == "size" => Some(Ok(Value::Int(map.entries.len() as i64))),
        [Value::Bytes(bytes)] if name == "size" => Some(Ok(Value::Int(bytes.len() as i64))),
        [Value::Optional(value)] if name == "hasValue" => Some(Ok(Value::Bool(value.is_some()))),
        [Value::Optional(value)] if name == "value" => Some(match value {
            Some(value) => Ok((**value).clone()),
            None => fail("optional.none() dereference"),
        }),
        _ => None,
    };
    let found = found
        .or_else(|| quantities::call(name, arguments))
        .or_else(|| conversion(name, arguments));
    let elsewhere = name == "format"
        || arguments
            .iter()
            .any(|argument| matches!(argument, Value::Other(_)));
    if found.is_some() || elsewhere || is_time(name) || !super::types::is_known(name) {
        return found;
    }
    if STANDARD.contains(&name) {
        return Some(Err(no_overload()));
    }
    let types: Vec<&str> = arguments.iter().map(Value::type_name).collect();
    Some(fail(format!("no such overload: {name}({})", types.join(", "))))
}

/// Whether the function makes a time or a span of it.
fn is_time(name: &str) -> bool {
    matches!(name, "duration" | "timestamp")
}

fn conversion(name: &str, arguments: &[Value]) -> Option<Outcome> {
    Some(match (name, arguments) {
        ("dyn", [value]) => Ok(value.clone()),
        ("type", [value]) => Ok(Value::Type(value.type_name().into())),
        ("optional.of", [value]) => Ok(Value::some(value.clone())),
        ("optional.none", []) => Ok(Value::Optional(None)),
        ("optional.ofNonZeroValue", [value]) => Ok(if is_zero(value) {
            Value::Optional(None)
        } else {
            Value::some(value.clone())
        }),
        ("bool", [Value::Bool(value)]) => Ok(Value::Bool(*value)),
        ("bool", [Value::String(text)]) => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => no_conversion("string", "bool"),
        },
        ("int", [value]) => int(value)?,
        ("uint", [value]) => uint(value)?,
        ("double", [Value::Double(value)]) => Ok(Value::Double(*value)),
        ("double", [Value::Int(value)]) => Ok(Value::Double(*value as f64)),
        ("double", [Value::Uint(value)]) => Ok(Value::Double(*value as f64)),
        ("double", [Value::String(text)]) => match text.parse() {
            Ok(value) => Ok(Value::Double(value)),
            Err(_) => no_conversion("string", "double"),
        },
        ("string", [Value::String(text)]) => Ok(Value::String(text.clone())),
        ("string", [value @ (Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Double(_))]) => {
            Ok(Value::string(&value.shown()))
        }
        ("string", [Value::Bytes(bytes)]) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Value::string(text)),
            Err(_) => fail("invalid UTF-8 in bytes, cannot convert to string"),
        },
        ("bytes", [Value::Bytes(bytes)]) => Ok(Value::Bytes(bytes.clone())),
        ("bytes", [Value::String(text)]) => Ok(Value::Bytes(text.as_bytes().into())),
        _ => return None,
    })
}

pub(super) fn no_conversion(from: &str, to: &str) -> Outcome {
    fail(format!("type conversion error from '{from}' to '{to}'"))
}

fn int(value: &Value) -> Option<Outcome> {
    Some(match value {
        Value::Int(value) => Ok(Value::Int(*value)),
        Value::Uint(value) => match i64::try_from(*value) {
            Ok(value) => Ok(Value::Int(value)),
            Err(_) => fail("integer overflow"),
        },
        Value::Double(value) if value.is_finite() && value.abs() < 9_223_372_036_854_775_807.0 => {
            Ok(Value::Int(*value as i64))
        }
        Value::Double(_) => fail("integer overflow"),
        Value::String(text) => match text.parse() {
            Ok(value) => Ok(Value::Int(value)),
            Err(_) => no_conversion("string", "int"),
        },
        _ => return None,
    })
}

fn uint(value: &Value) -> Option<Outcome> {
    Some(match value {
        Value::Uint(value) => Ok(Value::Uint(*value)),
        Value::Int(value) => match u64::try_from(*value) {
            Ok(value) => Ok(Value::Uint(value)),
            Err(_) => fail("unsigned integer overflow"),
        },
        Value::Double(value) if (0.0..18_446_744_073_709_551_615.0).contains(value) => {
            Ok(Value::Uint(*value as u64))
        }
        Value::Double(_) => fail("unsigned integer overflow"),
        Value::String(text) => match text.parse() {
            Ok(value) => Ok(Value::Uint(value)),
            Err(_) => no_conversion("string", "uint"),
        },
        _ => return None,
    })
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) | Value::Int(0) | Value::Uint(0) | Value::Optional(None) => true,
        Value::Double(value) => *value == 0.0,
        Value::String(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.entries.is_empty(),
        _ => false,
    }
}
