//! How fresh the screen is: what the runtime knows of the connection.

use std::time::Duration;

use jiff::Timestamp;

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
        /// What is being listed.
        resource: &'static str,
        /// Objects so far.
        objects: usize,
    },
    /// As fresh as it gets.
    Live {
        /// The last probe's latency, if there was one.
        latency: Option<Duration>,
    },
    /// Out of date.
    Stale {
        /// What is: a resource, or the server.
        what: &'static str,
        /// Since when.
        since: Timestamp,
        /// Why.
        error: String,
    },
}

impl Link {
    /// Whether what is shown can be trusted: the worst that any watch or the probe says.
    pub fn trust(&self) -> Trust {
        let down = self.watches.iter().filter_map(|watch| match &watch.state {
            WatchState::Down { since, error } => Some((watch.resource, *since, error)),
            _ => None,
        });
        let silent = match &self.probe {
            Probe::Silent { since, error } => Some(("server", *since, error)),
            Probe::Unknown | Probe::Answered { .. } => None,
        };
        if let Some((what, since, error)) = down.chain(silent).min_by_key(|&(_, since, _)| since) {
            return Trust::Stale {
                what,
                since,
                error: error.clone(),
            };
        }
        let listing = self.watches.iter().filter_map(|watch| match watch.state {
            WatchState::Listing { objects } => Some((watch.resource, objects)),
            _ => None,
        });
        if let Some((resource, objects)) = listing.max_by_key(|&(_, objects)| objects) {
            return Trust::Syncing { resource, objects };
        }
        let connecting = |watch: &Watch| watch.state == WatchState::Connecting;
        if self.watches.is_empty() || self.watches.iter().any(connecting) {
            return Trust::Connecting;
        }
        Trust::Live {
            latency: match self.probe {
                Probe::Answered { latency } => Some(latency),
                Probe::Unknown | Probe::Silent { .. } => None,
            },
        }
    }

    /// Whether what is shown is out of date.
    pub fn is_stale(&self) -> bool {
        matches!(self.trust(), Trust::Stale { .. })
    }
}
