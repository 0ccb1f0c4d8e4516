//! Which other schedulers are at work: their Leases read, and the judgement on them ([`situation()`]).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::connect::Connection;
use super::error::{Action, ClusterError};
use super::list::List;
use super::request::{RequestError, segment};
use super::right::Right;
use crate::model::from_api::PodObject;
use crate::model::intern::Interner;
use crate::model::situation::{self, DEFAULT_SCHEDULER, Lease, Sign, SignKind, Signs, Situation, lease_name};
use crate::model::text::inert;

const NAMESPACE: &str = "kube-system";
/// How long after a first look at a Lease it is looked at again: longer than the two seconds in which kube-scheduler renews
/// it.
const SECOND_LOOK: Duration = Duration::from_secs(3);

/// Another scheduler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scheduler {
    /// Its schedulerName.
    pub name: String,
    /// Whether it is at work; `None` where nothing tells.
    pub alive: Option<bool>,
    /// The same in a word: see [`State`](crate::model::situation::State).
    pub state: &'static str,
    /// How that is known, or why not.
    pub evidence: String,
    /// Since when it is not at work, as far as that is known.
    pub since: Option<Timestamp>,
    /// Pods that wait for it; gated ones and those being deleted do not. `None` where pods may not be listed.
    pub pending: Option<usize>,
    /// Those of them that the cluster needs.
    pub critical: Option<usize>,
    /// Those of them that no scheduler has looked at.
    pub untouched: Option<usize>,
}

/// The other schedulers: kube-scheduler, and every one that a pod waits for and that is not in `ours`.
///
/// # Errors
/// Where the API server cannot be reached. Rights that are missing are told as evidence.
pub async fn others(connection: &Connection, ours: &[&str]) -> Result<Vec<Scheduler>, ClusterError> {
    let waiting = waiting(connection, "").await?;
    let mut names: Vec<&str> = vec![DEFAULT_SCHEDULER];
    names.extend(waiting.iter().flat_map(BTreeMap::keys).map(|name| &**name));
    names.sort_unstable();
    names.dedup();
    let names = names.into_iter().filter(|name| !ours.contains(name));
    futures::future::try_join_all(names.map(|name| tell(connection, name, waiting.as_ref()))).await
}

/// The scheduler called `name`.
///
/// # Errors
/// As [`others`].
pub async fn one(connection: &Connection, name: &str) -> Result<Scheduler, ClusterError> {
    let waiting = waiting(connection, &of_scheduler(name)).await?;
    tell(connection, name, waiting.as_ref()).await
}

