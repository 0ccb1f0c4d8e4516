//! Reading what a client sent: media type, kind, types, unknown fields.

use std::{borrow::Cow, fmt};

use http::{HeaderMap, header};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::{
    failure::{Cause, Failure},
    kinds::Kind,
    object::{Key, str_at},
    protobuf,
    request::Params,
    schema::{self, Decoded, Type, go_quoted},
    syntax,
};

/// The media types of bodies, as upstream lists them.
const MEDIA_TYPES: [&str; 3] = [
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
];

/// Where upstream keeps its kinds, which its errors name.
const SCHEME: &str = "pkg/runtime/scheme.go:111";

/// A body as its kind, and what to warn the client of.
pub(crate) struct Sent {
    pub(crate) tree: Value,
    pub(crate) warnings: Vec<String>,
}

/// Reads an object of that kind.
pub(crate) fn read(kind: &Kind, headers: &HeaderMap, body: &[u8], params: &Params) -> Result<Sent, Failure> {
    read_as(&kind.api_version(), kind.kind, headers, body, params)
}

/// Reads what a subresource takes: an object of a kind that need not be one of the table's, such as a `Binding`.
pub(crate) fn read_as(
    api_version: &str,
    kind: &str,
    headers: &HeaderMap,
    body: &[u8],
    params: &Params,
) -> Result<Sent, Failure> {
    let format = Format::of(headers)?;
    let mode = Mode::of(params);
    let said = Said::read(format, body).map_err(|why| {
        let summary = summary(body);
        Failure::bad_request(format!(
            "the object provided is unrecognized (must be of type {kind}): {why} ({summary})"
        ))
    })?;
    let said = said.or(api_version, kind);
    let refuse = |why: &str| said.refuse(kind, why);
    let of = said.expect(api_version, kind)?;
    let decoded = format
        .decode(of, body, mode != Mode::Ignore)
        .map_err(|why| refuse(&why))?;
    mode.judge(decoded).map_err(|why| refuse(&why))
}

/// Refuses an object that is another one than that of the path.
pub(crate) fn check_target(tree: &Value, key: &Key) -> Result<(), Failure> {
    let (namespace, name) = (
        str_at(tree, "/metadata/namespace"),
        str_at(tree, "/metadata/name"),
    );
    if !key.namespace.is_empty() && !namespace.is_empty() && namespace != &*key.namespace {
        return Err(Failure::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    let wanted = &*key.name;
    if name.is_empty() {
        return Err(Failure::bad_request(format!(
            "the name of the object ({wanted} based on URL) was undeterminable: name must be provided"
        )));
    }
    if name != wanted {
        return Err(Failure::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({wanted})"
        )));
    }
    Ok(())
}

/// Reads the options of a deletion: an empty object where there is no body. Upstream is lenient with fields here, and
/// takes them under any group and version that it has.
pub(crate) fn read_delete_options(headers: &HeaderMap, body: &[u8]) -> Result<Value, Failure> {
    let kind = "DeleteOptions";
    let Some(of) = schema::of_kind("v1", kind).filter(|_| !body.is_empty()) else {
        return Ok(Value::Object(Map::new()));
    };
    let format = Format::of(headers)?;
    let said = Said::read(format, body)
        .map_err(Failure::bad_request)?
        .or("v1", kind);
    if said.kind != kind {
        return Err(Failure::bad_request(said.unregistered()));
    }
    let decoded = format.decode(of, body, false).map_err(Failure::bad_request)?;
    Ok(decoded.tree)
}

/// Reads a tree as its kind: wrong types are refused, unknown fields dropped, with a warning or a refusal as
/// `fieldValidation` wants.
pub(crate) fn normalise(kind: &Kind, tree: Value, params: &Params) -> Result<Sent, Failure> {
    let mode = Mode::of(params);
    let said = Said::default().or(&kind.api_version(), kind.kind);
    let outcome = match kind.schema() {
        Some(of) => schema::decode(of, tree, mode != Mode::Ignore).and_then(|decoded| mode.judge(decoded)),
        None => Err(said.unregistered()),
    };
    outcome.map_err(|why| said.refuse(kind.kind, &why))
}

/// What is wrong with the value of `fieldValidation`.
pub(crate) fn field_validation_cause(params: &Params) -> Option<Cause> {
    let values = ["", "Ignore", "Strict", "Warn"];
    let value = params.field_validation.as_str();
    (!values.contains(&value)).then(|| Cause::unsupported("fieldValidation", value, &values))
}

