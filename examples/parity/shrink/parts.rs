//! The parts of a JSON value, and taking one away.

use serde_json::Value;

/// A step down: a key, or a place in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    At(usize),
}

/// Every part within the objects of a list, the large before those within them; those that make an object what it is
/// are left out.
pub(super) fn paths(items: &Value) -> Vec<Vec<Step>> {
    let mut all = Vec::new();
    for (at, item) in items.as_array().into_iter().flatten().enumerate() {
        within(item, &mut vec![Step::At(at)], &mut all);
    }
    all
}

fn within(value: &Value, path: &mut Vec<Step>, all: &mut Vec<Vec<Step>>) {
    let mut part = |step: Step, value: &Value| {
        path.push(step);
        if !names_it(path) {
            all.push(path.clone());
        }
        within(value, path, all);
        path.pop();
    };
    match value {
        Value::Object(object) => object
            .iter()
            .for_each(|(key, value)| part(Step::Key(key.clone()), value)),
        // From the end, so that what comes before stays where it is.
        Value::Array(list) => list
            .iter()
            .enumerate()
            .rev()
            .for_each(|(at, value)| part(Step::At(at), value)),
        _ => {}
    }
}

fn names_it(path: &[Step]) -> bool {
    let key = |at: usize| match path.get(at) {
        Some(Step::Key(key)) => key.as_str(),
        _ => "",
    };
    match path.len() {
        2 => matches!(key(1), "apiVersion" | "kind" | "metadata"),
        3 => key(1) == "metadata" && matches!(key(2), "name" | "namespace" | "uid"),
        _ => false,
    }
}

/// Takes the part at `path` away; whether there was one.
pub(super) fn remove(items: &mut Value, path: &[Step]) -> bool {
    let Some((step, above)) = path.split_last() else {
        return false;
    };
    let parent = above.iter().try_fold(items, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::At(at) => value.get_mut(*at),
    });
    match (parent, step) {
        (Some(Value::Object(object)), Step::Key(key)) => object.remove(key).is_some(),
        (Some(Value::Array(list)), Step::At(at)) if *at < list.len() => {
            list.remove(*at);
            true
        }
        _ => false,
    }
}
