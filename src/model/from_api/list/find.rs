//! One object of a file, whole: read again when a person looks at it, as the cache keeps only what rules read.

use serde_json::Value;

use super::{Document, Head, ListError, NESTED, yaml_options};

/// The object called `name` of `kind` in the text of a file, with `namespace` empty for kinds that have none; `None`
/// where it is not there. Of several, the last: it is the one that the cluster was made of.
///
/// # Errors
/// As for [`super::read`], where the text is neither JSON nor YAML.
pub fn find(
    bytes: &[u8],
    file: &str,
    (kind, namespace, name): (&str, &str, &str),
) -> Result<Option<Value>, ListError> {
    let syntax = |message: String| ListError::Syntax {
        file: file.to_owned(),
        message,
    };
    let text = std::str::from_utf8(bytes).map_err(|error| syntax(format!("not text: {error}")))?;
    let wanted = Wanted {
        kind,
        namespace,
        name,
    };
    let mut found = None;
    if text.trim_start().starts_with('{') {
        let mut documents = serde_json::Deserializer::from_str(text).into_iter::<Document<'_>>();
        let mut start = 0;
        while let Some(document) = documents.next() {
            let document = document.map_err(|error| syntax(error.to_string()))?;
            let end = documents.byte_offset();
            match document.items {
                Some(_) => wanted.in_list(&document, 0, &mut found),
                None => wanted.item(text.get(start..end).unwrap_or_default(), "", 0, &mut found),
            }
            start = end;
        }
    } else {
        let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(text, yaml_options(text.len()))
            .map_err(|error| syntax(error.to_string()))?;
        for document in documents {
            wanted.item(&document.to_string(), "", 0, &mut found);
        }
    }
    Ok(found)
}

struct Wanted<'a> {
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
}

impl Wanted<'_> {
    fn in_list(&self, list: &Document<'_>, depth: usize, found: &mut Option<Value>) {
        for item in list.items.iter().flatten() {
            self.item(item.get(), &list.kind, depth, found);
        }
    }

    /// Looks at one item, and into it where it is a list itself.
    fn item(&self, json: &str, list: &str, depth: usize, found: &mut Option<Value>) {
        let Ok(head) = serde_json::from_str::<Head>(json) else {
            return;
        };
        let kind = head.kind.as_deref().or(list.strip_suffix("List")).unwrap_or("");
        if kind.ends_with("List") && depth < NESTED {
            if let Ok(list) = serde_json::from_str::<Document<'_>>(json) {
                self.in_list(&list, depth + 1, found);
            }
            return;
        }
        let Some(metadata) = head.metadata.as_ref().filter(|_| kind == self.kind) else {
            return;
        };
        let (name, namespace) = (metadata.name.as_deref(), metadata.namespace.as_deref());
        if name == Some(self.name) && namespace.unwrap_or("") == self.namespace {
            *found = serde_json::from_str(json).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(text: &str, what: (&str, &str, &str)) -> Option<Value> {
        find(text.as_bytes(), "f", what).expect("it can be read")
    }

    #[test]
    fn objects_are_found_in_lists_typed_lists_and_documents() {
        let pod = json!({"kind": "Pod", "metadata": {"name": "a", "namespace": "x"}, "spec": {"more": [1]}});
        let node = json!({"kind": "Node", "metadata": {"name": "a"}, "status": {}});
        let list = json!({"kind": "List", "items": [node, {"kind": "List", "items": [pod]}]}).to_string();
        for text in [
            list.clone(),
            serde_saphyr::to_string(&serde_json::from_str::<Value>(&list).unwrap()).unwrap(),
        ] {
            assert_eq!(found(&text, ("Pod", "x", "a")), Some(pod.clone()));
            assert_eq!(found(&text, ("Node", "", "a")), Some(node.clone()));
            assert_eq!(found(&text, ("Pod", "y", "a")), None);
            assert_eq!(found(&text, ("Node", "", "b")), None);
        }
        let typed = json!({"kind": "NodeList", "items": [{"metadata": {"name": "n"}, "spec": {"unschedulable": true}}]});
        let read = found(&typed.to_string(), ("Node", "", "n")).expect("it is there");
        assert_eq!(read["spec"]["unschedulable"], true);
        let two = format!("{node}\n{{\"kind\": \"Node\", \"metadata\": {{\"name\": \"a\"}}, \"late\": 1}}");
        assert_eq!(found(&two, ("Node", "", "a")).expect("it is there")["late"], 1);
        assert!(find(b"{", "f", ("Node", "", "a")).is_err());
    }
}
