//! Who else works on this cluster with berth: a Lease for each.
//!
//! The Leases are in `kube-public`: every API server makes that namespace, and nothing else has Leases in it, so that the right to
//! write them there endangers nobody. (In `kube-system` it would be a right over the Leases of the control plane.) They say
//! who it is, what kind of work it is, which pod is open and whose pods are adopted, and nothing else.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::connect::Connection;
use super::error::{Action, ClusterError};
use super::events::host;
use super::request::{RequestError, segment};
use super::right::Right;
use crate::model::PodKey;
use crate::model::text::inert;

/// Where the Leases are.
pub const NAMESPACE: &str = "kube-public";
/// The label that all of them have; its value is the kind of work.
const LABEL: &str = "berth.dev/operator";
/// The pod that is open, as `NAMESPACE/NAME`.
const OPEN: &str = "berth.dev/open-pod";
/// Whose pods are adopted, comma-joined.
const ADOPTS: &str = "berth.dev/adopts";
/// For how long one is good that is not renewed.
const GOOD_FOR: SignedDuration = SignedDuration::from_secs(20);
/// One that was not renewed for so long is taken away by whoever sees it.
const LEFT_BEHIND: SignedDuration = SignedDuration::from_hours(1);

/// Another operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// `USER@HOST`.
    pub who: String,
    /// `screen` or `apply`.
    pub work: String,
    /// The pod that is open.
    pub open: Option<PodKey>,
    /// The schedulers whose pods are adopted.
    pub adopts: Vec<String>,
    /// Since when they are here.
    pub since: Option<Timestamp>,
}

/// What we say of ourselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doing {
    /// The pod that is open.
    pub open: Option<PodKey>,
    /// The schedulers whose pods are adopted.
    pub adopts: Vec<Arc<str>>,
}

/// Our own Lease.
#[derive(Debug)]
pub struct Presence {
    connection: Connection,
    name: String,
    who: String,
    work: &'static str,
    since: Timestamp,
    made: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct List {
    items: Vec<Object>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    metadata: Metadata,
    spec: Spec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    name: String,
    uid: String,
    labels: std::collections::BTreeMap<String, String>,
    annotations: std::collections::BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    holder_identity: String,
    acquire_time: Option<Timestamp>,
    renew_time: Option<Timestamp>,
}

impl Presence {
    /// Of `user`, who does `work`. Nothing is written before [`Presence::renew`].
    pub fn new(connection: Connection, user: &str, work: &'static str) -> Self {
        Self {
            connection,
            name: format!("berth-{:016x}", fastrand::u64(..)),
            who: format!("{user}@{}", host()),
            work,
            since: Timestamp::now(),
            made: false,
        }
    }

    /// Says that we are here, and what we do.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn renew(&mut self, doing: &Doing) -> Result<(), ClusterError> {
        if self.made {
            let patch =
                json!({"metadata": {"annotations": annotations(doing)}, "spec": {"renewTime": now()}});
            let path = format!("{}/{}", folder(), self.name);
            let patched: Result<IgnoredAny, _> = self.connection.merge_again(&path, &patch).await;
            match patched {
                // Somebody took it for one that was left behind.
                Err(error) if error.code() == Some(404) => self.made = false,
                patched => return patched.map(drop).map_err(|error| self.failed("patch", error)),
            }
        }
        let made: Result<IgnoredAny, _> = self.connection.post_again(&folder(), &self.lease(doing)).await;
        made.map_err(|error| self.failed("create", error))?;
        self.made = true;
        Ok(())
    }