/// What becomes of fields that are unknown, or sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Ignore,
    Warn,
    Strict,
}

impl Mode {
    fn of(params: &Params) -> Self {
        match params.field_validation.as_str() {
            "Ignore" => Self::Ignore,
            "Strict" => Self::Strict,
            _ => Self::Warn,
        }
    }

    fn judge(self, decoded: Decoded) -> Result<Sent, String> {
        let Decoded { tree, strict } = decoded;
        if self == Self::Strict && !strict.is_empty() {
            return Err(format!("strict decoding error: {}", strict.join(", ")));
        }
        Ok(Sent {
            tree,
            warnings: strict,
        })
    }
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Yaml,
    Protobuf,
}

impl Format {
    fn of(headers: &HeaderMap) -> Result<Self, Failure> {
        let media = headers
            .get(header::CONTENT_TYPE)
            .map(|v| v.to_str().unwrap_or("?"));
        let essence = media
            .and_then(|media| media.split(';').next())
            .unwrap_or_default();
        match essence.trim().to_ascii_lowercase().as_str() {
            "" | "application/json" => Ok(Self::Json),
            "application/yaml" => Ok(Self::Yaml),
            "application/vnd.kubernetes.protobuf" => Ok(Self::Protobuf),
            _ => Err(Failure::unsupported_media_type(&MEDIA_TYPES)),
        }
    }

    fn decode(self, of: &'static Type, body: &[u8], strict: bool) -> Result<Decoded, String> {
        match self {
            Self::Json => {
                let text = String::from_utf8_lossy(body);
                schema::decode(of, &mut serde_json::Deserializer::from_str(&text), strict)
            }
            Self::Yaml => {
                let text = String::from_utf8_lossy(body);
                let mut decoded = schema::decode(of, yaml(&text)?, strict)?;
                if strict && let Err(error) = strict_yaml(&text) {
                    decoded.strict.insert(0, error);
                }
                Ok(decoded)
            }
            Self::Protobuf => {
                let envelope = protobuf::open(body)?;
                let mut tree = protobuf::decode(of, envelope.raw)?;
                for (key, said) in [("apiVersion", envelope.api_version), ("kind", envelope.kind)] {
                    tree.insert(key.into(), said.into());
                }
                schema::decode(of, Value::Object(tree), false)
            }
        }
    }
}

/// YAML as JSON; of keys that are there twice the last one counts.
fn yaml(text: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins,
    };
    serde_saphyr::from_str_with_options::<Option<Value>>(text, options)
        .map(Option::unwrap_or_default)
        .map_err(|error| format!("error converting YAML to JSON: yaml: {error}"))
}

/// Whether a key is there twice.
fn strict_yaml(text: &str) -> Result<(), String> {
    let Err(error) = serde_saphyr::from_str::<Option<Value>>(text) else {
        return Ok(());
    };
    Err(match error.without_snippet() {
        serde_saphyr::Error::DuplicateMappingKey { key, location } => {
            let key = go_quoted(key.as_deref().unwrap_or_default());
            format!("line {}: key {key} already set in map", location.line())
        }
        other => other.to_string(),
    })
}

/// What a body says that it is.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    api_version: String,
    kind: String,
}

impl Said {
    fn read(format: Format, body: &[u8]) -> Result<Self, String> {
        let text = || String::from_utf8_lossy(body);
        let said = match format {
            Format::Json => {
                let text = text();
                let mut source = serde_json::Deserializer::from_str(&text);
                let said = source.deserialize_any(SaidVisitor).and_then(|said| {
                    source.end()?;
                    Ok(said)
                });
                let wrong = |error: serde_json::Error| {
                    syntax::error(text.as_bytes()).unwrap_or_else(|| error.to_string())
                };
                said.map_err(wrong).and_then(|said| said)
            }
            Format::Yaml => yaml(&text())?
                .deserialize_any(SaidVisitor)
                .map_err(|error| error.to_string())
                .and_then(|said| said),
            Format::Protobuf => {
                return protobuf::open(body).map(|envelope| Self {
                    api_version: envelope.api_version,
                    kind: envelope.kind,
                });
            }
        };
        let said = said.map_err(|why| format!("couldn't get version/kind; json parse error: {why}"))?;
        if said.api_version.matches('/').count() > 1 {
            return Err(format!("unexpected GroupVersion string: {}", said.api_version));
        }
        Ok(said)
    }

