//! Leader election by a Lease: of several copies of a scheduler, one places pods.
//!
//! As client-go's `tools/leaderelection` does it: whoever holds the Lease renews it; others take it where it was not renewed
//! for as long as it says, counted by their own clock from when they saw it change, so that clocks may differ. A Lease that is
//! handed back is taken at once. Every write is made on the version that was read.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::connect::Connection;
use super::error::{Action, ClusterError};
use super::events::host;
use super::request::{RequestError, segment};
use super::right::Right;
use crate::model::text::inert;

/// Which Lease, and how long it is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElectionSettings {
    /// The Lease's namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// For how long it is good without being renewed.
    pub duration: Duration,
    /// For how long a holder that cannot renew it goes on.
    pub deadline: Duration,
    /// How often it is looked at, or renewed.
    pub retry: Duration,
}

impl ElectionSettings {
    /// kube-scheduler's times, on the Lease called `name` in `kube-system`.
    pub fn of(name: &str) -> Self {
        Self {
            namespace: "kube-system".to_owned(),
            name: name.to_owned(),
            duration: Duration::from_secs(15),
            deadline: Duration::from_secs(10),
            retry: Duration::from_secs(2),
        }
    }
}

/// One candidate.
#[derive(Debug)]
pub struct Election {
    connection: Connection,
    settings: ElectionSettings,
    identity: String,
    /// The Lease as it was seen to change last, and when.
    seen: Option<(Spec, Instant)>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Object {
    metadata: Metadata,
    spec: Spec,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    resource_version: String,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    holder_identity: Option<String>,
    lease_duration_seconds: Option<i64>,
    acquire_time: Option<String>,
    renew_time: Option<String>,
    lease_transitions: Option<i64>,
}

impl Spec {
    fn holder(&self) -> &str {
        self.holder_identity.as_deref().unwrap_or_default()
    }
}

impl Election {
    /// A candidate of its own.
    pub fn new(connection: Connection, settings: ElectionSettings) -> Self {
        Self {
            connection,
            settings,
            identity: format!("{}_{:016x}", host(), fastrand::u64(..)),
            seen: None,
        }
    }

    /// Under which name it stands.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Who holds the Lease as it was seen last, safe to show; empty where nobody does.
    pub fn holder(&self) -> String {
        let holder = self.seen.as_ref().map_or("", |(spec, _)| spec.holder());
        inert(holder).into_owned()
    }

    /// Takes the Lease or renews it; whether we hold it.
    ///
    /// # Errors
    /// Where it cannot be read or written.
    pub async fn stand(&mut self) -> Result<bool, ClusterError> {
        let found = match self.connection.get_again::<Object>(&self.path()).await {
            Ok(found) => Some(found),
            Err(error) if error.code() == Some(404) => None,
            Err(error) => return Err(self.failed("get", error)),
        };
        let Some(Object { metadata, spec }) = found else {
            let made: Result<Object, _> = self
                .connection
                .post_again(&self.folder(), &self.lease(None, &Spec::default()))
                .await;
            return self.settle("create", made);
        };
        if self.seen.as_ref().is_none_or(|(seen, _)| *seen != spec) {
            self.seen = Some((spec.clone(), Instant::now()));
        }
        let is_ours = spec.holder() == self.identity;
        if !is_ours && !spec.holder().is_empty() && !self.is_expired(&spec) {
            return Ok(false);
        }
        let lease = self.lease(Some(&metadata.resource_version), &spec);
        let written: Result<Object, _> = self.connection.put_again(&self.path(), &lease).await;
        self.settle("update", written)
    }

    fn settle(
        &mut self,
        verb: &'static str,
        written: Result<Object, RequestError>,
    ) -> Result<bool, ClusterError> {
        match written {
            Ok(lease) => {
                self.seen = Some((lease.spec, Instant::now()));
                Ok(true)
            }
            // Somebody was faster.
            Err(error) if error.code() == Some(409) => Ok(false),
            Err(error) => Err(self.failed(verb, error)),
        }
    }

