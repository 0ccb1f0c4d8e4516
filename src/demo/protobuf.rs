//! Reads objects in Kubernetes' protobuf form, which kubectl sends.
//!
//! Four bytes say that it is one, then comes a `runtime.Unknown` with the kind and the object itself. The fields' numbers
//! and types are those of the schema; what comes out is the tree that the same object has as JSON, before it is read as
//! its type. Unknown fields are skipped, as upstream skips them.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::schema::{Precision, Shape, Type, time_from_unix};

/// What every object begins with.
const PREFIX: &[u8] = b"k8s\0";

/// How deep groups, which Kubernetes does not use, may be in one another to be skipped.
const GROUP_DEPTH: usize = 64;

/// An object of any kind, unread.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Envelope<'a> {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) raw: &'a [u8],
}

/// Takes the object out of its envelope.
pub(crate) fn open(body: &[u8]) -> Result<Envelope<'_>, String> {
    if body.is_empty() {
        return Err("empty data".into());
    }
    let Some(body) = body.strip_prefix(PREFIX) else {
        let expected = "expected prefix [107 56 115 0]";
        return Err(format!(
            "provided data does not appear to be a protobuf message, {expected}"
        ));
    };
    if body.is_empty() {
        return Err("empty body".into());
    }
    let mut envelope = Envelope::default();
    let mut fields = Reader::new(body, "Unknown");
    while let Some(tag) = fields.tag()? {
        match tag.number {
            1 => {
                let mut meta = Reader::new(fields.bytes(tag, "TypeMeta")?, "TypeMeta");
                while let Some(tag) = meta.tag()? {
                    match tag.number {
                        1 => envelope.api_version = text(meta.bytes(tag, "APIVersion")?),
                        2 => envelope.kind = text(meta.bytes(tag, "Kind")?),
                        _ => meta.skip(tag)?,
                    }
                }
            }
            2 => envelope.raw = fields.bytes(tag, "Raw")?,
            3 => drop(fields.bytes(tag, "ContentEncoding")?),
            4 => drop(fields.bytes(tag, "ContentType")?),
            _ => fields.skip(tag)?,
        }
    }
    Ok(envelope)
}

/// The tree of an object of that type.
pub(crate) fn decode(of: &Type, raw: &[u8]) -> Result<Map<String, Value>, String> {
    let mut tree = Map::new();
    message(of, &[], raw, &mut tree)?;
    Ok(tree)
}

/// Reads a message into a tree. `within` are the numbers of the messages that the fields are in in protobuf alone.
fn message(of: &Type, within: &[u32], raw: &[u8], tree: &mut Map<String, Value>) -> Result<(), String> {
    let name = of.name.rsplit('.').next().unwrap_or_default();
    let mut fields = Reader::new(raw, name);
    while let Some(tag) = fields.tag()? {
        let below = |numbers: &[u32]| {
            let rest = numbers.strip_prefix(within)?;
            (rest.first() == Some(&tag.number)).then_some(rest.len())
        };
        let field = of
            .fields
            .iter()
            .find_map(|field| Some((field, below(&field.number)?)));
        match field {
            None => fields.skip(tag)?,
            Some((field, 1)) => {
                let holder = tree.entry(field.name).or_insert(Value::Null);
                fields.value(field.shape.pointee(), tag, field.name, holder)?;
            }
            Some((field, _)) => {
                let raw = fields.bytes(tag, field.name)?;
                let mut numbers = within.to_vec();
                numbers.push(tag.number);
                message(of, &numbers, raw, tree)?;
            }
        }
    }
    Ok(())
}

/// A field's number, and how its value is written.
#[derive(Debug, Clone, Copy)]
struct Tag {
    number: u32,
    wire: u8,
}

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const LENGTH: u8 = 2;
const START_GROUP: u8 = 3;
const END_GROUP: u8 = 4;
const FIXED32: u8 = 5;

/// A message, read from its start to its end.
struct Reader<'a> {
    rest: &'a [u8],
    /// The message's name, for errors.
    name: &'a str,
}

impl<'a> Reader<'a> {
    fn new(rest: &'a [u8], name: &'a str) -> Self {
        Self { rest, name }
    }