/// What the pods that wait, and that `selector` selects, tell of their schedulers; `None` where they may not be seen.
async fn waiting(
    connection: &Connection,
    selector: &str,
) -> Result<Option<BTreeMap<Arc<str>, Signs>>, ClusterError> {
    // spec.nodeName=,status.phase!=Succeeded,status.phase!=Failed
    let waiting = "spec.nodeName%3D%2Cstatus.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed";
    match signs(connection, &format!("{waiting}{selector}")).await {
        Ok(signs) => Ok(Some(signs)),
        Err(ClusterError::Forbidden { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn tell(
    connection: &Connection,
    name: &str,
    waiting: Option<&BTreeMap<Arc<str>, Signs>>,
) -> Result<Scheduler, ClusterError> {
    let mut signs = waiting.map(|all| all.get(name).cloned().unwrap_or_default());
    let (_, found) = know(connection, name, signs.as_mut()).await?;
    Ok(Scheduler {
        name: inert(name).into_owned(),
        alive: found.state.alive(),
        state: found.state.as_str(),
        evidence: found.evidence,
        since: found.since,
        pending: signs.as_ref().map(|signs| signs.pending),
        critical: signs.as_ref().map(|signs| signs.critical),
        untouched: signs.as_ref().map(|signs| signs.untouched),
    })
}

/// All that can be known of the scheduler called `name` right now.
///
/// # Errors
/// As [`others`].
pub async fn situation(connection: &Connection, name: &str) -> Result<(Lease, Situation), ClusterError> {
    let waiting = waiting(connection, &of_scheduler(name)).await?;
    let mut signs = waiting.map(|mut all| all.remove(name).unwrap_or_default());
    know(connection, name, signs.as_mut()).await
}

/// As [`examine`], with `signs` of the pods that wait alone: those that are bound are asked about only where they could
/// change the word.
async fn know(
    connection: &Connection,
    name: &str,
    mut signs: Option<&mut Signs>,
) -> Result<(Lease, Situation), ClusterError> {
    let (lease, mut found) = examine(connection, name, signs.as_deref()).await?;
    if let (Some(false), Some(signs)) = (found.state.alive(), &mut signs)
        && let Some(sign) = last_bound(connection, name).await
    {
        signs.saw(sign);
        found = situation::judge(&lease, Some(signs), Timestamp::now());
    }
    Ok((lease, found))
}

/// `,spec.schedulerName=NAME`, for a selector.
fn of_scheduler(name: &str) -> String {
    format!("%2Cspec.schedulerName%3D{}", segment(name))
}

/// Judges the scheduler called `name` by its Lease and by `signs`, what its pods tell where they may be seen. A Lease that
/// seems to have run out a short while ago is looked at twice, as clocks may differ; events are asked for where they could
/// tell of life that pods do not.
///
/// # Errors
/// Where the API server cannot be reached.
pub async fn examine(
    connection: &Connection,
    name: &str,
    signs: Option<&Signs>,
) -> Result<(Lease, Situation), ClusterError> {
    let mut lease = read_lease(connection, name, None).await?;
    if lease.may_be_a_clocks_fault(Timestamp::now()) {
        tokio::time::sleep(SECOND_LOOK).await;
        lease = read_lease(connection, name, lease.renewed()).await?;
    }
    let found = situation::judge(&lease, signs, Timestamp::now());
    let (Some(false), Some(signs)) = (found.state.alive(), signs) else {
        return Ok((lease, found));
    };
    let mut signs = signs.clone();
    if let Some(sign) = last_event(connection, name).await {
        signs.saw(sign);
    }
    let found = situation::judge(&lease, Some(&signs), Timestamp::now());
    Ok((lease, found))
}

/// The Lease of the scheduler called `name`, which was renewed at `seen` when it was looked at before.
///
/// # Errors
/// Where the API server cannot be reached.
pub async fn read_lease(
    connection: &Connection,
    name: &str,
    seen: Option<Timestamp>,
) -> Result<Lease, ClusterError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Object {
        spec: Spec,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Spec {
        holder_identity: Option<String>,
        lease_duration_seconds: Option<i64>,
        renew_time: Option<Timestamp>,
    }
    let lease = lease_name(name);
    let path = format!(
        "/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{}",
        segment(lease)
    );
    let called = format!("{NAMESPACE}/{}", inert(lease));
    match connection.get_again::<Object>(&path).await {
        Ok(Object { spec }) => Ok(Lease::read(
            spec.holder_identity.as_deref(),
            spec.renew_time,
            spec.lease_duration_seconds,
            seen,
        )),
        Err(error @ (RequestError::Lost { .. } | RequestError::Unreadable(_))) => {
            let right = Right::within(NAMESPACE, "get", "leases", "coordination.k8s.io");
            let action = Action::new(format!("reading lease {called}"), right);
            Err(ClusterError::new(&action, connection.server(), error))
        }
        Err(RequestError::Status(refused)) => Ok(match refused.code {
            404 => Lease::Missing { name: called },
            401 | 403 => Lease::Unreadable {
                why: format!("lease {called} may not be read"),
            },
            _ => Lease::Unreadable {
                why: format!("lease {called}: {}", refused.message),
            },
        }),
    }
}

/// What the pods that `selector` selects tell of their schedulers.
async fn signs(connection: &Connection, selector: &str) -> Result<BTreeMap<Arc<str>, Signs>, ClusterError> {
    let action = Action::new("listing pods that wait", Right::everywhere("list", "pods", ""));
    let failed = |error| ClusterError::new(&action, connection.server(), error);
    let path = format!("/api/v1/pods?fieldSelector={selector}");
    let mut list = List::open(connection, &path).await.map_err(failed)?;
    let mut interner = Interner::default();
    let mut all: BTreeMap<Arc<str>, Signs> = BTreeMap::new();
    loop {
        let batch = list.batch::<PodObject>().await.map_err(failed)?;
        if batch.is_empty() {
            return Ok(all);
        }
        for pod in batch {
            let pod = pod.to_pod(&mut interner);
            let name = Arc::clone(&pod.spec.scheduler_name);
            all.entry(name).or_default().add(&pod);
        }
    }
}

/// When the scheduler called `name` last bound a pod, as far as its pods tell.
async fn last_bound(connection: &Connection, name: &str) -> Option<Sign> {
    // spec.schedulerName=NAME,spec.nodeName!=
    let selector = format!("spec.schedulerName%3D{}%2Cspec.nodeName%21%3D", segment(name));
    let signs = signs(connection, &selector).await.ok()?;
    signs.get(name)?.last
}

/// When the scheduler called `name` last reported that a pod fits nowhere; nothing where events may not be read. (Events of
/// pods that were placed are no sign: berth posts them in its name.)
async fn last_event(connection: &Connection, name: &str) -> Option<Sign> {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Event {
        event_time: Option<Timestamp>,
        series: Option<Series>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Series {
        last_observed_time: Option<Timestamp>,
    }
    // reason=FailedScheduling,reportingController=NAME
    let selector = format!(
        "reason%3DFailedScheduling%2CreportingController%3D{}",
        segment(name)
    );
    let path = format!("/apis/events.k8s.io/v1/events?fieldSelector={selector}");
    let mut list = List::open(connection, &path).await.ok()?;
    let mut last = None;
    loop {
        let batch = list.batch::<Event>().await.ok()?;
        if batch.is_empty() {
            return last.map(|at| Sign {
                at,
                kind: SignKind::Event,
            });
        }
        let times = batch.into_iter().flat_map(|event| {
            let again = event.series.and_then(|series| series.last_observed_time);
            [event.event_time, again]
        });
        last = times.fold(last, Option::max);
    }
}