    /// The others; those that were left behind long ago are taken away.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub async fn others(&self) -> Result<Vec<Operator>, ClusterError> {
        let path = format!("{}?labelSelector={}", folder(), segment(LABEL));
        let list: Result<List, _> = self.connection.get_again(&path).await;
        let list = list.map_err(|error| self.failed("list", error))?;
        let now = Timestamp::now();
        let mut others = Vec::new();
        for lease in list.items {
            let silent = lease.spec.renew_time.map(|at| now.duration_since(at));
            match silent {
                _ if lease.metadata.name == self.name => {}
                Some(silent) if silent <= GOOD_FOR => others.push(lease.operator()),
                Some(silent) if silent > LEFT_BEHIND => self.sweep(&lease.metadata).await,
                _ => {}
            }
        }
        others.sort_by(|a, b| (&a.who, a.since).cmp(&(&b.who, b.since)));
        Ok(others)
    }

    /// Takes our Lease away.
    pub async fn end(&self) {
        if self.made {
            self.delete(&self.name, &json!({})).await;
        }
    }

    async fn sweep(&self, lease: &Metadata) {
        let options = json!({"preconditions": {"uid": lease.uid}});
        self.delete(&lease.name, &options).await;
    }

    async fn delete(&self, name: &str, options: &Value) {
        let path = format!("{}/{}", folder(), segment(name));
        let deleted: Result<IgnoredAny, _> = self.connection.delete(&path, options).await;
        if let Err(error) = deleted {
            tracing::info!(?error, name, "the lease stays behind");
        }
    }

    fn lease(&self, doing: &Doing) -> Value {
        let at = now();
        let mut annotations = annotations(doing);
        if let Some(annotations) = annotations.as_object_mut() {
            annotations.retain(|_, value| !value.is_null());
        }
        json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {
                "name": self.name, "namespace": NAMESPACE, "labels": {LABEL: self.work},
                "annotations": annotations,
            },
            "spec": {
                "holderIdentity": self.who, "leaseDurationSeconds": GOOD_FOR.as_secs(),
                "acquireTime": format!("{:.6}", self.since), "renewTime": at,
            },
        })
    }

    fn failed(&self, verb: &'static str, error: RequestError) -> ClusterError {
        let right = Right::within(NAMESPACE, verb, "leases", "coordination.k8s.io");
        let action = Action::new("telling other operators of us", right);
        ClusterError::new(&action, self.connection.server(), error)
    }
}

impl Object {
    fn operator(self) -> Operator {
        let said = |key: &str| self.metadata.annotations.get(key).map_or("", String::as_str);
        let open = said(OPEN).split_once('/');
        let adopts = said(ADOPTS).split(',').filter(|name| !name.is_empty());
        Operator {
            who: inert(&self.spec.holder_identity).into_owned(),
            work: self
                .metadata
                .labels
                .get(LABEL)
                .map_or_else(String::new, |work| inert(work).into_owned()),
            open: open.map(|(namespace, name)| PodKey::new(namespace, name)),
            adopts: adopts.map(|name| inert(name).into_owned()).collect(),
            since: self.spec.acquire_time,
        }
    }
}

/// Both keys are there in any case: a merge patch clears what is `null`.
fn annotations(doing: &Doing) -> Value {
    let adopts: Vec<&str> = doing.adopts.iter().map(|name| &**name).collect();
    json!({
        OPEN: doing.open.as_ref().map(ToString::to_string),
        ADOPTS: (!adopts.is_empty()).then(|| adopts.join(",")),
    })
}

fn now() -> String {
    format!("{:.6}", Timestamp::now())
}

fn folder() -> String {
    format!("/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_lease_says_of_an_operator_is_text() {
        let lease: Object = serde_json::from_value(json!({
            "metadata": {
                "name": "berth-1", "labels": {LABEL: "screen"},
                "annotations": {OPEN: "shop/cart", ADOPTS: "default-scheduler,b"},
            },
            "spec": {"holderIdentity": "ben\u{1b}[2J@laptop", "renewTime": "2026-01-01T00:00:00.000000Z"},
        }))
        .unwrap();
        let operator = lease.operator();
        assert_eq!(operator.who, "ben\u{fffd}[2J@laptop");
        assert_eq!(operator.open, Some(PodKey::new("shop", "cart")));
        assert_eq!(operator.adopts, ["default-scheduler", "b"]);
    }

    #[test]
    fn what_is_over_is_cleared() {
        let doing = Doing {
            open: Some(PodKey::new("shop", "cart")),
            adopts: vec!["a".into(), "b".into()],
        };
        assert_eq!(annotations(&doing), json!({OPEN: "shop/cart", ADOPTS: "a,b"}));
        assert_eq!(annotations(&Doing::default()), json!({OPEN: null, ADOPTS: null}));
    }
}
