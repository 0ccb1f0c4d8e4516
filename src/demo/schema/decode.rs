//! Reads an object as its type, as Go's decoder and encoder together give it back.
//!
//! Fields that the type does not have are dropped, fields that are empty are dropped or written as their type says, and
//! quantities, times and bytes are written in the one form that the server has for them. Messages are those of
//! `sigs.k8s.io/json`, but for the names of Go's string types: they are called `string`.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    fmt::{self, Write},
};

use base64::{DecodeError, Engine, engine::general_purpose::STANDARD};
use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

use super::{
    Field, Omit, Shape, Type, get, quantity,
    time::{self, Precision},
};

/// As many fields are told of as unknown or sent twice.
const STRICT_ERRORS: usize = 100;

/// An object as its type.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) tree: Value,
    /// What strict decoding refuses: `unknown field "a.b"`, `duplicate field "a.c"`.
    pub(crate) strict: Vec<String>,
}

/// Reads an object from where it is written.
///
/// # Errors
/// Where the source is none that can be read, and where a value is not of its type.
pub(crate) fn decode<'de, D>(of: &'static Type, source: D, strict: bool) -> Result<Decoded, String>
where
    D: Deserializer<'de>,
    D::Error: fmt::Display,
{
    let notes = Notes {
        strict,
        errors: RefCell::default(),
        refusal: RefCell::default(),
        fatal: Cell::new(false),
    };
    let seed = Seed {
        shape: &of.shape,
        at: &At {
            step: Step::Root,
            up: None,
        },
        notes: &notes,
    };
    let tree = seed.deserialize(source).map_err(|error| error.to_string())?;
    match notes.refusal.into_inner() {
        Some(refusal) => Err(refusal),
        None => Ok(Decoded {
            tree: tree.unwrap_or_else(|| zero(&of.shape)),
            strict: notes.errors.into_inner(),
        }),
    }
}

/// What a value of that shape is where nothing was said.
pub(crate) fn zero(shape: &Shape) -> Value {
    match shape {
        Shape::Pointer(_)
        | Shape::List(_)
        | Shape::Map(_)
        | Shape::Bytes
        | Shape::Any
        | Shape::Time
        | Shape::MicroTime => Value::Null,
        Shape::String => "".into(),
        Shape::Bool => false.into(),
        Shape::Int32 | Shape::Int64 | Shape::Float64 | Shape::IntOrString => 0.into(),
        Shape::Duration => "0s".into(),
        Shape::Quantity => "0".into(),
        Shape::Object(id) => {
            let mut all = Map::new();
            complete(get(*id), &mut all);
            Value::Object(all)
        }
    }
}

/// Adds the fields that are written even where they are empty.
fn complete(of: &Type, tree: &mut Map<String, Value>) {
    for field in of.fields.iter().filter(|field| field.is_always_written()) {
        if !tree.contains_key(field.name) {
            tree.insert(field.name.to_owned(), zero(&field.shape));
        }
    }
}

impl Field {
    /// Whether it is written where it is empty.
    fn is_always_written(&self) -> bool {
        match self.omit {
            Omit::Never => true,
            Omit::Zero => false,
            Omit::Empty => matches!(
                self.shape,
                Shape::Object(_)
                    | Shape::Time
                    | Shape::MicroTime
                    | Shape::Quantity
                    | Shape::IntOrString
                    | Shape::Any
            ),
        }
    }

    /// Whether it is left out with that value.
    fn omits(&self, value: &Value) -> bool {
        if self.is_always_written() || matches!(self.shape, Shape::Pointer(_)) {
            return false;
        }
        match value {
            Value::Null => true,
            Value::Bool(truth) => !truth,
            Value::Number(number) => number.as_f64() == Some(0.0),
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty() || self.omit == Omit::Zero && *value == zero(&self.shape),
        }
    }
}

/// What was found on the way.
struct Notes {
    strict: bool,
    errors: RefCell<Vec<String>>,
    /// The first value of a wrong type, or what made an end of reading.
    refusal: RefCell<Option<String>>,
    fatal: Cell<bool>,
}

/// The way to a value: on the stack alone, so that it costs nothing where nobody asks.
struct At<'a> {
    step: Step<'a>,
    up: Option<&'a At<'a>>,
}

enum Step<'a> {
    Root,
    /// The type that has the field, and its name.
    Field(&'static str, &'static str),
    Key(&'a str),
    Index(usize),
}

