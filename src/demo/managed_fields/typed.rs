//! Objects as the schema sees them: which of their fields have owners of their own, how two of them differ, and how
//! one is laid over the other.
//!
//! The rules are those of structured-merge-diff: an object, a map or a keyed list is owned field by field; whatever is
//! atomic is owned as a whole.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::set::{Element, Scalar, Set};
use crate::demo::schema::{self, Field, ListKind, Shape, Type};

/// How what stands at some place is owned.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Atom {
    /// As a whole.
    Leaf,
    /// By its fields.
    Struct(&'static Type),
    /// By its keys.
    Map(&'static Shape),
    /// By its elements, told apart by these keys, or, without keys, by themselves.
    List(&'static [&'static str], &'static Shape),
}

impl Atom {
    pub(crate) fn of_field(field: &'static Field) -> Self {
        match (field.shape.pointee(), &field.list) {
            _ if field.atomic => Self::Leaf,
            (Shape::List(element), ListKind::Map(keys)) => Self::List(keys, element),
            (Shape::List(element), ListKind::Set) => Self::List(&[], element),
            (shape, _) => Self::of_shape(shape),
        }
    }

    fn of_shape(shape: &'static Shape) -> Self {
        match shape.pointee() {
            Shape::Object(id) => {
                let of = schema::get(*id);
                if of.atomic { Self::Leaf } else { Self::Struct(of) }
            }
            Shape::Map(element) => Self::Map(element),
            _ => Self::Leaf,
        }
    }

    /// What is under that key of an object, and whether its type names it.
    fn under(self, key: &str) -> (Self, bool) {
        match self {
            Self::Struct(of) => of
                .field(key)
                .map_or((Self::Leaf, false), |field| (Self::of_field(field), true)),
            Self::Map(element) => (Self::of_shape(element), false),
            Self::List(..) | Self::Leaf => (Self::Leaf, false),
        }
    }

    /// What an element of a list is.
    fn element(self) -> Self {
        match self {
            Self::List(_, element) => Self::of_shape(element),
            _ => Self::Leaf,
        }
    }

    fn step(self, element: &Element) -> (Self, bool) {
        match element {
            Element::Field(name) => self.under(name),
            Element::Key(_) => (self.element(), false),
            Element::Item(_) => (Self::Leaf, false),
        }
    }

    /// The set with the path of every object of which it has a field.
    pub(crate) fn with_parents(self, set: &Set) -> Set {
        set.with_members(self, &|at: Self, element| at.step(element))
    }
}

/// The step to an element of a list. Keys that are missing have their default, where there is one.
pub(crate) fn element_of(keys: &[&str], shape: &'static Shape, value: &Value) -> Result<Element, String> {
    if keys.is_empty() {
        return match value {
            Value::Object(_) => Err("associative list without keys has an element that's a map type".into()),
            Value::Array(_) => Err("not supported: associative list with lists as elements".into()),
            Value::Null => Err("associative list without keys has an element that's an explicit null".into()),
            scalar => Ok(Element::Item(Scalar::of(scalar))),
        };
    }
    let object = match value {
        Value::Object(object) => object,
        Value::Null => return Err("associative list with keys may not have a null element".into()),
        _ => return Err("associative list with keys may not have non-map elements".into()),
    };
    let mut found: Vec<(String, Scalar)> = keys
        .iter()
        .filter_map(|key| {
            let default = || shape.object()?.field(key)?.default.as_ref();
            let value = object.get(*key).or_else(default)?;
            Some(((*key).to_owned(), Scalar::of(value)))
        })
        .collect();
    if found.is_empty() {
        let quoted: Vec<String> = keys.iter().map(|key| format!("{key:?}")).collect();
        return Err(format!(
            "associative list with keys has an element that omits all key fields [{}] (and doesn't have default \
             values for any key fields)",
            quoted.join(" ")
        ));
    }
    found.sort();
    Ok(Element::Key(found))
}

/// How two objects differ.
#[derive(Debug, Clone, Default)]
pub(crate) struct Comparison {
    pub(crate) added: Set,
    pub(crate) modified: Set,
    pub(crate) removed: Set,
}

impl Comparison {
    pub(crate) fn of(old: &Value, new: &Value, atom: Atom) -> Self {
        let mut comparison = Self::default();
        comparison.compare(Some(old), Some(new), atom, &mut Vec::new());
        comparison
    }

    /// Leaves out these fields, and all that is in them.
    pub(crate) fn without(mut self, fields: &Set) -> Self {
        for set in [&mut self.added, &mut self.modified, &mut self.removed] {
            set.subtract_whole(fields);
        }
        self
    }

    /// What the new object has otherwise than the old one.
    pub(crate) fn written(&self) -> Set {
        let mut written = self.added.clone();
        written.unite(&self.modified);
        written
    }

    fn compare(&mut self, old: Option<&Value>, new: Option<&Value>, atom: Atom, path: &mut Vec<Element>) {
        if old == new {
            return;
        }
        if empty(old) && empty(new) || matches!(atom, Atom::Leaf) {
            match (old, new) {
                (None, _) => self.added.insert(path),
                (_, None) => self.removed.insert(path),
                _ => self.modified.insert(path),
            }
            return;
        }
        match atom {
            Atom::Leaf => {}
            Atom::Struct(_) | Atom::Map(_) => {
                let (old, new) = (object(old), object(new));
                for (key, old_value) in old.into_iter().flatten() {
                    let new_value = new.and_then(|new| new.get(key));
                    if Some(old_value) != new_value {
                        path.push(Element::Field(key.clone()));
                        self.compare(Some(old_value), new_value, atom.under(key).0, path);
                        path.pop();
                    }
                }
                for (key, new_value) in new.into_iter().flatten() {
                    if old.is_none_or(|old| !old.contains_key(key)) {
                        path.push(Element::Field(key.clone()));
                        self.compare(None, Some(new_value), atom.under(key).0, path);
                        path.pop();
                    }
                }
            }
            Atom::List(keys, shape) => {
                let (old, new) = (elements(keys, shape, old), elements(keys, shape, new));
                for (element, old_values) in &old {
                    path.push(element.clone());
                    let new_values = new.get(element).map(Vec::as_slice).unwrap_or_default();
                    self.compare_elements(old_values, new_values, atom, path);
                    path.pop();
                }
                for (element, new_values) in &new {
                    if !old.contains_key(element) {
                        path.push(element.clone());
                        self.compare_elements(&[], new_values, atom, path);
                        path.pop();
                    }
                }
            }
        }
        match (old, new) {
            (None, _) => self.added.insert(path),
            (_, None) => self.removed.insert(path),
            _ => {}
        }
    }

    /// Elements that are told apart by nothing are owned together.
    fn compare_elements(&mut self, old: &[&Value], new: &[&Value], atom: Atom, path: &mut Vec<Element>) {
        match (old, new) {
            ([] | [_], [] | [_]) => {
                self.compare(old.first().copied(), new.first().copied(), atom.element(), path);
            }
            ([_, _, ..], [_, _, ..]) => {
                if old != new {
                    self.modified.insert(path);
                }
            }
            ([_, _, ..], _) => {
                if let [new] = new {
                    self.compare(None, Some(new), atom.element(), path);
                }
                self.removed.insert(path);
            }
            (_, _) => {
                if let [old] = old {
                    self.compare(Some(old), None, atom.element(), path);
                }
                self.added.insert(path);
            }
        }
    }
}

fn object(value: Option<&Value>) -> Option<&Map<String, Value>> {
    value.and_then(Value::as_object)
}

/// Nothing, or an object or list with nothing in it.
fn empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Object(map)) => map.is_empty(),
        Some(Value::Array(list)) => list.is_empty(),
        Some(_) => false,
    }
}

