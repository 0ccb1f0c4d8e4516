//! Which other schedulers are alive: what their Leases say.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::connect::Connection;
use super::error::{Action, ClusterError};
use super::list::List;
use super::request::{RequestError, segment};
use super::right::Right;
use crate::model::text::inert;

/// kube-scheduler's schedulerName where nobody chose another.
pub const DEFAULT_SCHEDULER: &str = "default-scheduler";
/// The Lease that kube-scheduler holds.
const DEFAULT_LEASE: &str = "kube-scheduler";
const NAMESPACE: &str = "kube-system";
/// kube-scheduler's own, for a Lease that does not say.
const LEASE_SECONDS: i64 = 15;

/// Another scheduler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scheduler {
    /// Its schedulerName.
    pub name: String,
    /// Whether it is at work; `None` where nothing tells.
    pub alive: Option<bool>,
    /// How that is known, or why not.
    pub evidence: String,
    /// Since when it is not at work, as far as that is known.
    pub since: Option<Timestamp>,
    /// Pods that wait for it; gated ones and those being deleted do not. `None` where pods may not be listed.
    pub pending: Option<usize>,
    /// Those of them that the cluster needs.
    pub critical: Option<usize>,
}

/// What a Lease says of its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseWord {
    /// Whether it is at work; `None` where the Lease does not tell.
    pub alive: Option<bool>,
    /// How that is known, or why not.
    pub evidence: String,
    /// When it last gave a sign of life, where it does no longer.
    pub since: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Lease {
    #[serde(default)]
    spec: LeaseSpec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct LeaseSpec {
    holder_identity: Option<String>,
    lease_duration_seconds: Option<i64>,
    renew_time: Option<Timestamp>,
}

/// The other schedulers: kube-scheduler, and every one that a pod waits for and that is not in `ours`.
///
/// # Errors
/// Where the API server cannot be reached. Rights that are missing are told as evidence.
pub async fn others(connection: &Connection, ours: &[&str]) -> Result<Vec<Scheduler>, ClusterError> {
    let waiting = match waiting(connection).await {
        Ok(waiting) => Some(waiting),
        Err(ClusterError::Forbidden { .. }) => None,
        Err(error) => return Err(error),
    };
    let mut names: Vec<&str> = vec![DEFAULT_SCHEDULER];
    names.extend(waiting.iter().flat_map(BTreeMap::keys).map(String::as_str));
    names.sort_unstable();
    names.dedup();
    let mut found = Vec::new();
    for name in names.into_iter().filter(|name| !ours.contains(name)) {
        let word = ask(connection, name).await?;
        let count = waiting
            .as_ref()
            .map(|all| all.get(name).copied().unwrap_or_default());
        found.push(Scheduler {
            name: inert(name).into_owned(),
            alive: word.alive,
            evidence: word.evidence,
            since: word.since,
            pending: count.map(|(pending, _)| pending),
            critical: count.map(|(_, critical)| critical),
        });
    }
    Ok(found)
}

/// What the Lease of the scheduler called `name` says: `kube-system/kube-scheduler` for `default-scheduler`, else
/// the one with its own name.
///
/// # Errors
/// Where the API server cannot be reached.
pub async fn ask(connection: &Connection, name: &str) -> Result<LeaseWord, ClusterError> {
    let lease = if name == DEFAULT_SCHEDULER {
        DEFAULT_LEASE
    } else {
        name
    };
    let path = format!(
        "/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{}",
        segment(lease)
    );
    let unknown = |evidence| LeaseWord {
        alive: None,
        evidence,
        since: None,
    };
    let lease = inert(lease);
    match connection.get_again::<Lease>(&path).await {
        Ok(read) => Ok(read.spec.word(Timestamp::now())),
        Err(error @ (RequestError::Lost { .. } | RequestError::Unreadable(_))) => {
            let right = Right::within(NAMESPACE, "get", "leases", "coordination.k8s.io");
            let action = Action::new(format!("reading lease {NAMESPACE}/{lease}"), right);
            Err(ClusterError::new(&action, connection.server(), error))
        }
        Err(RequestError::Status(refused)) => Ok(unknown(match refused.code {
            404 => format!(
                "there is no lease {NAMESPACE}/{lease}: it never ran here, or without leader election"
            ),
            401 | 403 => format!("lease {NAMESPACE}/{lease} may not be read"),
            _ => format!("lease {NAMESPACE}/{lease}: {}", refused.message),
        })),
    }
}

impl LeaseSpec {
    fn word(&self, now: Timestamp) -> LeaseWord {
        let Some(renewed) = self.renew_time else {
            return LeaseWord {
                alive: None,
                evidence: "its lease was never renewed".to_owned(),
                since: None,
            };
        };
        if self.holder_identity.as_deref().unwrap_or_default().is_empty() {
            return LeaseWord {
                alive: Some(false),
                evidence: "lease handed back: it was ended in good order".to_owned(),
                since: Some(renewed),
            };
        }
        let seconds = self.lease_duration_seconds.unwrap_or(LEASE_SECONDS);
        let silent = now.duration_since(renewed);
        if silent > SignedDuration::from_secs(seconds) {
            return LeaseWord {
                alive: Some(false),
                evidence: "lease expired".to_owned(),
                since: Some(renewed),
            };
        }
        LeaseWord {
            alive: Some(true),
            evidence: format!("lease renewed {} s ago", silent.as_secs().max(0)),
            since: None,
        }
    }
}

/// Pods that wait, by schedulerName: how many, and how many of them are critical.
async fn waiting(connection: &Connection) -> Result<BTreeMap<String, (usize, usize)>, ClusterError> {
    #[derive(Deserialize)]
    struct Pod {
        metadata: Metadata,
        spec: Spec,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Metadata {
        deletion_timestamp: Option<String>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Spec {
        scheduler_name: String,
        priority: Option<i32>,
        scheduling_gates: Option<Vec<serde::de::IgnoredAny>>,
    }
    // spec.nodeName=,status.phase!=Succeeded,status.phase!=Failed
    let path = "/api/v1/pods?fieldSelector=spec.nodeName%3D%2Cstatus.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed";
    let action = Action::new("listing pods that wait", Right::everywhere("list", "pods", ""));
    let failed = |error| ClusterError::new(&action, connection.server(), error);
    let mut list = List::open(connection, path).await.map_err(failed)?;
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    loop {
        let batch = list.batch::<Pod>().await.map_err(failed)?;
        if batch.is_empty() {
            break;
        }
        for pod in batch {
            let gated = pod.spec.scheduling_gates.is_some_and(|gates| !gates.is_empty());
            if gated || pod.metadata.deletion_timestamp.is_some() {
                continue;
            }
            let count = counts.entry(pod.spec.scheduler_name).or_default();
            count.0 += 1;
            count.1 += usize::from(pod.spec.priority.unwrap_or(0) >= 2_000_000_000);
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(holder: &str, renewed: &str, seconds: i64) -> LeaseWord {
        let spec = LeaseSpec {
            holder_identity: Some(holder.to_owned()),
            lease_duration_seconds: Some(seconds),
            renew_time: Some(renewed.parse().unwrap()),
        };
        spec.word("2026-01-01T00:01:00Z".parse().unwrap())
    }

    #[test]
    fn a_lease_that_is_renewed_means_life() {
        assert_eq!(word("a", "2026-01-01T00:00:58.5Z", 15).alive, Some(true));
        // A clock ahead of ours.
        assert_eq!(word("a", "2026-01-01T00:01:03Z", 15).alive, Some(true));
    }

    #[test]
    fn one_that_ran_out_means_a_crash_and_one_handed_back_does_not() {
        let crashed = word("a", "2026-01-01T00:00:00Z", 15);
        assert_eq!(
            (crashed.alive, crashed.evidence.as_str()),
            (Some(false), "lease expired")
        );
        let ended = word("", "2026-01-01T00:00:59Z", 1);
        assert_eq!(ended.alive, Some(false));
        assert!(ended.evidence.contains("handed back"), "{}", ended.evidence);
    }

    #[test]
    fn a_lease_without_a_renewal_tells_nothing() {
        assert_eq!(LeaseSpec::default().word(Timestamp::now()).alive, None);
    }
}
