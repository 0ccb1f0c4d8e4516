//! The types of the Kubernetes API: what an object of each kind may hold, and what holds for each field.
//!
//! The text in `assets/api/schema.txt` is made from upstream's own types. A block begins with `type NAME`, then come
//! the kinds that are of it (`kind API_VERSION KIND`), `atomic` where its fields have one owner together, and a line for
//! each field: its name, what it holds, and words that say more.
//!
//! | what a field holds | |
//! |---|---|
//! | `string`, `bool`, `int32`, `int64`, `float64`, `bytes` (base64), `any` (any JSON) | as they are called |
//! | `time`, `microtime`, `duration`, `quantity`, `int-or-string` | text, or a number, in a form of its own |
//! | `[]X`, `map:X`, a type's name | a list, an object with any keys, an object of that type |
//! | `*X` | an X that can be absent, and is then told from an empty one |
//!
//! | word | |
//! |---|---|
//! | `#N`, `#M.N` | its number in protobuf; the second where it is in a message of its own there, which has number M |
//! | `omitempty` | left out where it is empty: `""`, 0, false, no elements; objects and times are never so left out |
//! | `omitzero` | left out where it is empty, objects and times as well |
//! | `required` | no object is whole without |
//! | `list=atomic\|set\|map(KEYS)` | how elements have owners: together, each, each by its keys |
//! | `map=atomic` | the object in it has one owner |
//! | `patch=merge\|replace\|retainKeys(KEY)` | how a strategic merge patch treats it |
//! | `enum=A\|B`, `default=JSON` | the values that there are, and the one where there is none |

mod decode;
mod quantity;
mod time;

use std::{collections::HashMap, sync::LazyLock};

use rustc_hash::FxHashMap;
use serde_json::Value;

pub(crate) use self::{
    decode::{Decoded, decode, go_quoted, zero},
    time::{Precision, from_unix as time_from_unix},
};

const TEXT: &str = include_str!("../../assets/api/schema.txt");

/// All types, read once.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::parse(TEXT));

/// A type, by its place in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TypeId(usize);

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    Object(TypeId),
    List(Box<Shape>),
    Map(Box<Shape>),
    /// A value that can be absent.
    Pointer(Box<Shape>),
    String,
    Bool,
    Int32,
    Int64,
    Float64,
    Bytes,
    Any,
    Time,
    MicroTime,
    Duration,
    Quantity,
    IntOrString,
}

/// When a field is left out of what the server writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Omit {
    Never,
    /// Where it is empty; objects and times never are.
    Empty,
    /// Where it is empty, objects and times as well.
    Zero,
}

/// Who owns the elements of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ListKind {
    /// One owner for all; also where nothing is said.
    Atomic,
    /// Each element, which is its own key.
    Set,
    /// Each element, told apart by these fields.
    Map(Vec<&'static str>),
}

/// What a strategic merge patch does with a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PatchStrategy {
    /// A list is merged, element by element, instead of being replaced.
    pub(crate) merge: bool,
    /// An object is replaced instead of being merged.
    pub(crate) replace: bool,
    /// An object keeps only the keys that the patch names in `$retainKeys`.
    pub(crate) retain_keys: bool,
    /// The field that tells the elements of a merged list of objects apart.
    pub(crate) merge_key: Option<&'static str>,
}

/// One field of a type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    /// Its number in protobuf, after those of the messages that it is in there alone; none for what protobuf leaves out.
    pub(crate) number: Vec<u32>,
    pub(crate) omit: Omit,
    pub(crate) required: bool,
    /// Of a list alone.
    pub(crate) list: ListKind,
    /// The object in it has one owner.
    pub(crate) atomic: bool,
    pub(crate) patch: PatchStrategy,
    /// The values that there are; none where any is taken.
    pub(crate) values: Vec<&'static str>,
    pub(crate) default: Option<Value>,
}

