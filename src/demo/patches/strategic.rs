//! Strategic merge patches: a patch that knows of its object's type which lists merge, and by what.
//!
//! The rules, and the refusals, are those of `apimachinery/pkg/util/strategicpatch`.

use serde_json::{Map, Value};

use crate::demo::{
    apply::checks::{go, go_map, go_type},
    failure::Failure,
    schema::{self, PatchStrategy, Shape, Type},
};

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const SET_ORDER: &str = "$setElementOrder";
const DELETE_FROM: &str = "$deleteFromPrimitiveList";

type Object = Map<String, Value>;

/// What is known of the place that a patch is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Struct(&'static Type),
    Map(&'static Shape),
    /// Nothing: whatever is there has no merge keys.
    Plain,
}

/// A place under a key, and how patches treat it.
struct Under {
    place: Place,
    /// Of a list, its elements' place.
    element: Place,
    patch: PatchStrategy,
}

impl Place {
    fn of(shape: &'static Shape) -> Self {
        match shape.pointee() {
            Shape::Object(id) => Self::Struct(schema::get(*id)),
            Shape::Map(element) => Self::Map(element),
            _ => Self::Plain,
        }
    }

    fn under(self, key: &str) -> Result<Under, Failure> {
        let (shape, patch) = match self {
            Self::Struct(of) => {
                let field = of.field(key).ok_or_else(|| {
                    let name = of.name.rsplit('.').next().unwrap_or_default();
                    let why = format!("unable to find api field in struct {name} for the json field {key:?}");
                    Failure::unclassified(why)
                })?;
                (&field.shape, field.patch.clone())
            }
            Self::Map(element) => (element, PatchStrategy::default()),
            Self::Plain => {
                return Ok(Under {
                    place: Self::Plain,
                    element: Self::Plain,
                    patch: PatchStrategy::default(),
                });
            }
        };
        let element = match shape.pointee() {
            Shape::List(element) => Self::of(element),
            _ => Self::Plain,
        };
        Ok(Under {
            place: Self::of(shape),
            element,
            patch,
        })
    }
}

/// The object that a patch makes of another.
pub(crate) fn merge(mut original: Object, mut patch: Object, place: Place) -> Result<Object, Failure> {
    if let Some(directive) = patch.get(DIRECTIVE) {
        return match directive.as_str() {
            Some("replace") => {
                patch.remove(DIRECTIVE);
                Ok(patch)
            }
            Some("delete") => Ok(Object::new()),
            _ => Err(unknown_directive(directive, &patch)),
        };
    }
    retain_keys(&mut original, &mut patch)?;
    set_orders(&mut original, &mut patch, place)?;
    for (key, value) in patch {
        let (key, is_deletion) = match key.strip_prefix(DELETE_FROM) {
            Some(list) => (after_slash(list, "invalid patch format of primitive list")?, true),
            None => (key.as_str(), false),
        };
        if value.is_null() {
            original.remove(key);
            continue;
        }
        match (original.get_mut(key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => {
                let under = place.under(key)?;
                *old = if under.patch.replace {
                    new
                } else {
                    merge(std::mem::take(old), new, under.place)?
                };
            }
            (Some(Value::Array(old)), Value::Array(new)) => {
                let under = place.under(key)?;
                if is_deletion || under.patch.merge {
                    *old = merge_list(std::mem::take(old), new, &under, is_deletion)?;
                } else {
                    *old = new;
                }
            }
            _ if is_deletion => {}
            (_, mut new) => {
                discard_nulls(&mut new);
                match without_directives(new) {
                    Some(new) => original.insert(key.to_owned(), new),
                    None => original.remove(key),
                };
            }
        }
    }
    Ok(original)
}

fn unknown_directive(directive: &Value, patch: &Object) -> Failure {
    let (directive, patch) = (go(directive), go_map(patch));
    Failure::unclassified(format!("unknown patch type: {directive} in map: {patch}"))
}

fn no_merge_key(element: &Object, key: &str) -> Failure {
    let element = go_map(element);
    Failure::unclassified(format!(
        "map: {element} does not contain declared merge key: {key}"
    ))
}

fn after_slash<'a>(directive: &'a str, refusal: &str) -> Result<&'a str, Failure> {
    directive
        .strip_prefix('/')
        .ok_or_else(|| Failure::bad_request(refusal))
}

