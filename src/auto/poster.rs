//! Posting events beside the Bindings, and behind them.

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use super::happened::{Happened, Tell};
use crate::cluster::Connection;
use crate::cluster::events::Posting;
use crate::model::PodKey;

/// Events that may wait before Bindings are held back.
const WAITING: usize = 10_000;
/// How many are posted at once: few while few wait, so that a busy API server has its hands free for Bindings, and one more
/// for so many that wait.
const AT_ONCE: std::ops::RangeInclusive<usize> = 4..=64;
const ONE_MORE_FOR: usize = 100;

/// An event to be posted.
#[derive(Debug)]
pub(super) struct ToPost {
    event: Posting,
    /// The pod whose placement it tells of.
    placed: Option<PodKey>,
}

impl ToPost {
    /// `event` tells that `pod` was placed.
    pub(super) const fn of_a_placement(event: Posting, pod: PodKey) -> Self {
        Self {
            event,
            placed: Some(pod),
        }
    }
}

impl From<Posting> for ToPost {
    fn from(event: Posting) -> Self {
        Self { event, placed: None }
    }
}

/// Where events go in, and the task that posts them. It ends once all are posted and nobody can send more.
pub(super) fn start(connection: Connection, tell: Tell) -> (mpsc::Sender<ToPost>, JoinHandle<()>) {
    let (events, waiting) = mpsc::channel(WAITING);
    (events, tokio::spawn(post_all(waiting, connection, tell)))
}

async fn post_all(mut waiting: mpsc::Receiver<ToPost>, connection: Connection, tell: Tell) {
    let mut under_way = JoinSet::new();
    let mut more = true;
    while more || !under_way.is_empty() {
        let room = under_way.len() < at_once(waiting.len());
        tokio::select! {
            Some(_) = under_way.join_next() => {}
            event = waiting.recv(), if more && room => match event {
                Some(event) => {
                    under_way.spawn(post(connection.clone(), event, tell.clone()));
                }
                None => more = false,
            },
        }
    }
}

fn at_once(waiting: usize) -> usize {
    (AT_ONCE.start() + waiting / ONE_MORE_FOR).min(*AT_ONCE.end())
}

async fn post(connection: Connection, ToPost { event, placed }: ToPost, tell: Tell) {
    match (connection.post_event(&event).await, placed) {
        (Ok(()), Some(pod)) => tell(Happened::Posted(pod)),
        (Ok(()), None) => {}
        (Err(error), _) => tell(Happened::Trouble(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_wait_the_more_are_posted_at_once() {
        let rising = [0, 99, 100, 3_000, WAITING].map(at_once);
        assert_eq!(rising, [4, 4, 5, 34, 64]);
    }
}
