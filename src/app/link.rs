//! How fresh the screen is: what the runtime knows of the connection.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::PodKey;
use crate::model::situation::{DEFAULT_SCHEDULER, State};

/// The connection, as the runtime sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// The kubeconfig's context, or another name for the cluster.
    pub context: String,
    /// The server's version, such as `v1.37.2`; empty until known.
    pub version: String,
    /// Who we are to the server; empty until known.
    pub user: String,
    /// The watches.
    pub watches: Vec<Watch>,
    /// The last answer of the server to a probe.
    pub probe: Probe,
    /// The other schedulers for which pods wait, and kube-scheduler.
    pub schedulers: Vec<OtherScheduler>,
    /// Where it is no cluster but a file: when that was written.
    pub file: Option<Timestamp>,
    /// The other operators.
    pub operators: Vec<Operator>,
}

/// Another person who works on this cluster with berth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// `USER@HOST`.
    pub who: String,
    /// The pod that is open there.
    pub open: Option<PodKey>,
    /// The schedulers whose pods are adopted there.
    pub adopts: Vec<String>,
}

/// Another scheduler, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherScheduler {
    /// Its schedulerName.
    pub name: Arc<str>,
    /// Whether it is at work.
    pub state: State,
    /// How that is known, or why not.
    pub evidence: String,
    /// When it last gave a sign of life, where it does no longer.
    pub since: Option<Timestamp>,
    /// When its Lease had been renewed, where it is not at work.
    pub lease_seen: Option<Timestamp>,
    /// Whether there is a Lease of its, as far as is known.
    pub has_lease: bool,
}

impl OtherScheduler {
    /// Whether it is at work; `None` where nothing tells.
    pub const fn alive(&self) -> Option<bool> {
        self.state.alive()
    }

    /// See [`called`].
    pub fn called(&self) -> &str {
        called(&self.name)
    }
}

/// What the scheduler of this schedulerName is called among people: kube-scheduler answers for `default-scheduler`.
pub fn called(name: &str) -> &str {
    if name == DEFAULT_SCHEDULER {
        "kube-scheduler"
    } else {
        name
    }
}

/// A watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// What it watches, such as `pods`.
    pub resource: &'static str,
    /// How it is.
    pub state: WatchState,
}

/// How a watch is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchState {
    /// Not answered yet.
    Connecting,
    /// The list is coming in.
    Listing {
        /// Objects so far.
        objects: usize,
    },
    /// Changes come as they happen.
    Live,
    /// There is no such kind in the cluster.
    NotServed,
    /// Not to be seen: decisions are made without.
    Unseen {
        /// Why.
        error: String,
    },
    /// Broken: what is shown is as old as this.
    Down {
        /// Since when.
        since: Timestamp,
        /// Why.
        error: String,
    },
}

/// Whether the server answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Probe {
    /// Not asked yet.
    #[default]
    Unknown,
    /// It answers.
    Answered {
        /// After how long.
        latency: Duration,
    },
    /// It does not.
    Silent {
        /// Since when.
        since: Timestamp,
        /// Why, in short.
        error: String,
    },
}

/// Whether what is shown can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Nothing has come yet.
    Connecting,
    /// The first lists are coming in.
    Syncing {
        /// What is waited for, the longest list first.
        resource: &'static str,
        /// Objects of it so far.
        objects: usize,
        /// How many more kinds are waited for.
        others: usize,
    },
    /// A file: as it was when that was written, for ever.
    File {
        /// When.
        written: Timestamp,
    },
    /// As fresh as it gets.
    Live {
        /// The last probe's latency, if there was one.
        latency: Option<Duration>,
        /// How many kinds are not to be seen.
        unseen: usize,
    },
    /// Out of date.
    Stale {
        /// What is: resources, or the server.
        what: String,
        /// Since when.
        since: Timestamp,
        /// Why.
        error: String,
    },
}

impl Link {
    /// Who else has the pod open.
    pub fn has_open<'a>(&'a self, pod: &'a PodKey) -> impl Iterator<Item = &'a str> {
        let others = self
            .operators
            .iter()
            .filter(move |other| other.open.as_ref() == Some(pod));
        others.map(|other| other.who.as_str())
    }

