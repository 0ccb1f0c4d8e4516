//! What is known of the connection, told to the screen as it comes.

mod lookout;

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{mpsc, watch};

use self::lookout::Lookout;
use super::args::RULES_OF;
use super::presence::Told;
use crate::app::link::{Link, Operator, Probe, Watch, WatchState};
use crate::app::{Level, Msg};
use crate::cluster::Connection;
use crate::cluster::presence;
use crate::cluster::probe::Pulse;
use crate::cluster::watch::{WatchKind, WatchStatus};
use crate::engine::Engine;

/// How often the Leases of other schedulers are looked at. kube-scheduler renews its own every two seconds and gives it up after
/// fifteen.
const LOOK_OUT: Duration = Duration::from_secs(5);

/// Tells `screen` how the watches and the server fare, and who is who, until the screen is gone.
pub(super) async fn follow(
    connection: Connection,
    mut statuses: mpsc::UnboundedReceiver<(WatchKind, WatchStatus)>,
    engine: Engine,
    ours: Vec<Arc<str>>,
    mut operators: mpsc::UnboundedReceiver<Told>,
    screen: UnboundedSender<Msg>,
) {
    let mut link = Link {
        context: connection.context().to_owned(),
        watches: WatchKind::all()
            .map(|kind| Watch {
                resource: kind.as_str(),
                state: WatchState::Connecting,
            })
            .collect(),
        ..Link::default()
    };
    let mut pulse = connection.pulse();
    let mut introduction = Box::pin(introduce(&connection, &screen));
    let mut introduced = false;
    let mut look_out = tokio::time::interval(LOOK_OUT);
    look_out.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut resting = Some(Lookout::new(connection.clone(), engine, ours));
    let mut looking = std::future::pending().boxed();
    while screen.send(Msg::Link(link.clone())).is_ok() {
        tokio::select! {
            (version, user) = &mut introduction, if !introduced => {
                introduced = true;
                (link.version, link.user) = (version, user);
            }
            _ = look_out.tick() => {
                if let Some(lookout) = resting.take() {
                    looking = lookout.look().boxed();
                }
            }
            (lookout, found) = &mut looking => {
                looking = std::future::pending().boxed();
                resting = Some(lookout);
                if link.schedulers == found {
                    continue;
                }
                link.schedulers = found;
            }
            Some(told) = operators.recv() => match told {
                Told::Others(others) => {
                    let others: Vec<Operator> = others.into_iter().map(operator).collect();
                    if link.operators == others {
                        continue;
                    }
                    link.operators = others;
                }
                Told::Refused(why) => {
                    let text = format!("other operators are not told of you, or you not of them: {why}");
                    // The loop's own message finds out where nobody listens any more.
                    let _ = screen.send(Msg::Notice(Level::Info, text));
                }
            },
            status = statuses.recv() => match status {
                Some((kind, status)) => set(&mut link, kind, status),
                None => return,
            },
            beat = pulse.changed() => match beat {
                Ok(()) => link.probe = probe(&pulse),
                Err(_) => return,
            },
        }
    }
}

/// Asks the server for its version and for our name; says so where its rules are not those applied.
async fn introduce(connection: &Connection, screen: &UnboundedSender<Msg>) -> (String, String) {
    let (version, user) = futures::join!(connection.server_version(), connection.whoami());
    let version = version.map_or_else(
        |_| String::new(),
        |version| {
            if !crate::cli::check::follows_our_rules(&version.git_version) {
                let text = format!(
                    "This cluster is Kubernetes {}; the rules applied are those of {RULES_OF}",
                    version.git_version
                );
                // Nobody is left to tell where it fails.
                let _ = screen.send(Msg::Notice(Level::Warn, text));
            }
            version.git_version
        },
    );
    (version, user.name)
}

fn operator(from: presence::Operator) -> Operator {
    Operator {
        who: from.who,
        open: from.open,
        adopts: from.adopts,
    }
}

fn set(link: &mut Link, kind: WatchKind, status: WatchStatus) {
    let state = match status {
        WatchStatus::Connecting => WatchState::Connecting,
        WatchStatus::Listing { objects } => WatchState::Listing { objects },
        WatchStatus::Live => WatchState::Live,
        WatchStatus::NotServed => WatchState::NotServed,
        WatchStatus::Unseen { error } => WatchState::Unseen { error },
        WatchStatus::Down { since, error } => WatchState::Down { since, error },
    };
    for watch in &mut link.watches {
        if watch.resource == kind.as_str() {
            watch.state = state.clone();
        }
    }
}

fn probe(pulse: &watch::Receiver<Pulse>) -> Probe {
    match &*pulse.borrow() {
        Pulse::Unknown => Probe::Unknown,
        Pulse::Answers { latency, .. } => Probe::Answered { latency: *latency },
        Pulse::Silent { since, error } => Probe::Silent {
            since: *since,
            error: error.clone(),
        },
    }
}