fn as_list(value: Value) -> Result<Vec<Value>, Failure> {
    match value {
        Value::Array(list) => Ok(list),
        other => Err(Failure::unclassified(format!(
            "expected a []interface {{}}, but received a {}",
            go_type(&other)
        ))),
    }
}

/// Removes what `$retainKeys` does not name.
fn retain_keys(original: &mut Object, patch: &mut Object) -> Result<(), Failure> {
    let Some(retained) = patch.remove(RETAIN_KEYS) else {
        return Ok(());
    };
    let refused = || Failure::bad_request("invalid patch format of retainKeys");
    let retained = retained.as_array().ok_or_else(refused)?;
    let named = |key: &str| retained.iter().any(|named| named == key);
    let other = patch.iter().any(|(key, value)| {
        !value.is_null() && !key.starts_with(DELETE_FROM) && !key.starts_with(SET_ORDER) && !named(key)
    });
    if other {
        return Err(refused());
    }
    original.retain(|key, _| named(key));
    Ok(())
}

/// Merges the lists for which the patch gives an order, and puts them into it.
fn set_orders(original: &mut Object, patch: &mut Object, place: Place) -> Result<(), Failure> {
    let directives: Vec<String> = patch
        .keys()
        .filter(|key| key.starts_with(SET_ORDER))
        .cloned()
        .collect();
    for directive in directives {
        let order = as_list(patch.remove(&directive).unwrap_or_default())?;
        let list = directive.strip_prefix(SET_ORDER).unwrap_or_default();
        let list = after_slash(list, "invalid patch format of setElementOrder list")?;
        let old = original.get(list).cloned().map(as_list).transpose()?;
        let new = patch.get(list).cloned().map(as_list).transpose()?;
        let under = place.under(list)?;
        let key = under.patch.merge_key;
        check_order(new.as_deref().unwrap_or_default(), &order, key)?;
        let merged = match (&old, &new) {
            (None, None) => continue,
            (Some(old), None) => old.clone(),
            (None, Some(new)) => match without_directives(Value::Array(new.clone())) {
                Some(Value::Array(new)) => new,
                _ => continue,
            },
            (Some(old), Some(new)) if under.patch.merge => {
                merge_list(old.clone(), new.clone(), &under, false)?
            }
            (Some(_), Some(new)) => new.clone(),
        };
        let old = old.unwrap_or_default();
        element_kind(old.iter().chain(new.iter().flatten()), || {
            vec![go_list(&old), go_list(new.as_deref().unwrap_or_default())]
        })?;
        original.insert(list.to_owned(), Value::Array(ordered(merged, &order, &old, key)?));
        patch.remove(list);
    }
    Ok(())
}

fn go_list(list: &[Value]) -> String {
    let list: Vec<String> = list.iter().map(go).collect();
    format!("[{}]", list.join(" "))
}

/// The part of an element that tells it apart.
fn identity<'a>(element: &'a Value, key: Option<&str>) -> Option<&'a Value> {
    match key {
        Some(key) => element.get(key),
        None => Some(element),
    }
}

fn needed_identity<'a>(element: &'a Value, key: Option<&str>) -> Result<&'a Value, Failure> {
    identity(element, key).ok_or_else(|| match element {
        Value::Object(element) => no_merge_key(element, key.unwrap_or_default()),
        other => Failure::unclassified(format!(
            "expected a map[string]interface {{}}, but received a {}",
            go_type(other)
        )),
    })
}

