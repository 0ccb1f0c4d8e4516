//! Secrets: what is sent as text is stored as data, and each type wants its keys. Whether certificates and Docker
//! configurations are sound is not looked at.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{
    config_maps::{MOST, final_fields, keys},
    fields::{fill_text, immutable},
};
use crate::demo::{
    failure::Cause,
    object::{child, str_at},
    strategy::{self, Strategy},
};

/// What the server does with secrets.
pub(crate) static STRATEGY: Strategy = Strategy {
    default,
    validate,
    validate_update: |_, old, new| {
        let mut causes = Vec::new();
        immutable(old, new, &["/type"], &mut causes);
        causes.extend(final_fields(old, new, &["data"]));
        causes.extend(validate(new));
        causes
    },
    ..strategy::PLAIN
};

fn default(tree: &mut Value) {
    let sent = tree.as_object_mut().and_then(|map| map.remove("stringData"));
    if let Some(Value::Object(sent)) = sent {
        let data = child(tree, "data");
        for (key, value) in sent {
            let text = value.as_str().unwrap_or_default();
            data.insert(key, STANDARD.encode(text).into());
        }
    }
    fill_text(tree, "/type", "Opaque");
}

fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let data = tree.get("data");
    let size = keys(data, "data", &mut causes, |_, _| ());
    if size / 4 * 3 > MOST {
        causes.push(Cause::too_long("data", MOST));
    }
    let value = |key: &str| data.and_then(|data| data.get(key)?.as_str());
    let required = |key: &str| Cause::required(format!("data[{key}]"), "");
    match str_at(tree, "/type") {
        "kubernetes.io/service-account-token" => {
            let account = tree.pointer("/metadata/annotations/kubernetes.io~1service-account.name");
            if account.and_then(Value::as_str).is_none_or(str::is_empty) {
                let at = "metadata.annotations[kubernetes.io/service-account.name]";
                causes.push(Cause::required(at, ""));
            }
        }
        "kubernetes.io/dockercfg" if value(".dockercfg").is_none() => {
            causes.push(required(".dockercfg"));
        }
        "kubernetes.io/dockerconfigjson" if value(".dockerconfigjson").is_none() => {
            causes.push(required(".dockerconfigjson"));
        }
        "kubernetes.io/basic-auth" if value("username").or(value("password")).is_none() => {
            causes.extend([required("username"), required("password")]);
        }
        "kubernetes.io/ssh-auth" if value("ssh-privatekey").is_none_or(str::is_empty) => {
            causes.push(required("ssh-privatekey"));
        }
        "kubernetes.io/tls" => {
            let missing = ["tls.crt", "tls.key"]
                .into_iter()
                .filter(|key| value(key).is_none());
            causes.extend(missing.map(required));
        }
        _ => {}
    }
    causes
}