/// A type of object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Type {
    /// Its name in OpenAPI, such as `io.k8s.api.core.v1.Pod`.
    pub(crate) name: &'static str,
    /// The kinds that are of it: `apiVersion` and `kind`.
    pub(crate) kinds: Vec<(&'static str, &'static str)>,
    /// All its fields have one owner.
    pub(crate) atomic: bool,
    /// In upstream's order, which is that of what the server writes.
    pub(crate) fields: Vec<Field>,
    /// What holds an object of this type.
    pub(crate) shape: Shape,
    by_name: FxHashMap<&'static str, usize>,
}

impl Type {
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(*self.by_name.get(name)?)
    }
}

impl Shape {
    /// The shape without what says that it can be absent.
    pub(crate) fn pointee(&self) -> &Self {
        match self {
            Self::Pointer(inner) => inner.pointee(),
            other => other,
        }
    }

    /// The type of the object that is held, pointed at or not.
    pub(crate) fn object(&self) -> Option<&'static Type> {
        match self.pointee() {
            Self::Object(id) => Some(get(*id)),
            _ => None,
        }
    }
}

/// The types themselves.
#[derive(Debug)]
struct Schema {
    types: Vec<Type>,
    kinds: HashMap<(&'static str, &'static str), TypeId>,
}

/// The type of that id.
pub(crate) fn get(id: TypeId) -> &'static Type {
    &SCHEMA.types[id.0]
}

/// The type of a kind.
pub(crate) fn of_kind(api_version: &str, kind: &str) -> Option<&'static Type> {
    SCHEMA.kinds.get(&(api_version, kind)).map(|id| get(*id))
}

/// Every type, by name.
#[cfg(test)]
pub(crate) fn all() -> &'static [Type] {
    &SCHEMA.types
}

impl Schema {
    /// Panics where the text that comes with the program is not as this module says: a test reads it.
    fn parse(text: &'static str) -> Self {
        let lines = || {
            text.lines()
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
        };
        let ids: HashMap<&str, TypeId> = lines()
            .filter_map(|line| line.strip_prefix("type "))
            .enumerate()
            .map(|(at, name)| (name, TypeId(at)))
            .collect();
        let mut types: Vec<Type> = Vec::with_capacity(ids.len());
        let mut kinds = HashMap::new();
        for line in lines() {
            if let Some(name) = line.strip_prefix("type ") {
                types.push(Type {
                    name,
                    kinds: Vec::new(),
                    atomic: false,
                    fields: Vec::new(),
                    shape: Shape::Object(TypeId(types.len())),
                    by_name: FxHashMap::default(),
                });
                continue;
            }
            let at = TypeId(types.len() - 1);
            let of = &mut types[at.0];
            if let Some(kind) = line.strip_prefix("kind ").and_then(|kind| kind.split_once(' ')) {
                of.kinds.push(kind);
                kinds.insert(kind, at);
            } else if line == "  atomic" {
                of.atomic = true;
            } else {
                let field = Field::parse(line, &ids);
                of.by_name.insert(field.name, of.fields.len());
                of.fields.push(field);
            }
        }
        Self { types, kinds }
    }
}

impl Field {
    #[expect(
        clippy::panic,
        reason = "the text is a part of the program, read whole at the first look"
    )]
    fn parse(line: &'static str, ids: &HashMap<&str, TypeId>) -> Self {
        let mut words = line.split_whitespace();
        let mut next = || {
            words
                .next()
                .unwrap_or_else(|| panic!("the schema's line {line:?} ends early"))
        };
        let mut field = Self {
            name: next(),
            shape: Shape::parse(next(), ids),
            number: Vec::new(),
            omit: Omit::Never,
            required: false,
            list: ListKind::Atomic,
            atomic: false,
            patch: PatchStrategy::default(),
            values: Vec::new(),
            default: None,
        };
        for word in words {
            if let Some(number) = word.strip_prefix('#') {
                field.number = number.split('.').filter_map(|part| part.parse().ok()).collect();
                continue;
            }
            let (word, value) = word.split_once('=').unwrap_or((word, ""));
            let (value, keys) = match value.strip_suffix(')').and_then(|value| value.split_once('(')) {
                Some((value, keys)) if word != "default" => (value, keys),
                _ => (value, ""),
            };
            match (word, value) {
                ("omitempty", _) => field.omit = Omit::Empty,
                ("omitzero", _) => field.omit = Omit::Zero,
                ("required", _) => field.required = true,
                ("list", "set") => field.list = ListKind::Set,
                ("list", "map") => field.list = ListKind::Map(keys.split(',').collect()),
                ("list", _) => {}
                ("map", _) => field.atomic = value == "atomic",
                ("patch", _) => {
                    field.patch = PatchStrategy {
                        merge: value.split(',').any(|strategy| strategy == "merge"),
                        replace: value.split(',').any(|strategy| strategy == "replace"),
                        retain_keys: value.split(',').any(|strategy| strategy == "retainKeys"),
                        merge_key: Some(keys).filter(|key| !key.is_empty()),
                    }
                }
                ("enum", _) => field.values = value.split('|').collect(),
                ("default", _) => field.default = serde_json::from_str(value).ok(),
                _ => panic!("the schema's line {line:?} has an unknown word {word:?}"),
            }
        }
        field
    }
}

