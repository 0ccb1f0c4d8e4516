//! Functions over texts. Positions count characters.

use regex::{Regex, RegexBuilder};

use super::CelError;
use super::value::{Outcome, Value, fail};

/// The value of function `name` over a text; `None` where there is none for these arguments here.
pub(super) fn call(name: &str, text: &str, rest: &[Value]) -> Option<Outcome> {
    let bool = |value: bool| Some(Ok(Value::Bool(value)));
    let string = |value: &str| Some(Ok(Value::string(value)));
    match (name, rest) {
        ("size", []) => Some(Ok(Value::Int(text.chars().count() as i64))),
        ("startsWith", [Value::String(part)]) => bool(text.starts_with(&**part)),
        ("endsWith", [Value::String(part)]) => bool(text.ends_with(&**part)),
        ("contains", [Value::String(part)]) => bool(text.contains(&**part)),
        ("matches", [Value::String(pattern)]) => {
            Some(regex(pattern).map(|regex| Value::Bool(regex.is_match(text))))
        }
        ("find", [Value::String(pattern)]) => Some(
            regex(pattern).map(|regex| Value::string(regex.find(text).map_or("", |found| found.as_str()))),
        ),
        ("findAll", [Value::String(pattern)]) => Some(find_all(text, pattern, -1)),
        ("findAll", [Value::String(pattern), Value::Int(most)]) => Some(find_all(text, pattern, *most)),
        ("lowerAscii", []) => string(&text.to_ascii_lowercase()),
        ("upperAscii", []) => string(&text.to_ascii_uppercase()),
        ("trim", []) => string(text.trim()),
        ("charAt", [Value::Int(at)]) => Some(char_at(text, *at)),
        ("substring", [Value::Int(from)]) => Some(substring(text, *from, None)),
        ("substring", [Value::Int(from), Value::Int(to)]) => Some(substring(text, *from, Some(*to))),
        ("indexOf", [Value::String(part)]) => Some(Ok(Value::Int(index(text.find(&**part), text)))),
        ("lastIndexOf", [Value::String(part)]) => Some(Ok(Value::Int(index(text.rfind(&**part), text)))),
        ("replace", [Value::String(old), Value::String(new)]) => string(&text.replace(&**old, new)),
        ("replace", [Value::String(old), Value::String(new), Value::Int(most)]) => {
            match usize::try_from(*most) {
                Ok(most) => string(&text.replacen(&**old, new, most)),
                Err(_) => string(&text.replace(&**old, new)),
            }
        }
        ("split", [Value::String(by)]) => Some(Ok(split(text, by, -1))),
        ("split", [Value::String(by), Value::Int(most)]) => Some(Ok(split(text, by, *most))),
        _ => None,
    }
}

/// Bytes that a pattern may take, compiled.
const LARGEST_PATTERN: usize = 1 << 20;

pub(super) fn regex(pattern: &str) -> Result<Regex, CelError> {
    let regex = RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).build();
    regex.map_err(|_| CelError(format!("error parsing regexp: `{pattern}`")))
}

fn find_all(text: &str, pattern: &str, most: i64) -> Outcome {
    let regex = regex(pattern)?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let found = regex.find_iter(text).take(most);
    Ok(Value::list(
        found.map(|found| Value::string(found.as_str())).collect(),
    ))
}

fn index(byte: Option<usize>, text: &str) -> i64 {
    let before = byte.and_then(|at| text.get(..at));
    before.map_or(-1, |before| before.chars().count() as i64)
}

fn char_at(text: &str, at: i64) -> Outcome {
    let count = text.chars().count() as i64;
    if at < 0 || at > count {
        return fail(format!("index out of range: {at}"));
    }
    let found = text.chars().nth(at as usize);
    Ok(Value::string(&found.map(String::from).unwrap_or_default()))
}

fn substring(text: &str, from: i64, to: Option<i64>) -> Outcome {
    let count = text.chars().count() as i64;
    let to_or_end = to.unwrap_or(count);
    if to.is_some_and(|to| from > to) {
        return fail(format!(
            "invalid substring range. start: {from}, end: {to_or_end}"
        ));
    }
    for at in [from, to_or_end] {
        if at < 0 || at > count {
            return fail(format!("index out of range: {at}"));
        }
    }
    let part: String = text
        .chars()
        .skip(from as usize)
        .take((to_or_end - from) as usize)
        .collect();
    Ok(Value::string(&part))
}

fn split(text: &str, by: &str, most: i64) -> Value {
    let parts: Vec<String> = match (by, most) {
        (_, 0) => Vec::new(),
        ("", _) => text.chars().map(String::from).collect(),
        (_, most) if most > 0 => text.splitn(most as usize, by).map(str::to_owned).collect(),
        _ => text.split(by).map(str::to_owned).collect(),
    };
    Value::list(parts.iter().map(|part| Value::string(part)).collect())
}