/// The elements of a list by what tells them apart. What cannot be told apart is left out.
fn elements<'a>(
    keys: &[&str],
    shape: &'static Shape,
    list: Option<&'a Value>,
) -> BTreeMap<Element, Vec<&'a Value>> {
    let mut found: BTreeMap<Element, Vec<&Value>> = BTreeMap::new();
    for value in list.and_then(Value::as_array).into_iter().flatten() {
        if let Ok(element) = element_of(keys, shape, value) {
            found.entry(element).or_default().push(value);
        }
    }
    found
}

/// The fields that an object sets.
pub(crate) fn fields(value: &Value, atom: Atom) -> Set {
    let mut set = Set::default();
    add_fields(value, atom, &mut Vec::new(), &mut set);
    set
}

fn add_fields(value: &Value, atom: Atom, path: &mut Vec<Element>, set: &mut Set) {
    match (atom, value) {
        (Atom::Leaf, _) => set.insert(path),
        (Atom::Struct(_) | Atom::Map(_), Value::Object(object)) => {
            for (key, value) in object {
                let (under, named) = atom.under(key);
                path.push(Element::Field(key.clone()));
                add_fields(value, under, path, set);
                if !named || value.is_null() || value.as_object().is_some_and(Map::is_empty) {
                    set.insert(path);
                }
                path.pop();
            }
        }
        (Atom::List(keys, shape), list @ Value::Array(_)) => {
            for (element, values) in elements(keys, shape, Some(list)) {
                path.push(element);
                if let [value] = values.as_slice() {
                    add_fields(value, atom.element(), path, set);
                }
                set.insert(path);
                path.pop();
            }
        }
        _ => {}
    }
}

