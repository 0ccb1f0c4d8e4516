//! What happens in a scenario once it runs: timed steps, each a request to the server as any client could send it.

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use futures::FutureExt;
use http::{Request, header::CONTENT_TYPE};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ScenarioError, objects::resolve, place::Place};
use crate::demo::{
    api,
    kinds::{EVENT, KINDS, Kind, NODE},
    life::heartbeats::{KUBELET, SILENT},
    object::{metadata, str_at},
    store::Store,
};

/// Steps follow each other no faster than this where they repeat.
const SHORTEST: SignedDuration = SignedDuration::from_millis(100);
/// What stands for the number of a repetition, in the texts of a step.
const NUMBER: &str = "{n}";
/// Who has done it, for `metadata.managedFields` and events.
const TELLER: &str = "berth-scenario";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepEntry {
    /// When, counted from the start.
    #[serde(default)]
    at: Option<String>,
    /// When, counted from the step before.
    #[serde(default)]
    after: Option<String>,
    /// Again and again.
    #[serde(default)]
    every: Option<String>,
    /// So many times in all.
    #[serde(default)]
    times: Option<u32>,
    #[serde(default)]
    apply: Option<Value>,
    #[serde(default)]
    patch: Option<PatchEntry>,
    #[serde(default)]
    delete: Option<Target>,
    #[serde(default)]
    cordon: Option<String>,
    #[serde(default)]
    uncordon: Option<String>,
    #[serde(default)]
    silence: Option<String>,
    #[serde(default)]
    wake: Option<String>,
    #[serde(default)]
    say: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Target {
    kind: String,
    #[serde(default)]
    api_version: Option<String>,
    name: String,
    #[serde(default)]
    namespace: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PatchEntry {
    kind: String,
    #[serde(default)]
    api_version: Option<String>,
    name: String,
    #[serde(default)]
    namespace: Option<String>,
    /// A strategic merge patch.
    patch: Value,
}

/// A step, ready to be taken.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Step {
    line: u64,
    /// Where in the file, for people.
    at: String,
    /// After the start.
    pub(super) start: Duration,
    pub(super) every: Option<Duration>,
    /// Once where nothing is said.
    pub(super) times: Option<u32>,
    action: Action,
}

#[derive(Debug, Clone)]
enum Action {
    /// Made, or changed where it is there already.
    Apply {
        kind: &'static Kind,
        manifest: Value,
    },
    /// A patch of that media type.
    Patch {
        path: String,
        media: &'static str,
        patch: Value,
    },
    Delete {
        path: String,
    },
    Say {
        text: String,
    },
}

const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";

/// Reads the steps of a file.
pub(super) fn read(entries: Vec<(Place<'_>, StepEntry)>) -> Result<Vec<Step>, ScenarioError> {
    let mut before = SignedDuration::ZERO;
    let mut steps = Vec::new();
    for (i, (place, entry)) in entries.into_iter().enumerate() {
        let at = format!("steps[{i}]");
        let field = |name: &str| format!("{at}.{name}");
        let start = match (&entry.at, &entry.after) {
            (Some(_), Some(_)) => {
                return Err(place.error(format!("{at}: at and after exclude each other")));
            }
            (Some(at), None) => place.duration(&field("at"), at)?,
            (None, Some(after)) => before.saturating_add(place.duration(&field("after"), after)?),
            (None, None) if i == 0 => {
                return Err(place.error(format!("{at}: at or after must say when")));
            }
            (None, None) => before,
        };
        before = start;
        let every = match &entry.every {
            Some(every) => {
                let every = place.duration(&field("every"), every)?;
                if every < SHORTEST {
                    return Err(place.error(format!("{}: 100ms at least", field("every"))));
                }
                Some(every.unsigned_abs())
            }
            None => None,
        };
        if entry.times.is_some() && every.is_none() {
            return Err(place.error(format!("{}: only where every is given", field("times"))));
        }
        if entry.times == Some(0) {
            return Err(place.error(format!("{}: 1 at least", field("times"))));
        }
        steps.push(Step {
            line: place.line,
            start: start.unsigned_abs(),
            every,
            times: entry.times,
            action: entry.action(&place, &at)?,
            at,
        });
    }
    Ok(steps)
}

impl StepEntry {
    fn action(self, place: &Place<'_>, at: &str) -> Result<Action, ScenarioError> {
        let node = |name: &str, patch: Value| Action::Patch {
            path: path(&NODE, None, Some(name)),
            media: MERGE,
            patch,
        };
        let annotated = |value: Value| json!({"metadata": {"annotations": {KUBELET: value}}});
        let mut found = Vec::new();
        if let Some(mut manifest) = self.apply {
            let at = format!("{at}.apply");
            let kind = place.kind(&at, &manifest)?;
            if str_at(&manifest, "/metadata/name").is_empty() {
                return Err(place.error(format!("{at}.metadata.name: is missing")));
            }
            if kind.namespaced {
                metadata(&mut manifest)
                    .entry("namespace")
                    .or_insert_with(|| "default".into());
            }
            found.push(Action::Apply { kind, manifest });
        }
        if let Some(entry) = self.patch {
            let target = Target {
                kind: entry.kind,
                api_version: entry.api_version,
                name: entry.name,
                namespace: entry.namespace,
            };
            found.push(Action::Patch {
                path: target.path(place, &format!("{at}.patch"))?,
                media: STRATEGIC,
                patch: entry.patch,
            });
        }
        if let Some(target) = self.delete {
            let path = target.path(place, &format!("{at}.delete"))?;
            found.push(Action::Delete { path });
        }
        let cordons = [(self.cordon, json!(true)), (self.uncordon, Value::Null)];
        for (name, value) in cordons {
            found.extend(name.map(|name| node(&name, json!({"spec": {"unschedulable": value}}))));
        }
        for (name, value) in [(self.silence, json!(SILENT)), (self.wake, Value::Null)] {
            found.extend(name.map(|name| node(&name, annotated(value))));
        }
        found.extend(self.say.map(|text| Action::Say { text }));
        let many = found.len();
        match found.pop() {
            Some(action) if many == 1 => Ok(action),
            _ => Err(place.error(format!(
                "{at}: one of apply, patch, delete, cordon, uncordon, silence, wake and say, and there are {many}"
            ))),
        }
    }
}

impl Target {
    fn path(&self, place: &Place<'_>, at: &str) -> Result<String, ScenarioError> {
        let named = |kind: &&&Kind| {
            let version = self.api_version.as_deref();
            kind.is_stored()
                && kind.kind == self.kind
                && version.is_none_or(|version| version == kind.api_version())
        };
        let kind = KINDS
            .iter()
            .find(named)
            .ok_or_else(|| place.error(format!("{at}.kind: there is no {:?} here", self.kind)))?;
        if self.name.is_empty() {
            return Err(place.error(format!("{at}.name: is empty")));
        }
        let namespace = self.namespace.as_deref().unwrap_or("default");
        if !kind.namespaced && self.namespace.is_some() {
            let message = format!("{at}.namespace: objects of kind {} have none", kind.kind);
            return Err(place.error(message));
        }
        Ok(path(kind, Some(namespace), Some(&self.name)))
    }
}

fn path(kind: &Kind, namespace: Option<&str>, name: Option<&str>) -> String {
    let root = if kind.group.is_empty() { "api" } else { "apis" };
    let mut path = format!("/{root}/{}/", kind.api_version());
    if let Some(namespace) = namespace.filter(|_| kind.namespaced) {
        path = format!("{path}namespaces/{namespace}/");
    }
    path.push_str(kind.plural);
    if let Some(name) = name {
        path = format!("{path}/{name}");
    }
    path
}

/// What the server said to a step.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: u16,
    pub(super) message: String,
}

impl Step {
    /// Takes the step for the `n`th time, counted from 1.
    pub(super) async fn take(&self, store: &Arc<Store>, n: u32) -> Result<(), Refusal> {
        match self.action.numbered(n) {
            Action::Apply { kind, mut manifest } => {
                resolve(&mut manifest, Timestamp::now());
                let namespace = str_at(&manifest, "/metadata/namespace").to_owned();
                let name = str_at(&manifest, "/metadata/name").to_owned();
                let made = path(kind, Some(&namespace), None);
                match send(store, "POST", &made, "application/json", &manifest).await {
                    Err(Refusal { code: 409, .. }) => {
                        let there = path(kind, Some(&namespace), Some(&name));
                        send(store, "PATCH", &there, STRATEGIC, &manifest).await
                    }
                    other => other,
                }
            }
            Action::Patch {
                path,
                media,
                mut patch,
            } => {
                resolve(&mut patch, Timestamp::now());
                send(store, "PATCH", &path, media, &patch).await
            }
            Action::Delete { path } => send(store, "DELETE", &path, "application/json", &Value::Null).await,
            Action::Say { text } => {
                let made = path(&EVENT, Some("default"), None);
                send(store, "POST", &made, "application/json", &event(&text)).await
            }
        }
    }

    /// What it is called in the log.
    pub(super) fn name(&self) -> &str {
        &self.at
    }
}

impl Action {
    fn numbered(&self, n: u32) -> Self {
        let mut action = self.clone();
        let n = n.to_string();
        match &mut action {
            Self::Apply { manifest, .. } => number(manifest, &n),
            Self::Patch { path, patch, .. } => {
                *path = path.replace(NUMBER, &n);
                number(patch, &n);
            }
            Self::Delete { path } => *path = path.replace(NUMBER, &n),
            Self::Say { text } => *text = text.replace(NUMBER, &n),
        }
        action
    }
}

fn number(tree: &mut Value, n: &str) {
    match tree {
        Value::Array(items) => items.iter_mut().for_each(|item| number(item, n)),
        Value::Object(fields) => fields.values_mut().for_each(|field| number(field, n)),
        Value::String(text) if text.contains(NUMBER) => *text = text.replace(NUMBER, n),
        _ => {}
    }
}

/// What the story says, where `kubectl events` shows it.
fn event(text: &str) -> Value {
    let now = Timestamp::now();
    let second = crate::demo::clock::seconds(now);
    json!({
        "apiVersion": "v1", "kind": "Event",
        "metadata": {"namespace": "default", "name": format!("story.{:016x}", fastrand::u64(..))},
        "involvedObject": {"apiVersion": "v1", "kind": "Namespace", "name": "default", "namespace": "default"},
        "type": "Normal", "reason": "Story", "message": text, "count": 1,
        "source": {"component": TELLER}, "reportingComponent": TELLER,
        "firstTimestamp": second, "lastTimestamp": second,
    })
}

async fn send(
    store: &Arc<Store>,
    method: &str,
    path: &str,
    media: &str,
    body: &Value,
) -> Result<(), Refusal> {
    let body = match body {
        Value::Null => Body::empty(),
        body => Body::from(body.to_string()),
    };
    let request = Request::builder()
        .method(method)
        .uri(format!("{path}?fieldValidation=Strict&fieldManager={TELLER}"))
        .header(CONTENT_TYPE, media)
        .body(body)
        .map_err(|error| Refusal {
            code: 400,
            message: error.to_string(),
        })?;
    let response = api::answer(Arc::clone(store), request).await;
    let code = response.status().as_u16();
    if response.status().is_success() {
        return Ok(());
    }
    let body = response
        .into_body()
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let status: Value = serde_json::from_slice(&body).unwrap_or_default();
    Err(Refusal {
        code,
        message: str_at(&status, "/message").to_owned(),
    })
}

/// Takes every step once on a copy of the cluster, to find what the server would refuse. What controllers and kubelets
/// would have done by then is not done, so that a step about what is not there, or not any more, is believed.
pub(super) fn rehearse(store: &Store, file: &str, steps: &[Step]) -> Result<(), ScenarioError> {
    if steps.is_empty() {
        return Ok(());
    }
    let copy = Arc::new(store.copy());
    for step in steps {
        // Nothing in a request that is whole from the start waits for anything.
        let taken = step.take(&copy, 1).now_or_never().unwrap_or(Ok(()));
        let believed = |code| matches!(code, 404 | 409) && !matches!(step.action, Action::Apply { .. });
        let about_node = |path: &str| path.starts_with("/api/v1/nodes/");
        match (taken, &step.action) {
            (Err(refusal), Action::Patch { path, .. } | Action::Delete { path })
                if refusal.code == 404 && about_node(path) =>
            {
                return Err(step.refused(file, &refusal));
            }
            (Err(refusal), _) if !believed(refusal.code) => return Err(step.refused(file, &refusal)),
            _ => {}
        }
    }
    Ok(())
}

impl Step {
    fn refused(&self, file: &str, refusal: &Refusal) -> ScenarioError {
        let place = Place {
            file,
            line: self.line,
        };
        place.error(format!("{}: {}", self.at, refusal.message))
    }
}
