//! Functions over lists and sets.

use std::cmp::Ordering;

use super::operators::operator;
use super::value::{Outcome, Value, fail, no_overload};

/// The value of function `name` over a list; `None` where there is none for these arguments here.
pub(super) fn call(name: &str, items: &[Value], rest: &[Value]) -> Option<Outcome> {
    Some(match (name, rest) {
        ("size", []) => Ok(Value::Int(items.len() as i64)),
        ("isSorted", []) => sorted(items),
        ("sum", []) => items.split_first().map_or(Ok(Value::Int(0)), |(first, others)| {
            others.iter().try_fold(first.clone(), |sum, item| add(&sum, item))
        }),
        ("min", []) => extreme(items, Ordering::Less, name),
        ("max", []) => extreme(items, Ordering::Greater, name),
        ("indexOf", [wanted]) => Ok(position(items.iter().position(|item| is(item, wanted)))),
        ("lastIndexOf", [wanted]) => Ok(position(items.iter().rposition(|item| is(item, wanted)))),
        ("first", []) => Ok(Value::Optional(items.first().cloned().map(Into::into))),
        ("last", []) => Ok(Value::Optional(items.last().cloned().map(Into::into))),
        ("reverse", []) => Ok(Value::list(items.iter().rev().cloned().collect())),
        ("distinct", []) => {
            let mut distinct: Vec<Value> = Vec::new();
            for item in items {
                if !distinct.iter().any(|have| is(have, item)) {
                    distinct.push(item.clone());
                }
            }
            Ok(Value::list(distinct))
        }
        ("join", []) => join(items, ""),
        ("join", [Value::String(by)]) => join(items, by),
        ("sets.contains", [Value::List(other)]) => Ok(Value::Bool(other.iter().all(|item| has(items, item)))),
        ("sets.intersects", [Value::List(other)]) => {
            Ok(Value::Bool(other.iter().any(|item| has(items, item))))
        }
        ("sets.equivalent", [Value::List(other)]) => Ok(Value::Bool(
            other.iter().all(|item| has(items, item)) && items.iter().all(|item| has(other, item)),
        )),
        _ => return None,
    })
}

fn is(a: &Value, b: &Value) -> bool {
    matches!(a.equals(b), Ok(true))
}

fn has(items: &[Value], wanted: &Value) -> bool {
    items.iter().any(|item| is(item, wanted))
}

fn position(at: Option<usize>) -> Value {
    Value::Int(at.map_or(-1, |at| at as i64))
}

fn add(a: &Value, b: &Value) -> Outcome {
    operator("_+_", &[a.clone(), b.clone()]).unwrap_or_else(|| Err(no_overload()))
}

fn less(a: &Value, b: &Value) -> Result<bool, super::CelError> {
    match operator("_<_", &[a.clone(), b.clone()]) {
        Some(Ok(Value::Bool(less))) => Ok(less),
        Some(Err(error)) => Err(error),
        _ => Err(no_overload()),
    }
}

fn sorted(items: &[Value]) -> Outcome {
    for pair in items.windows(2) {
        if let [a, b] = pair
            && less(b, a)?
        {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn extreme(items: &[Value], wanted: Ordering, name: &str) -> Outcome {
    let Some((first, others)) = items.split_first() else {
        return fail(format!("{name} called on empty list"));
    };
    let mut found = first;
    for item in others {
        let better = if wanted == Ordering::Less {
            less(item, found)?
        } else {
            less(found, item)?
        };
        if better {
            found = item;
        }
    }
    Ok(found.clone())
}

fn join(items: &[Value], by: &str) -> Outcome {
    let mut texts = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Value::String(text) => texts.push(&**text),
            _ => return Err(no_overload()),
        }
    }
    Ok(Value::string(&texts.join(by)))
}