impl Shape {
    #[expect(
        clippy::panic,
        reason = "the text is a part of the program, read whole at the first look"
    )]
    fn parse(text: &str, ids: &HashMap<&str, TypeId>) -> Self {
        let of = |inner| Box::new(Self::parse(inner, ids));
        if let Some(inner) = text.strip_prefix("[]") {
            return Self::List(of(inner));
        }
        if let Some(inner) = text.strip_prefix("map:") {
            return Self::Map(of(inner));
        }
        if let Some(inner) = text.strip_prefix('*') {
            return Self::Pointer(of(inner));
        }
        match text {
            "string" => Self::String,
            "bool" => Self::Bool,
            "int32" => Self::Int32,
            "int64" => Self::Int64,
            "float64" => Self::Float64,
            "bytes" => Self::Bytes,
            "any" => Self::Any,
            "time" => Self::Time,
            "microtime" => Self::MicroTime,
            "duration" => Self::Duration,
            "quantity" => Self::Quantity,
            "int-or-string" => Self::IntOrString,
            name => Self::Object(
                *ids.get(name)
                    .unwrap_or_else(|| panic!("the schema has no type {name:?}")),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get_named(name: &str) -> Option<&'static Type> {
        all().iter().find(|of| of.name == name)
    }

    #[test]
    fn the_text_is_read() {
        let pod = of_kind("v1", "Pod").expect("the type of pods");
        assert_eq!(pod.name, "io.k8s.api.core.v1.Pod");
        let spec = pod
            .field("spec")
            .and_then(|spec| spec.shape.object())
            .expect("the spec");
        let containers = spec.field("containers").expect("containers");
        assert_eq!(containers.list, ListKind::Map(vec!["name"]));
        assert_eq!(containers.patch.merge_key, Some("name"));
        assert!(containers.patch.merge && containers.required);
        let volumes = spec.field("volumes").expect("volumes");
        assert!(volumes.patch.merge && volumes.patch.retain_keys);
        assert!(spec.field("nodeSelector").is_some_and(|selector| selector.atomic));
        let Shape::List(container) = &containers.shape else {
            panic!("containers are a list")
        };
        let ports = container.object().and_then(|container| container.field("ports"));
        let ports = ports.expect("ports");
        assert_eq!(ports.list, ListKind::Map(vec!["containerPort", "protocol"]));
        let Shape::List(port) = &ports.shape else {
            panic!("ports are a list")
        };
        let protocol = port
            .object()
            .and_then(|port| port.field("protocol"))
            .expect("protocol");
        assert_eq!(protocol.default, Some("TCP".into()));
        assert_eq!(protocol.number, [4]);
        let volume = get_named("io.k8s.api.core.v1.Volume");
        assert_eq!(
            volume
                .and_then(|of| of.field("emptyDir"))
                .map(|field| &field.number),
            Some(&vec![2, 2])
        );
        assert_eq!(protocol.values, ["SCTP", "TCP", "UDP"]);
        assert!(of_kind("v1", "Deployment").is_none());
        assert!(all().iter().any(|of| of.name == "io.k8s.api.core.v1.Taint"));
    }
}
