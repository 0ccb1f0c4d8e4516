//! Secrets are not written down: what a request, an answer or a manifest holds is masked before it is kept or shown.
//!
//! Better too much than too little: where a name sounds like a secret, its value goes.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// What stands for a secret.
pub const MASKED: &str = "(masked)";

/// Ends of names whose values are secrets, in lower case and without `-`, `_` and `.`.
const SECRET_ENDS: &[&str] = &[
    "token",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "apikey",
    "accesskey",
    "accesskeyid",
    "secretkey",
    "privatekey",
    "clientkey",
    "clientkeydata",
    "credential",
    "credentials",
    "authorization",
    "bearer",
    "cookie",
    "kubeconfig",
    "dockercfg",
    "dockerconfigjson",
    "lastappliedconfiguration",
];

/// Sources of volumes: their names sound like secrets, and what they hold are names.
const SOURCES: &[&str] = &["secret", "serviceAccountToken"];

/// Masks what is secret in `value`, a body sent to, or answered from, `path`.
pub fn json(value: &mut Value, path: &str) {
    let path = path.split('?').next().unwrap_or_default();
    let of_secret = path.split('/').any(|segment| segment == "secrets");
    object_or_list(value, of_secret);
}

/// `path` with the values masked of parameters whose names sound like secrets.
pub fn query(path: &str) -> Cow<'_, str> {
    let Some((before, query)) = path.split_once('?') else {
        return text(path);
    };
    let parameters = query.split('&').map(|parameter| match parameter.split_once('=') {
        Some((name, _)) if is_secret(&decoded(name)) => Cow::Owned(format!("{name}={MASKED}")),
        _ => text(parameter),
    });
    let parameters: Vec<Cow<'_, str>> = parameters.collect();
    Cow::Owned(format!("{}?{}", text(before), parameters.join("&")))
}

/// `text` without what looks like a credential: what follows `Bearer` or `--password`, JSON web tokens, `password=…`, and the
/// password in a URL.
pub fn text(text: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(text.len());
    let (mut follows_scheme, mut follows_flag) = (false, false);
    for word in text.split_inclusive(ends_word) {
        let end = word.chars().next_back().filter(|&c| ends_word(c));
        let bare = &word[..word.len() - end.map_or(0, char::len_utf8)];
        let is_flag = bare.starts_with('-');
        let of_flag = (follows_flag && !is_flag && !bare.is_empty()).then(|| MASKED.to_owned());
        match of_flag.or_else(|| credential(bare, follows_scheme)) {
            Some(kept) => {
                out.push_str(&kept);
                out.extend(end);
            }
            None => out.push_str(word),
        }
        if !bare.is_empty() {
            follows_scheme = bare.eq_ignore_ascii_case("bearer") || bare.eq_ignore_ascii_case("basic");
            follows_flag = is_flag && !bare.contains('=') && is_secret(bare);
        }
    }
    if out == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(out)
    }
}

/// Whether something called `name` is a secret.
fn is_secret(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(|c| !matches!(c, '-' | '_' | '.'))
        .flat_map(char::to_lowercase)
        .collect();
    SECRET_ENDS.iter().any(|end| plain.ends_with(end))
}

