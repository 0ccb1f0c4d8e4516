//! `PATCH`: JSON patches (RFC 6902), merge patches (RFC 7386), strategic merge patches and applied configurations.

mod operations;
mod strategic;

use std::sync::Arc;

use axum::response::Response;
use http::{StatusCode, header};
use serde_json::{Map, Value};

use self::strategic::Place;
use super::{
    api,
    apply::{self, Application, checks},
    bodies,
    bodies::Sent,
    events,
    failure::{Cause, Failure},
    kinds::Kind,
    managed_fields,
    object::{Key, metadata, str_at},
    store::Store,
    strategy::Part,
    subresource::Call,
    writes,
};

/// How a patch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Merge,
    Strategic,
    /// A configuration to be applied, as YAML or JSON.
    Apply,
}

impl Form {
    /// The form that a request names in its `Content-Type`. Those that upstream knows and has not turned on are
    /// refused like any other.
    pub(crate) fn parse(content_type: &str) -> Result<Self, Failure> {
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/json-patch+json" => Ok(Self::Json),
            "application/merge-patch+json" => Ok(Self::Merge),
            "application/strategic-merge-patch+json" => Ok(Self::Strategic),
            "application/apply-patch+yaml" => Ok(Self::Apply),
            _ => Err(Failure::unknown_patch()),
        }
    }
}

/// Answers a `PATCH` of an object or of its status.
pub(crate) fn answer(
    store: &Arc<Store>,
    kind: &'static Kind,
    key: &Key,
    part: Part,
    call: &Call,
) -> Result<Response, Failure> {
    let form = Form::parse(api::text(&call.headers, &header::CONTENT_TYPE))?;
    let mut options = api::options(call)?;
    // Whether there is an object counts before what is wrong with the patch.
    let patch = read(form, call);
    let patch = || patch.as_ref().map_err(Clone::clone);
    if form == Form::Apply {
        options.applied = true;
        return apply_configuration(store, kind, key, part, call, &options, patch);
    }
    let mut warnings = Vec::new();
    let changed = writes::update(store, kind, key, part, &options, |old| {
        let patched = change(kind, key, form, old, patch()?, call)?;
        warnings = patched.warnings;
        Ok(patched.tree)
    })?;
    Ok(api::json(StatusCode::OK, changed, &warnings))
}

/// What the patch that a request brings makes of an object that is not kept, such as a `Scale`.
pub(crate) fn changed(
    kind: &'static Kind,
    key: &Key,
    form: Form,
    old: Value,
    call: &Call,
) -> Result<Sent, Failure> {
    change(kind, key, form, old, &read(form, call)?, call)
}

/// Reads the patch itself.
fn read(form: Form, call: &Call) -> Result<Value, Failure> {
    if form == Form::Apply {
        return read_yaml(&call.body, call.params.field_validation == "Strict");
    }
    let patch: Value =
        serde_json::from_slice(&call.body).map_err(|_| Failure::bad_request("invalid JSON patch"))?;
    let got = match &patch {
        Value::Null if form == Form::Merge => return Err(Failure::bad_request("Invalid JSON Patch")),
        Value::Null => return Ok(patch),
        Value::Array(_) if form == Form::Json => return Ok(patch),
        Value::Object(_) if form != Form::Json => return Ok(patch),
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "bool",
    };
    let why = match form {
        Form::Json => {
            format!(
                "error decoding patch: json: cannot unmarshal {got} into Go value of type []handlers.jsonPatchOp"
            )
        }
        Form::Merge => {
            format!(
                "error decoding patch: json: cannot unmarshal {got} into Go value of type map[string]interface {{}}"
            )
        }
        _ => format!("json: cannot unmarshal {got} into Go value of type map[string]interface {{}}"),
    };
    Err(Failure::bad_request(why))
}

