//! Looking out for other schedulers: every few seconds, what their Leases and their pods tell.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::app::link::OtherScheduler;
use crate::cluster::{ClusterError, Connection, schedulers};
use crate::engine::Engine;
use crate::model::situation::{self, DEFAULT_SCHEDULER, Lease, Signs, Situation, State};
use crate::model::text::inert;

/// More schedulers than these are not asked about.
const MOST: usize = 8;

/// Who looks out.
pub(super) struct Lookout {
    connection: Connection,
    engine: Engine,
    ours: Vec<Arc<str>>,
    /// When the Leases had been renewed that were looked at, and what was found.
    seen: HashMap<Arc<str>, (Option<Timestamp>, State)>,
}

impl Lookout {
    pub(super) fn new(connection: Connection, engine: Engine, ours: Vec<Arc<str>>) -> Self {
        Self {
            connection,
            engine,
            ours,
            seen: HashMap::new(),
        }
    }

    /// Looks once. Where the server does not answer, nothing is told: the probe tells of that.
    pub(super) async fn look(mut self) -> (Self, Vec<OtherScheduler>) {
        let signs = self.engine.signs().await;
        let names = self.names(signs.as_ref());
        let looks = names.iter().map(|name| self.look_at(name, signs.as_ref()));
        let looks = futures::future::join_all(looks).await;
        let mut told = Vec::new();
        for (name, look) in names.iter().zip(looks) {
            let Ok((lease, found)) = look else { continue };
            self.seen.insert(Arc::clone(name), (lease.renewed(), found.state));
            told.push(tell(name, &lease, found));
        }
        (self, told)
    }

    /// kube-scheduler, and the schedulers that pods wait for and that are not ours.
    fn names(&self, signs: Option<&BTreeMap<Arc<str>, Signs>>) -> Vec<Arc<str>> {
        let waited_for = signs.into_iter().flatten().filter(|(_, signs)| signs.pending > 0);
        let mut names: Vec<Arc<str>> = vec![DEFAULT_SCHEDULER.into()];
        // Whoever was looked at is looked at again, though no pod waits for it any more: it may be adopted.
        for name in self.seen.keys().chain(waited_for.map(|(name, _)| name)) {
            if names.len() < MOST && !names.contains(name) {
                names.push(Arc::clone(name));
            }
        }
        names.retain(|name| !self.ours.contains(name));
        names
    }

    /// The first look at a scheduler is a thorough one, and so is the first that finds it silent without a Lease.
    async fn look_at(
        &self,
        name: &Arc<str>,
        signs: Option<&BTreeMap<Arc<str>, Signs>>,
    ) -> Result<(Lease, Situation), ClusterError> {
        let none = Signs::default();
        let signs = signs.map(|all| all.get(name).unwrap_or(&none));
        if let Some(&(seen, before)) = self.seen.get(name) {
            let lease = schedulers::read_lease(&self.connection, name, seen).await?;
            let found = situation::judge(&lease, signs, Timestamp::now());
            if found.state != State::Silent || before == State::Silent {
                return Ok((lease, found));
            }
        }
        schedulers::examine(&self.connection, name, signs).await
    }
}

fn tell(name: &Arc<str>, lease: &Lease, found: Situation) -> OtherScheduler {
    OtherScheduler {
        name: inert(name).into(),
        state: found.state,
        // That of a living one says how long ago, which would be news every time.
        evidence: match (found.state, lease) {
            (State::Alive, Lease::Held { .. }) => "lease renewed".to_owned(),
            _ => found.evidence,
        },
        since: found.since,
        lease_seen: lease.renewed().filter(|_| found.state.alive() != Some(true)),
        has_lease: !matches!(lease, Lease::Missing { .. }),
    }
}