/// Refuses a patch whose elements come in another order than the one that it gives.
fn check_order(patch: &[Value], order: &[Value], key: Option<&str>) -> Result<(), Failure> {
    if patch.is_empty() || order.is_empty() {
        return Ok(());
    }
    let mut places = order.iter();
    for element in patch.iter().filter(|element| element.get(DIRECTIVE).is_none()) {
        let wanted = needed_identity(element, key)?;
        let mut found = false;
        for place in places.by_ref() {
            if needed_identity(place, key)? == wanted {
                found = true;
                break;
            }
        }
        if !found {
            let (patch, order) = (go_list(patch), go_list(order));
            return Err(Failure::unclassified(format!(
                "The order in patch list:\n{patch}\n doesn't match $setElementOrder list:\n{order}\n"
            )));
        }
    }
    Ok(())
}

/// A list with the elements that `order` names in that order. The others stay where `server` has them in between.
fn ordered(
    merged: Vec<Value>,
    order: &[Value],
    server: &[Value],
    key: Option<&str>,
) -> Result<Vec<Value>, Failure> {
    let place = |list: &[Value], element: &Value| {
        let wanted = identity(element, key);
        list.iter().position(|other| identity(other, key) == wanted)
    };
    if key.is_some()
        && !merged.is_empty()
        && let Some(at) = order.iter().position(|element| !element.is_object())
    {
        return Err(Failure::unclassified(format!("value for key {at} is not a map")));
    }
    let (mut named, mut others) = (Vec::new(), Vec::new());
    for element in merged {
        needed_identity(&element, key)?;
        match place(order, &element) {
            Some(at) => named.push((at, element)),
            None => others.push((place(server, &element), element)),
        }
    }
    named.sort_by_key(|(at, _)| *at);
    others.sort_by_key(|(at, _)| *at);
    let mut all = Vec::with_capacity(named.len() + others.len());
    let mut others = others.into_iter().peekable();
    for (_, element) in named {
        let at = place(server, &element);
        while let Some((_, other)) =
            others.next_if(|(other, _)| other.is_some() && at.is_some() && *other < at)
        {
            all.push(other);
        }
        all.push(element);
    }
    all.extend(others.map(|(_, element)| element));
    Ok(all)
}

/// Whether the elements of lists are objects; refused where they are not all of one type.
fn element_kind<'a>(
    elements: impl Iterator<Item = &'a Value>,
    shown: impl FnOnce() -> Vec<String>,
) -> Result<bool, Failure> {
    let number = |value: &Value| value.is_f64();
    let mut first: Option<&Value> = None;
    for element in elements {
        match first {
            None if element.is_array() => {
                return Err(Failure::invalid_patch());
            }
            None => first = Some(element),
            Some(first)
                if std::mem::discriminant(first) == std::mem::discriminant(element)
                    && number(first) == number(element) => {}
            Some(_) => {
                return Err(Failure::unclassified(format!(
                    "list element types are not identical: [{}]",
                    shown().join(" ")
                )));
            }
        }
    }
    match first {
        Some(first) => Ok(first.is_object()),
        None => Err(Failure::unclassified("no elements in any of the given slices")),
    }
}

fn merge_list(
    old: Vec<Value>,
    new: Vec<Value>,
    under: &Under,
    is_deletion: bool,
) -> Result<Vec<Value>, Failure> {
    if old.is_empty() && new.is_empty() {
        return Ok(old);
    }
    let objects = element_kind(old.iter().chain(&new), || vec![go_list(&old), go_list(&new)])?;
    if objects {
        let key = under
            .patch
            .merge_key
            .ok_or_else(|| Failure::unclassified("cannot merge lists without merge key for struct"))?;
        return merge_objects(old, new, key, under.element);
    }
    if is_deletion {
        return Ok(old.into_iter().filter(|element| !new.contains(element)).collect());
    }
    let both = deduplicated(old.iter().chain(&new).cloned().collect());
    ordered(both, &new, &old, None)
}

/// A list with each value once: the last takes the place of one that is gone, as upstream's does.
fn deduplicated(mut list: Vec<Value>) -> Vec<Value> {
    let mut at = 0;
    while at < list.len() {
        let mut other = at + 1;
        while other < list.len() {
            if list.get(at) == list.get(other) {
                list.swap_remove(other);
            } else {
                other += 1;
            }
        }
        at += 1;
    }
    list
}