/// Reads a configuration. Of a key that is there twice the last counts, unless the client wants to be strict.
fn read_yaml(body: &[u8], strict: bool) -> Result<Value, Failure> {
    let unreadable = |error: String| Failure::bad_request(format!("error encoding patch: yaml: {error}"));
    let config: Value = if let Ok(json) = serde_json::from_slice(body) {
        json
    } else {
        let text = std::str::from_utf8(body).map_err(|error| unreadable(error.to_string()))?;
        let lax = serde_saphyr::options! { duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins };
        if text.trim().is_empty() {
            Value::Null
        } else {
            let config = serde_saphyr::from_str_with_options(text, lax)
                .map_err(|error| unreadable(error.to_string()))?;
            if strict {
                serde_saphyr::from_str::<Value>(text).map_err(|error| {
                    let why =
                        format!("error strict decoding patch: error converting YAML to JSON: yaml: {error}");
                    Failure::bad_request(why)
                })?;
            }
            config
        }
    };
    let got = match config {
        Value::Object(_) => return Ok(config),
        Value::Null => return Ok(Value::Object(Map::new())),
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "bool",
    };
    Err(Failure::bad_request(format!(
        "error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {got} into Go \
         value of type map[string]interface {{}}"
    )))
}

/// The object that a patch makes of this one, read as its kind.
fn change(
    kind: &'static Kind,
    key: &Key,
    form: Form,
    old: Value,
    patch: &Value,
    call: &Call,
) -> Result<Sent, Failure> {
    let uid = str_at(&old, "/metadata/uid").to_owned();
    let mut warnings = Vec::new();
    let (mut patched, shown) = match form {
        Form::Json => {
            warnings = operations::unknown_fields(patch);
            let patched = operations::apply(old, patch)?;
            let shown = patched.to_string();
            (patched, shown)
        }
        Form::Merge => {
            let mut patched = old;
            json_patch::merge(&mut patched, patch);
            let shown = patched.to_string();
            (patched, shown)
        }
        Form::Strategic | Form::Apply => {
            let empty = Map::new();
            let patch = patch.as_object().unwrap_or(&empty);
            (strategic(kind, old, patch)?, checks::go_map(patch))
        }
    };
    if form != Form::Strategic {
        check_kind(kind, &patched, &shown)?;
    }
    let managers = take_managers(&mut patched);
    apply::check_name(&patched, &key.name)?;
    let ignored = call.params.field_validation == "Ignore";
    if call.params.field_validation == "Strict" && !warnings.is_empty() {
        let failure = Failure::bad_request(format!("strict decoding error: {}", warnings.join(", ")));
        return Err(failure.of_patch(kind, &shown));
    }
    // Types are the patch's fault here, and not the body's.
    let mut sent =
        bodies::normalise(kind, patched, &call.params).map_err(|failure| failure.of_patch(kind, &shown))?;
    if !ignored {
        warnings.append(&mut sent.warnings);
        sent.warnings = warnings;
    }
    if let Some(managers) = managers {
        metadata(&mut sent.tree).insert("managedFields".into(), managers);
    }
    check_uid(kind, key, &sent.tree, &uid)?;
    Ok(sent)
}

/// The managers are no part of what a kind is read from: an empty list says something here.
fn take_managers(tree: &mut Value) -> Option<Value> {
    let metadata = tree.get_mut("metadata")?.as_object_mut()?;
    metadata.remove("managedFields").filter(|list| !list.is_null())
}

fn strategic(kind: &Kind, old: Value, patch: &Map<String, Value>) -> Result<Value, Failure> {
    let Value::Object(old) = old else {
        return Err(Failure::internal("the object is none"));
    };
    let place = managed_fields::type_of(kind).map_or(Place::Plain, Place::Struct);
    let mut patched = strategic::merge(old, patch.clone(), place)?;
    // Upstream reads the result as its type, whatever it calls itself.
    patched.insert("kind".into(), kind.kind.into());
    patched.insert("apiVersion".into(), kind.api_version().into());
    Ok(Value::Object(patched))
}

