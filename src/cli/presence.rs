//! Being seen by other operators, and seeing them, until the work is over.

use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::cluster::presence::{Doing, Operator, Presence};
use crate::cluster::{ClusterError, Connection};

/// How often the Lease is renewed, and the others' are read.
const ROUND: Duration = Duration::from_secs(5);
/// The shortest time between two words about what is done.
const PAUSE: Duration = Duration::from_millis(300);
/// How long the end may take.
const END: Duration = Duration::from_secs(2);

/// That we are here.
pub(super) struct Here {
    doing: watch::Sender<Doing>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// What is told.
pub(super) enum Told {
    /// The others, as they are now.
    Others(Vec<Operator>),
    /// That they are not told of us, or we not of them: told once.
    Refused(String),
}

impl Here {
    /// Begins to be here; `tell` is told of the others.
    pub(super) fn begin(
        connection: Connection,
        work: &'static str,
        tell: impl Fn(Told) + Send + Sync + 'static,
    ) -> Self {
        let (doing, done) = watch::channel(Doing::default());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let user = connection.whoami().await.name;
            let mut presence = Presence::new(connection, &user, work);
            tokio::select! {
                () = rounds(&mut presence, done, &tell) => {}
                _ = stopped => {}
            }
            presence.end().await;
        });
        Self {
            doing,
            stop: Some(stop),
            task,
        }
    }

    /// Says what we do now.
    pub(super) fn does(&self, doing: Doing) {
        self.doing.send_replace(doing);
    }

    /// Is here no more.
    pub(super) async fn end(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        // What stays behind runs out by itself.
        let _ = tokio::time::timeout(END, self.task).await;
    }
}

async fn rounds(presence: &mut Presence, mut doing: watch::Receiver<Doing>, tell: &(impl Fn(Told) + Sync)) {
    let (mut writes, mut reads) = (true, true);
    let refused = |error: &ClusterError| matches!(error, ClusterError::Forbidden { .. });
    while writes || reads {
        if writes {
            let now = doing.borrow_and_update().clone();
            if let Err(error) = presence.renew(&now).await
                && refused(&error)
            {
                writes = false;
                tell(Told::Refused(error.to_string()));
            }
        }
        if reads {
            match presence.others().await {
                Ok(others) => tell(Told::Others(others)),
                Err(error) if refused(&error) => {
                    reads = false;
                    if writes {
                        tell(Told::Refused(error.to_string()));
                    }
                }
                // The probe tells of a server that does not answer.
                Err(_) => {}
            }
        }
        tokio::time::sleep(PAUSE).await;
        let _ = tokio::time::timeout(ROUND, doing.changed()).await;
    }
}

/// Each of them in a few words.
pub(super) fn words(operator: &Operator) -> String {
    let open = operator.open.as_ref();
    let open = open.map_or_else(String::new, |pod| format!(", with {pod} open"));
    let adopts = match operator.adopts.as_slice() {
        [] => String::new(),
        names => format!(", placing the pods of {}", names.join(" and ")),
    };
    let work = match &*operator.work {
        "apply" => "carries out a plan",
        _ => "has a screen open",
    };
    format!("{} {work}{open}{adopts}", operator.who)
}
