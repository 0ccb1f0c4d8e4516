//! Bringing one object into a wanted state: read, change, write on what was read, and look again where that is in doubt.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::Work;
use super::volumes::text;
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

/// An object in the wanted state.
pub(super) struct Converged {
    pub(super) object: Value,
    /// Whether it is so by a write of ours whose answer came. Otherwise it was so before, or nobody knows.
    pub(super) by_us: bool,
}

/// The first write whose answer was lost.
struct Lost {
    since: Instant,
    /// Of the object that it was made on.
    version: String,
    error: RequestError,
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
    /// in force: it is preconditioned by the version that was read, so that it cannot be done twice. Before it is made
    /// again it is asked whether it still may be.
    ///
    /// What is taken back ([`Effect::Undone`]) may be made anew by others at once: where the answer to that was lost and
    /// the object is another one since, it stays as it is.
    pub(super) async fn converge(
        &self,
        work: &Work<'_>,
        target: &Target,
        effect: &Effect,
        change: &(dyn Fn(&mut Value) -> Result<bool, Refusal> + Sync),
    ) -> Result<Converged, Refusal> {
        let takes_back = *effect == Effect::Undone;
        let (mut conflicts, mut wait) = (0, Duration::from_millis(10));
        let mut lost: Option<Lost> = None;
        let path = target.path();
        let mut again = false;
        loop {
            let before = match (self.connection.get::<Value>(&path).await, &lost) {
                (Ok(before), _) => before,
                (Err(error), _) if error.code() == Some(404) => {
                    return Err(Refusal::ClaimChanged(format!("{} is gone", target.name)));
                }
                (Err(_), Some(lost)) if lost.since.elapsed() < RESOLVING => {
                    pause(&mut wait, Duration::from_secs(1)).await;
                    continue;
                }
                (Err(error), Some(lost)) => {
                    let first = self.refusal(&target.action("update"), lost.error.clone());
                    let then = self.refusal(&target.action("get"), error);
                    return Err(Refusal::Unreachable(format!("{first}; then {then}")));
                }
                (Err(error), None) => return Err(self.refusal(&target.action("get"), error)),
            };
            let mut after = before.clone();
            let is_another = lost.as_ref().is_some_and(|lost| lost.version != version(&before));
            if !change(&mut after)? || (takes_back && is_another) {
                return Ok(Converged {
                    object: before,
                    by_us: false,
                });
            }
            let may = match (again, takes_back) {
                (false, _) => Ok(()),
                (true, true) => self.may_still_take_back(work).await,
                (true, false) => self.may_go_on(work).await,
            };
            match (may, &lost) {
                (Err(refusal), Some(lost)) if refusal.may_pass() && lost.since.elapsed() < RESOLVING => {
                    pause(&mut wait, Duration::from_secs(1)).await;
                    continue;
                }
                (may, _) => may?,
            }
            again = true;
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
                Ok(object) => return Ok(Converged { object, by_us: true }),
                Err(RequestError::Status(refused)) if refused.code == 409 && conflicts < CONFLICTS => {
                    conflicts += 1;
                }
                Err(RequestError::Status(refused)) if refused.code == 429 && conflicts < CONFLICTS => {
                    conflicts += 1;
                    let asked = refused.retry_after.unwrap_or(Duration::from_secs(1));
                    tokio::time::sleep(asked.min(Duration::from_secs(5))).await;
                }
                Err(error) if may_be_in_force(&error) => {
                    let lost = lost.get_or_insert_with(|| Lost {
                        since: Instant::now(),
                        version: version(&before).to_owned(),
                        error: error.clone(),
                    });
                    if lost.since.elapsed() >= RESOLVING {
                        return Err(self.refusal(&target.action("update"), error));
                    }
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

fn version(object: &Value) -> &str {
    text(object, "/metadata/resourceVersion")
}

/// Whether what was asked for may have been done.
fn may_be_in_force(error: &RequestError) -> bool {
    match error {
        RequestError::Lost { cause, .. } => !cause.never_sent(),
        RequestError::Status(refused) => refused.code >= 500,
        RequestError::Unreadable(_) => true,
    }
}
