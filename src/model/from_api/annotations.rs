//! Annotations, of which few are read.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// Who placed a pod with berth, and the adoption that it was placed under.
pub const PLACED_BY: &str = "berth.dev/placed-by";
/// See [`PLACED_BY`].
pub const ADOPTED: &str = "berth.dev/adopted";

/// The annotations that some rule, or some judgement, looks at.
const READ: [&str; 6] = [
    PLACED_BY,
    ADOPTED,
    "pv.kubernetes.io/bind-completed",
    "volume.kubernetes.io/selected-node",
    "volume.beta.kubernetes.io/storage-class",
    "storage.alpha.kubernetes.io/migrated-plugins",
];

/// The annotations of an object that are read; others, which may be long, are skipped while reading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Annotations(Vec<(&'static str, String)>);

impl Annotations {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(have, _)| *have == key);
        found.map(|(_, value)| value.as_str())
    }
}

impl<'de> Deserialize<'de> for Annotations {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Annotations;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("annotations: a map of texts")
            }

            fn visit_unit<E>(self) -> Result<Annotations, E> {
                Ok(Annotations::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Annotations, A::Error> {
                let mut all = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    match READ.iter().find(|read| **read == key) {
                        Some(&key) => all.push((key, map.next_value()?)),
                        None => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(Annotations(all))
            }
        }
        from.deserialize_any(Map)
    }
}