    /// Who else has adopted the pods of the scheduler called `name`.
    pub fn has_adopted<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let others = self
            .operators
            .iter()
            .filter(move |other| other.adopts.iter().any(|one| one == name));
        others.map(|other| other.who.as_str())
    }

    /// The scheduler called `name`, where it is one that is looked out for.
    pub fn scheduler(&self, name: &str) -> Option<&OtherScheduler> {
        self.schedulers.iter().find(|other| *other.name == *name)
    }

    /// Whether what is shown can be trusted: the worst that any watch or the probe says.
    pub fn trust(&self) -> Trust {
        if let Some(written) = self.file {
            return Trust::File { written };
        }
        let mut down = Vec::new();
        // Since the first that fell; why, of the first in the list, which matters most.
        let mut first = None;
        for watch in &self.watches {
            if let WatchState::Down { since, error } = &watch.state {
                down.push(watch.resource);
                first = Some(first.map_or((*since, error), |(first, error)| (*since.min(&first), error)));
            }
        }
        if let Probe::Silent { since, error } = &self.probe
            && first.is_none_or(|(down, _)| *since < down)
        {
            first = Some((*since, error));
            down.clear();
        }
        if let Some((since, error)) = first {
            return Trust::Stale {
                what: some_of(&down).unwrap_or_else(|| "server".to_owned()),
                since,
                error: error.clone(),
            };
        }
        let waited_for = self.waited_for();
        let longest = waited_for.iter().max_by_key(|(_, objects)| *objects);
        let connecting = |watch: &Watch| watch.state == WatchState::Connecting;
        match longest {
            Some(&(resource, Some(objects))) => Trust::Syncing {
                resource,
                objects,
                others: waited_for.len() - 1,
            },
            _ if self.watches.iter().all(connecting) => Trust::Connecting,
            _ => match waited_for.first() {
                Some(&(resource, _)) => Trust::Syncing {
                    resource,
                    objects: 0,
                    others: waited_for.len() - 1,
                },
                None => Trust::Live {
                    latency: match self.probe {
                        Probe::Answered { latency } => Some(latency),
                        Probe::Unknown | Probe::Silent { .. } => None,
                    },
                    unseen: self.unseen().count(),
                },
            },
        }
    }

    /// The kinds whose first answer or whole list has not come, with the objects that came so far.
    pub fn waited_for(&self) -> Vec<(&'static str, Option<usize>)> {
        let waits = |watch: &Watch| match watch.state {
            WatchState::Connecting => Some((watch.resource, None)),
            WatchState::Listing { objects } => Some((watch.resource, Some(objects))),
            _ => None,
        };
        self.watches.iter().filter_map(waits).collect()
    }

    /// The kinds that are not to be seen, and why.
    pub fn unseen(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.watches.iter().filter_map(|watch| match &watch.state {
            WatchState::Unseen { error } => Some((watch.resource, error.as_str())),
            _ => None,
        })
    }

    /// Whether what is shown is out of date.
    pub fn is_stale(&self) -> bool {
        matches!(self.trust(), Trust::Stale { .. })
    }
}

/// `pods`, `pods and nodes`, `pods, nodes and 17 more`; `None` where there is none.
pub fn some_of(names: &[&str]) -> Option<String> {
    match names {
        [] => None,
        [one] => Some((*one).to_owned()),
        [one, other] => Some(format!("{one} and {other}")),
        [one, other, rest @ ..] => Some(format!("{one}, {other} and {} more", rest.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(states: &[WatchState]) -> Link {
        let names = ["pods", "nodes", "csinodes", "services"];
        let watch = |(resource, state): (&&'static str, &WatchState)| Watch {
            resource,
            state: state.clone(),
        };
        Link {
            watches: names.iter().zip(states).map(watch).collect(),
            ..Link::default()
        }
    }

    #[test]
    fn what_is_waited_for_has_a_name() {
        use WatchState::{Connecting, Listing, Live, NotServed, Unseen};
        let syncing = |resource, objects, others| Trust::Syncing {
            resource,
            objects,
            others,
        };
        assert_eq!(link(&[Connecting, Connecting]).trust(), Trust::Connecting);
        let long = Listing { objects: 9 };
        assert_eq!(
            link(&[Listing { objects: 2 }, long, Connecting]).trust(),
            syncing("nodes", 9, 2)
        );
        assert_eq!(
            link(&[Live, NotServed, Connecting]).trust(),
            syncing("csinodes", 0, 0)
        );
        let unseen = Unseen { error: "no".into() };
        let live = Trust::Live {
            latency: None,
            unseen: 1,
        };
        assert_eq!(link(&[Live, NotServed, unseen]).trust(), live);
    }

    #[test]
    fn many_that_are_down_are_summed_up() {
        let down = |second| WatchState::Down {
            since: Timestamp::from_second(second).expect("a time"),
            error: second.to_string(),
        };
        let what = |states: &[WatchState]| match link(states).trust() {
            Trust::Stale { what, error, .. } => (what, error),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            what(&[WatchState::Live, down(7)]),
            ("nodes".to_owned(), "7".to_owned())
        );
        assert_eq!(
            what(&[down(7), down(3), down(5), down(4)]),
            ("pods, nodes and 2 more".to_owned(), "7".to_owned())
        );
    }
}