/// An object without those fields; nothing where nothing is left.
pub(crate) fn remove(value: &Value, gone: &Set, atom: Atom) -> Option<Value> {
    match (atom, value) {
        (Atom::Struct(_) | Atom::Map(_), Value::Object(object)) => {
            let left: Map<String, Value> = object
                .iter()
                .filter_map(|(key, value)| {
                    let element = Element::Field(key.clone());
                    if gone.has(&element) {
                        return None;
                    }
                    Some(match gone.below(&element) {
                        Some(gone) => (
                            key.clone(),
                            remove(value, gone, atom.under(key).0).unwrap_or_default(),
                        ),
                        None => (key.clone(), value.clone()),
                    })
                })
                .collect();
            (!left.is_empty()).then_some(Value::Object(left))
        }
        (Atom::List(keys, shape), Value::Array(list)) => {
            let left: Vec<Value> = list
                .iter()
                .filter_map(|value| {
                    let Ok(element) = element_of(keys, shape, value) else {
                        return Some(value.clone());
                    };
                    if gone.has(&element) {
                        return None;
                    }
                    Some(match gone.below(&element) {
                        Some(gone) => remove(value, gone, atom.element()).unwrap_or_default(),
                        None => value.clone(),
                    })
                })
                .collect();
            (!left.is_empty()).then_some(Value::Array(left))
        }
        (_, value) => Some(value.clone()),
    }
}

/// `config` laid over `live`; nothing where neither holds anything.
pub(crate) fn merge(live: Option<&Value>, config: Option<&Value>, atom: Atom) -> Option<Value> {
    if empty(live) && empty(config) || matches!(atom, Atom::Leaf) {
        return config.or(live).cloned();
    }
    match atom {
        Atom::Leaf => None,
        Atom::Struct(_) | Atom::Map(_) => {
            let (live, config) = (object(live), object(config));
            let mut merged = Map::new();
            let keys = live.into_iter().chain(config).flat_map(Map::keys);
            for key in keys {
                let of = |side: Option<&'_ Map<String, Value>>| side.and_then(|side| side.get(key)).cloned();
                if !merged.contains_key(key)
                    && let Some(value) = merge(of(live).as_ref(), of(config).as_ref(), atom.under(key).0)
                {
                    merged.insert(key.clone(), value);
                }
            }
            (!merged.is_empty()).then_some(Value::Object(merged))
        }
        Atom::List(keys, shape) => {
            let merged = merge_lists(keys, shape, live, config, atom.element());
            (!merged.is_empty()).then_some(Value::Array(merged))
        }
    }
}

/// The elements of both lists. Those of `config` come in its order, those of `live` alone where they were between them.
fn merge_lists(
    keys: &[&str],
    shape: &'static Shape,
    live: Option<&Value>,
    config: Option<&Value>,
    element_atom: Atom,
) -> Vec<Value> {
    let told_apart = |list: Option<&Value>| -> Vec<(Element, Value)> {
        let values = list.and_then(Value::as_array).into_iter().flatten();
        values
            .filter_map(|value| Some((element_of(keys, shape, value).ok()?, value.clone())))
            .collect()
    };
    let (live, config) = (told_apart(live), told_apart(config));
    // An element that is there twice cannot be merged with: it gives way as a whole.
    let mut ours: BTreeMap<&Element, Option<&Value>> = BTreeMap::new();
    for (element, value) in &live {
        ours.entry(element)
            .and_modify(|known| *known = None)
            .or_insert(Some(value));
    }
    let theirs: BTreeMap<&Element, &Value> = config.iter().map(|(element, value)| (element, value)).collect();
    let mut shared = config
        .iter()
        .map(|(element, _)| element)
        .filter(|element| ours.contains_key(element));
    let mut next_shared = shared.next();
    let mut done: BTreeSet<&Element> = BTreeSet::new();
    let mut merged = Vec::new();
    let merge_one = |element: &Element| {
        let live = ours.get(element).copied().flatten();
        merge(live, theirs.get(element).copied(), element_atom)
    };
    let (mut l, mut r) = (0, 0);
    while l < live.len() || r < config.len() {
        if let (Some((left, _)), Some((right, _))) = (live.get(l), config.get(r)) {
            if left == right {
                done.insert(right);
                merged.extend(merge_one(right));
                (l, r) = (l + 1, r + 1);
                next_shared = shared.next();
                continue;
            }
            // It comes later, where the configuration has it.
            if theirs.contains_key(left) && next_shared.is_some_and(|next| next != left) {
                l += 1;
                continue;
            }
        }
        if let Some((left, value)) = live.get(l) {
            if !theirs.contains_key(left) {
                merged.extend(merge(Some(value), None, element_atom));
                l += 1;
                continue;
            }
            if done.contains(left) {
                l += 1;
            }
        }
        if let Some((right, _)) = config.get(r) {
            done.insert(right);
            merged.extend(merge_one(right));
            r += 1;
            if next_shared == Some(right) {
                next_shared = shared.next();
            }
        }
    }
    merged
}