    /// With what was to be expected where nothing is said.
    fn or(mut self, api_version: &str, kind: &str) -> Self {
        if self.api_version.is_empty() {
            api_version.clone_into(&mut self.api_version);
        }
        if self.kind.is_empty() {
            kind.clone_into(&mut self.kind);
        }
        self
    }

    fn version(&self) -> &str {
        self.api_version.rsplit('/').next().unwrap_or_default()
    }

    fn group(&self) -> &str {
        self.api_version.rsplit_once('/').map_or("", |(group, _)| group)
    }

    fn refuse(&self, wanted: &str, why: &str) -> Failure {
        let (kind, version) = (&self.kind, self.version());
        Failure::bad_request(format!(
            "{kind} in version {} cannot be handled as a {wanted}: {why}",
            go_quoted(version)
        ))
    }

    fn unregistered(&self) -> String {
        format!(
            "no kind {} is registered for version {} in scheme {SCHEME:?}",
            go_quoted(&self.kind),
            go_quoted(&self.api_version),
        )
    }

    /// Lists are known as well, and are nothing that is written.
    fn is_list(&self) -> bool {
        match self.kind.strip_suffix("List") {
            Some("") => self.api_version == "v1",
            Some(of) => schema::of_kind(&self.api_version, of).is_some(),
            None => false,
        }
    }

    /// The type, where the body says that it is of the kind that is wanted.
    fn expect(&self, api_version: &str, kind: &str) -> Result<&'static Type, Failure> {
        let of = schema::of_kind(&self.api_version, &self.kind);
        if of.is_none() && !self.is_list() {
            return Err(self.refuse(kind, &self.unregistered()));
        }
        let Some(of) = of.filter(|_| self.kind == kind) else {
            let wanted = Self::default().or(api_version, kind);
            let why = format!(
                "converting ({}.{}) to ({}.{kind}): unknown conversion",
                self.version(),
                self.kind,
                internal_package(wanted.group()),
            );
            return Err(self.refuse(kind, &why));
        };
        if self.api_version != api_version {
            return Err(Failure::bad_request(format!(
                "the API version in the data ({}) does not match the expected API version ({api_version})",
                self.api_version
            )));
        }
        Ok(of)
    }
}

/// Where upstream's own types of a group are.
fn internal_package(group: &str) -> &str {
    match group.split('.').next().unwrap_or_default() {
        "" | "events" => "core",
        package => package,
    }
}

/// The beginning of a body, as upstream shows it.
fn summary(body: &[u8]) -> String {
    const SHOWN: usize = 30;
    let (shown, rest) = body.split_at_checked(SHOWN).unwrap_or((body, &[]));
    let end = if rest.is_empty() { "" } else { " ..." };
    match shown.first() {
        None => "<empty>".into(),
        Some(b'{') => format!("{}{end}", String::from_utf8_lossy(shown)),
        Some(_) => {
            let hex = shown
                .iter()
                .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
            format!("{hex}{end}")
        }
    }
}

/// Reads `apiVersion` and `kind`, and nothing else. What is null says nothing.
struct SaidVisitor;

const SAID: &str =
    r#"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#;

fn not_said(value: &str) -> Result<Said, String> {
    Err(format!(
        "json: cannot unmarshal {value} into Go value of type {SAID}"
    ))
}

impl<'de> Visitor<'de> for SaidVisitor {
    type Value = Result<Said, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Ok(Said::default()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(not_said("bool"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(not_said("number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(not_said("number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(not_said("number"))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(not_said("string"))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(not_said("array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut said = Said::default();
        let mut refused = None;
        while let Some(key) = entries.next_key::<Cow<'_, str>>()? {
            let part = match &*key {
                "apiVersion" => &mut said.api_version,
                "kind" => &mut said.kind,
                _ => {
                    entries.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let word = match entries.next_value::<Value>()? {
                Value::String(text) => {
                    *part = text;
                    continue;
                }
                Value::Null => continue,
                Value::Bool(_) => "bool",
                Value::Number(_) => "number",
                Value::Array(_) => "array",
                Value::Object(_) => "object",
            };
            let error =
                || format!("json: cannot unmarshal {word} into Go struct field .{key} of type string");
            refused.get_or_insert_with(error);
        }
        Ok(refused.map_or(Ok(said), Err))
    }
}
