//! Kubernetes' functions over quantities and semantic versions.

use std::sync::Arc;

use super::semver::Semver;
use super::value::{Outcome, Value, fail};
use crate::model::quantity::{Quantity, QuantityError};

const FORMAT: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

fn message(error: &QuantityError) -> &'static str {
    match error {
        QuantityError::Format => FORMAT,
        QuantityError::Number => "unable to parse numeric part of quantity",
        QuantityError::Suffix => "unable to parse quantity's suffix",
    }
}

/// The value of function `name` over `arguments`; `None` where there is none for them here.
pub(super) fn call(name: &str, arguments: &[Value]) -> Option<Outcome> {
    Some(match (name, arguments) {
        ("quantity", [Value::String(text)]) => match text.parse::<Quantity>() {
            Ok(quantity) => Ok(Value::Quantity(quantity)),
            Err(error) => fail(message(&error)),
        },
        ("isQuantity", [Value::String(text)]) => Ok(Value::Bool(text.parse::<Quantity>().is_ok())),
        ("semver", [Value::String(text)]) => semver(Semver::parse(text)),
        ("semver", [Value::String(text), Value::Bool(lenient)]) => semver(parse(text, *lenient)),
        ("isSemver", [Value::String(text)]) => Ok(Value::Bool(Semver::parse(text).is_ok())),
        ("isSemver", [Value::String(text), Value::Bool(lenient)]) => {
            Ok(Value::Bool(parse(text, *lenient).is_ok()))
        }
        (_, [Value::Quantity(of), rest @ ..]) => return of_quantity(name, of, rest),
        (_, [Value::Semver(of), rest @ ..]) => return of_semver(name, of, rest),
        _ => return None,
    })
}

fn parse(text: &str, lenient: bool) -> Result<Semver, String> {
    if lenient {
        Semver::parse(&Semver::normalize(text))
    } else {
        Semver::parse(text)
    }
}

fn semver(parsed: Result<Semver, String>) -> Outcome {
    match parsed {
        Ok(version) => Ok(Value::Semver(Arc::new(version))),
        Err(text) => fail(text),
    }
}

fn of_quantity(name: &str, of: &Quantity, rest: &[Value]) -> Option<Outcome> {
    let sum = |other: &Quantity, minus: bool| {
        let mut sum = *of;
        if minus {
            sum.sub(other);
        } else {
            sum.add(other);
        }
        Ok(Value::Quantity(sum))
    };
    Some(match (name, rest) {
        ("sign", []) => Ok(Value::Int(i64::from(of.sign()))),
        ("isInteger", []) => Ok(Value::Bool(of.as_i64().is_some())),
        ("asInteger", []) => match of.as_i64() {
            Some(value) => Ok(Value::Int(value)),
            None => fail("cannot convert value to integer"),
        },
        ("asApproximateFloat", []) => Ok(Value::Double(of.as_f64())),
        ("isGreaterThan", [Value::Quantity(other)]) => Ok(Value::Bool(of > other)),
        ("isLessThan", [Value::Quantity(other)]) => Ok(Value::Bool(of < other)),
        ("compareTo", [Value::Quantity(other)]) => Ok(Value::Int(of.cmp(other) as i64)),
        ("add" | "sub", [Value::Quantity(other)]) => sum(other, name == "sub"),
        ("add" | "sub", [Value::Int(other)]) => sum(&Quantity::new(*other), name == "sub"),
        _ => return None,
    })
}

fn of_semver(name: &str, of: &Semver, rest: &[Value]) -> Option<Outcome> {
    let number = |value: u64| Ok(Value::Int(value as i64));
    Some(match (name, rest) {
        ("major", []) => number(of.major),
        ("minor", []) => number(of.minor),
        ("patch", []) => number(of.patch),
        ("isGreaterThan", [Value::Semver(other)]) => Ok(Value::Bool(of > &**other)),
        ("isLessThan", [Value::Semver(other)]) => Ok(Value::Bool(of < &**other)),
        ("compareTo", [Value::Semver(other)]) => Ok(Value::Int(of.cmp(other) as i64)),
        _ => return None,
    })
}
