//! The paths of a document, and the operations on them.

use serde_json::{Map, Value, json};

use super::{path, schemas};
use crate::demo::{
    kinds::Kind,
    schema::{self, Type},
};

/// The media types of patches.
const PATCHES: [&str; 4] = [
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
];

const LIST: [(&str, &str); 10] = [
    ("allowWatchBookmarks", "boolean"),
    ("continue", "string"),
    ("fieldSelector", "string"),
    ("labelSelector", "string"),
    ("limit", "integer"),
    ("resourceVersion", "string"),
    ("resourceVersionMatch", "string"),
    ("sendInitialEvents", "boolean"),
    ("timeoutSeconds", "integer"),
    ("watch", "boolean"),
];

const WRITE: [(&str, &str); 3] = [
    ("dryRun", "string"),
    ("fieldManager", "string"),
    ("fieldValidation", "string"),
];

const DELETE: [(&str, &str); 4] = [
    ("dryRun", "string"),
    ("gracePeriodSeconds", "integer"),
    ("orphanDependents", "boolean"),
    ("propagationPolicy", "string"),
];

/// All paths of these kinds, which are of one group and version.
pub(super) fn of(kinds: &[&Kind]) -> Map<String, Value> {
    let mut paths = Map::new();
    for kind in kinds {
        add(kind, &mut paths);
    }
    paths
}

fn add(kind: &Kind, paths: &mut Map<String, Value>) {
    let Some(of) = kind.schema() else { return };
    let root = path(kind.group, kind.version);
    let all = format!("/{root}/{}", kind.plural);
    let collection = if kind.namespaced {
        format!("/{root}/namespaces/{{namespace}}/{}", kind.plural)
    } else {
        all.clone()
    };
    let gvk = (kind.group, kind.version, kind.kind);
    let operations = |verbs: &[(&str, &str)]| -> Map<String, Value> {
        verbs
            .iter()
            .filter(|(verb, _)| kind.verbs().contains(verb))
            .map(|(verb, method)| ((*method).to_owned(), operation(verb, gvk, of)))
            .collect()
    };
    let put = |at: String, mut operations: Map<String, Value>, paths: &mut Map<String, Value>| {
        if !operations.is_empty() {
            operations.insert("parameters".into(), in_path(&at));
            paths.insert(at, operations.into());
        }
    };
    if kind.namespaced {
        put(all, operations(&[("list", "get")]), paths);
    }
    let collected = [
        ("list", "get"),
        ("create", "post"),
        ("deletecollection", "delete"),
    ];
    put(collection.clone(), operations(&collected), paths);
    let one = format!("{collection}/{{name}}");
    let single = [
        ("get", "get"),
        ("update", "put"),
        ("patch", "patch"),
        ("delete", "delete"),
    ];
    put(one.clone(), operations(&single), paths);
    if kind.has_status {
        let methods = [("get", "get"), ("update", "put"), ("patch", "patch")];
        put(format!("{one}/status"), operations(&methods), paths);
    }
    for subresource in kind.subresources {
        let (group, version, name) = subresource.of;
        let api_version = if group.is_empty() {
            version.to_owned()
        } else {
            format!("{group}/{version}")
        };
        let methods = single.into_iter().chain([("create", "post")]);
        let operations: Map<String, Value> = methods
            .filter(|(verb, _)| subresource.verbs.contains(verb))
            .map(|(verb, method)| {
                let operation = match schema::of_kind(&api_version, name) {
                    Some(of) => operation(verb, subresource.of, of),
                    // Such as `log`: text, and no object.
                    None => json!({"responses": {"200": {"content": {"text/plain": {"schema": {"type": "string"}}}}}}),
                };
                (method.to_owned(), operation)
            })
            .collect();
        put(format!("{one}/{}", subresource.name), operations, paths);
    }
}

/// One operation, by the verb that discovery has for it.
fn operation(verb: &str, (group, version, kind): (&str, &str, &str), of: &Type) -> Value {
    let object = schemas::reference(of.name);
    let json = |schema: &Value| json!({"content": {"application/json": {"schema": schema}}});
    let body = |schema: &Value| json!({"content": {"*/*": {"schema": schema}}, "required": true});
    let mut operation = json!({
        "x-kubernetes-action": match verb {
            "create" => "post",
            "update" => "put",
            other => other,
        },
        "x-kubernetes-group-version-kind": {"group": group, "version": version, "kind": kind},
    });
    let mut responses = json!({"200": json(&object)});
    match verb {
        "list" => {
            let list = schemas::reference(&schemas::list_name(of));
            responses = json!({"200": json(&list)});
            responses["200"]["content"]["application/json;stream=watch"] = json!({ "schema": list });
            operation["parameters"] = in_query(&LIST);
        }
        "create" | "update" => {
            responses["201"] = json(&object);
            operation["parameters"] = in_query(&WRITE);
            operation["requestBody"] = body(&object);
        }
        "patch" => {
            let patch = json!({"schema": schemas::reference(&schemas::meta("Patch"))});
            let content: Map<String, Value> = PATCHES
                .iter()
                .map(|media| ((*media).to_owned(), patch.clone()))
                .collect();
            responses["201"] = json(&object);
            let mut parameters = WRITE.to_vec();
            parameters.push(("force", "boolean"));
            operation["parameters"] = in_query(&parameters);
            operation["requestBody"] = json!({"content": content, "required": true});
        }
        "delete" | "deletecollection" => {
            let status = schemas::reference(&schemas::meta("Status"));
            let mut parameters = DELETE.to_vec();
            if verb == "deletecollection" {
                parameters.extend(
                    LIST.iter()
                        .filter(|(name, _)| !name.to_lowercase().contains("watch")),
                );
            }
            responses = json!({"200": json(&status)});
            operation["parameters"] = in_query(&parameters);
            operation["requestBody"] = body(&schemas::reference(&schemas::meta("DeleteOptions")));
            operation["requestBody"]["required"] = false.into();
        }
        _ => {}
    }
    operation["responses"] = responses;
    operation
}

fn in_query(parameters: &[(&str, &str)]) -> Value {
    parameters
        .iter()
        .map(|(name, of)| json!({"name": name, "in": "query", "schema": {"type": of, "uniqueItems": true}}))
        .collect()
}

/// The parameters that a path has in braces.
fn in_path(path: &str) -> Value {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "uniqueItems": true}})
        })
        .collect()
}