/// A patch may not make another kind of an object.
fn check_kind(kind: &Kind, patched: &Value, shown: &str) -> Result<(), Failure> {
    let (version, name) = (str_at(patched, "/apiVersion"), str_at(patched, "/kind"));
    if (version.is_empty() || version == kind.api_version()) && (name.is_empty() || name == kind.kind) {
        return Ok(());
    }
    let why = format!(
        "no kind {:?} is registered for version {:?} in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\"",
        if name.is_empty() { kind.kind } else { name },
        if version.is_empty() {
            kind.api_version()
        } else {
            version.to_owned()
        },
    );
    Err(Failure::bad_request(why).of_patch(kind, shown))
}

fn check_uid(kind: &'static Kind, key: &Key, new: &Value, uid: &str) -> Result<(), Failure> {
    let sent = str_at(new, "/metadata/uid");
    if sent.is_empty() || sent == uid {
        return Ok(());
    }
    let cause = Cause::invalid("metadata.uid", sent, "field is immutable");
    Err(Failure::invalid(events::stored_row(kind), &key.name, &[cause]))
}

/// Applies a configuration: to the object, or, where there is none, to nothing.
fn apply_configuration<'a>(
    store: &Arc<Store>,
    kind: &'static Kind,
    key: &Key,
    part: Part,
    call: &Call,
    options: &writes::Options,
    config: impl Fn() -> Result<&'a Value, Failure>,
) -> Result<Response, Failure> {
    let application = Application {
        kind,
        part,
        manager: &options.manager,
        force: call.params.force.unwrap_or(false),
    };
    let mut warnings = Vec::new();
    let mut applied = |live: Option<&Value>| -> Result<Value, Failure> {
        let mut tree = application.apply(live, config()?)?;
        let managers = take_managers(&mut tree);
        apply::check_name(&tree, &key.name)?;
        let mut sent = bodies::normalise(kind, tree, &call.params)?;
        if let Some(managers) = managers {
            metadata(&mut sent.tree).insert("managedFields".into(), managers);
        }
        warnings = sent.warnings;
        Ok(sent.tree)
    };
    loop {
        if part == Part::Main && store.get(kind.table, key).is_none() {
            let namespace = kind.namespaced.then_some(&*key.namespace);
            let mut tree = applied(None)?;
            check_new(kind, key, &tree)?;
            metadata(&mut tree).remove("resourceVersion");
            match writes::create(store, kind, namespace, tree, options) {
                // Somebody else was faster.
                Err(failure) if failure.is_already_exists() && store.get(kind.table, key).is_some() => {
                    continue;
                }
                outcome => return Ok(api::json(StatusCode::CREATED, outcome?, &warnings)),
            }
        }
        let outcome = writes::update(store, kind, key, part, options, |old| {
            let uid = str_at(&old, "/metadata/uid").to_owned();
            let tree = applied(Some(&old))?;
            check_uid(kind, key, &tree, &uid)?;
            Ok(tree)
        });
        match outcome {
            Err(failure)
                if part == Part::Main
                    && failure.code() == StatusCode::NOT_FOUND
                    && store.get(kind.table, key).is_none() => {}
            outcome => return Ok(api::json(StatusCode::OK, outcome?, &warnings)),
        }
    }
}

/// What is wrong with an object that is to be made under that name.
fn check_new(kind: &Kind, key: &Key, tree: &Value) -> Result<(), Failure> {
    let name = str_at(tree, "/metadata/name");
    if name != &*key.name {
        let url = &key.name;
        let why = format!("the name of the object ({name}) does not match the name on the URL ({url})");
        return Err(Failure::bad_request(why));
    }
    let uid = str_at(tree, "/metadata/uid");
    if !uid.is_empty() {
        let why = format!(
            "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        );
        return Err(Failure::conflict(kind, &key.name, &why));
    }
    Ok(())
}