fn object_or_list(value: &mut Value, of_secret: bool) {
    match value {
        Value::Object(fields) => object(fields, of_secret),
        Value::Array(items) => {
            flags(items);
            for item in items {
                object_or_list(item, of_secret);
            }
        }
        Value::String(held) => string(held),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn object(fields: &mut Map<String, Value>, of_secret: bool) {
    let kind = fields.get("kind").and_then(Value::as_str).unwrap_or_default();
    let of_secret =
        of_secret || kind.eq_ignore_ascii_case("Secret") || kind.eq_ignore_ascii_case("SecretList");
    if patches_secret(fields, of_secret) {
        fields.insert("value".to_owned(), MASKED.into());
    }
    for (name, value) in fields {
        let data = matches!(name.as_str(), "data" | "stringData" | "binaryData");
        if of_secret && data || is_secret(name) && !(SOURCES.contains(&name.as_str()) && value.is_object()) {
            everything(value);
        } else if name == "env" {
            environment(value);
        } else {
            object_or_list(value, of_secret);
        }
    }
}

/// Whether it is an operation of a JSON patch that writes a secret.
fn patches_secret(fields: &Map<String, Value>, of_secret: bool) -> bool {
    let is_text = |name| fields.get(name).and_then(Value::as_str);
    let (Some(_), Some(path)) = (is_text("op"), is_text("path")) else {
        return false;
    };
    let segments = || path.split('/').map(|segment| segment.replace("~1", "/"));
    let named = segments().any(|segment| is_secret(&segment));
    let written = of_secret || named || segments().any(|segment| segment == "env");
    written && fields.contains_key("value")
}

/// Masks every value below, names stay.
fn everything(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(everything),
        Value::Array(items) => items.iter_mut().for_each(everything),
        Value::String(_) | Value::Number(_) => *value = MASKED.into(),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Masks the values of environment variables; names and references stay.
fn environment(value: &mut Value) {
    let Value::Array(variables) = value else {
        everything(value);
        return;
    };
    for variable in variables {
        match variable {
            Value::Object(fields) => {
                if let Some(value) = fields.get_mut("value") {
                    everything(value);
                }
            }
            other => everything(other),
        }
    }
}

/// Masks what follows a flag such as `--password` in a command.
fn flags(items: &mut [Value]) {
    let mut follows = false;
    for item in items {
        let Value::String(held) = item else { continue };
        let is_flag = held.starts_with('-');
        if follows && !is_flag {
            MASKED.clone_into(held);
        }
        follows = is_flag && !held.contains('=') && is_secret(held);
    }
}

/// JSON within a string is masked as such.
fn string(held: &mut String) {
    if held.starts_with(['{', '['])
        && let Ok(mut within) = serde_json::from_str::<Value>(held)
    {
        object_or_list(&mut within, false);
        *held = within.to_string();
    } else if let Cow::Owned(masked) = text(held) {
        *held = masked;
    }
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '&' | '(' | ')' | '<' | '>')
}

/// What `word` becomes, if it is or holds a credential.
fn credential(word: &str, follows_scheme: bool) -> Option<String> {
    if follows_scheme && word.len() >= 8 || is_web_token(word) {
        return Some(MASKED.to_owned());
    }
    if let Some((name, value)) = word.split_once('=')
        && !value.is_empty()
        && is_secret(name)
    {
        return Some(format!("{name}={MASKED}"));
    }
    if let Some((name, value)) = word.split_once('=')
        && is_web_token(value)
    {
        return Some(format!("{name}={MASKED}"));
    }
    let (scheme, rest) = word.split_once("://")?;
    let authority = rest.split('/').next().unwrap_or_default();
    let (user, _) = authority.rsplit_once('@')?;
    let (name, _) = user.split_once(':')?;
    let after = rest.get(user.len()..).unwrap_or_default();
    Some(format!("{scheme}://{name}:{MASKED}{after}"))
}

/// Three parts with dots between, the first a JSON object in base64.
fn is_web_token(word: &str) -> bool {
    word.starts_with("eyJ") && word.len() >= 20 && word.matches('.').count() >= 2
}

/// `name` with its percent escapes resolved, as far as they are text.
fn decoded(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = (first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn masked(mut value: Value, path: &str) -> Value {
        json(&mut value, path);
        value
    }

    #[test]
    fn data_of_secrets_is_masked_however_it_comes() {
        let secret = json!({"kind": "Secret", "metadata": {"name": "db"}, "type": "Opaque",
            "data": {"user": "YWRtaW4="}, "stringData": {"deep": {"er": ["x", 1]}}});
        let shown = masked(secret.clone(), "/api/v1/namespaces/a/secrets");
        assert_eq!(shown["data"]["user"], MASKED);
        assert_eq!(shown["stringData"]["deep"]["er"], json!([MASKED, MASKED]));
        assert_eq!(shown["metadata"]["name"], "db");
        assert_eq!(masked(secret.clone(), "/anything"), shown);

        let list = json!({"kind": "List", "items": [secret]});
        assert_eq!(masked(list, "/x")["items"][0]["data"]["user"], MASKED);
        let list = json!({"kind": "SecretList", "items": [{"data": {"a": "b"}}]});
        assert_eq!(masked(list, "/x")["items"][0]["data"]["a"], MASKED);

        // Patches name no kind.
        let path = "/api/v1/namespaces/a/secrets/db?fieldManager=x";
        assert_eq!(masked(json!({"data": {"a": "b"}}), path)["data"]["a"], MASKED);
        let patch = json!([{"op": "replace", "path": "/data/a", "value": "b"}]);
        assert_eq!(masked(patch, path)[0]["value"], MASKED);

        let map = json!({"kind": "ConfigMap", "data": {"a": "b"}});
        assert_eq!(masked(map.clone(), "/api/v1/namespaces/a/configmaps"), map);
    }

    #[test]
    fn environment_and_flags_are_masked_and_names_stay() {
        let pod = json!({"kind": "Pod", "spec": {"containers": [{
            "env": [{"name": "A", "value": "hunter2"},
                    {"name": "B", "valueFrom": {"secretKeyRef": {"name": "db", "key": "pw"}}}],
            "args": ["--token", "hunter2", "--v", "3", "--db-password=hunter2", "plain"],
        }], "volumes": [{"name": "v", "secret": {"secretName": "db", "defaultMode": 420}}],
            "automountServiceAccountToken": true}});
        let shown = masked(pod, "/api/v1/namespaces/a/pods/b");
        assert!(!shown.to_string().contains("hunter2"), "{shown}");
        let container = &shown["spec"]["containers"][0];
        assert_eq!(container["env"][0], json!({"name": "A", "value": MASKED}));
        assert_eq!(container["env"][1]["valueFrom"]["secretKeyRef"]["name"], "db");
        assert_eq!(container["args"][3], "3");
        assert_eq!(container["args"][4], "--db-password=(masked)");
        assert_eq!(container["args"][5], "plain");
        assert_eq!(shown["spec"]["volumes"][0]["secret"]["secretName"], "db");
        assert_eq!(shown["spec"]["automountServiceAccountToken"], true);
    }

    #[test]
    fn hostile_shapes_hide_nothing() {
        let applied = "kubectl.kubernetes.io/last-applied-configuration";
        let cases = [
            json!({"metadata": {"annotations": {applied: "{\"data\":{\"a\":\"hunter2\"}}"}}}),
            json!({"kind": "secret", "data": {"a": "hunter2"}}),
            json!({"kind": "Secret", "data": "hunter2"}),
            json!({"kind": "Secret", "data": [["hunter2"]]}),
            json!({"env": "hunter2"}),
            json!({"env": {"A": "hunter2"}}),
            json!({"env": ["A=hunter2"]}),
            json!({"env": [{"name": "A", "value": {"of": ["hunter2"]}}]}),
            json!({"spec": {"TOKEN": "hunter2"}, "status": {"client-key_data": ["hunter2"]}}),
            json!({"token": {"value": {"is": "hunter2"}}}),
            json!({"note": "{\"kind\":\"Secret\",\"data\":{\"a\":\"hunter2\"}}"}),
            json!({"note": "[{\"password\":\"hunter2\"}]"}),
            json!({"note": "asked with password=hunter2, and refused"}),
            json!({"note": "Authorization: Bearer hunter2hunter2"}),
            json!({"note": "see https://ana:hunter2@example.org/x"}),
            json!({"command": ["sh", "-c", "exec app --db-password hunter2 --v 3"]}),
            json!({"command": ["sh", "-c", "exec app --token 'hunter2'"]}),
            json!([{"op": "add", "path": "/spec/containers/0/env/-", "value": {"name": "A", "value": "hunter2"}}]),
            json!([{"op": "add", "path": "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
                    "value": "hunter2"}]),
        ];
        for case in cases {
            let shown = masked(case.clone(), "/api/v1/x").to_string();
            assert!(!shown.contains("hunter2"), "{case} shows {shown}");
        }
    }

    #[test]
    fn tokens_in_paths_and_texts_are_masked() {
        assert_eq!(
            query("/api/v1/pods?watch=1&limit=5"),
            "/api/v1/pods?watch=1&limit=5"
        );
        assert_eq!(query("/x?access_token=abc&b=c"), "/x?access_token=(masked)&b=c");
        assert_eq!(query("/x?%74oken=abc"), "/x?%74oken=(masked)");
        assert_eq!(query("/x?a=eyJhbGciOiJIUzI1.eyJzdWIi.c2ln"), "/x?a=(masked)");
        assert_eq!(text("Basic auth failed"), "Basic auth failed");
        assert_eq!(text("ä"), "ä");
        assert_eq!(text("got eyJhbGciOiJIUzI1.eyJzdWIi.c2ln."), "got (masked)");
    }
}