    fn byte(&mut self) -> Result<u8, String> {
        let (first, rest) = self.rest.split_first().ok_or("unexpected EOF")?;
        self.rest = rest;
        Ok(*first)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or("unexpected EOF")?;
        self.rest = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, String> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err("proto: integer overflow".into())
    }

    /// The next field; nothing at the end.
    fn tag(&mut self) -> Result<Option<Tag>, String> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let wire = self.varint()?;
        let (number, wire) = ((wire >> 3) as u32, (wire & 7) as u8);
        let name = self.name;
        if wire == END_GROUP {
            return Err(format!("proto: {name}: wiretype end group for non-group"));
        }
        if number as i32 <= 0 {
            return Err(format!(
                "proto: {name}: illegal tag {} (wire type {wire})",
                number as i32
            ));
        }
        Ok(Some(Tag { number, wire }))
    }

    fn expect(tag: Tag, wire: u8, field: &str) -> Result<(), String> {
        if tag.wire == wire {
            return Ok(());
        }
        let mut letters = field.chars();
        let field: String = match field {
            "metadata" => "ObjectMeta".into(),
            _ => letters
                .next()
                .into_iter()
                .flat_map(char::to_uppercase)
                .chain(letters)
                .collect(),
        };
        Err(format!("proto: wrong wireType = {} for field {field}", tag.wire))
    }

    fn length(&mut self) -> Result<usize, String> {
        let length = self.varint()? as i64;
        usize::try_from(length).map_err(|_| "proto: negative length found during unmarshaling".into())
    }

    /// The bytes of a field that has a length.
    fn bytes(&mut self, tag: Tag, field: &str) -> Result<&'a [u8], String> {
        Self::expect(tag, LENGTH, field)?;
        let length = self.length()?;
        self.take(length)
    }

    fn skip(&mut self, tag: Tag) -> Result<(), String> {
        let mut depth = 0_usize;
        let mut wire = tag.wire;
        loop {
            match wire {
                VARINT => drop(self.varint()?),
                FIXED64 => drop(self.take(8)?),
                LENGTH => {
                    let length = self.length()?;
                    self.take(length)?;
                }
                START_GROUP if depth < GROUP_DEPTH => depth += 1,
                END_GROUP if depth > 0 => depth -= 1,
                END_GROUP => return Err("proto: unexpected end of group".into()),
                FIXED32 => drop(self.take(4)?),
                other => return Err(format!("proto: illegal wireType {other}")),
            }
            if depth == 0 {
                return Ok(());
            }
            wire = (self.varint()? & 7) as u8;
        }
    }

    /// Reads a value of that shape into its place: one more element, one more entry, or the value itself.
    fn value(&mut self, shape: &Shape, tag: Tag, field: &str, holder: &mut Value) -> Result<(), String> {
        match shape {
            Shape::List(of) => {
                if !holder.is_array() {
                    *holder = Value::Array(Vec::new());
                }
                let Some(list) = holder.as_array_mut() else {
                    return Ok(());
                };
                if tag.wire == LENGTH && is_packed(of) {
                    let mut packed = Reader::new(self.bytes(tag, field)?, self.name);
                    while !packed.rest.is_empty() {
                        list.push(packed.scalar(of)?);
                    }
                } else {
                    let mut value = Value::Null;
                    self.value(of, tag, field, &mut value)?;
                    list.push(value);
                }
            }
            Shape::Map(of) => {
                let (key, value) = self.entry(of, tag, field)?;
                if !holder.is_object() {
                    *holder = Value::Object(Map::new());
                }
                if let Some(map) = holder.as_object_mut() {
                    map.insert(key, value);
                }
            }
            Shape::Object(_) => {
                let raw = self.bytes(tag, field)?;
                if !holder.is_object() {
                    *holder = Value::Object(Map::new());
                }
                if let (Some(of), Some(tree)) = (shape.object(), holder.as_object_mut()) {
                    message(of, &[], raw, tree)?;
                }
            }
            Shape::Pointer(of) => self.value(of, tag, field, holder)?,
            Shape::Bool | Shape::Int32 | Shape::Int64 => {
                Self::expect(tag, VARINT, field)?;
                *holder = self.scalar(shape)?;
            }
            Shape::Float64 => {
                Self::expect(tag, FIXED64, field)?;
                *holder = self.scalar(shape)?;
            }
            _ => *holder = special(shape, self.bytes(tag, field)?)?,
        }
        Ok(())
    }

    /// A value that has no length.
    fn scalar(&mut self, shape: &Shape) -> Result<Value, String> {
        Ok(match shape {
            Shape::Bool => (self.varint()? != 0).into(),
            Shape::Int32 => (self.varint()? as i32).into(),
            Shape::Float64 => {
                let bytes = self.take(8)?.try_into().unwrap_or_default();
                f64::from_le_bytes(bytes).into()
            }
            _ => (self.varint()? as i64).into(),
        })
    }

    /// An entry of a map: a message of a key and a value.
    fn entry(&mut self, of: &Shape, tag: Tag, field: &str) -> Result<(String, Value), String> {
        let mut entry = Reader::new(self.bytes(tag, field)?, self.name);
        let (mut key, mut value) = (String::new(), Value::Null);
        while let Some(tag) = entry.tag()? {
            match (tag.number, of) {
                (1, _) => key = text(entry.bytes(tag, field)?),
                // A list in a map has a message of its own: `ExtraValue`.
                (2, Shape::List(_)) => {
                    let mut items = Reader::new(entry.bytes(tag, field)?, "ExtraValue");
                    value = Value::Array(Vec::new());
                    while let Some(tag) = items.tag()? {
                        match tag.number {
                            1 => items.value(of, tag, "items", &mut value)?,
                            _ => items.skip(tag)?,
                        }
                    }
                }
                (2, _) => entry.value(of, tag, field, &mut value)?,
                _ => entry.skip(tag)?,
            }
        }
        Ok((key, value))
    }
}

