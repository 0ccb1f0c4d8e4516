//! Operators.

use std::cmp::Ordering;

use kube_cel::cel;
use kube_cel::cel::common::ast::operators as names;

use super::CelError;
use super::value::{Comparison, Outcome, Value, fail, no_overload};

/// The value of operator `name` over `arguments`; `None` where it is none.
pub(super) fn operator(name: &str, arguments: &[Value]) -> Option<Outcome> {
    Some(match (name, arguments) {
        (names::EQUALS, [a, b]) => a.equals(b).map(Value::Bool),
        (names::NOT_EQUALS, [a, b]) => Ok(Value::Bool(!matches!(a.equals(b), Ok(true)))),
        (names::LESS, [a, b]) => compare(name, a, b, Ordering::is_lt),
        (names::LESS_EQUALS, [a, b]) => compare(name, a, b, Ordering::is_le),
        (names::GREATER, [a, b]) => compare(name, a, b, Ordering::is_gt),
        (names::GREATER_EQUALS, [a, b]) => compare(name, a, b, Ordering::is_ge),
        (names::LOGICAL_NOT, [Value::Bool(value)]) => Ok(Value::Bool(!value)),
        (names::NEGATE, [Value::Int(value)]) => whole(value.checked_neg()),
        (names::NEGATE, [Value::Double(value)]) => Ok(Value::Double(-value)),
        (names::LOGICAL_NOT | names::NEGATE, [_]) => Err(no_overload()),
        (names::IN, [item, of]) => contains(item, of),
        (names::ADD | names::SUBSTRACT | names::MULTIPLY | names::DIVIDE | names::MODULO, [a, b]) => {
            arithmetic(name, a, b)
        }
        _ => return None,
    })
}

fn whole(value: Option<i64>) -> Outcome {
    value
        .map(Value::Int)
        .ok_or_else(|| CelError("integer overflow".to_owned()))
}

fn unsigned(value: Option<u64>) -> Outcome {
    value
        .map(Value::Uint)
        .ok_or_else(|| CelError("unsigned integer overflow".to_owned()))
}

fn compare(name: &str, a: &Value, b: &Value, holds: fn(Ordering) -> bool) -> Outcome {
    if let Some(ordering) = a.compare_numbers(b) {
        return match ordering {
            Comparison::Ordered(ordering) => Ok(Value::Bool(holds(ordering))),
            Comparison::NotANumber => fail("NaN values cannot be ordered"),
        };
    }
    let ordering = match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Bytes(a), Value::Bytes(b)) => Some(a.cmp(b)),
        (Value::Other(a), Value::Other(b)) => a.partial_cmp(b),
        (
            Value::Null
            | Value::List(_)
            | Value::Map(_)
            | Value::Quantity(_)
            | Value::Semver(_)
            | Value::Optional(_)
            | Value::Type(_),
            _,
        ) => return fail(format!("no such overload: {name}")),
        _ => None,
    };
    ordering
        .map(|ordering| Value::Bool(holds(ordering)))
        .ok_or_else(no_overload)
}

fn contains(item: &Value, of: &Value) -> Outcome {
    match of {
        Value::List(items) => {
            let mut error = None;
            for have in items.iter() {
                match item.equals(have) {
                    Ok(true) => return Ok(Value::Bool(true)),
                    Ok(false) => {}
                    Err(text) => {
                        error.get_or_insert(text);
                    }
                }
            }
            error.map_or(Ok(Value::Bool(false)), Err)
        }
        Value::Map(map) => Ok(Value::Bool(map.own(item).is_some())),
        _ => Err(no_overload()),
    }
}

fn arithmetic(name: &str, a: &Value, b: &Value) -> Outcome {
    match (name, a, b) {
        (names::DIVIDE, Value::Int(_), Value::Int(0)) | (names::DIVIDE, Value::Uint(_), Value::Uint(0)) => {
            fail("division by zero")
        }
        (names::MODULO, Value::Int(_), Value::Int(0)) | (names::MODULO, Value::Uint(_), Value::Uint(0)) => {
            fail("modulus by zero")
        }
        (_, Value::Int(a), Value::Int(b)) => whole(match name {
            names::ADD => a.checked_add(*b),
            names::SUBSTRACT => a.checked_sub(*b),
            names::MULTIPLY => a.checked_mul(*b),
            names::DIVIDE => a.checked_div(*b),
            _ => a.checked_rem(*b),
        }),
        (_, Value::Uint(a), Value::Uint(b)) => unsigned(match name {
            names::ADD => a.checked_add(*b),
            names::SUBSTRACT => a.checked_sub(*b),
            names::MULTIPLY => a.checked_mul(*b),
            names::DIVIDE => a.checked_div(*b),
            _ => a.checked_rem(*b),
        }),
        (names::ADD, Value::Double(a), Value::Double(b)) => Ok(Value::Double(a + b)),
        (names::SUBSTRACT, Value::Double(a), Value::Double(b)) => Ok(Value::Double(a - b)),
        (names::MULTIPLY, Value::Double(a), Value::Double(b)) => Ok(Value::Double(a * b)),
        (names::DIVIDE, Value::Double(a), Value::Double(b)) => Ok(Value::Double(a / b)),
        (names::ADD, Value::String(a), Value::String(b)) => Ok(Value::string(&format!("{a}{b}"))),
        (names::ADD, Value::Bytes(a), Value::Bytes(b)) => Ok(Value::Bytes([&**a, &**b].concat().into())),
        (names::ADD, Value::List(a), Value::List(b)) => {
            Ok(Value::list(a.iter().chain(b.iter()).cloned().collect()))
        }
        (names::ADD, Value::Other(a), Value::Other(b)) => foreign(a.clone() + b.clone()),
        (names::SUBSTRACT, Value::Other(a), Value::Other(b)) => foreign(a.clone() - b.clone()),
        (
            names::ADD,
            Value::Bool(_) | Value::Null | Value::Map(_) | Value::Quantity(_) | Value::Semver(_),
            _,
        )
        | (
            names::SUBSTRACT | names::MULTIPLY | names::DIVIDE | names::MODULO,
            Value::String(_)
            | Value::Bool(_)
            | Value::Null
            | Value::Map(_)
            | Value::List(_)
            | Value::Quantity(_)
            | Value::Semver(_),
            _,
        ) => fail(format!("no such overload: {name}")),
        _ => Err(no_overload()),
    }
}

fn foreign(result: Result<cel::Value, cel::ExecutionError>) -> Outcome {
    result.map(Value::Other).map_err(|_| no_overload())
}
