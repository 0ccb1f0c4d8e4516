//! Bringing one object into a wanted state: read, change, write on what was read, and look again where that is in doubt.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::Work;
use crate::cluster::request::{RequestError, segment};
use crate::cluster::{Action, Right};
use crate::journal::Effect;
use crate::placing::outcome::Refusal;
use crate::placing::placer::{Placer, pause};

/// How often others may get in between.
const CONFLICTS: u32 = 5;
/// For how long an answer that was lost is looked up.
const RESOLVING: Duration = Duration::from_secs(15);

/// An object, and how it is written.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// For a person, such as `claim data-0`.
    pub(super) name: String,
    group: &'static str,
    resource: &'static str,
    namespace: String,
    object: String,
    status: bool,
}

impl Target {
    pub(super) fn volume(name: &str) -> Self {
        Self {
            name: format!("volume {name}"),
            group: "",
            resource: "persistentvolumes",
            namespace: String::new(),
            object: name.to_owned(),
            status: false,
        }
    }

    pub(super) fn claim(namespace: &str, name: &str) -> Self {
        Self {
            name: format!("claim {name}"),
            group: "",
            resource: "persistentvolumeclaims",
            namespace: namespace.to_owned(),
            object: name.to_owned(),
            status: false,
        }
    }

    pub(super) fn device_claim(namespace: &str, name: &str) -> Self {
        Self {
            group: "resource.k8s.io",
            resource: "resourceclaims",
            ..Self::claim(namespace, name)
        }
    }

    /// The same, written through its subresource `status`.
    pub(super) fn status(self) -> Self {
        Self { status: true, ..self }
    }

    pub(super) fn path(&self) -> String {
        let root = if self.group.is_empty() {
            "/api/v1".to_owned()
        } else {
            format!("/apis/{}/v1", self.group)
        };
        let namespace = match self.namespace.as_str() {
            "" => String::new(),
            namespace => format!("/namespaces/{}", segment(namespace)),
        };
        format!("{root}{namespace}/{}/{}", self.resource, segment(&self.object))
    }

    pub(super) fn right(&self, verb: &'static str) -> Right {
        let resource = match (self.resource, self.status) {
            ("resourceclaims", true) if verb == "update" => "resourceclaims/status",
            (resource, _) => resource,
        };
        Right::within(self.namespace.clone(), verb, resource, self.group)
    }

    fn action(&self, verb: &'static str) -> Action {
        let doing = if verb == "get" { "reading" } else { "writing" };
        Action::new(format!("{doing} {}", self.name), self.right(verb))
    }
}

impl Placer {
    /// Reads `target`; `None` where there is no such object.
    pub(super) async fn read(&self, target: &Target) -> Result<Option<Value>, Refusal> {
        match self.connection.get(&target.path()).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.code() == Some(404) => Ok(None),
            Err(error) => Err(self.refusal(&target.action("get"), error)),
        }
    }

    /// Makes `target` what `change` makes of it: `change` gets it as it is, and says whether it has to be written.
    /// Gives it back as it is then.
    ///
    /// A write whose answer was lost, or that somebody else's got ahead of, is looked up, and made again where it is not
    /// in force: it is preconditioned by the version that was read, so that it cannot be done twice.
    pub(super) async fn converge(
        &self,
        work: &Work<'_>,
        target: &Target,
        effect: &Effect,
        change: &(dyn Fn(&mut Value) -> Result<bool, Refusal> + Sync),
    ) -> Result<Value, Refusal> {
        let (mut conflicts, mut wait) = (0, Duration::from_millis(10));
        let mut lost: Option<(Instant, RequestError)> = None;
        let path = target.path();
        loop {
            let before = match (self.connection.get::<Value>(&path).await, &lost) {
                (Ok(before), _) => before,
                (Err(error), _) if error.code() == Some(404) => {
                    return Err(Refusal::ClaimChanged(format!("{} is gone", target.name)));
                }
                (Err(_), Some((since, _))) if since.elapsed() < RESOLVING => {
                    pause(&mut wait, Duration::from_secs(1)).await;
                    continue;
                }
                (Err(error), Some((_, first))) => {
                    let first = self.refusal(&target.action("update"), first.clone());
                    let then = self.refusal(&target.action("get"), error);
                    return Err(Refusal::Unreachable(format!("{first}; then {then}")));
                }
                (Err(error), None) => return Err(self.refusal(&target.action("get"), error)),
            };
            let mut after = before.clone();
            if !change(&mut after)? {
                return Ok(before);
            }
            let place = if target.status {
                format!("{path}/status")
            } else {
                path.clone()
            };
            let patch = serde_json::to_value(json_patch::diff(&before, &after)).unwrap_or_default();
            let written = work.diary.sends("update", &place, patch, effect.clone()).await?;
            let answer: Result<Value, _> = self.connection.put(&place, &after).await;
            work.diary.answered(written, &answer).await;
            match answer {
                Ok(object) => return Ok(object),
                Err(RequestError::Status(refused)) if refused.code == 409 && conflicts < CONFLICTS => {
                    conflicts += 1;
                }
                Err(RequestError::Status(refused)) if refused.code == 429 && conflicts < CONFLICTS => {
                    conflicts += 1;
                    let asked = refused.retry_after.unwrap_or(Duration::from_secs(1));
                    tokio::time::sleep(asked.min(Duration::from_secs(5))).await;
                }
                Err(error) if may_be_in_force(&error) => {
                    let since = lost.as_ref().map_or_else(Instant::now, |(since, _)| *since);
                    if since.elapsed() >= RESOLVING {
                        return Err(self.refusal(&target.action("update"), error));
                    }
                    lost = Some((since, error));
                }
                Err(error) => return Err(self.write_refusal(target, error)),
            }
            pause(&mut wait, Duration::from_secs(1)).await;
        }
    }

    fn write_refusal(&self, target: &Target, error: RequestError) -> Refusal {
        let forbidden = matches!(&error, RequestError::Status(refused)
            if refused.code == 422 && refused.message.contains("requires"));
        match self.refusal(&target.action("update"), error) {
            // A right that is missing is told as a field that is forbidden.
            Refusal::Rejected(text) if forbidden => Refusal::Forbidden(text),
            refusal => refusal,
        }
    }
}

/// Whether what was asked for may have been done.
fn may_be_in_force(error: &RequestError) -> bool {
    match error {
        RequestError::Lost { cause, .. } => !cause.never_sent(),
        RequestError::Status(refused) => refused.code >= 500,
        RequestError::Unreadable(_) => true,
    }
}
