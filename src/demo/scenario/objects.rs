//! Manifests that are there from the start.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::{
    ScenarioError,
    base::{ensure_namespace, settled},
    place::Place,
};
use crate::demo::{
    clock, events,
    failure::Failure,
    object::{Key, metadata, str_at},
    store::{Store, Write},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ObjectEntry {
    /// How long ago it was made.
    #[serde(default)]
    age: Option<String>,
    manifest: Value,
}

impl ObjectEntry {
    /// Puts the `i`th object into the store.
    pub(super) fn load(&self, store: &Store, place: &Place<'_>, i: usize) -> Result<(), ScenarioError> {
        let at = format!("objects[{i}].manifest");
        let kind = place.kind(&at, &self.manifest)?;
        let mut manifest = self.manifest.clone();
        resolve(&mut manifest, Timestamp::now());
        if let Some(age) = &self.age {
            let age = place.duration(&format!("objects[{i}].age"), age)?;
            let made = Timestamp::now().checked_sub(age).unwrap_or(Timestamp::UNIX_EPOCH);
            metadata(&mut manifest).insert("creationTimestamp".into(), clock::seconds(made).into());
        }
        if kind.namespaced {
            let namespace = metadata(&mut manifest)
                .entry("namespace")
                .or_insert_with(|| "default".into());
            ensure_namespace(store, namespace.as_str().unwrap_or_default());
        }
        let tree = settled(store, kind, manifest).map_err(|why| place.error(format!("{at}: {why}")))?;
        let key = Key::new(
            str_at(&tree, "/metadata/namespace"),
            str_at(&tree, "/metadata/name"),
        );
        store
            .write(events::stored_row(kind), &key, |current| match current {
                Some(_) => Err(Failure::already_exists(kind, &key.name)),
                None => Ok(Write::Put(tree.clone())),
            })
            .map_err(|failure| place.error(format!("{at}.metadata.name: {}", failure.message())))?;
        Ok(())
    }
}

/// Times of a manifest are counted back from now: `{3m ago}` becomes the time that was three minutes before.
pub(super) fn resolve(tree: &mut Value, now: Timestamp) {
    match tree {
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, now)),
        Value::Object(fields) => fields.values_mut().for_each(|field| resolve(field, now)),
        Value::String(text) => {
            let ago = text
                .strip_prefix('{')
                .and_then(|text| text.strip_suffix(" ago}"))
                .and_then(|text| text.parse::<SignedDuration>().ok());
            if let Some(then) = ago.and_then(|ago| now.checked_sub(ago).ok()) {
                *text = then.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_counted_back() {
        let mut tree = json!({"a": ["{90s ago}", "{yesterday}"], "b": "3m ago"});
        resolve(&mut tree, Timestamp::from_second(1_000_000_000).unwrap());
        assert_eq!(
            tree,
            json!({"a": ["2001-09-09T01:45:10.000000Z", "{yesterday}"], "b": "3m ago"})
        );
    }
}
