//! Sets of fields, and the form in which objects carry them (`FieldsV1`).

use std::{collections::BTreeMap, fmt};

use serde_json::{Map, Value};

/// One step of a path to a field. The order is upstream's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Element {
    /// A field of an object, or a key of a map.
    Field(String),
    /// An element of a list, by the fields that tell it apart, in their order.
    Key(Vec<(String, Scalar)>),
    /// An element of a list that is a set.
    Item(Scalar),
}

/// A value that can tell elements apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scalar {
    Int(i64),
    Text(String),
    Bool(bool),
    /// Anything else, as JSON.
    Other(String),
}

impl Scalar {
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.clone()),
            Value::Bool(value) => Self::Bool(*value),
            other => other
                .as_i64()
                .map_or_else(|| Self::Other(other.to_string()), Self::Int),
        }
    }
}

impl fmt::Display for Scalar {
    /// As JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{}", Value::from(text.as_str())),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Other(json) => f.write_str(json),
        }
    }
}

impl fmt::Display for Element {
    /// As in the path of a conflict.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Key(keys) => {
                let keys: Vec<String> = keys
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                write!(f, "[{}]", keys.join(","))
            }
            Self::Item(value) => write!(f, "[={value}]"),
        }
    }
}

impl Element {
    /// The element that a key of `FieldsV1` stands for.
    fn parse(text: &str) -> Option<Self> {
        match text.split_at_checked(2)? {
            ("f:", name) => Some(Self::Field(name.to_owned())),
            ("k:", keys) => {
                let keys: Map<String, Value> = serde_json::from_str(keys).ok()?;
                let mut keys: Vec<_> = keys
                    .iter()
                    .map(|(name, value)| (name.clone(), Scalar::of(value)))
                    .collect();
                keys.sort();
                Some(Self::Key(keys))
            }
            ("v:", value) => Some(Self::Item(Scalar::of(&serde_json::from_str(value).ok()?))),
            _ => None,
        }
    }

    fn key(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Key(keys) => {
                let keys: Vec<String> = keys
                    .iter()
                    .map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())))
                    .collect();
                format!("k:{{{}}}", keys.join(","))
            }
            Self::Item(value) => format!("v:{value}"),
        }
    }
}

/// A set of paths, as a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Set(BTreeMap<Element, Node>);

/// What a set has at and below an element: never nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Node {
    /// The path that ends here is in the set.
    member: bool,
    below: Set,
}

impl Node {
    fn is_empty(&self) -> bool {
        !self.member && self.below.is_empty()
    }
}

impl Set {
    /// The set of those paths of field names.
    pub(crate) fn of_fields(paths: &[&[&str]]) -> Self {
        let mut set = Self::default();
        for path in paths {
            let path: Vec<Element> = path
                .iter()
                .map(|name| Element::Field((*name).to_owned()))
                .collect();
            set.insert(&path);
        }
        set
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a path in; the empty one is no field.
    pub(crate) fn insert(&mut self, path: &[Element]) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        let node = match self.0.get_mut(first) {
            Some(node) => node,
            None => self.0.entry(first.clone()).or_default(),
        };
        if rest.is_empty() {
            node.member = true;
        } else {
            node.below.insert(rest);
        }
    }

    pub(crate) fn has(&self, element: &Element) -> bool {
        self.0.get(element).is_some_and(|node| node.member)
    }

    pub(crate) fn has_path(&self, path: &[Element]) -> bool {
        match path {
            [] => false,
            [last] => self.has(last),
            [first, rest @ ..] => self.below(first).is_some_and(|below| below.has_path(rest)),
        }
    }

    /// What is below an element; nothing where there is nothing.
    pub(crate) fn below(&self, element: &Element) -> Option<&Self> {
        self.0
            .get(element)
            .map(|node| &node.below)
            .filter(|below| !below.is_empty())
    }

    pub(crate) fn unite(&mut self, other: &Self) {
        for (element, theirs) in &other.0 {
            match self.0.get_mut(element) {
                Some(ours) => {
                    ours.member |= theirs.member;
                    ours.below.unite(&theirs.below);
                }
                None => {
                    self.0.insert(element.clone(), theirs.clone());
                }
            }
        }
    }

    /// Takes those paths out, and leaves what is below them.
    pub(crate) fn subtract(&mut self, other: &Self) {
        self.reduce(other, |ours, theirs| {
            ours.member &= !theirs.member;
            ours.below.subtract(&theirs.below);
        });
    }

    /// Takes those paths out, and all that is below them.
    pub(crate) fn subtract_whole(&mut self, other: &Self) {
        self.reduce(other, |ours, theirs| {
            if theirs.member {
                *ours = Node::default();
            } else {
                ours.below.subtract_whole(&theirs.below);
            }
        });
    }

    fn reduce(&mut self, other: &Self, mut take: impl FnMut(&mut Node, &Node)) {
        for (element, theirs) in &other.0 {
            let Some(ours) = self.0.get_mut(element) else {
                continue;
            };
            take(ours, theirs);
            if ours.is_empty() {
                self.0.remove(element);
            }
        }
    }

    /// What both have.
    pub(crate) fn intersection(&self, other: &Self) -> Self {
        let mut both = BTreeMap::new();
        for (element, ours) in &self.0 {
            let Some(theirs) = other.0.get(element) else {
                continue;
            };
            let node = Node {
                member: ours.member && theirs.member,
                below: ours.below.intersection(&theirs.below),
            };
            if !node.is_empty() {
                both.insert(element.clone(), node);
            }
        }
        Self(both)
    }