/// Merges lists of objects: deletions first, then each of the patch's elements into its own. Where the patch gives no
/// order, its own comes before the server's.
fn merge_objects(
    mut old: Vec<Value>,
    new: Vec<Value>,
    key: &str,
    place: Place,
) -> Result<Vec<Value>, Failure> {
    let mut replaced = false;
    let mut changes = Vec::new();
    for element in new {
        match element.get(DIRECTIVE).and_then(Value::as_str) {
            None if element.get(DIRECTIVE).is_none() => changes.push(element),
            Some("delete") => {
                let id = needed_identity(&element, Some(key))?;
                old.retain(|other| other.get(key) != Some(id));
            }
            Some("replace") => replaced = true,
            Some("merge") => {
                let why = "merging lists cannot yet be specified in the patch";
                return Err(Failure::unclassified(why));
            }
            _ => {
                let empty = Object::new();
                let fields = element.as_object().unwrap_or(&empty);
                return Err(unknown_directive(&element[DIRECTIVE], fields));
            }
        }
    }
    if replaced {
        return Ok(changes);
    }
    let server = old.clone();
    for element in &changes {
        let id = needed_identity(element, Some(key))?;
        match (old.iter_mut().find(|other| other.get(key) == Some(id)), element) {
            (Some(Value::Object(other)), Value::Object(element)) => {
                *other = merge(std::mem::take(other), element.clone(), place)?;
            }
            (_, element) => old.push(element.clone()),
        }
    }
    ordered(old, &changes, &server, Some(key))
}

/// Drops what is null in objects, on all levels.
fn discard_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(discard_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(discard_nulls),
        _ => {}
    }
}

/// The value without the objects in it that are directives; nothing where it is one itself.
fn without_directives(value: Value) -> Option<Value> {
    Some(match value {
        Value::Object(map) if map.contains_key(DIRECTIVE) => return None,
        Value::Object(map) => Value::Object(
            map.into_iter()
                .filter_map(|(key, value)| Some((key, without_directives(value)?)))
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.into_iter().filter_map(without_directives).collect()),
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::schema::of_kind;

    /// Patches with what upstream's library makes of them.
    const CASES: &str = include_str!("../../../tests/demo_patches/strategic.jsonl");

    fn changes(path: &str, old: &Value, new: &Value, found: &mut Object) {
        if let (Value::Object(old), Value::Object(new)) = (old, new) {
            for (key, old) in old {
                let path = format!("{path}/{key}");
                match new.get(key) {
                    Some(new) => changes(&path, old, new, found),
                    None => {
                        found.insert(path, "gone".into());
                    }
                }
            }
            for (key, new) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                found.insert(format!("{path}/{key}"), serde_json::json!({"is": new}));
            }
        } else if old != new {
            found.insert(path.to_owned(), serde_json::json!({"is": new}));
        }
    }

    #[test]
    fn patches_do_what_upstream_makes_of_them() {
        let mut lines = CASES
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("a case a line"));
        let original = lines.next().expect("the original")["original"].take();
        let of = of_kind("apps/v1", "Deployment").expect("the type of Deployments");
        let mut wrong = Vec::new();
        let mut tried = 0;
        for case in lines {
            tried += 1;
            let patch = case["patch"].as_object().cloned().unwrap_or_default();
            let old = original.as_object().cloned().unwrap_or_default();
            let outcome = match merge(old, patch, Place::Struct(of)) {
                Ok(new) => {
                    let mut found = Object::new();
                    changes("", &original, &Value::Object(new), &mut found);
                    ("changes", Value::Object(found))
                }
                Err(failure) => ("refused", failure.message().into()),
            };
            // What makes a 422 says nothing more.
            let expected = &case[outcome.0];
            let unsaid = outcome.1 == Failure::invalid_patch().message()
                && expected == "lists of lists are not supported";
            if *expected != outcome.1 && !unsaid {
                wrong.push(format!("{case}\n  ours: {} {}", outcome.0, outcome.1));
            }
        }
        assert!(tried > 100, "{tried} cases");
        assert!(
            wrong.is_empty(),
            "{} of {tried}:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }
}