    fn is_expired(&self, spec: &Spec) -> bool {
        let good_for = spec.lease_duration_seconds.unwrap_or_default();
        let good_for = Duration::from_secs(u64::try_from(good_for).unwrap_or_default());
        let since = self.seen.as_ref().map(|(_, at)| at.elapsed());
        since.is_some_and(|since| since > good_for)
    }

    /// Waits until we hold the Lease. `told` hears who else does, each time that is another, and what goes wrong meanwhile.
    ///
    /// # Errors
    /// Where a right is missing: waiting does not help.
    pub async fn win(
        &mut self,
        mut told: impl FnMut(Result<&str, &ClusterError>),
    ) -> Result<(), ClusterError> {
        let mut last = None;
        loop {
            match self.stand().await {
                Ok(true) => return Ok(()),
                Ok(false) => {
                    let holder = self.holder();
                    if last.as_ref() != Some(&holder) {
                        told(Ok(&holder));
                        last = Some(holder);
                    }
                }
                Err(error @ (ClusterError::Forbidden { .. } | ClusterError::Unauthorized { .. })) => {
                    return Err(error);
                }
                Err(error) => told(Err(&error)),
            }
            tokio::time::sleep(self.settings.retry).await;
        }
    }

    /// Holds the Lease until it is lost: another has it, or it could not be renewed in time. Says why.
    pub async fn hold(&mut self) -> String {
        let mut renewed = Instant::now();
        let mut why = String::new();
        loop {
            tokio::time::sleep(self.settings.retry).await;
            let left = self.settings.deadline.saturating_sub(renewed.elapsed());
            match tokio::time::timeout(left, self.stand()).await {
                Ok(Ok(true)) => renewed = Instant::now(),
                Ok(Ok(false)) => return format!("{} holds it", self.holder()),
                Ok(Err(error)) => why = error.to_string(),
                Err(_) => {
                    let time = self.settings.deadline.as_secs();
                    let no_answer = "no answer came";
                    let why = if why.is_empty() { no_answer } else { &why };
                    return format!("it could not be renewed within {time} s: {why}");
                }
            }
        }
    }

    /// Hands the Lease back, so that another need not wait.
    pub async fn release(&mut self) {
        let Ok(found) = self.connection.get_again::<Object>(&self.path()).await else {
            return;
        };
        if found.spec.holder() != self.identity {
            return;
        }
        let mut lease = self.lease(Some(&found.metadata.resource_version), &found.spec);
        lease["spec"]["holderIdentity"] = "".into();
        lease["spec"]["leaseDurationSeconds"] = 1.into();
        let written: Result<Object, _> = self.connection.put_again(&self.path(), &lease).await;
        if let Err(error) = written {
            tracing::info!(?error, "the lease is not handed back, and expires");
        }
    }

    fn lease(&self, version: Option<&str>, before: &Spec) -> Value {
        let now = format!("{:.6}", Timestamp::now());
        let is_ours = before.holder() == self.identity;
        let acquired = before.acquire_time.clone().filter(|_| is_ours);
        let transitions = before.lease_transitions.unwrap_or_default();
        let mut lease = json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self.settings.name, "namespace": self.settings.namespace},
            "spec": {
                "holderIdentity": self.identity,
                "leaseDurationSeconds": self.settings.duration.as_secs(),
                "acquireTime": acquired.unwrap_or_else(|| now.clone()),
                "renewTime": now,
                "leaseTransitions": if is_ours || version.is_none() { transitions } else { transitions + 1 },
            },
        });
        if let Some(version) = version {
            lease["metadata"]["resourceVersion"] = version.into();
        }
        lease
    }

    fn folder(&self) -> String {
        let namespace = segment(&self.settings.namespace);
        format!("/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases")
    }

    fn path(&self) -> String {
        format!("{}/{}", self.folder(), segment(&self.settings.name))
    }

    fn failed(&self, verb: &'static str, error: RequestError) -> ClusterError {
        let ElectionSettings { namespace, name, .. } = &self.settings;
        let right = Right::within(namespace.clone(), verb, "leases", "coordination.k8s.io");
        let action = Action::new(format!("standing for lease {namespace}/{name}"), right);
        ClusterError::new(&action, self.connection.server(), error)
    }
}
