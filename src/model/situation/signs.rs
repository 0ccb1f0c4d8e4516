//! What pods tell of the scheduler that they belong to.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{SILENT_AFTER, short};
use crate::model::Pod;
use crate::model::pod::Attempt;

/// What the pods of one scheduler tell of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    /// Pods that wait for it; gated ones and those being deleted do not.
    pub pending: usize,
    /// Those of them that the cluster needs.
    pub critical: usize,
    /// Those of them that no scheduler has looked at, and that nothing keeps from it.
    pub untouched: usize,
    /// When the first of these was made.
    pub oldest: Option<Timestamp>,
    /// Its last sign of life.
    pub last: Option<Sign>,
}

/// A sign that a scheduler was at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sign {
    /// When.
    pub at: Timestamp,
    /// What it is.
    pub kind: SignKind,
}

/// What a scheduler did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignKind {
    /// It found no node for a pod.
    Failed,
    /// A pod was bound, and not by berth.
    Bound,
    /// It reported in an event that it found no node for a pod.
    Event,
}

impl Sign {
    fn of(pod: &Pod) -> Option<Self> {
        // A kubelet shows what it runs by itself as a pod of its Node.
        if pod.owner.as_ref().is_some_and(|owner| &*owner.kind == "Node") {
            return None;
        }
        let (at, kind) = match pod.attempt {
            Attempt::Failed(at) => (at, SignKind::Failed),
            Attempt::Bound(at) => (at, SignKind::Bound),
            Attempt::None | Attempt::Other => return None,
        };
        Some(Self { at, kind })
    }

    pub(super) fn is_recent(self, now: Timestamp) -> bool {
        now.duration_since(self.at) <= SILENT_AFTER
    }

    pub(super) fn words(self, now: Timestamp) -> String {
        let ago = short(now.duration_since(self.at));
        match self.kind {
            SignKind::Failed => format!("it tried a pod {ago} ago"),
            SignKind::Bound => format!("a pod of its was bound {ago} ago, and not by berth"),
            SignKind::Event => format!("it reported a pod that fits nowhere {ago} ago"),
        }
    }
}

impl Signs {
    /// Takes in one of its pods.
    pub fn add(&mut self, pod: &Pod) {
        if let Some(sign) = Sign::of(pod) {
            self.saw(sign);
        }
        if !pod.is_waiting() || pod.is_gated() {
            return;
        }
        self.pending += 1;
        self.critical += usize::from(pod.is_critical());
        // A gang that is not complete, and claims that are not made yet, keep pods from being tried, and nothing on the pod
        // says so.
        let may_be_kept = pod.spec.group.is_some() || !pod.spec.claims.is_empty();
        if pod.attempt == Attempt::None && !may_be_kept {
            self.untouched += 1;
            self.oldest = Some(self.oldest.map_or(pod.created, |oldest| oldest.min(pod.created)));
        }
    }

    /// Takes in a sign of life.
    pub fn saw(&mut self, sign: Sign) {
        if self.last.is_none_or(|last| last.at < sign.at) {
            self.last = Some(sign);
        }
    }

    /// Since when nobody is at work, where a pod has waited too long for a first look and nothing was done meanwhile.
    pub(super) fn silent_since(&self, now: Timestamp) -> Option<Timestamp> {
        let since = self.oldest?.max(self.last.map_or(Timestamp::MIN, |sign| sign.at));
        (now.duration_since(since) > SILENT_AFTER).then_some(since)
    }

    pub(super) fn untouched_words(&self, now: Timestamp) -> String {
        let longest = self.oldest.map_or_else(String::new, |oldest| {
            format!("for {}", short(now.duration_since(oldest)))
        });
        match self.untouched {
            1 => format!("nobody has looked at 1 pod of its {longest}"),
            more => format!("nobody has looked at {more} pods of its, the oldest {longest}"),
        }
    }
}

/// What `pods` tell, by schedulerName.
pub fn by_scheduler<'a>(pods: impl IntoIterator<Item = &'a Pod>) -> BTreeMap<Arc<str>, Signs> {
    let mut all: BTreeMap<Arc<str>, Signs> = BTreeMap::new();
    for pod in pods {
        let name = &pod.spec.scheduler_name;
        match all.get_mut(name) {
            Some(signs) => signs.add(pod),
            None => all.entry(Arc::clone(name)).or_default().add(pod),
        }
    }
    all
}