impl At<'_> {
    /// As strict decoding writes it: `spec.containers[0].name`.
    fn path(&self, last: &str) -> String {
        let mut path = String::new();
        self.write_path(&mut path);
        if !path.is_empty() {
            path.push('.');
        }
        path + last
    }

    fn write_path(&self, path: &mut String) {
        if let Some(up) = self.up {
            up.write_path(path);
        }
        let name = match &self.step {
            Step::Root => return,
            Step::Field(_, name) => *name,
            Step::Key(key) => *key,
            Step::Index(index) => {
                // Writing into a string does not fail.
                let _ = write!(path, "[{index}]");
                return;
            }
        };
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
    }

    /// As Go names a field in its errors: the innermost type, and the fields from the outermost on.
    fn go_field(&self) -> Option<(&'static str, String)> {
        let (mut owner, mut names, mut at) = (None, Vec::new(), Some(self));
        while let Some(here) = at {
            if let Step::Field(of, name) = here.step {
                owner = owner.or(Some(of));
                names.push(name);
            }
            at = here.up;
        }
        names.reverse();
        owner.map(|owner| (owner, names.join(".")))
    }
}

impl Notes {
    fn strict_error(&self, what: &str, at: &At<'_>, name: &str) {
        let mut errors = self.errors.borrow_mut();
        if self.strict && errors.len() < STRICT_ERRORS {
            let error = format!("{what} field {}", go_quoted(&at.path(name)));
            if !errors.contains(&error) {
                errors.push(error);
            }
        }
    }

    /// A value of another type than the field's: the first is told, after all have been read.
    fn mismatch(&self, value: &str, at: &At<'_>, go_type: &str) {
        let mut refusal = self.refusal.borrow_mut();
        if refusal.is_none() {
            *refusal = Some(unmarshal_error(value, at, go_type));
        }
    }

    /// What ends the reading.
    fn fatal(&self, why: String) {
        if !self.fatal.replace(true) {
            *self.refusal.borrow_mut() = Some(why);
        }
    }
}

fn unmarshal_error(value: &str, at: &At<'_>, go_type: &str) -> String {
    match at.go_field() {
        Some((owner, path)) => {
            let owner = owner.rsplit('.').next().unwrap_or_default();
            format!("json: cannot unmarshal {value} into Go struct field {owner}.{path} of type {go_type}")
        }
        None => format!("json: cannot unmarshal {value} into Go value of type {go_type}"),
    }
}

/// Text in quotes, as Go's `%q` writes it where it is plain.
pub(crate) fn go_quoted(text: &str) -> String {
    format!("{text:?}").replace("\\'", "'")
}

/// The shape's type in Go.
fn go_type(shape: &Shape) -> Cow<'static, str> {
    match shape {
        Shape::Object(id) => {
            let mut parts = get(*id).name.rsplit('.');
            let (name, version) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            format!("{version}.{name}").into()
        }
        Shape::List(of) => format!("[]{}", go_type(of)).into(),
        Shape::Map(of) if **of == Shape::Quantity => "v1.ResourceList".into(),
        Shape::Map(of) => format!("map[string]{}", go_type(of)).into(),
        Shape::Pointer(of) => go_type(of),
        Shape::Bool => "bool".into(),
        Shape::Int32 | Shape::IntOrString => "int32".into(),
        Shape::Int64 => "int64".into(),
        Shape::Float64 => "float64".into(),
        Shape::Bytes => "[]uint8".into(),
        Shape::Any => "interface {}".into(),
        Shape::String | Shape::Time | Shape::MicroTime | Shape::Duration | Shape::Quantity => "string".into(),
    }
}

/// Reads one value; nothing where it is null.
#[derive(Clone, Copy)]
struct Seed<'a> {
    shape: &'static Shape,
    at: &'a At<'a>,
    notes: &'a Notes,
}

