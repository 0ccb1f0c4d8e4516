//! A conversation with an API server: what is said, and how it is held.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::Request;
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Stands for the namespace in bodies that are given as bytes.
const STAND_IN: &str = "twin-0000000000";

/// A file of conversations.
#[derive(Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) conversations: Vec<Conversation>,
}

/// Requests in a namespace of their own, one after another.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Conversation {
    /// What it shows.
    pub(super) name: String,
    pub(super) steps: Vec<Step>,
}

/// A request.
///
/// In its text `{ns}` stands for the conversation's namespace (objects without a namespace begin their names with it, too)
/// and `{NAME}` for what an earlier step saved.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// Method and path, such as `POST /api/v1/namespaces/{ns}/pods`. `WATCH` is a GET whose answer is a list of events: a
    /// watch ends by its `timeoutSeconds`.
    #[serde(rename = "do")]
    pub(super) request: String,
    /// The body as a tree, sent as JSON.
    #[serde(default)]
    body: Option<Value>,
    /// The body as it is.
    #[serde(default)]
    text: Option<String>,
    /// The body in base64. The namespace is [`STAND_IN`] in it, so that no length changes.
    #[serde(default)]
    base64: Option<String>,
    /// The Content-Type; `application/json` where nothing is said and there is a body.
    #[serde(default, rename = "type")]
    media: Option<String>,
    #[serde(default)]
    accept: Option<String>,
    /// What to keep of the answer: name, JSON pointer into its body.
    #[serde(default)]
    save: BTreeMap<String, String>,
    /// What is compared, as JSON pointers into the body; without, all of it.
    #[serde(default)]
    only: Vec<String>,
    /// What is known to differ: JSON pointer into the body, and why.
    #[serde(default)]
    pub(super) differs: BTreeMap<String, String>,
}

impl Conversation {
    /// The bodies that are sent as trees.
    pub(super) fn bodies(&self) -> impl Iterator<Item = &Value> {
        self.steps.iter().filter_map(|step| step.body.as_ref())
    }
}

impl File {
    pub(super) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a file of conversations");
        let conversations: Vec<Conversation> =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut names: Vec<&str> = conversations.iter().map(|c| c.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(
            names.len(),
            conversations.len(),
            "{}: every conversation has a name of its own",
            path.display()
        );
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        Self { name, conversations }
    }
}

/// A conversation as it is held.
pub(super) struct Session<'a> {
    client: &'a Client,
    pub(super) namespace: String,
    saved: BTreeMap<String, String>,
}

impl<'a> Session<'a> {
    /// Makes the namespace, and the service account that a controller would make in it.
    pub(super) async fn open(client: &'a Client, conversation: &Conversation) -> Self {
        let name = format!("twin-{:010x}", fastrand::u64(..1 << 40));
        let session = Self {
            client,
            namespace: name.clone(),
            saved: BTreeMap::new(),
        };
        for (path, body) in [
            (
                "/api/v1/namespaces".to_owned(),
                json!({"metadata": {"name": name}}),
            ),
            (
                format!("/api/v1/namespaces/{name}/serviceaccounts"),
                json!({"metadata": {"name": "default"}}),
            ),
        ] {
            let (code, answer) = session
                .send(
                    "POST",
                    &path,
                    "application/json",
                    None,
                    body.to_string().into_bytes(),
                )
                .await;
            assert!(
                matches!(code, 201 | 409),
                "{}: {path}: {answer}",
                conversation.name
            );
        }
        session
    }

    /// Holds one step, and answers what is compared of the answer.
    pub(super) async fn hold(&mut self, step: &Step) -> Value {
        let (method, path) = step.request.split_once(' ').expect("method and path");
        let path = self.fill(path);
        let body = match (&step.body, &step.text, &step.base64) {
            (Some(body), ..) => self.fill(&body.to_string()).into_bytes(),
            (None, Some(text), _) => self.fill(text).into_bytes(),
            (None, None, Some(bytes)) => self.named(&BASE64.decode(bytes).expect("base64")),
            (None, None, None) => Vec::new(),
        };
        let media = step
            .media
            .as_deref()
            .unwrap_or(if body.is_empty() { "" } else { "application/json" });
        let (method, watches) = if method == "WATCH" {
            ("GET", true)
        } else {
            (method, false)
        };
        let (code, text) = self
            .send(method, &path, media, step.accept.as_deref(), body)
            .await;
        let answer = if watches && code == 200 {
            text.lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| line.into()))
                .collect()
        } else {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        };
        for (name, at) in &step.save {
            let value = answer
                .pointer(at)
                .unwrap_or_else(|| panic!("{}: nothing at {at}: {answer}", step.request));
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.saved.insert(name.clone(), value);
        }
        let answer = if step.only.is_empty() {
            answer
        } else {
            let kept = step.only.iter().map(|at| {
                (
                    at.clone(),
                    answer.pointer(at).cloned().unwrap_or("(nothing)".into()),
                )
            });
            Value::Object(kept.collect::<Map<_, _>>())
        };
        json!({"code": code, "body": answer})
    }

    /// The bytes with the name of the namespace instead of the one that stands for it.
    fn named(&self, bytes: &[u8]) -> Vec<u8> {
        assert_eq!(self.namespace.len(), STAND_IN.len());
        let mut named = bytes.to_vec();
        for at in 0..bytes.len() {
            if bytes[at..].starts_with(STAND_IN.as_bytes()) {
                named[at..at + STAND_IN.len()].copy_from_slice(self.namespace.as_bytes());
            }
        }
        named
    }

    fn fill(&self, text: &str) -> String {
        let mut text = text.replace("{ns}", &self.namespace);
        for (name, value) in &self.saved {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        media: &str,
        accept: Option<&str>,
        body: Vec<u8>,
    ) -> (u16, String) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("user-agent", "twins/1")
            .header("accept-encoding", "identity");
        request = request.header("accept", accept.unwrap_or("application/json"));
        if !media.is_empty() {
            request = request.header("content-type", media);
        }
        let request = request.body(Body::from(body)).expect("a sound request");
        let answer = self
            .client
            .send(request)
            .await
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let code = answer.status().as_u16();
        let bytes = answer
            .into_body()
            .collect()
            .await
            .expect("a whole body")
            .to_bytes();
        (code, String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Takes away what stands at a JSON pointer.
pub(super) fn remove(tree: &mut Value, at: &str) {
    let Some((holder, key)) = at.rsplit_once('/') else {
        return;
    };
    let key = key.replace("~1", "/").replace("~0", "~");
    match tree.pointer_mut(holder) {
        Some(Value::Object(map)) => {
            map.remove(&key);
        }
        Some(Value::Array(list)) => {
            if let Some(value) = key.parse::<usize>().ok().and_then(|at| list.get_mut(at)) {
                *value = Value::Null;
            }
        }
        _ => {}
    }
}