fn is_packed(shape: &Shape) -> bool {
    matches!(shape, Shape::Bool | Shape::Int32 | Shape::Int64 | Shape::Float64)
}

/// Go keeps bytes that are no text, and writes them as replacement characters.
fn text(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).into_owned()
}

/// The values that have a form of their own in JSON.
fn special(shape: &Shape, raw: &[u8]) -> Result<Value, String> {
    let name = match shape {
        Shape::String => return Ok(text(raw).into()),
        Shape::Bytes => return Ok(STANDARD.encode(raw).into()),
        Shape::Quantity => "Quantity",
        Shape::Time | Shape::MicroTime => "Timestamp",
        Shape::Duration => "Duration",
        Shape::IntOrString => "IntOrString",
        _ => "RawExtension",
    };
    let (mut numbers, mut texts): ([i64; 4], [Option<&[u8]>; 4]) = ([0; 4], [None; 4]);
    let mut fields = Reader::new(raw, name);
    while let Some(tag) = fields.tag()? {
        let at = tag.number as usize;
        match (numbers.get_mut(at), texts.get_mut(at)) {
            (Some(number), _) if tag.wire == VARINT => *number = fields.varint()? as i64,
            (_, Some(text)) if tag.wire == LENGTH => *text = Some(fields.bytes(tag, name)?),
            _ => fields.skip(tag)?,
        }
    }
    let [_, first, second, _] = numbers;
    let written = texts[1].unwrap_or_default();
    Ok(match shape {
        Shape::Quantity => text(written).into(),
        Shape::Time | Shape::MicroTime if (first, second) == (0, 0) => Value::Null,
        Shape::Time => time(first, second, Precision::Seconds)?,
        Shape::MicroTime => time(first, second, Precision::Micros)?,
        Shape::Duration => format!("{first}ns").into(),
        Shape::IntOrString if first == 0 => (second as i32).into(),
        Shape::IntOrString => text(texts[3].unwrap_or_default()).into(),
        _ if written.is_empty() => Value::Null,
        _ => serde_json::from_slice(written).map_err(|error| error.to_string())?,
    })
}

fn time(seconds: i64, nanos: i64, precision: Precision) -> Result<Value, String> {
    let nanos = i32::try_from(nanos).unwrap_or_default();
    let time = time_from_unix(seconds, nanos, precision);
    time.map(Value::String)
        .ok_or_else(|| format!("there is no time {seconds} seconds after 1970"))
}

#[cfg(test)]
mod tests;