impl Seed<'_> {
    fn mismatch(&self, value: &str) -> Option<Value> {
        match self.shape {
            Shape::Quantity => self.notes.fatal(quantity::FORMAT.to_owned()),
            // These read their values themselves, and what they do not understand is the end.
            Shape::Time | Shape::MicroTime | Shape::IntOrString => {
                self.notes
                    .fatal(unmarshal_error(value, self.at, &go_type(self.shape)));
            }
            shape => self.notes.mismatch(value, self.at, &go_type(shape)),
        }
        None
    }

    fn text(&self, text: Cow<'_, str>) -> Option<Value> {
        match self.shape {
            Shape::String | Shape::IntOrString | Shape::Duration => Some(text.into_owned().into()),
            Shape::Quantity => match quantity::canonical(text.trim()) {
                Ok(None) => Some(text.trim().into()),
                Ok(Some(other)) => Some(other.into()),
                Err(why) => {
                    self.notes.fatal(why.to_owned());
                    None
                }
            },
            Shape::Time => self.time(&text, Precision::Seconds),
            Shape::MicroTime => self.time(&text, Precision::Micros),
            Shape::Bytes => {
                let written: Cow<'_, str> = if text.contains(['\r', '\n']) {
                    text.replace(['\r', '\n'], "").into()
                } else {
                    text
                };
                match STANDARD.decode(written.as_bytes()) {
                    Ok(_) => Some(written.into_owned().into()),
                    Err(error) => {
                        let at = match error {
                            DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol(at, _) => at,
                            DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => {
                                written.trim_end_matches('=').len()
                            }
                        };
                        let mut refusal = self.notes.refusal.borrow_mut();
                        refusal.get_or_insert_with(|| format!("illegal base64 data at input byte {at}"));
                        None
                    }
                }
            }
            _ => self.mismatch("string"),
        }
    }

    fn time(&self, text: &str, precision: Precision) -> Option<Value> {
        match time::canonical(text, precision) {
            Ok(time) => Some(time.map_or(Value::Null, Value::String)),
            Err(why) => {
                self.notes.fatal(why);
                None
            }
        }
    }

    fn number(&self, number: &serde_json::Number) -> Option<Value> {
        let fits = match self.shape {
            Shape::Int32 | Shape::IntOrString => number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
            Shape::Int64 => number.is_i64(),
            Shape::Float64 => true,
            Shape::Quantity => return self.text(number.to_string().into()),
            _ => return self.mismatch("number"),
        };
        if fits {
            Some(number.clone().into())
        } else {
            self.mismatch(&format!("number {number}"))
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error> {
        let pointee = Seed {
            shape: self.shape.pointee(),
            ..self
        };
        if *pointee.shape == Shape::Any {
            let value = Value::deserialize(source)?;
            return Ok(Some(value).filter(|value| !value.is_null()));
        }
        source.deserialize_any(pointee)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(match self.shape {
            Shape::Bool => Some(truth.into()),
            _ => self.mismatch("bool"),
        })
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(self.number(&number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(self.number(&number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(match serde_json::Number::from_f64(number) {
            Some(number) => self.number(&number),
            None => self.mismatch("number"),
        })
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.text(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(self.text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let Shape::List(of) = self.shape else {
            while elements.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(self.mismatch("array"));
        };
        let mut list = Vec::with_capacity(elements.size_hint().unwrap_or(0).min(1024));
        loop {
            let at = At {
                step: Step::Index(list.len()),
                up: Some(self.at),
            };
            let seed = Seed {
                shape: of,
                at: &at,
                notes: self.notes,
            };
            match elements.next_element_seed(seed)? {
                Some(value) => list.push(value.unwrap_or_else(|| zero(of))),
                None => return Ok(Some(Value::Array(list))),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        match self.shape {
            Shape::Object(id) => self.fields(get(*id), entries),
            Shape::Map(of) => self.entries(of, entries),
            _ => {
                while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(self.mismatch("object"))
            }
        }
    }
}

impl Seed<'_> {
    fn entries<'de, A: MapAccess<'de>>(
        self,
        of: &'static Shape,
        mut entries: A,
    ) -> Result<Option<Value>, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                self.notes.strict_error("duplicate", self.at, &key);
            }
            let at = At {
                step: Step::Key(&key),
                up: Some(self.at),
            };
            let value = entries.next_value_seed(Seed {
                shape: of,
                at: &at,
                notes: self.notes,
            })?;
            map.insert(key, value.unwrap_or_else(|| zero(of)));
        }
        Ok(Some(Value::Object(map)))
    }

    fn fields<'de, A: MapAccess<'de>>(
        self,
        of: &'static Type,
        mut entries: A,
    ) -> Result<Option<Value>, A::Error> {
        let mut tree = Map::new();
        let mut seen = 0_u128;
        while let Some(key) = entries.next_key_seed(Name(of))? {
            let index = match key {
                Ok(index) => index,
                Err(unknown) => {
                    self.notes.strict_error("unknown", self.at, &unknown);
                    entries.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let Some(field) = of.fields.get(index) else {
                continue;
            };
            let bit = u32::try_from(index)
                .ok()
                .and_then(|index| 1_u128.checked_shl(index));
            let bit = bit.unwrap_or_default();
            if seen & bit != 0 {
                self.notes.strict_error("duplicate", self.at, field.name);
            }
            seen |= bit;
            let at = At {
                step: Step::Field(of.name, field.name),
                up: Some(self.at),
            };
            let value = entries.next_value_seed(Seed {
                shape: &field.shape,
                at: &at,
                notes: self.notes,
            })?;
            match value {
                Some(value) if !field.omits(&value) => {
                    tree.insert(field.name.to_owned(), value);
                }
                _ => {
                    tree.remove(field.name);
                }
            }
        }
        complete(of, &mut tree);
        Ok(Some(Value::Object(tree)))
    }
}

/// The key of an object: the place of the field in its type, or the name that it does not have.
struct Name(&'static Type);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Result<usize, String>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error> {
        source.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Result<usize, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.by_name.get(key).copied().ok_or_else(|| key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::demo::schema::{all, of_kind};

    fn pod() -> &'static Type {
        of_kind("v1", "Pod").expect("the type of pods")
    }

    fn read(text: &str) -> Result<Decoded, String> {
        decode(pod(), &mut serde_json::Deserializer::from_str(text), true)
    }

    #[test]
    fn what_is_empty_is_left_out_or_written_as_upstream_does() {
        let read = read(
            r#"{"metadata": {"name": "a", "labels": {}, "creationTimestamp": null, "deletionTimestamp": null},
                "spec": {"containers": [{"name": "", "image": "", "args": [], "resources": {"limits": {"cpu": "1000m"}},
                    "livenessProbe": {"tcpSocket": {}}}, null],
                "priority": 0, "hostNetwork": false, "nodeSelector": {"a": null}, "affinity": {}, "tolerations": []}}"#,
        );
        let decoded = read.expect("a pod");
        assert!(decoded.strict.is_empty());
        assert_eq!(
            decoded.tree,
            json!({
                "metadata": {"name": "a"},
                "spec": {
                    "containers": [
                        {"name": "", "resources": {"limits": {"cpu": "1"}}, "livenessProbe": {"tcpSocket": {"port": 0}}},
                        {"name": "", "resources": {}},
                    ],
                    "priority": 0, "nodeSelector": {"a": ""}, "affinity": {},
                },
                "status": {},
            })
        );
        assert_eq!(
            zero(&pod().shape),
            json!({"metadata": {}, "spec": {"containers": null}, "status": {}})
        );
        let event = of_kind("v1", "Event").map(|of| zero(&of.shape));
        assert_eq!(
            event,
            Some(
                json!({"metadata": {}, "involvedObject": {}, "source": {}, "firstTimestamp": null,
                "lastTimestamp": null, "eventTime": null, "reportingComponent": "", "reportingInstance": ""})
            )
        );
    }

    #[test]
    fn wrong_types_are_told_in_the_words_of_go() {
        for (text, wanted) in [
            (
                r#"{"spec": {"containers": "none"}}"#,
                "json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container",
            ),
            (
                r#"{"spec": {"priority": 5.0}, "metadata": 3}"#,
                "json: cannot unmarshal number 5.0 into Go struct field PodSpec.spec.priority of type int32",
            ),
            (
                r#"{"spec": {"priority": 3000000000}}"#,
                "json: cannot unmarshal number 3000000000 into Go struct field PodSpec.spec.priority of type int32",
            ),
            (
                r#"{"metadata": {"labels": {"a": true}}}"#,
                "json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string",
            ),
            (
                r#"{"spec": {"securityContext": {"supplementalGroups": ["a"]}}}"#,
                "json: cannot unmarshal string into Go struct field \
                 PodSecurityContext.spec.securityContext.supplementalGroups of type int64",
            ),
            (
                r#"{"spec": {"nodeSelector": [], "overhead": {"cpu": "x"}}}"#,
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            ),
            (
                r#"{"metadata": {"creationTimestamp": 3}}"#,
                "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), wanted, "{text}");
        }
    }

    #[test]
    fn unknown_and_doubled_fields_in_their_order() {
        let decoded = read(
            r#"{"metadata": {"labels": {"x": "1", "x": "2"}, "Name": "a"},
                "spec": {"z": {"z": 1, "z": 1}, "containers": [{}, {"foo": 1}], "z": 1, "nodeName": "a", "nodeName": "b"}}"#,
        );
        let decoded = decoded.expect("a pod");
        assert_eq!(
            decoded.strict,
            [
                r#"duplicate field "metadata.labels.x""#,
                r#"unknown field "metadata.Name""#,
                r#"unknown field "spec.z""#,
                r#"unknown field "spec.containers[1].foo""#,
                r#"duplicate field "spec.nodeName""#,
            ]
        );
        assert_eq!(decoded.tree["spec"]["nodeName"], "b");
        let many: Vec<String> = (0..200).map(|number| format!("\"f{number}\": 1")).collect();
        let many = read(&format!("{{{}}}", many.join(","))).expect("a pod");
        assert_eq!(many.strict.len(), STRICT_ERRORS);
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-z0-9.]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            let key = "metadata|spec|status|name|labels|containers|env|data|template|resources|limits|ports|[a-z]{1,3}";
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(key, inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Whatever is sent, there is an answer; and what was read once reads as itself.
        #[test]
        fn reading_twice_changes_nothing(tree in json_value()) {
            for of in all().iter().filter(|of| !of.kinds.is_empty()) {
                if let Ok(once) = decode(of, tree.clone(), true) {
                    let twice = decode(of, once.tree.clone(), true);
                    let twice = twice.map_err(TestCaseError::fail)?;
                    prop_assert_eq!(&twice.tree, &once.tree);
                    prop_assert!(twice.strict.is_empty());
                }
            }
        }
    }
}