    /// The same set with a path added for each element of which `is_member` says so, given what leads to it from `at`.
    pub(crate) fn with_members<A: Copy>(&self, at: A, step: &impl Fn(A, &Element) -> (A, bool)) -> Self {
        let nodes = self.0.iter().map(|(element, node)| {
            let (next, is_member) = step(at, element);
            let node = Node {
                member: node.member || is_member,
                below: node.below.with_members(next, step),
            };
            (element.clone(), node)
        });
        Self(nodes.collect())
    }

    /// All paths: on each level first those that end there, as upstream lists them.
    pub(crate) fn paths(&self) -> Vec<Vec<Element>> {
        let mut all = Vec::new();
        self.add_paths(&mut Vec::new(), &mut all);
        all
    }

    fn add_paths(&self, prefix: &mut Vec<Element>, all: &mut Vec<Vec<Element>>) {
        for (element, node) in &self.0 {
            if node.member {
                let mut path = prefix.clone();
                path.push(element.clone());
                all.push(path);
            }
        }
        for (element, node) in &self.0 {
            prefix.push(element.clone());
            node.below.add_paths(prefix, all);
            prefix.pop();
        }
    }

    /// Reads `FieldsV1`; nothing where it is none.
    pub(crate) fn parse(fields: &Value) -> Option<Self> {
        Self::parse_node(fields).map(|node| node.below)
    }

    fn parse_node(fields: &Value) -> Option<Node> {
        let fields = fields.as_object()?;
        let mut node = Node {
            member: fields.is_empty(),
            below: Self::default(),
        };
        for (key, value) in fields {
            if key == "." {
                node.member = true;
                continue;
            }
            let below = Self::parse_node(value)?;
            if !below.is_empty() {
                node.below.0.insert(Element::parse(key)?, below);
            }
        }
        Some(node)
    }

    /// As `FieldsV1`.
    pub(crate) fn encode(&self) -> Value {
        self.encode_node(false)
    }

    fn encode_node(&self, member: bool) -> Value {
        let mut fields = Map::new();
        if member && !self.is_empty() {
            fields.insert(".".into(), Value::Object(Map::new()));
        }
        for (element, node) in &self.0 {
            fields.insert(element.key(), node.below.encode_node(node.member));
        }
        Value::Object(fields)
    }
}

/// A path as conflicts name it, such as `.spec.containers[name="c"].image`.
pub(crate) fn path_text(path: &[Element]) -> String {
    path.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn element() -> impl Strategy<Value = Element> {
        prop_oneof![
            "[a-c]".prop_map(Element::Field),
            "[a-c]\"?".prop_map(|name| Element::Key(vec![("name".into(), Scalar::Text(name))])),
            (0..3i64).prop_map(|port| Element::Key(vec![
                ("port".into(), Scalar::Int(port)),
                ("protocol".into(), Scalar::Text("TCP".into()))
            ])),
            any::<bool>().prop_map(|value| Element::Item(Scalar::Bool(value))),
        ]
    }

    fn set() -> impl Strategy<Value = Set> {
        let paths = proptest::collection::vec(proptest::collection::vec(element(), 1..4), 0..8);
        paths.prop_map(|paths| {
            let mut set = Set::default();
            for path in paths {
                set.insert(&path);
            }
            set
        })
    }

    fn minus(mut left: Set, right: &Set) -> Set {
        left.subtract(right);
        left
    }

    fn plus(mut left: Set, right: &Set) -> Set {
        left.unite(right);
        left
    }

    proptest! {
        #[test]
        fn sets_obey_the_laws(a in set(), b in set()) {
            let both = plus(a.clone(), &b);
            prop_assert_eq!(&both, &plus(b.clone(), &a));
            prop_assert_eq!(&plus(both.clone(), &b), &both);
            prop_assert_eq!(plus(minus(a.clone(), &b), &a.intersection(&b)), a.clone());
            prop_assert!(minus(a.clone(), &b).intersection(&b).is_empty());
            prop_assert!(minus(a.clone(), &both).is_empty());
            for path in both.paths() {
                prop_assert!(a.has_path(&path) || b.has_path(&path));
            }
            let mut whole = a.clone();
            whole.subtract_whole(&b);
            prop_assert_eq!(minus(whole.clone(), &minus(a.clone(), &b)), Set::default());
        }

        #[test]
        fn what_is_written_reads_back(a in set()) {
            prop_assert_eq!(Set::parse(&a.encode()), Some(a));
        }
    }

    #[test]
    fn the_form_is_upstreams() {
        let fields = json!({"f:spec": {
            "f:containers": {"k:{\"name\":\"c\"}": {".": {}, "f:image": {}}},
            "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {}},
            "f:finalizers": {"v:\"x/y\"": {}},
        }});
        let set = Set::parse(&fields).expect("fields");
        assert_eq!(set.encode(), fields);
        let paths: Vec<String> = set.paths().iter().map(|path| path_text(path)).collect();
        assert_eq!(
            paths,
            [
                ".spec.containers[name=\"c\"]",
                ".spec.containers[name=\"c\"].image",
                ".spec.finalizers[=\"x/y\"]",
                ".spec.ports[containerPort=80,protocol=\"TCP\"]",
            ]
        );
        assert_eq!(Set::parse(&json!({"x:spec": {}})), None);
    }
}
