//! Where the pods and nodes of a file are: read whole when a person looks at one, as the cache keeps only what rules read.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::Value;

use super::{Document, Head, ListError, NESTED, documents, yaml_options};

/// Where each pod and node of a file is.
#[derive(Clone, Debug, Default)]
pub struct Index(HashMap<Key, Place>);

/// Where an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// These bytes of the file, in JSON.
    Bytes(Range<u64>),
    /// Nowhere in one piece, as the file is YAML: the object, in JSON.
    Text(Box<str>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    node: bool,
    namespace: Box<str>,
    name: Box<str>,
}

impl Key {
    fn of(kind: &str, namespace: &str, name: &str) -> Option<Self> {
        Some(Self {
            node: match kind {
                "Node" => true,
                "Pod" => false,
                _ => return None,
            },
            namespace: namespace.into(),
            name: name.into(),
        })
    }
}

impl Index {
    /// Looks for them in `bytes`, which are those of `file`. Of several of one name the last counts: it is the one that the
    /// cluster was made of.
    ///
    /// # Errors
    /// As for [`super::read`], where the text is neither JSON nor YAML.
    pub fn of(bytes: &[u8], file: &str) -> Result<Self, ListError> {
        let syntax = |message: String| ListError::Syntax {
            file: file.to_owned(),
            message,
        };
        let text = std::str::from_utf8(bytes).map_err(|error| syntax(format!("not text: {error}")))?;
        let mut index = Self::default();
        if text.trim_start().starts_with('{') {
            for found in documents(text) {
                let (document, json) = found.map_err(|error| syntax(error.to_string()))?;
                match document.items {
                    Some(_) => index.list(&document, 0, Some(text)),
                    None => index.item(json, "", 0, Some(text)),
                }
            }
        } else {
            let documents: Vec<Value> =
                serde_saphyr::from_multiple_with_options(text, yaml_options(text.len()))
                    .map_err(|error| syntax(error.to_string()))?;
            for document in documents {
                index.item(&document.to_string(), "", 0, None);
            }
        }
        Ok(index)
    }

    /// Where the object called `name` of `kind` is, with `namespace` empty for nodes; `None` where it is not in the file.
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&Place> {
        self.0.get(&Key::of(kind, namespace, name)?)
    }

    /// Takes the items of `list`, which are parts of `file` where that is JSON.
    fn list(&mut self, list: &Document<'_>, depth: usize, file: Option<&str>) {
        for item in list.items.iter().flatten() {
            self.item(item.get(), &list.kind, depth, file);
        }
    }

    /// Takes one item, and what is in it where it is a list itself.
    fn item(&mut self, json: &str, list: &str, depth: usize, file: Option<&str>) {
        let Ok(head) = serde_json::from_str::<Head>(json) else {
            return;
        };
        let kind = head.kind.as_deref().or(list.strip_suffix("List")).unwrap_or("");
        if kind.ends_with("List") && depth < NESTED {
            if let Ok(list) = serde_json::from_str::<Document<'_>>(json) {
                self.list(&list, depth + 1, file);
            }
            return;
        }
        let metadata = head.metadata.as_ref();
        let named = metadata.and_then(|metadata| {
            let namespace = metadata.namespace.as_deref().unwrap_or("");
            Key::of(kind, namespace, metadata.name.as_deref()?)
        });
        if let Some(key) = named {
            let place = match file {
                Some(file) => Place::Bytes(within(json, file)),
                None => Place::Text(json.into()),
            };
            self.0.insert(key, place);
        }
    }
}

/// Where `part` of `whole` is.
fn within(part: &str, whole: &str) -> Range<u64> {
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize) as u64;
    start..start + part.len() as u64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(text: &str, (kind, namespace, name): (&str, &str, &str)) -> Option<Value> {
        let index = Index::of(text.as_bytes(), "f").expect("it can be read");
        let json = match index.find(kind, namespace, name)? {
            Place::Bytes(range) => text
                .get(range.start as usize..range.end as usize)
                .expect("in the file"),
            Place::Text(text) => text,
        };
        Some(serde_json::from_str(json).expect("an object"))
    }

    #[test]
    fn objects_are_found_in_lists_typed_lists_and_documents() {
        let pod = json!({"kind": "Pod", "metadata": {"name": "a", "namespace": "x"}, "spec": {"more": [1]}});
        let node = json!({"kind": "Node", "metadata": {"name": "a"}, "status": {}});
        let list = json!({"kind": "List", "items": [node, {"kind": "List", "items": [pod]}]}).to_string();
        for text in [
            list.clone(),
            format!("\n  {list}"),
            serde_saphyr::to_string(&serde_json::from_str::<Value>(&list).unwrap()).unwrap(),
        ] {
            assert_eq!(found(&text, ("Pod", "x", "a")), Some(pod.clone()));
            assert_eq!(found(&text, ("Node", "", "a")), Some(node.clone()));
            assert_eq!(found(&text, ("Pod", "y", "a")), None);
            assert_eq!(found(&text, ("Node", "", "b")), None);
            assert_eq!(found(&text, ("List", "", "a")), None);
        }
        let typed = json!({"kind": "NodeList", "items": [{"metadata": {"name": "n"}, "spec": {"unschedulable": true}}]});
        let read = found(&typed.to_string(), ("Node", "", "n")).expect("it is there");
        assert_eq!(read["spec"]["unschedulable"], true);
        let two = format!("{node}\n{{\"kind\": \"Node\", \"metadata\": {{\"name\": \"a\"}}, \"late\": 1}}");
        assert_eq!(found(&two, ("Node", "", "a")).expect("it is there")["late"], 1);
        assert!(Index::of(b"{", "f").is_err());
    }
}
